/*
 * Places and tags: an answer finds the connection that asked, or nobody.
 */
#include "front/places.h"

#include "front/connection.h"
#include "front/owed.h"
#include "unit.h"

static struct places places;
static struct connection one, other;

static void setup(void)
{
    places = (struct places){0};
}

static void teardown(void)
{
    places_free(&places);
}

START_TEST(a_tag_leads_to_the_connection_that_it_was_made_for)
{
    uint32_t first = places_take(&places);
    uint32_t second = places_take(&places);

    ck_assert_uint_ne(first, second);
    places_fill(&places, first, &one);
    places_fill(&places, second, &other);
    ck_assert_ptr_eq(places_find(&places, places_tag(&places, first, 0)), &one);
    ck_assert_ptr_eq(places_find(&places, places_tag(&places, second, UINT32_MAX)), &other);
    ck_assert_uint_ne(places_tag(&places, first, 1), places_tag(&places, first, 2));
}
END_TEST

START_TEST(a_tag_carries_the_number_of_the_reply)
{
    uint32_t mask = (1u << OWED_SEQUENCE_BITS) - 1;
    uint32_t place = places_take(&places);

    ck_assert_uint_eq(places_tag(&places, place, 12345) & mask, 12345);
    ck_assert_uint_eq(places_tag(&places, place, UINT32_MAX) & mask, mask);
}
END_TEST

START_TEST(a_tag_of_a_connection_that_is_gone_leads_to_nobody)
{
    uint32_t place = places_take(&places);
    uint64_t tag = places_tag(&places, place, 7);

    places_fill(&places, place, &one);
    places_give(&places, place);
    ck_assert_ptr_null(places_find(&places, tag));
    /* The next connection stands at the same place. */
    ck_assert_uint_eq(places_take(&places), place);
    places_fill(&places, place, &other);
    ck_assert_ptr_null(places_find(&places, tag));
    ck_assert_ptr_eq(places_find(&places, places_tag(&places, place, 7)), &other);
}
END_TEST

UNIT_SUITE(places)
{
    Suite *suite = suite_create("places");
    TCase *tags = tcase_create("tags");

    tcase_add_checked_fixture(tags, setup, teardown);
    tcase_add_test(tags, a_tag_leads_to_the_connection_that_it_was_made_for);
    tcase_add_test(tags, a_tag_carries_the_number_of_the_reply);
    tcase_add_test(tags, a_tag_of_a_connection_that_is_gone_leads_to_nobody);
    suite_add_tcase(suite, tags);
    return suite;
}
