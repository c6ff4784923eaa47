/*
 * Patterns of KEYS and SCAN MATCH. Pure. What follows the last star that was passed is the only
 * thing that is ever tried again, so the time does not grow exponentially with the stars.
 */
#include "kv/glob.h"

/* The range "x-y" of a class, in any order; bytes count as signed, as they do in Redis. */
static bool range_holds(uint8_t start, uint8_t end, uint8_t c)
{
    int low = (int8_t)start;
    int high = (int8_t)end;

    if (low > high) {
        int swap = low;
        low = high;
        high = swap;
    }
    return low <= (int8_t)c && (int8_t)c <= high;
}

/*
 * Whether c is in the class that begins behind the '[' at *next; moves *next behind it. A class
 * that is not closed ends with the pattern.
 */
static bool class_holds(const uint8_t **next, const uint8_t *end, uint8_t c, uint64_t *budget)
{
    const uint8_t *at = *next;
    bool negated = at < end && *at == '^';
    bool held = false;

    at += negated;
    while (at < end && *at != ']') {
        size_t left = (size_t)(end - at);

        *budget -= *budget > 0;
        if (*at == '\\' && left >= 2) {
            held |= at[1] == c;
            at += 2;
        } else if (left >= 3 && at[1] == '-') {
            held |= range_holds(at[0], at[2], c);
            at += 3;
        } else {
            held |= *at == c;
            at++;
        }
    }
    *next = at < end ? at + 1 : end;
    return held != negated;
}

/* Whether c matches the one-character pattern at *next, which is no star; moves behind it. */
static bool character_matches(const uint8_t **next, const uint8_t *end, uint8_t c, uint64_t *budget)
{
    const uint8_t *at = *next;

    *budget -= *budget > 0;
    if (*at == '[') {
        *next = at + 1;
        return class_holds(next, end, c, budget);
    }
    if (*at == '?') {
        *next = at + 1;
        return true;
    }
    if (*at == '\\' && end - at >= 2) {
        at++;
    }
    *next = at + 1;
    return *at == c;
}

bool glob_match(const void *pattern, size_t pattern_size, const void *text, size_t text_size,
                uint64_t *budget)
{
    const uint8_t *next = pattern;
    const uint8_t *end = next + pattern_size;
    const uint8_t *at = text;
    const uint8_t *text_end = at + text_size;
    const uint8_t *after_star = NULL; /* the pattern behind the last star */
    const uint8_t *star_text = NULL;  /* the text that is matched against it */

    while (at < text_end) {
        if (*budget == 0) {
            return false;
        }
        if (next < end && *next == '*') {
            after_star = ++next;
            star_text = at;
            if (next == end) {
                return true;
            }
        } else if (next < end && character_matches(&next, end, *at, budget)) {
            at++;
        } else if (after_star != NULL) {
            /* The star takes one character more. */
            next = after_star;
            at = ++star_text;
        } else {
            return false;
        }
    }
    while (next < end && *next == '*') {
        next++;
    }
    return next == end;
}
