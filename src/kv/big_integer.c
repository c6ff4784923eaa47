/*
 * Big integers: the arithmetic that is taught at school, a word at a time.
 */
#include "kv/big_integer.h"

#include <string.h>

#include "base/assert.h"

static void push(struct big_integer *integer, uint32_t word)
{
    ASSERT(integer->count < BIG_INTEGER_WORDS);
    integer->words[integer->count++] = word;
}

static void trim(struct big_integer *integer)
{
    while (integer->count > 0 && integer->words[integer->count - 1] == 0) {
        integer->count--;
    }
}

static uint32_t word_at(const struct big_integer *integer, size_t place)
{
    return place < integer->count ? integer->words[place] : 0;
}

void big_integer_set(struct big_integer *integer, uint64_t value)
{
    integer->count = 0;
    for (; value > 0; value >>= 32) {
        push(integer, (uint32_t)value);
    }
}

void big_integer_multiply(struct big_integer *integer, uint32_t factor, uint32_t summand)
{
    uint64_t carry = summand;

    for (size_t i = 0; i < integer->count; i++) {
        carry += (uint64_t)integer->words[i] * factor;
        integer->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry > 0) {
        push(integer, (uint32_t)carry);
    }
    trim(integer);
}

uint32_t big_integer_divide(struct big_integer *integer, uint32_t divisor)
{
    uint64_t rest = 0;

    ASSERT(divisor > 0);
    for (size_t i = integer->count; i-- > 0;) {
        rest = rest << 32 | integer->words[i];
        integer->words[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    trim(integer);
    return (uint32_t)rest;
}

void big_integer_shift_left(struct big_integer *integer, size_t bits)
{
    size_t words = bits / 32;

    if (bits % 32 > 0) {
        big_integer_multiply(integer, 1u << bits % 32, 0);
    }
    if (words > 0 && integer->count > 0) {
        ASSERT(words <= BIG_INTEGER_WORDS - integer->count);
        memmove(integer->words + words, integer->words, integer->count * sizeof(integer->words[0]));
        memset(integer->words, 0, words * sizeof(integer->words[0]));
        integer->count += words;
    }
}

void big_integer_add(struct big_integer *sum, const struct big_integer *summand)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < sum->count || i < summand->count; i++) {
        carry += (uint64_t)word_at(sum, i) + word_at(summand, i);
        if (i == sum->count) {
            push(sum, 0);
        }
        sum->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry > 0) {
        push(sum, (uint32_t)carry);
    }
}

void big_integer_subtract(struct big_integer *difference, const struct big_integer *smaller)
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < difference->count; i++) {
        uint64_t taken = word_at(smaller, i) + borrow;

        borrow = difference->words[i] < taken;
        difference->words[i] = (uint32_t)(difference->words[i] - taken);
    }
    ASSERT(borrow == 0);
    trim(difference);
}

int big_integer_compare(const struct big_integer *a, const struct big_integer *b)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (size_t i = a->count; i-- > 0;) {
        if (a->words[i] != b->words[i]) {
            return a->words[i] < b->words[i] ? -1 : 1;
        }
    }
    return 0;
}

size_t big_integer_bits(const struct big_integer *integer)
{
    if (integer->count == 0) {
        return 0;
    }
    return integer->count * 32 - (size_t)__builtin_clz(integer->words[integer->count - 1]);
}

bool big_integer_bit(const struct big_integer *integer, size_t bit)
{
    return (word_at(integer, bit / 32) >> bit % 32 & 1) != 0;
}

uint64_t big_integer_bits_from(const struct big_integer *integer, size_t bit)
{
    size_t place = bit / 32;
    unsigned shift = (unsigned)(bit % 32);
    uint64_t low = word_at(integer, place) | (uint64_t)word_at(integer, place + 1) << 32;

    return shift == 0 ? low : low >> shift | (uint64_t)word_at(integer, place + 2) << (64 - shift);
}

bool big_integer_any_below(const struct big_integer *integer, size_t bit)
{
    size_t words = bit / 32 < integer->count ? bit / 32 : integer->count;

    for (size_t i = 0; i < words; i++) {
        if (integer->words[i] != 0) {
            return true;
        }
    }
    return bit % 32 > 0 && (word_at(integer, bit / 32) & ((1u << bit % 32) - 1)) != 0;
}
