/*
 * The front as a whole: its workers, and the data that all of them share. The comments at the
 * fields say which threads may use them.
 */
#ifndef RAFTD_FRONT_SERVER_H
#define RAFTD_FRONT_SERVER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "front/clients.h"
#include "front/front.h"
#include "front/notices.h"
#include "front/worker.h"
#include "resp/parser.h"

struct front {
    /* Immutable once created. */
    const struct front_handler *handler; /* borrowed */
    struct commands *commands;           /* the handler's; owned */
    struct conf conf;
    struct resp_limits limits;
    struct tls_context *tls; /* borrowed; NULL = plain text */

    /* Set by front_start(), then immutable. */
    struct raftd_node *node; /* borrowed */
    struct worker *workers;  /* owned */
    size_t worker_count;     /* started; 0 = not started */

    /* The acceptor thread. */
    size_t next_worker;

    struct clients clients; /* has a mutex of its own */
    struct notices notices; /* from the core thread to the subscribers; see there */

    /* Atomics. */
    _Atomic uint64_t next_client_id;
    _Atomic uint32_t client_count; /* counted up by the acceptor, down by the workers */
    _Atomic uint64_t accepted_count;
    _Atomic uint64_t rejected_count;
};

#endif
