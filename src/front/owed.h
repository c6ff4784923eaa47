/*
 * The replies that a connection still owes, in command order: a ring of slots that grows up to
 * a bound. A reply that is ready before its turn is held in its slot. Pure; one worker.
 */
#ifndef RAFTD_FRONT_OWED_H
#define RAFTD_FRONT_OWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "front/rendering.h"

enum {
    SLOTS_MAX = 1024,        /* per connection; then it is not read any more */
    SLOT_SEQUENCE_BITS = 20, /* of a slot's number, as far as a tag carries it */
};

struct slot {
    uint8_t *held; /* owned: the reply that waits for its turn; NULL: none or empty */
    uint32_t held_bytes;
    bool done;
    bool silent; /* CLIENT REPLY OFF or SKIP: nothing is to be written */
    bool is_read;
    struct rendering rendering;
};

struct slots {
    struct slot *ring; /* owned; capacity is 0 or a power of two */
    uint32_t capacity;
    uint32_t head; /* number of the oldest slot */
    uint32_t tail; /* of the next to be made */
    size_t held_bytes;
};

static inline uint32_t slots_count(const struct slots *slots)
{
    return slots->tail - slots->head;
}

/* A new slot at the end, zeroed; there must be fewer than SLOTS_MAX. Its number is tail - 1. */
struct slot *slots_push(struct slots *slots);
/* The slot of a number cut to SLOT_SEQUENCE_BITS; NULL: no such slot. */
struct slot *slots_find(struct slots *slots, uint32_t sequence);
bool slots_is_head(const struct slots *slots, const struct slot *slot);
/* Copies a reply into a slot that is not at the head, or whose turn has not been taken. */
void slots_hold(struct slots *slots, struct slot *slot, const void *data, size_t size);
/* Drops the oldest slot. */
void slots_pop(struct slots *slots);
/* Appends the replies of all done slots at the head to output and drops these slots. */
void slots_release(struct slots *slots, struct buffer *output);
/* Gives memory back; everything in it is forgotten. */
void slots_free(struct slots *slots);

#endif
