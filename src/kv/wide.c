/*
 * Wide integers: schoolbook arithmetic, a word at a time.
 */
#include "kv/wide.h"

#include <string.h>

#include "base/assert.h"

static void push(struct wide *wide, uint32_t word)
{
    ASSERT(wide->count < WIDE_WORDS);
    wide->words[wide->count++] = word;
}

static void trim(struct wide *wide)
{
    while (wide->count > 0 && wide->words[wide->count - 1] == 0) {
        wide->count--;
    }
}

static uint32_t word_at(const struct wide *wide, size_t place)
{
    return place < wide->count ? wide->words[place] : 0;
}

void wide_set(struct wide *wide, uint64_t value)
{
    wide->count = 0;
    for (; value > 0; value >>= 32) {
        push(wide, (uint32_t)value);
    }
}

void wide_multiply(struct wide *wide, uint32_t factor, uint32_t summand)
{
    uint64_t carry = summand;

    for (size_t i = 0; i < wide->count; i++) {
        carry += (uint64_t)wide->words[i] * factor;
        wide->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry > 0) {
        push(wide, (uint32_t)carry);
    }
    trim(wide);
}

uint32_t wide_divide(struct wide *wide, uint32_t divisor)
{
    uint64_t rest = 0;

    ASSERT(divisor > 0);
    for (size_t i = wide->count; i-- > 0;) {
        rest = rest << 32 | wide->words[i];
        wide->words[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    trim(wide);
    return (uint32_t)rest;
}

void wide_shift_left(struct wide *wide, size_t bits)
{
    size_t words = bits / 32;

    if (bits % 32 > 0) {
        wide_multiply(wide, 1u << bits % 32, 0);
    }
    if (words > 0 && wide->count > 0) {
        ASSERT(words <= WIDE_WORDS - wide->count);
        memmove(wide->words + words, wide->words, wide->count * sizeof(wide->words[0]));
        memset(wide->words, 0, words * sizeof(wide->words[0]));
        wide->count += words;
    }
}

void wide_add(struct wide *sum, const struct wide *summand)
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

void wide_subtract(struct wide *difference, const struct wide *smaller)
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

int wide_compare(const struct wide *a, const struct wide *b)
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

size_t wide_bits(const struct wide *wide)
{
    if (wide->count == 0) {
        return 0;
    }
    return wide->count * 32 - (size_t)__builtin_clz(wide->words[wide->count - 1]);
}

bool wide_bit(const struct wide *wide, size_t bit)
{
    return (word_at(wide, bit / 32) >> bit % 32 & 1) != 0;
}

uint64_t wide_bits_from(const struct wide *wide, size_t bit)
{
    size_t place = bit / 32;
    unsigned shift = (unsigned)(bit % 32);
    uint64_t low = word_at(wide, place) | (uint64_t)word_at(wide, place + 1) << 32;

    return shift == 0 ? low : low >> shift | (uint64_t)word_at(wide, place + 2) << (64 - shift);
}

bool wide_any_below(const struct wide *wide, size_t bit)
{
    size_t words = bit / 32 < wide->count ? bit / 32 : wide->count;

    for (size_t i = 0; i < words; i++) {
        if (wide->words[i] != 0) {
            return true;
        }
    }
    return bit % 32 > 0 && (word_at(wide, bit / 32) & ((1u << bit % 32) - 1)) != 0;
}
