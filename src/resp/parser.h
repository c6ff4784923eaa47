/*
 * Requests of the Redis protocol: multibulk ("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") and inline
 * ("GET k\r\n", with Redis' quoting rules). Incremental over a buffer that the caller owns:
 * nothing is copied while a request is incomplete, and each byte is looked at once however it
 * drips in. Counts and lengths are refused before any memory is taken for them. Pure; one
 * thread per parser.
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
    RESP_INLINE_BYTES_MAX = 64 * 1024, /* an inline request, or the line of a count or length */
    RESP_ARGUMENTS_MAX = 65536,        /* a sensible resp_limits.arguments_max */
};

/* Immutable while a parser refers to it. */
struct resp_limits {
    size_t request_bytes_max; /* one request as it stands on the wire */
    size_t arguments_max;     /* of one request, the command's name included */
};

struct resp_argument {
    union {
        const uint8_t *data; /* borrowed; not NUL-terminated */
        size_t offset_bytes; /* the parser's own, while the request is incomplete */
    };
    size_t size_bytes;
};

enum resp_result {
    RESP_REQUEST,    /* a request with at least one argument */
    RESP_EMPTY,      /* an empty line or "*0": Redis answers nothing; drop consumed_bytes, go on */
    RESP_INCOMPLETE, /* more bytes are needed; nothing is consumed */
    RESP_ERROR,      /* the bytes are no request; answer error and close */
};

struct resp_request {
    /*
     * RESP_REQUEST: views into the caller's data (an inline request: into the parser), valid
     * until that data moves or the next call on the parser, whichever comes first.
     */
    const struct resp_argument *arguments;
    size_t count;
    /* RESP_REQUEST, RESP_EMPTY: bytes of data to drop before the next call. */
    size_t consumed_bytes;
    /* RESP_INCOMPLETE: calling again with fewer bytes than this gives RESP_INCOMPLETE again. It
     * never exceeds request_bytes_max by more than a line's length. */
    size_t needed_bytes;
    /* RESP_ERROR: without "-" and CRLF, in Redis' words: "ERR Protocol error: ..." */
    char error[64];
};

/* Zero-initialised plus limits is a valid parser: see resp_parser_init(). */
struct resp_parser {
    const struct resp_limits *limits; /* borrowed */
    struct resp_argument *arguments;  /* owned: those of the request so far */
    size_t capacity;
    size_t count;
    size_t wanted;          /* of the request: 0 = its count is not known yet */
    size_t position_bytes;  /* where in data the next line or bulk begins */
    size_t scanned_bytes;   /* no line end in data before this */
    size_t bulk_bytes;      /* the bulk at position_bytes, if in_bulk */
    bool in_bulk;           /* its length is known, its bytes are not all here */
    struct buffer unquoted; /* owned: the arguments of an inline request */
};

/* limits is borrowed for as long as the parser lives. */
void resp_parser_init(struct resp_parser *parser, const struct resp_limits *limits);
/* Frees what the parser owns and forgets a request that is under way. May be used again. */
void resp_parser_free(struct resp_parser *parser);
/*
 * Frees memory that only a larger request than usual needed, or all of it if no request is under
 * way; for connections that went idle.
 */
void resp_parser_trim(struct resp_parser *parser);

/*
 * Looks for one request at the start of data. After RESP_INCOMPLETE the next call has to bring
 * the same bytes again, at any address, with more behind them. After RESP_ERROR the parser must
 * not be used again except for resp_parser_free().
 */
enum resp_result resp_parse(struct resp_parser *parser, const uint8_t *data, size_t size,
                            struct resp_request *request);

#endif
