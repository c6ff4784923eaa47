/*
 * The agenda of a worker: what is served in which turn, and what happens to the dead.
 */
#include "front/agenda.h"

#include <string.h>

#include "unit.h"

enum { ITEMS = 4 };

static struct agenda agenda;
static struct agenda_item items[ITEMS];
static char served[64]; /* a letter for each item that was served */

static void setup(void)
{
    memset(&agenda, 0, sizeof(agenda));
    memset(items, 0, sizeof(items));
    served[0] = '\0';
}

static void teardown(void)
{
    agenda_free(&agenda);
}

static void note(const struct agenda_item *item)
{
    size_t length = strlen(served);

    served[length] = (char)('a' + (item - items));
    served[length + 1] = '\0';
}

static void serve(struct agenda_item *item)
{
    note(item);
}

static void serve_and_add_again(struct agenda_item *item)
{
    note(item);
    if (strlen(served) < 6) {
        agenda_add_ready(&agenda, item);
        agenda_add_dirty(&agenda, item);
    }
}

static void expect_served(const char *letters)
{
    ck_assert_str_eq(served, letters);
    served[0] = '\0';
}

START_TEST(each_is_served_once_in_the_order_of_adding)
{
    agenda_add_ready(&agenda, &items[2]);
    agenda_add_ready(&agenda, &items[0]);
    agenda_add_ready(&agenda, &items[2]);
    agenda_serve_ready(&agenda, serve);
    expect_served("ca");
    agenda_serve_ready(&agenda, serve);
    expect_served("");
    /* In another list the same item counts by itself. */
    agenda_add_starved(&agenda, &items[2]);
    agenda_add_dirty(&agenda, &items[2]);
    agenda_serve_starved(&agenda, serve);
    agenda_serve_dirty(&agenda, serve);
    expect_served("cc");
}
END_TEST

START_TEST(those_that_get_ready_meanwhile_wait_for_the_next_turn)
{
    agenda_add_ready(&agenda, &items[0]);
    agenda_add_ready(&agenda, &items[1]);
    agenda_serve_ready(&agenda, serve_and_add_again);
    expect_served("ab");
    agenda_serve_ready(&agenda, serve);
    expect_served("ab");
}
END_TEST

START_TEST(those_that_get_dirty_meanwhile_are_served_in_the_same_pass)
{
    agenda_add_dirty(&agenda, &items[0]);
    agenda_add_dirty(&agenda, &items[1]);
    agenda_serve_dirty(&agenda, serve_and_add_again);
    expect_served("abababa");
    ck_assert_uint_eq(agenda.dirty.count, 0);
}
END_TEST

START_TEST(the_dead_are_not_served_and_are_released_once)
{
    for (int i = 0; i < ITEMS; i++) {
        agenda_add_ready(&agenda, &items[i]);
        agenda_add_dirty(&agenda, &items[i]);
        agenda_add_starved(&agenda, &items[i]);
    }
    agenda_add_dead(&agenda, &items[1]);
    agenda_serve_dirty(&agenda, serve);
    expect_served("acd");
    agenda_add_dead(&agenda, &items[3]);
    agenda_bury(&agenda, serve);
    expect_served("bd");
    ck_assert_uint_eq(agenda.ready.count, 2);
    ck_assert_uint_eq(agenda.starved.count, 2);
    agenda_serve_ready(&agenda, serve);
    agenda_serve_starved(&agenda, serve);
    expect_served("acac");
    agenda_bury(&agenda, serve);
    expect_served("");
}
END_TEST

UNIT_SUITE(agenda)
{
    Suite *suite = suite_create("agenda");
    TCase *turns = tcase_create("turns");

    tcase_add_checked_fixture(turns, setup, teardown);
    tcase_add_test(turns, each_is_served_once_in_the_order_of_adding);
    tcase_add_test(turns, those_that_get_ready_meanwhile_wait_for_the_next_turn);
    tcase_add_test(turns, those_that_get_dirty_meanwhile_are_served_in_the_same_pass);
    tcase_add_test(turns, the_dead_are_not_served_and_are_released_once);
    suite_add_tcase(suite, turns);
    return suite;
}
