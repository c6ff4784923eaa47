/*
 * Texts made of the tables of commands and options. Main thread.
 */
#include "raftctl/help.h"

#include <string.h>

#include "raftctl/output.h"

enum { COMMAND_COLUMNS = 18, OPTION_COLUMNS = 28 };

static void print_option(FILE *file, enum ctl_option_id id)
{
    const struct ctl_option *option = ctl_option(id);
    char letter[8] = "";
    char text[64];

    if (option->letter != 0) {
        snprintf(letter, sizeof(letter), "-%c, ", option->letter);
    }
    snprintf(text, sizeof(text), "%s--%s%s%s", letter, option->name,
             option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
    fprintf(file, "    %-*s %s", OPTION_COLUMNS, text, option->help);
    if (option->variable != NULL) {
        fprintf(file, "\n    %*s [%s]", OPTION_COLUMNS, "", option->variable);
    }
    fputc('\n', file);
}

static void print_options(FILE *file, const char *title, uint32_t set)
{
    if (set == 0) {
        return;
    }
    fprintf(file, "\n%s:\n", title);
    for (int id = 0; id < OPTION_COUNT; id++) {
        if ((set & OPTION_BIT(id)) != 0) {
            print_option(file, (enum ctl_option_id)id);
        }
    }
}

void help_print_all(FILE *file, const struct ctl_commands *commands)
{
    const char *group = "";

    fputs("usage: raftctl COMMAND [ARGUMENT ...] [OPTION ...]\n", file);
    for (size_t i = 0; i < commands->count; i++) {
        const struct ctl_command *command = &commands->rows[i];

        if (strcmp(command->group, group) != 0) {
            group = command->group;
            fprintf(file, "\n%s:\n", group);
        }
        fprintf(file, "    %-*s %s\n", COMMAND_COLUMNS, command->name, command->summary);
    }
    print_options(file, "Options of all commands that talk to nodes", OPTIONS_CLIENT);
    print_options(file, "Options of all commands",
                  OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION));
    fputs("\nThe variable in brackets is used if the option is not given.\n"
          "raftctl help COMMAND explains a command; raftctl(1) is the manual.\n",
          file);
}

void help_print_usage(FILE *file, const struct ctl_command *command)
{
    fprintf(file, "usage: raftctl %s%s%s\n", command->name, command->syntax[0] != '\0' ? " " : "",
            command->syntax);
}

static void print_indented(FILE *file, const char *lines)
{
    while (*lines != '\0') {
        int length = (int)strcspn(lines, "\n");

        fprintf(file, "    %.*s\n", length, lines);
        lines += length + (lines[length] != '\0');
    }
}

void help_print_command(FILE *file, const struct ctl_command *command)
{
    help_print_usage(file, command);
    if (command->older != NULL) {
        fprintf(file, "    (%s is an older name)\n", command->older);
    }
    fprintf(file, "\n%s.\n%s%s", command->summary, command->text[0] != '\0' ? "\n" : "",
            command->text);
    print_options(file, "Options", command->options & ~OPTIONS_CLIENT);
    print_options(file, "Options of all commands that talk to nodes",
                  command->options & OPTIONS_CLIENT);
    if (command->examples[0] != '\0') {
        fputs("\nExamples:\n", file);
        print_indented(file, command->examples);
    }
}

/* All commands whose name begins with the word and a blank. */
static void print_group(FILE *file, const struct ctl_commands *commands, const char *word)
{
    for (size_t i = 0; i < commands->count; i++) {
        const struct ctl_command *command = &commands->rows[i];

        if (ctl_command_second_word(command, word) != NULL) {
            help_print_usage(file, command);
            fprintf(file, "    %s\n", command->summary);
        }
    }
}

bool help_print_words(FILE *file, const struct ctl_commands *commands, char *const *words)
{
    const struct ctl_command *command;
    size_t used;

    if (words[0] == NULL) {
        help_print_all(file, commands);
        return true;
    }
    command = ctl_command_find(commands, words, &used);
    if (command != NULL) {
        help_print_command(file, command);
    }
    if (ctl_command_is_group(commands, words[0]) && used < 2) {
        if (command != NULL) {
            fputc('\n', file);
        } else if (words[1] != NULL) {
            help_complain(commands, words);
            return false;
        }
        print_group(file, commands, words[0]);
        return true;
    }
    if (command == NULL) {
        help_complain(commands, words);
    }
    return command != NULL;
}

/* "member" alone: the words that can follow. */
static void complain_of_group(const struct ctl_commands *commands, const char *word)
{
    char list[256] = "";

    for (size_t i = 0; i < commands->count; i++) {
        const char *second = ctl_command_second_word(&commands->rows[i], word);
        size_t length = strlen(list);

        if (second != NULL) {
            snprintf(list + length, sizeof(list) - length, "%s%s", length > 0 ? ", " : "", second);
        }
    }
    ctl_complain("\"%s\" is only the first word of a command; expected one of these words after "
                 "it: %s; see raftctl help %s",
                 word, list, word);
}

void help_complain(const struct ctl_commands *commands, char *const *words)
{
    bool is_group = ctl_command_is_group(commands, words[0]);
    const struct ctl_command *meant = ctl_command_suggest(commands, words);
    char found[128];
    char proposal[128] = "";

    if (is_group && words[1] == NULL) {
        complain_of_group(commands, words[0]);
        return;
    }
    snprintf(found, sizeof(found), "%s%s%s", words[0], is_group ? " " : "",
             is_group ? words[1] : "");
    if (meant != NULL) {
        snprintf(proposal, sizeof(proposal), "did you mean \"%s\"? ", meant->name);
    }
    ctl_complain("unknown command \"%s\": %ssee raftctl help%s%s", found, proposal,
                 is_group ? " " : "", is_group ? words[0] : "");
}
