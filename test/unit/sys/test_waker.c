/*
 * sys/waker: no wake-up is lost, a wake-up costs a system call only if the consumer sleeps, and a
 * late wake-up does no harm.
 */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
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
 * A producer takes the flag, and the kernel stops it before it writes the eventfd. The consumer
 * goes through its turn meanwhile. When the write happens, it may end one sleep without a reason,
 * but only one: if the descriptor stayed readable, the consumer would never sleep again.
 */
START_TEST(test_a_late_write_ends_one_sleep_and_not_all_of_them)
{
    const uint64_t one = 1;

    waker_prepare(&waker);
    ck_assert_int_eq(atomic_exchange(&waker.sleeping, 0), 1); /* the first step of a producer */
    waker_done(&waker);
    waker_prepare(&waker);
    ck_assert_int_eq(write(waker.fd, &one, sizeof(one)), sizeof(one)); /* its second step */
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

/* Signal handlers call raftd_node_stop(), which wakes threads. */
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

/* ---- The race between a consumer that goes to sleep and a producer that wakes it ---- */

enum { MEETINGS = 60000, DELAYS = 32, SPINS_MAX = 20000 };

struct duel {
    struct thread thread;
    struct ring *ring;
    unsigned refused; /* used by the producer */
    /* The round that each side has reached. Both begin a round when both have reached it. */
    atomic_uint consumer_round;
    atomic_uint producer_round;
};

/* Waits for some nanoseconds, a different number each time. */
static void dawdle(unsigned number)
{
    for (volatile unsigned delay = number % DELAYS; delay > 0; delay--) {
    }
}

static void come_to_round(atomic_uint *mine, const atomic_uint *other, unsigned round)
{
    unsigned spins = 0;

    atomic_store(mine, round);
    while (atomic_load(other) < round) {
        if (++spins > SPINS_MAX) {
            sched_yield();
        }
    }
}

static void use_processor(size_t number)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(number, &set);
    pthread_setaffinity_np(pthread_self(), sizeof(set),
                           &set); /* with one processor this fails, which is no problem */
}

/* There is no assertion between push and wake: Check writes to a pipe at each assertion, and that
 * takes too long for the race. */
static void push_and_wake(void *argument)
{
    struct duel *duel = argument;

    use_processor(1);
    for (unsigned round = 1; round <= MEETINGS; round++) {
        come_to_round(&duel->producer_round, &duel->consumer_round, 2 * round);
        dawdle(round);
        /* Loads the cache line of the flag, so that a waker_wake() with a plain load would read it
         * early, while the push is still on its way. */
        (void)atomic_load_explicit(&waker.sleeping, memory_order_relaxed);
        duel->refused += ring_push(duel->ring, &round) ? 0 : 1;
        waker_wake(&waker);
        come_to_round(&duel->producer_round, &duel->consumer_round, 2 * round + 1);
    }
}

/*
 * In each round the producer pushes and wakes while the consumer prepares and looks at the ring.
 * Either the consumer finds the element, or the eventfd is written. If waker_wake() looked at the
 * flag with a plain load, it could miss the flag while the push is still on its way to the other
 * processor, and this test would fail.
 */
START_TEST(test_either_the_ring_or_the_flag_is_seen)
{
    struct duel duel = {.ring = ring_create(2, sizeof(unsigned))};
    unsigned element;

    use_processor(0);
    ck_assert_int_eq(thread_start(&duel.thread, "producer", push_and_wake, &duel), 0);
    for (unsigned round = 1; round <= MEETINGS; round++) {
        bool seen;

        come_to_round(&duel.consumer_round, &duel.producer_round, 2 * round);
        dawdle(round / DELAYS);
        waker_prepare(&waker);
        seen = ring_count(duel.ring) > 0;
        come_to_round(&duel.consumer_round, &duel.producer_round, 2 * round + 1);
        if (!seen && !fd_is_readable()) {
            ck_abort_msg("the wake-up of round %u was lost", round);
        }
        waker_done(&waker);
        if (!ring_pop(duel.ring, &element) || element != round) {
            ck_abort_msg("the element of round %u was lost", round);
        }
    }
    thread_join(&duel.thread);
    ck_assert_uint_eq(duel.refused, 0);
    ring_destroy(duel.ring);
}
END_TEST

/* ---- The same with a consumer that really sleeps, and with one and two producers ---- */

enum { PRODUCERS_MAX = 2, ROUNDS = 20000 };

struct producer {
    struct thread thread;
    struct ring *ring;
    unsigned refused;
    atomic_uint taken; /* how many elements of this producer the consumer has taken */
};

static void wait_until_taken(struct producer *producer, unsigned number)
{
    unsigned spins = 0;

    while (atomic_load_explicit(&producer->taken, memory_order_relaxed) < number) {
        if (++spins > SPINS_MAX) {
            sched_yield();
        }
    }
}

/* Pushes one element and waits until the consumer has taken it. If a wake-up is lost, nothing is
 * pushed any more and the test hangs. */
static void produce(void *argument)
{
    struct producer *producer = argument;

    for (unsigned number = 1; number <= ROUNDS; number++) {
        producer->refused += ring_push(producer->ring, &number) ? 0 : 1;
        waker_wake(&waker);
        wait_until_taken(producer, number);
    }
}

static unsigned take_all(struct producer *producers, int count)
{
    unsigned total = 0;
    unsigned number;

    for (int i = 0; i < count; i++) {
        while (ring_pop(producers[i].ring, &number)) {
            if (number != atomic_load(&producers[i].taken) + 1) {
                ck_abort_msg("element %u came out of order", number);
            }
            atomic_store(&producers[i].taken, number);
            total++;
        }
    }
    return total;
}

static bool all_empty(struct producer *producers, int count)
{
    for (int i = 0; i < count; i++) {
        if (ring_count(producers[i].ring) > 0) {
            return false;
        }
    }
    return true;
}

/*
 * True: an element was pushed; it woke this thread or was seen before the thread slept. A producer
 * pushes again as soon as it sees that its element was taken. The delay shifts that push before,
 * between and after the steps between which a wake-up could get lost.
 */
static bool sleep_until_woken(struct producer *producers, int count, unsigned delay)
{
    uint64_t before_ms = clock_monotonic_ms();

    dawdle(delay);
    waker_prepare(&waker);
    if (all_empty(producers, count)) {
        waker_wait(&waker, 10000);
    }
    waker_done(&waker);
    return clock_monotonic_ms() - before_ms < 9000;
}

START_TEST(test_no_wake_up_is_lost)
{
    static struct producer producers[PRODUCERS_MAX];
    int count = _i;
    unsigned left = (unsigned)count * ROUNDS;

    for (int i = 0; i < count; i++) {
        producers[i].ring = ring_create(2, sizeof(unsigned));
        ck_assert_int_eq(thread_start(&producers[i].thread, "producer", produce, &producers[i]), 0);
    }
    while (left > 0) {
        if (!sleep_until_woken(producers, count, left)) {
            ck_abort_msg("a wake-up was lost, %u to go", left);
        }
        left -= take_all(producers, count);
    }
    for (int i = 0; i < count; i++) {
        thread_join(&producers[i].thread);
        ck_assert_uint_eq(producers[i].refused, 0);
        ring_destroy(producers[i].ring);
    }
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
    tcase_add_test(race, test_either_the_ring_or_the_flag_is_seen);
    tcase_add_loop_test(race, test_no_wake_up_is_lost, 1, PRODUCERS_MAX + 1);
    suite_add_tcase(suite, race);
    return suite;
}
