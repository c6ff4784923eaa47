/*
 * The ring of owed replies (owed.h). Pure; the thread of the connection's worker.
 */
#include "front/owed.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

enum { OWED_FIRST = 16 };

static struct owed_reply *reply_at(const struct owed_replies *replies, uint32_t number)
{
    return &replies->ring[number & (replies->capacity - 1)];
}

static void grow(struct owed_replies *replies)
{
    uint32_t capacity = replies->capacity == 0 ? OWED_FIRST : replies->capacity * 2;
    struct owed_reply *ring = memory_allocate(capacity * sizeof(*ring));

    for (uint32_t number = replies->head; number != replies->tail; number++) {
        ring[number & (capacity - 1)] = *reply_at(replies, number);
    }
    memory_free(replies->ring);
    replies->ring = ring;
    replies->capacity = capacity;
}

struct owed_reply *owed_push(struct owed_replies *replies)
{
    struct owed_reply *reply;

    ASSERT(owed_count(replies) < OWED_MAX);
    if (owed_count(replies) == replies->capacity) {
        grow(replies);
    }
    reply = reply_at(replies, replies->tail++);
    *reply = (struct owed_reply){0};
    return reply;
}

struct owed_reply *owed_find(struct owed_replies *replies, uint32_t sequence)
{
    uint32_t mask = (1u << OWED_SEQUENCE_BITS) - 1;
    uint32_t distance = (sequence - replies->head) & mask;

    return distance < owed_count(replies) ? reply_at(replies, replies->head + distance) : NULL;
}

bool owed_is_first(const struct owed_replies *replies, const struct owed_reply *reply)
{
    return owed_count(replies) > 0 && reply == reply_at(replies, replies->head);
}

void owed_hold(struct owed_replies *replies, struct owed_reply *reply, const void *data,
               size_t size)
{
    ASSERT(reply->held == NULL);
    ASSERT(size <= UINT32_MAX);
    if (size > 0) {
        reply->held = memory_allocate(size);
        memcpy(reply->held, data, size);
        reply->held_bytes = (uint32_t)size;
        replies->held_bytes += size;
    }
}

void owed_pop(struct owed_replies *replies)
{
    struct owed_reply *reply = reply_at(replies, replies->head);

    ASSERT(owed_count(replies) > 0);
    replies->held_bytes -= reply->held_bytes;
    memory_free(reply->held);
    memory_free(reply->attached);
    replies->head++;
}

void owed_release(struct owed_replies *replies, struct buffer *output)
{
    while (owed_count(replies) > 0 && reply_at(replies, replies->head)->done) {
        const struct owed_reply *reply = reply_at(replies, replies->head);

        buffer_append(output, reply->held, reply->held_bytes);
        owed_pop(replies);
    }
}

void owed_free(struct owed_replies *replies)
{
    while (owed_count(replies) > 0) {
        owed_pop(replies);
    }
    memory_free(replies->ring);
    replies->ring = NULL;
    replies->capacity = 0;
}
