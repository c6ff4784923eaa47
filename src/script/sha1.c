/*
 * SHA-1 over bytes that are all there.
 */
#include "script/sha1.h"

#include <string.h>

enum { BLOCK_BYTES = 64, LENGTH_BYTES = 8, ROUNDS = 80 };

static uint32_t rotate(uint32_t word, int bits)
{
    return word << bits | word >> (32 - bits);
}

static uint32_t load_big(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store_big(uint8_t *bytes, uint32_t word)
{
    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(word >> (24 - 8 * i));
    }
}

/* The function and constant of a round, with the three words that it mixes. */
static uint32_t mix(int round, const uint32_t state[5])
{
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];

    if (round < 20) {
        return ((b & c) | (~b & d)) + 0x5a827999u;
    }
    if (round < 40) {
        return (b ^ c ^ d) + 0x6ed9eba1u;
    }
    if (round < 60) {
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
    }
    return (b ^ c ^ d) + 0xca62c1d6u;
}

static void add_block(uint32_t hash[5], const uint8_t *block)
{
    uint32_t schedule[ROUNDS];
    uint32_t state[5];

    for (int i = 0; i < ROUNDS; i++) {
        schedule[i] =
            i < 16 ? load_big(block + 4 * i)
                   : rotate(schedule[i - 3] ^ schedule[i - 8] ^ schedule[i - 14] ^ schedule[i - 16],
                            1);
    }
    memcpy(state, hash, sizeof(state));
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t next = rotate(state[0], 5) + mix(i, state) + state[4] + schedule[i];

        state[4] = state[3];
        state[3] = state[2];
        state[2] = rotate(state[1], 30);
        state[1] = state[0];
        state[0] = next;
    }
    for (int i = 0; i < 5; i++) {
        hash[i] += state[i];
    }
}

void sha1(const void *data, size_t size, uint8_t digest[SHA1_BYTES])
{
    uint32_t hash[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
    const uint8_t *bytes = data;
    uint8_t last[2 * BLOCK_BYTES] = {0};
    size_t rest = size % BLOCK_BYTES;
    size_t padded = rest + 1 + LENGTH_BYTES <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;

    for (size_t i = 0; i + BLOCK_BYTES <= size; i += BLOCK_BYTES) {
        add_block(hash, bytes + i);
    }
    if (rest > 0) {
        memcpy(last, bytes + size - rest, rest);
    }
    last[rest] = 0x80;
    store_big(last + padded - 8, (uint32_t)((uint64_t)size >> 29));
    store_big(last + padded - 4, (uint32_t)((uint64_t)size << 3));
    for (size_t i = 0; i < padded; i += BLOCK_BYTES) {
        add_block(hash, last + i);
    }
    for (int i = 0; i < 5; i++) {
        store_big(digest + 4 * i, hash[i]);
    }
}

void sha1_hex(const void *data, size_t size, char hex[SHA1_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA1_BYTES];

    sha1(data, size, digest);
    for (size_t i = 0; i < SHA1_BYTES; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
}
