/*
 * What a step of a core must not change, compared before and after it. See truth.h.
 */
#include "sim/truth.h"

#include <string.h>

#include "sim/truth_record.h"

/*
 * Whether the core is going to hear only the clock and messages of an earlier term. Requests that
 * wait in the member may become events too, so a host with open requests is not looked at.
 */
static bool hears_only_the_past(const struct host *host)
{
    return host->heard_past && !host->heard_other && host->open_count == 0;
}

void truth_before_step(struct world *world, struct host *host)
{
    struct promises *promises = &world->truth->promises[host->id];

    if (truth_looks_away(world, host->id)) {
        return;
    }
    promises->deadline_ms = 0;
    if (raft_get_role(host->core) != RAFT_LEADER && hears_only_the_past(host)) {
        promises->deadline_ms = raft_next_deadline(host->core);
    }
}

/* T8. */
void truth_check_patience(struct world *world, const struct host *host)
{
    const struct promises *promises = &world->truth->promises[host->id];

    if (host_now_ms(host) < promises->deadline_ms &&
        raft_next_deadline(host->core) > promises->deadline_ms) {
        world_fail(world, "who speaks in an earlier term holds up no election",
                   "node %u in term %llu waits longer for what it heard", host->id,
                   (unsigned long long)promises->term);
    }
}

/* T15: the membership in force is an entry of the log, or that of the base. */
void truth_check_membership_index(struct world *world, const struct host *host)
{
    const struct raft_entry *entry =
        raft_log_entry(host->core, raft_get_membership_index(host->core));

    if (entry != NULL && entry->type != RAFT_ENTRY_MEMBERSHIP) {
        world_fail(world, "the membership in force is in the log",
                   "node %u takes it from index %llu, which is another entry", host->id,
                   (unsigned long long)entry->index);
    }
}

/* T6: no leader goes on when no quorum has answered during its election time-out. A leader looks at
 * each heartbeat, and after a change of the members other answers count. So the check waits for
 * another time-out. */
void truth_check_contact(struct world *world, const struct host *host,
                         const struct raft_status *status)
{
    const struct raft_membership *membership = raft_get_membership(host->core);
    uint64_t *silent_since_ms = &world->truth->promises[host->id].silent_since_ms;
    uint64_t limit_ms = host->options.election_timeout_ms;
    bool answered[RAFT_MEMBERS_MAX];
    bool granted[RAFT_MEMBERS_MAX] = {0};
    size_t position = 0;

    memset(answered, 1, sizeof(answered));
    for (size_t i = 0; i < membership->count; i++) {
        bool self = membership->members[i].id == host->id;

        granted[i] = self || status->peers[position].silent_ms < limit_ms;
        position += !self;
    }
    if (status->role != RAFT_LEADER ||
        raft_membership_tally(membership, answered, granted) == RAFT_TALLY_WON) {
        *silent_since_ms = 0;
    } else if (*silent_since_ms == 0) {
        *silent_since_ms = host_now_ms(host);
    } else if (host_now_ms(host) >= *silent_since_ms + limit_ms) {
        world_fail(world, "a leader that no quorum answers steps down",
                   "node %u leads in term %llu, and no quorum has answered for %llu ms", host->id,
                   (unsigned long long)status->term,
                   (unsigned long long)(host_now_ms(host) - *silent_since_ms + limit_ms));
    }
}
