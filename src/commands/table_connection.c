/*
 * The commands about the connection.
 */
#include "commands/table.h"

#define OF_CLIENT SUBCOMMAND("client", "connection", CATEGORY_CONNECTION)
#define ON_CONNECTION .group = "connection", .categories = CATEGORY_CONNECTION

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
    {
        OF_CLIENT,
        .name = "getredir",
        .arity = 2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_client_getredir,
        .summary = "Accepted for compatibility: -1, there is no client-side caching",
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
    {
        OF_CLIENT,
        .name = "tracking",
        .arity = -3,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_client_tracking,
        .summary = "Accepted for compatibility where it is switched off: there is no client-side "
                   "caching",
        .complexity = "O(1)",
        .syntax = only_on_off,
    },
    END,
};

const struct command commands_of_connection[] = {
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
        .name = "ping",
        .arity = -1,
        .kind = COMMAND_IS_LOCAL,
        .flags = COMMAND_FAST | COMMAND_SUBSCRIBED,
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
        .flags = ABOUT_SERVER_FAST | COMMAND_SUBSCRIBED | COMMAND_AT_ONCE,
        .run = run_quit,
        ON_CONNECTION,
        .summary = "Close the connection",
        .complexity = "O(1)",
    },
    {
        .name = "reset",
        .arity = 1,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER_FAST | COMMAND_SUBSCRIBED | COMMAND_AT_ONCE,
        .run = run_reset,
        ON_CONNECTION,
        .summary = "Reset the connection",
        .complexity = "O(1)",
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
    END,
};
