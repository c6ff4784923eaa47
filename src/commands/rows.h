/*
 * For the files that hold rows of the table of commands: one file a group, rows and functions
 * together. The rows of a file are ascending by name and end with END; table.c makes one list of
 * all of them. A row is: name, arity, kind and flags, keys, group, function or operation, syntax
 * (commands/syntax.h), complexity and summary. Summaries end without a full stop, as those of Redis
 * do.
 */
#ifndef RAFTD_COMMANDS_ROWS_H
#define RAFTD_COMMANDS_ROWS_H

#include <stddef.h>

#include "commands/command.h"

#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* Allowed also while the node is not ready; the reply does not depend on the data. */
enum { ABOUT_SERVER = COMMAND_LOADING | COMMAND_STALE };

#define COMMAND(name_of) .name = name_of, .full_name = name_of
#define SUBCOMMAND(container_of, name_of)                                                          \
    .name = name_of, .container = container_of, .full_name = container_of "|" name_of

#define KIND(kind_of, flags_of) .kind = COMMAND_IS_##kind_of, .flags = (flags_of)
#define CHANGES KIND(CHANGE, COMMAND_WRITE)
#define CHANGES_FAST KIND(CHANGE, COMMAND_WRITE | COMMAND_FAST)
#define READS KIND(READ, COMMAND_READONLY)
#define READS_FAST KIND(READ, COMMAND_READONLY | COMMAND_FAST)
#define IS_LOCAL KIND(LOCAL, ABOUT_SERVER)
#define IS_LOCAL_FAST KIND(LOCAL, ABOUT_SERVER | COMMAND_FAST)

/* Where the keys are among the arguments, and what COMMAND says about their use. */
#define KEYS(first, last, step, access)                                                            \
    .first_key = first, .last_key = last, .key_step = step, .key_access = access
#define ONE_KEY(access) KEYS(1, 1, 1, access)
#define TWO_KEYS(access) KEYS(1, 2, 1, access)
#define MANY_KEYS(access) KEYS(1, -1, 1, access)

#define IN_GROUP(group_of, categories_of) .group = group_of, .categories = categories_of
#define DOCS(complexity_of, summary_of) .complexity = complexity_of, .summary = summary_of

#define CONTAINER(name_of, subcommands_of, group_of, summary_of)                                   \
    {                                                                                              \
        COMMAND(name_of), .arity = -2, KIND(LOCAL, 0), .subcommands = subcommands_of,              \
                          IN_GROUP(group_of, 0), DOCS("Depends on subcommand", summary_of)         \
    }
#define HELP_OF(container_of, group_of)                                                            \
    {                                                                                              \
        SUBCOMMAND(container_of, "help"), .arity = 2, IS_LOCAL, IN_GROUP(group_of, 0),             \
                                          .run = docs_help,                                        \
                                          DOCS("O(1)", "Show helpful text about the different "    \
                                                       "subcommands")                              \
    }

/* The HELP of every container, made from its subcommands. */
bool docs_help(struct call *call);

extern const struct command commands_of_clients[];
extern const struct command commands_of_cluster[];
extern const struct command commands_of_connection[];
extern const struct command commands_of_docs[];
extern const struct command commands_of_expiry[];
extern const struct command commands_of_info[];
extern const struct command commands_of_keys[];
extern const struct command commands_of_pubsub[];
extern const struct command commands_of_raft[];
extern const struct command commands_of_scripts[];
extern const struct command commands_of_sentinel[];
extern const struct command commands_of_server[];
extern const struct command commands_of_strings[];
extern const struct command commands_of_transactions[];

#endif
