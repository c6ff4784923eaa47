/*
 * Replies of the state machine; see reply.h. Core thread only.
 */
#include "member/reply.h"

#include <string.h>

#include <raftd/state_machine.h>

#include "base/memory.h"

void reply_reset(struct raftd_reply *reply)
{
    if (reply->heap != NULL) {
        memory_free(reply->heap);
        reply->heap = NULL;
        reply->capacity_bytes = 0;
    }
    reply->size_bytes = 0;
}

const uint8_t *reply_data(const struct raftd_reply *reply)
{
    return reply->heap != NULL ? reply->heap : reply->inside;
}

uint8_t *reply_take(struct raftd_reply *reply)
{
    uint8_t *heap = reply->heap;

    reply->heap = NULL;
    reply->capacity_bytes = 0;
    return heap;
}

void raftd_reply_write(struct raftd_reply *reply, const void *data, size_t size_bytes)
{
    size_t total;

    if (reply == NULL || size_bytes == 0) {
        return;
    }
    total = reply->size_bytes + size_bytes;
    if (reply->heap == NULL && total <= sizeof(reply->inside)) {
        memcpy(reply->inside + reply->size_bytes, data, size_bytes);
        reply->size_bytes = total;
        return;
    }
    if (reply->heap == NULL) {
        reply->heap = memory_grow(NULL, &reply->capacity_bytes, total, 1);
        memcpy(reply->heap, reply->inside, reply->size_bytes);
    } else {
        reply->heap = memory_grow(reply->heap, &reply->capacity_bytes, total, 1);
    }
    memcpy(reply->heap + reply->size_bytes, data, size_bytes);
    reply->size_bytes = total;
}
