/*
 * Replies of the Redis protocol, appended to a buffer that the caller owns. Where RESP2 has no
 * such type, RESP2 clients get what Redis 7 gives them instead. Pure; any thread.
 *
 * A reply that announces a count (array, map, set, push) is followed by that many replies,
 * each written by a call of its own.
 */
#ifndef RAFTD_RESP_WRITER_H
#define RAFTD_RESP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The version that a connection speaks: RESP2 until HELLO 3. */
enum resp_protocol { RESP2 = 2, RESP3 = 3 };

/* "+text": line ends inside become blanks, as in Redis. */
void resp_write_simple(struct buffer *buffer, const void *text, size_t size);
/* "-text": the whole text with its code, "ERR ..."; line ends inside become blanks. */
void resp_write_error(struct buffer *buffer, const void *text, size_t size);
/* The same for a formatted text, cut off after 511 bytes. */
void resp_write_error_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void resp_write_integer(struct buffer *buffer, int64_t value);
void resp_write_bulk(struct buffer *buffer, const void *data, size_t size);
/* A bulk string of a NUL-terminated text. */
void resp_write_text(struct buffer *buffer, const char *text);
/* RESP2 "$-1", RESP3 "_". */
void resp_write_nil(struct buffer *buffer, enum resp_protocol protocol);
/* RESP2 "*-1", RESP3 "_". */
void resp_write_nil_array(struct buffer *buffer, enum resp_protocol protocol);
void resp_write_array(struct buffer *buffer, size_t count);
/* count pairs: key, value, key, value ... RESP2: an array of twice that many. */
void resp_write_map(struct buffer *buffer, enum resp_protocol protocol, size_t count);
/* RESP2: an array. */
void resp_write_set(struct buffer *buffer, enum resp_protocol protocol, size_t count);
/* RESP2: an array. */
void resp_write_push(struct buffer *buffer, enum resp_protocol protocol, size_t count);
/* RESP2: a bulk string. 17 significant digits, "inf", "-inf", "nan". */
void resp_write_double(struct buffer *buffer, enum resp_protocol protocol, double value);
/* RESP2: integer 1 or 0. */
void resp_write_boolean(struct buffer *buffer, enum resp_protocol protocol, bool value);
/* format: three letters, "txt" or "mkd". RESP2: a bulk string. */
void resp_write_verbatim(struct buffer *buffer, enum resp_protocol protocol, const char *format,
                         const void *data, size_t size);
/* Bytes that are a reply already. */
void resp_write_raw(struct buffer *buffer, const void *data, size_t size);

#endif
