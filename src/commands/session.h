/*
 * What the commands keep between two requests: of the whole front, of a worker and of a connection.
 * The front holds a pointer to each and calls the functions below through its handler. Who may
 * touch what stands beside each struct.
 */
#ifndef RAFTD_COMMANDS_SESSION_H
#define RAFTD_COMMANDS_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include <raftd/client.h>

#include "base/address.h"
#include "base/bytes.h"
#include "commands/scripts.h"
#include "commands/topology.h"
#include "commands/transaction.h"

struct connection;
struct kv_argument;
struct worker;

/* Of the whole front. */
struct commands {
    /* Immutable; any thread. */
    uint64_t created_ms; /* monotonic */
    char run_id[41];     /* of INFO: 40 random hex digits of this life of the process */

    struct script_cache scripts; /* has a mutex of its own */
};

/* Of a worker; its thread only. */
struct workspace {
    struct buffer parts;           /* arguments of a request that are not the client's own bytes */
    struct buffer request;         /* one encoded request */
    struct kv_argument *arguments; /* owned: the arguments of one request */
    size_t argument_capacity;

    struct topology *view; /* owned: the cluster as it was at view_ms; NULL = not seen yet */
    uint64_t view_ms;      /* monotonic */

    /* The leader whom the subscribers of +switch-master know. */
    uint16_t leader_number; /* 0 = none yet */
    uint16_t leader_port;
    char leader_host[ADDRESS_HOST_BYTES];
};

/* Of a connection; its worker's thread only. */
struct session {
    enum raftd_read_level read_level; /* what reads promise */
    uint32_t max_lag_ms;              /* of stale reads; 0 = any */
    struct transaction transaction;
};

struct commands *session_open_commands(void);
void session_close_commands(struct commands *commands);

struct workspace *session_open_workspace(void);
void session_close_workspace(struct workspace *workspace);
void session_trim_workspace(struct workspace *workspace);

struct session *session_open(struct connection *connection);
void session_close(struct session *session);

/* Reads on the connection promise again what the configuration says. */
void session_reset_reads(struct connection *connection);
/* The cluster as it was a moment ago: who leads. Valid until the next call. */
const struct topology *session_view(struct worker *worker);

#endif
