/*
 * Replies of the Redis protocol, RESP2 and RESP3, read from bytes that may be anything.
 * Incremental over a buffer that the caller owns: nothing is copied while a reply is incomplete.
 * Depth, number of elements and size are held against limits before any memory is taken for them.
 * Pure; one thread per reader.
 *
 *     while ((result = resp_read(&reader, data, size, &reply)) == RESP_READ_INCOMPLETE) {
 *         append more bytes to data
 *     }
 *     if (result == RESP_READ_FAILED) close the connection; reader.error says why
 *     else use reply, memory_free(reply), drop the first reader.consumed_bytes of data
 *
 * Not read: streamed strings and aggregates ("$?", "*?"), which no server sends so far. An
 * attribute ("|") is read and dropped.
 */
#ifndef RAFTD_RESP_REPLY_H
#define RAFTD_RESP_REPLY_H

#include <stddef.h>
#include <stdint.h>

enum resp_reply_type {
    RESP_REPLY_SIMPLE, /* "+" */
    RESP_REPLY_ERROR,  /* "-" and "!" */
    RESP_REPLY_INTEGER,
    RESP_REPLY_BULK, /* "$", and "=" without its format */
    RESP_REPLY_NIL,  /* "_", "$-1" and "*-1" */
    RESP_REPLY_ARRAY,
    RESP_REPLY_MAP,
    RESP_REPLY_SET,
    RESP_REPLY_PUSH,
    RESP_REPLY_DOUBLE, /* as text */
    RESP_REPLY_BOOLEAN,
    RESP_REPLY_BIG_NUMBER, /* as text */
};

/*
 * One reply with everything in it. The root is one allocation, which memory_free() frees together
 * with all elements and texts.
 */
struct resp_reply {
    enum resp_reply_type type;
    int64_t integer; /* integer: the value; boolean: 1 or 0; else 0 */
    /* Simple string, error, bulk string, double, big number: the bytes, with a NUL behind them.
     * Other types: "". */
    const char *text;
    size_t size_bytes; /* of text, without the NUL */
    /* Array, set, push: the elements; map: keys and values by turns. NULL where count is 0. */
    const struct resp_reply *elements;
    size_t count;
};

enum {
    RESP_REPLY_DEPTH_MAX = 32,            /* the highest possible resp_reply_limits.depth_max */
    RESP_REPLY_LINE_BYTES_MAX = 64 * 1024 /* a simple string, an error, a number */
};

/* Immutable while a reader refers to it. No limit is 0. */
struct resp_reply_limits {
    size_t bytes_max;    /* of one reply as it stands on the wire */
    size_t elements_max; /* of one reply: all replies in it, on all levels, the root included */
    size_t depth_max;    /* 1 = no aggregate has an aggregate in it */
};

enum resp_read_result {
    RESP_READ_DONE,
    RESP_READ_INCOMPLETE, /* more bytes are needed */
    RESP_READ_FAILED,     /* the bytes are no reply, or a limit is exceeded */
};

/* An aggregate of which not all elements are there. */
struct resp_reply_frame {
    size_t left;             /* elements that are missing */
    struct resp_reply *next; /* where the next element goes; NULL while sizes are counted */
    int is_attribute;        /* 1: what is in it is dropped */
};

/* Call resp_reader_init() first. Owns no memory. */
struct resp_reader {
    const struct resp_reply_limits *limits; /* borrowed */
    struct resp_reply_frame frames[RESP_REPLY_DEPTH_MAX];
    size_t depth;          /* frames in use */
    size_t position_bytes; /* where the next element begins */
    size_t scanned_bytes;  /* no line of the next element ends before this */
    size_t elements;       /* so far, attributes included */
    size_t text_bytes;     /* of all texts so far, each with its NUL */
    size_t consumed_bytes; /* after RESP_READ_DONE: the size of the reply on the wire */
    size_t needed_bytes;   /* after RESP_READ_INCOMPLETE: fewer bytes are surely not enough */
    char error[96];        /* after RESP_READ_FAILED: what was found and what was expected */
};

void resp_reader_init(struct resp_reader *reader, const struct resp_reply_limits *limits);

/*
 * Reads one reply at the start of data. After RESP_READ_INCOMPLETE the next call has to bring the
 * same bytes again, at any address, with more behind them. RESP_READ_DONE: *reply is the
 * caller's, and the reader is ready for the next one. After RESP_READ_FAILED the reader must not
 * be used again.
 */
enum resp_read_result resp_read(struct resp_reader *reader, const uint8_t *data, size_t size,
                                struct resp_reply **reply);

#endif
