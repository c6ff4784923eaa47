/*
 * How a function that fails fills in a struct raftd_error. Pure: no I/O, no allocation; any
 * thread. A message that is too long is cut.
 */
#ifndef RAFTD_BASE_ERROR_H
#define RAFTD_BASE_ERROR_H

#include <raftd/error.h>

/*
 * Writes code and message to *error and returns code, so that a function can end with
 * `return error_set(error, RAFTD_ERROR_..., "...")`. If error is NULL, it only returns code.
 */
int error_set(struct raftd_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Puts the formatted text and ": " before the message that *error has already. Returns error->code;
 * if that is 0, or error is NULL, returns code.
 */
int error_prefix(struct raftd_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
