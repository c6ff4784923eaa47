/*
 * Expressions of a script.
 */
#include "script/reading.h"

#include <string.h>

#include "base/number.h"

static struct script_value read_call(struct reading *reading, const struct token *name, bool live)
{
    struct script_value arguments[SCRIPT_ARGUMENTS_MAX];
    size_t count = 0;

    script_expect(reading, "(");
    while (!reading->failed && !script_at(reading, ")")) {
        struct script_value value = script_expression(reading, live);

        if (count == SCRIPT_ARGUMENTS_MAX) {
            reading->failed = true;
            return script_nil;
        }
        arguments[count++] = value;
        if (!script_take(reading, ",")) {
            break;
        }
    }
    script_expect(reading, ")");
    return live && !reading->failed ? script_call_function(reading, name, arguments, count)
                                    : script_nil;
}

static struct script_value element(struct reading *reading, const struct script_value *list,
                                   const struct script_value *place, bool live)
{
    const struct script_input *input = reading->input;

    if (!live) {
        return script_nil;
    }
    if (place->kind != SCRIPT_NUMBER || place->number < 1) {
        reading->failed = true;
        return script_nil;
    }
    if (list->kind == SCRIPT_KEYS) {
        return (uint64_t)place->number <= input->key_count
                   ? script_argument(&input->keys[place->number - 1])
                   : script_nil;
    }
    if (list->kind == SCRIPT_ARGV) {
        return (uint64_t)place->number <= input->argument_count
                   ? script_argument(&input->arguments[place->number - 1])
                   : script_nil;
    }
    if (list->kind == SCRIPT_LIST && place->number == 1) {
        return script_get(reading);
    }
    reading->failed = true;
    return script_nil;
}

struct variable *script_find_variable(struct reading *reading, const struct token *name)
{
    for (size_t i = reading->local_count; i > 0; i--) {
        struct variable *variable = &reading->locals[i - 1];

        if (variable->name_bytes == name->size_bytes &&
            memcmp(variable->name, name->data, name->size_bytes) == 0) {
            return variable;
        }
    }
    return NULL;
}

static struct script_value named(struct reading *reading, const struct token *name)
{
    const struct variable *variable = script_find_variable(reading, name);

    if (variable != NULL) {
        return variable->value;
    }
    if (script_text_is(name->data, name->size_bytes, "KEYS")) {
        return (struct script_value){.kind = SCRIPT_KEYS};
    }
    if (script_text_is(name->data, name->size_bytes, "ARGV")) {
        return (struct script_value){.kind = SCRIPT_ARGV};
    }
    if (script_text_is(name->data, name->size_bytes, "true") ||
        script_text_is(name->data, name->size_bytes, "false")) {
        return script_boolean(name->data[0] == 't');
    }
    reading->failed |= !script_text_is(name->data, name->size_bytes, "nil");
    return script_nil;
}

static struct script_value read_name(struct reading *reading, bool live)
{
    struct token name = script_take_name(reading);
    struct script_value value;

    if ((script_text_is(name.data, name.size_bytes, "redis") ||
         script_text_is(name.data, name.size_bytes, "server") ||
         script_text_is(name.data, name.size_bytes, "table")) &&
        script_take(reading, ".")) {
        name = script_take_name(reading);
        return read_call(reading, &name, live);
    }
    if (script_at(reading, "(")) {
        return read_call(reading, &name, live);
    }
    value = named(reading, &name);
    while (!reading->failed && script_take(reading, "[")) {
        struct script_value place = script_expression(reading, live);

        script_expect(reading, "]");
        value = element(reading, &value, &place, live);
    }
    return value;
}

static struct script_value read_literal(struct reading *reading)
{
    struct token token = reading->token;
    struct script_value value = {
        .kind = SCRIPT_STRING, .data = token.data, .size_bytes = token.size_bytes};

    script_advance(reading);
    if (token.kind == TOKEN_NUMBER) {
        value = script_number(0);
        reading->failed |= !number_parse(token.data, token.size_bytes, &value.number);
    }
    return value;
}

static struct script_value primary(struct reading *reading, bool live);

/* "#" and "-" in front of a value. */
static struct script_value prefixed(struct reading *reading, bool live, bool counts)
{
    struct script_value value = script_nil;

    if (++reading->depth > SCRIPT_DEPTH_MAX) {
        reading->failed = true;
        return script_nil;
    }
    value = primary(reading, live);
    reading->depth--;
    if (!counts) {
        reading->failed |= live && value.kind != SCRIPT_NUMBER;
        return script_number(value.number != INT64_MIN ? -value.number : 0);
    }
    reading->failed |= live && value.kind != SCRIPT_KEYS && value.kind != SCRIPT_ARGV;
    return script_number((int64_t)(value.kind == SCRIPT_ARGV ? reading->input->argument_count
                                                             : reading->input->key_count));
}

static struct script_value primary(struct reading *reading, bool live)
{
    struct script_value value;

    if (script_take(reading, "(")) {
        value = script_expression(reading, live);
        script_expect(reading, ")");
        return value;
    }
    if (reading->token.kind == TOKEN_NUMBER || reading->token.kind == TOKEN_STRING) {
        return read_literal(reading);
    }
    if (script_take(reading, "{")) {
        script_expect(reading, "}");
        if (live && reading->lock != NULL) {
            reading->failed |= reading->lock->tables++ > 0;
        }
        return (struct script_value){.kind = SCRIPT_TABLE};
    }
    if (script_take(reading, "#")) {
        return prefixed(reading, live, true);
    }
    if (script_take(reading, "-")) {
        return prefixed(reading, live, false);
    }
    return read_name(reading, live);
}

static struct script_value sum(struct reading *reading, bool live)
{
    struct script_value value = primary(reading, live);

    while (!reading->failed &&
           (script_at(reading, "+") || script_at(reading, "-") || script_at(reading, ".."))) {
        bool joins = script_at(reading, "..");
        bool minus = script_at(reading, "-");
        struct script_value more;

        script_advance(reading);
        more = primary(reading, live);
        reading->failed |= live && joins;
        value = live && !joins ? script_add(reading, &value, &more, minus) : script_nil;
    }
    return value;
}

static struct script_value comparison(struct reading *reading, bool live)
{
    static const char *const signs[] = {"==", "~=", "<", ">", "<=", ">="};
    struct script_value one = sum(reading, live);
    struct script_value other;
    size_t sign = 0;

    while (sign < sizeof(signs) / sizeof(signs[0]) && !script_at(reading, signs[sign])) {
        sign++;
    }
    if (sign == sizeof(signs) / sizeof(signs[0])) {
        return one;
    }
    script_advance(reading);
    other = sum(reading, live);
    if (!live || reading->failed) {
        return script_nil;
    }
    if (sign < 2) {
        return script_boolean(script_is_equal(reading, &one, &other) == (sign == 0));
    }
    if (sign < 4) {
        return script_boolean(sign == 2 ? script_is_less(reading, &one, &other)
                                        : script_is_less(reading, &other, &one));
    }
    return script_boolean(sign == 4 ? !script_is_less(reading, &other, &one)
                                    : !script_is_less(reading, &one, &other));
}

static struct script_value negation(struct reading *reading, bool live)
{
    bool negated = false;
    struct script_value value;

    while (script_take(reading, "not")) {
        negated = true;
    }
    value = comparison(reading, live);
    return negated ? script_boolean(!script_is_true(&value)) : value;
}

static struct script_value conjunction(struct reading *reading, bool live)
{
    struct script_value value = negation(reading, live);

    while (!reading->failed && script_take(reading, "and")) {
        bool goes_on = live && script_is_true(&value);
        struct script_value more = negation(reading, goes_on);

        value = goes_on ? more : value;
    }
    return value;
}

struct script_value script_expression(struct reading *reading, bool live)
{
    struct script_value value;

    if (++reading->depth > SCRIPT_DEPTH_MAX) {
        reading->failed = true;
        return script_nil;
    }
    value = conjunction(reading, live);
    while (!reading->failed && script_take(reading, "or")) {
        bool goes_on = live && !script_is_true(&value);
        struct script_value more = conjunction(reading, goes_on);

        value = goes_on ? more : value;
    }
    reading->depth--;
    return value;
}
