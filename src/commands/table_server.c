/*
 * The commands about the server.
 */
#include "commands/table.h"

#define OF_COMMAND SUBCOMMAND("command", "server", CATEGORY_CONNECTION)
#define OF_CONFIG SUBCOMMAND("config", "server", CATEGORY_DANGEROUS)

static const struct command_argument flush_modes[] = {
    {"async", ARGUMENT_TOKEN, 0, "ASYNC", NULL}, {"sync", ARGUMENT_TOKEN, 0, "SYNC", NULL}, END};
static const struct command_argument flush_arguments[] = {
    {"flush-type", ARGUMENT_ONEOF, ARGUMENT_OPTIONAL, NULL, flush_modes}, END};
static const struct command_argument sections[] = {
    {"section", ARGUMENT_STRING, ARGUMENT_OPTIONAL | ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument many_patterns[] = {
    {"pattern", ARGUMENT_PATTERN, ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument many_names[] = {
    {"command-name", ARGUMENT_STRING, ARGUMENT_OPTIONAL | ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument a_command[] = {
    {"command", ARGUMENT_STRING, 0, NULL, NULL},
    {"arg", ARGUMENT_STRING, ARGUMENT_MULTIPLE, NULL, NULL},
    END};
static const struct command_argument list_filters[] = {
    {"module-name", ARGUMENT_STRING, 0, "MODULE", NULL},
    {"category", ARGUMENT_STRING, 0, "ACLCAT", NULL},
    {"pattern", ARGUMENT_PATTERN, 0, "PATTERN", NULL},
    END};
static const struct command_argument command_list_arguments[] = {
    {"filterby", ARGUMENT_ONEOF, ARGUMENT_OPTIONAL, "FILTERBY", list_filters}, END};

static const struct command_argument config_pair[] = {ARGUMENT("parameter", ARGUMENT_STRING),
                                                      ARGUMENT("value", ARGUMENT_STRING), END};

static const struct command command_commands[] = {
    {
        OF_COMMAND,
        .name = "count",
        .arity = 2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_command_count,
        .summary = "Get the total number of commands",
        .complexity = "O(1)",
    },
    {
        OF_COMMAND,
        .name = "docs",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_command_docs,
        .summary = "Get documentation about commands",
        .complexity = "O(N) where N is the number of commands to look up",
        .syntax = many_names,
    },
    {
        OF_COMMAND,
        .name = "getkeys",
        .arity = -3,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_command_getkeys,
        .summary = "Extract the keys from a full command",
        .complexity = "O(N) where N is the number of arguments to the command",
        .syntax = a_command,
    },
    HELP_OF("command", "server"),
    {
        OF_COMMAND,
        .name = "info",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_command_info,
        .summary = "Get details about commands",
        .complexity = "O(N) where N is the number of commands to look up",
        .syntax = many_names,
    },
    {
        OF_COMMAND,
        .name = "list",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_command_list,
        .summary = "Get the names of all commands",
        .complexity = "O(N) where N is the number of commands",
        .syntax = command_list_arguments,
    },
    END,
};

static const struct command config_commands[] = {
    {
        OF_CONFIG,
        .name = "get",
        .arity = -3,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER | COMMAND_ADMIN,
        .run = run_config_get,
        .summary = "Get options of the configuration, by raftd's names or by those that Redis "
                   "has for the same",
        .complexity = "O(N) where N is the number of options",
        .syntax = many_patterns,
    },
    HELP_OF("config", "server"),
    {
        OF_CONFIG,
        .name = "set",
        .arity = -4,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE | COMMAND_ADMIN,
        .run = run_config_set,
        .summary = "Set notify-keyspace-events, on all nodes",
        .complexity = "O(1)",
        .syntax = config_pair,
    },
    END,
};

const struct command commands_of_server[] = {
    {
        .name = "command",
        .arity = -1,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .categories = CATEGORY_CONNECTION,
        .run = run_command,
        .subcommands = command_commands,
        .group = "server",
        .summary = "Get details about all commands",
        .complexity = "O(N) where N is the number of commands",
    },
    {
        .name = "config",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = 0,
        .subcommands = config_commands,
        .group = "server",
        .summary = "A container for server configuration commands",
        .complexity = "Depends on subcommand",
    },
    {
        .name = "dbsize",
        .arity = 1,
        READS(true),
        .operation = KV_DBSIZE,
        .group = "server",
        .categories = CATEGORY_KEYSPACE,
        .summary = "Return the number of keys",
        .complexity = "O(1)",
    },
    {
        .name = "flushall",
        .arity = -1,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE,
        .run = run_flush,
        .group = "server",
        .categories = CATEGORY_KEYSPACE | CATEGORY_DANGEROUS,
        .summary = "Remove all keys",
        .complexity = "O(N) where N is the number of keys",
        .syntax = flush_arguments,
    },
    {
        .name = "flushdb",
        .arity = -1,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE,
        .run = run_flush,
        .group = "server",
        .categories = CATEGORY_KEYSPACE | CATEGORY_DANGEROUS,
        .summary = "Remove all keys: there is one database only",
        .complexity = "O(N) where N is the number of keys",
        .syntax = flush_arguments,
    },
    {
        .name = "info",
        .arity = -1,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER,
        .run = run_info,
        .group = "server",
        .categories = CATEGORY_DANGEROUS,
        .summary = "Get information about the node: sections server, clients, raft, stats, "
                   "replication, cluster, keyspace",
        .complexity = "O(1)",
        .syntax = sections,
    },
    {
        .name = "time",
        .arity = 1,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER_FAST,
        .run = run_time,
        .group = "server",
        .summary = "Get the wall clock of this node: seconds and microseconds",
        .complexity = "O(1)",
    },
    END,
};
