/*
 * The waker: no wake-up is lost, none costs a system call that nobody waits for, and a late one
 * does no harm.
 */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/ring.h"
#include "sys/thread.h"
#include "sys/waker.h"

static struct waker waker;

static void open_waker(void)
{
    ck_assert_int_eq(waker_open(&waker), 0);
}

static void close_waker(void)
{
    waker_close(&waker);
}

static bool fd_is_readable(void)
{
    struct pollfd poll_fd = {.fd = waker.fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) == 1;
}

START_TEST(test_nobody_sleeps_so_nothing_is_written)
{
    waker_wake(&waker);
    ck_assert(!fd_is_readable());
    waker_prepare(&waker);
    waker_done(&waker);
    waker_wake(&waker);
    ck_assert(!fd_is_readable());
}
END_TEST

START_TEST(test_one_write_wakes_one_sleep_however_many_push)
{
    uint64_t count;

    waker_prepare(&waker);
    waker_wake(&waker);
    waker_wake(&waker);
    waker_wake(&waker);
    ck_assert(fd_is_readable());
    ck_assert_int_eq(read(waker.fd, &count, sizeof(count)), sizeof(count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(test_done_clears_what_was_written)
{
    waker_prepare(&waker);
    waker_wake(&waker);
    waker_done(&waker);
    ck_assert(!fd_is_readable());
}
END_TEST

/*
 * A producer takes the flag and is put aside before it writes; the consumer was awake anyway,
 * and goes through its turn meanwhile. When the write comes at last it may end one sleep for
 * nothing, but no more than one: a descriptor left readable would make the thread spin.
 */
START_TEST(test_a_late_write_ends_one_sleep_and_not_all_of_them)
{
    const uint64_t one = 1;

    waker_prepare(&waker);
    ck_assert_int_eq(atomic_exchange(&waker.sleeping, 0), 1); /* the producer's first half */
    waker_done(&waker);
    waker_prepare(&waker);
    ck_assert_int_eq(write(waker.fd, &one, sizeof(one)), sizeof(one)); /* and its second */
    ck_assert(fd_is_readable());
    waker_done(&waker);
    ck_assert(!fd_is_readable());
    waker_prepare(&waker);
    ck_assert(!fd_is_readable());
    waker_done(&waker);
    ck_assert_uint_eq(waker.owed, 0);
}
END_TEST

START_TEST(test_two_prepares_in_a_row_forget_no_write)
{
    waker_prepare(&waker);
    waker_wake(&waker);
    waker_prepare(&waker);
    waker_wake(&waker);
    waker_done(&waker);
    ck_assert(!fd_is_readable());
    ck_assert_uint_eq(waker.owed, 0);
}
END_TEST

START_TEST(test_a_time_out_ends_the_sleep)
{
    uint64_t before_ms = clock_monotonic_ms();

    waker_prepare(&waker);
    waker_wait(&waker, 30);
    waker_done(&waker);
    ck_assert_uint_ge(clock_monotonic_ms() - before_ms, 29);
}
END_TEST

static void wake_from_handler(int signal_number)
{
    (void)signal_number;
    waker_wake(&waker);
}

/* raftd_node_stop() is called from signal handlers. */
START_TEST(test_a_signal_handler_may_wake_and_leaves_errno_alone)
{
    struct sigaction action = {.sa_handler = wake_from_handler};

    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    waker_prepare(&waker);
    errno = ENOENT;
    raise(SIGUSR1);
    ck_assert_int_eq(errno, ENOENT);
    waker_wait(&waker, -1);
    waker_done(&waker);
    ck_assert(!fd_is_readable());
}
END_TEST

/* ---- The Dekker race, with several producers ---- */

enum { PRODUCERS = 2, ROUNDS = 25000 };

struct producer {
    struct thread thread;
    struct ring *ring;
    atomic_uint *taken; /* how many of this producer's elements the consumer has */
};

/*
 * Pushes one element and waits until it is taken: at each push the consumer is just going to
 * sleep, which is where a wake-up could get lost. Then nobody would ever push again and the
 * consumer would sleep for ever.
 */
static void produce(void *argument)
{
    struct producer *producer = argument;

    for (unsigned number = 1; number <= ROUNDS; number++) {
        while (!ring_push(producer->ring, &number)) {
            sched_yield();
        }
        waker_wake(&waker);
        while (atomic_load_explicit(producer->taken, memory_order_relaxed) < number) {
            sched_yield();
        }
    }
}

START_TEST(test_no_wake_up_is_lost)
{
    struct producer producers[PRODUCERS];
    atomic_uint taken[PRODUCERS] = {0};
    unsigned left = PRODUCERS * ROUNDS;

    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] =
            (struct producer){.ring = ring_create(2, sizeof(unsigned)), .taken = &taken[i]};
        ck_assert_int_eq(thread_start(&producers[i].thread, "producer", produce, &producers[i]), 0);
    }
    while (left > 0) {
        uint64_t before_ms;
        unsigned number;

        waker_prepare(&waker);
        before_ms = clock_monotonic_ms();
        if (ring_count(producers[0].ring) == 0 && ring_count(producers[1].ring) == 0) {
            waker_wait(&waker, 10000);
        }
        waker_done(&waker);
        ck_assert_msg(clock_monotonic_ms() - before_ms < 9000, "a wake-up was lost, %u to go",
                      left);
        for (int i = 0; i < PRODUCERS; i++) {
            while (ring_pop(producers[i].ring, &number)) {
                ck_assert_uint_eq(number, atomic_load(&taken[i]) + 1);
                atomic_store(&taken[i], number);
                left--;
            }
        }
    }
    for (int i = 0; i < PRODUCERS; i++) {
        thread_join(&producers[i].thread);
        ring_destroy(producers[i].ring);
    }
    ck_assert_uint_le(waker.owed, PRODUCERS);
}
END_TEST

UNIT_SUITE(waker)
{
    Suite *suite = suite_create("waker");
    TCase *calls = tcase_create("calls");
    TCase *race = tcase_create("race");

    tcase_add_checked_fixture(calls, open_waker, close_waker);
    tcase_add_test(calls, test_nobody_sleeps_so_nothing_is_written);
    tcase_add_test(calls, test_one_write_wakes_one_sleep_however_many_push);
    tcase_add_test(calls, test_done_clears_what_was_written);
    tcase_add_test(calls, test_a_late_write_ends_one_sleep_and_not_all_of_them);
    tcase_add_test(calls, test_two_prepares_in_a_row_forget_no_write);
    tcase_add_test(calls, test_a_time_out_ends_the_sleep);
    tcase_add_test(calls, test_a_signal_handler_may_wake_and_leaves_errno_alone);
    suite_add_tcase(suite, calls);
    tcase_add_checked_fixture(race, open_waker, close_waker);
    tcase_add_test(race, test_no_wake_up_is_lost);
    suite_add_tcase(suite, race);
    return suite;
}
