/*
 * How much of the log stays when a snapshot is saved: a peer that catches up gets on, within a
 * bound.
 */
#include "unit.h"

#include "bench.h"
#include "member/kept.h"

/* ---- the rule ---- */

START_TEST(the_log_is_kept_as_far_back_as_four_times_the_content)
{
    struct kept kept = {0};

    ck_assert_uint_eq(kept_floor(&kept, 0, 1000), UINT64_MAX);
    for (uint64_t i = 0; i < 10; i++) {
        kept_note(&kept, 100 + i, i * 1000, 1000);
    }
    ck_assert_uint_eq(kept_floor(&kept, 9000, 1000), 105);
    ck_assert_uint_eq(kept_floor(&kept, 9001, 1000), 106);
    ck_assert_uint_eq(kept_floor(&kept, 13000, 1000), 109);
    ck_assert_uint_eq(kept_floor(&kept, 13001, 1000), UINT64_MAX);
    ck_assert_uint_eq(kept_floor(&kept, 9000, 0), 109);
    ck_assert_uint_eq(kept_floor(&kept, 9000, UINT64_MAX), 105);
}
END_TEST

/* A client may ask for a snapshot after each entry. */
START_TEST(snapshots_that_are_close_together_take_one_place)
{
    struct kept kept = {0};

    for (uint64_t i = 0; i < 10000; i++) {
        kept_note(&kept, 1 + i, i, 1000);
    }
    ck_assert_uint_le(kept.count, 17);
    ck_assert_uint_le(kept_floor(&kept, 10000, 1000), 10001 - 3750); /* at least 15/16 of it */
    ck_assert_uint_ge(kept_floor(&kept, 10000, 1000), 10001 - 4000);
}
END_TEST

START_TEST(a_content_that_grows_needs_no_more_places)
{
    struct kept kept = {0};
    uint64_t last = 0;

    for (uint64_t i = 0; i < 1000; i++) {
        kept_note(&kept, 1 + i, i * i, i * i * i * i);
        ck_assert_uint_le(kept.count, KEPT_POINTS_MAX);
        ck_assert_uint_ge(kept.points[kept.count - 1].index, last);
        last = kept.points[kept.count - 1].index;
    }
}
END_TEST

/* ---- a leader ---- */

/* This peer has the log up to this index. */
static void says_has(uint16_t peer, uint64_t index)
{
    struct raft_message *reply = make_message(RAFT_MESSAGE_APPEND_REPLY, peer, 2);

    reply->append_reply.success = true;
    reply->append_reply.index = index;
    reply->append_reply.standing = 1;
    member_message(bench.member, reply);
}

static uint64_t base(void)
{
    struct raft_status status;

    raft_get_status(member_core(bench.member), bench.turn.now_ms, &status);
    return status.base_index;
}

/* So many commands are applied, with the help of node 2; node 3 answers, and lacks them. Returns
 * the index of the last one. */
static uint64_t write(size_t count, uint64_t index_of_3)
{
    for (size_t i = 0; i < count; i++) {
        begin();
        ask(1, 1);
        end();
        begin();
        acknowledge(2);
        says_has(3, index_of_3);
        end();
        begin();
        end();
        for (size_t place = 0; place < bench.answer_count; place++) {
            reply_reset(&bench.answers[place].reply);
        }
        bench.answer_count = 0;
    }
    return member_applied_index(bench.member);
}

/* A snapshot of everything that was applied, with this content. needed_index: of the oldest one
 * that is being sent, 0 = none is; before_index: of the snapshot before it. */
static void save(size_t content_bytes, uint64_t needed_index, uint64_t before_index)
{
    struct member_saved saved = {.index = member_applied_index(bench.member),
                                 .before_index = before_index};
    struct snapshot_info info;

    saved.needed_index = needed_index != 0 ? needed_index : saved.index;
    member_want_snapshot(bench.member);
    ck_assert(member_begin_snapshot(bench.member, &info));
    member_sliced(bench.member, content_bytes, true);
    begin();
    member_snapshot_saved(bench.member, &saved);
    end();
}

/* Both peers have what the leader has. Returns the last index. */
static uint64_t lead_both(void)
{
    uint64_t index;

    bench.member->options.has_snapshots = true;
    bench.member->options.snapshot_entries = UINT32_MAX;
    bench.member->options.snapshot_bytes = UINT64_MAX;
    bench.member->options.log_memory_bytes = UINT64_MAX;
    lead();
    begin();
    set_link(3, true);
    end();
    begin();
    acknowledge(2);
    acknowledge(3);
    end();
    begin();
    end();
    index = member_applied_index(bench.member);
    ck_assert_uint_gt(index, 1);
    return index;
}

/* Otherwise a peer that catches up after a snapshot needs the next snapshot, and so on. */
START_TEST(what_a_peer_lacks_stays_until_the_peer_has_it)
{
    uint64_t first = lead_both();
    uint64_t last;

    save(4 * COMMAND_BYTES, 0, 0); /* so that the log after this one may have 16 commands */
    for (int i = 0; i < 3; i++) {
        last = write(4, first);
        save(4 * COMMAND_BYTES, 0, 0);
        ck_assert_uint_eq(base(), first);
    }
    begin();
    says_has(3, last);
    end();
    write(1, last);
    save(4 * COMMAND_BYTES, 0, 0);
    ck_assert_uint_eq(base(), last);
}
END_TEST

/* No other snapshot has to be saved for this: perhaps nobody writes any more. */
START_TEST(what_a_peer_lacked_goes_soon_after_the_peer_has_it)
{
    uint64_t first = lead_both();
    uint64_t last;

    save(4 * COMMAND_BYTES, 0, 0);
    last = write(4, first);
    save(4 * COMMAND_BYTES, 0, 0);
    ck_assert_uint_eq(base(), first);
    begin();
    acknowledge(2);
    says_has(3, last);
    end();
    pass(ELECTION_TIMEOUT_MS / 2);
    ck_assert_uint_eq(base(), first);
    begin();
    acknowledge(2);
    end();
    pass(ELECTION_TIMEOUT_MS / 2);
    ck_assert_uint_eq(base(), last);
}
END_TEST

START_TEST(what_a_peer_lacks_goes_when_the_peer_is_silent)
{
    uint64_t first = lead_both();
    uint64_t last;

    save(4 * COMMAND_BYTES, 0, 0);
    last = write(4, first);
    save(4 * COMMAND_BYTES, 0, 0);
    for (int i = 0; i < 20; i++) {
        ck_assert_uint_eq(base(), first);
        pass(ELECTION_TIMEOUT_MS / 2);
        begin();
        acknowledge(2);
        end();
    }
    pass(ELECTION_TIMEOUT_MS / 2);
    begin();
    acknowledge(2);
    end();
    pass(ELECTION_TIMEOUT_MS / 2);
    ck_assert_uint_eq(base(), last);
}
END_TEST

START_TEST(what_a_peer_lacks_goes_when_it_is_more_than_the_bound)
{
    uint64_t first = lead_both();
    uint64_t last;

    save(4 * COMMAND_BYTES, 0, 0);
    write(10, first);
    save(4 * COMMAND_BYTES, 0, 0);
    ck_assert_uint_eq(base(), first);
    last = write(10, first);
    save(4 * COMMAND_BYTES, 0, 0);
    ck_assert_uint_eq(base(), last);
}
END_TEST

START_TEST(what_a_peer_lacks_goes_when_the_disk_is_nearly_full)
{
    uint64_t first = lead_both();
    uint64_t last;

    save(4 * COMMAND_BYTES, 0, 0);
    last = write(4, first);
    ck_assert_uint_eq(member_log_floor(bench.member), first);
    save(4 * COMMAND_BYTES, 0, 0);
    ck_assert_uint_eq(base(), first);
    bench.turn.free_bytes = RESERVE_BYTES - 1;
    pass(1);
    pass(1);
    ck_assert_uint_eq(member_log_floor(bench.member), UINT64_MAX);
    ck_assert_uint_eq(base(), last);
}
END_TEST

/* Clients are refused when less than the reserve is free. What is kept for peers goes long before
 * that: the next snapshot has to have room, too. */
START_TEST(what_a_peer_lacks_goes_before_clients_are_refused)
{
    const uint64_t enough = 2 * (uint64_t)RESERVE_BYTES + 4 * COMMAND_BYTES;
    uint64_t first = lead_both();
    uint64_t last;

    bench.turn.free_bytes = enough;
    save(4 * COMMAND_BYTES, 0, 0);
    last = write(4, first);
    save(4 * COMMAND_BYTES, 0, 0);
    ck_assert_uint_eq(member_log_floor(bench.member), first);
    ck_assert_uint_eq(base(), first);
    bench.turn.free_bytes = enough - 1;
    pass(1);
    ck_assert_uint_eq(member_log_floor(bench.member), UINT64_MAX);
    begin();
    acknowledge(2);
    end();
    for (int i = 0; i < 3; i++) { /* the log is looked at once a second */
        pass(ELECTION_TIMEOUT_MS / 2);
        begin();
        acknowledge(2);
        end();
    }
    ck_assert_uint_eq(base(), last);
    ck_assert(!member_space_is_low(bench.member));
}
END_TEST

/* The worker decides how long that is: it knows the file. */
START_TEST(the_log_after_a_snapshot_that_is_being_sent_stays)
{
    uint64_t first = lead_both();
    uint64_t last;

    save(COMMAND_BYTES, 0, 0);
    last = write(10, first);
    save(COMMAND_BYTES, first, 0);
    ck_assert_uint_eq(base(), first);
    ck_assert_uint_eq(member_log_floor(bench.member), last);
}
END_TEST

/* No other snapshot has to be saved for this. */
START_TEST(the_log_after_a_snapshot_goes_soon_after_its_transfer_has_ended)
{
    uint64_t first = lead_both();
    uint64_t last;

    save(COMMAND_BYTES, 0, 0);
    last = write(10, first);
    save(COMMAND_BYTES, first, 0);
    ck_assert_uint_eq(base(), first);
    begin();
    member_snapshot_not_sent(bench.member, 3);
    member_transfers_ended(bench.member, UINT64_MAX);
    end();
    ck_assert_uint_eq(base(), first);
    for (int i = 0; i < 2; i++) {
        begin();
        acknowledge(2);
        end();
        pass(ELECTION_TIMEOUT_MS / 2);
    }
    ck_assert_uint_eq(base(), last);
}
END_TEST

/* A start may need the log after the snapshot before the newest one, so that much stays. */
START_TEST(not_so_when_the_disk_is_nearly_full)
{
    uint64_t first = lead_both();
    uint64_t before, last;

    save(COMMAND_BYTES, 0, 0);
    before = write(3, first);
    save(COMMAND_BYTES, first, first);
    ck_assert_uint_eq(base(), first);
    last = write(3, first);
    save(COMMAND_BYTES, first, before);
    ck_assert_uint_eq(base(), first);
    bench.turn.free_bytes = RESERVE_BYTES - 1;
    pass(1);
    pass(1);
    ck_assert_uint_eq(base(), last);
}
END_TEST

/* Commands of few bytes stay in memory as long as they are in the log. */
START_TEST(what_a_peer_lacks_goes_when_the_log_takes_too_much_memory)
{
    uint64_t first = lead_both();
    uint64_t last;

    bench.member->options.log_memory_bytes = 2 * COMMAND_BYTES;
    save(100 * COMMAND_BYTES, 0, 0);
    write(10, first);
    save(100 * COMMAND_BYTES, 0, 0);
    ck_assert_uint_eq(base(), first);
    last = write(10, first);
    ck_assert_uint_eq(member_log_floor(bench.member), UINT64_MAX);
    save(100 * COMMAND_BYTES, 0, 0);
    ck_assert_uint_eq(base(), last);
}
END_TEST

/* Without a limit, all of the log is in memory. */
START_TEST(what_a_peer_lacks_is_bounded_in_memory_without_a_limit)
{
    uint64_t first = lead_both();
    uint64_t last;

    bench.member->options.log_memory_bytes = 0;
    save(6 * COMMAND_BYTES, 0, 0);
    write(6, first);
    save(6 * COMMAND_BYTES, 0, 0);
    ck_assert_uint_eq(base(), first);
    last = write(6, first);
    ck_assert_uint_eq(member_log_floor(bench.member), UINT64_MAX);
    save(6 * COMMAND_BYTES, 0, 0);
    ck_assert_uint_eq(base(), last);
}
END_TEST

UNIT_SUITE(kept)
{
    Suite *suite = suite_create("kept");
    TCase *tcase = tcase_create("kept");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_log_is_kept_as_far_back_as_four_times_the_content);
    tcase_add_test(tcase, snapshots_that_are_close_together_take_one_place);
    tcase_add_test(tcase, a_content_that_grows_needs_no_more_places);
    tcase_add_test(tcase, what_a_peer_lacks_stays_until_the_peer_has_it);
    tcase_add_test(tcase, what_a_peer_lacked_goes_soon_after_the_peer_has_it);
    tcase_add_test(tcase, what_a_peer_lacks_goes_when_the_peer_is_silent);
    tcase_add_test(tcase, what_a_peer_lacks_goes_when_it_is_more_than_the_bound);
    tcase_add_test(tcase, what_a_peer_lacks_goes_when_the_disk_is_nearly_full);
    tcase_add_test(tcase, what_a_peer_lacks_goes_before_clients_are_refused);
    tcase_add_test(tcase, the_log_after_a_snapshot_that_is_being_sent_stays);
    tcase_add_test(tcase, the_log_after_a_snapshot_goes_soon_after_its_transfer_has_ended);
    tcase_add_test(tcase, not_so_when_the_disk_is_nearly_full);
    tcase_add_test(tcase, what_a_peer_lacks_goes_when_the_log_takes_too_much_memory);
    tcase_add_test(tcase, what_a_peer_lacks_is_bounded_in_memory_without_a_limit);
    suite_add_tcase(suite, tcase);
    return suite;
}
