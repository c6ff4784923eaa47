/*
 * The key-value state machine: what every raftd node replicates. Commands and queries travel as
 * bytes made by kv_request_encode(); replies are a neutral encoding that src/commands turns into
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
#include "kv/operations.h"

struct kv;

struct kv_argument {
    const void *data;
    size_t size_bytes;
};

struct kv *kv_create(uint64_t hash_seed); /* the seed only spreads keys over buckets */
void kv_destroy(struct kv *kv);

/* The functions for raftd_builder_state_machine(), with kv as context. */
struct raftd_state_machine kv_state_machine(struct kv *kv);

/*
 * What happened to a key, by Redis's names and classes, in the order of the log. Only classes that
 * notify-keyspace-events asks for, and messages of KV_PUBLISH, are told.
 */
struct kv_event {
    enum kv_event_class {
        KV_EVENT_GENERIC = 1, /* g */
        KV_EVENT_STRING,      /* $ */
        KV_EVENT_EXPIRED,     /* x */
        KV_EVENT_NEW,         /* n */
        KV_EVENT_PUBLISH,     /* key is the channel */
        /*
         * The state was replaced by a snapshot: what happened in between was not seen, and
         * whoever listens has to be told that.
         */
        KV_EVENT_LOST,
    } event_class;
    bool on_keyspace; /* wanted on the channel __keyspace@0__:key, with the name as message; */
    bool on_keyevent; /* on the channel __keyevent@0__:name, with the key as message */
    uint64_t index;   /* of the entry that caused it */
    const char *name; /* "set", "expired", ...; "" for PUBLISH and LOST */
    uint8_t flags;    /* PUBLISH: those of the request */
    struct kv_argument key;
    struct kv_argument message;
};
/*
 * Called on the thread that applies entries, during the call of the state machine: must be quick,
 * and call nothing of the store.
 * What it returns is the answer to KV_PUBLISH: how many on this node get it.
 */
typedef int64_t kv_observer(void *context, const struct kv_event *event);
/* One observer, NULL for none; from the thread that applies entries, or before there is one. */
void kv_set_observer(struct kv *kv, kv_observer *observer, void *context);

/*
 * Operations: KV_SET = 1 and so on, from the table in kv/operations.h, which says what each takes
 * and answers. Arguments are counted byte strings; integers and options inside them are as Redis
 * words them and are checked by the state machine, so that errors are Redis's own texts. A key
 * stands first.
 *
 * An expiry is two arguments: unit and amount. The unit is a word in either case that says what
 * the amount counts, and which command an error names:
 *     EX PX EXAT PXAT                      seconds or milliseconds, from now or since 1970
 *     SETEX PSETEX                         as EX and PX
 *     EXPIRE PEXPIRE EXPIREAT PEXPIREAT    the same four for KV_EXPIRE
 */
#define KV_ENUMERATOR(number, name, ...) KV_##name = (number),
enum kv_operation { KV_COMMANDS(KV_ENUMERATOR) KV_QUERIES(KV_ENUMERATOR) };
#undef KV_ENUMERATOR

/* The flags of an operation: KV_SET_NX = 1 and so on. */
#define KV_FLAG(operation, name, value) KV_##operation##_##name = (value),
enum kv_set_flags { KV_SET_FLAGS(KV_FLAG) };
enum kv_mset_flags { KV_MSET_FLAGS(KV_FLAG) };
enum kv_expire_flags { KV_EXPIRE_FLAGS(KV_FLAG) };
enum kv_getex_flags { KV_GETEX_FLAGS(KV_FLAG) };
enum kv_rename_flags { KV_RENAME_FLAGS(KV_FLAG) };
enum kv_copy_flags { KV_COPY_FLAGS(KV_FLAG) };
enum kv_delif_flags { KV_DELIF_FLAGS(KV_FLAG) };
enum kv_publish_flags { KV_PUBLISH_FLAGS(KV_FLAG) };
enum kv_unlock_flags { KV_UNLOCK_FLAGS(KV_FLAG) };
enum kv_lock_renew_flags { KV_LOCK_RENEW_FLAGS(KV_FLAG) };
enum kv_ttl_flags { KV_TTL_FLAGS(KV_FLAG) };
enum kv_lcs_flags { KV_LCS_FLAGS(KV_FLAG) };
enum kv_lock_count_flags { KV_LOCK_COUNT_FLAGS(KV_FLAG) };
#undef KV_FLAG

/*
 * KV_EXEC, a transaction: its first argument is the number of watched keys in decimal, then come
 * each one's key and revision (as KV_REVISION told it, in decimal), then whole requests as
 * kv_request_encode() makes them: commands and queries, no further KV_EXEC. If a watched key has
 * another revision now the answer is nil and nothing is done; else all requests are
 * carried out and the answer is an array with the answer to each, which may be an error.
 */
enum { KV_EXEC_WATCHES_MAX = 1 << 16, KV_EXEC_REQUESTS_MAX = 1 << 16 };

/*
 * Reentrant locks: what clients of Redis keep in a hash, with the holder's name as its one field
 * and how often he took the lock as its value, is a string here: "2 holder". Where the key has
 * another value the answer is WRONGTYPE, but from KV_LOCK_RENEW, which has nothing to renew then.
 *
 * KV_UNLOCK answers nil if the holder does not have the lock, 0 if he took it more often than that
 * (it has the amount to live then), and 1 if it is free now: its key is deleted. With
 *     PUBLISH  a message is sent when it is free, to those who wait;
 *     FORCE    the key is deleted, whoever has it: no holder, unit and amount, answers 1 or 0;
 *     LATCH    an answer 0 or 1 is left at another key, for the amount that follows it. While an
 *              integer is there, that is the answer and nothing is done: so a client that does not
 *              know what became of its request may send it again.
 */
enum kv_info {
    KV_INFO_KEYS,         /* expired ones not yet removed among them, as in Redis */
    KV_INFO_EXPIRES,      /* of these, with a time to live */
    KV_INFO_AVERAGE_TTL,  /* of those, in milliseconds */
    KV_INFO_EXPIRED_KEYS, /* removed by time, by this node since it started */
    KV_INFO_COUNT,
};

enum {
    /* A value, and a key that is written, are at most this long: the same on every node. */
    KV_VALUE_BYTES_MAX = 64 << 20,
    /* A reply to a query is not longer than this; KEYS and MGET are refused instead. */
    KV_REPLY_BYTES_MAX = 512 << 20,
};

/* Whether a command deletes keys or lets them expire, and is small: a node whose disk is nearly
 * full still takes it. */
bool kv_operation_frees(enum kv_operation operation);

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
 *     MAP: u32 number of pairs; OK and NIL: nothing.
 */
enum kv_reply_type {
    KV_REPLY_OK = 1,
    KV_REPLY_NIL = 2,
    KV_REPLY_INTEGER = 3,
    KV_REPLY_BULK = 4,
    KV_REPLY_STATUS = 5,
    KV_REPLY_ERROR = 6, /* the whole text, "ERR ..." */
    KV_REPLY_ARRAY = 7,
    KV_REPLY_MAP = 8, /* as ARRAY, of twice as many: each key and its value */
};

struct kv_reply_value {
    enum kv_reply_type type;
    int64_t integer;     /* INTEGER; ARRAY: elements; MAP: pairs */
    const uint8_t *data; /* BULK, STATUS, ERROR: borrowed from the reply */
    size_t size_bytes;
};
/* Reads the next value; false at the end or for bytes that are not a reply. */
bool kv_reply_next(struct reader *reader, struct kv_reply_value *value);

#endif
