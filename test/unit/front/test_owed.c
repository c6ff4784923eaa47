/*
 * Reply slots: replies leave in the order of their commands.
 */
#include "front/owed.h"

#include <string.h>

#include "unit.h"

static struct slots slots;
static struct buffer output;

static void setup(void)
{
    slots = (struct slots){0};
    output = (struct buffer){0};
}

static void teardown(void)
{
    slots_free(&slots);
    buffer_free(&output);
}

static void finish(uint32_t number, const char *reply)
{
    struct slot *slot = slots_find(&slots, number);

    ck_assert_ptr_nonnull(slot);
    slot->done = true;
    slots_hold(&slots, slot, reply, strlen(reply));
    slots_release(&slots, &output);
}

static void expect_output(const char *text)
{
    ck_assert_uint_eq(output.size_bytes, strlen(text));
    ck_assert_mem_eq(output.data, text, output.size_bytes);
}

START_TEST(later_replies_wait_for_earlier_ones)
{
    for (int i = 0; i < 3; i++) {
        slots_push(&slots);
    }
    finish(2, "c");
    finish(1, "b");
    ck_assert_uint_eq(output.size_bytes, 0);
    ck_assert_uint_eq(slots.held_bytes, 2);
    finish(0, "a");
    expect_output("abc");
    ck_assert_uint_eq(slots_count(&slots), 0);
    ck_assert_uint_eq(slots.held_bytes, 0);
}
END_TEST

START_TEST(growing_keeps_what_is_held)
{
    /* Let the ring's head stand in the middle before it grows. */
    for (uint32_t i = 0; i < 10; i++) {
        slots_push(&slots);
        finish(i, "");
    }
    for (int i = 0; i < SLOTS_MAX; i++) {
        slots_push(&slots);
    }
    finish(11, "second");
    for (uint32_t i = 12; i < 10 + SLOTS_MAX; i++) {
        finish(i, "");
    }
    ck_assert_uint_eq(slots_count(&slots), SLOTS_MAX);
    finish(10, "first ");
    expect_output("first second");
    ck_assert_uint_eq(slots_count(&slots), 0);
}
END_TEST

START_TEST(numbers_wrap_around)
{
    uint32_t mask = (1u << SLOT_SEQUENCE_BITS) - 1;

    slots.head = slots.tail = UINT32_MAX - 1;
    slots_push(&slots)->rendering.detail = 1;
    slots_push(&slots)->rendering.detail = 2;
    slots_push(&slots)->rendering.detail = 3;
    ck_assert_uint_eq(slots_find(&slots, (UINT32_MAX - 1) & mask)->rendering.detail, 1);
    ck_assert_uint_eq(slots_find(&slots, UINT32_MAX & mask)->rendering.detail, 2);
    ck_assert_uint_eq(slots_find(&slots, 0)->rendering.detail, 3);
    ck_assert_ptr_null(slots_find(&slots, 1));
    ck_assert_ptr_null(slots_find(&slots, (UINT32_MAX - 2) & mask));
    ck_assert(slots_is_head(&slots, slots_find(&slots, (UINT32_MAX - 1) & mask)));
    ck_assert(!slots_is_head(&slots, slots_find(&slots, 0)));
}
END_TEST

UNIT_SUITE(slots)
{
    Suite *suite = suite_create("slots");
    TCase *order = tcase_create("order");

    tcase_add_checked_fixture(order, setup, teardown);
    tcase_add_test(order, later_replies_wait_for_earlier_ones);
    tcase_add_test(order, growing_keeps_what_is_held);
    tcase_add_test(order, numbers_wrap_around);
    suite_add_tcase(suite, order);
    return suite;
}
