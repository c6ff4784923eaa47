/*
 * The answers of a host to reads: after a confirmed round, by a lease, or within an allowed age, as
 * in src/node/reads.c, with the shipped rules (src/member/reads_basis.c).
 */
#include <raftd/client.h>

#include "base/assert.h"
#include "member/reply.h"
#include "sim/clients.h"
#include "sim/host.h"

enum { PAUSE_MS_MAX = 4000, PAUSE_ONE_IN = 100 };

void host_round_confirmed(struct host *host, uint64_t index)
{
    reads_confirm(&host->freshness, index, host->read_asked_ms);
}

static void answer(struct host *host, struct waiting_request *request)
{
    struct raftd_reply reply = {0};

    world_see(host->world, SEEN_STRICT_READ);
    host_query(host, request->entry->data, request->entry->size_bytes, &reply);
    host_complete(host, request, host->applied_index, &reply);
    reply_reset(&reply);
}

/* ---- without a round ---- */

/* The computed answer leaves if the clock still allows it (T24); or the read needs a round. */
static void finish_held(struct host *host, struct waiting_request *request)
{
    struct waiting *waiting = &host->waiting;
    struct host_held *held = &host->held;
    enum raftd_read_level level = (enum raftd_read_level)request->level;

    ASSERT(request != NULL && held->is_there);
    if (reads_still_may_answer(&held->basis, level, request->max_lag_ms, host_now_ms(host))) {
        world_see(host->world, level == RAFTD_READ_LEASE ? SEEN_LEASE_READ : SEEN_STALE_READ);
        host_complete(host, request, held->index, &held->reply);
    } else {
        waiting_advance(waiting, &waiting->reads_local, WAITING_READ_NEW);
    }
    host_drop_held(host);
}

void host_drop_held(struct host *host)
{
    reply_reset(&host->held.reply);
    host->held = (struct host_held){0};
}

/* Between the answer and the second look at the clock, the process is stopped now and then. */
static bool pauses(struct host *host)
{
    struct sim_random *random = &host->pause_random;

    if (host->world->calm || !swarm_has(&host->world->swarm, FAULT_PAUSE) ||
        sim_random_below(random, PAUSE_ONE_IN) != 0) {
        return false;
    }
    world_see(host->world, SEEN_PAUSED_ANSWER);
    STORY(host->world, host->id, "has an answer in hand, and");
    host_pause(host, host->world->now_us +
                         1000 * (1 + sim_random_below(random, PAUSE_MS_MAX >>
                                                                  sim_random_below(random, 8))));
    return true;
}

void host_resume_read(struct host *host)
{
    struct waiting *waiting = &host->waiting;

    if (host->held.is_there) {
        finish_held(host, waiting_peek(waiting, &waiting->reads_local));
    }
}

static void answer_local(struct host *host, uint64_t commit_index)
{
    struct waiting *waiting = &host->waiting;
    const struct reads_basis basis = {
        .all_applied = host->applied_index == commit_index,
        .lease_until_ms = raft_lease_until_ms(host->core),
        .fresh_ms = host->freshness.fresh_ms,
    };
    struct waiting_request *request;

    while ((request = waiting_peek(waiting, &waiting->reads_local)) != NULL) {
        if (!reads_may_answer(&basis, (enum raftd_read_level)request->level, request->max_lag_ms,
                              host_now_ms(host))) {
            waiting_advance(waiting, &waiting->reads_local, WAITING_READ_NEW);
            continue;
        }
        host_query(host, request->entry->data, request->entry->size_bytes, &host->held.reply);
        host->held.is_there = true;
        host->held.index = host->applied_index;
        host->held.basis = basis;
        if (pauses(host)) {
            return;
        }
        finish_held(host, request);
    }
}

void host_serve_reads(struct host *host, uint64_t commit_index)
{
    struct waiting *waiting = &host->waiting;
    struct waiting_request *request;

    reads_follow(&host->freshness, host->applied_index);
    while ((request = waiting_peek(waiting, &waiting->reads_ready)) != NULL &&
           request->read_index <= host->applied_index) {
        answer(host, request);
    }
    answer_local(host, commit_index);
}
