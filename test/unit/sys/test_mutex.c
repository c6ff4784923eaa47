/*
 * sys/mutex: mutexes that know their owner and their rank, and the condition variable on the
 * monotonic clock. Every mistake of a programmer aborts at once.
 */
#include "unit.h"

#include <signal.h>

#include "sys/clock.h"
#include "sys/mutex.h"
#include "sys/thread.h"

static struct mutex low;
static struct mutex high;
static struct condition condition;

static void open_mutexes(void)
{
    mutex_init(&low, MUTEX_RANK_CORE);
    mutex_init(&high, MUTEX_RANK_LINK);
    condition_init(&condition);
}

static void close_mutexes(void)
{
    condition_destroy(&condition);
    mutex_destroy(&high);
    mutex_destroy(&low);
}

START_TEST(test_the_owner_is_known)
{
    ck_assert(!mutex_is_mine(&low));
    mutex_lock(&low);
    ck_assert(mutex_is_mine(&low));
    ck_assert(!mutex_is_mine(&high));
    ck_assert(mutex_rank_is_held(MUTEX_RANK_CORE));
    ck_assert(!mutex_rank_is_held(MUTEX_RANK_LINK));
    mutex_unlock(&low);
    ck_assert(!mutex_is_mine(&low));
    ck_assert(!mutex_rank_is_held(MUTEX_RANK_CORE));
}
END_TEST

static void look_at_low(void *argument)
{
    *(bool *)argument = mutex_is_mine(&low);
}

START_TEST(test_another_thread_is_not_the_owner)
{
    struct thread thread;
    bool mine = true;

    mutex_lock(&low);
    ck_assert_int_eq(thread_start(&thread, "other", look_at_low, &mine), 0);
    thread_join(&thread);
    ck_assert(!mine);
    mutex_unlock(&low);
}
END_TEST

START_TEST(test_ranks_ascend_and_may_be_given_back_in_any_order)
{
    for (int i = 0; i < 2; i++) {
        mutex_lock(&low);
        mutex_lock(&high);
        if (i == 0) {
            mutex_unlock(&low);
            mutex_unlock(&high);
        } else {
            mutex_unlock(&high);
            mutex_unlock(&low);
        }
    }
    mutex_lock(&high);
    mutex_unlock(&high);
    mutex_lock(&low);
    mutex_unlock(&low);
}
END_TEST

START_TEST(test_a_descending_lock_aborts)
{
    mutex_lock(&high);
    mutex_lock(&low);
}
END_TEST

START_TEST(test_two_locks_of_one_rank_abort)
{
    struct mutex twin;

    mutex_init(&twin, MUTEX_RANK_LINK);
    mutex_lock(&high);
    mutex_lock(&twin);
}
END_TEST

START_TEST(test_a_double_lock_aborts)
{
    mutex_lock(&low);
    mutex_lock(&low);
}
END_TEST

static void unlock_low(void *argument)
{
    (void)argument;
    mutex_unlock(&low);
}

START_TEST(test_an_unlock_by_another_thread_aborts)
{
    struct thread thread;

    mutex_lock(&low);
    thread_start(&thread, "thief", unlock_low, NULL);
    thread_join(&thread);
}
END_TEST

START_TEST(test_destroying_a_locked_mutex_aborts)
{
    mutex_lock(&low);
    mutex_destroy(&low);
}
END_TEST

START_TEST(test_waiting_without_the_lock_aborts)
{
    condition_wait_until(&condition, &low, clock_monotonic_ms());
}
END_TEST

START_TEST(test_a_deadline_ends_the_wait_with_the_lock_held)
{
    uint64_t deadline_ms = clock_monotonic_ms() + 30;

    mutex_lock(&low);
    while (clock_monotonic_ms() < deadline_ms) {
        condition_wait_until(&condition, &low, deadline_ms);
    }
    ck_assert(mutex_is_mine(&low));
    mutex_lock(&high); /* the rank is held again as well */
    mutex_unlock(&high);
    mutex_unlock(&low);
}
END_TEST

START_TEST(test_a_deadline_that_has_passed_does_not_wait)
{
    uint64_t before_ms = clock_monotonic_ms();

    mutex_lock(&low);
    condition_wait_until(&condition, &low, 0);
    mutex_unlock(&low);
    ck_assert_uint_lt(clock_monotonic_ms() - before_ms, 5000);
}
END_TEST

/* Protected by low. */
static int turn;

static void answer(void *argument)
{
    const int rounds = *(int *)argument;

    for (int i = 0; i < rounds; i++) {
        mutex_lock(&low);
        while (turn != 1) {
            condition_wait_until(&condition, &low, UINT64_MAX);
        }
        turn = 0;
        condition_signal_all(&condition);
        mutex_unlock(&low);
    }
}

/* Neither side has a deadline, so a lost signal makes the test hang and fail. */
START_TEST(test_a_signal_ends_the_wait)
{
    struct thread thread;
    int rounds = 2000;

    turn = 0;
    ck_assert_int_eq(thread_start(&thread, "answer", answer, &rounds), 0);
    for (int i = 0; i < rounds; i++) {
        mutex_lock(&low);
        turn = 1;
        condition_signal_all(&condition);
        while (turn != 0) {
            condition_wait_until(&condition, &low, UINT64_MAX);
        }
        ck_assert(mutex_is_mine(&low));
        mutex_unlock(&low);
    }
    thread_join(&thread);
}
END_TEST

enum { THREADS = 4, ADDITIONS = 20000 };
static long counter; /* protected by high */

static void add(void *argument)
{
    (void)argument;
    for (int i = 0; i < ADDITIONS; i++) {
        mutex_lock(&high);
        counter++;
        mutex_unlock(&high);
    }
}

START_TEST(test_it_excludes)
{
    struct thread threads[THREADS];

    counter = 0;
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(thread_start(&threads[i], "adder", add, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    ck_assert_int_eq(counter, (long)THREADS * ADDITIONS);
}
END_TEST

UNIT_SUITE(mutex)
{
    Suite *suite = suite_create("mutex");
    TCase *right = tcase_create("right");
    TCase *wrong = tcase_create("wrong");

    tcase_add_checked_fixture(right, open_mutexes, close_mutexes);
    tcase_add_test(right, test_the_owner_is_known);
    tcase_add_test(right, test_another_thread_is_not_the_owner);
    tcase_add_test(right, test_ranks_ascend_and_may_be_given_back_in_any_order);
    tcase_add_test(right, test_a_deadline_ends_the_wait_with_the_lock_held);
    tcase_add_test(right, test_a_deadline_that_has_passed_does_not_wait);
    tcase_add_test(right, test_a_signal_ends_the_wait);
    tcase_add_test(right, test_it_excludes);
    suite_add_tcase(suite, right);
    tcase_add_checked_fixture(wrong, open_mutexes, close_mutexes);
    tcase_add_test_raise_signal(wrong, test_a_descending_lock_aborts, SIGABRT);
    tcase_add_test_raise_signal(wrong, test_two_locks_of_one_rank_abort, SIGABRT);
    tcase_add_test_raise_signal(wrong, test_a_double_lock_aborts, SIGABRT);
    tcase_add_test_raise_signal(wrong, test_an_unlock_by_another_thread_aborts, SIGABRT);
    tcase_add_test_raise_signal(wrong, test_destroying_a_locked_mutex_aborts, SIGABRT);
    tcase_add_test_raise_signal(wrong, test_waiting_without_the_lock_aborts, SIGABRT);
    suite_add_tcase(suite, wrong);
    return suite;
}
