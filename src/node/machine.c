/*
 * Carries out what the member decides about the state machine: calls its functions, and tells the
 * member when they have returned. Core thread; never waits. No lock is held, so a call that takes
 * long stops no other thread.
 */
#include "node/core_loop.h"
#include "sys/clock.h"

void machine_apply(struct core_loop *loop)
{
    const struct raftd_state_machine *machine = &loop->node->machine;
    struct member_apply *apply;

    while ((apply = member_next_apply(loop->member)) != NULL) {
        if (apply->kind == MEMBER_APPLY_COMMANDS) {
            machine->apply(machine->context, apply->entries, apply->count);
        } else if (machine->tick != NULL) {
            machine->tick(machine->context, apply->last_index, apply->time_ms);
        }
        member_applied(loop->member, apply);
    }
}

void machine_read(struct core_loop *loop)
{
    const struct raftd_state_machine *machine = &loop->node->machine;
    struct raftd_reply reply = {0};
    uint64_t now_ms = clock_monotonic_ms();
    struct member_read read;

    while (member_next_read(loop->member, now_ms, &read)) {
        machine->read(machine->context, &read.query, &reply);
        if (!read.is_confirmed) {
            now_ms = clock_monotonic_ms(); /* what decides is the clock after the answer (T24) */
        }
        member_answer_read(loop->member, &read, now_ms, &reply);
    }
}

void machine_tell_deadline(struct core_loop *loop)
{
    const struct raftd_state_machine *machine = &loop->node->machine;

    if (machine->next_deadline != NULL) {
        member_deadline(loop->member, machine->next_deadline(machine->context));
    }
}
