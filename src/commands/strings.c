/*
 * Commands on strings whose arguments do not go to the state machine as they are. A unit of time
 * goes there as the word that the client sent; the state machine converts and checks the amount.
 * The thread of the connection's worker.
 */
#include "base/number.h"
#include "commands/call.h"
#include "commands/rows.h"

/* ---- SET and its relatives ---------------------------------------------------------------- */

static const char *const units[] = {"ex", "px", "exat", "pxat"};

/* The unit that an argument names, or NULL. */
static const char *unit_of(const struct resp_argument *argument)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (argument_is(argument, units[i])) {
            return units[i];
        }
    }
    return NULL;
}

static bool is_unit(const struct resp_argument *argument)
{
    return unit_of(argument) != NULL;
}

/* The options of SET that were read so far. */
struct set_options {
    uint8_t flags;
    const struct resp_argument *unit; /* the next argument is the amount; NULL = no time to live */
    const struct resp_argument *compared;
};

enum { SET_CONDITIONS = KV_SET_NX | KV_SET_XX | KV_SET_IFEQ };

/* Returns how many arguments the option takes. 0: it is not an option, or it contradicts an earlier
 * one. */
static size_t take_set_option(const struct resp_argument *option, size_t left,
                              struct set_options *options)
{
    bool conditional = (options->flags & SET_CONDITIONS) != 0;
    /* As in Redis, the same unit once more replaces the amount before. */
    bool lasting = (options->flags & KV_SET_KEEPTTL) != 0 ||
                   (options->unit != NULL && unit_of(options->unit) != unit_of(option));

    if (argument_is(option, "nx") && (options->flags & (SET_CONDITIONS & ~KV_SET_NX)) == 0) {
        options->flags |= KV_SET_NX;
    } else if (argument_is(option, "xx") && (options->flags & (SET_CONDITIONS & ~KV_SET_XX)) == 0) {
        options->flags |= KV_SET_XX;
    } else if (argument_is(option, "get")) {
        options->flags |= KV_SET_GET;
    } else if (argument_is(option, "keepttl") && (options->flags & KV_SET_EXPIRY) == 0) {
        options->flags |= KV_SET_KEEPTTL;
    } else if (is_unit(option) && !lasting && left > 0) {
        options->flags |= KV_SET_EXPIRY;
        options->unit = option;
        return 2;
    } else if (argument_is(option, "ifeq") && !conditional && left > 0) {
        options->flags |= KV_SET_IFEQ;
        options->compared = option + 1;
        return 2;
    } else {
        return 0;
    }
    return 1;
}

static bool run_set(struct call *call)
{
    struct set_options options = {0};
    size_t taken;

    for (size_t i = 3; i < call->count; i += taken) {
        taken = take_set_option(&call->arguments[i], call->count - i - 1, &options);
        if (taken == 0) {
            return call_syntax_error(call);
        }
    }
    call_ask(call, KV_SET, 2);
    if (options.unit != NULL) {
        call_ask_also(call, options.unit);
        call_ask_also(call, options.unit + 1);
    }
    if (options.compared != NULL) {
        call_ask_also(call, options.compared);
    }
    call->flags = options.flags;
    return true;
}

/* SETEX key seconds value, and PSETEX: the command's name is the unit. */
static bool run_setex(struct call *call)
{
    call_ask(call, KV_SET, 1);
    call_ask_also(call, &call->arguments[3]);
    call_ask_also(call, &call->arguments[0]);
    call_ask_also(call, &call->arguments[2]);
    call->flags = KV_SET_EXPIRY;
    return true;
}

/* GETEX key [PERSIST | unit amount]: as in Redis, an option may be repeated. */
static bool run_getex(struct call *call)
{
    const struct resp_argument *unit = NULL;
    uint8_t flags = 0;

    for (size_t i = 2; i < call->count; i++) {
        const struct resp_argument *option = &call->arguments[i];
        bool same_unit = unit == NULL || unit_of(unit) == unit_of(option);

        if (argument_is(option, "persist") && unit == NULL) {
            flags = KV_GETEX_PERSIST;
        } else if (is_unit(option) && flags == 0 && same_unit && i + 1 < call->count) {
            unit = option;
            i++;
        } else {
            return call_syntax_error(call);
        }
    }
    call_ask(call, KV_GETEX, 1);
    if (unit != NULL) {
        call_ask_also(call, unit);
        call_ask_also(call, unit + 1);
    }
    call->flags = flags;
    return true;
}

static bool run_setnx(struct call *call)
{
    call_ask(call, KV_SET, 2);
    call->flags = KV_SET_NX | KV_SET_INTEGER;
    return true;
}

static bool run_getset(struct call *call)
{
    call_ask(call, KV_SET, 2);
    call->flags = KV_SET_GET;
    return true;
}

static bool run_mset(struct call *call)
{
    if (call->count % 2 == 0) {
        resp_write_error_format(call->reply, "ERR wrong number of arguments for '%s' command",
                                call->command->name);
        return false;
    }
    call_ask(call, KV_MSET, call->count - 1);
    call->flags = call->command->operation_flags;
    return true;
}

static bool run_delifeq(struct call *call)
{
    call_ask(call, KV_DELIF, 2);
    return true;
}

/* DELEX key [IFEQ value | IFNE value]; without a condition it is DEL. */
static bool run_delex(struct call *call)
{
    bool equal;

    if (call->count == 2) {
        call_ask(call, KV_DEL, 1);
        return true;
    }
    equal = argument_is(&call->arguments[2], "ifeq");
    if (call->count != 4 || (!equal && !argument_is(&call->arguments[2], "ifne"))) {
        return call_syntax_error(call);
    }
    call_ask(call, KV_DELIF, 1);
    call_ask_also(call, &call->arguments[3]);
    call->flags = equal ? 0 : KV_DELIF_NOT;
    return true;
}

static bool run_lcs(struct call *call)
{
    const struct resp_argument *minimum = NULL;
    uint8_t flags = 0;
    int64_t number;

    for (size_t i = 3; i < call->count; i++) {
        const struct resp_argument *option = &call->arguments[i];

        if (argument_is(option, "idx")) {
            flags |= KV_LCS_INDEXES;
        } else if (argument_is(option, "len")) {
            flags |= KV_LCS_LENGTH;
        } else if (argument_is(option, "withmatchlen")) {
            flags |= KV_LCS_MATCH_LENGTHS;
        } else if (argument_is(option, "minmatchlen") && i + 1 < call->count) {
            minimum = &call->arguments[++i];
            if (!number_parse(minimum->data, minimum->size_bytes, &number)) {
                return call_not_an_integer(call);
            }
        } else {
            return call_syntax_error(call);
        }
    }
    if ((flags & KV_LCS_INDEXES) != 0 && (flags & KV_LCS_LENGTH) != 0) {
        resp_write_error_format(
            call->reply, "ERR If you want both the length and indexes, please just use IDX.");
        return false;
    }
    call_ask(call, KV_LCS, 2);
    if (minimum != NULL) {
        call_ask_also(call, minimum);
    }
    call->flags = flags;
    return true;
}

static bool ask_increment(struct call *call, const char *amount, size_t size)
{
    call_ask(call, KV_INCRBY, 1);
    call->kv_arguments[1] = (struct kv_argument){.data = amount, .size_bytes = size};
    call->kv_count = 2;
    return true;
}

static bool run_incr(struct call *call)
{
    return ask_increment(call, "1", 1);
}

static bool run_decr(struct call *call)
{
    return ask_increment(call, "-1", 2);
}

static bool run_decrby(struct call *call)
{
    const struct resp_argument *argument = &call->arguments[2];
    int64_t amount;

    if (!number_parse(argument->data, argument->size_bytes, &amount)) {
        return call_not_an_integer(call);
    }
    if (amount == INT64_MIN) {
        resp_write_error_format(call->reply, "ERR decrement would overflow");
        return false;
    }
    return ask_increment(call, call->number, number_format(-amount, call->number));
}

/* ---- Rows ---- */

#define ON_STRINGS IN_GROUP("string", CATEGORY_STRING)
#define ON_BITS IN_GROUP("bitmap", CATEGORY_BITMAP)

const struct command commands_of_strings[] = {
    {COMMAND("append"), .arity = 3, CHANGES_FAST, ONE_KEY("RW insert"), ON_STRINGS,
     .operation = KV_APPEND, .syntax = "@key value", DOCS("O(1)", "Append a value to a key")},
    {COMMAND("bitcount"), .arity = -2, READS, ONE_KEY("RO access"), ON_BITS,
     .operation = KV_BITCOUNT, .syntax = "@key [range(#start #end [unit(BYTE | BIT)])]",
     DOCS("O(N) where N is the length of the value", "Count the bits that are set in a value")},
    {COMMAND("decr"), .arity = 2, CHANGES_FAST, ONE_KEY("RW access update"), ON_STRINGS,
     .run = run_decr, .syntax = "@key",
     DOCS("O(1)", "Decrement the integer value of a key by one")},
    {COMMAND("decrby"), .arity = 3, CHANGES_FAST, ONE_KEY("RW access update"), ON_STRINGS,
     .run = run_decrby, .syntax = "@key #decrement",
     DOCS("O(1)", "Decrement the integer value of a key by the given number")},
    {COMMAND("delex"), .arity = -2, CHANGES_FAST, ONE_KEY("RM delete"), ON_STRINGS,
     .run = run_delex, .syntax = "@key [condition(IFEQ ifeq-value | IFNE ifne-value)]",
     DOCS("O(1)", "Delete a key if its value equals, or does not equal, the given value")},
    {COMMAND("delifeq"), .arity = 3, CHANGES_FAST, ONE_KEY("RM delete"), ON_STRINGS,
     .run = run_delifeq, .syntax = "@key value",
     DOCS("O(1)", "Delete a key if its value equals the given value")},
    {COMMAND("get"), .arity = 2, READS_FAST, ONE_KEY("RO access"), ON_STRINGS, .operation = KV_GET,
     .syntax = "@key", DOCS("O(1)", "Get the value of a key")},
    {COMMAND("getbit"), .arity = 3, READS_FAST, ONE_KEY("RO access"), ON_BITS,
     .operation = KV_GETBIT, .syntax = "@key #offset",
     DOCS("O(1)", "Get the bit at an offset of a value")},
    {COMMAND("getdel"), .arity = 2, CHANGES_FAST, ONE_KEY("RW access delete"), ON_STRINGS,
     .operation = KV_GETDEL, .syntax = "@key",
     DOCS("O(1)", "Get the value of a key and delete the key")},
    {COMMAND("getex"), .arity = -2, CHANGES_FAST, ONE_KEY("RW access update"), ON_STRINGS,
     .run = run_getex,
     .syntax = "@key [expiration(EX #seconds | PX #milliseconds | EXAT #unix-time-seconds | "
               "PXAT #unix-time-milliseconds | PERSIST)]",
     DOCS("O(1)", "Get the value of a key and change its time to live")},
    {COMMAND("getrange"), .arity = 4, READS, ONE_KEY("RO access"), ON_STRINGS,
     .operation = KV_GETRANGE, .syntax = "@key #start #end",
     DOCS("O(N) where N is the length of the returned string",
          "Get a substring of the string stored at a key")},
    {COMMAND("getset"), .arity = 3, CHANGES_FAST, ONE_KEY("RW access update"), ON_STRINGS,
     .run = run_getset, .syntax = "@key value",
     DOCS("O(1)", "Set the string value of a key and return its old value")},
    {COMMAND("incr"), .arity = 2, CHANGES_FAST, ONE_KEY("RW access update"), ON_STRINGS,
     .run = run_incr, .syntax = "@key",
     DOCS("O(1)", "Increment the integer value of a key by one")},
    {COMMAND("incrby"), .arity = 3, CHANGES_FAST, ONE_KEY("RW access update"), ON_STRINGS,
     .operation = KV_INCRBY, .syntax = "@key #increment",
     DOCS("O(1)", "Increment the integer value of a key by the given number")},
    {COMMAND("incrbyfloat"), .arity = 3, CHANGES_FAST, ONE_KEY("RW access update"), ON_STRINGS,
     .operation = KV_INCRBYFLOAT, .syntax = "@key #increment",
     DOCS("O(1)",
          "Increment the number stored at a key by the given number, which may have a fraction")},
    {COMMAND("lcs"), .arity = -3, READS, TWO_KEYS("RO access"), ON_STRINGS, .run = run_lcs,
     .syntax = "@key1 @key2 [LEN] [IDX] [MINMATCHLEN #min-match-len] [WITHMATCHLEN]",
     DOCS("O(N*M) where N and M are the lengths of the values",
          "Find the longest common subsequence of two values")},
    {COMMAND("mget"), .arity = -2, READS_FAST, MANY_KEYS("RO access"), ON_STRINGS,
     .operation = KV_MGET, .syntax = "@key...",
     DOCS("O(N) where N is the number of keys", "Get the values of all the given keys")},
    {COMMAND("mset"), .arity = -3, CHANGES, KEYS(1, -1, 2, "OW update"), ON_STRINGS,
     .run = run_mset, .syntax = "data(@key value)...",
     DOCS("O(N) where N is the number of keys",
          "Set multiple keys to multiple values, all at once")},
    {COMMAND("msetnx"), .arity = -3, CHANGES, KEYS(1, -1, 2, "OW insert"), ON_STRINGS,
     .run = run_mset, .operation_flags = KV_MSET_NX, .syntax = "data(@key value)...",
     DOCS("O(N) where N is the number of keys",
          "Set multiple keys to multiple values, only if none of the keys exists")},
    {COMMAND("psetex"), .arity = 4, CHANGES, ONE_KEY("OW update"), ON_STRINGS, .run = run_setex,
     .syntax = "@key #milliseconds value",
     DOCS("O(1)", "Set the value and the time to live, in milliseconds, of a key")},
    {COMMAND("set"), .arity = -3, CHANGES, ONE_KEY("RW access update variable_flags"), ON_STRINGS,
     .run = run_set,
     .syntax = "@key value [condition(NX | XX | IFEQ ifeq-value)] [GET] "
               "[expiration(EX #seconds | PX #milliseconds | EXAT #unix-time-seconds | "
               "PXAT #unix-time-milliseconds | KEEPTTL)]",
     DOCS("O(1)", "Set the string value of a key")},
    {COMMAND("setbit"), .arity = 4, CHANGES, ONE_KEY("RW access update"), ON_BITS,
     .operation = KV_SETBIT, .syntax = "@key #offset #value",
     DOCS("O(1)", "Set or clear the bit at an offset of a value")},
    {COMMAND("setex"), .arity = 4, CHANGES, ONE_KEY("OW update"), ON_STRINGS, .run = run_setex,
     .syntax = "@key #seconds value",
     DOCS("O(1)", "Set the value and the time to live, in seconds, of a key")},
    {COMMAND("setnx"), .arity = 3, CHANGES_FAST, ONE_KEY("OW insert"), ON_STRINGS, .run = run_setnx,
     .syntax = "@key value",
     DOCS("O(1)", "Set the value of a key, only if the key does not exist")},
    {COMMAND("setrange"), .arity = 4, CHANGES, ONE_KEY("RW update"), ON_STRINGS,
     .operation = KV_SETRANGE, .syntax = "@key #offset value",
     DOCS("O(N) where N is the length of the string",
          "Overwrite part of a string at a key starting at the specified offset")},
    {COMMAND("strlen"), .arity = 2, READS_FAST, ONE_KEY("RO"), ON_STRINGS, .operation = KV_STRLEN,
     .syntax = "@key", DOCS("O(1)", "Get the length of the value stored in a key")},
    {COMMAND("substr"), .arity = 4, READS, ONE_KEY("RO access"), ON_STRINGS,
     .operation = KV_GETRANGE, .syntax = "@key #start #end",
     DOCS("O(N) where N is the length of the returned string", "The same as GETRANGE")},
    END,
};
