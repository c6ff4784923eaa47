/*
 * Floating-point numbers of 80 bits, 64 of them precision: what `long double` is on x86. Redis
 * computes INCRBYFLOAT with that type. Here the same is done in integers, so that every machine
 * comes to the same digits. Pure.
 */
#ifndef RAFTD_KV_FLOAT80_H
#define RAFTD_KV_FLOAT80_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* mantissa * 2^exponent; 0 is a mantissa of 0. */
struct float80 {
    uint64_t mantissa; /* its highest bit is set, but for numbers next to 0 */
    int exponent;
    bool is_negative;
    bool is_infinite;
};

#define FLOAT80_ZERO ((struct float80){0})

enum { FLOAT80_TEXT_BYTES_MAX = 5 * 1024 };

/*
 * Reads the whole text as Redis does: as strtold() in the C locale, without blanks. False for what
 * is no number, for NaN, for what is too large or too close to 0, and for a text that is not
 * shorter than FLOAT80_TEXT_BYTES_MAX.
 */
bool float80_parse(const void *text, size_t size, struct float80 *number);
/* Adds to *sum; false, with *sum untouched, where the sum is not a finite number. */
bool float80_add(struct float80 *sum, const struct float80 *amount);
/*
 * Writes a finite number with up to 17 digits behind the point, as Redis does; returns the
 * length, without a NUL.
 */
size_t float80_format(const struct float80 *number, char *text);

#endif
