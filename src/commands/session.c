/*
 * The data that commands keep between requests (session.h). The worker's thread, except
 * session_open_commands() and session_close_commands(), which the daemon's main thread calls.
 */
#include "commands/session.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "commands/command.h"
#include "front/connection.h"
#include "front/server.h"
#include "kv/kv.h"
#include "sys/clock.h"

enum {
    VIEW_MS = 50, /* how old a view of the cluster may be */
    REQUEST_BYTES_KEPT = 1024 * 1024,
    ARGUMENTS_KEPT = 1024,
};

/* ---- Of the front ------------------------------------------------------------------------- */

struct commands *session_open_commands(void)
{
    struct commands *commands = memory_allocate_zeroed(1, sizeof(*commands));

    command_table_prepare();
    commands->created_ms = clock_monotonic_ms();
    snprintf(commands->run_id, sizeof(commands->run_id), "%016" PRIx64 "%016" PRIx64 "%08" PRIx32,
             random_u64(), random_u64(), (uint32_t)random_u64());
    script_cache_init(&commands->scripts);
    return commands;
}

void session_close_commands(struct commands *commands)
{
    script_cache_destroy(&commands->scripts);
    memory_free(commands);
}

/* ---- Of a worker -------------------------------------------------------------------------- */

struct workspace *session_open_workspace(void)
{
    return memory_allocate_zeroed(1, sizeof(struct workspace));
}

void session_close_workspace(struct workspace *workspace)
{
    buffer_free(&workspace->parts);
    buffer_free(&workspace->request);
    memory_free(workspace->arguments);
    memory_free(workspace->view);
    memory_free(workspace);
}

void session_trim_workspace(struct workspace *workspace)
{
    if (workspace->request.capacity_bytes > REQUEST_BYTES_KEPT) {
        buffer_free(&workspace->request);
    }
    if (workspace->parts.capacity_bytes > REQUEST_BYTES_KEPT) {
        buffer_free(&workspace->parts);
    }
    if (workspace->argument_capacity > ARGUMENTS_KEPT) {
        memory_free(workspace->arguments);
        workspace->arguments = NULL;
        workspace->argument_capacity = 0;
    }
}

const struct topology *session_view(struct worker *worker)
{
    struct workspace *workspace = worker->workspace;

    if (workspace->view == NULL) {
        workspace->view = memory_allocate_zeroed(1, sizeof(*workspace->view));
    } else if (worker->now_ms < workspace->view_ms + VIEW_MS) {
        return workspace->view;
    }
    topology_of(worker->front->node, workspace->view);
    workspace->view_ms = worker->now_ms;
    return workspace->view;
}

/* ---- Of a connection ---------------------------------------------------------------------- */

_Static_assert((int)CONF_LINEARIZABLE == (int)RAFTD_READ_LINEARIZABLE &&
                   (int)CONF_LEASE == (int)RAFTD_READ_LEASE &&
                   (int)CONF_STALE == (int)RAFTD_READ_STALE,
               "levels of consistency have the same numbers");

static void set_reads(struct session *session, const struct conf *conf)
{
    session->read_level = (enum raftd_read_level)conf->redis.consistency;
    session->max_lag_ms = conf->redis.max_lag_ms;
}

struct session *session_open(struct connection *connection)
{
    struct session *session = memory_allocate_zeroed(1, sizeof(*session));

    set_reads(session, &connection->worker->front->conf);
    session->transaction.shown_count = &connection->info.queued;
    return session;
}

void session_close(struct session *session)
{
    transaction_end(&session->transaction);
    memory_free(session);
}

void session_reset_reads(struct connection *connection)
{
    set_reads(connection->session, &connection->worker->front->conf);
}
