/*
 * Makes and frees a member, and says what it knows; see member.h.
 */
#include "member/member.h"

#include "base/memory.h"
#include "member/state.h"

struct member *member_create(const struct member_options *options, struct raft_core *core,
                             const struct member_applied *applied, uint64_t now_ms)
{
    struct member *member = memory_allocate_zeroed(1, sizeof(*member));

    member->options = *options;
    member->core = core;
    member->core_now_ms = now_ms;
    member->commit_index = applied->index;
    member->applied_index = applied->index;
    member->applied_term = applied->term;
    member->applied_time_ms = applied->time_ms;
    member->deadline_ms = UINT64_MAX;
    member->snapshots.taken_index = applied->index;
    member->snapshots.taken_term = applied->term;
    member->snapshots.content_bytes = applied->content_bytes;
    if (applied->index != 0) {
        kept_note(&member->snapshots.kept, applied->index, 0, applied->content_bytes);
    }
    waiting_init(&member->waiting);
    return member;
}

static void free_outputs(struct member *member)
{
    struct member_answer answer;

    while (member_next_answer(member, &answer)) {
        reply_reset(&answer.reply);
    }
    for (size_t i = member->frames.taken; i < member->frames.count; i++) {
        memory_free(member->frames.list[i].frame);
    }
    memory_free(member->answers.list);
    memory_free(member->frames.list);
    memory_free(member->tasks.list);
    memory_free(member->fetches.list);
}

void member_destroy(struct member *member)
{
    struct member_write *write;

    if (member == NULL) {
        return;
    }
    free_outputs(member);
    member_write_free(member->write);
    while ((write = member->spare_writes) != NULL) {
        member->spare_writes = write->next;
        member_write_free(write);
    }
    member_clear_batch(member);
    memory_free(member->snapshots.received);
    raft_entry_release(member->time_entry);
    waiting_free(&member->waiting);
    raft_destroy(member->core);
    memory_free(member);
}

const struct raft_core *member_core(const struct member *member)
{
    return member->core;
}

uint64_t member_applied_index(const struct member *member)
{
    return member->applied_index;
}

size_t member_proposal_count(const struct member *member)
{
    return member->waiting.proposal_count;
}

size_t member_read_count(const struct member *member)
{
    return member->waiting.read_count;
}

void member_each_request(struct member *member,
                         void (*see)(void *context, const struct member_open_request *request),
                         void *context)
{
    for (struct waiting_request *request = waiting_oldest(&member->waiting); request != NULL;
         request = waiting_newer(&member->waiting, request)) {
        const struct member_open_request open = {
            .client = request->client,
            .tag = request->tag,
            .sequence = request->state == WAITING_PROPOSED ? request->sequence : 0,
        };

        see(context, &open);
    }
}

/*
 * Whether the last turn ended the reason why requests had to wait at its intake: there is a leader
 * now, or room, for the held proposals, or a round has ended, so that the next reads can be asked.
 * No event announces that, so without this question they would wait for the next event of another
 * kind.
 */
static bool waiting_can_go_on(struct member *member)
{
    struct waiting *waiting = &member->waiting;

    return (waiting_peek(waiting, &waiting->held) != NULL && member_is_open(member)) ||
           member_can_release(member) ||
           (waiting_peek(waiting, &waiting->reads_new) != NULL &&
            waiting_peek(waiting, &waiting->reads_asked) == NULL);
}

bool member_can_go_on(struct member *member)
{
    if (member->turn.takes_part && (waiting_can_go_on(member) || member_binding_is_due(member) ||
                                    (member->drain_is_wanted && !member->drain_has_begun))) {
        return true;
    }
    return member->applied_index < member->commit_index || member_snapshot_is_due(member);
}

/* When commands that wait for nothing else are proposed again; UINT64_MAX = there are none. */
static uint64_t retry_due_ms(struct member *member)
{
    struct waiting *waiting = &member->waiting;
    bool is_held = waiting_peek(waiting, &waiting->held) != NULL;
    bool is_refused = waiting->refused_owners.count > 0;

    if (!member_can_propose(member)) {
        return UINT64_MAX;
    }
    if (member->turn.now_ms < member->retry_ms) {
        return is_held || is_refused ? member->retry_ms : UINT64_MAX;
    }
    return is_refused && member->turn.now_ms < member->release_ms ? member->release_ms : UINT64_MAX;
}

uint64_t member_next_deadline_ms(struct member *member)
{
    const struct waiting_request *oldest = waiting_oldest(&member->waiting);
    uint64_t deadline_ms = UINT64_MAX;

    if (member_can_step(member) && member->turn.takes_part) {
        uint64_t time_due_ms = member_time_due_ms(member);
        uint64_t retry_ms = retry_due_ms(member);

        deadline_ms = raft_next_deadline(member->core);
        deadline_ms = time_due_ms < deadline_ms ? time_due_ms : deadline_ms;
        deadline_ms = retry_ms < deadline_ms ? retry_ms : deadline_ms;
    }
    if (oldest != NULL && oldest->deadline_ms < deadline_ms) {
        deadline_ms = oldest->deadline_ms;
    }
    return deadline_ms;
}
