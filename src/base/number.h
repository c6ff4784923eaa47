/*
 * Decimal integers as the Redis protocol writes them: the one spelling that printing the
 * number gives. Pure.
 */
#ifndef RAFTD_BASE_NUMBER_H
#define RAFTD_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest text of an int64_t, without a terminating NUL: "-9223372036854775808". */
enum { NUMBER_TEXT_BYTES_MAX = 20 };

/*
 * Reads the whole text as one integer. False, with *value untouched, for anything that
 * number_format() would not have written: an empty text, blanks, "+1", "01", "-0", or a number
 * that an int64_t cannot hold.
 */
bool number_parse(const void *text, size_t size, int64_t *value);

/* Writes value at text, without a NUL; returns the length, at most NUMBER_TEXT_BYTES_MAX. */
size_t number_format(int64_t value, char *text);

#endif
