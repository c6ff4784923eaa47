/*
 * The fake node. A mutex guards all of it, since the threaded tests use it from many workers.
 */
#include "front/fake_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <raftd/client.h>
#include <raftd/state_machine.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "kv/kv.h"
#include "sys/waker.h"

enum { ROOM = 8192 };

struct raftd_reply {
    struct buffer bytes;
};

struct fake_request {
    struct raftd_client *client; /* NULL: closed meanwhile */
    bool is_read;
    uint64_t tag;
    uint8_t *data;
    size_t size_bytes;
};

struct fake_answer {
    uint64_t tag;
    int status;
    uint64_t index;
    struct buffer bytes;
};

struct raftd_client {
    struct raftd_node *node;
    struct waker waker;
    size_t outstanding;
    struct fake_request *proposed; /* not submitted yet */
    size_t proposed_count, proposed_capacity;
    struct fake_answer *answers;
    size_t answer_count, answer_capacity;
    struct buffer current;
};

struct raftd_node {
    pthread_mutex_t mutex;
    struct kv *kv;
    struct raftd_state_machine machine;
    atomic_bool ready;
    atomic_bool has_no_quorum;
    bool holds;
    size_t room;
    int refusal;
    uint64_t index;
    struct fake_request *held;
    size_t held_count, held_capacity;
    size_t submits;
    size_t open_clients;
    enum raftd_read_level read_level; /* of the last read */
    uint32_t max_lag_ms;
    struct raftd_status *status; /* NULL: one that says little */
};

void raftd_reply_write(struct raftd_reply *reply, const void *data, size_t size_bytes)
{
    buffer_append(&reply->bytes, data, size_bytes);
}

/* The client's side has no snapshots; the store that it links has. */
void raftd_snapshot_write(struct raftd_snapshot_sink *sink, const void *data, size_t size_bytes)
{
    (void)sink;
    (void)data;
    (void)size_bytes;
    ASSERT(false);
}

/* ---- The test's side ---------------------------------------------------------------------- */

struct raftd_node *fake_node_create(void)
{
    struct raftd_node *node = memory_allocate_zeroed(1, sizeof(*node));

    pthread_mutex_init(&node->mutex, NULL);
    node->kv = kv_create(1);
    node->machine = kv_state_machine(node->kv);
    node->room = ROOM;
    atomic_init(&node->ready, true);
    return node;
}

void fake_node_destroy(struct raftd_node *node)
{
    ASSERT(node->open_clients == 0);
    for (size_t i = 0; i < node->held_count; i++) {
        memory_free(node->held[i].data);
    }
    memory_free(node->held);
    memory_free(node->status);
    kv_destroy(node->kv);
    pthread_mutex_destroy(&node->mutex);
    memory_free(node);
}

void fake_node_set_ready(struct raftd_node *node, bool ready)
{
    atomic_store(&node->ready, ready);
}

void fake_node_lose_quorum(struct raftd_node *node, bool lost)
{
    atomic_store(&node->has_no_quorum, lost);
}

void fake_node_hold(struct raftd_node *node)
{
    node->holds = true;
}

void fake_node_set_room(struct raftd_node *node, size_t room)
{
    node->room = room;
}

void fake_node_refuse_next(struct raftd_node *node, int code)
{
    node->refusal = code;
}

size_t fake_node_held(struct raftd_node *node)
{
    return node->held_count;
}

bool fake_node_held_is_read(struct raftd_node *node, size_t place)
{
    ASSERT(place < node->held_count);
    return node->held[place].is_read;
}

struct kv *fake_node_kv(struct raftd_node *node)
{
    return node->kv;
}

enum raftd_read_level fake_node_read_level(struct raftd_node *node, uint32_t *max_lag_ms)
{
    *max_lag_ms = node->max_lag_ms;
    return node->read_level;
}

void fake_node_set_status(struct raftd_node *node, const struct raftd_status *status)
{
    memory_free(node->status);
    node->status = memory_allocate(sizeof(*status));
    *node->status = *status;
}

size_t fake_node_submits(struct raftd_node *node)
{
    return node->submits;
}

size_t fake_node_open_clients(struct raftd_node *node)
{
    return node->open_clients;
}

static void add_answer(struct raftd_client *client, struct fake_answer answer)
{
    client->answers = memory_grow(client->answers, &client->answer_capacity,
                                  client->answer_count + 1, sizeof(client->answers[0]));
    client->answers[client->answer_count++] = answer;
}

static void carry_out(struct raftd_node *node, const struct fake_request *request, int status)
{
    struct raftd_reply reply = {0};

    if (status == 0 && request->is_read) {
        struct raftd_query query = {.data = request->data, .size_bytes = request->size_bytes};

        node->machine.read(node->machine.context, &query, &reply);
    } else if (status == 0) {
        struct raftd_entry entry = {.index = ++node->index,
                                    .term = 1,
                                    .data = request->data,
                                    .size_bytes = request->size_bytes,
                                    .reply = &reply};

        node->machine.apply(node->machine.context, &entry, 1);
    }
    if (request->client == NULL) {
        buffer_free(&reply.bytes);
        return;
    }
    add_answer(request->client, (struct fake_answer){.tag = request->tag,
                                                     .status = status,
                                                     .index = node->index,
                                                     .bytes = reply.bytes});
    waker_wake(&request->client->waker);
}

void fake_node_answer(struct raftd_node *node, size_t place, int status)
{
    ASSERT(place < node->held_count);
    pthread_mutex_lock(&node->mutex);
    carry_out(node, &node->held[place], status);
    memory_free(node->held[place].data);
    node->held_count--;
    memmove(&node->held[place], &node->held[place + 1],
            (node->held_count - place) * sizeof(node->held[0]));
    pthread_mutex_unlock(&node->mutex);
}

void fake_node_answer_all(struct raftd_node *node)
{
    while (node->held_count > 0) {
        fake_node_answer(node, 0, 0);
    }
}

/* ---- <raftd/node.h> ----------------------------------------------------------------------- */

bool raftd_node_is_ready(const struct raftd_node *node)
{
    return atomic_load(&node->ready) && !atomic_load(&node->has_no_quorum);
}

bool raftd_node_accepts(const struct raftd_node *node)
{
    return atomic_load(&node->ready);
}

void raftd_node_status(struct raftd_node *node, struct raftd_status *status, size_t size_bytes)
{
    ASSERT(size_bytes == sizeof(*status));
    if (node->status != NULL) {
        *status = *node->status;
        return;
    }
    *status = (struct raftd_status){
        .cluster_id = 0x0123456789abcdef,
        .cluster_name = "fake",
        .version = "0.1.0",
        .id = 2,
        .leader = 1,
        .role = "follower",
        .phase = RAFTD_PHASE_RUNNING,
        .ready = atomic_load(&node->ready),
        .term = 7,
        .last_index = 19,
        .durable_index = 18,
        .commit_index = 17,
        .applied_index = 16,
        .proposals_pending = 5,
        .reads_pending = 4,
        .log_bytes = 4096,
        .log_segments = 3,
        .log_syncs = 11,
        .snapshot_index = 15,
        .snapshot_bytes = 800,
        .uptime_ms = 1234,
        .quorum_silent_ms = 21,
        .member_count = 2,
        .members = {{.id = 1,
                     .voter = true,
                     .connected = true,
                     .round_trip_us = 99,
                     .address = "127.0.0.1:7381",
                     .client_address = "127.0.0.1:7380",
                     .trouble = ""},
                    {.id = 2,
                     .learner = true,
                     .self = true,
                     .replicating = true,
                     .match_index = 12,
                     .silent_ms = 3,
                     .address = "127.0.0.1:7391",
                     .client_address = "",
                     .trouble = "none at all"}},
    };
}

uint64_t raftd_node_snapshot(struct raftd_node *node)
{
    (void)node;
    return 16;
}

/* The snapshot of index 15 has 800 bytes, all of them an x. */
int raftd_node_read_snapshot(struct raftd_node *node, uint64_t index, uint64_t offset_bytes,
                             void *data, size_t size_bytes, size_t *count, uint64_t *total_bytes,
                             struct raftd_error *error)
{
    (void)node;
    if (index != 15) {
        snprintf(error->message, sizeof(error->message), "there is no snapshot of index %llu",
                 (unsigned long long)index);
        return RAFTD_ERROR_INVALID;
    }
    *total_bytes = 800;
    *count = offset_bytes < 800 ? (size_t)(800 - offset_bytes) : 0;
    *count = *count < size_bytes ? *count : size_bytes;
    memset(data, 'x', *count);
    return 0;
}

const char *raftd_phase_name(enum raftd_phase phase)
{
    return phase == RAFTD_PHASE_RUNNING ? "running" : "another";
}

const char *raftd_version(void)
{
    return "0.1.0";
}

/* ---- <raftd/client.h> --------------------------------------------------------------------- */

int raftd_client_open(struct raftd_node *node, struct raftd_client **client)
{
    *client = memory_allocate_zeroed(1, sizeof(**client));
    (*client)->node = node;
    if (waker_open(&(*client)->waker) != 0) {
        abort();
    }
    pthread_mutex_lock(&node->mutex);
    node->open_clients++;
    pthread_mutex_unlock(&node->mutex);
    return 0;
}

void raftd_client_close(struct raftd_client *client)
{
    struct raftd_node *node = client->node;

    pthread_mutex_lock(&node->mutex);
    for (size_t i = 0; i < node->held_count; i++) {
        if (node->held[i].client == client) {
            node->held[i].client = NULL;
        }
    }
    node->open_clients--;
    pthread_mutex_unlock(&node->mutex);
    for (size_t i = 0; i < client->proposed_count; i++) {
        memory_free(client->proposed[i].data);
    }
    for (size_t i = 0; i < client->answer_count; i++) {
        buffer_free(&client->answers[i].bytes);
    }
    memory_free(client->proposed);
    memory_free(client->answers);
    buffer_free(&client->current);
    waker_close(&client->waker);
    memory_free(client);
}

static int accept_request(struct raftd_client *client, bool is_read, const void *data, size_t size,
                          uint64_t tag)
{
    struct fake_request request = {
        .client = client, .is_read = is_read, .tag = tag, .size_bytes = size};
    int refusal = client->node->refusal;

    if (refusal != 0) {
        client->node->refusal = 0;
        return refusal;
    }
    if (client->outstanding >= client->node->room) {
        return RAFTD_ERROR_BUSY;
    }
    request.data = memory_allocate(size);
    memcpy(request.data, data, size);
    client->proposed = memory_grow(client->proposed, &client->proposed_capacity,
                                   client->proposed_count + 1, sizeof(client->proposed[0]));
    client->proposed[client->proposed_count++] = request;
    client->outstanding++;
    return 0;
}

int raftd_client_propose(struct raftd_client *client, const void *data, size_t size_bytes,
                         uint64_t tag)
{
    return accept_request(client, false, data, size_bytes, tag);
}

int raftd_client_propose_freeing(struct raftd_client *client, const void *data, size_t size_bytes,
                                 uint64_t tag)
{
    return accept_request(client, false, data, size_bytes, tag);
}

int raftd_client_read(struct raftd_client *client, const void *query, size_t size_bytes,
                      enum raftd_read_level level, uint32_t max_lag_ms, uint64_t tag)
{
    pthread_mutex_lock(&client->node->mutex);
    client->node->read_level = level;
    client->node->max_lag_ms = max_lag_ms;
    pthread_mutex_unlock(&client->node->mutex);
    return accept_request(client, true, query, size_bytes, tag);
}

/* Of a change of members and a transfer: done, unless the id is this one. */
enum { ID_IN_CONFLICT = 99 };

static int answer_sentence(struct raftd_client *client, uint16_t id, uint64_t tag)
{
    struct fake_answer answer = {.tag = tag};

    pthread_mutex_lock(&client->node->mutex);
    if (id == ID_IN_CONFLICT) {
        answer.status = RAFTD_ERROR_CONFLICT;
        buffer_append(&answer.bytes, "not now", 7);
    }
    add_answer(client, answer);
    client->outstanding++;
    pthread_mutex_unlock(&client->node->mutex);
    waker_wake(&client->waker);
    return 0;
}

int raftd_client_change(struct raftd_client *client, const struct raftd_change_step *steps,
                        size_t count, uint64_t tag)
{
    ASSERT(count > 0);
    if (steps[0].address != NULL && strchr(steps[0].address, ':') == NULL) {
        return RAFTD_ERROR_INVALID;
    }
    return answer_sentence(client, steps[count - 1].id, tag);
}

int raftd_client_handover(struct raftd_client *client, uint16_t to, uint64_t tag)
{
    return answer_sentence(client, to, tag);
}

size_t raftd_client_room(struct raftd_client *client)
{
    size_t room = client->node->room;

    return room > client->outstanding ? room - client->outstanding : 0;
}

void raftd_client_submit(struct raftd_client *client)
{
    struct raftd_node *node = client->node;

    pthread_mutex_lock(&node->mutex);
    node->submits++;
    for (size_t i = 0; i < client->proposed_count; i++) {
        if (node->holds) {
            node->held = memory_grow(node->held, &node->held_capacity, node->held_count + 1,
                                     sizeof(node->held[0]));
            node->held[node->held_count++] = client->proposed[i];
        } else {
            carry_out(node, &client->proposed[i], 0);
            memory_free(client->proposed[i].data);
        }
    }
    client->proposed_count = 0;
    pthread_mutex_unlock(&node->mutex);
}

bool raftd_client_next(struct raftd_client *client, struct raftd_completion *completion)
{
    struct fake_answer answer;

    buffer_free(&client->current);
    pthread_mutex_lock(&client->node->mutex);
    if (client->answer_count == 0) {
        pthread_mutex_unlock(&client->node->mutex);
        return false;
    }
    answer = client->answers[0];
    client->answer_count--;
    memmove(client->answers, client->answers + 1,
            client->answer_count * sizeof(client->answers[0]));
    pthread_mutex_unlock(&client->node->mutex);
    client->outstanding--;
    client->current = answer.bytes;
    *completion = (struct raftd_completion){.tag = answer.tag,
                                            .status = answer.status,
                                            .index = answer.index,
                                            .data = client->current.data,
                                            .size_bytes = client->current.size_bytes};
    return true;
}

int raftd_client_fd(const struct raftd_client *client)
{
    return client->waker.fd;
}

bool raftd_client_sleep(struct raftd_client *client)
{
    bool empty;

    waker_prepare(&client->waker);
    pthread_mutex_lock(&client->node->mutex);
    empty = client->answer_count == 0;
    pthread_mutex_unlock(&client->node->mutex);
    if (!empty) {
        waker_done(&client->waker);
    }
    return empty;
}

void raftd_client_awake(struct raftd_client *client)
{
    waker_done(&client->waker);
}
