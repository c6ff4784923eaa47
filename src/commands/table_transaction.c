/*
 * Transactions.
 */
#include "commands/table.h"

#define ON_TRANSACTIONS IN_GROUP("transactions", CATEGORY_TRANSACTION)

const struct command commands_of_transactions[] = {
    {COMMAND("discard"), .arity = 1, KIND(BARRIER, ABOUT_SERVER | COMMAND_FAST | COMMAND_AT_ONCE),
     ON_TRANSACTIONS, .run = run_discard,
     DOCS("O(N) where N is the number of queued commands",
          "Forget the commands queued since MULTI, and the watched keys")},
    {COMMAND("exec"), .arity = 1,
     KIND(CHANGE, COMMAND_WRITE | COMMAND_AT_ONCE | COMMAND_RUNS_QUEUE), ON_TRANSACTIONS,
     .run = run_exec,
     DOCS("Depends on the commands", "Carry out all commands queued since MULTI as one entry of "
                                     "the log, if no watched key was changed; nil if one was")},
    {COMMAND("multi"), .arity = 1, KIND(BARRIER, ABOUT_SERVER | COMMAND_FAST | COMMAND_AT_ONCE),
     ON_TRANSACTIONS, .run = run_multi, DOCS("O(1)", "Queue the commands that follow, until EXEC")},
    {COMMAND("unwatch"), .arity = 1, KIND(BARRIER, ABOUT_SERVER | COMMAND_FAST), ON_TRANSACTIONS,
     .run = run_unwatch, DOCS("O(1)", "Forget the watched keys")},
    {COMMAND("watch"), .arity = -2, KIND(READ, COMMAND_READONLY | COMMAND_FAST | COMMAND_AT_ONCE),
     MANY_KEYS("RO"), ON_TRANSACTIONS, .run = run_watch, .syntax = "@key...",
     DOCS("O(N) where N is the number of keys",
          "Let the next EXEC do nothing if one of the keys is changed from now on")},
    END,
};
