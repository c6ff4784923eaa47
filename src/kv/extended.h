/*
 * Floating-point numbers of 64 bits of precision: what `long double` is on x86, where Redis
 * computes INCRBYFLOAT with it, done in integers so that every machine comes to the same digits.
 * Pure.
 */
#ifndef RAFTD_KV_EXTENDED_H
#define RAFTD_KV_EXTENDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* mantissa * 2^exponent; 0 is a mantissa of 0. */
struct extended {
    uint64_t mantissa; /* its highest bit is set, but for numbers next to 0 */
    int exponent;
    bool is_negative;
    bool is_infinite;
};

#define EXTENDED_ZERO ((struct extended){0})

enum { EXTENDED_TEXT_BYTES_MAX = 5 * 1024 };

/*
 * Reads the whole text as Redis does: as strtold() in the C locale, without blanks. False for what
 * is no number, for NaN, for what is too large or too close to 0, and for a text that is not
 * shorter than EXTENDED_TEXT_BYTES_MAX.
 */
bool extended_parse(const void *text, size_t size, struct extended *number);
/* Adds to *sum; false, with *sum untouched, where the sum is not a finite number. */
bool extended_add(struct extended *sum, const struct extended *amount);
/*
 * Writes a finite number with up to 17 digits behind the point, as Redis does; returns the
 * length, without a NUL.
 */
size_t extended_format(const struct extended *number, char *text);

#endif
