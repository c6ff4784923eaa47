/*
 * Values of a script, as far as they are known before it is carried out.
 */
#include "script/reading.h"

#include <string.h>

#include "base/number.h"

struct script_value script_number(int64_t number)
{
    return (struct script_value){.kind = SCRIPT_NUMBER, .number = number};
}

struct script_value script_boolean(bool value)
{
    return (struct script_value){.kind = value ? SCRIPT_TRUE : SCRIPT_FALSE};
}

struct script_value script_text(enum script_value_kind kind, const char *text)
{
    return (struct script_value){
        .kind = kind, .data = (const uint8_t *)text, .size_bytes = strlen(text)};
}

struct script_value script_argument(const struct resp_argument *argument)
{
    return (struct script_value){
        .kind = SCRIPT_STRING, .data = argument->data, .size_bytes = argument->size_bytes};
}

bool script_is_true(const struct script_value *value)
{
    return value->kind != SCRIPT_NIL && value->kind != SCRIPT_FALSE;
}

bool script_same_text(const struct script_value *one, const struct script_value *other)
{
    return one->size_bytes == other->size_bytes &&
           (one->size_bytes == 0 || memcmp(one->data, other->data, one->size_bytes) == 0);
}

bool script_word_is(const struct script_value *value, const char *word)
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

bool script_same_value(const struct script_value *one, const struct script_value *other)
{
    return one->kind == other->kind && one->number == other->number && script_same_text(one, other);
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
        (reading->compared->kind == SCRIPT_STRING && !script_same_text(reading->compared, given))) {
        reading->failed = true;
        return false;
    }
    *reading->compared = *given;
    return key_equals(reading);
}

/* A number of which nothing is known but that it is positive. */
static bool is_positive(const struct script_value *value)
{
    return value->kind == SCRIPT_TTL || value->kind == SCRIPT_COUNT;
}

bool script_is_equal(struct reading *reading, const struct script_value *one,
                     const struct script_value *other)
{
    if (one->kind == SCRIPT_VALUE) {
        return compare_with_token(reading, other);
    }
    if (other->kind == SCRIPT_VALUE) {
        return compare_with_token(reading, one);
    }
    if (is_positive(one) || is_positive(other)) {
        const struct script_value *given = is_positive(one) ? other : one;

        reading->failed |= given->kind == SCRIPT_NUMBER ? given->number > 0 : is_positive(given);
        return false;
    }
    if (one->kind == SCRIPT_OPAQUE || other->kind == SCRIPT_OPAQUE) {
        const struct script_value *given = one->kind == SCRIPT_OPAQUE ? other : one;

        reading->failed |= given->kind != SCRIPT_NIL && given->kind != SCRIPT_FALSE;
        return false;
    }
    if (one->kind != other->kind) {
        return false;
    }
    if (one->kind == SCRIPT_NUMBER) {
        return one->number == other->number;
    }
    if (one->kind == SCRIPT_STRING) {
        return script_same_text(one, other);
    }
    reading->failed |= one->kind > SCRIPT_STRING;
    return true;
}

bool script_is_less(struct reading *reading, const struct script_value *one,
                    const struct script_value *other)
{
    if (is_positive(one) && one->number == 0 && other->kind == SCRIPT_NUMBER) {
        reading->failed |= other->number > 1;
        return false;
    }
    if (is_positive(other) && other->number == 0 && one->kind == SCRIPT_NUMBER) {
        reading->failed |= one->number > 0;
        return true;
    }
    reading->failed |= one->kind != SCRIPT_NUMBER || other->kind != SCRIPT_NUMBER;
    return one->number < other->number;
}

/* A number as arithmetic sees it: also one that is spelled in a string. */
bool script_to_number(const struct script_value *value, struct script_value *number)
{
    *number = *value;
    if (value->kind != SCRIPT_STRING) {
        return value->kind == SCRIPT_NUMBER || is_positive(value) || value->kind == SCRIPT_OPAQUE;
    }
    *number = script_number(0);
    return number_parse(value->data, value->size_bytes, &number->number);
}

struct script_value script_add(struct reading *reading, const struct script_value *one,
                               const struct script_value *other, bool minus)
{
    struct script_value left;
    struct script_value right;
    int64_t amount;

    if (!script_to_number(one, &left) || !script_to_number(other, &right) ||
        left.kind > SCRIPT_TTL || right.kind > SCRIPT_TTL ||
        (left.kind == SCRIPT_TTL && right.kind == SCRIPT_TTL) ||
        (minus && right.kind == SCRIPT_TTL)) {
        reading->failed = true;
        return script_nil;
    }
    amount = right.number;
    if (minus ? __builtin_sub_overflow(left.number, amount, &left.number)
              : __builtin_add_overflow(left.number, amount, &left.number)) {
        reading->failed = true;
    }
    left.kind = left.kind == SCRIPT_TTL || right.kind == SCRIPT_TTL ? SCRIPT_TTL : SCRIPT_NUMBER;
    return left;
}
