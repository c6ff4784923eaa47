/*
 * Which reads may be answered: after a round that has confirmed up to which index they have to see;
 * or at once from the state of this node, if a lease or the allowed age permits that.
 */
#include "base/assert.h"
#include "member/state.h"

static struct reads_basis basis_of(const struct member *member)
{
    return (struct reads_basis){
        .all_applied = member->applied_index == member->commit_index,
        .lease_until_ms = raft_lease_until_ms(member->core),
        .fresh_ms = member->freshness.fresh_ms,
    };
}

/* The first read whose round is confirmed and whose index is applied; NULL = none. */
static struct waiting_request *next_confirmed(struct member *member)
{
    struct waiting *waiting = &member->waiting;
    struct waiting_request *request;

    while ((request = waiting_peek(waiting, &waiting->reads_ready)) != NULL &&
           request->client == NULL) {
        waiting_finish(waiting, request);
    }
    return request != NULL && request->read_index <= member->applied_index ? request : NULL;
}

/* The first read that this node may answer without a round. The others wait for a round. */
static struct waiting_request *next_local(struct member *member, uint64_t now_ms)
{
    struct waiting *waiting = &member->waiting;
    struct waiting_request *request;
    struct reads_basis basis;

    if (waiting_peek(waiting, &waiting->reads_local) == NULL) {
        return NULL;
    }
    basis = basis_of(member);
    while ((request = waiting_peek(waiting, &waiting->reads_local)) != NULL) {
        if (request->client == NULL) {
            waiting_finish(waiting, request);
        } else if (reads_may_answer(&basis, (enum raftd_read_level)request->level,
                                    request->max_lag_ms, now_ms)) {
            return request;
        } else {
            waiting_advance(waiting, &waiting->reads_local, WAITING_READ_NEW);
        }
    }
    return NULL;
}

bool member_next_read(struct member *member, uint64_t now_ms, struct member_read *read)
{
    const struct waiting_request *request;

    reads_follow(&member->freshness, member->applied_index);
    request = next_confirmed(member);
    read->is_confirmed = request != NULL;
    if (request == NULL) {
        request = next_local(member, now_ms);
    }
    if (request == NULL) {
        return false;
    }
    read->level = (enum raftd_read_level)request->level;
    read->query = (struct raftd_query){
        .data = request->entry->data,
        .size_bytes = request->entry->size_bytes,
        .index = member->applied_index,
        .time_ms = raft_cluster_time(member->core, now_ms),
    };
    return true;
}

static bool local_still_may_answer(const struct member *member,
                                   const struct waiting_request *request, uint64_t now_ms)
{
    const struct reads_basis basis = basis_of(member);

    return reads_still_may_answer(&basis, (enum raftd_read_level)request->level,
                                  request->max_lag_ms, now_ms);
}

bool member_answer_read(struct member *member, const struct member_read *read, uint64_t now_ms,
                        struct raftd_reply *reply)
{
    struct waiting *waiting = &member->waiting;
    struct waiting_request *request =
        waiting_peek(waiting, read->is_confirmed ? &waiting->reads_ready : &waiting->reads_local);

    ASSERT(request != NULL && request->entry->data == read->query.data);
    if (!read->is_confirmed && !local_still_may_answer(member, request, now_ms)) {
        reply_reset(reply);
        waiting_advance(waiting, &waiting->reads_local, WAITING_READ_NEW);
        return false;
    }
    member_reply(member, request, RAFTD_OK, read->query.index, reply);
    return true;
}
