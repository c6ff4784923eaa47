/*
 * Scripts, and what clients look at whose scripts keep a lock in a hash.
 */
#include "commands/table.h"

#define ON_SCRIPTS IN_GROUP("scripting", CATEGORY_SCRIPTING)
#define ON_HASHES IN_GROUP("hash", CATEGORY_HASH)

static const struct command script_commands[] = {
    {SUBCOMMAND("script", "exists"), .arity = -3, IS_LOCAL, ON_SCRIPTS, .run = run_script_exists,
     .syntax = "sha1...",
     DOCS("O(N) where N is the number of digests",
          "Whether this node has scripts with these digests")},
    {SUBCOMMAND("script", "flush"), .arity = -2, IS_LOCAL, ON_SCRIPTS, .run = run_script_flush,
     .syntax = "[flush-type(ASYNC | SYNC)]",
     DOCS("O(N) where N is the number of scripts", "Forget the scripts that this node has")},
    HELP_OF("script", "scripting"),
    {SUBCOMMAND("script", "load"), .arity = 3, IS_LOCAL, ON_SCRIPTS, .run = run_script_load,
     .syntax = "script",
     DOCS("O(N) where N is the length of the script",
          "Give this node a script, to be run by EVALSHA")},
    END,
};

const struct command commands_of_scripts[] = {
    {COMMAND("eval"), .arity = -3, KIND(CHANGE, COMMAND_WRITE | COMMAND_MOVABLE_KEYS), ON_SCRIPTS,
     .run = run_eval, .syntax = "script #numkeys [@key...] [arg...]",
     DOCS("O(N) where N is the length of the script",
          "Run a lock script: one that takes, keeps or releases a lock")},
    {COMMAND("eval_ro"), .arity = -3, KIND(CHANGE, COMMAND_WRITE | COMMAND_MOVABLE_KEYS),
     ON_SCRIPTS, .run = run_eval, .operation_flags = SCRIPT_READ_ONLY,
     .syntax = "script #numkeys [@key...] [arg...]",
     DOCS("O(N) where N is the length of the script", "Run a lock script that changes nothing")},
    {COMMAND("evalsha"), .arity = -3, KIND(CHANGE, COMMAND_WRITE | COMMAND_MOVABLE_KEYS),
     ON_SCRIPTS, .run = run_evalsha, .syntax = "sha1 #numkeys [@key...] [arg...]",
     DOCS("O(N) where N is the length of the script", "Run a script that this node has")},
    {COMMAND("evalsha_ro"), .arity = -3, KIND(CHANGE, COMMAND_WRITE | COMMAND_MOVABLE_KEYS),
     ON_SCRIPTS, .run = run_evalsha, .operation_flags = SCRIPT_READ_ONLY,
     .syntax = "sha1 #numkeys [@key...] [arg...]",
     DOCS("O(N) where N is the length of the script",
          "Run a script that this node has, and that changes nothing")},
    {COMMAND("hexists"), .arity = 3, READS_FAST, ONE_KEY("RO"), ON_HASHES,
     .operation = KV_LOCK_COUNT, .operation_flags = KV_LOCK_COUNT_EXISTS, .syntax = "@key field",
     DOCS("O(1)", "Whether somebody holds a reentrant lock")},
    {COMMAND("hget"), .arity = 3, READS_FAST, ONE_KEY("RO access"), ON_HASHES,
     .operation = KV_LOCK_COUNT, .syntax = "@key field",
     DOCS("O(1)", "Get how often somebody holds a reentrant lock")},
    CONTAINER("script", script_commands, "scripting",
              "A container for the scripts that this node has"),
    END,
};
