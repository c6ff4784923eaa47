/*
 * Parses requests of the Redis protocol: multibulk ("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") and inline
 * ("GET k\r\n", with the quoting rules of Redis). The caller owns the buffer with the bytes and
 * calls again when more bytes have arrived. The parser copies no bytes of a multibulk request, and
 * it looks at each byte once, however small the pieces are in which they arrive. It checks counts
 * and lengths against limits before it allocates memory. Pure; a parser is used by one thread at a
 * time.
 *
 *     while ((result = resp_parse(parser, data, size, &request)) != RESP_INCOMPLETE) {
 *         if (result == RESP_ERROR) answer "-" request.error, then close
 *         if (result == RESP_REQUEST) use request.arguments[0 .. request.count - 1]
 *         data += request.consumed_bytes, size -= request.consumed_bytes
 *     }
 */
#ifndef RAFTD_RESP_PARSER_H
#define RAFTD_RESP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    /* The longest inline request, and the longest line with a count or a length. */
    RESP_INLINE_BYTES_MAX = 64 * 1024,
    /* A usual value for resp_limits.arguments_max. */
    RESP_ARGUMENTS_MAX = 65536,
};

/* Limits of one request. Immutable while a parser uses them. */
struct resp_limits {
    size_t request_bytes_max; /* bytes of a request as the client sends it */
    size_t arguments_max;     /* arguments, with the name of the command */
    /* The option that sets request_bytes_max, for error texts. NULL: they do not name the limit. */
    const char *request_bytes_option;
};

struct resp_argument {
    union {
        const uint8_t *data; /* borrowed; not NUL-terminated */
        size_t offset_bytes; /* used by the parser until the request is complete */
    };
    size_t size_bytes;
};

enum resp_result {
    RESP_REQUEST,    /* a request with at least one argument */
    RESP_EMPTY,      /* an empty line or "*0". Redis does not answer these: drop consumed_bytes */
    RESP_INCOMPLETE, /* more bytes are needed; consumed_bytes is not set */
    RESP_ERROR,      /* the bytes are not a request: answer error, then close the connection */
};

struct resp_request {
    /*
     * RESP_REQUEST: the arguments. They point into the caller's data (those of an inline request:
     * into the parser). They are valid until the data moves or the parser is called again.
     */
    const struct resp_argument *arguments;
    size_t count;
    /* RESP_REQUEST, RESP_EMPTY: the number of bytes to drop from the start of data. */
    size_t consumed_bytes;
    /* RESP_INCOMPLETE: with fewer bytes than this in total, the next call returns RESP_INCOMPLETE
     * again. At most request_bytes_max plus the length of a line. */
    size_t needed_bytes;
    /* RESP_ERROR: the text of the error reply, without "-" and CRLF, as Redis words it:
     * "ERR Protocol error: ..."; if the request is too long, then also the limit. */
    char error[160];
};

struct resp_parser {
    const struct resp_limits *limits; /* borrowed */
    struct resp_argument *arguments;  /* owned; the arguments that are complete */
    size_t capacity;                  /* room in arguments */
    size_t count;                     /* arguments that are complete */
    size_t wanted;                    /* arguments that the request has; 0 = not known yet */
    size_t position_bytes;            /* offset in data of the next line or bulk */
    size_t scanned_bytes;             /* there is no end of a line in data before this offset */
    size_t bulk_bytes;                /* in_bulk: the length of the bulk at position_bytes */
    bool in_bulk;                     /* the length of the next bulk is known */
    struct buffer unquoted;           /* owned; the bytes of an inline request's arguments */
};

/* limits is borrowed as long as the parser is used. */
void resp_parser_init(struct resp_parser *parser, const struct resp_limits *limits);
/* Frees the parser's memory and forgets a request that is incomplete. The parser may be used again
 * without another resp_parser_init(). */
void resp_parser_free(struct resp_parser *parser);
/*
 * Frees memory that an idle connection does not need: all of it if no request is incomplete, else
 * what only an unusually large request needed.
 */
void resp_parser_trim(struct resp_parser *parser);

/*
 * Parses one request at the start of data. After RESP_INCOMPLETE, the next call has to pass the
 * same bytes again with more bytes after them; they may be at another address. After RESP_ERROR
 * the parser can only be freed.
 */
enum resp_result resp_parse(struct resp_parser *parser, const uint8_t *data, size_t size,
                            struct resp_request *request);

#endif
