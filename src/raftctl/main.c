/*
 * The operator's tool: main() of raftctl. Reads the command line by the tables of commands and
 * options, runs the command, and turns its result into an exit status.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "raftctl/commands.h"
#include "raftctl/help.h"
#include "raftctl/output.h"
#include "raftctl/raftctl.h"

/* getopt_long() returns this and the option's id, so that no id looks like a letter. */
enum { OPTION_BASE = 256 };

/* The table of options as getopt_long() wants it. */
struct getopt_table {
    struct option rows[OPTION_COUNT + 1];
    char letters[3 * OPTION_COUNT + 1];
};

static void fill_getopt_table(struct getopt_table *table)
{
    size_t length = 0;

    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct ctl_option *option = ctl_option((enum ctl_option_id)id);

        table->rows[id] = (struct option){
            .name = option->name,
            .has_arg = option->value != NULL ? required_argument : no_argument,
            .val = OPTION_BASE + id,
        };
        if (option->letter != 0) {
            table->letters[length++] = option->letter;
            if (option->value != NULL) {
                table->letters[length++] = ':';
            }
        }
    }
}

static enum ctl_option_id id_of_letter(int letter)
{
    int id = 0;

    while (ctl_option((enum ctl_option_id)id)->letter != letter) {
        id++;
    }
    return (enum ctl_option_id)id;
}

/* Takes all options of the command line; *given: which. False after a complaint. */
static bool parse_options(int argc, char **argv, struct ctl_options *options, uint32_t *given)
{
    struct getopt_table table = {0};
    int found;

    fill_getopt_table(&table);
    while ((found = getopt_long(argc, argv, table.letters, table.rows, NULL)) != -1) {
        enum ctl_option_id id;

        if (found == '?') {
            /* getopt_long() has said what is wrong. */
            ctl_complain("raftctl help COMMAND lists the options of a command; write -- before an "
                         "argument that begins with a dash");
            return false;
        }
        id = found >= OPTION_BASE ? (enum ctl_option_id)(found - OPTION_BASE) : id_of_letter(found);
        if (!ctl_options_take(options, id, optarg)) {
            return false;
        }
        *given |= OPTION_BIT(id);
    }
    return true;
}

static bool check_usage(const struct ctl_command *command, char **arguments, uint32_t given)
{
    int count = 0;

    for (int id = 0; id < OPTION_COUNT; id++) {
        const char *name = ctl_option((enum ctl_option_id)id)->name;

        if ((given & ~command->options & OPTION_BIT(id)) != 0) {
            ctl_complain("%s has no option --%s; see raftctl help %s", command->name, name,
                         command->name);
            return false;
        }
        if ((command->required & ~given & OPTION_BIT(id)) != 0) {
            ctl_complain("%s needs the option --%s; see raftctl help %s", command->name, name,
                         command->name);
            return false;
        }
    }
    while (arguments[count] != NULL) {
        count++;
    }
    if (count < command->arguments_min || count > command->arguments_max) {
        ctl_complain("%s: found %d argument%s; see raftctl help %s", command->name, count,
                     count == 1 ? "" : "s", command->name);
        help_print_usage(stderr, command);
        return false;
    }
    return true;
}

/*
 * It is not an error if the reader of the output has gone, as head(1) does. The command has run to
 * its end and removed its temporary files; now the process ends as a program ends that writes into
 * a pipe without a reader.
 */
static void die_of_broken_pipe(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};

    if (poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
}

/* If the answer could not be printed, the command has failed. */
static int flush_output(int code)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        int number = errno; /* 0: an earlier write failed */

        die_of_broken_pipe();
        ctl_complain("cannot write the answer to standard output%s%s", number != 0 ? ": " : "",
                     number != 0 ? strerror(number) : "");
        return CTL_LOCAL;
    }
    return code;
}

static int run(int argc, char **argv, struct ctl_options *options)
{
    const struct ctl_commands *commands = ctl_commands();
    const struct ctl_command *command;
    uint32_t given = 0;
    size_t used = 0;
    char **words;

    if (!parse_options(argc, argv, options, &given)) {
        return CTL_USAGE;
    }
    words = argv + optind;
    if ((given & OPTION_BIT(OPTION_HELP)) != 0) {
        return help_print_words(stdout, commands, words) ? CTL_OK : CTL_USAGE;
    }
    if ((given & OPTION_BIT(OPTION_VERSION)) != 0) {
        puts("raftctl " PACKAGE_VERSION);
        return CTL_OK;
    }
    if (words[0] == NULL) {
        help_print_all(stderr, commands);
        return CTL_USAGE;
    }
    command = ctl_command_find(commands, words, &used);
    if (command == NULL) {
        help_complain(commands, words);
        return CTL_USAGE;
    }
    words += used;
    if (!check_usage(command, words, given) ||
        !ctl_options_complete(options, command->options, given)) {
        return CTL_USAGE;
    }
    return command->run(options, words);
}

int main(int argc, char **argv)
{
    static struct ctl_options options;

    signal(SIGPIPE, SIG_IGN); /* see die_of_broken_pipe() */
    return flush_output(run(argc, argv, &options));
}
