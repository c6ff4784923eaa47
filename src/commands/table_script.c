/*
 * Scripts, and what clients look at whose scripts keep a lock in a hash.
 */
#include "commands/table.h"

#define ON_SCRIPTS .group = "scripting", .categories = CATEGORY_SCRIPTING
#define OF_HASHES .group = "hash", .categories = CATEGORY_HASH
#define OF_SCRIPT SUBCOMMAND("script", "scripting", CATEGORY_SCRIPTING)

static const struct command_argument eval_arguments[] = {
    ARGUMENT("script", ARGUMENT_STRING),
    ARGUMENT("numkeys", ARGUMENT_INTEGER),
    {"key", ARGUMENT_KEY, ARGUMENT_OPTIONAL | ARGUMENT_MULTIPLE, NULL, NULL},
    {"arg", ARGUMENT_STRING, ARGUMENT_OPTIONAL | ARGUMENT_MULTIPLE, NULL, NULL},
    END};
static const struct command_argument evalsha_arguments[] = {
    ARGUMENT("sha1", ARGUMENT_STRING),
    ARGUMENT("numkeys", ARGUMENT_INTEGER),
    {"key", ARGUMENT_KEY, ARGUMENT_OPTIONAL | ARGUMENT_MULTIPLE, NULL, NULL},
    {"arg", ARGUMENT_STRING, ARGUMENT_OPTIONAL | ARGUMENT_MULTIPLE, NULL, NULL},
    END};
static const struct command_argument many_ids[] = {
    {"sha1", ARGUMENT_STRING, ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument only_script[] = {ARGUMENT("script", ARGUMENT_STRING), END};
static const struct command_argument flush_modes[] = {TOKEN("async", "ASYNC"),
                                                      TOKEN("sync", "SYNC"), END};
static const struct command_argument flush_arguments[] = {
    {"flush-type", ARGUMENT_ONEOF, ARGUMENT_OPTIONAL, NULL, flush_modes}, END};

static const struct command_argument a_field[] = {ARGUMENT("key", ARGUMENT_KEY),
                                                  ARGUMENT("field", ARGUMENT_STRING), END};

static const struct command script_commands[] = {
    {
        OF_SCRIPT,
        .name = "exists",
        .arity = -3,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_script_exists,
        .summary = "Whether this node has scripts with these digests",
        .complexity = "O(N) where N is the number of digests",
        .syntax = many_ids,
    },
    {
        OF_SCRIPT,
        .name = "flush",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_script_flush,
        .summary = "Forget the scripts that this node has",
        .complexity = "O(N) where N is the number of scripts",
        .syntax = flush_arguments,
    },
    HELP_OF("script", "scripting"),
    {
        OF_SCRIPT,
        .name = "load",
        .arity = 3,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_script_load,
        .summary = "Give this node a script, to be run by EVALSHA",
        .complexity = "O(N) where N is the length of the script",
        .syntax = only_script,
    },
    END,
};

const struct command commands_of_scripts[] = {
    {
        .name = "eval",
        .arity = -3,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE | COMMAND_MOVABLE_KEYS,
        .run = run_eval,
        ON_SCRIPTS,
        .summary = "Run a lock script: one that takes, keeps or releases a lock",
        .complexity = "O(N) where N is the length of the script",
        .syntax = eval_arguments,
    },
    {
        .name = "eval_ro",
        .arity = -3,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE | COMMAND_MOVABLE_KEYS,
        .run = run_eval,
        .operation_flags = SCRIPT_READ_ONLY,
        ON_SCRIPTS,
        .summary = "Run a lock script that changes nothing",
        .complexity = "O(N) where N is the length of the script",
        .syntax = eval_arguments,
    },
    {
        .name = "evalsha",
        .arity = -3,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE | COMMAND_MOVABLE_KEYS,
        .run = run_evalsha,
        ON_SCRIPTS,
        .summary = "Run a script that this node has",
        .complexity = "O(N) where N is the length of the script",
        .syntax = evalsha_arguments,
    },
    {
        .name = "evalsha_ro",
        .arity = -3,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE | COMMAND_MOVABLE_KEYS,
        .run = run_evalsha,
        .operation_flags = SCRIPT_READ_ONLY,
        ON_SCRIPTS,
        .summary = "Run a script that this node has, and that changes nothing",
        .complexity = "O(N) where N is the length of the script",
        .syntax = evalsha_arguments,
    },
    {
        .name = "hexists",
        .arity = 3,
        READS(true),
        ONE_KEY,
        .key_access = "RO",
        .operation = KV_LOCK_COUNT,
        .operation_flags = KV_LOCK_COUNT_EXISTS,
        OF_HASHES,
        .summary = "Whether somebody holds a reentrant lock",
        .complexity = "O(1)",
        .syntax = a_field,
    },
    {
        .name = "hget",
        .arity = 3,
        READS(true),
        ONE_KEY,
        .key_access = "RO access",
        .operation = KV_LOCK_COUNT,
        OF_HASHES,
        .summary = "Get how often somebody holds a reentrant lock",
        .complexity = "O(1)",
        .syntax = a_field,
    },
    {
        .name = "script",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = 0,
        .subcommands = script_commands,
        .group = "scripting",
        .summary = "A container for the scripts that this node has",
        .complexity = "Depends on subcommand",
    },
    END,
};
