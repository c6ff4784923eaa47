/*
 * The table of commands. Ascending by name, so that COMMAND and the manual list them so.
 * Summaries end without a full stop, as Redis words them.
 */
#include <stddef.h>

#include "redis/command.h"

#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

static const struct command_argument only_key[] = {{"key", ARGUMENT_KEY, 0, NULL, NULL}, END};
static const struct command_argument many_keys[] = {
    {"key", ARGUMENT_KEY, ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument key_value[] = {
    {"key", ARGUMENT_KEY, 0, NULL, NULL}, {"value", ARGUMENT_STRING, 0, NULL, NULL}, END};
static const struct command_argument key_increment[] = {
    {"key", ARGUMENT_KEY, 0, NULL, NULL}, {"increment", ARGUMENT_INTEGER, 0, NULL, NULL}, END};
static const struct command_argument key_decrement[] = {
    {"key", ARGUMENT_KEY, 0, NULL, NULL}, {"decrement", ARGUMENT_INTEGER, 0, NULL, NULL}, END};
static const struct command_argument key_start_end[] = {{"key", ARGUMENT_KEY, 0, NULL, NULL},
                                                        {"start", ARGUMENT_INTEGER, 0, NULL, NULL},
                                                        {"end", ARGUMENT_INTEGER, 0, NULL, NULL},
                                                        END};
static const struct command_argument key_offset_value[] = {
    {"key", ARGUMENT_KEY, 0, NULL, NULL},
    {"offset", ARGUMENT_INTEGER, 0, NULL, NULL},
    {"value", ARGUMENT_STRING, 0, NULL, NULL},
    END};
static const struct command_argument many_pairs[] = {
    {"data", ARGUMENT_BLOCK, ARGUMENT_MULTIPLE, NULL, key_value}, END};
static const struct command_argument set_condition[] = {
    {"nx", ARGUMENT_TOKEN, 0, "NX", NULL}, {"xx", ARGUMENT_TOKEN, 0, "XX", NULL}, END};
static const struct command_argument set_arguments[] = {
    {"key", ARGUMENT_KEY, 0, NULL, NULL},
    {"value", ARGUMENT_STRING, 0, NULL, NULL},
    {"condition", ARGUMENT_ONEOF, ARGUMENT_OPTIONAL, NULL, set_condition},
    {"get", ARGUMENT_TOKEN, ARGUMENT_OPTIONAL, "GET", NULL},
    END};
static const struct command_argument only_pattern[] = {{"pattern", ARGUMENT_PATTERN, 0, NULL, NULL},
                                                       END};
static const struct command_argument scan_arguments[] = {
    {"cursor", ARGUMENT_INTEGER, 0, NULL, NULL},
    {"pattern", ARGUMENT_PATTERN, ARGUMENT_OPTIONAL, "MATCH", NULL},
    {"count", ARGUMENT_INTEGER, ARGUMENT_OPTIONAL, "COUNT", NULL},
    {"type", ARGUMENT_STRING, ARGUMENT_OPTIONAL, "TYPE", NULL},
    END};
static const struct command_argument flush_modes[] = {
    {"async", ARGUMENT_TOKEN, 0, "ASYNC", NULL}, {"sync", ARGUMENT_TOKEN, 0, "SYNC", NULL}, END};
static const struct command_argument flush_arguments[] = {
    {"flush-type", ARGUMENT_ONEOF, ARGUMENT_OPTIONAL, NULL, flush_modes}, END};
static const struct command_argument optional_message[] = {
    {"message", ARGUMENT_STRING, ARGUMENT_OPTIONAL, NULL, NULL}, END};
static const struct command_argument only_message[] = {{"message", ARGUMENT_STRING, 0, NULL, NULL},
                                                       END};
static const struct command_argument only_index[] = {{"index", ARGUMENT_INTEGER, 0, NULL, NULL},
                                                     END};
static const struct command_argument hello_auth[] = {{"username", ARGUMENT_STRING, 0, NULL, NULL},
                                                     {"password", ARGUMENT_STRING, 0, NULL, NULL},
                                                     END};
static const struct command_argument hello_options[] = {
    {"protover", ARGUMENT_INTEGER, 0, NULL, NULL},
    {"username_password", ARGUMENT_BLOCK, ARGUMENT_OPTIONAL, "AUTH", hello_auth},
    {"clientname", ARGUMENT_STRING, ARGUMENT_OPTIONAL, "SETNAME", NULL},
    END};
static const struct command_argument hello_arguments[] = {
    {"arguments", ARGUMENT_BLOCK, ARGUMENT_OPTIONAL, NULL, hello_options}, END};
static const struct command_argument sections[] = {
    {"section", ARGUMENT_STRING, ARGUMENT_OPTIONAL | ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument many_patterns[] = {
    {"pattern", ARGUMENT_PATTERN, ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument only_name[] = {
    {"connection-name", ARGUMENT_STRING, 0, NULL, NULL}, END};
static const struct command_argument on_off[] = {
    {"on", ARGUMENT_TOKEN, 0, "ON", NULL}, {"off", ARGUMENT_TOKEN, 0, "OFF", NULL}, END};
static const struct command_argument only_on_off[] = {{"enabled", ARGUMENT_ONEOF, 0, NULL, on_off},
                                                      END};
static const struct command_argument reply_modes[] = {{"on", ARGUMENT_TOKEN, 0, "ON", NULL},
                                                      {"off", ARGUMENT_TOKEN, 0, "OFF", NULL},
                                                      {"skip", ARGUMENT_TOKEN, 0, "SKIP", NULL},
                                                      END};
static const struct command_argument only_reply_mode[] = {
    {"mode", ARGUMENT_ONEOF, 0, NULL, reply_modes}, END};
static const struct command_argument setinfo_attributes[] = {
    {"libname", ARGUMENT_STRING, 0, "LIB-NAME", NULL},
    {"libver", ARGUMENT_STRING, 0, "LIB-VER", NULL},
    END};
static const struct command_argument only_attribute[] = {
    {"attr", ARGUMENT_ONEOF, 0, NULL, setinfo_attributes}, END};
static const struct command_argument list_types[] = {
    {"normal", ARGUMENT_TOKEN, 0, "NORMAL", NULL},
    {"master", ARGUMENT_TOKEN, 0, "MASTER", NULL},
    {"replica", ARGUMENT_TOKEN, 0, "REPLICA", NULL},
    {"pubsub", ARGUMENT_TOKEN, 0, "PUBSUB", NULL},
    END};
static const struct command_argument client_list_arguments[] = {
    {"client-type", ARGUMENT_ONEOF, ARGUMENT_OPTIONAL, "TYPE", list_types},
    {"client-id", ARGUMENT_INTEGER, ARGUMENT_OPTIONAL | ARGUMENT_MULTIPLE, "ID", NULL},
    END};
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

/* ---- Subcommands -------------------------------------------------------------------------- */

enum {
    ABOUT_SERVER = COMMAND_LOADING | COMMAND_STALE,
    ABOUT_SERVER_FAST = ABOUT_SERVER | COMMAND_FAST,
};

#define HELP_OF(name_of, group_of)                                                                 \
    {                                                                                              \
        .name = "help", .arity = 2, .kind = COMMAND_IS_LOCAL, .flags = ABOUT_SERVER,               \
        .container = name_of, .run = run_help, .group = group_of,                                  \
        .summary = "Show helpful text about the different subcommands", .complexity = "O(1)",      \
    }

#define SUBCOMMAND(container_name, command_group, command_categories)                              \
    .container = container_name, .group = command_group, .categories = command_categories

#define OF_CLIENT SUBCOMMAND("client", "connection", CATEGORY_CONNECTION)
#define OF_COMMAND SUBCOMMAND("command", "server", CATEGORY_CONNECTION)
#define OF_CONFIG SUBCOMMAND("config", "server", CATEGORY_DANGEROUS)
#define OF_RAFT .container = "raft", .group = "raft"

static const struct command client_commands[] = {
    {
        OF_CLIENT,
        .name = "getname",
        .arity = 2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_client_getname,
        .summary = "Get the current connection name",
        .complexity = "O(1)",
    },
    HELP_OF("client", "connection"),
    {
        OF_CLIENT,
        .name = "id",
        .arity = 2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_client_id,
        .summary = "Return the client ID for the current connection",
        .complexity = "O(1)",
    },
    {
        OF_CLIENT,
        .name = "info",
        .arity = 2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_client_info,
        .summary = "Return information about the current client connection",
        .complexity = "O(1)",
    },
    {
        OF_CLIENT,
        .name = "list",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER | COMMAND_ADMIN,
        .run = run_client_list,
        .summary = "Get the list of client connections",
        .complexity = "O(N) where N is the number of client connections",
        .syntax = client_list_arguments,
    },
    {
        OF_CLIENT,
        .name = "no-evict",
        .arity = 3,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER | COMMAND_ADMIN,
        .run = run_client_on_off,
        .summary = "Accepted for compatibility: clients are not evicted",
        .complexity = "O(1)",
        .syntax = only_on_off,
    },
    {
        OF_CLIENT,
        .name = "no-touch",
        .arity = 3,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_client_on_off,
        .summary = "Accepted for compatibility: keys have no access time",
        .complexity = "O(1)",
        .syntax = only_on_off,
    },
    {
        OF_CLIENT,
        .name = "reply",
        .arity = 3,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_client_reply,
        .summary = "Instruct the server whether to reply to commands",
        .complexity = "O(1)",
        .syntax = only_reply_mode,
    },
    {
        OF_CLIENT,
        .name = "setinfo",
        .arity = 4,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_client_setinfo,
        .summary = "Set information specific to the client or connection",
        .complexity = "O(1)",
        .syntax = only_attribute,
    },
    {
        OF_CLIENT,
        .name = "setname",
        .arity = 3,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_client_setname,
        .summary = "Set the current connection name",
        .complexity = "O(1)",
        .syntax = only_name,
    },
    END,
};

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
        .arity = -4,
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
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER | COMMAND_ADMIN,
        .run = run_config_get,
        .summary = "Get options of the configuration, by raftd's names or by those that Redis "
                   "has for the same",
        .complexity = "O(N) where N is the number of options",
        .syntax = many_patterns,
    },
    HELP_OF("config", "server"),
    END,
};

static const struct command raft_commands[] = {
    {
        OF_RAFT,
        .name = "digest",
        .arity = 2,
        .kind = COMMAND_IS_READ,
        .flags = COMMAND_READONLY,
        .categories = CATEGORY_KEYSPACE,
        .run = run_raft_digest,
        .summary = "Get 16 hexadecimal digits over all keys, values and revisions: equal on all "
                   "nodes at the same applied index",
        .complexity = "O(N) where N is the number of keys",
    },
    HELP_OF("raft", "raft"),
    {
        OF_RAFT,
        .name = "members",
        .arity = 2,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER,
        .run = run_raft_members,
        .summary = "Get the members of the cluster as this node sees them",
        .complexity = "O(N) where N is the number of members",
    },
    {
        OF_RAFT,
        .name = "ready",
        .arity = 2,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER,
        .run = run_raft_ready,
        .summary = "Whether this node serves requests: 1 or 0",
        .complexity = "O(1)",
    },
    {
        OF_RAFT,
        .name = "status",
        .arity = 2,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER,
        .run = run_raft_status,
        .summary = "Get role, leader, term, indexes and members as this node sees them",
        .complexity = "O(N) where N is the number of members",
    },
    END,
};

/* ---- Commands ----------------------------------------------------------------------------- */

#define ONE_KEY .first_key = 1, .last_key = 1, .key_step = 1
#define MANY_KEYS .first_key = 1, .last_key = -1, .key_step = 1

#define ON_STRINGS .group = "string", .categories = CATEGORY_STRING
#define ON_KEYS .group = "generic", .categories = CATEGORY_KEYSPACE
#define ON_CONNECTION .group = "connection", .categories = CATEGORY_CONNECTION

#define CHANGES(fast)                                                                              \
    .kind = COMMAND_IS_CHANGE, .flags = COMMAND_WRITE | ((fast) ? COMMAND_FAST : 0)
#define READS(fast) .kind = COMMAND_IS_READ, .flags = COMMAND_READONLY | ((fast) ? COMMAND_FAST : 0)

const struct command command_table[] = {
    {
        .name = "append",
        .arity = 3,
        CHANGES(true),
        ONE_KEY,
        .key_access = "RW insert",
        .operation = KV_APPEND,
        ON_STRINGS,
        .summary = "Append a value to a key",
        .complexity = "O(1)",
        .syntax = key_value,
    },
    {
        .name = "client",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = 0,
        .subcommands = client_commands,
        .group = "connection",
        .summary = "A container for client connection commands",
        .complexity = "Depends on subcommand",
    },
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
        .name = "decr",
        .arity = 2,
        CHANGES(true),
        ONE_KEY,
        .key_access = "RW access update",
        .run = run_decr,
        ON_STRINGS,
        .summary = "Decrement the integer value of a key by one",
        .complexity = "O(1)",
        .syntax = only_key,
    },
    {
        .name = "decrby",
        .arity = 3,
        CHANGES(true),
        ONE_KEY,
        .key_access = "RW access update",
        .run = run_decrby,
        ON_STRINGS,
        .summary = "Decrement the integer value of a key by the given number",
        .complexity = "O(1)",
        .syntax = key_decrement,
    },
    {
        .name = "del",
        .arity = -2,
        CHANGES(false),
        MANY_KEYS,
        .key_access = "RM delete",
        .operation = KV_DEL,
        ON_KEYS,
        .summary = "Delete keys",
        .complexity = "O(N) where N is the number of keys",
        .syntax = many_keys,
    },
    {
        .name = "echo",
        .arity = 2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER_FAST,
        .run = run_echo,
        ON_CONNECTION,
        .summary = "Echo the given string",
        .complexity = "O(1)",
        .syntax = only_message,
    },
    {
        .name = "exists",
        .arity = -2,
        READS(true),
        MANY_KEYS,
        .key_access = "RO",
        .operation = KV_EXISTS,
        ON_KEYS,
        .summary = "Count how many of the keys exist; a key given twice counts twice",
        .complexity = "O(N) where N is the number of keys",
        .syntax = many_keys,
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
        .name = "get",
        .arity = 2,
        READS(true),
        ONE_KEY,
        .key_access = "RO access",
        .operation = KV_GET,
        ON_STRINGS,
        .summary = "Get the value of a key",
        .complexity = "O(1)",
        .syntax = only_key,
    },
    {
        .name = "getdel",
        .arity = 2,
        CHANGES(true),
        ONE_KEY,
        .key_access = "RW access delete",
        .operation = KV_GETDEL,
        ON_STRINGS,
        .summary = "Get the value of a key and delete the key",
        .complexity = "O(1)",
        .syntax = only_key,
    },
    {
        .name = "getrange",
        .arity = 4,
        READS(false),
        ONE_KEY,
        .key_access = "RO access",
        .operation = KV_GETRANGE,
        ON_STRINGS,
        .summary = "Get a substring of the string stored at a key",
        .complexity = "O(N) where N is the length of the returned string",
        .syntax = key_start_end,
    },
    {
        .name = "getset",
        .arity = 3,
        CHANGES(true),
        ONE_KEY,
        .key_access = "RW access update",
        .run = run_getset,
        ON_STRINGS,
        .summary = "Set the string value of a key and return its old value",
        .complexity = "O(1)",
        .syntax = key_value,
    },
    {
        .name = "hello",
        .arity = -1,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER_FAST,
        .run = run_hello,
        ON_CONNECTION,
        .summary = "Choose the protocol, 2 or 3; AUTH is refused, there are no passwords",
        .complexity = "O(1)",
        .syntax = hello_arguments,
    },
    {
        .name = "incr",
        .arity = 2,
        CHANGES(true),
        ONE_KEY,
        .key_access = "RW access update",
        .run = run_incr,
        ON_STRINGS,
        .summary = "Increment the integer value of a key by one",
        .complexity = "O(1)",
        .syntax = only_key,
    },
    {
        .name = "incrby",
        .arity = 3,
        CHANGES(true),
        ONE_KEY,
        .key_access = "RW access update",
        .operation = KV_INCRBY,
        ON_STRINGS,
        .summary = "Increment the integer value of a key by the given number",
        .complexity = "O(1)",
        .syntax = key_increment,
    },
    {
        .name = "info",
        .arity = -1,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER,
        .run = run_info,
        .group = "server",
        .categories = CATEGORY_DANGEROUS,
        .summary = "Get information about the node: sections server, clients, raft, keyspace",
        .complexity = "O(1)",
        .syntax = sections,
    },
    {
        .name = "keys",
        .arity = 2,
        READS(false),
        .operation = KV_KEYS,
        .group = "generic",
        .categories = CATEGORY_KEYSPACE | CATEGORY_DANGEROUS,
        .summary = "Find all keys that match the given pattern",
        .complexity = "O(N) where N is the number of keys; nothing else is served meanwhile",
        .syntax = only_pattern,
    },
    {
        .name = "mget",
        .arity = -2,
        READS(true),
        MANY_KEYS,
        .key_access = "RO access",
        .operation = KV_MGET,
        ON_STRINGS,
        .summary = "Get the values of all the given keys",
        .complexity = "O(N) where N is the number of keys",
        .syntax = many_keys,
    },
    {
        .name = "mset",
        .arity = -3,
        CHANGES(false),
        .first_key = 1,
        .last_key = -1,
        .key_step = 2,
        .key_access = "OW update",
        .run = run_mset,
        ON_STRINGS,
        .summary = "Set multiple keys to multiple values, all at once",
        .complexity = "O(N) where N is the number of keys",
        .syntax = many_pairs,
    },
    {
        .name = "ping",
        .arity = -1,
        .kind = COMMAND_IS_LOCAL,
        .flags = COMMAND_FAST,
        .run = run_ping,
        ON_CONNECTION,
        .summary = "Ping the node; LOADING while it is not ready",
        .complexity = "O(1)",
        .syntax = optional_message,
    },
    {
        .name = "quit",
        .arity = -1,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER_FAST,
        .run = run_quit,
        ON_CONNECTION,
        .summary = "Close the connection",
        .complexity = "O(1)",
    },
    {
        .name = "raft",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = 0,
        .subcommands = raft_commands,
        .group = "raft",
        .summary = "A container for commands about the cluster",
        .complexity = "Depends on subcommand",
    },
    {
        .name = "reset",
        .arity = 1,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER_FAST,
        .run = run_reset,
        ON_CONNECTION,
        .summary = "Reset the connection",
        .complexity = "O(1)",
    },
    {
        .name = "scan",
        .arity = -2,
        READS(false),
        .operation = KV_SCAN,
        ON_KEYS,
        .summary = "Incrementally iterate over the keys",
        .complexity = "O(1) for every call, O(N) for a complete iteration",
        .syntax = scan_arguments,
    },
    {
        .name = "select",
        .arity = 2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER_FAST,
        .run = run_select,
        ON_CONNECTION,
        .summary = "Change the selected database: there is only 0",
        .complexity = "O(1)",
        .syntax = only_index,
    },
    {
        .name = "set",
        .arity = -3,
        CHANGES(false),
        ONE_KEY,
        .key_access = "RW access update variable_flags",
        .run = run_set,
        ON_STRINGS,
        .summary = "Set the string value of a key",
        .complexity = "O(1)",
        .syntax = set_arguments,
    },
    {
        .name = "setnx",
        .arity = 3,
        CHANGES(true),
        ONE_KEY,
        .key_access = "OW insert",
        .run = run_setnx,
        ON_STRINGS,
        .summary = "Set the value of a key, only if the key does not exist",
        .complexity = "O(1)",
        .syntax = key_value,
    },
    {
        .name = "setrange",
        .arity = 4,
        CHANGES(false),
        ONE_KEY,
        .key_access = "RW update",
        .operation = KV_SETRANGE,
        ON_STRINGS,
        .summary = "Overwrite part of a string at a key starting at the specified offset",
        .complexity = "O(N) where N is the length of the string",
        .syntax = key_offset_value,
    },
    {
        .name = "strlen",
        .arity = 2,
        READS(true),
        ONE_KEY,
        .key_access = "RO",
        .operation = KV_STRLEN,
        ON_STRINGS,
        .summary = "Get the length of the value stored in a key",
        .complexity = "O(1)",
        .syntax = only_key,
    },
    {
        .name = "type",
        .arity = 2,
        READS(true),
        ONE_KEY,
        .key_access = "RO",
        .operation = KV_TYPE,
        ON_KEYS,
        .summary = "Determine the type stored at a key: string or none",
        .complexity = "O(1)",
        .syntax = only_key,
    },
    {
        .name = "unlink",
        .arity = -2,
        CHANGES(true),
        MANY_KEYS,
        .key_access = "RM delete",
        .operation = KV_DEL,
        ON_KEYS,
        .summary = "Delete keys: the same as DEL",
        .complexity = "O(N) where N is the number of keys",
        .syntax = many_keys,
    },
};

const size_t command_count = sizeof(command_table) / sizeof(command_table[0]);
