/*
 * Decimal integers as the Redis protocol writes them. Each number has exactly one text. Pure; any
 * thread.
 */
#ifndef RAFTD_BASE_NUMBER_H
#define RAFTD_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest text of an int64_t, without a terminating NUL: "-9223372036854775808". */
enum { NUMBER_TEXT_BYTES_MAX = 20 };

/*
 * Reads the whole text as one integer. Accepts only what number_format() writes. Returns false and
 * leaves *value as it was for any other text: an empty text, blanks, "+1", "01", "-0", or a number
 * that does not fit an int64_t.
 */
bool number_parse(const void *text, size_t size, int64_t *value);

/* Writes value to text, without a terminating NUL. Returns the number of bytes written, at most
 * NUMBER_TEXT_BYTES_MAX. */
size_t number_format(int64_t value, char *text);

#endif
