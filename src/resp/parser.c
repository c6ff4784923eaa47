/*
 * The parser of Redis requests. See parser.h. Pure; a parser is used by one thread at a time.
 *
 * The states of a parser that reads a multibulk request, and where they are stored:
 *
 *                 parse_count()           parse_bulk_length()
 *       COUNT -------------------> LENGTH -------------------> BULK
 *     wanted == 0                wanted > 0,                  in_bulk
 *         ^                      not in_bulk                     |
 *         |                           ^      parse_bulk(),       |
 *         |                           |      count < wanted      |
 *         |                           +--------------------------+
 *         |                                                      |
 *         +------------------------------------------------------+
 *               parse_bulk(), count == wanted: resp_complete()
 *
 * In each state the parser looks at the bytes from position_bytes on. If they do not complete the
 * step, it stays in the state and returns RESP_INCOMPLETE; the next call brings the same bytes with
 * more bytes after them, and repeats the step. An inline request has only one step (the line), so
 * it has no state but scanned_bytes.
 *
 * Invariants:
 *
 *   1. All positions are offsets from the start of the request, never pointers, because the caller
 *      may move its buffer between two calls. resp_argument.data is filled in only when the whole
 *      request is there.
 *   2. No byte is searched for the end of a line twice: no line end is in the data before
 *      scanned_bytes. Otherwise a client that sends a long line byte by byte would cost time that
 *      grows with the square of the length.
 *   3. No memory is allocated for a number that the client only announces. arguments grows with
 *      the arguments that have arrived, and the bytes of a bulk stay in the caller's buffer.
 *      Otherwise many clients that send nothing but "*60000\r\n" could use up the memory.
 *   4. position_bytes plus the announced length of a bulk never exceeds request_bytes_max, so sums
 *      of offsets cannot overflow.
 */
#include "resp/parser.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/number.h"

/* The memory that an idle connection may keep; enough for most commands. */
enum { ARGUMENTS_KEPT = 8, UNQUOTED_BYTES_KEPT = 256 };

/* A number of at most so many digits fits an int64_t, so parse_line() need not check for overflow.
 * Longer numbers go through parse_line_slowly(). */
enum { DIGITS_FAST_MAX = 10 };

/* What Redis refuses as well is refused in its words; below this, in words of our own. */
enum { REDIS_BULK_BYTES_MAX = 512 * 1024 * 1024 };

enum line { LINE_NUMBER, LINE_INCOMPLETE, LINE_NO_NUMBER, LINE_TOO_LONG };

void resp_parser_init(struct resp_parser *parser, const struct resp_limits *limits)
{
    ASSERT(limits->arguments_max > 0 && limits->request_bytes_max > 0);
    ASSERT(limits->request_bytes_max <= SIZE_MAX / 4);
    *parser = (struct resp_parser){.limits = limits};
}

void resp_parser_free(struct resp_parser *parser)
{
    memory_free(parser->arguments);
    buffer_free(&parser->unquoted);
    *parser = (struct resp_parser){.limits = parser->limits};
}

void resp_parser_trim(struct resp_parser *parser)
{
    if (parser->unquoted.capacity_bytes > UNQUOTED_BYTES_KEPT) {
        buffer_free(&parser->unquoted);
    }
    if (parser->wanted == 0 && parser->scanned_bytes == 0) {
        memory_free(parser->arguments);
        parser->arguments = NULL;
        parser->capacity = 0;
        buffer_free(&parser->unquoted);
    } else if (parser->capacity > ARGUMENTS_KEPT && parser->count <= ARGUMENTS_KEPT) {
        parser->capacity = ARGUMENTS_KEPT;
        parser->arguments =
            memory_resize(parser->arguments, ARGUMENTS_KEPT * sizeof(parser->arguments[0]));
    }
}

static void parser_restart(struct resp_parser *parser)
{
    parser->count = 0;
    parser->wanted = 0;
    parser->position_bytes = 0;
    parser->scanned_bytes = 0;
    parser->in_bulk = false;
}

static enum resp_result resp_error(struct resp_request *request, const char *what)
{
    static const char prefix[] = "ERR Protocol error: ";
    size_t size = strlen(what);

    ASSERT(sizeof(prefix) + size <= sizeof(request->error));
    memcpy(request->error, prefix, sizeof(prefix) - 1);
    memcpy(request->error + sizeof(prefix) - 1, what, size + 1);
    return RESP_ERROR;
}

/* The request is longer than the limit, or announces that it will be. */
static enum resp_result resp_too_long(struct resp_request *request, const char *what,
                                      const struct resp_limits *limits)
{
    char text[sizeof(request->error) - 32];

    if (limits->request_bytes_option == NULL) {
        return resp_error(request, what);
    }
    snprintf(text, sizeof(text), "%s: a request has at most %zu bytes (%.32s)", what,
             limits->request_bytes_max, limits->request_bytes_option);
    return resp_error(request, text);
}

static enum resp_result resp_incomplete(struct resp_request *request, size_t needed_bytes)
{
    request->needed_bytes = needed_bytes;
    return RESP_INCOMPLETE;
}

static enum resp_result resp_complete(struct resp_parser *parser, struct resp_request *request,
                                      size_t consumed_bytes)
{
    request->arguments = parser->arguments;
    request->count = parser->count;
    request->consumed_bytes = consumed_bytes;
    parser_restart(parser);
    return request->count > 0 ? RESP_REQUEST : RESP_EMPTY;
}

static struct resp_argument *parser_add_argument(struct resp_parser *parser)
{
    if (parser->count == parser->capacity) {
        parser->arguments = memory_grow(parser->arguments, &parser->capacity, parser->count + 1,
                                        sizeof(parser->arguments[0]));
    }
    return &parser->arguments[parser->count++];
}

/*
 * Reads a line that parse_line() does not handle: the line is incomplete, or its number is
 * negative, has many digits, or is not a number at all. Searches for the end of the line from
 * where the last call stopped (invariant 2).
 */
static enum line parse_line_slowly(struct resp_parser *parser, const uint8_t *data, size_t size,
                                   int64_t *number)
{
    size_t start = parser->position_bytes + 1;
    size_t from = parser->scanned_bytes > start ? parser->scanned_bytes : start;
    const uint8_t *end = from < size ? memchr(data + from, '\r', size - from) : NULL;
    size_t length;

    if (end == NULL) {
        parser->scanned_bytes = size;
        return size - parser->position_bytes > RESP_INLINE_BYTES_MAX ? LINE_TOO_LONG
                                                                     : LINE_INCOMPLETE;
    }
    length = (size_t)(end - data) - start;
    if (length > RESP_INLINE_BYTES_MAX) {
        return LINE_TOO_LONG;
    }
    if (start + length + 1 == size) {
        parser->scanned_bytes = size - 1; /* CR is the last byte: find it again when LF is there */
        return LINE_INCOMPLETE;
    }
    if (end[1] != '\n' || !number_parse(data + start, length, number)) {
        return LINE_NO_NUMBER;
    }
    parser->position_bytes = start + length + 2;
    return LINE_NUMBER;
}

/* Reads the line "<mark><number>\r\n" at the parser's position. On LINE_NUMBER the position is
 * after the line, otherwise it is unchanged. */
static inline enum line parse_line(struct resp_parser *parser, const uint8_t *data, size_t size,
                                   int64_t *number)
{
    size_t start = parser->position_bytes + 1;
    size_t at = start;
    int64_t sum = 0;

    while (at < size && at - start < DIGITS_FAST_MAX && data[at] >= '0' && data[at] <= '9') {
        sum = sum * 10 + (data[at] - '0');
        at++;
    }
    if (at + 1 >= size || data[at] != '\r' || data[at + 1] != '\n' || at == start ||
        (data[start] == '0' && at - start > 1)) {
        return parse_line_slowly(parser, data, size, number);
    }
    parser->position_bytes = at + 2;
    *number = sum;
    return LINE_NUMBER;
}

/* Reads the line "*<count>". RESP_REQUEST means: continue with the arguments. */
static enum resp_result parse_count(struct resp_parser *parser, const uint8_t *data, size_t size,
                                    struct resp_request *request)
{
    int64_t count = 0;

    switch (parse_line(parser, data, size, &count)) {
    case LINE_INCOMPLETE:
        return resp_incomplete(request, size + 1);
    case LINE_TOO_LONG:
        return resp_error(request, "too big mbulk count string");
    case LINE_NO_NUMBER:
        return resp_error(request, "invalid multibulk length");
    case LINE_NUMBER:
        break;
    }
    if (count > 0 && (uint64_t)count > parser->limits->arguments_max) {
        return resp_error(request, "invalid multibulk length");
    }
    if (count <= 0) {
        return resp_complete(parser, request, parser->position_bytes);
    }
    parser->wanted = (size_t)count;
    return RESP_REQUEST;
}

/* Reads the line "$<length>". RESP_REQUEST means: continue with the bytes of this bulk. */
static enum resp_result parse_bulk_length(struct resp_parser *parser, const uint8_t *data,
                                          size_t size, struct resp_request *request)
{
    const struct resp_limits *limits = parser->limits;
    int64_t length = 0;

    if (parser->position_bytes == size) {
        return resp_incomplete(request, size + 1);
    }
    if (data[parser->position_bytes] != '$') {
        char what[] = "expected '$', got '?'";
        what[sizeof(what) - 3] = (char)data[parser->position_bytes];
        /* If this byte is a NUL, the text ends there, as it does in Redis. */
        return resp_error(request, what);
    }
    switch (parse_line(parser, data, size, &length)) {
    case LINE_INCOMPLETE:
        return resp_incomplete(request, size + 1);
    case LINE_TOO_LONG:
        return resp_error(request, "too big bulk count string");
    case LINE_NO_NUMBER:
        return resp_error(request, "invalid bulk length");
    case LINE_NUMBER:
        break;
    }
    if (length < 0 || length > REDIS_BULK_BYTES_MAX) {
        return resp_error(request, "invalid bulk length");
    }
    if ((uint64_t)length > limits->request_bytes_max) {
        return resp_too_long(request, "invalid bulk length", limits);
    }
    if (parser->position_bytes + (size_t)length + 2 > limits->request_bytes_max) {
        return resp_too_long(request, "too big request", limits);
    }
    parser->bulk_bytes = (size_t)length;
    parser->in_bulk = true;
    return RESP_REQUEST;
}

static enum resp_result parse_bulk(struct resp_parser *parser, const uint8_t *data, size_t size,
                                   struct resp_request *request)
{
    size_t end = parser->position_bytes + parser->bulk_bytes;
    struct resp_argument *argument;

    if (size < end + 2) {
        return resp_incomplete(request, end + 2);
    }
    if (data[end] != '\r' || data[end + 1] != '\n') {
        /* Redis skips these two bytes without looking at them. A client that computes a wrong
         * length would then have its next bytes taken for commands; here it gets an error. */
        return resp_error(request, "expected CRLF after bulk");
    }
    argument = parser_add_argument(parser);
    argument->offset_bytes = parser->position_bytes;
    argument->size_bytes = parser->bulk_bytes;
    parser->position_bytes = end + 2;
    parser->in_bulk = false;
    return RESP_REQUEST;
}

static enum resp_result parse_multibulk(struct resp_parser *parser, const uint8_t *data,
                                        size_t size, struct resp_request *request)
{
    enum resp_result result;

    if (parser->wanted == 0) {
        result = parse_count(parser, data, size, request);
        if (result != RESP_REQUEST) {
            return result;
        }
    }
    while (parser->count < parser->wanted) {
        if (!parser->in_bulk) {
            result = parse_bulk_length(parser, data, size, request);
            if (result != RESP_REQUEST) {
                return result;
            }
        }
        result = parse_bulk(parser, data, size, request);
        if (result != RESP_REQUEST) {
            return result;
        }
    }
    for (size_t i = 0; i < parser->count; i++) {
        parser->arguments[i].data = data + parser->arguments[i].offset_bytes;
    }
    return resp_complete(parser, request, parser->position_bytes);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An inline request that is being split into arguments. */
struct splitter {
    const uint8_t *next; /* the next byte of the line */
    const uint8_t *end;  /* of the line */
    uint8_t *out;        /* where the next byte of an argument goes, without quotes */
};

/* The byte at next + ahead; 0 if that is past the end of the line. */
static uint8_t splitter_peek(const struct splitter *splitter, size_t ahead)
{
    return ahead < (size_t)(splitter->end - splitter->next) ? splitter->next[ahead] : 0;
}

/* Copies one byte, or one escape sequence, from between double quotes. */
static void split_double_quoted(struct splitter *splitter)
{
    static const char letters[] = "nrtba";
    static const char meanings[] = "\n\r\t\b\a";
    uint8_t c = splitter_peek(splitter, 0);
    uint8_t escaped = splitter_peek(splitter, 1);
    const char *letter;
    int high;
    int low;

    if (c != '\\' || escaped == 0) {
        *splitter->out++ = c;
        splitter->next++;
        return;
    }
    high = hex_digit(splitter_peek(splitter, 2));
    low = hex_digit(splitter_peek(splitter, 3));
    if (escaped == 'x' && high >= 0 && low >= 0) {
        *splitter->out++ = (uint8_t)(high << 4 | low);
        splitter->next += 4;
        return;
    }
    letter = memchr(letters, escaped, sizeof(letters) - 1);
    *splitter->out++ = letter != NULL ? (uint8_t)meanings[letter - letters] : escaped;
    splitter->next += 2;
}

/* Copies the rest of a quoted part up to its closing quote. False if the quote is missing, or if
 * something other than a blank or the end of the line follows it. */
static bool split_quoted(struct splitter *splitter, uint8_t quote)
{
    for (;;) {
        uint8_t c = splitter_peek(splitter, 0);

        if (c == 0) {
            return false;
        }
        if (c == quote) {
            splitter->next++;
            c = splitter_peek(splitter, 0);
            return c == 0 || is_blank(c);
        }
        if (quote == '"') {
            split_double_quoted(splitter);
        } else {
            splitter->next += c == '\\' && splitter_peek(splitter, 1) == '\'';
            *splitter->out++ = *splitter->next++;
        }
    }
}

static bool split_word(struct splitter *splitter)
{
    for (;;) {
        uint8_t c = splitter_peek(splitter, 0);

        if (c == 0 || c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            return true;
        }
        splitter->next++;
        if (c == '"' || c == '\'') {
            return split_quoted(splitter, c);
        }
        *splitter->out++ = c;
    }
}

/* Splits a line into arguments by the rules of Redis' sdssplitargs(). A NUL ends the line. */
static enum resp_result split_line(struct resp_parser *parser, const uint8_t *line, size_t size,
                                   struct resp_request *request)
{
    struct splitter splitter = {.next = line, .end = line + size};

    /* Arguments without their quotes are never longer than the line. So the buffer gets its full
     * size here and does not move while arguments point into it. */
    parser->unquoted.size_bytes = 0;
    splitter.out = buffer_extend(&parser->unquoted, size);
    for (;;) {
        struct resp_argument *argument;

        while (is_blank(splitter_peek(&splitter, 0))) {
            splitter.next++;
        }
        if (splitter_peek(&splitter, 0) == 0) {
            return RESP_REQUEST;
        }
        if (parser->count == parser->limits->arguments_max) {
            return resp_error(request, "too many arguments");
        }
        argument = parser_add_argument(parser);
        argument->data = splitter.out;
        if (!split_word(&splitter)) {
            return resp_error(request, "unbalanced quotes in request");
        }
        argument->size_bytes = (size_t)(splitter.out - argument->data);
    }
}

static enum resp_result parse_inline(struct resp_parser *parser, const uint8_t *data, size_t size,
                                     struct resp_request *request)
{
    size_t limit = parser->limits->request_bytes_max < RESP_INLINE_BYTES_MAX
                       ? parser->limits->request_bytes_max
                       : RESP_INLINE_BYTES_MAX;
    const uint8_t *end = memchr(data + parser->scanned_bytes, '\n', size - parser->scanned_bytes);
    size_t length = end != NULL ? (size_t)(end - data) : size;
    enum resp_result result;

    if (length > limit) {
        return resp_error(request, "too big inline request");
    }
    if (end == NULL) {
        parser->scanned_bytes = size;
        return resp_incomplete(request, size + 1);
    }
    if (length > 0 && data[length - 1] == '\r') {
        result = split_line(parser, data, length - 1, request);
    } else {
        result = split_line(parser, data, length, request);
    }
    return result == RESP_REQUEST ? resp_complete(parser, request, length + 1) : result;
}

enum resp_result resp_parse(struct resp_parser *parser, const uint8_t *data, size_t size,
                            struct resp_request *request)
{
    ASSERT(size >= parser->position_bytes && size >= parser->scanned_bytes);
    if (size == 0) {
        return resp_incomplete(request, 1);
    }
    if (parser->wanted > 0 || data[0] == '*') {
        return parse_multibulk(parser, data, size, request);
    }
    return parse_inline(parser, data, size, request);
}
