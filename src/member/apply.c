/*
 * Gives the committed entries to the host, in order, and answers the clients of this node that wait
 * for them.
 */
#include "base/assert.h"
#include "member/state.h"

enum {
    /* Entries in one turn. If a leader applied a long backlog in one turn, it would send no
     * heartbeats meanwhile. */
    APPLY_ENTRIES_MAX = 4096,
    APPLY_BYTES_MAX = 8 << 20,
};

/*
 * The first entry of a term is applied. A leader appends a proposal only in the term in which it
 * was proposed, and terms never fall along the log. So the proposals of earlier terms are applied
 * already, or never will be (T52).
 */
static void refuse_earlier_terms(struct member *member, uint64_t term)
{
    struct waiting_request *request = waiting_oldest(&member->waiting);

    while (request != NULL) {
        struct waiting_request *newer = waiting_newer(&member->waiting, request);

        if (request->state == WAITING_PROPOSED && request->term != 0 && request->term < term) {
            member_retry(member, request, RAFTD_ERROR_NOT_LEADER, NULL);
        }
        request = newer;
    }
}

static bool has_enough(const struct member *member)
{
    size_t entries_max = member->options.apply_entries_max != 0 ? member->options.apply_entries_max
                                                                : APPLY_ENTRIES_MAX;

    return member->turn_entries >= entries_max || member->turn_bytes >= APPLY_BYTES_MAX;
}

/* The entry is applied, or needs no state machine. */
static void count_applied(struct member *member, const struct raft_entry *entry)
{
    member->turn_entries++;
    member->turn_bytes += entry->size_bytes;
    member->applied_bytes += raft_entry_cost(entry);
    member->applied_time_ms = entry->time_ms;
    member->applied_index = entry->index;
}

static void add_command(struct member *member, const struct raft_entry *entry)
{
    struct member_apply *apply = &member->apply;
    size_t i = apply->count++;
    const struct waiting_request *request = NULL;

    if (entry->origin == member->options.origin) {
        request = waiting_find(&member->waiting, entry->sequence);
    }
    apply->replies[i].size_bytes = 0;
    apply->replies[i].capacity_bytes = 0;
    apply->replies[i].heap = NULL;
    apply->sequences[i] = request != NULL ? request->sequence : 0;
    apply->entries[i] = (struct raftd_entry){
        .index = entry->index,
        .term = entry->term,
        .time_ms = entry->time_ms,
        .wall_ms = entry->wall_ms,
        .data = entry->data,
        .size_bytes = entry->size_bytes,
        .reply = request != NULL && request->client != NULL ? &apply->replies[i] : NULL,
    };
}

/* The commands from this entry on, as many as follow one another in one term. */
static void take_commands(struct member *member, const struct raft_entry *entry)
{
    struct member_apply *apply = &member->apply;

    apply->kind = MEMBER_APPLY_COMMANDS;
    do {
        add_command(member, entry);
        count_applied(member, entry);
        entry = entry->index < member->commit_index ? raft_log_entry(member->core, entry->index + 1)
                                                    : NULL;
    } while (entry != NULL && raft_entry_is_command(entry) && entry->term == member->applied_term &&
             apply->count < MEMBER_APPLY_MAX && !has_enough(member));
}

/* Takes an entry of another type. True: the state machine has to be told. */
static bool take_other(struct member *member, const struct raft_entry *entry)
{
    if (entry->type == RAFT_ENTRY_MEMBERSHIP) {
        member_change_applied(member, entry);
    }
    count_applied(member, entry);
    member->apply.kind = MEMBER_APPLY_TIME;
    return entry->type == RAFT_ENTRY_TIME;
}

struct member_apply *member_next_apply(struct member *member)
{
    struct member_apply *apply = &member->apply;

    ASSERT(!member->is_applying && member->commit_index >= member->applied_index);
    apply->count = 0;
    while (!member->is_applying && member->applied_index < member->commit_index &&
           !has_enough(member)) {
        const struct raft_entry *entry = raft_log_entry(member->core, member->applied_index + 1);

        ASSERT(entry != NULL);
        if (entry->term != member->applied_term) {
            refuse_earlier_terms(member, entry->term);
            member->applied_term = entry->term;
        }
        if (raft_entry_is_command(entry)) {
            take_commands(member, entry);
            member->is_applying = true;
        } else {
            member->is_applying = take_other(member, entry);
        }
    }
    apply->last_index = member->applied_index;
    apply->time_ms = member->applied_time_ms;
    return member->is_applying ? apply : NULL;
}

void member_applied(struct member *member, struct member_apply *apply)
{
    ASSERT(member->is_applying && apply == &member->apply);
    member->is_applying = false;
    for (size_t i = 0; i < apply->count; i++) {
        struct waiting_request *request = NULL;

        if (apply->sequences[i] != 0) {
            /* Looked up again, so that a request is answered at most once whatever the batch
             * contains. */
            request = waiting_find(&member->waiting, apply->sequences[i]);
        }
        if (request != NULL) {
            waiting_note_applied(&member->waiting, request);
            if (member->waiting.refused_count > 0) {
                member_fail_refused_before(member, request);
            }
            member_reply(member, request, RAFTD_OK, apply->entries[i].index, &apply->replies[i]);
        } else {
            reply_reset(&apply->replies[i]);
        }
    }
}
