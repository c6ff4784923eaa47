/*
 * Following a script. Every statement is read, and has an effect only where it is reached.
 */
#include "redis/script_lua.h"

#include <string.h>

#include "base/number.h"

enum { LOCALS_MAX = 32, DEPTH_MAX = 24, ARGUMENTS_MAX = 12, SCRIPT_BYTES_MAX = 16 * 1024 };

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_STRING, TOKEN_NUMBER, TOKEN_SYMBOL, TOKEN_WRONG };

struct token {
    enum token_kind kind;
    const uint8_t *data;
    size_t size_bytes;
};

struct variable {
    const uint8_t *name;
    size_t name_bytes;
    struct script_value value;
};

struct reading {
    const struct script_input *input;
    enum script_state state;
    struct script_value *compared; /* the token of the lock */
    struct script_outcome *outcome;
    size_t offset;
    struct token token; /* the next one */
    bool failed;
    bool returned;
    int depth;
    size_t local_count;
    struct variable locals[LOCALS_MAX];
};

static const struct script_value nil = {.kind = SCRIPT_NIL};

/* ---- Tokens ------------------------------------------------------------------------------- */

static bool is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static uint8_t peek(const struct reading *reading, size_t ahead)
{
    const struct script_input *input = reading->input;

    return reading->offset + ahead < input->size_bytes ? input->text[reading->offset + ahead] : 0;
}

static void skip_comment(struct reading *reading)
{
    bool block = peek(reading, 2) == '[' && peek(reading, 3) == '[';

    while (reading->offset < reading->input->size_bytes) {
        if (block ? peek(reading, 0) == ']' && peek(reading, 1) == ']' : peek(reading, 0) == '\n') {
            reading->offset += block ? 2 : 0;
            return;
        }
        reading->offset++;
    }
}

static void skip_blanks(struct reading *reading)
{
    while (reading->offset < reading->input->size_bytes) {
        uint8_t byte = peek(reading, 0);

        if (byte == '-' && peek(reading, 1) == '-') {
            skip_comment(reading);
        } else if (byte == ' ' || (byte >= '\t' && byte <= '\r')) {
            reading->offset++;
        } else {
            return;
        }
    }
}

static void read_string(struct reading *reading, struct token *token)
{
    uint8_t quote = peek(reading, 0);
    size_t size = 1;

    while (peek(reading, size) != quote) {
        if (peek(reading, size) == 0 || peek(reading, size) == '\\' ||
            peek(reading, size) == '\n') {
            token->kind = TOKEN_WRONG;
            return;
        }
        size++;
    }
    token->kind = TOKEN_STRING;
    token->data++;
    token->size_bytes = size - 1;
    reading->offset += size + 1;
}

static size_t symbol_size(const struct reading *reading)
{
    static const char *const pairs[] = {"==", "~=", "<=", ">=", ".."};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (peek(reading, 0) == (uint8_t)pairs[i][0] && peek(reading, 1) == (uint8_t)pairs[i][1]) {
            return 2;
        }
    }
    return 1;
}

static void advance(struct reading *reading)
{
    struct token *token = &reading->token;
    size_t size = 0;
    uint8_t byte;

    skip_blanks(reading);
    byte = peek(reading, 0);
    *token = (struct token){.data = reading->input->text + reading->offset};
    if (reading->offset >= reading->input->size_bytes) {
        token->kind = TOKEN_END;
        return;
    }
    if (byte == '"' || byte == '\'') {
        read_string(reading, token);
        return;
    }
    if (is_letter(byte) || is_digit(byte)) {
        token->kind = is_digit(byte) ? TOKEN_NUMBER : TOKEN_NAME;
        while (is_digit(peek(reading, size)) ||
               (!is_digit(byte) && is_letter(peek(reading, size)))) {
            size++;
        }
    } else {
        token->kind = TOKEN_SYMBOL;
        size = symbol_size(reading);
    }
    token->size_bytes = size;
    reading->offset += size;
}

static bool text_is(const uint8_t *data, size_t size, const char *text)
{
    return size == strlen(text) && memcmp(data, text, size) == 0;
}

static bool at(const struct reading *reading, const char *text)
{
    return (reading->token.kind == TOKEN_NAME || reading->token.kind == TOKEN_SYMBOL) &&
           text_is(reading->token.data, reading->token.size_bytes, text);
}

static bool take(struct reading *reading, const char *text)
{
    if (!at(reading, text)) {
        return false;
    }
    advance(reading);
    return true;
}

static void expect(struct reading *reading, const char *text)
{
    if (!take(reading, text)) {
        reading->failed = true;
    }
}

static struct token take_name(struct reading *reading)
{
    struct token token = reading->token;

    if (token.kind != TOKEN_NAME) {
        reading->failed = true;
    }
    advance(reading);
    return token;
}

/* ---- Values ------------------------------------------------------------------------------- */

static struct script_value number_value(int64_t number)
{
    return (struct script_value){.kind = SCRIPT_NUMBER, .number = number};
}

static struct script_value boolean_value(bool value)
{
    return (struct script_value){.kind = value ? SCRIPT_TRUE : SCRIPT_FALSE};
}

static struct script_value text_value(enum script_value_kind kind, const char *text)
{
    return (struct script_value){
        .kind = kind, .data = (const uint8_t *)text, .size_bytes = strlen(text)};
}

static struct script_value argument_value(const struct resp_argument *argument)
{
    return (struct script_value){
        .kind = SCRIPT_STRING, .data = argument->data, .size_bytes = argument->size_bytes};
}

static bool is_true(const struct script_value *value)
{
    return value->kind != SCRIPT_NIL && value->kind != SCRIPT_FALSE;
}

static bool same_text(const struct script_value *one, const struct script_value *other)
{
    return one->size_bytes == other->size_bytes &&
           (one->size_bytes == 0 || memcmp(one->data, other->data, one->size_bytes) == 0);
}

static bool key_equals(const struct reading *reading)
{
    return reading->state == SCRIPT_EQUAL_LASTING || reading->state == SCRIPT_EQUAL_EXPIRING;
}

/* The value at the key against something that is given: that is what makes it a lock. */
static bool compare_with_token(struct reading *reading, const struct script_value *given)
{
    if (given->kind == SCRIPT_NIL || given->kind == SCRIPT_FALSE || given->kind == SCRIPT_NUMBER) {
        return false;
    }
    if (given->kind != SCRIPT_STRING ||
        (reading->compared->kind == SCRIPT_STRING && !same_text(reading->compared, given))) {
        reading->failed = true;
        return false;
    }
    *reading->compared = *given;
    return key_equals(reading);
}

static bool is_equal(struct reading *reading, const struct script_value *one,
                     const struct script_value *other)
{
    if (one->kind == SCRIPT_VALUE) {
        return compare_with_token(reading, other);
    }
    if (other->kind == SCRIPT_VALUE) {
        return compare_with_token(reading, one);
    }
    if (one->kind == SCRIPT_TTL || other->kind == SCRIPT_TTL) {
        /* It is positive; which number it is nobody knows yet. */
        const struct script_value *given = one->kind == SCRIPT_TTL ? other : one;

        reading->failed |=
            given->kind == SCRIPT_NUMBER ? given->number > 0 : given->kind == SCRIPT_TTL;
        return false;
    }
    if (one->kind != other->kind) {
        return false;
    }
    if (one->kind == SCRIPT_NUMBER) {
        return one->number == other->number;
    }
    if (one->kind == SCRIPT_STRING) {
        return same_text(one, other);
    }
    reading->failed |= one->kind > SCRIPT_STRING;
    return true;
}

static bool is_less(struct reading *reading, const struct script_value *one,
                    const struct script_value *other)
{
    if (one->kind == SCRIPT_TTL && one->number == 0 && other->kind == SCRIPT_NUMBER) {
        reading->failed |= other->number > 1;
        return false;
    }
    if (other->kind == SCRIPT_TTL && other->number == 0 && one->kind == SCRIPT_NUMBER) {
        reading->failed |= one->number > 0;
        return true;
    }
    reading->failed |= one->kind != SCRIPT_NUMBER || other->kind != SCRIPT_NUMBER;
    return one->number < other->number;
}

/* A number as arithmetic sees it: also one that is spelled in a string. */
static bool to_number(const struct script_value *value, struct script_value *number)
{
    *number = *value;
    if (value->kind != SCRIPT_STRING) {
        return value->kind == SCRIPT_NUMBER || value->kind == SCRIPT_TTL;
    }
    *number = number_value(0);
    return number_parse(value->data, value->size_bytes, &number->number);
}

static struct script_value add(struct reading *reading, const struct script_value *one,
                               const struct script_value *other, bool minus)
{
    struct script_value left;
    struct script_value right;
    int64_t amount;

    if (!to_number(one, &left) || !to_number(other, &right) ||
        (left.kind == SCRIPT_TTL && right.kind == SCRIPT_TTL) ||
        (minus && right.kind == SCRIPT_TTL)) {
        reading->failed = true;
        return nil;
    }
    amount = right.number;
    if (minus ? __builtin_sub_overflow(left.number, amount, &left.number)
              : __builtin_add_overflow(left.number, amount, &left.number)) {
        reading->failed = true;
    }
    left.kind = left.kind == SCRIPT_TTL || right.kind == SCRIPT_TTL ? SCRIPT_TTL : SCRIPT_NUMBER;
    return left;
}

/* ---- redis.call --------------------------------------------------------------------------- */

static bool word_is(const struct script_value *value, const char *word)
{
    size_t size = strlen(word);

    if (value->kind != SCRIPT_STRING || value->size_bytes != size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = value->data[i];

        if ((byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte) != (uint8_t)word[i]) {
            return false;
        }
    }
    return true;
}

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
    return number_value(reading->state != SCRIPT_MISSING);
}

static struct script_value call_expire(struct reading *reading, const char *unit,
                                       const struct script_value *amount)
{
    struct script_action action = {.kind = SCRIPT_EXPIRE, .unit = unit, .amount = *amount};

    if (amount->kind != SCRIPT_STRING && amount->kind != SCRIPT_NUMBER &&
        amount->kind != SCRIPT_TTL) {
        reading->failed = true;
        return nil;
    }
    if (reading->state == SCRIPT_MISSING && reading->outcome->action.kind != SCRIPT_SET) {
        return number_value(0);
    }
    act(reading, &action);
    return number_value(1);
}

static struct script_value call_set(struct reading *reading, const struct script_value *arguments,
                                    size_t count)
{
    struct script_action action = {.kind = SCRIPT_SET, .value = arguments[0]};
    bool missing = reading->state == SCRIPT_MISSING;
    bool refused = false;

    for (size_t i = 1; i < count; i++) {
        if (word_is(&arguments[i], "nx")) {
            refused |= !missing;
        } else if (word_is(&arguments[i], "xx")) {
            refused |= missing;
        } else if ((word_is(&arguments[i], "px") || word_is(&arguments[i], "ex")) &&
                   i + 1 < count && action.unit == NULL) {
            action.unit = word_is(&arguments[i], "px") ? "PX" : "EX";
            action.amount = arguments[++i];
        } else {
            reading->failed = true;
        }
    }
    if (action.value.kind != SCRIPT_STRING || action.amount.kind == SCRIPT_TTL) {
        reading->failed = true;
    }
    if (refused) {
        return boolean_value(false);
    }
    act(reading, &action);
    return text_value(SCRIPT_STATUS, "OK");
}

static struct script_value call_get(const struct reading *reading)
{
    return reading->state == SCRIPT_MISSING ? boolean_value(false)
                                            : (struct script_value){.kind = SCRIPT_VALUE};
}

static struct script_value call_ttl(struct reading *reading)
{
    switch (reading->state) {
    case SCRIPT_EQUAL_EXPIRING:
        return (struct script_value){.kind = SCRIPT_TTL};
    case SCRIPT_EQUAL_LASTING:
        return number_value(-1);
    case SCRIPT_MISSING:
        return number_value(-2);
    default:
        reading->failed = true; /* there may be one or not */
        return nil;
    }
}

/* The commands that look: not after something was changed. */
static bool call_query(struct reading *reading, const struct script_value *name,
                       struct script_value *result)
{
    if (word_is(name, "get")) {
        *result = call_get(reading);
    } else if (word_is(name, "mget")) {
        *result = (struct script_value){.kind = SCRIPT_LIST};
    } else if (word_is(name, "exists")) {
        *result = number_value(reading->state != SCRIPT_MISSING);
    } else if (word_is(name, "pttl")) {
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
    struct script_value wanted = argument_value(key);

    return value->kind == SCRIPT_KEYS ||
           (value->kind == SCRIPT_STRING && same_text(value, &wanted));
}

static struct script_value call_redis(struct reading *reading, const struct script_value *arguments,
                                      size_t count)
{
    struct script_value result = nil;

    if (count < 2 || !is_key(reading, &arguments[1])) {
        reading->failed = true;
    } else if (count == 2 && call_query(reading, &arguments[0], &result)) {
        return result;
    } else if (count == 2 && (word_is(&arguments[0], "del") || word_is(&arguments[0], "unlink"))) {
        return call_delete(reading);
    } else if (count == 3 && word_is(&arguments[0], "pexpire")) {
        return call_expire(reading, "PEXPIRE", &arguments[2]);
    } else if (count == 3 && word_is(&arguments[0], "expire")) {
        return call_expire(reading, "EXPIRE", &arguments[2]);
    } else if (count >= 3 && word_is(&arguments[0], "set")) {
        return call_set(reading, &arguments[2], count - 2);
    } else if (count == 3 && word_is(&arguments[0], "setnx")) {
        const struct script_value set[] = {arguments[2], text_value(SCRIPT_STRING, "nx")};

        result = call_set(reading, set, 2);
        return number_value(result.kind == SCRIPT_STATUS);
    } else {
        reading->failed = true;
    }
    return nil;
}

/* ---- Functions ---------------------------------------------------------------------------- */

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
        return "number";
    case SCRIPT_STRING:
    case SCRIPT_VALUE:
        return "string";
    default:
        return "table";
    }
}

static struct script_value call_function(struct reading *reading, const struct token *name,
                                         const struct script_value *arguments, size_t count)
{
    struct script_value result = count > 0 ? arguments[0] : nil;

    if (text_is(name->data, name->size_bytes, "call") ||
        text_is(name->data, name->size_bytes, "pcall")) {
        return call_redis(reading, arguments, count);
    }
    if (count != 1) {
        reading->failed = true;
        return nil;
    }
    if (text_is(name->data, name->size_bytes, "tonumber")) {
        return to_number(&arguments[0], &result) ? result : nil;
    }
    if (text_is(name->data, name->size_bytes, "type")) {
        return text_value(SCRIPT_STRING, type_name(&result));
    }
    if (text_is(name->data, name->size_bytes, "status_reply") ||
        text_is(name->data, name->size_bytes, "error_reply")) {
        reading->failed |= result.kind != SCRIPT_STRING;
        result.kind = name->data[0] == 's' ? SCRIPT_STATUS : SCRIPT_ERROR;
        return result;
    }
    if (text_is(name->data, name->size_bytes, "unpack")) {
        reading->failed |= result.kind != SCRIPT_KEYS;
        return result;
    }
    if (text_is(name->data, name->size_bytes, "tostring")) {
        reading->failed |= result.kind != SCRIPT_STRING;
        return result;
    }
    reading->failed = true;
    return nil;
}

/* ---- Expressions -------------------------------------------------------------------------- */

static struct script_value expression(struct reading *reading, bool live);

static struct script_value read_call(struct reading *reading, const struct token *name, bool live)
{
    struct script_value arguments[ARGUMENTS_MAX];
    size_t count = 0;

    expect(reading, "(");
    while (!reading->failed && !at(reading, ")")) {
        struct script_value value = expression(reading, live);

        if (count == ARGUMENTS_MAX) {
            reading->failed = true;
            return nil;
        }
        arguments[count++] = value;
        if (!take(reading, ",")) {
            break;
        }
    }
    expect(reading, ")");
    return live && !reading->failed ? call_function(reading, name, arguments, count) : nil;
}

static struct script_value element(struct reading *reading, const struct script_value *list,
                                   const struct script_value *place, bool live)
{
    const struct script_input *input = reading->input;

    if (!live) {
        return nil;
    }
    if (place->kind != SCRIPT_NUMBER || place->number < 1) {
        reading->failed = true;
        return nil;
    }
    if (list->kind == SCRIPT_KEYS) {
        return (uint64_t)place->number <= input->key_count
                   ? argument_value(&input->keys[place->number - 1])
                   : nil;
    }
    if (list->kind == SCRIPT_ARGV) {
        return (uint64_t)place->number <= input->argument_count
                   ? argument_value(&input->arguments[place->number - 1])
                   : nil;
    }
    if (list->kind == SCRIPT_LIST && place->number == 1) {
        return call_get(reading);
    }
    reading->failed = true;
    return nil;
}

static struct variable *find_variable(struct reading *reading, const struct token *name)
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
    const struct variable *variable = find_variable(reading, name);

    if (variable != NULL) {
        return variable->value;
    }
    if (text_is(name->data, name->size_bytes, "KEYS")) {
        return (struct script_value){.kind = SCRIPT_KEYS};
    }
    if (text_is(name->data, name->size_bytes, "ARGV")) {
        return (struct script_value){.kind = SCRIPT_ARGV};
    }
    if (text_is(name->data, name->size_bytes, "true") ||
        text_is(name->data, name->size_bytes, "false")) {
        return boolean_value(name->data[0] == 't');
    }
    reading->failed |= !text_is(name->data, name->size_bytes, "nil");
    return nil;
}

static struct script_value read_name(struct reading *reading, bool live)
{
    struct token name = take_name(reading);
    struct script_value value;

    if ((text_is(name.data, name.size_bytes, "redis") ||
         text_is(name.data, name.size_bytes, "server")) &&
        take(reading, ".")) {
        name = take_name(reading);
        return read_call(reading, &name, live);
    }
    if (at(reading, "(")) {
        return read_call(reading, &name, live);
    }
    value = named(reading, &name);
    while (!reading->failed && take(reading, "[")) {
        struct script_value place = expression(reading, live);

        expect(reading, "]");
        value = element(reading, &value, &place, live);
    }
    return value;
}

static struct script_value read_literal(struct reading *reading)
{
    struct token token = reading->token;
    struct script_value value = {
        .kind = SCRIPT_STRING, .data = token.data, .size_bytes = token.size_bytes};

    advance(reading);
    if (token.kind == TOKEN_NUMBER) {
        value = number_value(0);
        reading->failed |= !number_parse(token.data, token.size_bytes, &value.number);
    }
    return value;
}

static struct script_value primary(struct reading *reading, bool live);

/* "#" and "-" in front of a value. */
static struct script_value prefixed(struct reading *reading, bool live, bool counts)
{
    struct script_value value = nil;

    if (++reading->depth > DEPTH_MAX) {
        reading->failed = true;
        return nil;
    }
    value = primary(reading, live);
    reading->depth--;
    if (!counts) {
        reading->failed |= live && value.kind != SCRIPT_NUMBER;
        return number_value(value.number != INT64_MIN ? -value.number : 0);
    }
    reading->failed |= live && value.kind != SCRIPT_KEYS && value.kind != SCRIPT_ARGV;
    return number_value((int64_t)(value.kind == SCRIPT_ARGV ? reading->input->argument_count
                                                            : reading->input->key_count));
}

static struct script_value primary(struct reading *reading, bool live)
{
    struct script_value value;

    if (take(reading, "(")) {
        value = expression(reading, live);
        expect(reading, ")");
        return value;
    }
    if (reading->token.kind == TOKEN_NUMBER || reading->token.kind == TOKEN_STRING) {
        return read_literal(reading);
    }
    if (take(reading, "#")) {
        return prefixed(reading, live, true);
    }
    if (take(reading, "-")) {
        return prefixed(reading, live, false);
    }
    return read_name(reading, live);
}

static struct script_value sum(struct reading *reading, bool live)
{
    struct script_value value = primary(reading, live);

    while (!reading->failed && (at(reading, "+") || at(reading, "-") || at(reading, ".."))) {
        bool joins = at(reading, "..");
        bool minus = at(reading, "-");
        struct script_value more;

        advance(reading);
        more = primary(reading, live);
        reading->failed |= live && joins;
        value = live && !joins ? add(reading, &value, &more, minus) : nil;
    }
    return value;
}

static struct script_value comparison(struct reading *reading, bool live)
{
    static const char *const signs[] = {"==", "~=", "<", ">", "<=", ">="};
    struct script_value one = sum(reading, live);
    struct script_value other;
    size_t sign = 0;

    while (sign < sizeof(signs) / sizeof(signs[0]) && !at(reading, signs[sign])) {
        sign++;
    }
    if (sign == sizeof(signs) / sizeof(signs[0])) {
        return one;
    }
    advance(reading);
    other = sum(reading, live);
    if (!live || reading->failed) {
        return nil;
    }
    if (sign < 2) {
        return boolean_value(is_equal(reading, &one, &other) == (sign == 0));
    }
    if (sign < 4) {
        return boolean_value(sign == 2 ? is_less(reading, &one, &other)
                                       : is_less(reading, &other, &one));
    }
    return boolean_value(sign == 4 ? !is_less(reading, &other, &one)
                                   : !is_less(reading, &one, &other));
}

static struct script_value negation(struct reading *reading, bool live)
{
    bool negated = false;
    struct script_value value;

    while (take(reading, "not")) {
        negated = true;
    }
    value = comparison(reading, live);
    return negated ? boolean_value(!is_true(&value)) : value;
}

static struct script_value conjunction(struct reading *reading, bool live)
{
    struct script_value value = negation(reading, live);

    while (!reading->failed && take(reading, "and")) {
        bool goes_on = live && is_true(&value);
        struct script_value more = negation(reading, goes_on);

        value = goes_on ? more : value;
    }
    return value;
}

static struct script_value expression(struct reading *reading, bool live)
{
    struct script_value value;

    if (++reading->depth > DEPTH_MAX) {
        reading->failed = true;
        return nil;
    }
    value = conjunction(reading, live);
    while (!reading->failed && take(reading, "or")) {
        bool goes_on = live && !is_true(&value);
        struct script_value more = conjunction(reading, goes_on);

        value = goes_on ? more : value;
    }
    reading->depth--;
    return value;
}

/* ---- Statements --------------------------------------------------------------------------- */

static void block(struct reading *reading, bool live);

static void declare(struct reading *reading, const struct token *name,
                    const struct script_value *value)
{
    if (reading->local_count == LOCALS_MAX) {
        reading->failed = true;
        return;
    }
    reading->locals[reading->local_count++] =
        (struct variable){.name = name->data, .name_bytes = name->size_bytes, .value = *value};
}

static void read_local(struct reading *reading, bool live)
{
    struct token name = take_name(reading);
    struct script_value value = nil;

    if (take(reading, "=")) {
        value = expression(reading, live);
    }
    declare(reading, &name, &value);
}

static void read_if(struct reading *reading, bool live)
{
    bool taken = false;

    do {
        struct script_value condition = expression(reading, live && !taken);
        bool holds = live && !taken && is_true(&condition);

        expect(reading, "then");
        block(reading, holds);
        taken |= holds;
    } while (!reading->failed && take(reading, "elseif"));
    if (take(reading, "else")) {
        block(reading, live && !taken);
    }
    expect(reading, "end");
}

/* Over KEYS, with one key: once. "for i, key in ipairs(KEYS)", "for i = 1, #KEYS". */
static void read_for(struct reading *reading, bool live)
{
    struct token first = take_name(reading);
    struct token second = first;
    size_t kept = reading->local_count;
    struct script_value key = live ? argument_value(reading->input->keys) : nil;
    struct script_value one = number_value(1);
    bool numeric = at(reading, "=");

    if (numeric) {
        struct script_value from;
        struct script_value to;

        advance(reading);
        from = expression(reading, live);
        expect(reading, ",");
        to = expression(reading, live);
        reading->failed |=
            live && (!is_equal(reading, &from, &one) || !is_equal(reading, &to, &one));
    } else {
        expect(reading, ",");
        second = take_name(reading);
        expect(reading, "in");
        if (!take(reading, "ipairs")) {
            expect(reading, "pairs");
        }
        expect(reading, "(");
        expect(reading, "KEYS");
        expect(reading, ")");
    }
    expect(reading, "do");
    declare(reading, &first, &one);
    if (!numeric) {
        declare(reading, &second, &key);
    }
    block(reading, live);
    reading->local_count = kept;
    expect(reading, "end");
}

static void read_return(struct reading *reading, bool live)
{
    struct script_value value = nil;

    if (reading->token.kind != TOKEN_END && !at(reading, "end") && !at(reading, "else") &&
        !at(reading, "elseif") && !at(reading, ";")) {
        value = expression(reading, live);
    }
    if (live) {
        reading->outcome->result = value;
        reading->returned = true;
    }
}

/* "name = value", or a call whose result nobody takes. */
static void read_other(struct reading *reading, bool live)
{
    struct token name = reading->token;
    struct variable *variable = name.kind == TOKEN_NAME ? find_variable(reading, &name) : NULL;
    struct script_value value;

    if (variable == NULL) {
        if (!at(reading, "redis") && !at(reading, "server")) {
            reading->failed = true;
            return;
        }
        expression(reading, live);
        return;
    }
    advance(reading);
    expect(reading, "=");
    value = expression(reading, live);
    if (live) {
        variable->value = value;
    }
}

static void block(struct reading *reading, bool live)
{
    size_t kept = reading->local_count;

    if (++reading->depth > DEPTH_MAX) {
        reading->failed = true;
        return;
    }
    while (!reading->failed && reading->token.kind != TOKEN_END && !at(reading, "end") &&
           !at(reading, "else") && !at(reading, "elseif")) {
        bool reached = live && !reading->returned;

        if (take(reading, ";")) {
            continue;
        }
        if (take(reading, "local")) {
            read_local(reading, reached);
        } else if (take(reading, "if")) {
            read_if(reading, reached);
        } else if (take(reading, "for")) {
            read_for(reading, reached);
        } else if (take(reading, "return")) {
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
    advance(&reading);
    block(&reading, true);
    return !reading.failed && reading.token.kind == TOKEN_END;
}

void script_words(const void *text, size_t size, struct buffer *words)
{
    struct script_input input = {.text = text, .size_bytes = size};
    struct reading reading = {.input = &input};

    advance(&reading);
    while (reading.token.kind != TOKEN_END && reading.token.kind != TOKEN_WRONG) {
        buffer_append(words, reading.token.data, reading.token.size_bytes);
        buffer_append_u8(words, '\n');
        advance(&reading);
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
    advance(&reading);
    block(&reading, false);
    return !reading.failed && reading.token.kind == TOKEN_END;
}
