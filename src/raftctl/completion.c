/*
 * Scripts for bash and zsh. Both work alike: the words before the cursor that are no options give
 * the command (its first and second word), and two lists depend on it: the words that can follow,
 * and the options. If the word before the cursor is an option with a value, that value is completed
 * instead. Main thread.
 */
#include "raftctl/completion.h"

#include <string.h>

/* ---- Lists of words ----------------------------------------------------------------------- */

/* "--name" of each option in the set, and its letter, with a separator between them. */
static void print_options(FILE *file, uint32_t set, const char *separator)
{
    const char *before = "";

    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct ctl_option *option = ctl_option((enum ctl_option_id)id);

        if ((set & OPTION_BIT(id)) == 0) {
            continue;
        }
        fprintf(file, "%s--%s", before, option->name);
        if (option->letter != 0) {
            fprintf(file, "%s-%c", separator, option->letter);
        }
        before = separator;
    }
}

static uint32_t options_with_value(void)
{
    uint32_t set = 0;

    for (int id = 0; id < OPTION_COUNT; id++) {
        if (ctl_option((enum ctl_option_id)id)->value != NULL) {
            set |= OPTION_BIT(id);
        }
    }
    return set;
}

static uint32_t options_of_kind(enum ctl_value_kind kind)
{
    uint32_t set = 0;

    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct ctl_option *option = ctl_option((enum ctl_option_id)id);

        if (option->value != NULL && option->kind == kind) {
            set |= OPTION_BIT(id);
        }
    }
    return set;
}

/* The first word of a command's name, for "%.*s". */
static int first_length(const struct ctl_command *command)
{
    return (int)strcspn(command->name, " ");
}

/* Whether an earlier row begins with the same word. */
static bool is_repeated(const struct ctl_commands *commands, size_t position)
{
    const char *name = commands->rows[position].name;
    size_t length = strcspn(name, " ");

    for (size_t i = 0; i < position; i++) {
        if (strcspn(commands->rows[i].name, " ") == length &&
            memcmp(commands->rows[i].name, name, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool same_first_word(const struct ctl_command *a, const struct ctl_command *b)
{
    return first_length(a) == first_length(b) &&
           strncmp(a->name, b->name, (size_t)first_length(a)) == 0;
}

/* The words that can follow the first word of this row: second words of its group, shells. */
static void print_followers(FILE *file, const struct ctl_commands *commands,
                            const struct ctl_command *command)
{
    const char *before = "";

    for (size_t i = 0; i < commands->count; i++) {
        const struct ctl_command *other = &commands->rows[i];

        if (same_first_word(other, command) && other->name[first_length(other)] != '\0') {
            fprintf(file, "%s%s", before, other->name + first_length(other) + 1);
            before = " ";
        }
    }
    if (command->argument_kind == VALUE_SHELL) {
        fprintf(file, "%sbash zsh", before);
    }
}

/* The first words of all commands, once each. */
static void print_first_words(FILE *file, const struct ctl_commands *commands)
{
    const char *before = "";

    for (size_t i = 0; i < commands->count; i++) {
        if (!is_repeated(commands, i)) {
            fprintf(file, "%s%.*s", before, first_length(&commands->rows[i]),
                    commands->rows[i].name);
            before = " ";
        }
    }
}

/* ---- What both scripts have --------------------------------------------------------------- */

/* Sets `follow`, to the words that can follow those that are there. */
static void print_follow_case(FILE *file, const struct ctl_commands *commands)
{
    fputs("    case \"$first/$second\" in\n    /)\n        follow='", file);
    print_first_words(file, commands);
    fputs("'\n        ;;\n    help/)\n        follow='", file);
    print_first_words(file, commands);
    fputs("'\n        ;;\n", file);
    for (size_t i = 0; i < commands->count; i++) {
        const struct ctl_command *command = &commands->rows[i];

        if (!is_repeated(commands, i) && strcmp(command->name, "help") != 0 &&
            (command->argument_kind == VALUE_SHELL ||
             ctl_command_is_group(commands, command->name) ||
             command->name[first_length(command)] != '\0')) {
            fprintf(file, "    %.*s/)\n        follow='", first_length(command), command->name);
            print_followers(file, commands, command);
            fputs("'\n        ;;\n", file);
        }
    }
    fputs("    esac\n", file);
}

/* Sets `options`, and `files` to 1 where an argument of the command is a file. */
static void print_options_case(FILE *file, const struct ctl_commands *commands)
{
    fputs("    case \"$first/$second\" in\n", file);
    /* Commands of two words first: "backup verify" is not "backup" with an argument. */
    for (int words = 2; words >= 1; words--) {
        for (size_t i = 0; i < commands->count; i++) {
            const struct ctl_command *command = &commands->rows[i];
            int length = first_length(command);

            if ((command->name[length] != '\0') != (words == 2)) {
                continue;
            }
            fprintf(file, "    %.*s/%s)\n        options='", length, command->name,
                    words == 2 ? command->name + length + 1 : "*");
            print_options(file, command->options | OPTION_BIT(OPTION_HELP), " ");
            fprintf(file, "'\n%s        ;;\n",
                    command->argument_kind == VALUE_FILE ? "        files=1\n" : "");
        }
    }
    fputs("    *)\n        options='", file);
    print_options(file, OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION), " ");
    fputs("'\n        ;;\n    esac\n", file);
}

/* ---- bash --------------------------------------------------------------------------------- */

static void print_bash_values(FILE *file)
{
    fputs("    case $previous in\n    ", file);
    print_options(file, options_of_kind(VALUE_FORMAT), " | ");
    fputs(")\n        COMPREPLY=($(compgen -W 'table json' -- \"$current\"))\n"
          "        return\n        ;;\n    ",
          file);
    print_options(file, options_of_kind(VALUE_FILE), " | ");
    fputs(")\n        COMPREPLY=($(compgen -f -- \"$current\"))\n        return\n        ;;\n    ",
          file);
    print_options(file, options_of_kind(VALUE_DIRECTORY), " | ");
    fputs(")\n        COMPREPLY=($(compgen -d -- \"$current\"))\n        return\n        ;;\n    ",
          file);
    print_options(file, options_of_kind(VALUE_ANY), " | ");
    fputs(")\n        return\n        ;;\n    esac\n", file);
}

void completion_print_bash(FILE *file, const struct ctl_commands *commands)
{
    fputs("# Completion of raftctl for bash, printed by: raftctl completion bash\n"
          "_raftctl()\n"
          "{\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local first= second= follow= options= files= i\n"
          "\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n        ",
          file);
    print_options(file, options_with_value(), " | ");
    /* bash makes words of their own of ":" and "=": HOST:PORT is three words. */
    fputs(")\n"
          "            ((i++))\n"
          "            while ((i + 2 < COMP_CWORD)) && [[ ${COMP_WORDS[i + 1]} == [:=] ]]; do\n"
          "                ((i += 2))\n"
          "            done\n"
          "            ;;\n"
          "        -*) ;;\n"
          "        *)\n"
          "            if [[ -z $first ]]; then\n"
          "                first=${COMP_WORDS[i]}\n"
          "            elif [[ -z $second ]]; then\n"
          "                second=${COMP_WORDS[i]}\n"
          "            fi\n"
          "            ;;\n"
          "        esac\n"
          "    done\n",
          file);
    print_bash_values(file);
    print_follow_case(file, commands);
    print_options_case(file, commands);
    fputs("    if [[ $current == -* ]]; then\n"
          "        follow=$options\n"
          "    elif [[ -n $files ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$follow\" -f -- \"$current\"))\n"
          "        return\n"
          "    fi\n"
          "    COMPREPLY=($(compgen -W \"$follow\" -- \"$current\"))\n"
          "}\n"
          "complete -o filenames -F _raftctl raftctl\n",
          file);
}

/* ---- zsh ---------------------------------------------------------------------------------- */

static void print_zsh_values(FILE *file)
{
    fputs("    case $previous in\n    ", file);
    print_options(file, options_of_kind(VALUE_FORMAT), " | ");
    fputs(")\n        compadd -- table json\n        return\n        ;;\n    ", file);
    print_options(file, options_of_kind(VALUE_FILE), " | ");
    fputs(")\n        _files\n        return\n        ;;\n    ", file);
    print_options(file, options_of_kind(VALUE_DIRECTORY), " | ");
    fputs(")\n        _files -/\n        return\n        ;;\n    ", file);
    print_options(file, options_of_kind(VALUE_ANY), " | ");
    fputs(")\n        return\n        ;;\n    esac\n", file);
}

void completion_print_zsh(FILE *file, const struct ctl_commands *commands)
{
    fputs("#compdef raftctl\n"
          "# Completion of raftctl for zsh, printed by: raftctl completion zsh\n"
          "_raftctl()\n"
          "{\n"
          "    local current=${words[CURRENT]} previous=${words[CURRENT - 1]}\n"
          "    local -a typed=(${words[2,CURRENT - 1]})\n"
          "    local first= second= follow= options= files= i\n"
          "\n"
          "    for ((i = 1; i <= ${#typed}; i++)); do\n"
          "        case ${typed[i]} in\n        ",
          file);
    print_options(file, options_with_value(), " | ");
    fputs(")\n"
          "            ((i++))\n"
          "            ;;\n"
          "        -*) ;;\n"
          "        *)\n"
          "            if [[ -z $first ]]; then\n"
          "                first=${typed[i]}\n"
          "            elif [[ -z $second ]]; then\n"
          "                second=${typed[i]}\n"
          "            fi\n"
          "            ;;\n"
          "        esac\n"
          "    done\n",
          file);
    print_zsh_values(file);
    print_follow_case(file, commands);
    print_options_case(file, commands);
    fputs("    if [[ $current == -* ]]; then\n"
          "        compadd -- ${=options}\n"
          "        return\n"
          "    fi\n"
          "    compadd -- ${=follow}\n"
          "    [[ -n $files ]] && _files\n"
          "}\n"
          "if [[ ${funcstack[1]-} == _raftctl ]]; then\n"
          "    _raftctl \"$@\"\n"
          "else\n"
          "    compdef _raftctl raftctl\n"
          "fi\n",
          file);
}
