/*
 * Following a script. Every statement is read, and has an effect only where it is reached.
 */
#include "script/lua.h"

#include <string.h>

#include "script/reading.h"

enum {
    SCRIPT_BYTES_MAX = 16 * 1024,
    LOOP_BYTES_MAX = 256 * 1024, /* read in all turns of a loop */
};

static void block(struct reading *reading, bool live);

static void declare(struct reading *reading, const struct token *name,
                    const struct script_value *value)
{
    if (reading->local_count == SCRIPT_LOCALS_MAX) {
        reading->failed = true;
        return;
    }
    reading->locals[reading->local_count++] =
        (struct variable){.name = name->data, .name_bytes = name->size_bytes, .value = *value};
}

static void read_local(struct reading *reading, bool live)
{
    struct token name = script_take_name(reading);
    struct script_value value = script_nil;

    if (script_take(reading, "=")) {
        value = script_expression(reading, live);
    }
    declare(reading, &name, &value);
}

static void read_if(struct reading *reading, bool live)
{
    bool taken = false;

    do {
        struct script_value condition = script_expression(reading, live && !taken);
        bool holds = live && !taken && script_is_true(&condition);

        script_expect(reading, "then");
        block(reading, holds);
        taken |= holds;
    } while (!reading->failed && script_take(reading, "elseif"));
    if (script_take(reading, "else")) {
        block(reading, live && !taken);
    }
    script_expect(reading, "end");
}

/*
 * The body of a loop over the keys, once for each: the turns come to the same, but for the holders.
 * Returns with the reading behind the body.
 */
static void take_turns(struct reading *reading, struct variable *place)
{
    struct lock_reading *lock = reading->lock;
    size_t start = reading->offset;
    struct token token = reading->token;

    reading->failed |= lock->looping || lock->looped || lock->effects != 0;
    lock->looping = true;
    for (lock->key = 0; lock->key < reading->input->key_count && !reading->failed; lock->key++) {
        bool first = lock->key == 0;

        lock->effects = 0;
        lock->inserted = false;
        reading->offset = start;
        reading->token = token;
        place->value = script_number((int64_t)lock->key + 1);
        block(reading, true);
        if (first) {
            lock->outcome->effects = lock->effects;
        }
        /* A turn behind a return does nothing, so it inserts nothing. */
        reading->failed |= !lock->inserted || lock->effects != lock->outcome->effects ||
                           (reading->offset - start) * reading->input->key_count > LOOP_BYTES_MAX;
    }
    lock->key = 0;
    lock->looping = false;
    lock->looped = true;
}

/* Over KEYS: "for i, key in ipairs(KEYS)", "for i = 1, #KEYS". */
static void read_for(struct reading *reading, bool live)
{
    struct token first = script_take_name(reading);
    struct token second = first;
    size_t kept = reading->local_count;
    bool one_key = reading->lock == NULL || reading->input->key_count == 1;
    struct script_value key = live ? script_argument(reading->input->keys) : script_nil;
    struct script_value one = script_number(1);
    struct script_value all = script_number((int64_t)reading->input->key_count);
    bool numeric = script_at(reading, "=");

    if (numeric) {
        struct script_value from;
        struct script_value to;
        struct script_value step = one;

        script_advance(reading);
        from = script_expression(reading, live);
        script_expect(reading, ",");
        to = script_expression(reading, live);
        if (script_take(reading, ",")) {
            step = script_expression(reading, live);
        }
        reading->failed |= live && (!script_is_equal(reading, &from, &one) ||
                                    !script_is_equal(reading, &to, &all) ||
                                    !script_is_equal(reading, &step, &one));
    } else {
        script_expect(reading, ",");
        second = script_take_name(reading);
        script_expect(reading, "in");
        if (!script_take(reading, "ipairs")) {
            script_expect(reading, "pairs");
        }
        script_expect(reading, "(");
        script_expect(reading, "KEYS");
        script_expect(reading, ")");
        reading->failed |= live && !one_key;
    }
    script_expect(reading, "do");
    declare(reading, &first, &one);
    if (!numeric) {
        declare(reading, &second, &key);
    }
    if (live && !reading->failed && reading->lock != NULL) {
        take_turns(reading, &reading->locals[kept]);
    } else {
        block(reading, live);
    }
    reading->local_count = kept;
    script_expect(reading, "end");
}

static void read_return(struct reading *reading, bool live)
{
    struct script_value value = script_nil;

    if (reading->token.kind != TOKEN_END && !script_at(reading, "end") &&
        !script_at(reading, "else") && !script_at(reading, "elseif") && !script_at(reading, ";")) {
        value = script_expression(reading, live);
    }
    if (live) {
        *(reading->lock != NULL ? &reading->lock->outcome->result : &reading->outcome->result) =
            value;
        reading->returned = true;
    }
}

/* "name = value", or a call whose result nobody takes. */
static void read_other(struct reading *reading, bool live)
{
    struct token name = reading->token;
    struct variable *variable =
        name.kind == TOKEN_NAME ? script_find_variable(reading, &name) : NULL;
    struct script_value value;

    if (variable == NULL) {
        if (!script_at(reading, "redis") && !script_at(reading, "server") &&
            !script_at(reading, "table")) {
            reading->failed = true;
            return;
        }
        script_expression(reading, live);
        return;
    }
    script_advance(reading);
    script_expect(reading, "=");
    value = script_expression(reading, live);
    if (live) {
        /* What a turn of a loop leaves behind could change what the next one does. */
        reading->failed |= reading->lock != NULL && reading->lock->looping;
        variable->value = value;
    }
}

static void block(struct reading *reading, bool live)
{
    size_t kept = reading->local_count;

    if (++reading->depth > SCRIPT_DEPTH_MAX) {
        reading->failed = true;
        return;
    }
    while (!reading->failed && reading->token.kind != TOKEN_END && !script_at(reading, "end") &&
           !script_at(reading, "else") && !script_at(reading, "elseif")) {
        bool reached = live && !reading->returned;

        if (script_take(reading, ";")) {
            continue;
        }
        if (script_take(reading, "local")) {
            read_local(reading, reached);
        } else if (script_take(reading, "if")) {
            read_if(reading, reached);
        } else if (script_take(reading, "for")) {
            read_for(reading, reached);
        } else if (script_take(reading, "return")) {
            read_return(reading, reached);
        } else {
            read_other(reading, reached);
        }
    }
    reading->local_count = kept;
    reading->depth--;
}

bool script_follow(const struct script_input *input, enum script_state state,
                   struct script_value *token, struct script_outcome *outcome)
{
    struct reading reading = {
        .input = input, .state = state, .compared = token, .outcome = outcome};

    *outcome = (struct script_outcome){0};
    if (input->size_bytes > SCRIPT_BYTES_MAX || input->key_count != 1) {
        return false;
    }
    script_advance(&reading);
    block(&reading, true);
    return !reading.failed && reading.token.kind == TOKEN_END;
}

bool script_follow_lock(const struct script_input *input, enum script_hold hold, bool latched,
                        struct script_lock_words *words, struct script_lock_outcome *outcome)
{
    struct lock_reading lock = {
        .hold = hold, .latched = latched, .words = words, .outcome = outcome};
    struct reading reading = {.input = input, .lock = &lock};

    *outcome = (struct script_lock_outcome){.effects = 0};
    if (input->size_bytes > SCRIPT_BYTES_MAX || input->key_count == 0) {
        return false;
    }
    script_advance(&reading);
    block(&reading, true);
    if (lock.looped) {
        outcome->result.number = lock.element;
    } else {
        outcome->effects = lock.effects;
    }
    return !reading.failed && lock.looped == (outcome->result.kind == SCRIPT_TABLE) &&
           reading.token.kind == TOKEN_END;
}

void script_words(const void *text, size_t size, struct buffer *words)
{
    struct script_input input = {.text = text, .size_bytes = size};
    struct reading reading = {.input = &input};

    script_advance(&reading);
    while (reading.token.kind != TOKEN_END && reading.token.kind != TOKEN_WRONG) {
        buffer_append(words, reading.token.data, reading.token.size_bytes);
        buffer_append_u8(words, '\n');
        script_advance(&reading);
    }
}

bool script_reads(const void *text, size_t size)
{
    struct script_input input = {.text = text, .size_bytes = size};
    struct script_outcome outcome = {0};
    struct script_value token = {0};
    struct reading reading = {.input = &input, .compared = &token, .outcome = &outcome};

    if (size > SCRIPT_BYTES_MAX) {
        return false;
    }
    script_advance(&reading);
    block(&reading, false);
    return !reading.failed && reading.token.kind == TOKEN_END;
}
