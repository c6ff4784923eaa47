/*
 * The heap of deadlines. Each node has four children: a heap of a million items is ten levels
 * deep, and the children of a node share two cache lines.
 */
#include "kv/deadlines.h"

#include <string.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/memory.h"

enum { CHILDREN = 4, BLOCK_DEADLINES = 4096 };

/* A deadline counts at most this much (the year 2109) in the average. */
#define DEADLINE_COUNTED_MAX ((uint64_t)1 << 42)

static struct kv_deadline *at(const struct kv_deadlines *deadlines, size_t place)
{
    return &deadlines->blocks[place / BLOCK_DEADLINES][place % BLOCK_DEADLINES];
}

static bool key_is_before(const struct kv_item *a, const struct kv_item *b)
{
    size_t common = a->key_size_bytes < b->key_size_bytes ? a->key_size_bytes : b->key_size_bytes;
    int order = memcmp(kv_item_key(a), kv_item_key(b), common);

    return order != 0 ? order < 0 : a->key_size_bytes < b->key_size_bytes;
}

static bool is_before(const struct kv_deadline *a, const struct kv_deadline *b)
{
    if (a->deadline_ms != b->deadline_ms) {
        return a->deadline_ms < b->deadline_ms;
    }
    if (a->tie != b->tie) {
        return a->tie < b->tie;
    }
    return key_is_before(a->item, b->item);
}

static void put(struct kv_deadlines *deadlines, size_t place, struct kv_deadline deadline)
{
    *at(deadlines, place) = deadline;
    deadline.item->deadline_place = (uint32_t)place + 1;
}

/* Finds the place for what belongs above or at an empty place, and puts it there. */
static void rise(struct kv_deadlines *deadlines, size_t place, struct kv_deadline deadline)
{
    while (place > 0) {
        size_t parent = (place - 1) / CHILDREN;

        if (!is_before(&deadline, at(deadlines, parent))) {
            break;
        }
        put(deadlines, place, *at(deadlines, parent));
        place = parent;
    }
    put(deadlines, place, deadline);
}

/* The same for what belongs below or at the empty place. */
static void sink(struct kv_deadlines *deadlines, size_t place, struct kv_deadline deadline)
{
    for (;;) {
        size_t first = place * CHILDREN + 1;
        size_t best = first;

        if (first >= deadlines->count) {
            break;
        }
        for (size_t i = first + 1; i < first + CHILDREN && i < deadlines->count; i++) {
            if (is_before(at(deadlines, i), at(deadlines, best))) {
                best = i;
            }
        }
        if (!is_before(at(deadlines, best), &deadline)) {
            break;
        }
        put(deadlines, place, *at(deadlines, best));
        place = best;
    }
    put(deadlines, place, deadline);
}

static void settle(struct kv_deadlines *deadlines, size_t place, struct kv_deadline deadline)
{
    if (place > 0 && is_before(&deadline, at(deadlines, (place - 1) / CHILDREN))) {
        rise(deadlines, place, deadline);
    } else {
        sink(deadlines, place, deadline);
    }
}

static void count_deadline(struct kv_deadlines *deadlines, uint64_t deadline_ms, bool added)
{
    uint64_t counted = deadline_ms < DEADLINE_COUNTED_MAX ? deadline_ms : DEADLINE_COUNTED_MAX;

    deadlines->sum_ms += added ? counted : 0 - counted;
}

/* One block more than is needed is kept, so that a count that goes up and down takes no memory. */
static void make_room(struct kv_deadlines *deadlines)
{
    if (deadlines->count < deadlines->block_count * BLOCK_DEADLINES) {
        return;
    }
    deadlines->blocks = memory_grow(deadlines->blocks, &deadlines->block_capacity,
                                    deadlines->block_count + 1, sizeof(deadlines->blocks[0]));
    deadlines->blocks[deadlines->block_count++] =
        memory_allocate(BLOCK_DEADLINES * sizeof(struct kv_deadline));
}

static void give_room_back(struct kv_deadlines *deadlines)
{
    if (deadlines->block_count * BLOCK_DEADLINES >= deadlines->count + 2 * BLOCK_DEADLINES) {
        memory_free(deadlines->blocks[--deadlines->block_count]);
    }
}

void kv_deadlines_free(struct kv_deadlines *deadlines)
{
    while (deadlines->block_count > 0) {
        memory_free(deadlines->blocks[--deadlines->block_count]);
    }
    memory_free(deadlines->blocks);
    *deadlines = (struct kv_deadlines){0};
}

static void add(struct kv_deadlines *deadlines, struct kv_item *item, uint64_t deadline_ms)
{
    struct kv_deadline deadline = {
        .deadline_ms = deadline_ms,
        .tie = checksum(0, kv_item_key(item), item->key_size_bytes),
        .item = item,
    };

    ASSERT(deadlines->count < UINT32_MAX);
    make_room(deadlines);
    count_deadline(deadlines, deadline_ms, true);
    rise(deadlines, deadlines->count++, deadline);
}

static void remove_at(struct kv_deadlines *deadlines, size_t place)
{
    struct kv_deadline last = *at(deadlines, deadlines->count - 1);

    count_deadline(deadlines, at(deadlines, place)->deadline_ms, false);
    at(deadlines, place)->item->deadline_place = 0;
    deadlines->count--;
    if (place < deadlines->count) {
        settle(deadlines, place, last);
    }
    give_room_back(deadlines);
}

static size_t place_of(const struct kv_deadlines *deadlines, const struct kv_item *item)
{
    size_t place = (size_t)item->deadline_place - 1;

    ASSERT(item->deadline_place > 0 && place < deadlines->count);
    return place;
}

void kv_deadlines_set(struct kv_deadlines *deadlines, struct kv_item *item, uint64_t deadline_ms)
{
    struct kv_deadline changed;
    size_t place;

    if (item->deadline_place == 0) {
        if (deadline_ms != KV_NO_DEADLINE) {
            add(deadlines, item, deadline_ms);
        }
        return;
    }
    place = place_of(deadlines, item);
    ASSERT(at(deadlines, place)->item == item);
    if (deadline_ms == KV_NO_DEADLINE) {
        remove_at(deadlines, place);
        return;
    }
    changed = *at(deadlines, place);
    count_deadline(deadlines, changed.deadline_ms, false);
    count_deadline(deadlines, deadline_ms, true);
    changed.deadline_ms = deadline_ms;
    settle(deadlines, place, changed);
}

uint64_t kv_deadlines_get(const struct kv_deadlines *deadlines, const struct kv_item *item)
{
    if (item->deadline_place == 0) {
        return KV_NO_DEADLINE;
    }
    return at(deadlines, place_of(deadlines, item))->deadline_ms;
}

void kv_deadlines_moved(struct kv_deadlines *deadlines, struct kv_item *item)
{
    if (item->deadline_place != 0) {
        at(deadlines, place_of(deadlines, item))->item = item;
    }
}

const struct kv_deadline *kv_deadlines_first(const struct kv_deadlines *deadlines)
{
    return deadlines->count > 0 ? at(deadlines, 0) : NULL;
}

uint64_t kv_deadlines_average_ms(const struct kv_deadlines *deadlines, uint64_t now_ms)
{
    uint64_t sum_ms = deadlines->sum_ms - deadlines->count * now_ms;

    /* Deadlines that have passed are removed soon; until then they may make the sum negative. */
    if (deadlines->count == 0 || sum_ms > UINT64_MAX / 2) {
        return 0;
    }
    return sum_ms / deadlines->count;
}
