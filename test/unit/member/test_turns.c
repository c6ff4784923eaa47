/*
 * Turns of one member: how much one turn may propose, and what becomes of requests when the node
 * goes out of service.
 */
#include "unit.h"

#include "bench.h"
#include "store/reserve.h"

/* ---- how much one turn may propose ---- */

START_TEST(the_commands_of_one_turn_count_for_the_bound_of_uncommitted_bytes)
{
    lead();
    bench.disk_stalled = true;
    begin();
    for (uint64_t tag = 1; tag <= 50; tag++) {
        ask(1, tag);
    }
    end();
    ck_assert_uint_gt(raft_get_uncommitted_bytes(member_core(bench.member)), UNCOMMITTED_MAX);
    ck_assert_uint_lt(raft_get_uncommitted_bytes(member_core(bench.member)),
                      UNCOMMITTED_MAX + 2 * COMMAND_BYTES);
    ck_assert_uint_eq(member_proposal_count(bench.member), 50);
}
END_TEST

enum { FORWARDED = 30 };

static struct raft_entry *forwarded[FORWARDED];

/* Node 2 forwards more than the bound of uncommitted bytes. */
static void forward(uint64_t first_sequence)
{
    struct raft_message *message = make_message(RAFT_MESSAGE_PROPOSE, 2, 2);
    uint8_t data[COMMAND_BYTES] = {0};

    for (size_t i = 0; i < FORWARDED; i++) {
        forwarded[i] = raft_entry_make(RAFT_ENTRY_COMMAND, data, sizeof(data));
        forwarded[i]->origin = 88;
        forwarded[i]->sequence = first_sequence + i;
    }
    message->entries = forwarded;
    message->entry_count = FORWARDED;
    member_message(bench.member, message);
}

START_TEST(so_do_those_that_peers_forward)
{
    lead();
    bench.disk_stalled = true;
    begin();
    forward(1);
    for (uint64_t tag = 1; tag <= 50; tag++) {
        ask(1, tag);
    }
    end();
    ck_assert_uint_lt(raft_get_uncommitted_bytes(member_core(bench.member)),
                      UNCOMMITTED_MAX + 2 * COMMAND_BYTES);
}
END_TEST

/* Node 2 has everything that was sent to it. */
static void acknowledge_all(void)
{
    struct raft_message *reply = make_message(RAFT_MESSAGE_APPEND_REPLY, 2, 2);
    struct raft_status status;

    raft_get_status(member_core(bench.member), bench.turn.now_ms, &status);
    reply->append_reply.success = true;
    reply->append_reply.index = status.last_index;
    reply->append_reply.standing = 1;
    member_message(bench.member, reply);
}

/*
 * A peer forwards in each turn more than there is room for. The leader's own clients get every
 * other turn: a command waits two turns at most, and what is forwarded goes on as well.
 */
START_TEST(forwarded_commands_do_not_starve_the_own_clients)
{
    size_t turns_of_others = 0;
    uint64_t last = 0;

    lead();
    for (uint64_t turn = 0; turn < 20; turn++) {
        struct raft_status status;
        size_t own = bench.answer_count;

        begin();
        forward(1 + turn * FORWARDED);
        acknowledge_all();
        if (turn < 5) {
            ask(1, turn + 1);
        }
        end();
        raft_get_status(member_core(bench.member), bench.turn.now_ms, &status);
        turns_of_others += status.last_index - last > bench.answer_count - own + 5;
        last = status.last_index;
        bench.turn.now_ms++;
    }
    ck_assert_uint_eq(member_proposal_count(bench.member), 0);
    for (uint64_t tag = 1; tag <= 5; tag++) {
        ck_assert_ptr_nonnull(answer_to(tag));
        ck_assert_int_eq(answer_to(tag)->status, RAFTD_OK);
    }
    ck_assert_uint_gt(turns_of_others, 5);
}
END_TEST

static enum raft_space told_space(void)
{
    struct raft_status status;

    raft_get_status(member_core(bench.member), bench.turn.now_ms, &status);
    return status.space;
}

/* But only where entries are taken: the disk is not nearly full. */
START_TEST(what_is_on_its_way_to_the_disk_counts_as_used_space)
{
    lead();
    pass(1);
    bench.turn.free_bytes = RESERVE_BYTES + COMMAND_BYTES / 2;
    pass(1);
    ck_assert_int_eq(told_space(), RAFT_SPACE_ENOUGH);
    bench.disk_stalled = true;
    begin();
    ask(1, 1);
    end();
    pass(1);
    ck_assert_int_eq(told_space(), RAFT_SPACE_LOW);
    ck_assert(!member_space_is_low(bench.member));
    ck_assert(!bench.member->snapshots.is_tight);
    bench.disk_stalled = false;
    pass(1);
    ck_assert_int_eq(told_space(), RAFT_SPACE_ENOUGH);
    bench.turn.free_bytes = RESERVE_BYTES - 1;
    pass(1);
    ck_assert(member_space_is_low(bench.member));
    ck_assert(bench.member->snapshots.is_tight);
}
END_TEST

static enum raft_space space_with(uint64_t free_bytes)
{
    bench.turn.free_bytes = free_bytes;
    pass(1);
    return told_space();
}

START_TEST(the_parts_of_the_reserve_are_what_the_core_is_told)
{
    const uint64_t accepted = reserve_floor(RESERVE_ACCEPTED, RESERVE_BYTES);
    const uint64_t cluster = reserve_floor(RESERVE_CLUSTER, RESERVE_BYTES);

    ck_assert_uint_lt(cluster, accepted);
    ck_assert_uint_lt(accepted, reserve_floor(RESERVE_NEW, RESERVE_BYTES));
    ck_assert_int_eq(space_with(RESERVE_BYTES), RAFT_SPACE_ENOUGH);
    ck_assert_int_eq(space_with(RESERVE_BYTES - 1), RAFT_SPACE_LOW);
    ck_assert_int_eq(space_with(accepted - 1), RAFT_SPACE_NONE);
    ck_assert_int_eq(space_with(cluster), RAFT_SPACE_NONE);
    ck_assert_int_eq(space_with(cluster - 1), RAFT_SPACE_EXHAUSTED);
    ck_assert_int_eq(space_with(UINT64_MAX), RAFT_SPACE_ENOUGH);
}
END_TEST

/* ---- out of service ---- */

static void ask_for_vote(uint64_t term)
{
    struct raft_message *message = make_message(RAFT_MESSAGE_VOTE, 3, term);

    message->vote.last_index = 10;
    message->vote.last_term = 2;
    begin();
    member_message(bench.member, message);
    end();
    pass(0);
}

START_TEST(a_node_that_is_back_in_service_knows_that_its_leader_is_gone)
{
    follow();
    ask_for_vote(3);
    ck_assert(!bench.vote_granted); /* there is a leader */
    bench.turn.takes_part = false;
    bench.turn.serves = false;
    begin();
    set_link(2, false);
    end();
    bench.turn.takes_part = true;
    bench.turn.serves = true;
    pass(1);
    ask_for_vote(3);
    ck_assert(bench.vote_granted);
}
END_TEST

START_TEST(only_the_leader_may_offer_a_snapshot)
{
    struct wire_snapshot offer = {.kind = WIRE_SNAPSHOT_OFFER, .index = 10, .id = 1};
    struct wire_snapshot chunk = {.kind = WIRE_SNAPSHOT_CHUNK, .index = 10, .id = 1};

    ck_assert(member_takes_snapshot_frame(bench.member, 3, &offer)); /* nobody leads yet */
    follow();
    ck_assert(member_takes_snapshot_frame(bench.member, 2, &offer));
    ck_assert(!member_takes_snapshot_frame(bench.member, 3, &offer));
    ck_assert(member_takes_snapshot_frame(bench.member, 3, &chunk)); /* the worker asked for it */
}
END_TEST

static void check_reads_end(enum raftd_read_level level)
{
    lead();
    pass(1);
    begin();
    ask_read(1, 1, level);
    end();
    ck_assert_ptr_null(answer_to(1));
    bench.turn.takes_part = false;
    bench.turn.serves = false;
    pass(1);
    ck_assert_int_eq(answer_to(1)->status, RAFTD_ERROR_NOT_READY);
    ck_assert_int_eq(raft_get_role(member_core(bench.member)), RAFT_FOLLOWER);
    ck_assert_uint_eq(member_read_count(bench.member), 0);
}

START_TEST(a_leader_that_goes_out_of_service_steps_down_and_ends_its_reads)
{
    check_reads_end(RAFTD_READ_LINEARIZABLE);
}
END_TEST

START_TEST(also_those_that_wait_for_a_lease)
{
    check_reads_end(RAFTD_READ_LEASE);
}
END_TEST

START_TEST(a_candidate_that_goes_out_of_service_does_not_become_the_leader)
{
    struct raft_message *reply = make_message(RAFT_MESSAGE_VOTE_REPLY, 2, 2);

    pass(3 * ELECTION_TIMEOUT_MS);
    begin();
    set_link(2, true);
    reply->vote_reply.pre = true;
    reply->vote_reply.granted = true;
    member_message(bench.member, reply);
    end();
    ck_assert_int_eq(raft_get_role(member_core(bench.member)), RAFT_CANDIDATE);
    bench.turn.takes_part = false;
    pass(1);
    ck_assert_int_eq(raft_get_role(member_core(bench.member)), RAFT_FOLLOWER);
}
END_TEST

UNIT_SUITE(turns)
{
    Suite *suite = suite_create("turns");
    TCase *tcase = tcase_create("turns");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_commands_of_one_turn_count_for_the_bound_of_uncommitted_bytes);
    tcase_add_test(tcase, so_do_those_that_peers_forward);
    tcase_add_test(tcase, forwarded_commands_do_not_starve_the_own_clients);
    tcase_add_test(tcase, what_is_on_its_way_to_the_disk_counts_as_used_space);
    tcase_add_test(tcase, the_parts_of_the_reserve_are_what_the_core_is_told);
    tcase_add_test(tcase, only_the_leader_may_offer_a_snapshot);
    tcase_add_test(tcase, a_node_that_is_back_in_service_knows_that_its_leader_is_gone);
    tcase_add_test(tcase, a_leader_that_goes_out_of_service_steps_down_and_ends_its_reads);
    tcase_add_test(tcase, also_those_that_wait_for_a_lease);
    tcase_add_test(tcase, a_candidate_that_goes_out_of_service_does_not_become_the_leader);
    suite_add_tcase(suite, tcase);
    return suite;
}
