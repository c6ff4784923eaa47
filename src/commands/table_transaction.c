/*
 * Transactions.
 */
#include "commands/table.h"

#define ON_TRANSACTIONS .group = "transactions", .categories = CATEGORY_TRANSACTION

const struct command commands_of_transactions[] = {
    {
        .name = "discard",
        .arity = 1,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER_FAST | COMMAND_AT_ONCE,
        .run = run_discard,
        ON_TRANSACTIONS,
        .summary = "Forget the commands queued since MULTI, and the watched keys",
        .complexity = "O(N) where N is the number of queued commands",
    },
    {
        .name = "exec",
        .arity = 1,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE | COMMAND_AT_ONCE,
        .run = run_exec,
        ON_TRANSACTIONS,
        .summary = "Carry out all commands queued since MULTI as one entry of the log, if no "
                   "watched key was changed; nil if one was",
        .complexity = "Depends on the commands",
    },
    {
        .name = "multi",
        .arity = 1,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER_FAST | COMMAND_AT_ONCE,
        .run = run_multi,
        ON_TRANSACTIONS,
        .summary = "Queue the commands that follow, until EXEC",
        .complexity = "O(1)",
    },
    {
        .name = "unwatch",
        .arity = 1,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER_FAST,
        .run = run_unwatch,
        ON_TRANSACTIONS,
        .summary = "Forget the watched keys",
        .complexity = "O(1)",
    },
    {
        .name = "watch",
        .arity = -2,
        .kind = COMMAND_IS_READ,
        .flags = COMMAND_READONLY | COMMAND_FAST | COMMAND_AT_ONCE,
        MANY_KEYS,
        .key_access = "RO",
        .run = run_watch,
        ON_TRANSACTIONS,
        .summary = "Let the next EXEC do nothing if one of the keys is changed from now on",
        .complexity = "O(N) where N is the number of keys",
        .syntax = many_keys,
    },
    END,
};
