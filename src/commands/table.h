/*
 * For the files that hold the table of commands, one for each group: table_*.c. Each is ascending
 * by name and ends with END; command.c makes one list of them. Summaries end without a full stop,
 * as Redis words them.
 */
#ifndef RAFTD_COMMANDS_TABLE_H
#define RAFTD_COMMANDS_TABLE_H

#include <stddef.h>

#include "commands/command.h"

#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

enum {
    ABOUT_SERVER = COMMAND_LOADING | COMMAND_STALE,
    ABOUT_SERVER_FAST = ABOUT_SERVER | COMMAND_FAST,
};

#define ONE_KEY .first_key = 1, .last_key = 1, .key_step = 1
#define TWO_KEYS .first_key = 1, .last_key = 2, .key_step = 1
#define MANY_KEYS .first_key = 1, .last_key = -1, .key_step = 1

#define CHANGES(fast)                                                                              \
    .kind = COMMAND_IS_CHANGE, .flags = COMMAND_WRITE | ((fast) ? COMMAND_FAST : 0)
#define READS(fast) .kind = COMMAND_IS_READ, .flags = COMMAND_READONLY | ((fast) ? COMMAND_FAST : 0)

#define HELP_OF(name_of, group_of)                                                                 \
    {                                                                                              \
        .name = "help", .arity = 2, .kind = COMMAND_IS_LOCAL, .flags = ABOUT_SERVER,               \
        .container = name_of, .run = run_help, .group = group_of,                                  \
        .summary = "Show helpful text about the different subcommands", .complexity = "O(1)",      \
    }

#define SUBCOMMAND(container_name, command_group, command_categories)                              \
    .container = container_name, .group = command_group, .categories = command_categories

#define ARGUMENT(name, type)                                                                       \
    {                                                                                              \
        name, type, 0, NULL, NULL                                                                  \
    }
#define TOKEN(name, token)                                                                         \
    {                                                                                              \
        name, ARGUMENT_TOKEN, 0, token, NULL                                                       \
    }

static const struct command_argument only_key[] = {ARGUMENT("key", ARGUMENT_KEY), END};
static const struct command_argument many_keys[] = {
    {"key", ARGUMENT_KEY, ARGUMENT_MULTIPLE, NULL, NULL}, END};

extern const struct command commands_of_cluster[];
extern const struct command commands_of_connection[];
extern const struct command commands_of_keys[];
extern const struct command commands_of_pubsub[];
extern const struct command commands_of_raft[];
extern const struct command commands_of_server[];
extern const struct command commands_of_scripts[];
extern const struct command commands_of_strings[];
extern const struct command commands_of_transactions[];

#endif
