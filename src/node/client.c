/*
 * Clients inside the process: a pair of rings between a thread of the embedder and the core thread.
 * Both ends are here.
 *
 * The life of a client: raftd_client_open() puts it into an empty place of node->clients by
 * compare-and-swap. raftd_client_close() marks it as closing; its thread does not touch it after
 * that. The core thread takes the requests that are left, empties the place and frees the client.
 * Only the core thread empties places and follows their pointers, so a pointer that it has read
 * stays valid until it frees the client itself. If no core thread runs, raftd_node_destroy() frees
 * the clients.
 *
 * When the core thread has ended (node->core_ended), a client takes its unread requests back by
 * itself and completes them with RAFTD_ERROR_STOPPED. So each request gets its completion whenever
 * the node stops.
 */
#include <poll.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "node/node.h"
#include "sys/clock.h"
#include "sys/ring.h"

enum { CLIENT_REQUESTS_MAX = 8192 };

struct client_answer {
    uint64_t tag;
    uint64_t index;
    int32_t status;
    uint32_t size_bytes;
    uint8_t *heap; /* NULL = the reply is inside */
    uint8_t inside[REPLY_INLINE_BYTES];
};

struct raftd_client {
    /* Does not change once the client is open. */
    struct raftd_node *node;
    struct ring *requests; /* client thread -> core thread, struct member_request */
    struct ring *answers;  /* core thread -> client thread, struct client_answer */
    struct waker waker;    /* consumer: client thread */

    /* Client thread. */
    size_t outstanding; /* requests without a completion taken: never more than a ring holds */
    struct client_answer answer; /* the last completion points into it */

    /* Core thread. */
    bool completed; /* whether a request was completed since client_take_wake() */

    /* Set by the client thread, as its last access; read by the core thread. */
    atomic_bool closing;
};

void client_free(struct raftd_client *client)
{
    struct member_request request;
    struct client_answer answer;

    while (ring_pop(client->requests, &request)) {
        raft_entry_release(request.entry);
    }
    while (ring_pop(client->answers, &answer)) {
        memory_free(answer.heap);
    }
    memory_free(client->answer.heap);
    ring_destroy(client->requests);
    ring_destroy(client->answers);
    waker_close(&client->waker);
    memory_free(client);
}

/* The core thread has to look at this place from now on. */
static void count_place(struct raftd_node *node, size_t place)
{
    size_t places = atomic_load(&node->client_places);

    while (places <= place &&
           !atomic_compare_exchange_weak(&node->client_places, &places, place + 1)) {
    }
}

int raftd_client_open(struct raftd_node *node, struct raftd_client **client)
{
    struct raftd_client *made = memory_allocate_zeroed(1, sizeof(*made));

    *client = NULL;
    if (waker_open(&made->waker) != 0) {
        memory_free(made);
        return RAFTD_ERROR_SYSTEM;
    }
    made->node = node;
    made->requests = ring_create(CLIENT_REQUESTS_MAX, sizeof(struct member_request));
    made->answers = ring_create(CLIENT_REQUESTS_MAX, sizeof(struct client_answer));
    atomic_init(&made->closing, false);
    for (size_t i = 0; i < NODE_CLIENTS_MAX; i++) {
        struct raftd_client *empty = NULL;

        if (atomic_compare_exchange_strong(&node->clients[i], &empty, made)) {
            count_place(node, i);
            *client = made;
            return 0;
        }
    }
    client_free(made);
    return RAFTD_ERROR_BUSY;
}

void raftd_client_close(struct raftd_client *client)
{
    if (client != NULL) {
        struct raftd_node *node = client->node;

        atomic_store(&client->closing, true);
        waker_wake(&node->core_waker);
    }
}

static int submit(struct raftd_client *client, struct member_request request, uint8_t type,
                  const void *data, size_t size)
{
    if (size > client->node->max_entry_bytes) {
        return RAFTD_ERROR_TOO_LARGE;
    }
    if (client->outstanding == CLIENT_REQUESTS_MAX) {
        return RAFTD_ERROR_BUSY;
    }
    request.entry = raft_entry_make(type, data, (uint32_t)size);
    if (!ring_push(client->requests, &request)) {
        raft_entry_release(request.entry);
        return RAFTD_ERROR_BUSY;
    }
    client->outstanding++;
    return 0;
}

int raftd_client_propose(struct raftd_client *client, const void *data, size_t size_bytes,
                         uint64_t tag)
{
    return client_submit_typed(client, RAFT_ENTRY_COMMAND, data, size_bytes, tag);
}

int raftd_client_propose_freeing(struct raftd_client *client, const void *data, size_t size_bytes,
                                 uint64_t tag)
{
    return client_submit_typed(client, RAFT_ENTRY_FREEING, data, size_bytes, tag);
}

struct raftd_node *client_node(struct raftd_client *client)
{
    return client->node;
}

int client_submit_typed(struct raftd_client *client, uint8_t type, const void *data, size_t size,
                        uint64_t tag)
{
    return submit(client, (struct member_request){.kind = MEMBER_COMMAND, .tag = tag}, type, data,
                  size);
}

int raftd_client_read(struct raftd_client *client, const void *query, size_t size_bytes,
                      enum raftd_read_level level, uint32_t max_lag_ms, uint64_t tag)
{
    struct member_request request = {
        .kind = MEMBER_READ, .level = level, .max_lag_ms = max_lag_ms, .tag = tag};

    if (client->node->machine.read == NULL || level < RAFTD_READ_LINEARIZABLE ||
        level > RAFTD_READ_STALE) {
        return RAFTD_ERROR_INVALID;
    }
    return submit(client, request, RAFT_ENTRY_COMMAND, query, size_bytes);
}

int raftd_client_snapshot(struct raftd_client *client, uint64_t tag)
{
    if (client->node->machine.snapshot_begin == NULL) {
        return RAFTD_ERROR_INVALID;
    }
    return submit(client, (struct member_request){.kind = MEMBER_SNAPSHOT, .tag = tag},
                  RAFT_ENTRY_COMMAND, NULL, 0);
}

size_t raftd_client_room(struct raftd_client *client)
{
    return CLIENT_REQUESTS_MAX - client->outstanding;
}

void raftd_client_submit(struct raftd_client *client)
{
    waker_wake(&client->node->core_waker);
}

/*
 * Takes an answer of the core thread; or, when that has ended, makes one for a request that it
 * never read. The flag is read before the ring: if it is set, all answers of the core thread are in
 * the ring already, and they come first.
 */
static bool take_answer(struct raftd_client *client, struct client_answer *answer)
{
    bool ended = atomic_load(&client->node->core_ended);
    struct member_request request;

    if (ring_pop(client->answers, answer)) {
        return true;
    }
    if (!ended || !ring_pop(client->requests, &request)) {
        return false;
    }
    raft_entry_release(request.entry);
    *answer = (struct client_answer){.tag = request.tag, .status = RAFTD_ERROR_STOPPED};
    return true;
}

static bool has_answer(struct raftd_client *client)
{
    return ring_count(client->answers) > 0 ||
           (atomic_load(&client->node->core_ended) && ring_count(client->requests) > 0);
}

bool raftd_client_next(struct raftd_client *client, struct raftd_completion *completion)
{
    memory_free(client->answer.heap);
    client->answer.heap = NULL;
    if (!take_answer(client, &client->answer)) {
        return false;
    }
    ASSERT(client->outstanding > 0);
    client->outstanding--;
    *completion = (struct raftd_completion){
        .tag = client->answer.tag,
        .status = client->answer.status,
        .index = client->answer.index,
        .data = client->answer.heap != NULL ? client->answer.heap : client->answer.inside,
        .size_bytes = client->answer.size_bytes,
    };
    return true;
}

int raftd_client_fd(const struct raftd_client *client)
{
    return client->waker.fd;
}

bool raftd_client_sleep(struct raftd_client *client)
{
    waker_prepare(&client->waker);
    if (has_answer(client)) {
        waker_done(&client->waker);
        return false;
    }
    return true;
}

void raftd_client_awake(struct raftd_client *client)
{
    waker_done(&client->waker);
}

/* A sleep may end early, by a wake-up for answers that were taken meanwhile; so it is a loop. */
bool raftd_client_wait(struct raftd_client *client, int timeout_ms)
{
    uint64_t now = clock_monotonic_ms();
    uint64_t deadline = now + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
    bool found;

    do {
        int left_ms = timeout_ms < 0 ? -1 : (int)(deadline - now);

        found = !raftd_client_sleep(client);
        if (!found) {
            waker_wait(&client->waker, left_ms);
            raftd_client_awake(client);
            found = has_answer(client);
        }
        now = clock_monotonic_ms();
    } while (!found && (timeout_ms < 0 || now < deadline));
    return found;
}

/* ---- the end of the core thread ---- */

bool client_pop(struct raftd_client *client, struct member_request *request)
{
    return ring_pop(client->requests, request);
}

bool client_has_requests(const struct raftd_client *client)
{
    return ring_count(client->requests) > 0;
}

void client_complete(struct raftd_client *client, uint64_t tag, int status, uint64_t index,
                     struct raftd_reply *reply)
{
    struct client_answer answer = {.tag = tag, .index = index, .status = status};
    bool pushed;

    if (reply != NULL) {
        answer.size_bytes = (uint32_t)reply->size_bytes;
        answer.heap = reply_take(reply);
        if (answer.heap == NULL) {
            memcpy(answer.inside, reply->inside, reply->size_bytes);
        }
    }
    pushed = ring_push(client->answers, &answer);
    ASSERT(pushed); /* the ring has a place for each request that can be under way */
    client->completed = true;
}

bool client_take_wake(struct raftd_client *client)
{
    bool completed = client->completed;

    client->completed = false;
    return completed;
}

void client_wake(struct raftd_client *client)
{
    waker_wake(&client->waker);
}

bool client_is_closing(const struct raftd_client *client)
{
    return atomic_load(&client->closing);
}
