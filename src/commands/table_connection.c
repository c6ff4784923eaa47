/*
 * The commands about the connection.
 */
#include "commands/table.h"

#define ON_CONNECTION IN_GROUP("connection", CATEGORY_CONNECTION)

static const struct command client_commands[] = {
    {SUBCOMMAND("client", "getname"), .arity = 2, IS_LOCAL, ON_CONNECTION,
     .run = run_client_getname, DOCS("O(1)", "Get the current connection name")},
    {SUBCOMMAND("client", "getredir"), .arity = 2, IS_LOCAL, ON_CONNECTION,
     .run = run_client_getredir,
     DOCS("O(1)", "Accepted for compatibility: -1, there is no client-side caching")},
    HELP_OF("client", "connection"),
    {SUBCOMMAND("client", "id"), .arity = 2, IS_LOCAL, ON_CONNECTION, .run = run_client_id,
     DOCS("O(1)", "Return the client ID for the current connection")},
    {SUBCOMMAND("client", "info"), .arity = 2, IS_LOCAL, ON_CONNECTION, .run = run_client_info,
     DOCS("O(1)", "Return information about the current client connection")},
    {SUBCOMMAND("client", "list"), .arity = -2, KIND(LOCAL, ABOUT_SERVER | COMMAND_ADMIN),
     ON_CONNECTION, .run = run_client_list,
     .syntax = "[TYPE client-type(NORMAL | MASTER | REPLICA | PUBSUB)] [ID #client-id...]",
     DOCS("O(N) where N is the number of client connections",
          "Get the list of client connections")},
    {SUBCOMMAND("client", "no-evict"), .arity = 3, KIND(LOCAL, ABOUT_SERVER | COMMAND_ADMIN),
     ON_CONNECTION, .run = run_client_on_off, .syntax = "enabled(ON | OFF)",
     DOCS("O(1)", "Accepted for compatibility: clients are not evicted")},
    {SUBCOMMAND("client", "no-touch"), .arity = 3, IS_LOCAL, ON_CONNECTION,
     .run = run_client_on_off, .syntax = "enabled(ON | OFF)",
     DOCS("O(1)", "Accepted for compatibility: keys have no access time")},
    {SUBCOMMAND("client", "reply"), .arity = 3, IS_LOCAL, ON_CONNECTION, .run = run_client_reply,
     .syntax = "mode(ON | OFF | SKIP)",
     DOCS("O(1)", "Instruct the server whether to reply to commands")},
    {SUBCOMMAND("client", "setinfo"), .arity = 4, IS_LOCAL, ON_CONNECTION,
     .run = run_client_setinfo, .syntax = "attr(LIB-NAME libname | LIB-VER libver)",
     DOCS("O(1)", "Set information specific to the client or connection")},
    {SUBCOMMAND("client", "setname"), .arity = 3, IS_LOCAL, ON_CONNECTION,
     .run = run_client_setname, .syntax = "connection-name",
     DOCS("O(1)", "Set the current connection name")},
    {SUBCOMMAND("client", "tracking"), .arity = -3, IS_LOCAL, ON_CONNECTION,
     .run = run_client_tracking, .syntax = "enabled(ON | OFF)",
     DOCS("O(1)",
          "Accepted for compatibility where it is switched off: there is no client-side caching")},
    END,
};

const struct command commands_of_connection[] = {
    CONTAINER("client", client_commands, "connection",
              "A container for client connection commands"),
    {COMMAND("echo"), .arity = 2, IS_LOCAL_FAST, ON_CONNECTION, .run = run_echo,
     .syntax = "message", DOCS("O(1)", "Echo the given string")},
    {COMMAND("hello"), .arity = -1, IS_LOCAL_FAST, ON_CONNECTION, .run = run_hello,
     .syntax =
         "[arguments(#protover [AUTH username_password(username password)] [SETNAME clientname])]",
     DOCS("O(1)", "Choose the protocol, 2 or 3; AUTH is refused, there are no passwords")},
    {COMMAND("ping"), .arity = -1, KIND(LOCAL, COMMAND_FAST | COMMAND_SUBSCRIBED), ON_CONNECTION,
     .run = run_ping, .syntax = "[message]",
     DOCS("O(1)", "Ping the node; LOADING while it is not ready")},
    {COMMAND("quit"), .arity = -1,
     KIND(LOCAL, ABOUT_SERVER | COMMAND_FAST | COMMAND_SUBSCRIBED | COMMAND_AT_ONCE), ON_CONNECTION,
     .run = run_quit, DOCS("O(1)", "Close the connection")},
    {COMMAND("reset"), .arity = 1,
     KIND(LOCAL, ABOUT_SERVER | COMMAND_FAST | COMMAND_SUBSCRIBED | COMMAND_AT_ONCE), ON_CONNECTION,
     .run = run_reset, DOCS("O(1)", "Reset the connection")},
    {COMMAND("select"), .arity = 2, IS_LOCAL_FAST, ON_CONNECTION, .run = run_select,
     .syntax = "#index", DOCS("O(1)", "Change the selected database: there is only 0")},
    END,
};
