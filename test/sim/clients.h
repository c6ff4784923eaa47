/*
 * Clients: each asks one thing at a time, mostly at the same host, and goes elsewhere when it gets
 * no answer; what it does not know the outcome of, it may try again. Every request is kept, with
 * what it was told: the history that is held against the order in which entries were applied.
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
    CLIENT_SENT,    /* on its way to the host */
    CLIENT_OPEN,    /* with the host */
    CLIENT_DONE,    /* answered */
    CLIENT_REFUSED, /* definitely not applied, neither now nor later */
    CLIENT_UNKNOWN, /* perhaps applied, perhaps later */
};

struct client_operation {
    uint64_t number; /* from 1; also its tag */
    uint16_t client;
    uint16_t host;
    enum client_state state;
    uint64_t floor_index; /* what was committed or seen by anybody when it arrived */
    uint64_t proposed;    /* times */
    uint64_t applied_index;
    enum raftd_read_level level;
    uint32_t max_lag_ms;
    struct model_request request;
    struct buffer bytes;    /* the request as the host gets it */
    struct buffer expected; /* the reply at applied_index */
};

struct raft_entry;
struct raftd_client;

struct clients *clients_create(struct world *world);
void clients_destroy(struct clients *clients);
void clients_start(struct world *world);
/* Whoever waits gives up, and all of them write until something is committed. */
void clients_calm(struct world *world);
/* No new requests from now on. */
void clients_stop(struct world *world);

/* Events of the queue. */
void clients_on_turn(struct world *world, uint16_t client, uint64_t turn);
void clients_on_arrival(struct world *world, uint64_t number);

/* For hosts. */
struct client_operation *clients_operation(struct world *world, uint64_t tag);
struct raftd_client *clients_of(struct client_operation *operation);
uint64_t clients_tag(const struct client_operation *operation);
bool clients_is_read(const struct client_operation *operation);
/* A new entry with its bytes. */
struct raft_entry *clients_entry(const struct client_operation *operation);
void clients_on_answer(struct world *world, uint16_t host, uint64_t tag, int status, uint64_t index,
                       const void *reply, size_t size);
/* The host is gone; in doubt if the core had the request. */
void clients_on_crash(struct world *world, struct client_operation *operation, bool in_doubt);

struct clients_figures {
    uint64_t operations, answered, refused, unknown;
};
struct clients_figures clients_get_figures(const struct world *world);

#endif
