/*
 * Writes replies of the Redis protocol to the end of a buffer that the caller owns. A type that
 * only RESP3 has is written for a RESP2 client in the form that Redis 7 uses. Pure; any thread.
 *
 * After a reply that announces a count (array, map, set, push), the caller writes that many
 * replies, each with a call of its own.
 */
#ifndef RAFTD_RESP_WRITER_H
#define RAFTD_RESP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The version of the protocol on a connection: RESP2 until the client sends HELLO 3. */
enum resp_protocol { RESP2 = 2, RESP3 = 3 };

/* "+text". Line ends inside the text become blanks, as in Redis. */
void resp_write_simple(struct buffer *buffer, const void *text, size_t size);
/* "-text". The text begins with its code: "ERR ...". Line ends inside the text become blanks. */
void resp_write_error(struct buffer *buffer, const void *text, size_t size);
/* The same with a formatted text, which is cut after 511 bytes. */
void resp_write_error_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void resp_write_integer(struct buffer *buffer, int64_t value);
void resp_write_bulk(struct buffer *buffer, const void *data, size_t size);
/* A bulk string from a NUL-terminated text. */
void resp_write_text(struct buffer *buffer, const char *text);
/* RESP2 "$-1", RESP3 "_". */
void resp_write_nil(struct buffer *buffer, enum resp_protocol protocol);
/* RESP2 "*-1", RESP3 "_". */
void resp_write_nil_array(struct buffer *buffer, enum resp_protocol protocol);
void resp_write_array(struct buffer *buffer, size_t count);
/* count is a number of pairs; the caller then writes key, value, key, value and so on. For RESP2 it
 * is an array of twice as many elements. */
void resp_write_map(struct buffer *buffer, enum resp_protocol protocol, size_t count);
/* For RESP2 it is an array. */
void resp_write_set(struct buffer *buffer, enum resp_protocol protocol, size_t count);
/* For RESP2 it is an array. */
void resp_write_push(struct buffer *buffer, enum resp_protocol protocol, size_t count);
/* With 17 significant digits; "inf", "-inf" or "nan". For RESP2 it is a bulk string. */
void resp_write_double(struct buffer *buffer, enum resp_protocol protocol, double value);
/* For RESP2 it is the integer 1 or 0. */
void resp_write_boolean(struct buffer *buffer, enum resp_protocol protocol, bool value);
/* format has three letters: "txt" or "mkd". For RESP2 it is a bulk string. */
void resp_write_verbatim(struct buffer *buffer, enum resp_protocol protocol, const char *format,
                         const void *data, size_t size);
/* Copies bytes that are a complete reply already. */
void resp_write_raw(struct buffer *buffer, const void *data, size_t size);

#endif
