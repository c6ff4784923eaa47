/*
 * The state machine once more, as simple as possible: every version that every key ever had, by
 * log index. It says what a command at an index has to be answered, and what a read there sees.
 * Pure.
 */
#ifndef RAFTD_TEST_SIM_MODEL_H
#define RAFTD_TEST_SIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum model_kind {
    MODEL_SET,
    MODEL_SET_NX,
    MODEL_SET_XX,
    MODEL_SET_GET,
    MODEL_MSET, /* both keys get the value */
    MODEL_INCREMENT,
    MODEL_APPEND,
    MODEL_DELETE,
    MODEL_GETDEL,
    MODEL_SET_PX,  /* amount: milliseconds to live */
    MODEL_PEXPIRE, /* likewise */
    MODEL_PERSIST,
    MODEL_SET_IFEQ, /* only if the value is `compared` */
    MODEL_DELIF,    /* likewise */
    MODEL_EXEC,     /* SET both keys, then GET the first, as one; with WATCH or without */
    MODEL_READS,    /* from here on: */
    MODEL_GET = MODEL_READS,
    MODEL_MGET, /* both keys */
    MODEL_STRLEN,
    MODEL_EXISTS,
    MODEL_KINDS,
};

struct model_request {
    enum model_kind kind;
    uint16_t key;
    uint16_t second; /* MSET, MGET; not the first */
    int64_t amount;
    char value[520];
    size_t value_bytes;
    char compared[40];
    bool watches;     /* EXEC: the key, as it was */
    uint64_t watched; /* at that revision; 0 = it was not there */
};

struct model;

struct model *model_create(uint16_t keys);
void model_destroy(struct model *model);

/* Ascending indices. Appends the reply as kv.h encodes it. */
void model_apply(struct model *model, uint64_t index, uint64_t time_ms,
                 const struct model_request *request, struct buffer *reply);
/* Time has passed, nothing else. */
void model_tick(struct model *model, uint64_t index, uint64_t time_ms);
/* What a read sees behind the entry at that index. */
void model_read(const struct model *model, uint64_t index, const struct model_request *request,
                struct buffer *reply);

/* The request as kv.h encodes it. */
void model_encode(const struct model_request *request, struct buffer *bytes);
void model_describe(const struct model_request *request, char *text, size_t size);

#endif
