/*
 * Every client of this node, for CLIENT LIST: a list under a mutex of small structs, each inside
 * its connection. Any worker may read the list. What changes with each command is in atomics that
 * the connection's worker stores and any thread loads.
 */
#ifndef RAFTD_FRONT_CLIENTS_H
#define RAFTD_FRONT_CLIENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "sys/mutex.h"

enum { CLIENT_ADDRESS_BYTES = 64 };

struct client_info {
    /* Immutable once added. */
    uint64_t id;
    int fd;
    uint64_t created_ms; /* monotonic */
    char address[CLIENT_ADDRESS_BYTES];

    /* Guarded by the list's mutex. Only the connection's worker changes these fields, so it may
     * read them without the mutex. The texts are owned; NULL = none. */
    struct client_info *next, *previous;
    char *name;
    char *library_name;
    char *library_version;

    /* Stored by the connection's worker, relaxed. */
    _Atomic uint64_t active_ms;
    _Atomic(const char *) command;       /* name of the last command, never freed; NULL = none */
    atomic_int protocol;                 /* enum resp_protocol */
    _Atomic size_t input_bytes;          /* bytes that were read and are not carried out yet */
    _Atomic size_t output_bytes;         /* bytes of replies that wait for the socket */
    _Atomic uint32_t waiting;            /* requests that the node has to answer yet */
    _Atomic uint32_t channels, patterns; /* subscriptions */
    atomic_int queued;                   /* number of commands since MULTI; -1 = no transaction */
};

struct clients {
    struct mutex mutex;
    const char *listen_address; /* immutable; borrowed */

    /* Guarded by mutex. */
    struct client_info *first; /* newest first */
};

void clients_init(struct clients *clients, const char *listen_address);
void clients_destroy(struct clients *clients);

/* The struct stays where it is until clients_remove(). */
void clients_add(struct clients *clients, struct client_info *info);
/* Also frees the texts of info. */
void clients_remove(struct clients *clients, struct client_info *info);

/* Replaces one of the texts of a client; an empty text removes it. */
void clients_set_text(struct clients *clients, char **text, const void *value, size_t size);

/* Writes the line of one client. The connection's own worker. */
void clients_write_one(struct clients *clients, const struct client_info *info,
                       struct buffer *text);
/* Writes the lines of the clients that have, or have not, subscriptions. */
void clients_write_type(struct clients *clients, bool subscribed, struct buffer *text);
/* Writes the lines of the clients with these ids, the oldest first; ids NULL = of all clients. */
void clients_write_all(struct clients *clients, const uint64_t *ids, size_t count,
                       struct buffer *text);

#endif
