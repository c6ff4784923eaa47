/*
 * Turns of one member whose disk hangs for long: it goes on with everything that needs no disk, and
 * what waits for the disk is bounded.
 */
#include "unit.h"

#include "base/memory.h"
#include "bench.h"

enum { TURNS = 1000 };

/* ---- a leader ---- */

static void lead_with_a_hanging_disk(void)
{
    lead();
    begin();
    set_link(3, true);
    end();
    bench.disk_stalled = true;
}

/* A turn of a leader: a command of a client, and the peers acknowledge everything. */
static void work(uint64_t turn)
{
    ck_assert(member_can_step(bench.member));
    bench.turn.now_ms++;
    begin();
    ask(1, turn);
    acknowledge(2);
    acknowledge(3);
    end();
    for (size_t i = 0; i < bench.answer_count; i++) {
        reply_reset(&bench.answers[i].reply);
    }
    bench.answer_count = 0;
}

START_TEST(a_leader_sends_heartbeats_and_hands_over)
{
    struct raft_status status;

    lead_with_a_hanging_disk();
    for (uint64_t turn = 1; turn <= TURNS; turn++) {
        work(turn);
    }
    raft_get_status(member_core(bench.member), bench.turn.now_ms, &status);
    ck_assert_uint_eq(status.commit_index, status.last_index); /* by the disks of the others */
    ck_assert_uint_gt(member_proposal_count(bench.member), 0); /* the rest waits */
    bench.sent[RAFT_MESSAGE_APPEND] = 0;
    for (uint64_t ms = 0; ms < DISK_STALL_MS; ms += HEARTBEAT_MS) {
        bench.turn.now_ms += HEARTBEAT_MS;
        work(1);
    }
    ck_assert_uint_ge(bench.sent[RAFT_MESSAGE_APPEND], 2 * DISK_STALL_MS / HEARTBEAT_MS);
    ck_assert_uint_gt(bench.sent[RAFT_MESSAGE_TIMEOUT_NOW], 0);
}
END_TEST

START_TEST(commands_that_wait_for_the_disk_go_on_with_it)
{
    lead_with_a_hanging_disk();
    for (uint64_t turn = 1; turn <= TURNS; turn++) {
        work(turn);
    }
    ck_assert_uint_gt(member_proposal_count(bench.member), 0);
    ck_assert(!member_can_go_on(bench.member)); /* it does not spin meanwhile */
    bench.disk_stalled = false;
    for (int turn = 0; turn < TURNS && member_proposal_count(bench.member) > 0; turn++) {
        begin();
        acknowledge(2);
        end();
        bench.answer_count = 0;
    }
    ck_assert_uint_eq(member_proposal_count(bench.member), 0);
}
END_TEST

START_TEST(a_leader_refuses_what_peers_forward)
{
    static struct raft_entry *entry;
    struct raft_message *message = make_message(RAFT_MESSAGE_PROPOSE, 2, 2);

    lead_with_a_hanging_disk();
    for (uint64_t turn = 1; turn <= TURNS; turn++) {
        work(turn);
    }
    entry = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);
    entry->origin = 88;
    entry->sequence = 1;
    message->entries = &entry;
    message->entry_count = 1;
    begin();
    member_message(bench.member, message);
    end();
    ck_assert_uint_eq(bench.sent[RAFT_MESSAGE_PROPOSE_REFUSED], 1);
}
END_TEST

/* ---- a follower ---- */

static uint64_t last_index(void)
{
    struct raft_status status;

    raft_get_status(member_core(bench.member), bench.turn.now_ms, &status);
    return status.last_index;
}

/* The leader sends so many entries after this one, each in a turn of its own. */
static void hear_entries(uint64_t previous, uint64_t count)
{
    static struct raft_entry *entries[TURNS];

    ck_assert_uint_le(count, TURNS);
    for (uint64_t i = 0; i < count; i++) {
        ck_assert(member_can_step(bench.member));
        entries[i] = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);
        entries[i]->index = previous + i + 1;
        entries[i]->term = 2;
        begin();
        hear_leader(&entries[i], 1, previous + i, 1);
        end();
    }
}

START_TEST(a_follower_takes_no_more_entries_than_it_can_write)
{
    uint64_t taken;

    follow();
    bench.disk_stalled = true;
    hear_entries(1, TURNS);
    taken = last_index();
    ck_assert_uint_gt(taken, 128); /* the window of a leader, by default */
    ck_assert_uint_lt(taken, MEMBER_WRITES_MAX);
    bench.sent[RAFT_MESSAGE_APPEND_REPLY] = 0;
    begin();
    hear_leader(NULL, 0, 1, 1); /* a heartbeat is answered at once */
    end();
    ck_assert_uint_eq(bench.sent[RAFT_MESSAGE_APPEND_REPLY], 1);
    bench.disk_stalled = false;
    pass(1);
    hear_entries(taken, 10);
    ck_assert_uint_eq(last_index(), taken + 10);
}
END_TEST

/* The acknowledgement that waits for a write. */
static struct raft_message acknowledgement(const struct member_write *write)
{
    const struct wire_limits limits = {.max_entry_bytes = 1000, .max_entries = 10};
    const struct wire_frame *frame = write->gated[0].frame.frame;
    struct raft_message *message;
    struct raft_message copy;
    struct raftd_error error;

    ck_assert_int_eq(wire_message_decode(&message, frame->data + WIRE_HEADER_BYTES,
                                         frame->size_bytes - WIRE_HEADER_BYTES, &limits, &error),
                     0);
    copy = *message;
    wire_message_free(message);
    return copy;
}

START_TEST(one_acknowledgement_waits_for_a_write)
{
    struct raft_message message;

    follow();
    bench.disk_stalled = true;
    hear_entries(1, 2);
    ck_assert_uint_eq(bench.write_count, 2);
    message = acknowledgement(bench.writes[1]);
    for (int beat = 0; beat < TURNS; beat++) {
        bench.turn.now_ms += HEARTBEAT_MS;
        begin();
        hear_leader(NULL, 0, 2, 1); /* it proves less than the entries did */
        end();
    }
    ck_assert_uint_eq(bench.write_count, 2);
    ck_assert_uint_eq(bench.writes[1]->gated_count, 1);
    ck_assert_uint_eq(acknowledgement(bench.writes[1]).append_reply.index, 3);
    ck_assert_uint_eq(acknowledgement(bench.writes[1]).append_reply.number,
                      message.append_reply.number + TURNS);
}
END_TEST

UNIT_SUITE(hanging_disk)
{
    Suite *suite = suite_create("hanging_disk");
    TCase *tcase = tcase_create("hanging_disk");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_leader_sends_heartbeats_and_hands_over);
    tcase_add_test(tcase, commands_that_wait_for_the_disk_go_on_with_it);
    tcase_add_test(tcase, a_leader_refuses_what_peers_forward);
    tcase_add_test(tcase, a_follower_takes_no_more_entries_than_it_can_write);
    tcase_add_test(tcase, one_acknowledgement_waits_for_a_write);
    suite_add_tcase(suite, tcase);
    return suite;
}
