/*
 * Parses and prints decimal integers. Pure: no locale, no allocation; any thread.
 */
#include "base/number.h"

#include <string.h>

static bool number_parse_digits(const char *digits, size_t count, uint64_t *value)
{
    uint64_t sum = 0;

    /* No number of 19 digits exceeds a uint64_t, so the loop need not check for overflow. */
    if (count == 0 || count > NUMBER_TEXT_BYTES_MAX - 1 || (digits[0] == '0' && count > 1)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9') {
            return false;
        }
        sum = sum * 10 + (uint64_t)(digits[i] - '0');
    }
    *value = sum;
    return true;
}

bool number_parse(const void *text, size_t size, int64_t *value)
{
    const char *digits = text;
    bool negative = size > 0 && digits[0] == '-';
    uint64_t magnitude;

    if (!number_parse_digits(digits + negative, size - negative, &magnitude)) {
        return false;
    }
    if (negative) {
        if (magnitude == 0 || magnitude > (uint64_t)INT64_MAX + 1) {
            return false;
        }
        *value = -(int64_t)(magnitude - 1) - 1;
        return true;
    }
    if (magnitude > INT64_MAX) {
        return false;
    }
    *value = (int64_t)magnitude;
    return true;
}

size_t number_format(int64_t value, char *text)
{
    char digits[NUMBER_TEXT_BYTES_MAX];
    uint64_t magnitude = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    size_t start = sizeof(digits);

    do {
        digits[--start] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude > 0);
    if (value < 0) {
        digits[--start] = '-';
    }
    memcpy(text, digits + start, sizeof(digits) - start);
    return sizeof(digits) - start;
}
