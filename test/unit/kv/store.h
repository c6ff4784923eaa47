/*
 * A key-value store for tests: runs operations the way a node does, through bytes, and tells the
 * answers as text.
 */
#ifndef RAFTD_TEST_UNIT_KV_STORE_H
#define RAFTD_TEST_UNIT_KV_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "kv/kv.h"

/* This program's side of the state machine's replies: in place of src/member/reply.c. */
struct raftd_reply {
    struct buffer bytes;
};

/* And of its snapshots. */
struct raftd_snapshot_sink {
    struct buffer bytes;
};

struct store {
    struct kv *kv;
    struct raftd_state_machine machine;
    uint64_t index;   /* of the last entry applied */
    uint64_t time_ms; /* of the next entry and query */
    uint64_t wall_ms; /* 0: no wall clock */
    struct raftd_reply reply;
    struct buffer text;
};

void store_open(struct store *store, uint64_t hash_seed);
void store_close(struct store *store);

/*
 * Runs a command or a query and returns its answer as text, valid until the next one:
 *     OK  nil  :1  $bulk  +status  -ERR ...  [$a nil]
 * Arguments are texts up to NULL.
 */
const char *store_run(struct store *store, enum kv_operation operation, unsigned flags, ...)
    __attribute__((sentinel));
/* The same for arguments of any bytes. */
const char *store_run_arguments(struct store *store, enum kv_operation operation, unsigned flags,
                                const struct kv_argument *arguments, size_t count);
/* The time alone, as an entry. */
void store_tick(struct store *store, uint64_t time_ms);

/* Bytes that may be no request, as a committed entry, or as a query. */
const char *store_apply_bytes(struct store *store, const void *data, size_t size);
const char *store_read_bytes(struct store *store, const void *data, size_t size);

/* ck_assert_str_eq() on the answer to an operation without flags. */
#define check_answer(store, expected, operation, ...)                                              \
    ck_assert_str_eq(store_run(store, operation, 0, __VA_ARGS__, (char *)NULL), expected)
#define check_flags(store, expected, operation, flags, ...)                                        \
    ck_assert_str_eq(store_run(store, operation, flags, __VA_ARGS__, (char *)NULL), expected)
#define check_set(store, expected, flags, ...)                                                     \
    ck_assert_str_eq(store_run(store, KV_SET, flags, __VA_ARGS__, (char *)NULL), expected)

#endif
