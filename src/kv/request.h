/*
 * Requests of the key-value store, taken apart without copying. Pure.
 */
#ifndef RAFTD_KV_REQUEST_H
#define RAFTD_KV_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kv/kv.h"

enum { KV_REQUEST_VERSION = 1 };

/* A view of a request; a copy of the struct reads the arguments anew. */
struct kv_request {
    uint8_t operation; /* any number */
    uint8_t flags;
    uint32_t count;      /* arguments that kv_request_next() still returns */
    const uint8_t *next; /* borrowed: where the next one begins */
    const uint8_t *end;
};

/*
 * Checks every count and size, so that reading the arguments afterwards cannot fail. False for
 * bytes that kv_request_encode() did not make.
 */
bool kv_request_decode(struct kv_request *request, const void *data, size_t size);
/* The next argument; count must not be 0. */
struct kv_argument kv_request_next(struct kv_request *request);
/* Whether an argument is a word, in either case. */
bool kv_argument_is(const struct kv_argument *argument, const char *word);

#endif
