/*
 * What the files of src/front share about the server as a whole.
 *
 *     server.c       create, start, stop; hands accepted sockets to the workers
 *     worker.c       one thread's event loop: sockets, completions, time
 *     connection.c   one connection: bytes in, reply slots, bytes out
 *     dispatch.c     one command: found, checked, answered here or handed to the node
 *     slots.c        replies in command order
 *     render.c       what the node answers, as RESP
 *     notices.c      messages for subscribers, from the core thread to the workers
 *     subscribers.c  who of a worker's connections gets them
 *     name_table.c   names of channels and patterns
 *     topology.c     the cluster as clients of Redis want to see it
 *     unsupported.c  commands of Redis that raftd does not have
 *     registry.c     all connections, for CLIENT LIST
 *     table_*.c      the table of commands, by group
 *     command_*.c    what runs them
 */
#ifndef RAFTD_FRONT_SERVER_H
#define RAFTD_FRONT_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>
#include <raftd/node.h>

#include "commands/scripts.h"
#include "conf/conf.h"
#include "front/clients.h"
#include "front/notices.h"
#include "front/worker.h"
#include "resp/parser.h"

struct redis_server {
    /* Immutable once created. */
    struct conf conf;
    struct resp_limits limits;
    struct tls_context *tls; /* borrowed; NULL = plain */
    uint64_t created_ms;
    char run_id[41]; /* of INFO: 40 random hex digits of this process life */

    /* Set by redis_server_start(), then immutable. */
    struct raftd_node *node;
    struct worker *workers;
    size_t worker_count; /* started; 0 = not started */

    /* The acceptor thread. */
    size_t next_worker;

    struct registry registry; /* a mutex of its own */
    struct script_cache scripts;
    struct notices notices; /* to the subscribers; see there */

    /* Atomics. */
    _Atomic uint64_t next_client_id;
    _Atomic uint32_t client_count; /* counted up by the acceptor, down by the workers */
    _Atomic uint64_t accepted_count;
    _Atomic uint64_t rejected_count;
};

#endif
