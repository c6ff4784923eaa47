/*
 * What a script calls: commands on the key, and the few functions of Lua that lock scripts use.
 */
#include "script/reading.h"

#include <string.h>

/* Notes what the script does in this state; one thing, or a time to live for what it just set. */
static void act(struct reading *reading, const struct script_action *action)
{
    struct script_action *noted = &reading->outcome->action;

    if (noted->kind == SCRIPT_NOTHING) {
        *noted = *action;
    } else if (noted->kind == SCRIPT_SET && noted->unit == NULL && action->kind == SCRIPT_EXPIRE &&
               action->amount.kind != SCRIPT_TTL) {
        noted->unit = strcmp(action->unit, "EXPIRE") == 0 ? "EX" : "PX";
        noted->amount = action->amount;
    } else {
        reading->failed = true;
    }
}

static struct script_value call_delete(struct reading *reading)
{
    if (reading->state != SCRIPT_MISSING) {
        act(reading, &(struct script_action){.kind = SCRIPT_DELETE});
    }
    return script_number(reading->state != SCRIPT_MISSING);
}

static struct script_value call_expire(struct reading *reading, const char *unit,
                                       const struct script_value *amount)
{
    struct script_action action = {.kind = SCRIPT_EXPIRE, .unit = unit, .amount = *amount};

    if (amount->kind != SCRIPT_STRING && amount->kind != SCRIPT_NUMBER &&
        amount->kind != SCRIPT_TTL) {
        reading->failed = true;
        return script_nil;
    }
    if (reading->state == SCRIPT_MISSING && reading->outcome->action.kind != SCRIPT_SET) {
        return script_number(0);
    }
    act(reading, &action);
    return script_number(1);
}

static struct script_value call_set(struct reading *reading, const struct script_value *arguments,
                                    size_t count)
{
    struct script_action action = {.kind = SCRIPT_SET, .value = arguments[0]};
    bool missing = reading->state == SCRIPT_MISSING;
    bool refused = false;

    for (size_t i = 1; i < count; i++) {
        if (script_word_is(&arguments[i], "nx")) {
            refused |= !missing;
        } else if (script_word_is(&arguments[i], "xx")) {
            refused |= missing;
        } else if ((script_word_is(&arguments[i], "px") || script_word_is(&arguments[i], "ex")) &&
                   i + 1 < count && action.unit == NULL) {
            action.unit = script_word_is(&arguments[i], "px") ? "PX" : "EX";
            action.amount = arguments[++i];
        } else {
            reading->failed = true;
        }
    }
    if (action.value.kind != SCRIPT_STRING || action.amount.kind == SCRIPT_TTL) {
        reading->failed = true;
    }
    if (refused) {
        return script_boolean(false);
    }
    act(reading, &action);
    return script_text(SCRIPT_STATUS, "OK");
}

struct script_value script_get(const struct reading *reading)
{
    return reading->state == SCRIPT_MISSING ? script_boolean(false)
                                            : (struct script_value){.kind = SCRIPT_VALUE};
}

static struct script_value call_ttl(struct reading *reading)
{
    switch (reading->state) {
    case SCRIPT_EQUAL_EXPIRING:
        return (struct script_value){.kind = SCRIPT_TTL};
    case SCRIPT_EQUAL_LASTING:
        return script_number(-1);
    case SCRIPT_MISSING:
        return script_number(-2);
    default:
        reading->failed = true; /* there may be one or not */
        return script_nil;
    }
}

/* The commands that look: not after something was changed. */
static bool call_query(struct reading *reading, const struct script_value *name,
                       struct script_value *result)
{
    if (script_word_is(name, "get")) {
        *result = script_get(reading);
    } else if (script_word_is(name, "mget")) {
        *result = (struct script_value){.kind = SCRIPT_LIST};
    } else if (script_word_is(name, "exists")) {
        *result = script_number(reading->state != SCRIPT_MISSING);
    } else if (script_word_is(name, "pttl")) {
        *result = call_ttl(reading);
    } else {
        return false;
    }
    reading->failed |= reading->outcome->action.kind != SCRIPT_NOTHING;
    return true;
}

static bool is_key(const struct reading *reading, const struct script_value *value)
{
    const struct resp_argument *key = reading->input->keys;
    struct script_value wanted = script_argument(key);

    return value->kind == SCRIPT_KEYS ||
           (value->kind == SCRIPT_STRING && script_same_text(value, &wanted));
}

static struct script_value call_redis(struct reading *reading, const struct script_value *arguments,
                                      size_t count)
{
    struct script_value result = script_nil;

    if (reading->lock != NULL) {
        return script_call_on_lock(reading, arguments, count);
    }
    if (count < 2 || !is_key(reading, &arguments[1])) {
        reading->failed = true;
    } else if (count == 2 && call_query(reading, &arguments[0], &result)) {
        return result;
    } else if (count == 2 &&
               (script_word_is(&arguments[0], "del") || script_word_is(&arguments[0], "unlink"))) {
        return call_delete(reading);
    } else if (count == 3 && script_word_is(&arguments[0], "pexpire")) {
        return call_expire(reading, "PEXPIRE", &arguments[2]);
    } else if (count == 3 && script_word_is(&arguments[0], "expire")) {
        return call_expire(reading, "EXPIRE", &arguments[2]);
    } else if (count >= 3 && script_word_is(&arguments[0], "set")) {
        return call_set(reading, &arguments[2], count - 2);
    } else if (count == 3 && script_word_is(&arguments[0], "setnx")) {
        const struct script_value set[] = {arguments[2], script_text(SCRIPT_STRING, "nx")};

        result = call_set(reading, set, 2);
        return script_number(result.kind == SCRIPT_STATUS);
    } else {
        reading->failed = true;
    }
    return script_nil;
}

static const char *type_name(const struct script_value *value)
{
    switch (value->kind) {
    case SCRIPT_NIL:
        return "nil";
    case SCRIPT_FALSE:
    case SCRIPT_TRUE:
        return "boolean";
    case SCRIPT_NUMBER:
    case SCRIPT_TTL:
    case SCRIPT_COUNT:
        return "number";
    case SCRIPT_STRING:
    case SCRIPT_VALUE:
        return "string";
    default:
        return "table";
    }
}

struct script_value script_call_function(struct reading *reading, const struct token *name,
                                         const struct script_value *arguments, size_t count)
{
    struct script_value result = count > 0 ? arguments[0] : script_nil;

    if (script_text_is(name->data, name->size_bytes, "call") ||
        script_text_is(name->data, name->size_bytes, "pcall")) {
        return call_redis(reading, arguments, count);
    }
    if (script_text_is(name->data, name->size_bytes, "insert")) {
        script_insert(reading, arguments, count);
        return script_nil;
    }
    if (count != 1) {
        reading->failed = true;
        return script_nil;
    }
    if (script_text_is(name->data, name->size_bytes, "tonumber")) {
        return script_to_number(&arguments[0], &result) ? result : script_nil;
    }
    if (script_text_is(name->data, name->size_bytes, "type")) {
        reading->failed |= result.kind == SCRIPT_OPAQUE;
        return script_text(SCRIPT_STRING, type_name(&result));
    }
    if (script_text_is(name->data, name->size_bytes, "status_reply") ||
        script_text_is(name->data, name->size_bytes, "error_reply")) {
        reading->failed |= result.kind != SCRIPT_STRING;
        result.kind = name->data[0] == 's' ? SCRIPT_STATUS : SCRIPT_ERROR;
        return result;
    }
    if (script_text_is(name->data, name->size_bytes, "unpack")) {
        reading->failed |= result.kind != SCRIPT_KEYS;
        return result;
    }
    if (script_text_is(name->data, name->size_bytes, "tostring")) {
        reading->failed |= result.kind != SCRIPT_STRING;
        return result;
    }
    reading->failed = true;
    return script_nil;
}
