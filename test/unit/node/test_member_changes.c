/*
 * Changes of members and handovers of leadership through a client, on a node that is alone.
 */
#include <stdio.h>
#include <string.h>

#include "lone.h"
#include "unit.h"

static void serve_with_links(struct lone *lone)
{
    char address[LONE_ADDRESS_BYTES];

    lone_init(lone);
    lone_free_address(address);
    lone_set(lone, "tls.peer", "off");
    lone_set(lone, "listen.peer", address);
    lone_serve(lone);
}

/* Asks for one step and returns the outcome; text is set to the sentence. */
static int change(struct lone *lone, enum raftd_change_kind kind, uint16_t id, const char *address,
                  char text[256])
{
    const struct raftd_change_step step = {.kind = kind, .id = id, .address = address};
    struct raftd_completion completion;

    ck_assert_int_eq(raftd_client_change(lone->client, &step, 1, 5), 0);
    raftd_client_submit(lone->client);
    completion = lone_next(lone);
    ck_assert_uint_eq(completion.tag, 5);
    snprintf(text, 256, "%.*s", (int)completion.size_bytes, (const char *)completion.data);
    return completion.status;
}

START_TEST(learners_come_and_go_and_the_last_voter_stays)
{
    struct raftd_status status;
    struct lone lone;
    char text[256];

    serve_with_links(&lone);
    ck_assert_int_eq(change(&lone, RAFTD_CHANGE_ADD_LEARNER, 2, "127.0.0.1:1", text), RAFTD_OK);
    status = lone_status(&lone);
    ck_assert_uint_eq(status.member_count, 2);
    ck_assert(status.members[1].learner && !status.members[1].joining && !status.joint);
    ck_assert_int_eq(change(&lone, RAFTD_CHANGE_PROMOTE, 2, NULL, text), RAFTD_ERROR_CONFLICT);
    ck_assert_ptr_nonnull(strstr(text, "has not caught up"));
    ck_assert_int_eq(change(&lone, RAFTD_CHANGE_REMOVE, 1, NULL, text), RAFTD_ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(text, "at least one voter"));
    ck_assert_int_eq(change(&lone, RAFTD_CHANGE_REMOVE, 2, NULL, text), RAFTD_OK);
    ck_assert_int_eq(change(&lone, RAFTD_CHANGE_ADD, 2, "127.0.0.1:1", text), RAFTD_ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(text, "never used again"));
    ck_assert_uint_eq(lone_status(&lone).member_count, 1);
    /* The node goes on without that link. */
    ck_assert_int_eq(lone_add(&lone, 3, NULL), RAFTD_OK);
    lone_free(&lone);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused_at_once)
{
    static const struct raftd_change_step nonsense[] = {
        {.kind = RAFTD_CHANGE_ADD, .id = 0, .address = "127.0.0.1:1"},
        {.kind = RAFTD_CHANGE_ADD, .id = 2, .address = "nowhere"},
        {.kind = RAFTD_CHANGE_ADD, .id = 2},
        {.kind = (enum raftd_change_kind)7, .id = 2, .address = "127.0.0.1:1"},
    };
    struct lone lone;

    serve_with_links(&lone);
    for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        ck_assert_int_eq(raftd_client_change(lone.client, &nonsense[i], 1, 5), RAFTD_ERROR_INVALID);
    }
    ck_assert_int_eq(raftd_client_change(lone.client, nonsense, 0, 5), RAFTD_ERROR_INVALID);
    lone_free(&lone);
}
END_TEST

START_TEST(a_node_without_a_certificate_takes_no_members)
{
    const struct raftd_change_step step = {
        .kind = RAFTD_CHANGE_ADD, .id = 2, .address = "127.0.0.1:1"};
    struct lone lone;

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(raftd_client_change(lone.client, &step, 1, 5), RAFTD_ERROR_REFUSED);
    lone_free(&lone);
}
END_TEST

START_TEST(there_is_nobody_to_hand_over_to)
{
    struct raftd_completion completion;
    struct lone lone;

    lone_init(&lone);
    lone_serve(&lone);
    ck_assert_int_eq(raftd_client_handover(lone.client, 0, 6), 0);
    raftd_client_submit(lone.client);
    completion = lone_next(&lone);
    ck_assert_int_eq(completion.status, RAFTD_ERROR_CONFLICT);
    ck_assert_int_eq(lone_add(&lone, 3, NULL), RAFTD_OK);
    lone_free(&lone);
}
END_TEST

UNIT_SUITE(member_changes)
{
    Suite *suite = suite_create("member_changes");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, learners_come_and_go_and_the_last_voter_stays);
    tcase_add_test(tests, what_makes_no_sense_is_refused_at_once);
    tcase_add_test(tests, a_node_without_a_certificate_takes_no_members);
    tcase_add_test(tests, there_is_nobody_to_hand_over_to);
    suite_add_tcase(suite, tests);
    return suite;
}
