/*
 * A host's answers to reads: by a confirmed round, by lease, within a bound of age; as
 * src/node/reads.c has it.
 */
#include <raftd/client.h>

#include "base/assert.h"
#include "node/reply.h"
#include "sim/clients.h"
#include "sim/host.h"

void host_round_confirmed(struct host *host, uint64_t index)
{
    struct host_mark *mark =
        host->marks.waiting.asked_ms == 0 ? &host->marks.waiting : &host->marks.newest;

    *mark = (struct host_mark){.index = index, .asked_ms = host->read_asked_ms};
}

static void follow_marks(struct host *host)
{
    struct host_marks *marks = &host->marks;

    while (marks->waiting.asked_ms != 0 && marks->waiting.index <= host->applied_index) {
        marks->fresh_ms = marks->waiting.asked_ms;
        marks->waiting = marks->newest;
        marks->newest = (struct host_mark){0};
    }
}

static bool may_answer_here(const struct host *host, const struct request *request,
                            uint64_t commit_index)
{
    uint64_t now_ms = host_now_ms(host);
    uint64_t fresh_ms = host->marks.fresh_ms;

    if (host->applied_index == commit_index && now_ms < raft_lease_until_ms(host->core)) {
        return true;
    }
    return request->level == RAFTD_READ_STALE &&
           (request->max_lag_ms == 0 ||
            (fresh_ms != 0 && now_ms - fresh_ms <= request->max_lag_ms));
}

static void answer(struct host *host, struct request *request)
{
    struct raftd_reply reply = {0};

    host_query(host, request->entry->data, request->entry->size_bytes, &reply);
    host_complete(host, request, host->applied_index, &reply);
    reply_reset(&reply);
}

static void answer_local(struct host *host, uint64_t commit_index)
{
    struct requests *requests = &host->requests;
    struct request *request;

    while ((request = requests_peek(requests, &requests->reads_local)) != NULL) {
        if (may_answer_here(host, request, commit_index)) {
            answer(host, request);
        } else {
            requests_advance(requests, &requests->reads_local, REQUEST_READ_NEW);
        }
    }
}

void host_serve_reads(struct host *host, uint64_t commit_index)
{
    struct requests *requests = &host->requests;
    struct request *request;

    follow_marks(host);
    while ((request = requests_peek(requests, &requests->reads_ready)) != NULL &&
           request->read_index <= host->applied_index) {
        answer(host, request);
    }
    answer_local(host, commit_index);
}
