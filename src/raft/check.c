/*
 * The invariants of a core as code, an idea of LogCabin: what is true between two steps, and what a
 * step must not do. If options.check is set, raft_step() checks them after each step: in tests, in
 * simulations, and in a daemon configured with --enable-checks. A sentence names the rule that is
 * violated. Nothing here changes the core.
 */
#include "raft/check.h"

#include <string.h>

#include "raft/core.h"

/* Returns the sentence if the condition is false. */
#define HOLDS(condition, sentence)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return sentence;                                                                       \
        }                                                                                          \
    } while (0)

static const char *check_indices(const struct raft_core *core)
{
    uint64_t base = core->log.base_index;
    uint64_t last = raftlog_last_index(&core->log);

    HOLDS(core->commit_index >= base, "what is compacted is committed");
    HOLDS(core->commit_index <= last, "what is committed is in the log");
    HOLDS(core->log.shed_index >= base &&
              (core->log.shed_index == base ||
               (core->log.shed_index <= core->commit_index &&
                core->log.shed_index <= core->durable_index && core->log.shed_index < last)),
          "only committed entries on the disk give up their data");
    HOLDS(core->log.scanned_index >= core->log.shed_index, "what gave up its data was looked at");
    HOLDS(core->durable_index >= base, "what is compacted is durable");
    HOLDS(core->durable_index < core->write_next, "what is durable was handed to the log writer");
    HOLDS(core->write_next <= last + 1, "only what is in the log was handed to the log writer");
    HOLDS(core->truncate_from == 0 || core->truncate_from <= core->write_next,
          "what is to be dropped from the disk was handed to the log writer");
    HOLDS(core->written_sequence <= core->issued_sequence,
          "only a write that was issued is written");
    HOLDS(core->hard_state_sequence <= core->issued_sequence, "the hard state's write is issued");
    HOLDS(core->promised_until_ms <= core->now_ms + core->promise_ms,
          "no promise is longer than the one that is written to disk (R1)");
    HOLDS(core->damage.index != 0 ||
              (core->damage.sequence == 0 && core->damage.sealed_sequence == 0),
          "only a log that is damaged is replaced");
    HOLDS(core->membership_index <= last, "the membership in force is in the log");
    HOLDS(raftlog_last_term(&core->log) <= core->term, "no entry has a later term than the core");
    return NULL;
}

static const char *check_role(const struct raft_core *core)
{
    uint16_t self = core->options.id;

    switch (core->role) {
    case RAFT_LEADER:
        HOLDS(core->leader == self, "a leader takes itself for the leader");
        HOLDS(core->vote == self, "a leader voted for itself");
        break;
    case RAFT_CANDIDATE:
        HOLDS(core->vote == self, "a candidate voted for itself");
        HOLDS(core->leader == 0, "a candidate knows no leader");
        break;
    case RAFT_PRE_CANDIDATE:
        HOLDS(core->leader == 0, "a pre-candidate knows no leader");
        break;
    case RAFT_FOLLOWER:
    case RAFT_LEARNER:
        HOLDS(core->leader != self, "a node does not follow itself");
        HOLDS((core->role == RAFT_FOLLOWER) == core_is_voter(core),
              "a follower votes, a learner does not (T32)");
        break;
    default:
        return "the role is one that exists";
    }
    HOLDS(core->membership.count == 0 || raft_membership_is_valid(&core->membership),
          "the membership in force is valid");
    return NULL;
}

static const char *check_window(const struct raft_core *core, const struct progress *progress)
{
    size_t capacity = core->options.max_inflight_messages;
    uint64_t previous = progress->match_index;
    size_t bytes = 0;

    HOLDS(progress->inflights != NULL, "a leader has a window for each peer");
    HOLDS(progress->inflight_count <= capacity, "a window holds no more than its size");
    HOLDS(progress->state != RAFT_PROGRESS_SNAPSHOT || progress->inflight_count == 0,
          "a peer that needs a snapshot has no appends in flight");
    HOLDS(progress->state != RAFT_PROGRESS_PROBE || progress->inflight_count <= 1,
          "a peer that is asked where the logs agree has at most one append in flight");
    HOLDS(progress->inflight_count <= 1 ||
              progress->inflight_bytes <= core->options.max_inflight_bytes,
          "a window holds no more than its bytes, or a single append");
    for (size_t i = 0; i < progress->inflight_count; i++) {
        const struct inflight *inflight =
            &progress->inflights[(progress->inflight_head + i) % capacity];

        HOLDS(inflight->last_index > previous, "appends in flight ascend behind what matches");
        previous = inflight->last_index;
        bytes += inflight->cost_bytes;
    }
    HOLDS(progress->inflight_count == 0 || previous < progress->next_index,
          "what is in flight was sent");
    HOLDS(bytes == progress->inflight_bytes, "a window's bytes are those of its appends");
    return NULL;
}

static const char *check_peer(const struct raft_core *core, const struct progress *progress)
{
    uint64_t last = raftlog_last_index(&core->log);

    HOLDS(progress->match_index < progress->next_index, "what matches is not sent again");
    HOLDS(progress->match_index <= last, "a peer matches no more than the log has");
    HOLDS(progress->next_index <= last + 1, "nothing is sent that the log does not have");
    HOLDS(progress->state == RAFT_PROGRESS_SNAPSHOT || progress->next_index > core->log.base_index,
          "a peer that needs what is compacted waits for a snapshot (T16)");
    HOLDS(progress->state == RAFT_PROGRESS_SNAPSHOT || progress->transfer == TRANSFER_NONE,
          "only a peer that needs a snapshot is sent one");
    HOLDS(progress->fetch_number == 0 || progress->state == RAFT_PROGRESS_REPLICATE,
          "entries are read only for a peer that is known to agree");
    HOLDS(progress->round_acknowledged <= core->read_round, "only rounds that began are answered");
    HOLDS(progress->round_sent <= core->read_round, "only rounds that began are sent");
    HOLDS(progress->stale_number <= progress->number && progress->match_number <= progress->number,
          "only numbers that were given to an append are remembered");
    HOLDS(progress->last_contact_ms <= core->now_ms, "no peer was heard in the future");
    HOLDS(progress->lease_until_ms <= core->now_ms + UINT32_MAX, "no promise lasts for ever");
    return check_window(core, progress);
}

static const char *check_leader(const struct raft_core *core)
{
    uint64_t durable[RAFT_MEMBERS_MAX];

    for (size_t i = 0; i < core->membership.count; i++) {
        const char *broken = NULL;

        /* What a peer has lost to damage was on its disk when it was committed. */
        durable[i] = core->progress[i].match_index > core->progress[i].fallen_from
                         ? core->progress[i].match_index
                         : core->progress[i].fallen_from;
        if (core->membership.members[i].id == core->options.id) {
            durable[i] = core->durable_index;
        } else {
            broken = check_peer(core, &core->progress[i]);
        }
        if (broken != NULL) {
            return broken;
        }
    }
    /* A newer membership may have other voters than the one in force at that commit. */
    HOLDS(!core_knows_commit(core) || core->membership_index > core->commit_index ||
              core->commit_index <= core->membership_index + 1 ||
              raft_membership_quorum_value(&core->membership, durable) >= core->commit_index,
          "what is committed in this term is on a quorum's disks (T9, T12)");
    HOLDS(raft_lease_until_ms(core) <= core->now_ms + core->options.election_timeout_ms,
          "no lease is longer than an election time-out (T23)");
    return NULL;
}

static const char *check_follower(const struct raft_core *core)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        HOLDS(core->progress[i].inflights == NULL, "only a leader has windows");
    }
    HOLDS(raft_lease_until_ms(core) == 0, "only a leader has a lease");
    return NULL;
}

/* The entries from `first` on are consecutive, and terms and times never fall. */
static const char *check_entries(const struct raft_core *core, uint64_t first)
{
    uint64_t last = raftlog_last_index(&core->log);
    uint64_t term = raftlog_term(&core->log, first - 1);
    uint64_t time_ms = raftlog_time(&core->log, first - 1);

    for (uint64_t i = first; i <= last; i++) {
        const struct raft_entry *entry = raftlog_entry(&core->log, i);

        HOLDS(entry != NULL && entry->index == i, "entries are consecutive");
        HOLDS(entry->term >= term, "terms never fall along a log");
        HOLDS(entry->time_ms >= time_ms, "cluster time never falls along a log (T47)");
        term = entry->term;
        time_ms = entry->time_ms;
    }
    return NULL;
}

const char *check_state(const struct raft_core *core)
{
    uint64_t last = raftlog_last_index(&core->log);
    uint64_t first = core->log.base_index + 1;
    const char *broken = check_indices(core);

    if (last >= first + CHECK_ENTRIES) {
        first = last - CHECK_ENTRIES + 1;
    }
    broken = broken != NULL ? broken : check_role(core);
    broken = broken != NULL ? broken : check_entries(core, first);
    if (broken != NULL) {
        return broken;
    }
    return core->role == RAFT_LEADER ? check_leader(core) : check_follower(core);
}

const char *raft_check(const struct raft_core *core)
{
    uint64_t last = raftlog_last_index(&core->log);
    struct raft_membership membership;
    size_t uncommitted_bytes = 0;
    const char *broken = check_state(core);

    if (broken == NULL) {
        broken = check_entries(core, core->log.base_index + 1);
    }
    if (broken != NULL) {
        return broken;
    }
    for (uint64_t i = core->commit_index + 1; i <= last; i++) {
        uncommitted_bytes += raft_entry_cost(raftlog_entry(&core->log, i));
    }
    HOLDS(uncommitted_bytes == core->uncommitted_bytes,
          "the bytes that are not committed are counted right");
    for (uint64_t i = core->log.base_index + 1; i <= last; i++) {
        HOLDS((raftlog_entry(&core->log, i)->type == RAFT_ENTRY_MEMBERSHIP) ==
                  (raftlog_membership_at(&core->log, i) == i),
              "the log knows which of its entries hold a membership");
    }
    core_membership_at(core, last, &membership);
    HOLDS(membership.count == core->membership.count,
          "the newest membership of the log is in force (T15)");
    for (size_t i = 0; i < membership.count; i++) {
        HOLDS(membership.members[i].id == core->membership.members[i].id &&
                  membership.members[i].roles == core->membership.members[i].roles,
              "the newest membership of the log is in force (T15)");
    }
    return NULL;
}

/* Copies the pointers to the last committed entries of the log. */
static void take_committed(const struct raft_core *core, struct check_before *before)
{
    uint64_t commit = core->commit_index;
    uint64_t from = commit >= CHECK_ENTRIES ? commit - CHECK_ENTRIES + 1 : 1;
    size_t size;

    if (from <= core->log.base_index) {
        from = core->log.base_index + 1;
    }
    before->committed_from = from;
    for (uint64_t i = from; i <= commit; i += size) {
        size = raftlog_slice_length(&core->log, i);
        size = size <= commit - i ? size : (size_t)(commit - i + 1);
        memcpy(&before->committed[i - from], raftlog_slice(&core->log, i),
               size * sizeof(before->committed[0]));
    }
}

/* Whether the log has the same entries still. One that has given up its data meanwhile is another
 * object, and is not compared. */
static bool has_committed(const struct raft_core *core, const struct check_before *before)
{
    uint64_t commit = before->commit_index;
    uint64_t from = before->committed_from;
    size_t size;

    if (from <= core->log.shed_index) {
        from = core->log.shed_index + 1;
    }
    if (from <= commit && commit > raftlog_last_index(&core->log)) {
        return false;
    }
    for (uint64_t i = from; i <= commit; i += size) {
        size = raftlog_slice_length(&core->log, i);
        size = size <= commit - i ? size : (size_t)(commit - i + 1);
        if (memcmp(&before->committed[i - before->committed_from], raftlog_slice(&core->log, i),
                   size * sizeof(before->committed[0])) != 0) {
            return false;
        }
    }
    return true;
}

void check_take(const struct raft_core *core, struct check_before *before)
{
    before->now_ms = core->now_ms;
    before->term = core->term;
    before->vote = core->vote;
    before->role = core->role;
    before->base_index = core->log.base_index;
    before->last_index = raftlog_last_index(&core->log);
    before->last = raftlog_entry(&core->log, before->last_index);
    before->commit_index = core->commit_index;
    before->shed_index = core->log.shed_index;
    before->membership_index = core->membership_index;
    before->promised_until_ms = core->promised_until_ms;
    before->written_sequence = core->written_sequence;
    take_committed(core, before);
}

static const char *check_leader_step(const struct raft_core *core,
                                     const struct check_before *before)
{
    uint64_t last = raftlog_last_index(&core->log);
    size_t memberships = 0;

    HOLDS(last >= before->last_index, "a leader only appends (section 3.3)");
    HOLDS(before->last_index <= core->log.base_index ||
              raftlog_entry(&core->log, before->last_index) == before->last,
          "a leader only appends (section 3.3)");
    for (uint64_t i = before->last_index + 1; i <= last; i++) {
        const struct raft_entry *entry = raftlog_entry(&core->log, i);

        HOLDS(entry->term == core->term, "a leader appends entries of its own term");
        memberships += entry->type == RAFT_ENTRY_MEMBERSHIP;
    }
    HOLDS(memberships <= 1, "one change of members at a time");
    HOLDS(memberships == 0 ||
              (before->membership_index <= core->commit_index && core_knows_commit(core)),
          "a change of members waits until the one before and its own term are committed (T26)");
    return NULL;
}

const char *check_step(const struct raft_core *core, const struct check_before *before)
{
    HOLDS(core->now_ms >= before->now_ms, "time does not go back");
    HOLDS(core->term >= before->term, "the term does not go back");
    HOLDS(core->term > before->term || before->vote == 0 || core->vote == before->vote,
          "a vote of a term is given once (T1)");
    HOLDS(core->commit_index >= before->commit_index, "the commit index does not go back");
    HOLDS(core->log.shed_index >= before->shed_index, "data that was given up does not come back");
    HOLDS(core->log.base_index >= before->base_index, "what is compacted does not come back");
    HOLDS(core->promised_until_ms >= before->promised_until_ms, "a promise is not taken back");
    HOLDS(core->written_sequence >= before->written_sequence, "what is written stays written");
    HOLDS(has_committed(core, before), "what is committed does not change");
    if (core->role == RAFT_LEADER && before->role == RAFT_LEADER && core->term == before->term) {
        return check_leader_step(core, before);
    }
    return NULL;
}
