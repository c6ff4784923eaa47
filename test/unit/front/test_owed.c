/*
 * Owed replies leave in the order of their commands.
 */
#include "front/owed.h"

#include <string.h>

#include "unit.h"

static struct owed_replies replies;
static struct buffer output;

static void setup(void)
{
    replies = (struct owed_replies){0};
    output = (struct buffer){0};
}

static void teardown(void)
{
    owed_free(&replies);
    buffer_free(&output);
}

static void finish(uint32_t number, const char *text)
{
    struct owed_reply *reply = owed_find(&replies, number);

    ck_assert_ptr_nonnull(reply);
    reply->done = true;
    owed_hold(&replies, reply, text, strlen(text));
    owed_release(&replies, &output);
}

static void expect_output(const char *text)
{
    ck_assert_uint_eq(output.size_bytes, strlen(text));
    ck_assert_mem_eq(output.data, text, output.size_bytes);
}

START_TEST(later_replies_wait_for_earlier_ones)
{
    for (int i = 0; i < 3; i++) {
        owed_push(&replies);
    }
    finish(2, "c");
    finish(1, "b");
    ck_assert_uint_eq(output.size_bytes, 0);
    ck_assert_uint_eq(replies.held_bytes, 2);
    finish(0, "a");
    expect_output("abc");
    ck_assert_uint_eq(owed_count(&replies), 0);
    ck_assert_uint_eq(replies.held_bytes, 0);
}
END_TEST

START_TEST(growing_keeps_what_is_held)
{
    /* Let the ring's head stand in the middle before it grows. */
    for (uint32_t i = 0; i < 10; i++) {
        owed_push(&replies);
        finish(i, "");
    }
    for (int i = 0; i < OWED_MAX; i++) {
        owed_push(&replies);
    }
    finish(11, "second");
    for (uint32_t i = 12; i < 10 + OWED_MAX; i++) {
        finish(i, "");
    }
    ck_assert_uint_eq(owed_count(&replies), OWED_MAX);
    finish(10, "first ");
    expect_output("first second");
    ck_assert_uint_eq(owed_count(&replies), 0);
}
END_TEST

START_TEST(numbers_wrap_around)
{
    uint32_t mask = (1u << OWED_SEQUENCE_BITS) - 1;

    replies.head = replies.tail = UINT32_MAX - 1;
    owed_push(&replies)->detail = 1;
    owed_push(&replies)->detail = 2;
    owed_push(&replies)->detail = 3;
    ck_assert_uint_eq(owed_find(&replies, (UINT32_MAX - 1) & mask)->detail, 1);
    ck_assert_uint_eq(owed_find(&replies, UINT32_MAX & mask)->detail, 2);
    ck_assert_uint_eq(owed_find(&replies, 0)->detail, 3);
    ck_assert_ptr_null(owed_find(&replies, 1));
    ck_assert_ptr_null(owed_find(&replies, (UINT32_MAX - 2) & mask));
    ck_assert(owed_is_first(&replies, owed_find(&replies, (UINT32_MAX - 1) & mask)));
    ck_assert(!owed_is_first(&replies, owed_find(&replies, 0)));
}
END_TEST

UNIT_SUITE(owed)
{
    Suite *suite = suite_create("owed");
    TCase *order = tcase_create("order");

    tcase_add_checked_fixture(order, setup, teardown);
    tcase_add_test(order, later_replies_wait_for_earlier_ones);
    tcase_add_test(order, growing_keeps_what_is_held);
    tcase_add_test(order, numbers_wrap_around);
    suite_add_tcase(suite, order);
    return suite;
}
