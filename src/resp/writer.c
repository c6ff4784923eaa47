/*
 * Writes replies of the Redis protocol. See writer.h. Pure; any thread.
 */
#include "resp/writer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/number.h"

/* The longest first line of a reply with a number: ":-9223372036854775808\r\n". */
enum { HEAD_BYTES_MAX = 1 + NUMBER_TEXT_BYTES_MAX + 2 };

static size_t write_head(uint8_t *place, char mark, int64_t number)
{
    size_t size = 1 + number_format(number, (char *)place + 1);

    place[0] = (uint8_t)mark;
    place[size] = '\r';
    place[size + 1] = '\n';
    return size + 2;
}

static void append_head(struct buffer *buffer, char mark, int64_t number)
{
    uint8_t head[HEAD_BYTES_MAX];

    buffer_append(buffer, head, write_head(head, mark, number));
}

/* Appends one line. Line ends inside the text become blanks: the text may come from a client, and
 * a line end inside would make the client read the rest as the next reply. */
static void append_line(struct buffer *buffer, char mark, const void *text, size_t size)
{
    const uint8_t *from = text;
    uint8_t *place = buffer_extend(buffer, size + 3);

    *place++ = (uint8_t)mark;
    for (size_t i = 0; i < size; i++) {
        *place++ = from[i] == '\r' || from[i] == '\n' ? ' ' : from[i];
    }
    place[0] = '\r';
    place[1] = '\n';
}

void resp_write_simple(struct buffer *buffer, const void *text, size_t size)
{
    append_line(buffer, '+', text, size);
}

void resp_write_error(struct buffer *buffer, const void *text, size_t size)
{
    append_line(buffer, '-', text, size);
}

void resp_write_error_format(struct buffer *buffer, const char *format, ...)
{
    char text[512];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof(text)) {
        length = (int)sizeof(text) - 1;
    }
    resp_write_error(buffer, text, length > 0 ? (size_t)length : 0);
}

void resp_write_integer(struct buffer *buffer, int64_t value)
{
    append_head(buffer, ':', value);
}

void resp_write_bulk(struct buffer *buffer, const void *data, size_t size)
{
    uint8_t head[HEAD_BYTES_MAX];
    size_t head_bytes = write_head(head, '$', (int64_t)size);
    uint8_t *place = buffer_extend(buffer, head_bytes + size + 2);

    memcpy(place, head, head_bytes);
    place += head_bytes;
    if (size > 0) {
        memcpy(place, data, size);
    }
    place[size] = '\r';
    place[size + 1] = '\n';
}

void resp_write_text(struct buffer *buffer, const char *text)
{
    resp_write_bulk(buffer, text, strlen(text));
}

void resp_write_nil(struct buffer *buffer, enum resp_protocol protocol)
{
    if (protocol == RESP2) {
        buffer_append(buffer, "$-1\r\n", 5);
    } else {
        buffer_append(buffer, "_\r\n", 3);
    }
}

void resp_write_nil_array(struct buffer *buffer, enum resp_protocol protocol)
{
    if (protocol == RESP2) {
        buffer_append(buffer, "*-1\r\n", 5);
    } else {
        buffer_append(buffer, "_\r\n", 3);
    }
}

void resp_write_array(struct buffer *buffer, size_t count)
{
    append_head(buffer, '*', (int64_t)count);
}

void resp_write_map(struct buffer *buffer, enum resp_protocol protocol, size_t count)
{
    if (protocol == RESP2) {
        resp_write_array(buffer, count * 2);
    } else {
        append_head(buffer, '%', (int64_t)count);
    }
}

void resp_write_set(struct buffer *buffer, enum resp_protocol protocol, size_t count)
{
    append_head(buffer, protocol == RESP2 ? '*' : '~', (int64_t)count);
}

void resp_write_push(struct buffer *buffer, enum resp_protocol protocol, size_t count)
{
    append_head(buffer, protocol == RESP2 ? '*' : '>', (int64_t)count);
}

void resp_write_double(struct buffer *buffer, enum resp_protocol protocol, double value)
{
    char text[40];
    int length;

    if (isnan(value)) {
        length = snprintf(text, sizeof(text), "nan"); /* printf() may write "-nan" */
    } else {
        length = snprintf(text, sizeof(text), "%.17g", value);
    }
    if (protocol == RESP2) {
        resp_write_bulk(buffer, text, (size_t)length);
    } else {
        append_line(buffer, ',', text, (size_t)length);
    }
}

void resp_write_boolean(struct buffer *buffer, enum resp_protocol protocol, bool value)
{
    if (protocol == RESP2) {
        resp_write_integer(buffer, value);
    } else {
        buffer_append(buffer, value ? "#t\r\n" : "#f\r\n", 4);
    }
}

void resp_write_verbatim(struct buffer *buffer, enum resp_protocol protocol, const char *format,
                         const void *data, size_t size)
{
    if (protocol == RESP2) {
        resp_write_bulk(buffer, data, size);
        return;
    }
    append_head(buffer, '=', (int64_t)size + 4);
    buffer_append(buffer, format, 3);
    buffer_append_u8(buffer, ':');
    buffer_append(buffer, data, size);
    buffer_append(buffer, "\r\n", 2);
}

void resp_write_raw(struct buffer *buffer, const void *data, size_t size)
{
    buffer_append(buffer, data, size);
}
