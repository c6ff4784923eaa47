/*
 * Patterns of KEYS and SCAN MATCH, with Redis' rules: * ? [abc] [^a-z] and \ before a character
 * that stands for itself. Pure.
 */
#ifndef RAFTD_KV_GLOB_H
#define RAFTD_KV_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether text matches the pattern. Takes time in proportion to the product of their lengths at
 * worst, and each comparison takes one off *budget: at 0 the search ends with false.
 */
bool glob_match(const void *pattern, size_t pattern_size, const void *text, size_t text_size,
                uint64_t *budget);

#endif
