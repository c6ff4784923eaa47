/*
 * The table of requests; see waiting.h. Core thread only. All functions take constant time, but for
 * growing the table, a client's end, and what moves a whole queue.
 *
 * A queue holds its requests in the order of their age, and all have the same time to their
 * deadline. So the requests that end by their deadline are at the front of the queue, where
 * waiting_peek() frees them.
 */
#include "member/waiting.h"

#include <raftd/client.h>

#include "base/assert.h"
#include "base/memory.h"
#include "raft/entry.h"

void waiting_init(struct waiting *waiting)
{
    const struct waiting_queue empty = {.head = WAITING_NONE, .tail = WAITING_NONE};

    *waiting = (struct waiting){.free_head = WAITING_NONE,
                                .oldest = WAITING_NONE,
                                .newest = WAITING_NONE,
                                .held = empty,
                                .reads_local = empty,
                                .reads_new = empty,
                                .reads_asked = empty,
                                .reads_ready = empty};
}

void waiting_free(struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->capacity; i++) {
        raft_entry_release(waiting->table[i].entry);
    }
    memory_free(waiting->table);
    waiting_init(waiting);
}

static uint32_t place_of(const struct waiting *waiting, const struct waiting_request *request)
{
    return (uint32_t)(request - waiting->table);
}

static void grow(struct waiting *waiting)
{
    size_t capacity = waiting->capacity == 0 ? 256 : waiting->capacity * 2;

    ASSERT(capacity <= (size_t)1 << WAITING_PLACE_BITS);
    waiting->table = memory_resize(waiting->table, capacity * sizeof(struct waiting_request));
    for (size_t i = capacity; i-- > waiting->capacity;) {
        waiting->table[i] =
            (struct waiting_request){.state = WAITING_FREE, .next = waiting->free_head};
        waiting->free_head = (uint32_t)i;
    }
    waiting->capacity = capacity;
}

static struct waiting_queue *queue_of(struct waiting *waiting, enum waiting_state state)
{
    switch (state) {
    case WAITING_HELD:
        return &waiting->held;
    case WAITING_READ_LOCAL:
        return &waiting->reads_local;
    case WAITING_READ_NEW:
        return &waiting->reads_new;
    case WAITING_READ_ASKED:
        return &waiting->reads_asked;
    case WAITING_READ_READY:
        return &waiting->reads_ready;
    case WAITING_FREE:
    case WAITING_PROPOSED:
    case WAITING_REFUSED:
    case WAITING_BEHIND:
    case WAITING_DEAD:
    default:
        return NULL;
    }
}

static bool is_proposal(enum waiting_state state)
{
    return state == WAITING_HELD || state == WAITING_PROPOSED || state == WAITING_REFUSED ||
           state == WAITING_BEHIND;
}

static void push(struct waiting *waiting, struct waiting_queue *queue, uint32_t place)
{
    waiting->table[place].next = WAITING_NONE;
    if (queue->tail == WAITING_NONE) {
        queue->head = place;
    } else {
        waiting->table[queue->tail].next = place;
    }
    queue->tail = place;
    queue->count++;
}

static uint32_t pop(struct waiting *waiting, struct waiting_queue *queue)
{
    uint32_t place = queue->head;

    queue->head = waiting->table[place].next;
    if (queue->head == WAITING_NONE) {
        queue->tail = WAITING_NONE;
    }
    queue->count--;
    return place;
}

/* What is in the fields of a place that is FREE does not matter, but for its entry. */
static void free_place(struct waiting *waiting, uint32_t place)
{
    struct waiting_request *request = &waiting->table[place];

    raft_entry_release(request->entry);
    request->entry = NULL;
    request->state = WAITING_FREE;
    request->next = waiting->free_head;
    waiting->free_head = place;
}

struct waiting_request *waiting_add(struct waiting *waiting, enum waiting_state state,
                                    struct raftd_client *client, uint64_t tag, uint64_t deadline_ms,
                                    struct raft_entry *entry)
{
    struct waiting_queue *queue = queue_of(waiting, state);
    struct waiting_request *request;
    uint32_t place;

    if (waiting->free_head == WAITING_NONE) {
        grow(waiting);
    }
    place = waiting->free_head;
    request = &waiting->table[place];
    waiting->free_head = request->next;
    waiting->counter++;
    *request = (struct waiting_request){
        .state = state,
        .older = waiting->newest,
        .newer = WAITING_NONE,
        .next = WAITING_NONE,
        .sequence = waiting->counter << WAITING_PLACE_BITS | place,
        .number = waiting->counter,
        .tag = tag,
        .deadline_ms = deadline_ms,
        .client = client,
        .owner = client,
        .entry = entry,
    };
    if (waiting->newest == WAITING_NONE) {
        waiting->oldest = place;
    } else {
        ASSERT(waiting->table[waiting->newest].deadline_ms <= deadline_ms);
        waiting->table[waiting->newest].newer = place;
    }
    waiting->newest = place;
    if (is_proposal(state)) {
        waiting->proposal_count++;
        waiting->proposed_count += state == WAITING_PROPOSED;
    } else {
        waiting->read_count++;
    }
    if (queue != NULL) {
        push(waiting, queue, place);
    }
    return request;
}

struct waiting_request *waiting_find(struct waiting *waiting, uint64_t sequence)
{
    size_t place = sequence & (((uint64_t)1 << WAITING_PLACE_BITS) - 1);
    struct waiting_request *request;

    if (place >= waiting->capacity) {
        return NULL;
    }
    request = &waiting->table[place];
    return request->state == WAITING_PROPOSED && request->sequence == sequence ? request : NULL;
}

struct waiting_request *waiting_peek(struct waiting *waiting, struct waiting_queue *queue)
{
    while (queue->head != WAITING_NONE && waiting->table[queue->head].state == WAITING_DEAD) {
        free_place(waiting, pop(waiting, queue));
    }
    return queue->head != WAITING_NONE ? &waiting->table[queue->head] : NULL;
}

void waiting_advance(struct waiting *waiting, struct waiting_queue *queue, enum waiting_state state)
{
    uint32_t place;

    ASSERT(queue->head != WAITING_NONE);
    ASSERT(waiting->table[queue->head].state != WAITING_DEAD);
    place = pop(waiting, queue);
    waiting->table[place].state = state;
    waiting->proposed_count += state == WAITING_PROPOSED;
    waiting->behind_count += state == WAITING_BEHIND;
    if (queue_of(waiting, state) != NULL) {
        push(waiting, queue_of(waiting, state), place);
    }
}

/* ---- refused commands ---- */

static bool contains(const struct waiting_owners *owners, const void *owner)
{
    for (size_t i = 0; i < owners->count; i++) {
        if (owners->list[i] == owner) {
            return true;
        }
    }
    return owners->count == WAITING_OWNERS_MAX;
}

static void include(struct waiting_owners *owners, const void *owner)
{
    if (!contains(owners, owner)) {
        owners->list[owners->count++] = owner;
    }
}

void waiting_refuse(struct waiting *waiting, struct waiting_request *request)
{
    ASSERT(request->state == WAITING_PROPOSED && request->entry != NULL);
    request->state = WAITING_REFUSED;
    request->term = 0;
    waiting->proposed_count--;
    waiting->refused_count++;
    include(&waiting->refused_owners, request->owner);
}

bool waiting_is_blocked(const struct waiting *waiting, const void *owner)
{
    return contains(&waiting->refused_owners, owner);
}

/* The entry is made anew, because the first attempt may have left its term and index in the old
 * one. */
static void make_anew(struct waiting *waiting, struct waiting_request *request)
{
    struct raft_entry *old = request->entry;

    request->entry = raft_entry_make(old->type, old->data, old->size_bytes);
    raft_entry_release(old);
    request->state = WAITING_HELD;
    request->sequence = ++waiting->counter << WAITING_PLACE_BITS | place_of(waiting, request);
    waiting->refused_count--;
}

/* From the newest request on: REFUSED -> HELD where no later command of the client is PROPOSED. */
static void release_refused(struct waiting *waiting)
{
    struct waiting_owners open = {0};

    for (uint32_t place = waiting->newest; place != WAITING_NONE;
         place = waiting->table[place].older) {
        struct waiting_request *request = &waiting->table[place];

        if (request->state == WAITING_PROPOSED) {
            include(&open, request->owner);
        } else if (request->state == WAITING_REFUSED && !contains(&open, request->owner)) {
            make_anew(waiting, request);
        }
    }
}

/* From the oldest request on: puts those in HELD into the queue again, and those in BEHIND that
 * wait for nothing any more. */
static void queue_again(struct waiting *waiting)
{
    while (waiting_peek(waiting, &waiting->held) != NULL) {
        pop(waiting, &waiting->held);
    }
    waiting->refused_owners.count = 0;
    for (uint32_t place = waiting->oldest; place != WAITING_NONE;
         place = waiting->table[place].newer) {
        struct waiting_request *request = &waiting->table[place];

        if (request->state == WAITING_REFUSED) {
            include(&waiting->refused_owners, request->owner);
        } else if (request->state == WAITING_BEHIND &&
                   !waiting_is_blocked(waiting, request->owner)) {
            request->state = WAITING_HELD;
            waiting->behind_count--;
        }
        if (request->state == WAITING_HELD) {
            push(waiting, &waiting->held, place);
        }
    }
}

void waiting_release(struct waiting *waiting)
{
    release_refused(waiting);
    queue_again(waiting);
}

/* ---- applied commands ---- */

/* The place of the client, which may be new; the client of the oldest command makes room. */
static size_t applied_place(struct waiting_applied *applied, const void *owner)
{
    size_t oldest = 0;

    for (size_t i = 0; i < applied->count; i++) {
        if (applied->list[i].owner == owner) {
            return i;
        }
        if (applied->list[i].number < applied->list[oldest].number) {
            oldest = i;
        }
    }
    if (applied->count < WAITING_OWNERS_MAX) {
        oldest = applied->count++;
    } else if (applied->list[oldest].number > applied->others) {
        applied->others = applied->list[oldest].number;
    }
    applied->list[oldest].owner = owner;
    applied->list[oldest].number = applied->others; /* this client may have made room before */
    return oldest;
}

void waiting_note_applied(struct waiting *waiting, const struct waiting_request *request)
{
    struct waiting_applied *applied = &waiting->applied;

    if (applied->count == 0 || applied->list[applied->last].owner != request->owner) {
        applied->last = applied_place(applied, request->owner);
    }
    if (applied->list[applied->last].number < request->number) {
        applied->list[applied->last].number = request->number;
    }
}

bool waiting_is_overtaken(const struct waiting *waiting, const struct waiting_request *request)
{
    const struct waiting_applied *applied = &waiting->applied;

    for (size_t i = 0; i < applied->count; i++) {
        if (applied->list[i].owner == request->owner) {
            return applied->list[i].number > request->number;
        }
    }
    return applied->others > request->number;
}

/* ---- reads ---- */

/* Moves all reads of a queue to the end of another one, and frees DEAD ones. True if a lease of the
 * leader is enough for all of them. */
static bool move_reads(struct waiting *waiting, struct waiting_queue *from,
                       struct waiting_queue *to, enum waiting_state state, uint64_t read_index)
{
    uint32_t *link = to->tail != WAITING_NONE ? &waiting->table[to->tail].next : &to->head;
    uint32_t place = from->head;
    bool lease_will_do = true;

    while (place != WAITING_NONE) {
        struct waiting_request *request = &waiting->table[place];
        uint32_t next = request->next;

        if (request->state == WAITING_DEAD) {
            free_place(waiting, place);
        } else {
            request->state = state;
            request->read_index = read_index;
            lease_will_do = lease_will_do && request->level != RAFTD_READ_LINEARIZABLE;
            *link = place;
            link = &request->next;
            to->tail = place;
            to->count++;
        }
        place = next;
    }
    *link = WAITING_NONE;
    *from = (struct waiting_queue){.head = WAITING_NONE, .tail = WAITING_NONE};
    return lease_will_do;
}

bool waiting_ask_reads(struct waiting *waiting)
{
    return move_reads(waiting, &waiting->reads_new, &waiting->reads_asked, WAITING_READ_ASKED, 0);
}

void waiting_confirm_reads(struct waiting *waiting, uint64_t read_index)
{
    (void)move_reads(waiting, &waiting->reads_asked, &waiting->reads_ready, WAITING_READ_READY,
                     read_index);
}

void waiting_finish(struct waiting *waiting, struct waiting_request *request)
{
    uint32_t place = place_of(waiting, request);
    struct waiting_queue *queue = queue_of(waiting, request->state);

    ASSERT(request->state != WAITING_FREE && request->state != WAITING_DEAD);
    if (request->older != WAITING_NONE) {
        waiting->table[request->older].newer = request->newer;
    } else {
        waiting->oldest = request->newer;
    }
    if (request->newer != WAITING_NONE) {
        waiting->table[request->newer].older = request->older;
    } else {
        waiting->newest = request->older;
    }
    if (is_proposal(request->state)) {
        waiting->proposal_count--;
        waiting->proposed_count -= request->state == WAITING_PROPOSED;
        waiting->refused_count -= request->state == WAITING_REFUSED;
        waiting->behind_count -= request->state == WAITING_BEHIND;
    } else {
        waiting->read_count--;
    }
    if (queue == NULL) {
        free_place(waiting, place);
        return;
    }
    request->state = WAITING_DEAD;
    waiting_peek(waiting, queue); /* frees it if it is at the front */
}

struct waiting_request *waiting_oldest(struct waiting *waiting)
{
    return waiting->oldest != WAITING_NONE ? &waiting->table[waiting->oldest] : NULL;
}

struct waiting_request *waiting_newer(struct waiting *waiting,
                                      const struct waiting_request *request)
{
    return request->newer != WAITING_NONE ? &waiting->table[request->newer] : NULL;
}

bool waiting_has_room(const struct waiting *waiting)
{
    return waiting->free_head != WAITING_NONE || waiting->capacity < (size_t)1
                                                                         << WAITING_PLACE_BITS;
}

struct waiting_request *waiting_next_read(struct waiting *waiting,
                                          const struct waiting_request *request)
{
    uint32_t place = request != NULL ? request->newer : waiting->oldest;

    while (place != WAITING_NONE && is_proposal(waiting->table[place].state)) {
        place = waiting->table[place].newer;
    }
    return place != WAITING_NONE ? &waiting->table[place] : NULL;
}

void waiting_forget_client(struct waiting *waiting, const struct raftd_client *client)
{
    uint32_t place = waiting->oldest;

    while (place != WAITING_NONE) {
        struct waiting_request *request = &waiting->table[place];

        place = request->newer;
        if (request->client != client) {
            continue;
        }
        request->client = NULL;
        if (!is_proposal(request->state) || request->entry == NULL) {
            waiting_finish(waiting, request);
        }
    }
}
