/*
 * The core thread while a disk hangs: what clients are told, and what goes on when the disk is
 * back.
 */
#include <string.h>

#include "lone.h"
#include "unit.h"

#include "raft/raft.h"

enum { WRITES_MAX = RAFT_WRITES_OF_LEADER_MAX };

START_TEST(at_the_end_an_open_outcome_is_unknown)
{
    struct lone lone;

    lone_init(&lone);
    lone_serve(&lone);
    lone_stall_disk();
    lone_propose(&lone, 1, 7);
    lone_wait_for_stall();
    raftd_node_stop(lone.node);
    ck_assert_int_eq(lone_next(&lone).status, RAFTD_ERROR_TIMEOUT);
    lone_release_disk();
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_free(&lone);
}
END_TEST

/* In service, but not ready: the vote for itself is not on the disk. */
static bool campaigns(const struct raftd_status *status, uint64_t unused)
{
    (void)unused;
    return !status->ready && strcmp(status->role, "candidate") == 0;
}

/* The disk hangs before the node has become the leader: nothing can have been applied. */
START_TEST(at_the_end_what_never_left_is_definite)
{
    struct lone lone;

    lone_init(&lone);
    lone_build(&lone);
    lone_stall_disk();
    lone_run(&lone);
    lone_wait(&lone, campaigns, 0);
    lone_propose(&lone, 1, 7);
    ck_assert_int_eq(raftd_client_read(lone.client, "", 0, RAFTD_READ_LINEARIZABLE, 0, 8), 0);
    raftd_client_submit(lone.client);
    raftd_node_stop(lone.node);
    for (int i = 0; i < 2; i++) {
        int status = lone_next(&lone).status;

        /* The core thread may have taken them only after the node went out of service. */
        ck_assert(status == RAFTD_ERROR_STOPPED || status == RAFTD_ERROR_NOT_READY);
    }
    lone_release_disk();
    ck_assert_int_eq(lone_stop(&lone), 0);
    ck_assert_uint_eq(lone.sum, 0);
    lone_free(&lone);
}
END_TEST

static bool has_pending(const struct raftd_status *status, uint64_t reads)
{
    return status->proposals_pending == 1 && status->reads_pending == reads;
}

START_TEST(at_the_end_reads_under_way_are_told_so)
{
    struct lone lone;

    lone_init(&lone);
    lone_build(&lone);
    lone_stall_disk();
    lone_run(&lone);
    lone_wait(&lone, campaigns, 0);
    ck_assert_int_eq(raftd_client_read(lone.client, "", 0, RAFTD_READ_LINEARIZABLE, 0, 8), 0);
    lone_propose(&lone, 1, 7);
    lone_wait(&lone, has_pending, 1);
    raftd_node_stop(lone.node);
    ck_assert_int_eq(lone_next(&lone).status, RAFTD_ERROR_STOPPED);
    ck_assert_int_eq(lone_next(&lone).status, RAFTD_ERROR_STOPPED);
    lone_release_disk();
    lone_free(&lone);
}
END_TEST

/* A deadline while the disk hangs: the entry is appended, so the outcome is unknown, and it may
 * still be applied. */
START_TEST(a_deadline_leaves_the_outcome_unknown)
{
    struct lone lone;
    uint64_t sum = 0;

    lone_init(&lone);
    lone_set(&lone, "raft.request_timeout_ms", "50");
    lone_serve(&lone);
    lone_stall_disk();
    ck_assert_int_eq(lone_add(&lone, 1, NULL), RAFTD_ERROR_TIMEOUT);
    lone_release_disk();
    lone_wait(&lone, lone_leads, 0);
    ck_assert_int_eq(lone_read(&lone, &sum), 0);
    ck_assert_uint_eq(sum, 1);
    lone_free(&lone);
}
END_TEST

/* As many log writes are under way as a leader begins for commands. */
static uint64_t fill_log_writer(struct lone *lone)
{
    uint64_t last = lone_status(lone).last_index;

    lone_stall_disk();
    for (unsigned i = 0; i < WRITES_MAX; i++) {
        lone_propose(lone, 1, i);
        lone_wait(lone, lone_has_last_index, ++last);
    }
    return last;
}

START_TEST(t46_while_the_disk_hangs_requests_still_meet_their_deadline)
{
    struct lone lone;

    lone_init(&lone);
    lone_set(&lone, "raft.request_timeout_ms", "300");
    lone_serve(&lone);
    fill_log_writer(&lone);
    lone_propose(&lone, 100, 1000);
    ck_assert_int_eq(raftd_client_read(lone.client, "", 0, RAFTD_READ_LINEARIZABLE, 0, 1001), 0);
    raftd_client_submit(lone.client);
    for (unsigned i = 0; i < WRITES_MAX + 2; i++) {
        struct raftd_completion completion = lone_next(&lone);

        /* The read needs no disk. The last command was never appended; there is a leader, but it
         * is full. */
        ck_assert_int_eq(completion.status, completion.tag < WRITES_MAX ? RAFTD_ERROR_TIMEOUT
                                            : completion.tag == 1001    ? 0
                                                                        : RAFTD_ERROR_BUSY);
    }
    lone_release_disk();
    lone_wait(&lone, lone_leads, 0);
    ck_assert_int_eq(lone_stop(&lone), 0);
    ck_assert_uint_eq(lone.sum, WRITES_MAX); /* what was called not applied was not applied */
    lone_free(&lone);
}
END_TEST

START_TEST(t46_a_hanging_disk_keeps_nobody_from_hearing_of_the_end)
{
    struct lone lone;

    lone_init(&lone);
    lone_set(&lone, "raft.request_timeout_ms", "60000");
    lone_serve(&lone);
    fill_log_writer(&lone);
    raftd_node_stop(lone.node);
    for (unsigned i = 0; i < WRITES_MAX; i++) {
        ck_assert_int_eq(lone_next(&lone).status, RAFTD_ERROR_TIMEOUT);
    }
    lone_release_disk();
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_free(&lone);
}
END_TEST

/*
 * T17: the ring of the log writer is full, the ring of the client is full, and so is that of
 * another client, which only reads. No thread waits for room that only it can make: everything is
 * answered as soon as the disk is back.
 */
START_TEST(t17_all_rings_are_full_and_everything_is_answered)
{
    struct raftd_client *reader;
    struct raftd_completion completion;
    struct lone lone;
    unsigned answers = 0;
    uint64_t tag = WRITES_MAX;

    lone_init(&lone);
    lone_set(&lone, "raft.request_timeout_ms", "60000");
    lone_serve(&lone);
    ck_assert_int_eq(raftd_client_open(lone.node, &reader), 0);
    fill_log_writer(&lone);
    while (raftd_client_propose(lone.client, "\1", 1, tag) == 0) {
        tag++;
    }
    raftd_client_submit(lone.client);
    while (raftd_client_read(reader, "", 0, RAFTD_READ_LINEARIZABLE, 0, answers) == 0) {
        answers++;
    }
    raftd_client_submit(reader);
    ck_assert_int_eq(raftd_client_snapshot(lone.client, tag), RAFTD_ERROR_BUSY);
    lone_release_disk();
    for (uint64_t i = 0; i < tag; i++) {
        ck_assert_int_eq(lone_next(&lone).status, 0);
    }
    for (unsigned i = 0; i < answers; i++) {
        ck_assert(raftd_client_wait(reader, 10000));
        ck_assert(raftd_client_next(reader, &completion));
        ck_assert_int_eq(completion.status, 0);
    }
    raftd_client_close(reader);
    ck_assert_int_eq(lone_stop(&lone), 0);
    ck_assert_uint_eq(lone.sum, tag);
    lone_free(&lone);
}
END_TEST

/* T59: a status call waits for no disk, whether a log write hangs or the file of a snapshot. */
START_TEST(t59_a_status_is_told_while_every_disk_hangs)
{
    struct lone lone;

    lone_init(&lone);
    lone_set(&lone, "raft.request_timeout_ms", "60000");
    lone_serve(&lone);
    ck_assert_int_eq(lone_add(&lone, 1, NULL), 0);
    lone_stall_snapshots();
    ck_assert_uint_gt(raftd_node_snapshot(lone.node), 0);
    lone_wait_for_stall();
    fill_log_writer(&lone);
    ck_assert_uint_eq(lone_status(&lone).proposals_pending, WRITES_MAX);
    ck_assert_str_eq(lone_status(&lone).role, "leader");
    lone_release_disk();
    lone_free(&lone);
}
END_TEST

START_TEST(what_was_held_back_goes_on_as_soon_as_there_is_room)
{
    struct lone lone;
    uint8_t large[5000] = {1};

    lone_init(&lone);
    /* No heartbeat wakes the thread. */
    lone_set(&lone, "raft.heartbeat_ms", "60000");
    lone_set(&lone, "raft.election_timeout_ms", "600000");
    lone_set(&lone, "raft.max_uncommitted_bytes", "4096");
    lone_serve(&lone);
    lone_stall_disk();
    ck_assert_int_eq(raftd_client_propose(lone.client, large, sizeof(large), 1), 0);
    raftd_client_submit(lone.client);
    lone_wait_for_stall();
    lone_propose(&lone, 1, 2);
    lone_propose(&lone, 1, 3);
    while (lone_status(&lone).proposals_pending < 3) {
    }
    lone_release_disk();
    for (uint64_t tag = 1; tag <= 3; tag++) {
        struct raftd_completion completion = lone_next(&lone);

        ck_assert_int_eq(completion.status, 0);
        ck_assert_uint_eq(completion.tag, tag);
    }
    lone_free(&lone);
}
END_TEST

/* There is more to apply than fits into one turn, and the node goes out of service meanwhile. */
START_TEST(a_backlog_is_applied_even_out_of_service)
{
    struct lone lone;

    lone_init(&lone);
    lone_serve(&lone);
    lone_stall_disk();
    for (uint64_t i = 0; i < 8192; i++) {
        ck_assert_int_eq(raftd_client_propose(lone.client, "\1", 1, i), 0);
    }
    raftd_client_submit(lone.client);
    while (lone_status(&lone).proposals_pending < 8192) {
    }
    raftd_node_set_ready(lone.node, false);
    lone_release_disk();
    for (uint64_t i = 0; i < 8192; i++) {
        struct raftd_completion completion = lone_next(&lone);

        ck_assert_int_eq(completion.status, 0);
        ck_assert_uint_eq(completion.tag, i);
    }
    lone_free(&lone);
}
END_TEST

UNIT_SUITE(core_thread)
{
    Suite *suite = suite_create("core thread");
    TCase *tcase = tcase_create("a disk that hangs");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, at_the_end_an_open_outcome_is_unknown);
    tcase_add_test(tcase, at_the_end_what_never_left_is_definite);
    tcase_add_test(tcase, at_the_end_reads_under_way_are_told_so);
    tcase_add_test(tcase, a_deadline_leaves_the_outcome_unknown);
    tcase_add_test(tcase, t46_while_the_disk_hangs_requests_still_meet_their_deadline);
    tcase_add_test(tcase, t46_a_hanging_disk_keeps_nobody_from_hearing_of_the_end);
    tcase_add_test(tcase, t17_all_rings_are_full_and_everything_is_answered);
    tcase_add_test(tcase, t59_a_status_is_told_while_every_disk_hangs);
    tcase_add_test(tcase, what_was_held_back_goes_on_as_soon_as_there_is_room);
    tcase_add_test(tcase, a_backlog_is_applied_even_out_of_service);
    suite_add_tcase(suite, tcase);
    return suite;
}
