/*
 * Requests under way. Core thread only; everything but growing the table is constant time.
 *
 * Queues hold requests in the order of their age and deadlines are alike for all, so whatever
 * died of its deadline is at the front of its queue: requests_peek() sweeps it away.
 */
#include "node/requests.h"

#include <raftd/client.h>

#include "base/assert.h"
#include "base/memory.h"
#include "raft/entry.h"

void requests_init(struct requests *requests)
{
    const struct request_queue empty = {.head = REQUEST_NONE, .tail = REQUEST_NONE};

    *requests = (struct requests){.free_head = REQUEST_NONE,
                                  .oldest = REQUEST_NONE,
                                  .newest = REQUEST_NONE,
                                  .held = empty,
                                  .reads_local = empty,
                                  .reads_new = empty,
                                  .reads_asked = empty,
                                  .reads_ready = empty};
}

void requests_free(struct requests *requests)
{
    for (size_t i = 0; i < requests->capacity; i++) {
        raft_entry_release(requests->table[i].entry);
    }
    memory_free(requests->table);
    requests_init(requests);
}

static uint32_t place_of(const struct requests *requests, const struct request *request)
{
    return (uint32_t)(request - requests->table);
}

static void grow(struct requests *requests)
{
    size_t capacity = requests->capacity == 0 ? 256 : requests->capacity * 2;

    ASSERT(capacity <= (size_t)1 << REQUEST_PLACE_BITS);
    requests->table = memory_resize(requests->table, capacity * sizeof(struct request));
    for (size_t i = capacity; i-- > requests->capacity;) {
        requests->table[i] = (struct request){.state = REQUEST_FREE, .next = requests->free_head};
        requests->free_head = (uint32_t)i;
    }
    requests->capacity = capacity;
}

static struct request_queue *queue_of(struct requests *requests, enum request_state state)
{
    switch (state) {
    case REQUEST_HELD:
        return &requests->held;
    case REQUEST_READ_LOCAL:
        return &requests->reads_local;
    case REQUEST_READ_NEW:
        return &requests->reads_new;
    case REQUEST_READ_ASKED:
        return &requests->reads_asked;
    case REQUEST_READ_READY:
        return &requests->reads_ready;
    case REQUEST_FREE:
    case REQUEST_PROPOSED:
    case REQUEST_DEAD:
    default:
        return NULL;
    }
}

static bool is_proposal(enum request_state state)
{
    return state == REQUEST_HELD || state == REQUEST_PROPOSED;
}

static void push(struct requests *requests, struct request_queue *queue, uint32_t place)
{
    requests->table[place].next = REQUEST_NONE;
    if (queue->tail == REQUEST_NONE) {
        queue->head = place;
    } else {
        requests->table[queue->tail].next = place;
    }
    queue->tail = place;
    queue->count++;
}

static uint32_t pop(struct requests *requests, struct request_queue *queue)
{
    uint32_t place = queue->head;

    queue->head = requests->table[place].next;
    if (queue->head == REQUEST_NONE) {
        queue->tail = REQUEST_NONE;
    }
    queue->count--;
    return place;
}

static void free_place(struct requests *requests, uint32_t place)
{
    struct request *request = &requests->table[place];

    raft_entry_release(request->entry);
    *request = (struct request){.state = REQUEST_FREE, .next = requests->free_head};
    requests->free_head = place;
}

struct request *requests_add(struct requests *requests, enum request_state state,
                             struct raftd_client *client, uint64_t tag, uint64_t deadline_ms,
                             struct raft_entry *entry)
{
    struct request *request;
    uint32_t place;

    if (requests->free_head == REQUEST_NONE) {
        grow(requests);
    }
    place = requests->free_head;
    request = &requests->table[place];
    requests->free_head = request->next;
    *request = (struct request){
        .state = state,
        .older = requests->newest,
        .newer = REQUEST_NONE,
        .next = REQUEST_NONE,
        .sequence = ++requests->counter << REQUEST_PLACE_BITS | place,
        .tag = tag,
        .deadline_ms = deadline_ms,
        .client = client,
        .entry = entry,
    };
    if (requests->newest == REQUEST_NONE) {
        requests->oldest = place;
    } else {
        requests->table[requests->newest].newer = place;
    }
    requests->newest = place;
    if (is_proposal(state)) {
        requests->proposal_count++;
    } else {
        requests->read_count++;
    }
    if (queue_of(requests, state) != NULL) {
        push(requests, queue_of(requests, state), place);
    }
    return request;
}

struct request *requests_find(struct requests *requests, uint64_t sequence)
{
    size_t place = sequence & (((uint64_t)1 << REQUEST_PLACE_BITS) - 1);
    struct request *request;

    if (place >= requests->capacity) {
        return NULL;
    }
    request = &requests->table[place];
    return request->state == REQUEST_PROPOSED && request->sequence == sequence ? request : NULL;
}

struct request *requests_peek(struct requests *requests, struct request_queue *queue)
{
    while (queue->head != REQUEST_NONE && requests->table[queue->head].state == REQUEST_DEAD) {
        free_place(requests, pop(requests, queue));
    }
    return queue->head != REQUEST_NONE ? &requests->table[queue->head] : NULL;
}

void requests_advance(struct requests *requests, struct request_queue *queue,
                      enum request_state state)
{
    uint32_t place;

    ASSERT(queue->head != REQUEST_NONE);
    ASSERT(requests->table[queue->head].state != REQUEST_DEAD);
    place = pop(requests, queue);
    requests->table[place].state = state;
    if (queue_of(requests, state) != NULL) {
        push(requests, queue_of(requests, state), place);
    }
}

bool requests_ask_reads(struct requests *requests)
{
    const struct request *request;
    bool lease_will_do = true;

    while ((request = requests_peek(requests, &requests->reads_new)) != NULL) {
        lease_will_do = lease_will_do && request->level != RAFTD_READ_LINEARIZABLE;
        requests_advance(requests, &requests->reads_new, REQUEST_READ_ASKED);
    }
    return lease_will_do;
}

void requests_confirm_reads(struct requests *requests, uint64_t read_index)
{
    struct request *request;

    while ((request = requests_peek(requests, &requests->reads_asked)) != NULL) {
        request->read_index = read_index;
        requests_advance(requests, &requests->reads_asked, REQUEST_READ_READY);
    }
}

void requests_finish(struct requests *requests, struct request *request)
{
    uint32_t place = place_of(requests, request);
    struct request_queue *queue = queue_of(requests, request->state);

    ASSERT(request->state != REQUEST_FREE && request->state != REQUEST_DEAD);
    if (request->older != REQUEST_NONE) {
        requests->table[request->older].newer = request->newer;
    } else {
        requests->oldest = request->newer;
    }
    if (request->newer != REQUEST_NONE) {
        requests->table[request->newer].older = request->older;
    } else {
        requests->newest = request->older;
    }
    if (is_proposal(request->state)) {
        requests->proposal_count--;
    } else {
        requests->read_count--;
    }
    if (queue == NULL) {
        free_place(requests, place);
        return;
    }
    request->state = REQUEST_DEAD;
    requests_peek(requests, queue); /* sweeps it away if it is in front */
}

struct request *requests_oldest(struct requests *requests)
{
    return requests->oldest != REQUEST_NONE ? &requests->table[requests->oldest] : NULL;
}

struct request *requests_newer(struct requests *requests, const struct request *request)
{
    return request->newer != REQUEST_NONE ? &requests->table[request->newer] : NULL;
}

bool requests_has_room(const struct requests *requests)
{
    return requests->free_head != REQUEST_NONE || requests->capacity < (size_t)1
                                                                           << REQUEST_PLACE_BITS;
}

void requests_forget_client(struct requests *requests, const struct raftd_client *client)
{
    uint32_t place = requests->oldest;

    while (place != REQUEST_NONE) {
        struct request *request = &requests->table[place];

        place = request->newer;
        if (request->client != client) {
            continue;
        }
        request->client = NULL;
        if (request->state != REQUEST_HELD) {
            requests_finish(requests, request);
        }
    }
}
