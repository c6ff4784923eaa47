/*
 * Clients inside the process: the embedder's end of a ring pair, and the core thread's end.
 *
 * A client's life: its slot in node->clients is claimed by compare-and-swap in
 * raftd_client_open(); raftd_client_close() marks it closing; the core thread forgets its
 * requests and marks it detached; the next open, or the node's end, frees it. So neither side
 * ever frees what the other may still touch.
 */
#include <poll.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "node/node.h"
#include "sys/ring.h"

enum { CLIENT_REQUESTS_MAX = 8192 };

enum client_state { CLIENT_OPEN, CLIENT_CLOSING, CLIENT_DETACHED };

struct client_answer {
    uint64_t tag;
    uint64_t index;
    int32_t status;
    uint32_t size_bytes;
    uint8_t *heap; /* NULL: the reply is inside */
    uint8_t inside[REPLY_INLINE_BYTES];
};

struct raftd_client {
    /* Immutable once open. */
    struct raftd_node *node;
    struct ring *requests; /* client thread -> core thread, struct client_request */
    struct ring *answers;  /* core thread -> client thread, struct client_answer */
    struct waker waker;    /* consumer: client thread */

    /* Client thread. */
    size_t outstanding;          /* accepted and not answered yet: bounds both rings */
    struct client_answer answer; /* what the last completion points into */

    /* Core thread. */
    bool completed;

    atomic_int state; /* enum client_state */
};

void client_free(struct raftd_client *client)
{
    struct client_request request;
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

int raftd_client_open(struct raftd_node *node, struct raftd_client **client)
{
    struct raftd_client *made = memory_allocate_zeroed(1, sizeof(*made));

    *client = NULL;
    if (waker_open(&made->waker) != 0) {
        memory_free(made);
        return RAFTD_ERROR_SYSTEM;
    }
    made->node = node;
    made->requests = ring_create(CLIENT_REQUESTS_MAX, sizeof(struct client_request));
    made->answers = ring_create(CLIENT_REQUESTS_MAX, sizeof(struct client_answer));
    atomic_init(&made->state, CLIENT_OPEN);
    for (size_t i = 0; i < NODE_CLIENTS_MAX; i++) {
        struct raftd_client *old = atomic_load(&node->clients[i]);

        if (old != NULL && atomic_load(&old->state) != CLIENT_DETACHED) {
            continue;
        }
        if (atomic_compare_exchange_strong(&node->clients[i], &old, made)) {
            if (old != NULL) {
                client_free(old);
            }
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

        atomic_store(&client->state, CLIENT_CLOSING);
        waker_wake(&node->core_waker);
    }
}

static int submit(struct raftd_client *client, bool is_read, const void *data, size_t size,
                  uint64_t tag)
{
    struct client_request request = {.is_read = is_read, .tag = tag};

    if (size > client->node->max_entry_bytes) {
        return RAFTD_ERROR_TOO_LARGE;
    }
    if (client->outstanding == CLIENT_REQUESTS_MAX) {
        return RAFTD_ERROR_BUSY;
    }
    request.entry = raft_entry_make(RAFT_ENTRY_COMMAND, data, (uint32_t)size);
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
    return submit(client, false, data, size_bytes, tag);
}

int raftd_client_read(struct raftd_client *client, const void *query, size_t size_bytes,
                      uint64_t tag)
{
    return submit(client, true, query, size_bytes, tag);
}

size_t raftd_client_room(struct raftd_client *client)
{
    return CLIENT_REQUESTS_MAX - client->outstanding;
}

void raftd_client_submit(struct raftd_client *client)
{
    waker_wake(&client->node->core_waker);
}

bool raftd_client_next(struct raftd_client *client, struct raftd_completion *completion)
{
    memory_free(client->answer.heap);
    client->answer.heap = NULL;
    if (!ring_pop(client->answers, &client->answer)) {
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
    if (ring_count(client->answers) > 0) {
        waker_done(&client->waker);
        return false;
    }
    return true;
}

void raftd_client_awake(struct raftd_client *client)
{
    waker_done(&client->waker);
}

bool raftd_client_wait(struct raftd_client *client, int timeout_ms)
{
    if (raftd_client_sleep(client)) {
        waker_wait(&client->waker, timeout_ms);
        raftd_client_awake(client);
    }
    return ring_count(client->answers) > 0;
}

/* ---- the core thread's end ---- */

bool client_pop(struct raftd_client *client, struct client_request *request)
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
    ASSERT(pushed); /* as many places as requests can be under way */
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
    return atomic_load(&client->state) == CLIENT_CLOSING;
}

void client_detach(struct raftd_client *client)
{
    atomic_store(&client->state, CLIENT_DETACHED);
}
