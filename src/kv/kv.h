/*
 * The key-value state machine: what every raftd node replicates. Commands and queries travel as
 * bytes made by kv_request_encode(); replies are a neutral encoding that src/redis turns into
 * RESP2 or RESP3. Deterministic: the same commands give the same state and the same replies on
 * every node, whatever bytes they are. Used by one thread at a time (the Raft core thread).
 */
#ifndef RAFTD_KV_KV_H
#define RAFTD_KV_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/state_machine.h>

#include "base/bytes.h"

struct kv;

struct kv *kv_create(uint64_t hash_seed); /* the seed only spreads keys over buckets */
void kv_destroy(struct kv *kv);

/* The functions for raftd_builder_state_machine(), with kv as context. */
struct raftd_state_machine kv_state_machine(struct kv *kv);

/*
 * Operations. Their numbers are on disk: never renumber, never reuse.
 * Arguments are counted byte strings; integers and options inside them are as Redis words them
 * and are checked by the state machine, so that errors are Redis's own texts.
 */
enum kv_operation {
    /* commands: change the state */
    KV_SET = 1,      /* key value; flags KV_SET_* */
    KV_MSET = 2,     /* key value [key value ...] */
    KV_DEL = 3,      /* key [key ...] -> integer */
    KV_INCRBY = 4,   /* key amount (decimal; negative for DECR) -> integer */
    KV_APPEND = 5,   /* key value -> integer */
    KV_SETRANGE = 6, /* key offset value -> integer */
    KV_GETDEL = 7,   /* key -> bulk or nil */
    KV_FLUSH = 8,    /* -> OK */
    /* queries: never change it */
    KV_GET = 64,      /* key -> bulk or nil */
    KV_MGET = 65,     /* key [key ...] -> array */
    KV_EXISTS = 66,   /* key [key ...] -> integer */
    KV_STRLEN = 67,   /* key -> integer */
    KV_GETRANGE = 68, /* key start end -> bulk */
    KV_TYPE = 69,     /* key -> status */
    KV_DBSIZE = 70,   /* -> integer */
    KV_KEYS = 71,     /* pattern -> array */
    KV_SCAN = 72,     /* cursor [MATCH p] [COUNT n] [TYPE t] as Redis words them -> array */
    KV_DIGEST = 73,   /* -> bulk: 16 hex digits over all keys, values and revisions */
};

enum kv_set_flags {
    KV_SET_NX = 1,
    KV_SET_XX = 2,
    KV_SET_GET = 4,     /* answers the old value instead of OK or nil */
    KV_SET_INTEGER = 8, /* answers 1 or 0 (SETNX) */
};

enum {
    /* A value, and a key that is written, are at most this long: the same on every node. */
    KV_VALUE_BYTES_MAX = 64 << 20,
    /* A reply to a query is not longer than this; KEYS and MGET are refused instead. */
    KV_REPLY_BYTES_MAX = 512 << 20,
};

struct kv_argument {
    const void *data;
    size_t size_bytes;
};

/*
 * Appends the bytes of one request to buffer:
 *     version u8 (1), operation u8, flags u8, count, then per argument: size, bytes
 * Counts and sizes are unsigned LEB128 in their shortest form, below 2^32.
 */
void kv_request_encode(struct buffer *buffer, enum kv_operation operation, uint8_t flags,
                       const struct kv_argument *arguments, size_t count);

/*
 * Replies: a sequence of values. An array announces its length and its elements follow.
 *     type u8, then: STATUS/ERROR/BULK: u32 size, bytes; INTEGER: i64; ARRAY: u32 count;
 *     OK and NIL: nothing.
 */
enum kv_reply_type {
    KV_REPLY_OK = 1,
    KV_REPLY_NIL = 2,
    KV_REPLY_INTEGER = 3,
    KV_REPLY_BULK = 4,
    KV_REPLY_STATUS = 5,
    KV_REPLY_ERROR = 6, /* the whole text, "ERR ..." */
    KV_REPLY_ARRAY = 7,
};

struct kv_reply_value {
    enum kv_reply_type type;
    int64_t integer;     /* INTEGER; ARRAY: element count */
    const uint8_t *data; /* BULK, STATUS, ERROR: borrowed from the reply */
    size_t size_bytes;
};
/* Reads the next value; false at the end or for bytes that are not a reply. */
bool kv_reply_next(struct reader *reader, struct kv_reply_value *value);

#endif
