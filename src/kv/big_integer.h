/*
 * Unsigned integers of tens of thousands of bits, for reading and writing floating-point numbers
 * exactly. On the stack, of a fixed size: going beyond it is a mistake of the caller. Pure.
 */
#ifndef RAFTD_KV_BIG_INTEGER_H
#define RAFTD_KV_BIG_INTEGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BIG_INTEGER_WORDS = 1152 };

struct big_integer {
    size_t count; /* words in use, the last of them not 0; the number 0 has none */
    uint32_t words[BIG_INTEGER_WORDS]; /* the lowest first; behind count they are not set */
};

void big_integer_set(struct big_integer *integer, uint64_t value);
void big_integer_multiply(struct big_integer *integer, uint32_t factor,
                          uint32_t summand);                                /* and add */
uint32_t big_integer_divide(struct big_integer *integer, uint32_t divisor); /* returns the rest */
void big_integer_shift_left(struct big_integer *integer, size_t bits);
void big_integer_add(struct big_integer *sum, const struct big_integer *summand);
/* Takes the smaller from the larger. */
void big_integer_subtract(struct big_integer *difference, const struct big_integer *smaller);
int big_integer_compare(const struct big_integer *a, const struct big_integer *b);

/* The number of bits without leading zeros. */
size_t big_integer_bits(const struct big_integer *integer);
bool big_integer_bit(const struct big_integer *integer, size_t bit);
/* 64 bits from that one up. */
uint64_t big_integer_bits_from(const struct big_integer *integer, size_t bit);
/* Whether any bit below that one is set. */
bool big_integer_any_below(const struct big_integer *integer, size_t bit);

#endif
