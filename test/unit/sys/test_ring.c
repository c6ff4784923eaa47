/*
 * sys/ring: all short sequences of pushes and pops on one thread, compared with a model; then long
 * sequences on two threads.
 */
#include "unit.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "sys/ring.h"
#include "sys/thread.h"

/* A history is a sequence of bits: 1 is a push, 0 a pop. The model is two counters. */
static void run_history(size_t capacity, unsigned history, unsigned length)
{
    struct ring *ring = ring_create(capacity, sizeof(uint32_t));
    uint32_t pushed = 0;
    uint32_t popped = 0;

    for (unsigned i = 0; i < length; i++) {
        uint32_t element = pushed;

        if ((history >> i & 1) != 0) {
            ck_assert_int_eq(ring_push(ring, &element), pushed - popped < capacity);
            pushed += pushed - popped < capacity ? 1 : 0;
        } else {
            ck_assert_int_eq(ring_pop(ring, &element), popped < pushed);
            if (popped < pushed) {
                ck_assert_uint_eq(element, popped);
                popped++;
            }
        }
        ck_assert_uint_eq(ring_count(ring), pushed - popped);
    }
    ck_assert_uint_eq(ring_room(ring), capacity - (pushed - popped));
    ring_destroy(ring);
}

START_TEST(test_every_short_history_is_a_queue)
{
    enum { LENGTH = 13 };

    for (size_t capacity = 2; capacity <= 8; capacity *= 2) {
        for (unsigned history = 0; history < 1U << LENGTH; history++) {
            run_history(capacity, history, LENGTH);
        }
    }
}
END_TEST

START_TEST(test_a_full_ring_refuses_and_keeps_what_it_has)
{
    struct ring *ring = ring_create(4, sizeof(int));
    int element;

    for (int i = 0; i < 4; i++) {
        ck_assert(ring_push(ring, &i));
    }
    element = 99;
    ck_assert(!ring_push(ring, &element));
    ck_assert(!ring_push(ring, &element));
    ck_assert_uint_eq(ring_room(ring), 0);
    for (int i = 0; i < 4; i++) {
        ck_assert(ring_pop(ring, &element));
        ck_assert_int_eq(element, i);
    }
    ck_assert(!ring_pop(ring, &element));
    ring_destroy(ring);
}
END_TEST

START_TEST(test_a_failed_pop_leaves_the_caller_s_memory_alone)
{
    struct ring *ring = ring_create(2, sizeof(int));
    int element = 17;

    ck_assert(!ring_pop(ring, &element));
    ck_assert_int_eq(element, 17);
    ring_destroy(ring);
}
END_TEST

START_TEST(test_a_capacity_that_is_no_power_of_two_is_a_programmer_s_error)
{
    ring_create(12, sizeof(int));
}
END_TEST

START_TEST(test_a_capacity_of_one_is_a_programmer_s_error)
{
    ring_create(1, sizeof(int));
}
END_TEST

/* ---- Two threads ---- */

enum { ROUNDS = 100000, ELEMENT_MAX_BYTES = 40 };

struct producer {
    struct thread thread;
    struct ring *ring;
    size_t element_size;
    size_t refused;
};

/* Every byte of an element depends on the element's number, so the test notices a copy that mixes
 * two elements or is out of date. */
static void fill(unsigned char *element, size_t size, unsigned number)
{
    for (size_t i = 0; i < size; i++) {
        element[i] = (unsigned char)(number * 31 + i * 7 + (number >> 8));
    }
}

static void produce(void *argument)
{
    struct producer *producer = argument;
    unsigned char element[ELEMENT_MAX_BYTES];

    for (unsigned number = 0; number < ROUNDS; number++) {
        fill(element, producer->element_size, number);
        while (!ring_push(producer->ring, element)) {
            producer->refused++;
            sched_yield();
        }
    }
}

/* One byte, a pointer, a tag and a pointer, larger elements, and an odd size. */
static const size_t element_sizes[] = {1, 8, 16, 24, 40, 13};

START_TEST(test_two_threads_see_every_element_once_in_order)
{
    struct producer producer = {.element_size = element_sizes[_i]};
    unsigned char wanted[ELEMENT_MAX_BYTES];
    unsigned char element[ELEMENT_MAX_BYTES];

    producer.ring = ring_create(16, producer.element_size);
    ck_assert_int_eq(thread_start(&producer.thread, "producer", produce, &producer), 0);
    for (unsigned number = 0; number < ROUNDS; number++) {
        while (!ring_pop(producer.ring, element)) {
            sched_yield();
        }
        fill(wanted, producer.element_size, number);
        ck_assert_msg(memcmp(element, wanted, producer.element_size) == 0,
                      "element %u of size %zu is wrong", number, producer.element_size);
    }
    thread_join(&producer.thread);
    ck_assert(!ring_pop(producer.ring, element));
    ring_destroy(producer.ring);
}
END_TEST

struct watched {
    struct thread thread;
    struct ring *ring;
    atomic_bool stop;
    bool impossible;
};

static void watch(void *argument)
{
    struct watched *watched = argument;

    while (!atomic_load(&watched->stop)) {
        if (ring_count(watched->ring) > 4) {
            watched->impossible = true;
        }
    }
}

/* Any thread may ask for the count at any time. It may be out of date, but it is never more than
 * the capacity. */
START_TEST(test_a_third_thread_never_counts_more_than_fits)
{
    struct watched watched = {.ring = ring_create(4, sizeof(int))};
    int element = 0;

    ck_assert_int_eq(thread_start(&watched.thread, "watcher", watch, &watched), 0);
    for (int i = 0; i < ROUNDS; i++) {
        ring_push(watched.ring, &element);
        ring_push(watched.ring, &element);
        ring_pop(watched.ring, &element);
        ring_pop(watched.ring, &element);
    }
    atomic_store(&watched.stop, true);
    thread_join(&watched.thread);
    ck_assert(!watched.impossible);
    ring_destroy(watched.ring);
}
END_TEST

UNIT_SUITE(ring)
{
    Suite *suite = suite_create("ring");
    TCase *one = tcase_create("one thread");
    TCase *two = tcase_create("two threads");

    tcase_add_test(one, test_every_short_history_is_a_queue);
    tcase_add_test(one, test_a_full_ring_refuses_and_keeps_what_it_has);
    tcase_add_test(one, test_a_failed_pop_leaves_the_caller_s_memory_alone);
    tcase_add_test_raise_signal(
        one, test_a_capacity_that_is_no_power_of_two_is_a_programmer_s_error, SIGABRT);
    tcase_add_test_raise_signal(one, test_a_capacity_of_one_is_a_programmer_s_error, SIGABRT);
    suite_add_tcase(suite, one);
    tcase_add_loop_test(two, test_two_threads_see_every_element_once_in_order, 0,
                        (int)(sizeof(element_sizes) / sizeof(element_sizes[0])));
    tcase_add_test(two, test_a_third_thread_never_counts_more_than_fits);
    suite_add_tcase(suite, two);
    return suite;
}
