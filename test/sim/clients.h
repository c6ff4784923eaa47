/*
 * The clients of a simulated world. Each has one request at a time under way, most often at the
 * same host, and asks another host when it gets no answer. A request whose outcome it does not know
 * it may make again. Every request is kept with its answer: this history is compared with the order
 * in which the entries were applied. One thread.
 */
#ifndef RAFTD_TEST_SIM_CLIENTS_H
#define RAFTD_TEST_SIM_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/client.h>

#include "sim/model.h"
#include "sim/world.h"

enum client_state {
    CLIENT_SENT,    /* under way to the host */
    CLIENT_OPEN,    /* with the host */
    CLIENT_DONE,    /* answered */
    CLIENT_REFUSED, /* certainly not applied, now or later */
    CLIENT_UNKNOWN, /* it may have been applied, or may be later */
};

struct client_operation {
    uint64_t number; /* from 1; the tag as well */
    uint16_t client;
    uint16_t host;
    enum client_state state;
    uint64_t floor_index; /* index that was committed, or seen by any client, when it arrived */
    uint64_t proposed;    /* number of times */
    uint64_t applied_index;
    enum raftd_read_level level;
    uint32_t max_lag_ms;
    struct model_request request;
    struct buffer bytes;    /* the request, encoded for the host */
    struct buffer expected; /* the reply at applied_index */
};

struct raft_entry;
struct raftd_client;

struct clients *clients_create(struct world *world);
void clients_destroy(struct clients *clients);
void clients_start(struct world *world);
/* The calm begins: clients that wait give up, and all write until something is committed. */
void clients_calm(struct world *world);
/* Clients make no new requests from now on. */
void clients_stop(struct world *world);

/* A story asks: the request arrives at this host at once. The operation says how it ends. */
const struct client_operation *clients_ask(struct world *world, uint16_t host,
                                           const struct model_request *request,
                                           enum raftd_read_level level, uint32_t max_lag_ms);

/* Somebody writes a value of this size to the key with huge values (huge.h). */
const struct client_operation *clients_ask_huge(struct world *world, uint16_t host, size_t bytes);

/* Events of the queue. */
void clients_on_turn(struct world *world, uint16_t client, uint64_t turn);
void clients_on_arrival(struct world *world, uint64_t number);

/* Called by hosts. */
struct client_operation *clients_operation(struct world *world, uint64_t tag);
struct raftd_client *clients_of(struct client_operation *operation);
uint64_t clients_tag(const struct client_operation *operation);
bool clients_is_read(const struct client_operation *operation);
/* A new entry with its bytes. */
struct raft_entry *clients_entry(const struct client_operation *operation);
void clients_on_answer(struct world *world, uint16_t host, uint64_t tag, int status, uint64_t index,
                       const void *reply, size_t size);
/* The host has ended. in_doubt: its core had the request already. */
void clients_on_crash(struct world *world, struct client_operation *operation, bool in_doubt);

struct clients_figures {
    uint64_t operations, answered, refused, unknown;
};
struct clients_figures clients_get_figures(const struct world *world);

#endif
