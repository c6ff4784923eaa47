/*
 * Filling a struct raftd_error. Pure: no I/O, no allocation.
 */
#ifndef RAFTD_BASE_ERROR_H
#define RAFTD_BASE_ERROR_H

#include <raftd/error.h>

/*
 * Formats a message into *error (which may be NULL) and returns code, so that a function can
 * end with `return error_set(error, RAFTD_ERROR_..., "...")`.
 */
int error_set(struct raftd_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " in front of the message already in *error; returns error->code, or code. */
int error_prefix(struct raftd_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
