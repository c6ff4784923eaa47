/*
 * Files that rot, that cannot be read, or for which there is no room: what a worker offers, keeps,
 * refuses and removes. No thread runs, so that the tests can change files.
 */
#include <errno.h>

#include "unit.h"

#include "snapshot/two_workers.h"
#include "store/reserve.h"
#include "store/snapshot_writer.h"

static const char path_10[] = "/data/snapshot-000000000000000a.raftd";
static const char path_20[] = "/data/snapshot-0000000000000014.raftd";

static bool is_damaged(void)
{
    return transfer.damaged_index != 0;
}

static bool is_damaged_and_failed(void)
{
    return is_damaged() && transfer.failed > 0;
}

/* Flips a bit in the middle of a file of the sender. */
static void rot(const char *path)
{
    struct fs_memory *memory = transfer.sides[SENDER].memory;
    size_t offset = fs_memory_size(memory, path) * 3 / 4;
    uint8_t byte = fs_memory_bytes(memory, path)[offset] ^ 4;

    fs_memory_poke(memory, path, offset, &byte, 1);
}

static void set_up_two_files(void)
{
    two_workers_set_up(2, 0, 0, 0);
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    two_workers_save(20);
    two_workers_run_until(is_saved_as_20);
}

/* R7: the newest file rots. The receiver never sees it and gets the one before at once; the core
 * is asked for a new one, and the damaged file has another name. */
START_TEST(r7_a_rotten_file_is_never_offered_and_the_one_before_is)
{
    set_up_two_files();
    rot(path_20);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
    ck_assert_uint_eq(transfer.received_index, 10);
    ck_assert_uint_eq(transfer.damaged_index, 20);
    ck_assert_uint_eq(transfer.newest_good_index, 10);
    ck_assert_uint_eq(transfer.refusals, 0);
    ck_assert_uint_eq(transfer.failed, 0);
    ck_assert(!fs_memory_exists(transfer.sides[SENDER].memory, path_20));
    ck_assert(fs_memory_exists(transfer.sides[SENDER].memory, "/data/" SNAPSHOT_DAMAGED_NAME));
    ck_assert_uint_eq(two_workers_newest(SENDER), 10);
}
END_TEST

/* R7: all files rot. The transfer fails, so that the core tries again, and succeeds as soon as a
 * new snapshot is there. Only one damaged file is kept. */
START_TEST(r7_without_a_good_file_it_waits_for_a_new_one)
{
    set_up_two_files();
    rot(path_10);
    rot(path_20);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_damaged_and_failed);
    ck_assert_uint_eq(transfer.newest_good_index, 0);
    ck_assert_uint_eq(two_workers_newest(SENDER), 0);
    ck_assert(!fs_memory_exists(transfer.sides[SENDER].memory, path_10));
    ck_assert(!fs_memory_exists(transfer.sides[SENDER].memory, path_20));
    two_workers_save(10);
    transfer.saved_index = 0;
    two_workers_run_until(is_saved_as_10);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
    ck_assert_uint_eq(transfer.refusals, 0);
}
END_TEST

/* R7: the file rots after it was checked, while it is sent. The receiver refuses it once; then the
 * sender finds the damage and sends the file before it. */
START_TEST(r7_a_file_that_rots_while_it_is_sent_is_refused_once)
{
    set_up_two_files();
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_half_way);
    rot(path_20);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
    ck_assert_uint_eq(transfer.refusals, 1);
    ck_assert_uint_eq(transfer.last_refusal, WIRE_SNAPSHOT_DAMAGED);
    ck_assert_uint_eq(transfer.damaged_index, 20);
    ck_assert_uint_eq(transfer.received_index, 10);
    ck_assert_uint_eq(transfer.failed, 0);
}
END_TEST

/* R7: the first bytes of a file rot that was found intact for an earlier transfer, so it cannot
 * even be opened. The transfer fails once; the next one reads the file again. */
START_TEST(r7_a_file_that_rots_after_it_was_checked_is_read_again)
{
    struct fs_memory *memory;
    uint8_t byte;

    set_up_two_files();
    memory = transfer.sides[SENDER].memory;
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_sent);
    byte = fs_memory_bytes(memory, path_20)[1] ^ 4;
    fs_memory_poke(memory, path_20, 1, &byte, 1);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(has_failed);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_damaged);
    ck_assert_uint_eq(transfer.damaged_index, 20);
    ck_assert(!fs_memory_exists(memory, path_20));
    ck_assert_uint_eq(two_workers_newest(SENDER), 10);
}
END_TEST

/* A sector that cannot be read: the file is not offered, but it keeps its name, because it may be
 * the only one and the next read may succeed. */
START_TEST(a_file_that_cannot_be_read_is_not_offered_and_not_removed)
{
    set_up_two_files();
    fs_memory_make_unreadable(transfer.sides[SENDER].memory, path_20,
                              CONTENT_BYTES / 2 / 4096 * 4096);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_sent);
    ck_assert_uint_eq(transfer.received_index, 10);
    ck_assert_uint_eq(transfer.damaged_index, 20);
    ck_assert_uint_eq(transfer.refusals, 0);
    ck_assert(fs_memory_exists(transfer.sides[SENDER].memory, path_20));
}
END_TEST

/* Damage is found although no peer needs the file. */
START_TEST(r7_files_are_read_in_the_background)
{
    two_workers_set_up(2, 0, 1, 0);
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    rot(path_10);
    two_workers_run_until(is_damaged);
    ck_assert_uint_eq(transfer.damaged_index, 10);
    ck_assert_uint_eq(transfer.newest_good_index, 0);
    ck_assert(fs_memory_exists(transfer.sides[SENDER].memory, "/data/" SNAPSHOT_DAMAGED_NAME));
}
END_TEST

static bool is_saved_now(void)
{
    return transfer.saved_index != 0;
}

/* One snapshot is kept. It goes when the next one was read back from the disk, and not before. */
START_TEST(an_older_snapshot_stays_until_the_newer_one_was_read_back)
{
    struct fs_memory *memory;

    two_workers_set_up(1, 0, 0, 0);
    memory = transfer.sides[SENDER].memory;
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    fs_memory_fail(memory, FS_MEMORY_PREAD, 1, -EIO);
    transfer.saved_index = 0;
    two_workers_save(20);
    two_workers_run_until(is_saved_now);
    ck_assert_int_ne(transfer.saved_code, 0);
    ck_assert(fs_memory_exists(memory, path_10));
    ck_assert(!fs_memory_exists(memory, path_20));
    ck_assert_uint_eq(two_workers_newest(SENDER), 10);
    transfer.saved_index = 0;
    two_workers_save(20);
    two_workers_run_until(is_saved_now);
    ck_assert_int_eq(transfer.saved_code, 0);
    ck_assert(!fs_memory_exists(memory, path_10));
    ck_assert(fs_memory_exists(memory, path_20));
}
END_TEST

/* Saves with this many free bytes. Returns the code. */
static int save_with_free(uint64_t index, uint64_t bytes)
{
    struct fs_memory *memory = transfer.sides[SENDER].memory;
    const struct fs *fs = fs_memory_table(memory);
    uint64_t used;

    fs_memory_limit(memory, 1 << 30);
    used = (1 << 30) - (uint64_t)fs->free_bytes(fs->context, "/data");
    fs_memory_limit(memory, used + bytes);
    transfer.saved_index = 0;
    two_workers_save(index);
    two_workers_run_until(is_saved_now);
    return transfer.saved_code;
}

/* A sixteenth of the reserve stays free, before and while a snapshot is saved; what was begun is
 * removed. Less than a quarter is left for entries then, so this is what lets a log shrink that has
 * filled the disk. A damaged file makes room for a new one. */
START_TEST(r9_saving_leaves_a_sixteenth_of_the_reserve)
{
    const uint64_t reserve = 32 << 20;
    const uint64_t kept = reserve_floor(RESERVE_CLUSTER, reserve);
    struct fs_memory *memory;

    ck_assert_uint_eq(kept, reserve / 16);

    two_workers_set_up(2, reserve, 0, 0);
    memory = transfer.sides[SENDER].memory;
    ck_assert_int_lt(save_with_free(10, kept - 4096), 0); /* at the begin */
    ck_assert_int_lt(save_with_free(10, kept + (1 << 20)), 0);
    ck_assert(!fs_memory_exists(memory, "/data/" SNAPSHOT_SAVE_NAME));
    ck_assert_int_eq(save_with_free(10, kept + CONTENT_BYTES + (5 << 20)), 0);
    /* Now it is known how large a snapshot is. */
    ck_assert_int_lt(save_with_free(20, kept + CONTENT_BYTES / 2), 0);
    fs_memory_put(memory, "/data/" SNAPSHOT_DAMAGED_NAME, memory, 1);
    ck_assert_int_lt(save_with_free(20, kept + CONTENT_BYTES / 2), 0);
    ck_assert(!fs_memory_exists(memory, "/data/" SNAPSHOT_DAMAGED_NAME));
}
END_TEST

/* A file that is being sent takes the room of the next one: its transfer begins anew with the
 * newest one, which stays in any case. */
START_TEST(r9_without_room_no_old_file_is_kept_for_a_transfer)
{
    const uint64_t reserve = 32 << 20;
    const uint64_t kept = reserve_floor(RESERVE_CLUSTER, reserve);
    struct fs_memory *memory;

    two_workers_set_up(2, reserve, 0, 0);
    memory = transfer.sides[SENDER].memory;
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_half_way);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, false);
    ck_assert_int_eq(save_with_free(20, 1 << 26), 0);
    ck_assert_int_eq(save_with_free(30, 1 << 26), 0);
    ck_assert(fs_memory_exists(memory, path_10));
    ck_assert_uint_eq(transfer.needed_index, 10);
    ck_assert_int_eq(save_with_free(40, kept + CONTENT_BYTES / 2), 0);
    ck_assert(!fs_memory_exists(memory, path_10));
    ck_assert_uint_gt(transfer.needed_index, 20);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, true);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
    ck_assert_uint_eq(transfer.failed, 0);
}
END_TEST

/* One snapshot is kept, and the peer is gone: its file alone would take the room for ever. */
START_TEST(r9_without_room_the_only_old_file_is_not_kept_for_a_transfer)
{
    const uint64_t reserve = 32 << 20;
    const uint64_t kept = reserve_floor(RESERVE_CLUSTER, reserve);
    struct fs_memory *memory;

    two_workers_set_up(1, reserve, 0, 0);
    memory = transfer.sides[SENDER].memory;
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_half_way);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, false);
    ck_assert_int_eq(save_with_free(20, 1 << 26), 0);
    ck_assert(fs_memory_exists(memory, path_10));
    ck_assert_int_eq(save_with_free(30, kept + CONTENT_BYTES / 2), 0);
    ck_assert(!fs_memory_exists(memory, path_10));
    ck_assert_uint_eq(transfer.needed_index, 20);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, true);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
}
END_TEST

/* What a transfer needed goes when the transfer ends: its file, and the log, of which the core is
 * told. No other snapshot has to be saved for that. */
START_TEST(what_a_transfer_needed_goes_when_it_ends)
{
    struct fs_memory *memory;

    two_workers_set_up(1, 0, 0, 0);
    memory = transfer.sides[SENDER].memory;
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_half_way);
    two_workers_save(20);
    two_workers_run_until(is_saved_as_20);
    ck_assert_uint_eq(transfer.needed_index, 10);
    ck_assert(fs_memory_exists(memory, path_10));
    two_workers_run_until(has_ended);
    ck_assert(is_sent());
    ck_assert_uint_eq(transfer.left_index, UINT64_MAX);
    ck_assert_uint_eq(transfer.ended, 1);
    ck_assert(!fs_memory_exists(memory, path_10));
    ck_assert(fs_memory_exists(memory, path_20));
}
END_TEST

START_TEST(what_a_transfer_needed_goes_when_it_is_forgotten)
{
    set_up_two_files();
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_half_way);
    snapshot_worker_forget(transfer.sides[SENDER].worker, 0);
    two_workers_run_until(has_ended);
    ck_assert_uint_eq(transfer.left_index, UINT64_MAX);
}
END_TEST

/* When the peer is back, the core asks again, and the same file goes on where it was. */
START_TEST(what_a_transfer_needed_goes_when_the_peer_is_gone_for_long)
{
    two_workers_patience_ms = 1;
    set_up_two_files();
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_half_way);
    snapshot_worker_link(transfer.sides[SENDER].worker, RECEIVER, false);
    two_workers_run_until(has_ended);
    ck_assert(has_failed());
    ck_assert_uint_eq(transfer.left_index, UINT64_MAX);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
    ck_assert_uint_gt(transfer.first_offset, 0);
}
END_TEST

START_TEST(r9_a_file_without_room_is_refused_before_its_first_byte)
{
    two_workers_set_up(1, 4 << 20, 0, 0);
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    fs_memory_limit(transfer.sides[RECEIVER].memory,
                    reserve_floor(RESERVE_CLUSTER, 4 << 20) + CONTENT_BYTES / 2);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(has_failed);
    ck_assert_uint_eq(transfer.last_refusal, WIRE_SNAPSHOT_NO_ROOM);
    ck_assert_uint_eq(transfer.chunk_bytes, 0);
    ck_assert_uint_eq(transfer.damaged_index, 0);
    ck_assert(!fs_memory_exists(transfer.sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME));
    fs_memory_limit(transfer.sides[RECEIVER].memory, 0);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_sent);
    ck_assert(transfer.staged_is_right);
}
END_TEST

static bool has_no_part(void)
{
    return !fs_memory_exists(transfer.sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME);
}

/* The sender is gone: what arrived of its file does not stay on the disk for ever. */
START_TEST(r9_a_part_of_a_file_that_nobody_sends_is_removed)
{
    two_workers_set_up(1, 0, 0, 200);
    two_workers_save(10);
    two_workers_run_until(is_saved_as_10);
    snapshot_worker_send(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(is_half_way);
    ck_assert(!has_no_part());
    snapshot_worker_forget(transfer.sides[SENDER].worker, RECEIVER);
    two_workers_run_until(has_no_part);
    ck_assert_uint_eq(transfer.received, 0);
}
END_TEST

UNIT_SUITE(snapshot_files)
{
    Suite *suite = suite_create("snapshot_files");
    TCase *tcase = tcase_create("damage and room");

    tcase_add_checked_fixture(tcase, NULL, two_workers_tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, r7_a_rotten_file_is_never_offered_and_the_one_before_is);
    tcase_add_test(tcase, r7_without_a_good_file_it_waits_for_a_new_one);
    tcase_add_test(tcase, r7_a_file_that_rots_while_it_is_sent_is_refused_once);
    tcase_add_test(tcase, r7_a_file_that_rots_after_it_was_checked_is_read_again);
    tcase_add_test(tcase, a_file_that_cannot_be_read_is_not_offered_and_not_removed);
    tcase_add_test(tcase, r7_files_are_read_in_the_background);
    tcase_add_test(tcase, an_older_snapshot_stays_until_the_newer_one_was_read_back);
    tcase_add_test(tcase, r9_saving_leaves_a_sixteenth_of_the_reserve);
    tcase_add_test(tcase, r9_without_room_no_old_file_is_kept_for_a_transfer);
    tcase_add_test(tcase, r9_without_room_the_only_old_file_is_not_kept_for_a_transfer);
    tcase_add_test(tcase, what_a_transfer_needed_goes_when_it_ends);
    tcase_add_test(tcase, what_a_transfer_needed_goes_when_it_is_forgotten);
    tcase_add_test(tcase, what_a_transfer_needed_goes_when_the_peer_is_gone_for_long);
    tcase_add_test(tcase, r9_a_file_without_room_is_refused_before_its_first_byte);
    tcase_add_test(tcase, r9_a_part_of_a_file_that_nobody_sends_is_removed);
    suite_add_tcase(suite, tcase);
    return suite;
}
