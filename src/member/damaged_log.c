/*
 * Cuts a log that the disk has damaged, and remembers what was lost; see damaged_log.h.
 */
#include "member/damaged_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "base/plant.h"
#include "store/snapshot_reader.h"
#include "store/wal_segment.h"

/* ---- whether another node has what is cut off ---- */

static void note_newest(void *argument, const char *name)
{
    uint64_t *newest = argument;
    uint64_t index = snapshot_name_index(name);

    *newest = index > *newest ? index : *newest;
}

/* The members in the header of the newest snapshot, and its index; false: there is none that can be
 * read. */
static bool members_of_snapshot(const struct recovery_options *options,
                                struct raft_membership *members, uint64_t *index)
{
    struct snapshot_reader *reader;
    struct raftd_error error;
    char name[SNAPSHOT_NAME_BYTES];
    uint64_t newest = 0;

    options->fs->list(options->fs->context, options->directory, note_newest, &newest);
    snapshot_name(name, newest);
    if (newest == 0 ||
        snapshot_reader_open(options->fs, options->directory, name, &reader, &error) != 0) {
        return false;
    }
    *members = snapshot_reader_info(reader)->membership;
    *index = snapshot_reader_info(reader)->index;
    snapshot_reader_close(reader);
    return true;
}

static bool members_of_entry(const struct raft_entry *entry, struct raft_membership *members)
{
    return entry != NULL && raft_membership_decode(members, entry->data, entry->size_bytes) == 0;
}

/* Whether this node is a member, and the others elect a leader without its vote. */
static bool has_peers(const struct recovery_options *options, const struct raft_membership *members)
{
    bool answered[RAFT_MEMBERS_MAX];
    bool granted[RAFT_MEMBERS_MAX];

    for (size_t i = 0; i < members->count; i++) {
        answered[i] = true;
        granted[i] = members->members[i].id != options->node_id;
    }
    return raft_membership_find(members, options->node_id) != NULL &&
           raft_membership_tally(members, answered, granted) == RAFT_TALLY_WON;
}

/*
 * After the cut the node has to know its peers. And without its vote they have to be able to elect
 * the leader that sends what is cut off, in the newest membership of all that can be read: on one
 * or two voters, nothing would ever end the wait.
 */
static bool can_fetch(const struct recovery_options *options, const struct wal_damage *damage)
{
    struct raft_membership members;
    struct raft_membership saved;
    uint64_t index = 0;
    bool is_in_log = members_of_entry(damage->kept_members, &members);
    bool is_in_snapshot = members_of_snapshot(options, &saved, &index);

    if (is_in_snapshot && (!is_in_log || index > damage->kept_members->index)) {
        members = saved;
    }
    if ((!is_in_log && !is_in_snapshot) || !has_peers(options, &members)) {
        return false;
    }
    return damage->lost_members == NULL ||
           (members_of_entry(damage->lost_members, &members) && has_peers(options, &members));
}

/* ---- the mark ---- */

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static bool is_marked(const struct directory_identity *identity)
{
    return identity->lost.damaged_index != 0;
}

/* The hard state of a later term counts; in the same term, a vote and the longer promise. */
static void merge_hard_state(struct directory_lost *lost, uint64_t term, uint16_t vote,
                             bool promise_known, uint32_t promise_ms)
{
    if (term > lost->hard_term) {
        lost->vote = vote;
        lost->promise_known = promise_known;
        lost->promise_ms = promise_ms;
    } else if (term == lost->hard_term) {
        lost->vote = lost->vote != 0 ? lost->vote : vote;
        lost->promise_known = lost->promise_known && promise_known;
        lost->promise_ms = (uint32_t)greater(lost->promise_ms, promise_ms);
    }
    lost->hard_term = greater(lost->hard_term, term);
}

int damaged_log_found(void *argument, const struct wal_damage *damage, struct raftd_error *error)
{
    const struct damaged_log *damaged = argument;
    const struct recovery_options *options = damaged->options;
    struct directory_identity *identity = damaged->identity;
    struct directory_lost *lost = &identity->lost;

    if (!can_fetch(options, damage)) {
        return RAFTD_ERROR_CORRUPT;
    }
    member_note(options->notes, MEMBER_NOTE_ERROR,
                "%s: the disk has damaged the log after index %" PRIu64
                ": cut off up to index %" PRIu64
                "; this node votes for nobody until it has got these entries from the other "
                "members again: check the disk",
                options->directory, damage->kept_index, damage->lost_index);
    if (!is_marked(identity)) {
        *lost = (struct directory_lost){.promise_known = true};
    }
    lost->damaged_index = damage->kept_index + 1;
    /* The later end of the two: what is at least as up to date as that is so for both. */
    if (damage->lost_term > lost->term ||
        (damage->lost_term == lost->term && damage->lost_index > lost->index)) {
        lost->term = damage->lost_term;
        lost->index = damage->lost_index;
    }
    merge_hard_state(lost, damage->term, damage->vote, damage->promise_known, damage->promise_ms);
    lost->cut_segment = damage->cut.number;
    lost->cut_offset_bytes = damage->cut.offset_bytes;
    if (PLANT(member_damage_not_marked)) {
        *lost = (struct directory_lost){0};
        return 0;
    }
    return directory_identity_write_twice(options->fs, options->directory, identity, error);
}

/* ---- after the cut ---- */

/* Gives the log the hard state that it had before the damage. */
static int restore_hard_state(const struct directory_lost *lost, struct recovered *recovered,
                              struct raftd_error *error)
{
    struct wal_recovered *log = &recovered->log;
    struct directory_lost merged = *lost;
    struct raft_write write;

    merge_hard_state(&merged, log->term, log->vote, log->promise_known, log->promise_ms);
    write = (struct raft_write){
        .has_hard_state = true,
        .term = merged.hard_term,
        .vote = merged.vote,
        .promise_known = merged.promise_known,
        .promise_ms = merged.promise_ms,
        .last_index = log->base_index + log->entry_count,
        .last_term =
            log->entry_count > 0 ? log->entries[log->entry_count - 1]->term : log->base_term,
    };
    log->term = write.term;
    log->vote = write.vote;
    log->promise_known = write.promise_known;
    log->promise_ms = write.promise_ms;
    return wal_append(recovered->wal, &write, 1, error);
}

int damaged_log_settle(const struct recovery_options *options, struct directory_identity *identity,
                       struct recovered *recovered, struct raftd_error *error)
{
    struct directory_lost *lost = &identity->lost;
    int code;

    if (!is_marked(identity) || lost->cut_segment == 0) {
        return 0;
    }
    recovered->has_cut = true;
    code = restore_hard_state(lost, recovered, error);
    if (code != 0) {
        return code;
    }
    lost->cut_segment = 0;
    lost->cut_offset_bytes = 0;
    /* Twice: if damage to one block brought back the cut, the next start would cut off entries that
     * this node has acknowledged since. */
    return directory_identity_write_twice(options->fs, options->directory, identity, error);
}

int damaged_log_end(const struct recovery_options *options, struct directory_identity *identity,
                    struct recovered *recovered, struct raftd_error *error)
{
    const struct wal_recovered *log = &recovered->log;
    const struct directory_lost *lost = &identity->lost;
    uint64_t last = log->base_index + log->entry_count;
    uint64_t term =
        log->entry_count > 0 ? log->entries[log->entry_count - 1]->term : log->base_term;

    if (!is_marked(identity)) {
        return 0;
    }
    recovered->lost = *lost;
    if (term > lost->term || (term == lost->term && last >= lost->index)) {
        member_note(options->notes, MEMBER_NOTE_INFO,
                    "%s: the log that the disk had damaged after index %" PRIu64 " is whole again",
                    options->directory, lost->damaged_index - 1);
        identity->lost = (struct directory_lost){0};
        return wal_remove_set_aside(recovered->wal, error);
    }
    member_note(options->notes, MEMBER_NOTE_WARNING,
                "%s: the disk has damaged the log after index %" PRIu64
                ": this node votes for nobody until it has got the entries up to index %" PRIu64
                " of term %" PRIu64 " from the other members again",
                options->directory, lost->damaged_index - 1, lost->index, lost->term);
    return 0;
}
