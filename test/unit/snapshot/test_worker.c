/*
 * Transfers: a file arrives complete, goes on where it was after a break, survives lost frames, and
 * is refused if it is damaged.
 */
#include "snapshot/worker.h"

#include "unit.h"

#include "base/memory.h"
#include "snapshot/two_workers.h"
#include "store/snapshot_writer.h"

static void set_up(void)
{
    two_workers_set_up(1, 0, 0, 0);
}

START_TEST(a_file_goes_over_whole_and_is_staged)
{
    two_workers_start();
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
    ck_assert_uint_eq(two_workers_newest(RECEIVER), 10);
    ck_assert(!fs_memory_exists(transfer.sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME));
    ck_assert_uint_eq(transfer.failed, 0);
}
END_TEST

START_TEST(lost_frames_cost_time_and_nothing_else)
{
    two_workers_start();
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    transfer.drop_every = 7;
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
    ck_assert_uint_eq(transfer.failed, 0);
}
END_TEST

START_TEST(after_a_reconnect_it_goes_on_where_it_was)
{
    uint64_t size;

    two_workers_start();
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_half_way);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, false);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, true);
    transfer.first_offset = 0;
    two_workers_run_until(is_sent);
    size = fs_memory_size(transfer.sides[SENDER].memory, "/data/snapshot-000000000000000a.raftd");
    ck_assert(transfer.staged_is_right);
    ck_assert_uint_gt(transfer.first_offset, 0);
    ck_assert_uint_lt(transfer.chunk_bytes,
                      size + (1 << 20)); /* at most the window was sent twice */
}
END_TEST

START_TEST(a_flipped_byte_is_refused_and_leaves_nothing)
{
    two_workers_start();
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    transfer.flip_at = CONTENT_BYTES / 3;
    transfer.is_offered_once = true;
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(has_failed);
    ck_assert_uint_eq(transfer.received, 0);
    ck_assert_uint_eq(two_workers_newest(RECEIVER), 0);
    ck_assert(!fs_memory_exists(transfer.sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME));
    /* The next try succeeds. */
    transfer.is_offered_once = false;
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
}
END_TEST

static bool is_saved_a_third_time(void)
{
    return transfer.saved_index == 30; /* it comes after everything that the worker did */
}

/* T39: the file that is being sent is kept although a newer one is there; then it is removed. */
START_TEST(t39_clean_up_leaves_what_is_being_sent)
{
    two_workers_start();
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_half_way);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, false);
    two_workers_save(20);
    two_workers_run_until(is_saved_as_20);
    ck_assert(
        fs_memory_exists(transfer.sides[SENDER].memory, "/data/snapshot-000000000000000a.raftd"));
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, true);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
    ck_assert_uint_eq(two_workers_newest(RECEIVER), 10);
}
END_TEST

/* Two more are saved while the first is half way. They end when the link is there again. */
static void save_two_during_a_transfer(uint64_t floor_index)
{
    two_workers_start();
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_half_way);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, false);
    transfer.floor_index = floor_index;
    two_workers_save(20);
    two_workers_run_until(is_saved_as_20);
    ck_assert_uint_eq(transfer.needed_index, 10);
    two_workers_save(30);
    two_workers_run_until(is_saved_a_third_time);
}

START_TEST(newer_snapshots_do_not_end_a_transfer)
{
    save_two_during_a_transfer(10);
    ck_assert_uint_eq(transfer.needed_index, 10);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, true);
    two_workers_run_until(is_sent);
    ck_assert_uint_eq(two_workers_newest(RECEIVER), 10);
    ck_assert_uint_eq(transfer.sent_index, 10);
    ck_assert(transfer.staged_is_right);
}
END_TEST

START_TEST(a_transfer_that_is_not_worth_it_begins_anew_with_the_newest)
{
    save_two_during_a_transfer(11);
    ck_assert_uint_eq(transfer.needed_index, 30);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, true);
    two_workers_run_until(is_sent);
    ck_assert_uint_eq(two_workers_newest(RECEIVER), 30);
    ck_assert_uint_eq(transfer.sent_index, 30);
    ck_assert(transfer.staged_is_right);
}
END_TEST

static void read_piece(uint64_t index, int wanted)
{
    struct raftd_error error = {0};
    uint64_t total;
    uint8_t byte;
    size_t count;

    ck_assert_int_eq(snapshot_worker_read(transfer.sides[SENDER].worker, index, 0, &byte, 1, &count,
                                          &total, &error),
                     wanted);
}

/* T39: two backups of different snapshots, and questions for snapshots that do not exist: both
 * backups go on. */
START_TEST(t39_clean_up_leaves_what_is_read_for_backups)
{
    two_workers_start();
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    read_piece(10, 0);
    two_workers_save(20);
    two_workers_run_until(is_saved_as_20);
    read_piece(20, 0);
    for (uint64_t index = 1000; index < 1020; index++) {
        read_piece(index, RAFTD_ERROR_INVALID);
    }
    two_workers_save(30);
    two_workers_run_until(is_saved_a_third_time);
    read_piece(10, 0);
    read_piece(20, 0);
    read_piece(30, 0);
}
END_TEST

static bool is_sent_and_offered(void)
{
    return is_sent() && transfer.strange > 0;
}

/*
 * T17: a worker hangs, for example because of its disk, while connections are made and lost and
 * peers need snapshots. No thread waits for room in its ring, nothing overflows, and at last the
 * worker knows the newest state of each.
 */
START_TEST(t17_a_worker_that_hangs_is_told_how_things_stand_afterwards)
{
    struct snapshot_worker *hanging = transfer.sides[RECEIVER].worker;

    two_workers_start();
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    pthread_mutex_lock(&two_workers_hang);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(two_workers_is_building);
    for (uint16_t i = 0; i < 5000; i++) {
        snapshot_worker_link(hanging, STRANGER, i % 2 != 0);
        snapshot_worker_link(hanging, SENDER, i % 2 != 0);
        snapshot_worker_forget(hanging, STRANGER + i % 1000);
    }
    snapshot_worker_send(hanging, STRANGER);
    pthread_mutex_unlock(&two_workers_hang);
    two_workers_run_until(is_sent_and_offered);
    ck_assert(transfer.staged_is_right);
}
END_TEST

START_TEST(without_a_snapshot_it_fails_and_a_stranger_is_not_believed)
{
    struct wire_snapshot *frame = memory_allocate_zeroed(1, sizeof(*frame) + 100);

    two_workers_start();
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(has_failed);
    /* A chunk that was not asked for, and an answer to nothing. */
    *frame = (struct wire_snapshot){
        .kind = WIRE_SNAPSHOT_CHUNK, .data_bytes = 100, .index = 5, .id = 5, .offset_bytes = 50};
    snapshot_worker_frame(transfer.sides[RECEIVER].worker, SENDER, frame, 2);
    frame = memory_allocate_zeroed(1, sizeof(*frame));
    *frame = (struct wire_snapshot){
        .kind = WIRE_SNAPSHOT_ANSWER, .answer = WIRE_SNAPSHOT_DONE, .index = 5, .id = 5};
    snapshot_worker_frame(transfer.sides[SENDER].worker, RECEIVER, frame, 2);
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    ck_assert_uint_eq(transfer.sent, 0);
    ck_assert(!fs_memory_exists(transfer.sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME));
}
END_TEST

/* The core would not install it, and after a restart it would be the newest one. */
START_TEST(one_of_a_later_term_is_refused_and_leaves_nothing)
{
    two_workers_start();
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    transfer.newest_term = 1;
    transfer.is_offered_once = true;
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(has_failed);
    ck_assert_uint_eq(transfer.received, 0);
    ck_assert_uint_eq(two_workers_newest(RECEIVER), 0);
    ck_assert(!fs_memory_exists(transfer.sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME));
}
END_TEST

UNIT_SUITE(snapshot_worker)
{
    Suite *suite = suite_create("snapshot_worker");
    TCase *tcase = tcase_create("transfers");

    tcase_add_checked_fixture(tcase, set_up, two_workers_tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_file_goes_over_whole_and_is_staged);
    tcase_add_test(tcase, lost_frames_cost_time_and_nothing_else);
    tcase_add_test(tcase, after_a_reconnect_it_goes_on_where_it_was);
    tcase_add_test(tcase, a_flipped_byte_is_refused_and_leaves_nothing);
    tcase_add_test(tcase, t39_clean_up_leaves_what_is_being_sent);
    tcase_add_test(tcase, newer_snapshots_do_not_end_a_transfer);
    tcase_add_test(tcase, a_transfer_that_is_not_worth_it_begins_anew_with_the_newest);
    tcase_add_test(tcase, t39_clean_up_leaves_what_is_read_for_backups);
    tcase_add_test(tcase, t17_a_worker_that_hangs_is_told_how_things_stand_afterwards);
    tcase_add_test(tcase, without_a_snapshot_it_fails_and_a_stranger_is_not_believed);
    tcase_add_test(tcase, one_of_a_later_term_is_refused_and_leaves_nothing);
    suite_add_tcase(suite, tcase);

    return suite;
}
