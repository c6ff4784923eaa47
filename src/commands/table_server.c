/*
 * The commands about the server.
 */
#include "commands/table.h"

#define ON_COMMANDS IN_GROUP("server", CATEGORY_CONNECTION)
#define ON_SERVER IN_GROUP("server", CATEGORY_DANGEROUS)

static const struct command command_commands[] = {
    {SUBCOMMAND("command", "count"), .arity = 2, IS_LOCAL, ON_COMMANDS, .run = run_command_count,
     DOCS("O(1)", "Get the total number of commands")},
    {SUBCOMMAND("command", "docs"), .arity = -2, IS_LOCAL, ON_COMMANDS, .run = run_command_docs,
     .syntax = "[command-name...]",
     DOCS("O(N) where N is the number of commands to look up", "Get documentation about commands")},
    {SUBCOMMAND("command", "getkeys"), .arity = -3, IS_LOCAL, ON_COMMANDS,
     .run = run_command_getkeys, .syntax = "command arg...",
     DOCS("O(N) where N is the number of arguments to the command",
          "Extract the keys from a full command")},
    HELP_OF("command", "server"),
    {SUBCOMMAND("command", "info"), .arity = -2, IS_LOCAL, ON_COMMANDS, .run = run_command_info,
     .syntax = "[command-name...]",
     DOCS("O(N) where N is the number of commands to look up", "Get details about commands")},
    {SUBCOMMAND("command", "list"), .arity = -2, IS_LOCAL, ON_COMMANDS, .run = run_command_list,
     .syntax = "[FILTERBY filterby(MODULE module-name | ACLCAT category | PATTERN ~pattern)]",
     DOCS("O(N) where N is the number of commands", "Get the names of all commands")},
    END,
};

static const struct command config_commands[] = {
    {SUBCOMMAND("config", "get"), .arity = -3,
     KIND(BARRIER, ABOUT_SERVER | COMMAND_ADMIN | COMMAND_ASKS_INSIDE), ON_SERVER,
     .run = run_config_get, .syntax = "~pattern...",
     DOCS("O(N) where N is the number of options",
          "Get options of the configuration, by raftd's names or by those that Redis has for the "
          "same")},
    HELP_OF("config", "server"),
    {SUBCOMMAND("config", "set"), .arity = -4, KIND(CHANGE, COMMAND_WRITE | COMMAND_ADMIN),
     ON_SERVER, .run = run_config_set, .syntax = "parameter value",
     DOCS("O(1)", "Set notify-keyspace-events, on all nodes")},
    END,
};

const struct command commands_of_server[] = {
    {COMMAND("command"), .arity = -1, IS_LOCAL, ON_COMMANDS, .run = run_command,
     .subcommands = command_commands,
     DOCS("O(N) where N is the number of commands", "Get details about all commands")},
    CONTAINER("config", config_commands, "server", "A container for server configuration commands"),
    {COMMAND("dbsize"), .arity = 1, READS_FAST, IN_GROUP("server", CATEGORY_KEYSPACE),
     .operation = KV_DBSIZE, DOCS("O(1)", "Return the number of keys")},
    {COMMAND("flushall"), .arity = -1, CHANGES,
     IN_GROUP("server", CATEGORY_KEYSPACE | CATEGORY_DANGEROUS), .run = run_flush,
     .syntax = "[flush-type(ASYNC | SYNC)]",
     DOCS("O(N) where N is the number of keys", "Remove all keys")},
    {COMMAND("flushdb"), .arity = -1, CHANGES,
     IN_GROUP("server", CATEGORY_KEYSPACE | CATEGORY_DANGEROUS), .run = run_flush,
     .syntax = "[flush-type(ASYNC | SYNC)]",
     DOCS("O(N) where N is the number of keys", "Remove all keys: there is one database only")},
    {COMMAND("info"), .arity = -1, KIND(BARRIER, ABOUT_SERVER), ON_SERVER, .run = run_info,
     .syntax = "[section...]",
     DOCS("O(1)", "Get information about the node: sections server, clients, raft, stats, "
                  "replication, cluster, keyspace")},
    {COMMAND("time"), .arity = 1, IS_LOCAL_FAST, IN_GROUP("server", 0), .run = run_time,
     DOCS("O(1)", "Get the wall clock of this node: seconds and microseconds")},
    END,
};
