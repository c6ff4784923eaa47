/*
 * The levels of reads: what an answer from this node may be based on, and that it is checked again
 * after the answer was computed.
 */
#include "lone.h"
#include "unit.h"

#include "member/reads_basis.h"
#include "node/node.h"
#include "sys/clock.h"

enum { ELECTION_TIMEOUT_MS = 1000 };

START_TEST(what_a_lease_allows)
{
    const struct reads_basis basis = {.all_applied = true, .lease_until_ms = 100};
    const struct reads_basis behind = {.all_applied = false, .lease_until_ms = 100};

    ck_assert(!reads_may_answer(&basis, RAFTD_READ_LINEARIZABLE, 0, 50));
    ck_assert(reads_may_answer(&basis, RAFTD_READ_LEASE, 0, 99));
    ck_assert(!reads_may_answer(&basis, RAFTD_READ_LEASE, 0, 100));
    ck_assert(!reads_may_answer(&behind, RAFTD_READ_LEASE, 0, 99));
    /* The own state of a leader with a lease is the newest. */
    ck_assert(reads_may_answer(&basis, RAFTD_READ_STALE, 1, 99));
    ck_assert(!reads_may_answer(&basis, RAFTD_READ_STALE, 1, 100));
}
END_TEST

START_TEST(what_a_bound_of_age_allows)
{
    const struct reads_basis basis = {.fresh_ms = 1000};
    const struct reads_basis never = {.all_applied = true};

    ck_assert(reads_may_answer(&basis, RAFTD_READ_STALE, 50, 1050));
    ck_assert(!reads_may_answer(&basis, RAFTD_READ_STALE, 50, 1051));
    ck_assert(!reads_may_answer(&basis, RAFTD_READ_LEASE, 50, 1000));
    ck_assert(!reads_may_answer(&never, RAFTD_READ_STALE, UINT32_MAX, 10));
    /* Without a bound, a state of any age is enough. */
    ck_assert(reads_may_answer(&never, RAFTD_READ_STALE, 0, UINT64_MAX));
}
END_TEST

static void read_and_wait(struct lone *lone, enum raftd_read_level level, uint32_t max_lag_ms)
{
    ck_assert_int_eq(raftd_client_read(lone->client, "", 0, level, max_lag_ms, 5), 0);
    raftd_client_submit(lone->client);
    ck_assert_int_eq(lone_next(lone).status, 0);
}

START_TEST(every_level_sees_what_was_written_on_the_leader)
{
    struct lone lone;
    struct raftd_completion completion;

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(lone_add(&lone, 7, NULL), 0);
    for (enum raftd_read_level level = RAFTD_READ_LINEARIZABLE; level <= RAFTD_READ_STALE;
         level++) {
        ck_assert_int_eq(raftd_client_read(lone.client, "", 0, level, 0, level), 0);
        raftd_client_submit(lone.client);
        completion = lone_next(&lone);
        ck_assert_int_eq(completion.status, 0);
        ck_assert_uint_eq(*(const uint64_t *)completion.data, 7);
    }
    ck_assert_int_eq(raftd_client_read(lone.client, "", 0, (enum raftd_read_level)3, 0, 0),
                     RAFTD_ERROR_INVALID);
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_free(&lone);
}
END_TEST

/* The process is stopped after the lease was checked, and goes on when the lease is over. */
START_TEST(t24_a_pause_between_check_and_answer_asks_again)
{
    struct lone lone;

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(lone_add(&lone, 7, NULL), 0);
    lone.read_count = 0;
    read_and_wait(&lone, RAFTD_READ_LEASE, 0);
    ck_assert_uint_eq(lone.read_count, 1);
    lone.pause_in_read_ms = ELECTION_TIMEOUT_MS;
    read_and_wait(&lone, RAFTD_READ_LEASE, 0);
    ck_assert_uint_eq(lone.read_count, 3); /* the first answer was dropped */
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_free(&lone);
}
END_TEST

START_TEST(t24_a_stale_read_that_grew_too_old_asks_again)
{
    struct lone lone;

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(lone_add(&lone, 7, NULL), 0);
    read_and_wait(&lone, RAFTD_READ_LINEARIZABLE, 0);
    lone.read_count = 0;
    lone.pause_in_read_ms = 2 * ELECTION_TIMEOUT_MS;
    read_and_wait(&lone, RAFTD_READ_STALE, ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(lone.read_count, 2);
    lone.pause_in_read_ms = 2 * ELECTION_TIMEOUT_MS;
    read_and_wait(&lone, RAFTD_READ_STALE, 0);
    ck_assert_uint_eq(lone.read_count, 3);
    ck_assert_int_eq(lone_stop(&lone), 0);
    lone_free(&lone);
}
END_TEST

static uint64_t one_deadline(void *context)
{
    const struct lone *lone = context;

    return lone->ticked_ms == 0 ? lone->deadline_ms : UINT64_MAX;
}

static void tick(void *context, uint64_t index, uint64_t time_ms)
{
    struct lone *lone = context;

    ck_assert_uint_gt(index, 0);
    if (time_ms >= lone->deadline_ms) {
        lone->ticked_ms = time_ms;
    }
}

static bool has_proposed(const struct raftd_status *status, uint64_t index)
{
    return status->applied_index >= index;
}

/* There are no writes, and nevertheless the state machine is told that its time has come. */
START_TEST(time_that_is_waited_for_goes_into_the_log)
{
    struct lone lone;
    struct raftd_state_machine machine;

    lone_init(&lone);
    machine = lone_machine(&lone);
    machine.next_deadline = one_deadline;
    machine.tick = tick;
    ck_assert_int_eq(raftd_builder_state_machine(lone.builder, &machine), 0);
    lone.deadline_ms = clock_wall_ms() + 20;
    lone_serve(&lone);
    lone_wait(&lone, has_proposed, 3); /* founding, no-op, time */
    ck_assert_int_eq(lone_stop(&lone), 0);
    ck_assert_uint_ge(lone.ticked_ms, lone.deadline_ms);
    lone_free(&lone);
}
END_TEST

UNIT_SUITE(reads)
{
    Suite *suite = suite_create("reads");
    TCase *basis = tcase_create("basis");
    TCase *levels = tcase_create("levels");

    tcase_add_test(basis, what_a_lease_allows);
    tcase_add_test(basis, what_a_bound_of_age_allows);
    suite_add_tcase(suite, basis);
    tcase_set_timeout(levels, 30);
    tcase_add_test(levels, every_level_sees_what_was_written_on_the_leader);
    tcase_add_test(levels, t24_a_pause_between_check_and_answer_asks_again);
    tcase_add_test(levels, t24_a_stale_read_that_grew_too_old_asks_again);
    tcase_add_test(levels, time_that_is_waited_for_goes_into_the_log);
    suite_add_tcase(suite, levels);
    return suite;
}
