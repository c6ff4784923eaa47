/*
 * The command line of the daemon. Main thread, before there is any other.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "raftd/raftd.h"

enum option_value {
    OPTION_CONFIG = 1,
    OPTION_CHECK,
    OPTION_SET,
    OPTION_JOIN,
    OPTION_BOOTSTRAP,
    OPTION_VERSION,
    OPTION_HELP
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"check-config", no_argument, NULL, OPTION_CHECK},
    {"set", required_argument, NULL, OPTION_SET},
    {"join", required_argument, NULL, OPTION_JOIN},
    {"bootstrap", no_argument, NULL, OPTION_BOOTSTRAP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: raftd [--config FILE] [--set SECTION.KEY=VALUE ...] [--join HOST:PORT]\n"
    "             [--bootstrap] [--check-config]\n"
    "\n"
    "    --config FILE             read options from FILE; without it, every option has its\n"
    "                              default: a cluster of one node, clients at 127.0.0.1:7380,\n"
    "                              data in ./raftd-data\n"
    "    --set SECTION.KEY=VALUE   set one option; this replaces its value in FILE\n"
    "    --join HOST:PORT          join the cluster that has a member with this peer address;\n"
    "                              the same as --set node.join=HOST:PORT\n"
    "    --bootstrap               found a new cluster with this node as its only member, "
    "although\n"
    "                              other nodes can reach it; give this once, never in a unit file\n"
    "    --check-config            print every mistake in the configuration and exit: status 0 if\n"
    "                              there is none, else 1\n"
    "    --version                 print the version\n"
    "    --help                    print this text\n"
    "\n"
    "raftd(8) describes the daemon, raftd.conf(5) every option.\n";

static bool usage_mistake(int *exit_code)
{
    fputs("raftd --help lists the options\n", stderr);
    *exit_code = DAEMON_EXIT_USAGE;
    return false;
}

static bool print(const char *text, int *exit_code)
{
    bool is_printed = fputs(text, stdout) >= 0 && fflush(stdout) == 0;

    *exit_code = is_printed ? DAEMON_EXIT_STOPPED : DAEMON_EXIT_INTERNAL;
    return false;
}

static bool print_version(int *exit_code)
{
    char line[64];

    snprintf(line, sizeof(line), "raftd %s\n", raftd_version());
    return print(line, exit_code);
}

static char *join_setting(const char *address)
{
    static const char name[] = "node.join=";
    size_t size = sizeof(name) + strlen(address);
    char *setting = memory_allocate(size);

    snprintf(setting, size, "%s%s", name, address);
    return setting;
}

bool daemon_options_parse(int argc, char **argv, struct daemon_options *options, int *exit_code)
{
    int option;

    memset(options, 0, sizeof(*options));
    options->settings = memory_allocate_zeroed((size_t)argc + 2, sizeof(options->settings[0]));
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case OPTION_CONFIG:
            if (options->config_path != NULL) {
                fputs("raftd: --config is given twice\n", stderr);
                return usage_mistake(exit_code);
            }
            options->config_path = optarg;
            break;
        case OPTION_CHECK:
            options->check_only = true;
            break;
        case OPTION_SET:
            options->settings[options->setting_count++] = optarg;
            break;
        case OPTION_JOIN:
            memory_free(options->join);
            options->join = join_setting(optarg);
            break;
        case OPTION_BOOTSTRAP:
            options->settings[options->setting_count++] = "node.bootstrap=yes";
            break;
        case OPTION_VERSION:
            return print_version(exit_code);
        case OPTION_HELP:
            return print(help, exit_code);
        default: /* getopt_long() has said what is wrong */
            return usage_mistake(exit_code);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "raftd: found the argument '%s', expected only options\n", argv[optind]);
        return usage_mistake(exit_code);
    }
    if (options->join != NULL) {
        options->settings[options->setting_count++] = options->join;
    }
    return true;
}

void daemon_options_free(struct daemon_options *options)
{
    memory_free(options->settings);
    memory_free(options->join);
    options->join = NULL;
    options->settings = NULL;
}
