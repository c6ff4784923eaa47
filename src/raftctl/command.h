/*
 * A command of raftctl, as a row of the table in commands.c. The command line, the help, the
 * completion of shells and the check of the manual page all read this table.
 */
#ifndef RAFTD_RAFTCTL_COMMAND_H
#define RAFTD_RAFTCTL_COMMAND_H

#include "raftctl/options.h"

enum { ARGUMENTS_ANY = 1 << 20 };

struct ctl_command {
    const char *name;     /* one or two words: "get", "member add" */
    const char *older;    /* an older name, which is accepted as well; NULL = none */
    const char *group;    /* the heading of the help under which it stands */
    const char *syntax;   /* arguments and options of its own; "" = none */
    const char *summary;  /* one line: what it does */
    const char *text;     /* the rest of what help says about it; lines end with \n; "" = none */
    const char *examples; /* lines, each ends with \n */
    int arguments_min;
    int arguments_max;
    enum ctl_value_kind argument_kind;
    uint32_t options;  /* a set of enum ctl_option_id */
    uint32_t required; /* those of them that have to be given */
    /* Returns an enum ctl_exit. arguments: end with NULL. */
    int (*run)(const struct ctl_options *options, char **arguments);
};

struct ctl_commands {
    const struct ctl_command *rows;
    size_t count;
};

/*
 * Finds the command whose name, or older name, is the first word or the first two words. *used is
 * the number of these words. NULL: there is no such command. A name of two words is preferred to a
 * name of one word.
 */
const struct ctl_command *ctl_command_find(const struct ctl_commands *commands, char *const *words,
                                           size_t *used);
/* Whether some command's name has this word in front of another one. */
bool ctl_command_is_group(const struct ctl_commands *commands, const char *word);
/* The second word of a name of two words that begins with this word, else NULL. */
const char *ctl_command_second_word(const struct ctl_command *command, const char *first);

/*
 * The command that is probably meant by these words, of which there is at least one; NULL: no name
 * is similar enough.
 */
const struct ctl_command *ctl_command_suggest(const struct ctl_commands *commands,
                                              char *const *words);

#endif
