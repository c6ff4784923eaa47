/*
 * The data that commands keep between requests: one struct for the whole front, one for each
 * worker, one for each connection. The front holds the pointers and calls the functions below
 * through its handler. The comment at each struct says which thread may use it.
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

/* For the whole front. */
struct commands {
    /* Immutable; any thread. */
    uint64_t created_ms; /* monotonic */
    char run_id[41];     /* for INFO: 40 random hexadecimal digits, new at each start */

    struct script_cache scripts; /* has a mutex of its own */
};

/* For a worker; only its thread. */
struct workspace {
    struct buffer parts;           /* arguments of a request that are not the client's own bytes */
    struct buffer request;         /* one encoded request */
    struct kv_argument *arguments; /* owned: the arguments of one request */
    size_t argument_capacity;

    struct topology *view; /* owned: the cluster as it was at view_ms; NULL = not seen yet */
    uint64_t view_ms;      /* monotonic */

    /* The leader of which the subscribers of +switch-master were told last. */
    uint16_t leader_number; /* 0 = no leader yet */
    uint16_t leader_port;
    char leader_host[ADDRESS_HOST_BYTES];
};

/* For a connection; only the thread of its worker. */
struct session {
    enum raftd_read_level read_level; /* consistency of reads */
    uint32_t max_lag_ms;              /* largest age of stale reads, milliseconds; 0 = any age */
    struct transaction transaction;
};

struct commands *session_open_commands(void);
void session_close_commands(struct commands *commands);

struct workspace *session_open_workspace(void);
void session_close_workspace(struct workspace *workspace);
void session_trim_workspace(struct workspace *workspace);

struct session *session_open(struct connection *connection);
void session_close(struct session *session);

/* Sets the consistency of reads on the connection back to that of the configuration. */
void session_reset_reads(struct connection *connection);
/* The cluster as it was at most VIEW_MS ago, with its leader. Valid until the next call. */
const struct topology *session_view(struct worker *worker);

#endif
