/*
 * Reads replies of the Redis protocol, RESP2 and RESP3, from bytes that may hold anything. The
 * caller owns the buffer with the bytes and calls again when more bytes have arrived. The reader
 * checks depth, number of elements and size against limits before it allocates memory, and it
 * allocates only when the reply is complete. Pure; a reader is used by one thread at a time.
 *
 *     while ((result = resp_read(&reader, data, size, &reply)) == RESP_READ_INCOMPLETE) {
 *         append more bytes to data
 *     }
 *     if (result == RESP_READ_FAILED) close the connection; reader.error says why
 *     else use reply, memory_free(reply), drop the first reader.consumed_bytes of data
 *
 * Streamed strings and aggregates ("$?", "*?") are refused; no server sends them so far. An
 * attribute ("|") is read and ignored.
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
 * A reply with all its elements. A complete reply is one allocation: memory_free() of the root also
 * frees all elements and texts.
 */
struct resp_reply {
    enum resp_reply_type type;
    int64_t integer; /* the value of an integer; 1 or 0 of a boolean; 0 for other types */
    /* The bytes of a simple string, error, bulk string, double or big number, with a NUL after
     * them. "" for other types. */
    const char *text;
    size_t size_bytes; /* bytes of text, without the NUL */
    /* The elements of an array, set or push; the keys and values of a map, key, value, key, value
     * and so on. NULL if count is 0. */
    const struct resp_reply *elements;
    size_t count; /* of elements */
};

enum {
    RESP_REPLY_DEPTH_MAX = 32,            /* the highest value for resp_reply_limits.depth_max */
    RESP_REPLY_LINE_BYTES_MAX = 64 * 1024 /* the longest simple string, error or number */
};

/* Limits of one reply, none of them 0. Immutable while a reader uses them. */
struct resp_reply_limits {
    size_t bytes_max;    /* bytes of the reply as the server sends it */
    size_t elements_max; /* elements on all levels together, with the reply itself */
    size_t depth_max;    /* levels of aggregates; 1 = no aggregate inside of an aggregate */
};

enum resp_read_result {
    RESP_READ_DONE,
    RESP_READ_INCOMPLETE, /* more bytes are needed */
    RESP_READ_FAILED,     /* the bytes are not a reply, or a limit is exceeded */
};

/* An aggregate that is being read. */
struct resp_reply_frame {
    size_t left;             /* elements that have not been read yet */
    struct resp_reply *next; /* where the next element goes; NULL while sizes are counted */
    int is_attribute;        /* 1 = its elements are ignored */
};

/* A reader. It owns no memory. Call resp_reader_init() first. */
struct resp_reader {
    const struct resp_reply_limits *limits; /* borrowed */
    struct resp_reply_frame frames[RESP_REPLY_DEPTH_MAX];
    size_t depth;          /* frames in use */
    size_t position_bytes; /* offset in data of the next element */
    size_t scanned_bytes;  /* no line of the next element ends before this offset */
    size_t elements;       /* elements read so far, with those of attributes */
    size_t text_bytes;     /* bytes of all texts so far, each with its NUL */
    size_t consumed_bytes; /* after RESP_READ_DONE: bytes of the reply in data */
    size_t needed_bytes;   /* after RESP_READ_INCOMPLETE: fewer bytes cannot be enough */
    char error[96];        /* after RESP_READ_FAILED: what was found and what was expected */
};

/* limits is borrowed as long as the reader is used. */
void resp_reader_init(struct resp_reader *reader, const struct resp_reply_limits *limits);

/*
 * Reads one reply at the start of data. After RESP_READ_INCOMPLETE, the next call has to pass the
 * same bytes again with more bytes after them; they may be at another address. After
 * RESP_READ_DONE, the caller owns *reply, and the reader can read the next reply. After
 * RESP_READ_FAILED, the reader must not be used again.
 */
enum resp_read_result resp_read(struct resp_reader *reader, const uint8_t *data, size_t size,
                                struct resp_reply **reply);

#endif
