/*
 * The table of operations: their numbers, the arguments and flags that they take, and what they
 * answer. kv.h makes enum kv_operation and the flags of it, operations.c holds requests against
 * it, and tools/check-operations writes it into doc/state-machine.md. Has no state.
 *
 * A number is on disk: never change one, never use one again. 1 to 63 are commands, which change
 * the state and are entries of the log; 64 to 127 are queries, which never change it.
 */
#ifndef RAFTD_KV_OPERATIONS_H
#define RAFTD_KV_OPERATIONS_H

#include <stdint.h>

/* The flags of each operation: F(operation, name, value) makes KV_operation_name. */
#define KV_NO_FLAGS(F)
#define KV_SET_FLAGS(F)                                                                            \
    F(SET, NX, 1)                                                                                  \
    F(SET, XX, 2)                                                                                  \
    F(SET, GET, 4)      /* answers the old value instead of OK or nil */                           \
    F(SET, INTEGER, 8)  /* answers 1 or 0 (SETNX) */                                               \
    F(SET, KEEPTTL, 16) /* not together with EXPIRY */                                             \
    F(SET, EXPIRY, 32)  /* unit and amount follow the value */                                     \
    F(SET, IFEQ, 64)    /* the last argument is what the old value must be; not with NX, XX */
#define KV_MSET_FLAGS(F) F(MSET, NX, 1)
#define KV_EXPIRE_FLAGS(F)                                                                         \
    F(EXPIRE, NX, 1)                                                                               \
    F(EXPIRE, XX, 2)                                                                               \
    F(EXPIRE, GT, 4)                                                                               \
    F(EXPIRE, LT, 8)                                                                               \
    F(EXPIRE, IFEQ, 16) /* the last argument is what the value must be: compare-and-expire */      \
    F(EXPIRE, ADD, 32)  /* to the time to live that the key has; not without one */
#define KV_GETEX_FLAGS(F) F(GETEX, PERSIST, 1)
#define KV_RENAME_FLAGS(F) F(RENAME, NX, 1)
#define KV_COPY_FLAGS(F) F(COPY, REPLACE, 1)
#define KV_DELIF_FLAGS(F) F(DELIF, NOT, 1) /* deletes what is not equal: DELEX IFNE */
#define KV_PUBLISH_FLAGS(F) F(PUBLISH, ANY, 255)
#define KV_UNLOCK_FLAGS(F)                                                                         \
    F(UNLOCK, PUBLISH, 1)                                                                          \
    F(UNLOCK, LATCH, 2)                                                                            \
    F(UNLOCK, FORCE, 4)
#define KV_LOCK_RENEW_FLAGS(F) F(LOCK_RENEW, MANY, 1)
#define KV_TTL_FLAGS(F)                                                                            \
    F(TTL, MILLISECONDS, 1)                                                                        \
    F(TTL, ABSOLUTE, 2)
#define KV_LCS_FLAGS(F)                                                                            \
    F(LCS, LENGTH, 1)                                                                              \
    F(LCS, INDEXES, 2)                                                                             \
    F(LCS, MATCH_LENGTHS, 4)
#define KV_LOCK_COUNT_FLAGS(F) F(LOCK_COUNT, EXISTS, 1)

/*
 * X(number, name, fewest arguments, most arguments, flags, arguments, answer, since)
 *
 * Square brackets stand around arguments that may be missing, three dots for any number of the
 * arguments before them. `since` is the first version of raftd that knows the operation: while a
 * member of the cluster is older, nobody may send it.
 */
#define KV_ANY_NUMBER UINT32_MAX
#define KV_COMMANDS(X)                                                                             \
    X(1, SET, 2, 5, KV_SET_FLAGS, "key value [unit amount] [compared]",                            \
      "OK or nil; the old value with GET; 1 or 0 with INTEGER (SETNX)", "0.1.0")                   \
    X(2, MSET, 2, KV_ANY_NUMBER, KV_MSET_FLAGS, "key value ...",                                   \
      "OK; with NX: 1, or 0 if nothing was done", "0.1.0")                                         \
    X(3, DEL, 1, KV_ANY_NUMBER, KV_NO_FLAGS, "key ...", "how many of the keys existed", "0.1.0")   \
    X(4, INCRBY, 2, 2, KV_NO_FLAGS, "key amount", "the new value", "0.1.0")                        \
    X(5, APPEND, 2, 2, KV_NO_FLAGS, "key value", "the new length", "0.1.0")                        \
    X(6, SETRANGE, 3, 3, KV_NO_FLAGS, "key offset value", "the new length", "0.1.0")               \
    X(7, GETDEL, 1, 1, KV_NO_FLAGS, "key", "value or nil", "0.1.0")                                \
    X(8, FLUSH, 0, 0, KV_NO_FLAGS, "", "OK", "0.1.0")                                              \
    X(9, EXPIRE, 3, 4, KV_EXPIRE_FLAGS, "key unit amount [compared]",                              \
      "1 or 0; with ADD the amount is added to the time to live that the key has", "0.1.0")        \
    X(10, PERSIST, 1, 1, KV_NO_FLAGS, "key", "1 or 0", "0.1.0")                                    \
    X(11, GETEX, 1, 3, KV_GETEX_FLAGS, "key [unit amount]", "value or nil", "0.1.0")               \
    X(12, INCRBYFLOAT, 2, 2, KV_NO_FLAGS, "key amount", "bulk: the new value", "0.1.0")            \
    X(13, SETBIT, 3, 3, KV_NO_FLAGS, "key offset bit", "the old bit", "0.1.0")                     \
    X(14, RENAME, 2, 2, KV_RENAME_FLAGS, "from to", "OK; with NX 1 or 0", "0.1.0")                 \
    X(15, COPY, 2, 2, KV_COPY_FLAGS, "from to", "1 or 0", "0.1.0")                                 \
    X(16, DELIF, 2, 2, KV_DELIF_FLAGS, "key compared", "1 or 0", "0.1.0")                          \
    X(17, EXEC, 1, KV_ANY_NUMBER, KV_NO_FLAGS,                                                     \
      "number of watched keys [key revision ...] [request ...]",                                   \
      "array with every answer, or nil", "0.1.0")                                                  \
    X(18, PUBLISH, 2, 2, KV_PUBLISH_FLAGS, "channel message",                                      \
      "how many clients of this node get it; the flags are passed on to the observer", "0.1.0")    \
    X(19, CONFIG_SET, 2, 2, KV_NO_FLAGS, "name value",                                             \
      "OK; the only name is notify-keyspace-events", "0.1.0")                                      \
    X(20, LOCK, 4, 4, KV_NO_FLAGS, "key holder unit amount",                                       \
      "nil if the lock was taken; else the time to live of the other holder's lock in ms",         \
      "0.1.0")                                                                                     \
    X(21, UNLOCK, 1, 9, KV_UNLOCK_FLAGS,                                                           \
      "key [holder unit amount] [channel message] [latch unit amount]",                            \
      "1: free now; 0: still held; nil: not held by this holder", "0.1.0")                         \
    X(22, LOCK_RENEW, 4, KV_ANY_NUMBER, KV_LOCK_RENEW_FLAGS,                                       \
      "key holder unit amount [key holder ...]", "1 or 0; with MANY an array of them", "0.1.0")
#define KV_QUERIES(X)                                                                              \
    X(64, GET, 1, 1, KV_NO_FLAGS, "key", "value or nil", "0.1.0")                                  \
    X(65, MGET, 1, KV_ANY_NUMBER, KV_NO_FLAGS, "key ...", "array", "0.1.0")                        \
    X(66, EXISTS, 1, KV_ANY_NUMBER, KV_NO_FLAGS, "key ...",                                        \
      "how many exist; a key that is named twice counts twice", "0.1.0")                           \
    X(67, STRLEN, 1, 1, KV_NO_FLAGS, "key", "length", "0.1.0")                                     \
    X(68, GETRANGE, 3, 3, KV_NO_FLAGS, "key start end", "bulk", "0.1.0")                           \
    X(69, TYPE, 1, 1, KV_NO_FLAGS, "key", "`string` or `none`", "0.1.0")                           \
    X(70, DBSIZE, 0, 0, KV_NO_FLAGS, "", "number of keys", "0.1.0")                                \
    X(71, KEYS, 1, 1, KV_NO_FLAGS, "pattern", "array", "0.1.0")                                    \
    X(72, SCAN, 1, KV_ANY_NUMBER, KV_NO_FLAGS, "cursor [MATCH p] [COUNT n] [TYPE t]",              \
      "array of the next cursor and an array", "0.1.0")                                            \
    X(73, DIGEST, 0, 0, KV_NO_FLAGS, "", "16 hexadecimal digits over the replicated state",        \
      "0.1.0")                                                                                     \
    X(74, TTL, 1, 1, KV_TTL_FLAGS, "key", "-2: no such key; -1: no time to live; or the time",     \
      "0.1.0")                                                                                     \
    X(75, GETBIT, 2, 2, KV_NO_FLAGS, "key offset", "1 or 0", "0.1.0")                              \
    X(76, BITCOUNT, 1, KV_ANY_NUMBER, KV_NO_FLAGS, "key [start end [BYTE or BIT]]",                \
      "how many bits are set", "0.1.0")                                                            \
    X(77, LCS, 2, 3, KV_LCS_FLAGS, "key key [minimum length]",                                     \
      "bulk; length; map of matches and length", "0.1.0")                                          \
    X(78, RANDOMKEY, 0, 0, KV_NO_FLAGS, "", "bulk or nil", "0.1.0")                                \
    X(79, ENCODING, 1, 1, KV_NO_FLAGS, "key", "`int`, `embstr`, `raw` or nil", "0.1.0")            \
    X(80, REVISION, 1, KV_ANY_NUMBER, KV_NO_FLAGS, "key ...",                                      \
      "array of integers; 0 means that there is no such key", "0.1.0")                             \
    X(81, CONFIG_GET, 1, 1, KV_NO_FLAGS, "name", "bulk, or nil for another name", "0.1.0")         \
    X(82, INFO, 0, 0, KV_NO_FLAGS, "",                                                             \
      "array: number of keys; of keys with a time to live; average of these times in ms; keys "    \
      "that this node has removed by time since its start",                                        \
      "0.1.0")                                                                                     \
    X(83, LOCK_COUNT, 2, 2, KV_LOCK_COUNT_FLAGS, "key holder",                                     \
      "how often the holder has the lock, or nil; with EXISTS 1 or 0", "0.1.0")

#endif
