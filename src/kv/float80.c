/*
 * Floating-point numbers of 64 bits of precision. Every number is read, added and written exactly,
 * as a big integer, and rounded only once: to the nearest number, and to the even one of two
 * numbers that are equally near.
 */
#include "kv/float80.h"

#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "kv/big_integer.h"

enum {
    PRECISION_BITS = 64,
    EXPONENT_MIN = -16445,
    EXPONENT_MAX = 16384 - PRECISION_BITS,
    DECIMAL_MAX = 4933,  /* numbers of more digits are too large */
    DECIMAL_MIN = -4970, /* 10 to the power of this is 0 */
    FRACTION_DIGITS = 17,
    GROUP_DIGITS = 9,
    GROUP = 1000000000,
};

/*
 * The number nearest to (integer + something below 1 where `more`) * 2^exponent. With `more`, the
 * integer has at least two bits more than the precision.
 */
static struct float80 round_integer(const struct big_integer *integer, int exponent, bool more)
{
    int bits = (int)big_integer_bits(integer);
    int lowest = bits + exponent - PRECISION_BITS;
    struct float80 number = {0};
    size_t dropped;

    if (lowest < EXPONENT_MIN) {
        lowest = EXPONENT_MIN;
    }
    number.exponent = lowest;
    if (lowest <= exponent) {
        ASSERT(!more);
        number.mantissa = big_integer_bits_from(integer, 0) << (exponent - lowest);
        return number;
    }
    dropped = (size_t)(lowest - exponent);
    number.mantissa = big_integer_bits_from(integer, dropped);
    if (big_integer_bit(integer, dropped - 1) &&
        (more || big_integer_any_below(integer, dropped - 1) || (number.mantissa & 1) != 0)) {
        number.mantissa++;
        if (number.mantissa == 0) {
            number.mantissa = (uint64_t)1 << (PRECISION_BITS - 1);
            number.exponent++;
        }
    }
    number.is_infinite = number.exponent > EXPONENT_MAX;
    return number;
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* A number's text taken apart: digits, where the point stands among them, and the exponent. */
struct numeral {
    const char *at; /* what is not read yet */
    const char *end;
    const char *digits; /* from the first that is not 0; a point may be among them */
    const char *digits_end;
    size_t count;     /* of those digits, without a point */
    int64_t exponent; /* of the base: the number is the digits times base to the power of it */
};

static int digit_value(char c, int base)
{
    int value = -1;

    if (c >= '0' && c <= '9') {
        value = c - '0';
    } else if (c >= 'a' && c <= 'f') {
        value = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
        value = c - 'A' + 10;
    }
    return value < base ? value : -1;
}

static bool read_digits(struct numeral *numeral, int base)
{
    bool any = false;
    bool point = false;

    numeral->digits = NULL;
    for (; numeral->at < numeral->end; numeral->at++) {
        int value = digit_value(*numeral->at, base);

        if (*numeral->at == '.' && !point) {
            point = true;
            continue;
        }
        if (value < 0) {
            break;
        }
        any = true;
        numeral->exponent -= point;
        if (numeral->digits == NULL && value > 0) {
            numeral->digits = numeral->at;
        }
        numeral->count += numeral->digits != NULL;
    }
    numeral->digits_end = numeral->at;
    return any;
}

/* What follows the digits; `unit` is what one step of it is in powers of the base's own unit. */
static bool read_exponent(struct numeral *numeral, char letter, int64_t *exponent)
{
    bool negative;
    int64_t sum = 0;

    *exponent = 0;
    if (numeral->at == numeral->end) {
        return true;
    }
    if ((*numeral->at++ | 0x20) != letter || numeral->at == numeral->end) {
        return false;
    }
    negative = *numeral->at == '-';
    numeral->at += negative || *numeral->at == '+';
    if (numeral->at == numeral->end) {
        return false;
    }
    for (; numeral->at < numeral->end; numeral->at++) {
        int value = digit_value(*numeral->at, 10);

        if (value < 0) {
            return false;
        }
        sum = sum < INT32_MAX ? sum * 10 + value : sum;
    }
    *exponent = negative ? -sum : sum;
    return true;
}

static void collect_digits(const struct numeral *numeral, int base, struct big_integer *integer)
{
    big_integer_set(integer, 0);
    for (const char *at = numeral->digits; at < numeral->digits_end; at++) {
        if (*at != '.') {
            big_integer_multiply(integer, (uint32_t)base, (uint32_t)digit_value(*at, base));
        }
    }
}

static void multiply_by_power(struct big_integer *integer, int64_t power)
{
    for (; power >= GROUP_DIGITS; power -= GROUP_DIGITS) {
        big_integer_multiply(integer, GROUP, 0);
    }
    for (; power > 0; power--) {
        big_integer_multiply(integer, 10, 0);
    }
}

/* Divides by a power of ten, but for the rest; returns whether there was one. */
static bool divide_by_power(struct big_integer *integer, int64_t power)
{
    bool rest = false;

    for (; power >= GROUP_DIGITS; power -= GROUP_DIGITS) {
        rest |= big_integer_divide(integer, GROUP) != 0;
    }
    for (; power > 0; power--) {
        rest |= big_integer_divide(integer, 10) != 0;
    }
    return rest;
}

static bool parse_decimal(struct numeral *numeral, struct float80 *number)
{
    struct big_integer integer;
    int64_t exponent;
    int64_t shift;
    bool rest;

    if (!read_digits(numeral, 10) || !read_exponent(numeral, 'e', &exponent)) {
        return false;
    }
    exponent += numeral->exponent;
    if (numeral->count == 0) {
        return true;
    }
    if ((int64_t)numeral->count + exponent > DECIMAL_MAX ||
        (int64_t)numeral->count + exponent < DECIMAL_MIN) {
        return false;
    }
    collect_digits(numeral, 10, &integer);
    if (exponent >= 0) {
        multiply_by_power(&integer, exponent);
        *number = round_integer(&integer, 0, false);
        return true;
    }
    /* A power of ten has less than 10/3 bits a digit; the quotient gets enough to be rounded. */
    shift = -exponent * 10 / 3 + PRECISION_BITS + 4 - (int64_t)big_integer_bits(&integer);
    shift = shift > 0 ? shift : 0;
    big_integer_shift_left(&integer, (size_t)shift);
    rest = divide_by_power(&integer, -exponent);
    *number = round_integer(&integer, -(int)shift, rest);
    return true;
}

static bool parse_hexadecimal(struct numeral *numeral, struct float80 *number)
{
    struct big_integer integer;
    int64_t exponent;

    if (!read_digits(numeral, 16) || !read_exponent(numeral, 'p', &exponent)) {
        return false;
    }
    exponent += 4 * numeral->exponent;
    if (numeral->count == 0) {
        return true;
    }
    if (exponent + 4 * (int64_t)numeral->count > EXPONENT_MAX + 2 * PRECISION_BITS ||
        exponent + 4 * (int64_t)numeral->count < EXPONENT_MIN) {
        return false;
    }
    collect_digits(numeral, 16, &integer);
    *number = round_integer(&integer, (int)exponent, false);
    return true;
}

static bool is_word(const struct numeral *numeral, const char *word)
{
    return (size_t)(numeral->end - numeral->at) == strlen(word) &&
           strncasecmp(numeral->at, word, strlen(word)) == 0;
}

bool float80_parse(const void *text, size_t size, struct float80 *number)
{
    struct numeral numeral = {.at = text, .end = (const char *)text + size};
    bool negative;
    bool good;

    *number = FLOAT80_ZERO;
    if (size == 0 || size >= FLOAT80_TEXT_BYTES_MAX) {
        return false;
    }
    negative = *numeral.at == '-';
    numeral.at += negative || *numeral.at == '+';
    if (is_word(&numeral, "inf") || is_word(&numeral, "infinity")) {
        number->is_infinite = true;
        return true;
    }
    if (numeral.end - numeral.at > 2 && numeral.at[0] == '0' && (numeral.at[1] | 0x20) == 'x') {
        numeral.at += 2;
        good = parse_hexadecimal(&numeral, number);
    } else {
        good = parse_decimal(&numeral, number);
    }
    number->is_negative = negative;
    /* Too large, or so small that nothing is left of it. */
    return good && !number->is_infinite && (numeral.count == 0 || number->mantissa != 0);
}

/* ---- Adding ------------------------------------------------------------------------------- */

/* A number that much smaller than another is as good as any smaller one that is not 0. */
enum { EXPONENT_GAP = 4 * PRECISION_BITS };

bool float80_add(struct float80 *sum, const struct float80 *amount)
{
    struct float80 large = *sum;
    struct float80 small = *amount;
    struct float80 result;
    struct big_integer a;
    struct big_integer b;

    if (large.is_infinite || small.is_infinite) {
        return false;
    }
    if (large.mantissa == 0 || (small.mantissa != 0 && small.exponent > large.exponent)) {
        large = *amount;
        small = *sum;
    }
    if (small.mantissa == 0) {
        *sum = large;
        return true;
    }
    if (large.exponent - small.exponent > EXPONENT_GAP) {
        small.mantissa = 1;
        small.exponent = large.exponent - EXPONENT_GAP;
    }
    big_integer_set(&a, large.mantissa);
    big_integer_shift_left(&a, (size_t)(large.exponent - small.exponent));
    big_integer_set(&b, small.mantissa);
    if (large.is_negative == small.is_negative) {
        big_integer_add(&a, &b);
    } else if (big_integer_compare(&a, &b) >= 0) {
        big_integer_subtract(&a, &b);
    } else {
        big_integer_subtract(&b, &a);
        a = b;
        large.is_negative = small.is_negative;
    }
    if (a.count == 0) {
        *sum = FLOAT80_ZERO;
        return true;
    }
    result = round_integer(&a, small.exponent, false);
    if (result.is_infinite) {
        return false;
    }
    result.is_negative = large.is_negative;
    *sum = result;
    return true;
}

/* ---- Writing ------------------------------------------------------------------------------ */

/* Divides by a power of two, to the nearest. */
static void round_down(struct big_integer *integer, size_t bits)
{
    bool half = big_integer_bit(integer, bits - 1);
    bool more = big_integer_any_below(integer, bits - 1);
    uint64_t low = big_integer_bits_from(integer, bits);
    uint64_t high = big_integer_bits_from(integer, bits + 64);

    if (half && (more || (low & 1) != 0)) {
        low++;
        high += low == 0;
    }
    big_integer_set(integer, high);
    big_integer_shift_left(integer, 64);
    if (high == 0) {
        big_integer_set(integer, low);
    } else {
        struct big_integer below;

        big_integer_set(&below, low);
        big_integer_add(integer, &below);
    }
}

/* The decimal digits, the last at end[-1]; returns where the first stands. */
static char *write_digits(struct big_integer *integer, char *end)
{
    while (integer->count > 0) {
        uint32_t group = big_integer_divide(integer, GROUP);

        for (int i = 0; i < GROUP_DIGITS && (group > 0 || integer->count > 0); i++) {
            *--end = (char)('0' + group % 10);
            group /= 10;
        }
    }
    return end;
}

size_t float80_format(const struct float80 *number, char *text)
{
    char digits[FLOAT80_TEXT_BYTES_MAX];
    char *end = digits + sizeof(digits);
    char *start;
    struct big_integer integer;
    size_t size = 0;

    ASSERT(!number->is_infinite);
    big_integer_set(&integer, number->mantissa);
    /* Behind the point of an integer there is nothing; else all is counted in its last digit. */
    multiply_by_power(&integer, FRACTION_DIGITS);
    if (number->exponent >= 0) {
        big_integer_shift_left(&integer, (size_t)number->exponent);
    } else {
        round_down(&integer, (size_t)-number->exponent);
    }
    start = write_digits(&integer, end);
    if (start == end) {
        text[0] = '0';
        return 1;
    }
    while (end - start <= FRACTION_DIGITS) {
        *--start = '0';
    }
    if (number->is_negative) {
        text[size++] = '-';
    }
    memcpy(text + size, start, (size_t)(end - start - FRACTION_DIGITS));
    size += (size_t)(end - start - FRACTION_DIGITS);
    start = end - FRACTION_DIGITS;
    while (end > start && end[-1] == '0') {
        end--;
    }
    if (end > start) {
        text[size++] = '.';
        memcpy(text + size, start, (size_t)(end - start));
        size += (size_t)(end - start);
    }
    return size;
}
