/*
 * The clients of a simulated world; see clients.h.
 */
#include "sim/clients.h"

#include <stdio.h>
#include <string.h>

#include <raftd/error.h>

#include "base/assert.h"
#include "base/memory.h"
#include "raft/entry.h"
#include "sim/host.h"
#include "sim/huge.h"
#include "sim/truth.h"

enum { CLIENTS_MAX = 16, ARRIVE_MAX_US = 500, LARGE_ONE_IN = 40 };

/* The counterpart of struct raftd_client of src/node. */
struct raftd_client {
    uint16_t number;
    uint16_t host; /* the host that it asks first */
    uint64_t turn;
    uint64_t operation; /* under way, 0 = none */
    bool tries_again;   /* the outcome of the last request is unknown */
    struct model_request last;
};

struct clients {
    struct sim_random random;
    bool stopped;
    struct raftd_client list[CLIENTS_MAX + 1]; /* the last stands for stories */
    struct client_operation **operations;      /* [number - 1] */
    size_t count;
    size_t capacity;
    char **values; /* of all requests */
    size_t value_count;
    size_t value_capacity;
    struct clients_figures figures;
};

struct clients *clients_create(struct world *world)
{
    struct clients *clients = memory_allocate_zeroed(1, sizeof(*clients));

    clients->random = sim_random_make(world->swarm.seed ^ 0xc11e);
    for (uint16_t i = 0; i < world->swarm.clients; i++) {
        clients->list[i].number = i;
    }
    return clients;
}

void clients_destroy(struct clients *clients)
{
    for (size_t i = 0; i < clients->count; i++) {
        buffer_free(&clients->operations[i]->bytes);
        buffer_free(&clients->operations[i]->expected);
        memory_free(clients->operations[i]);
    }
    for (size_t i = 0; i < clients->value_count; i++) {
        memory_free(clients->values[i]);
    }
    memory_free(clients->values);
    memory_free(clients->operations);
    memory_free(clients);
}

/* ---- turns ---- */

static void plan_turn(struct world *world, struct raftd_client *client, uint64_t after_us)
{
    client->turn++;
    world_plan(world, world->now_us + after_us, SIM_EVENT_CLIENT, client->number, 0, client->turn);
}

/* In the calm all clients write, and soon, until something is committed. */
static bool is_urgent(const struct world *world)
{
    return world->calm && !world->full && world->commit_after_calm_us == 0;
}

static void plan_think(struct world *world, struct raftd_client *client)
{
    uint64_t longest_us = is_urgent(world) || world->full
                              ? 200 * (uint64_t)world->swarm.election_timeout_ms
                              : 2 * (uint64_t)world->swarm.think_us;

    plan_turn(world, client, sim_random_below(&world->clients->random, longest_us));
}

void clients_calm(struct world *world)
{
    for (uint16_t i = 0; i < world->swarm.clients; i++) {
        plan_think(world, &world->clients->list[i]);
    }
}

void clients_start(struct world *world)
{
    for (uint16_t i = 0; i < world->swarm.clients; i++) {
        plan_think(world, &world->clients->list[i]);
    }
}

void clients_stop(struct world *world)
{
    world->clients->stopped = true;
}

/* Whether a host has to answer reads. One that has no room for the newest entries is left behind,
 * and cannot, unless it leads. */
static bool is_worth_asking(const struct world *world, const struct host *host)
{
    if (!world->calm) {
        return !host->gone && host->stand_in != HOST_FORMER;
    }
    return truth_is_sound(world, host) &&
           (!world->full || host->room < HOST_ROOM_NONE ||
            (host->alive && raft_get_role(host->core) == RAFT_LEADER));
}

static uint16_t pick_host(struct world *world)
{
    uint16_t ids[SIM_HOSTS_MAX];
    size_t count = 0;

    for (uint16_t id = 1; id < SIM_HOSTS_MAX; id++) {
        if (world->hosts[id] != NULL && is_worth_asking(world, world->hosts[id])) {
            ids[count++] = id;
        }
    }
    return count > 0 ? ids[sim_random_below(&world->clients->random, count)] : 1;
}

/* Numbers are in the lower half of the keys and texts in the upper half, so that no client
 * increments a text. */
static bool is_counter(const struct world *world, uint16_t key)
{
    return key < (world->swarm.keys + 1) / 2;
}

/* A client that writes now and then soon waits for a leader that is cut off. Clients that only read
 * go on asking it, and could get an old answer. */
static bool only_reads(const struct world *world, const struct raftd_client *client)
{
    return world->swarm.levels && client->number % 3 == 2 && !is_urgent(world);
}

static enum model_kind draw_kind(struct world *world, bool counter, bool read)
{
    static const enum model_kind counters[] = {
        MODEL_INCREMENT, MODEL_INCREMENT, MODEL_INCREMENT, MODEL_INCREMENT,
        MODEL_DELETE,    MODEL_SET,       MODEL_SET_NX,    MODEL_SET_GET,
        MODEL_SET_PX,    MODEL_PEXPIRE,   MODEL_PERSIST,   MODEL_INCREMENT,
        MODEL_SET_IFEQ,  MODEL_INCREMENT, MODEL_DELIF,     MODEL_INCREMENT};
    static const enum model_kind texts[] = {
        MODEL_SET,    MODEL_SET,  MODEL_SET_NX,   MODEL_SET_XX,  MODEL_SET_GET, MODEL_APPEND,
        MODEL_GETDEL, MODEL_MSET, MODEL_SET_PX,   MODEL_PEXPIRE, MODEL_PERSIST, MODEL_EXEC,
        MODEL_SET_PX, MODEL_EXEC, MODEL_SET_IFEQ, MODEL_DELIF};
    static const enum model_kind reads[] = {MODEL_GET,    MODEL_GET,  MODEL_MGET, MODEL_STRLEN,
                                            MODEL_EXISTS, MODEL_GET,  MODEL_GET,  MODEL_MGET,
                                            MODEL_EXISTS, MODEL_GET,  MODEL_GET,  MODEL_MGET,
                                            MODEL_GET,    MODEL_MGET, MODEL_GET,  MODEL_GET};
    size_t which = (size_t)sim_random_below(&world->clients->random, 16);

    if (world->full) {
        read = read || sim_random_below(&world->clients->random, 4) != 0;
    }
    if (read || (!is_urgent(world) &&
                 sim_random_below(&world->clients->random, 100) >= world->swarm.write_percent)) {
        return reads[which];
    }
    return counter ? counters[which] : texts[which];
}

/* The size of the value; a few are large where the world has large ones. */
static size_t draw_value_bytes(struct world *world, bool counter, size_t least)
{
    struct sim_random *random = &world->clients->random;
    size_t wanted = (size_t)sim_random_below(random, world->swarm.value_bytes_max);

    if (world->swarm.large_bytes != 0 && sim_random_below(random, LARGE_ONE_IN) == 0) {
        wanted = (size_t)sim_random_below(random, world->swarm.large_bytes);
    }
    return counter || wanted <= least ? least : wanted;
}

/* A value of this size that begins with a text. */
static void make_value(struct clients *clients, struct model_request *request, const char *text,
                       size_t bytes)
{
    size_t least = strlen(text);
    char *value = memory_allocate(bytes + 1);

    request->value_bytes = bytes;
    memset(value, '.', request->value_bytes);
    memcpy(value, text, least);
    value[request->value_bytes] = 0;
    clients->values = memory_grow(clients->values, &clients->value_capacity,
                                  clients->value_count + 1, sizeof(char *));
    clients->values[clients->value_count++] = value;
    request->value = value;
}

/* A value that no other request writes, so that it tells which request wrote it. */
static void draw_value(struct world *world, struct model_request *request, uint64_t number)
{
    bool counter = is_counter(world, request->key);
    char text[32];
    size_t least = (size_t)snprintf(text, sizeof(text), counter ? "%llu000" : "v%llu",
                                    (unsigned long long)number);

    make_value(world->clients, request, text, draw_value_bytes(world, counter, least));
}

static void make_huge_value(struct world *world, struct model_request *request, uint64_t number,
                            size_t bytes)
{
    char text[32];

    snprintf(text, sizeof(text), "v%llu", (unsigned long long)number);
    make_value(world->clients, request, text, bytes);
}

/* Often a value that was written a moment ago: about half of the comparisons find it. */
static void draw_compared(struct world *world, struct model_request *request, uint64_t number)
{
    const struct clients *clients = world->clients;

    snprintf(request->compared, sizeof(request->compared), "%llu", (unsigned long long)number);
    for (size_t i = clients->count; i > 0 && i + 32 > clients->count; i--) {
        const struct model_request *other = &clients->operations[i - 1]->request;

        if (other->key == request->key && other->value_bytes < sizeof(request->compared) &&
            other->value_bytes > 0 && other->kind < MODEL_READS && other->kind != MODEL_INCREMENT) {
            memcpy(request->compared, other->value, other->value_bytes);
            request->compared[other->value_bytes] = 0;
            return;
        }
    }
}

/* The revision of a change a moment ago: about half of them are still the newest. */
static void draw_watch(struct world *world, struct model_request *request)
{
    const struct clients *clients = world->clients;

    request->watches = sim_random_below(&world->clients->random, 4) != 0;
    for (size_t i = clients->count; i > 0 && i + 32 > clients->count; i--) {
        const struct client_operation *other = clients->operations[i - 1];

        if (other->state == CLIENT_DONE && other->applied_index != 0 &&
            (other->request.key == request->key ||
             ((other->request.kind == MODEL_MSET || other->request.kind == MODEL_EXEC) &&
              other->request.second == request->key))) {
            request->watched = other->applied_index;
            return;
        }
    }
}

static struct model_request draw_request(struct world *world, const struct raftd_client *client,
                                         uint64_t number)
{
    struct sim_random *random = &world->clients->random;
    struct model_request request;
    size_t huge_bytes;

    if (huge_draw(world, random, &request, &huge_bytes)) {
        if (huge_bytes != 0) {
            make_huge_value(world, &request, number, huge_bytes);
        }
        return request;
    }
    request = (struct model_request){.amount = 1 + (int64_t)sim_random_below(random, 9)};
    request.key = (uint16_t)sim_random_below(random, world->swarm.keys);
    request.kind = draw_kind(world, is_counter(world, request.key), only_reads(world, client));
    request.second = (uint16_t)((request.key + 1 + sim_random_below(random, world->swarm.keys)) %
                                world->swarm.keys);
    if (request.second == request.key || is_counter(world, request.second)) {
        request.second = request.key;
        if (request.kind == MODEL_MSET || request.kind == MODEL_EXEC) {
            request.kind = MODEL_SET;
        }
    }
    if (request.kind == MODEL_SET_PX || request.kind == MODEL_PEXPIRE) {
        request.amount =
            1 + (int64_t)(sim_random_below(random, 4000) >> sim_random_below(random, 8));
    }
    draw_value(world, &request, number);
    draw_compared(world, &request, number);
    if (request.kind == MODEL_EXEC) {
        draw_watch(world, &request);
    }
    return request;
}

static struct client_operation *make_operation(struct clients *clients)
{
    struct client_operation *operation = memory_allocate_zeroed(1, sizeof(*operation));

    clients->operations = memory_grow(clients->operations, &clients->capacity, clients->count + 1,
                                      sizeof(struct client_operation *));
    clients->operations[clients->count++] = operation;
    operation->number = clients->count;
    clients->figures.operations++;
    return operation;
}

static struct client_operation *add_operation(struct world *world, struct raftd_client *client)
{
    static const enum raftd_read_level levels[] = {RAFTD_READ_LINEARIZABLE, RAFTD_READ_LEASE,
                                                   RAFTD_READ_LEASE, RAFTD_READ_STALE};
    struct clients *clients = world->clients;
    struct client_operation *operation = make_operation(clients);

    operation->client = client->number;
    operation->host = client->host;
    client->tries_again = client->tries_again && !huge_is(world, &client->last);
    operation->request =
        client->tries_again ? client->last : draw_request(world, client, operation->number);
    if (client->tries_again) {
        world_see(world, SEEN_RETRY);
    }
    if (world->swarm.levels) {
        operation->level = levels[sim_random_below(&clients->random, 4)];
        if (only_reads(world, client)) {
            operation->level = RAFTD_READ_LEASE;
        }
        operation->max_lag_ms = (uint32_t)(sim_random_below(&clients->random, 4000) >>
                                           sim_random_below(&clients->random, 12));
    }
    if (world->full) {
        operation->level = RAFTD_READ_LINEARIZABLE;
    }
    client->last = operation->request;
    client->tries_again = false;
    client->operation = operation->number;
    model_encode(&operation->request, &operation->bytes);
    return operation;
}

static void settle(struct world *world, struct client_operation *operation,
                   enum client_state state);

void clients_on_turn(struct world *world, uint16_t number, uint64_t turn)
{
    struct clients *clients = world->clients;
    struct raftd_client *client = &clients->list[number];
    struct client_operation *operation;

    if (turn != client->turn) {
        return;
    }
    if (client->operation != 0) {
        /* The client has waited long enough: the host may be paused or cut off. */
        client->host = 0;
        client->operation = 0;
        client->tries_again = sim_random_below(&clients->random, 2) == 0;
    }
    if (clients->stopped) {
        return;
    }
    if (client->host == 0 || !is_worth_asking(world, world->hosts[client->host]) ||
        sim_random_below(&clients->random, only_reads(world, client) ? 64 : 8) == 0) {
        client->host = pick_host(world);
    }
    operation = add_operation(world, client);
    world_plan(world, world->now_us + 1 + sim_random_below(&clients->random, ARRIVE_MAX_US),
               SIM_EVENT_REQUEST, client->number, 0, operation->number);
    plan_turn(world, client, 2000 * (uint64_t)world->swarm.request_timeout_ms);
}

void clients_on_arrival(struct world *world, uint64_t number)
{
    struct client_operation *operation = clients_operation(world, number);
    struct host *host = world->hosts[operation->host];

    if (!host_is_alive(host) || host->stand_in == HOST_FORMER) {
        settle(world, operation, CLIENT_REFUSED);
        return;
    }
    operation->state = CLIENT_OPEN;
    operation->floor_index = truth_floor(world);
    if (world->story != NULL) {
        char text[96];

        model_describe(&operation->request, text, sizeof(text));
        world_tell(world, operation->host, "is asked (%llu): %s", (unsigned long long)number, text);
    }
    host_ask(host, operation);
}

const struct client_operation *clients_ask(struct world *world, uint16_t host,
                                           const struct model_request *request,
                                           enum raftd_read_level level, uint32_t max_lag_ms)
{
    struct client_operation *operation = make_operation(world->clients);

    operation->client = CLIENTS_MAX;
    operation->host = host;
    operation->request = *request;
    operation->level = level;
    operation->max_lag_ms = max_lag_ms;
    model_encode(&operation->request, &operation->bytes);
    clients_on_arrival(world, operation->number);
    return operation;
}

const struct client_operation *clients_ask_huge(struct world *world, uint16_t host, size_t bytes)
{
    struct model_request request = {
        .kind = MODEL_SET, .key = world->swarm.keys, .second = world->swarm.keys};

    make_huge_value(world, &request, world->clients->count + 1, bytes);
    return clients_ask(world, host, &request, RAFTD_READ_LINEARIZABLE, 0);
}

/* ---- for hosts ---- */

struct client_operation *clients_operation(struct world *world, uint64_t tag)
{
    ASSERT(tag > 0 && tag <= world->clients->count);
    return world->clients->operations[tag - 1];
}

struct raftd_client *clients_of(struct client_operation *operation)
{
    /* The table of requests only needs a pointer that is not NULL. */
    return (struct raftd_client *)(void *)operation;
}

uint64_t clients_tag(const struct client_operation *operation)
{
    return operation->number;
}

bool clients_is_read(const struct client_operation *operation)
{
    return operation->request.kind >= MODEL_READS;
}

/* Commands that free space are taken while others are refused. */
static bool frees(enum model_kind kind)
{
    return kind == MODEL_DELETE || kind == MODEL_GETDEL || kind == MODEL_DELIF ||
           kind == MODEL_PEXPIRE;
}

struct raft_entry *clients_entry(const struct client_operation *operation)
{
    uint8_t type = frees(operation->request.kind) ? RAFT_ENTRY_FREEING : RAFT_ENTRY_COMMAND;

    return raft_entry_make(type, operation->bytes.data, (uint32_t)operation->bytes.size_bytes);
}

/* The client gets the answer. A client that still waited thinks for a while, then makes its next
 * request. */
static void settle(struct world *world, struct client_operation *operation, enum client_state state)
{
    struct raftd_client *client = &world->clients->list[operation->client];
    struct clients_figures *figures = &world->clients->figures;

    ASSERT(operation->state == CLIENT_SENT || operation->state == CLIENT_OPEN);
    operation->state = state;
    figures->answered += state == CLIENT_DONE;
    figures->refused += state == CLIENT_REFUSED;
    figures->unknown += state == CLIENT_UNKNOWN;
    truth_on_settled(world, operation);
    if (client->operation != operation->number) {
        return;
    }
    client->operation = 0;
    if (state != CLIENT_DONE) {
        client->host = 0;
        client->tries_again = sim_random_below(&world->clients->random, 2) == 0;
    }
    plan_think(world, client);
}

void clients_on_answer(struct world *world, uint16_t host, uint64_t tag, int status, uint64_t index,
                       const void *reply, size_t size)
{
    struct client_operation *operation = clients_operation(world, tag);

    STORY(world, host, "answers (%llu): %s, index %llu", (unsigned long long)tag,
          status == 0 ? "done" : raftd_code_text(status), (unsigned long long)index);
    world_mix(world, sim_mix(tag, index));
    if (operation->state != CLIENT_OPEN) {
        world_fail(world, "one answer", "request %llu is answered twice", (unsigned long long)tag);
        return;
    }
    if (status == RAFTD_OK) {
        if (world->full && clients_is_read(operation) &&
            operation->level == RAFTD_READ_LINEARIZABLE) {
            world_see(world, SEEN_FULL_READ);
            world->full_reads++;
        }
        truth_on_answer(world, operation, index, reply, size);
        settle(world, operation, CLIENT_DONE);
    } else {
        settle(world, operation, status == RAFTD_ERROR_TIMEOUT ? CLIENT_UNKNOWN : CLIENT_REFUSED);
    }
}

void clients_on_crash(struct world *world, struct client_operation *operation, bool in_doubt)
{
    if (operation->state == CLIENT_OPEN) {
        settle(world, operation, in_doubt ? CLIENT_UNKNOWN : CLIENT_REFUSED);
    }
}

struct clients_figures clients_get_figures(const struct world *world)
{
    return world->clients->figures;
}
