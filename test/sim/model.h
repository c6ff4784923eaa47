/*
 * The state machine a second time, as simple as possible: every version that every key ever had, by
 * log index. It tells the reply to a command at an index, and what a read at an index sees. Pure.
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
    MODEL_PEXPIRE, /* amount: milliseconds to live */
    MODEL_PERSIST,
    MODEL_SET_IFEQ, /* only if the value equals `compared` */
    MODEL_DELIF,    /* only if the value equals `compared` */
    MODEL_EXEC,     /* a transaction: SET both keys, GET the first; with WATCH or without */
    MODEL_BYTES,    /* bytes that are no command; only stories have it */
    MODEL_READS,    /* all that follow are reads */
    MODEL_GET = MODEL_READS,
    MODEL_MGET, /* both keys */
    MODEL_STRLEN,
    MODEL_EXISTS,
    MODEL_KINDS,
};

struct model_request {
    enum model_kind kind;
    uint16_t key;
    uint16_t second; /* MSET, MGET: another key than the first */
    int64_t amount;
    const char *value; /* borrowed: longer than the model lives */
    size_t value_bytes;
    char compared[40];
    bool watches;     /* EXEC: the key is watched */
    uint64_t watched; /* the revision that it had; 0 = it did not exist */
};

struct model;

struct model *model_create(uint16_t keys);
void model_destroy(struct model *model);

/* The indexes have to ascend. Appends the reply, encoded as in kv.h. */
void model_apply(struct model *model, uint64_t index, uint64_t time_ms,
                 const struct model_request *request, struct buffer *reply);
/* An entry with the time. */
void model_tick(struct model *model, uint64_t index, uint64_t time_ms);
/* The reply to a read after the entry at that index. */
void model_read(const struct model *model, uint64_t index, const struct model_request *request,
                struct buffer *reply);

/* Encodes the request as in kv.h. */
void model_encode(const struct model_request *request, struct buffer *bytes);
void model_describe(const struct model_request *request, char *text, size_t size);

#endif
