/*
 * Every connection of the server, for CLIENT LIST on whichever worker: a list under a mutex of
 * small structs that live inside the connections. What changes with each command is in atomics
 * that its worker stores and anybody loads.
 */
#ifndef RAFTD_FRONT_CLIENTS_H
#define RAFTD_FRONT_CLIENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "sys/mutex.h"

struct command;

enum { CLIENT_ADDRESS_BYTES = 64 };

struct client_info {
    /* Immutable once added. */
    uint64_t id;
    int fd;
    uint64_t created_ms; /* monotonic */
    char address[CLIENT_ADDRESS_BYTES];

    /* Guarded by the registry's mutex; changed by the connection's worker only, which may read
     * them without it. Owned texts, NULL = none. */
    struct client_info *next, *previous;
    char *name;
    char *library_name;
    char *library_version;

    /* Stored by the worker, relaxed. */
    _Atomic uint64_t active_ms;
    _Atomic(const struct command *) command; /* the last; NULL = none yet */
    atomic_int protocol;                     /* enum resp_protocol */
    _Atomic size_t input_bytes;              /* read and not carried out yet */
    _Atomic size_t output_bytes;             /* replies that wait for the socket */
    _Atomic uint32_t waiting;                /* commands under way */
    _Atomic uint32_t channels, patterns;     /* subscriptions */
    atomic_int queued;                       /* commands of a transaction; -1 = none */
};

struct registry {
    struct mutex mutex;
    const char *listen_address; /* immutable; borrowed */

    /* Guarded by mutex. */
    struct client_info *first; /* newest first */
};

void registry_init(struct registry *registry, const char *listen_address);
void registry_destroy(struct registry *registry);

void registry_add(struct registry *registry, struct client_info *info);
/* Also frees the texts of info. */
void registry_remove(struct registry *registry, struct client_info *info);

/* Replaces one of info's texts; an empty one takes it away. */
void registry_set_text(struct registry *registry, char **text, const void *value, size_t size);

/* One line as CLIENT LIST has it. By the connection's own worker. */
void registry_write_one(struct registry *registry, const struct client_info *info,
                        struct buffer *text);
/* Those with, or without, subscriptions. */
void registry_write_type(struct registry *registry, bool subscribed, struct buffer *text);
/* All of them, oldest first, or those with the given ids if ids is not NULL. */
void registry_write_all(struct registry *registry, const uint64_t *ids, size_t count,
                        struct buffer *text);

#endif
