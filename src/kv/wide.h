/*
 * Unsigned integers of tens of thousands of bits, for reading and writing floating-point numbers
 * exactly. On the stack, of a fixed size: going beyond it is a mistake of the caller. Pure.
 */
#ifndef RAFTD_KV_WIDE_H
#define RAFTD_KV_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIDE_WORDS = 1152 };

struct wide {
    size_t count;               /* words in use, the last of them not 0; the number 0 has none */
    uint32_t words[WIDE_WORDS]; /* the lowest first; behind count they are not set */
};

void wide_set(struct wide *wide, uint64_t value);
void wide_multiply(struct wide *wide, uint32_t factor, uint32_t summand); /* and add */
uint32_t wide_divide(struct wide *wide, uint32_t divisor);                /* returns the rest */
void wide_shift_left(struct wide *wide, size_t bits);
void wide_add(struct wide *sum, const struct wide *summand);
/* Takes the smaller from the larger. */
void wide_subtract(struct wide *difference, const struct wide *smaller);
int wide_compare(const struct wide *a, const struct wide *b);

/* The number of bits without leading zeros. */
size_t wide_bits(const struct wide *wide);
bool wide_bit(const struct wide *wide, size_t bit);
/* 64 bits from that one up. */
uint64_t wide_bits_from(const struct wide *wide, size_t bit);
/* Whether any bit below that one is set. */
bool wide_any_below(const struct wide *wide, size_t bit);

#endif
