/*
 * base/error: a long message is cut and never overflows, and every code has a text.
 */
#include <string.h>

#include "base/error.h"
#include "unit.h"

START_TEST(a_message_is_formatted_and_its_code_returned)
{
    struct raftd_error error = {0};

    ck_assert_int_eq(error_set(&error, RAFTD_ERROR_INVALID, "%s: found %d", "port", 70000),
                     RAFTD_ERROR_INVALID);
    ck_assert_int_eq(error.code, RAFTD_ERROR_INVALID);
    ck_assert_str_eq(error.message, "port: found 70000");
}
END_TEST

START_TEST(nobody_has_to_listen)
{
    ck_assert_int_eq(error_set(NULL, RAFTD_ERROR_BUSY, "full"), RAFTD_ERROR_BUSY);
    ck_assert_int_eq(error_prefix(NULL, RAFTD_ERROR_BUSY, "full"), RAFTD_ERROR_BUSY);
}
END_TEST

START_TEST(a_prefix_goes_in_front_and_keeps_the_code)
{
    struct raftd_error error = {0};

    error_set(&error, RAFTD_ERROR_SYSTEM, "No such file or directory");
    ck_assert_int_eq(error_prefix(&error, RAFTD_ERROR_INVALID, "opening %s", "a.conf"),
                     RAFTD_ERROR_SYSTEM);
    ck_assert_str_eq(error.message, "opening a.conf: No such file or directory");
}
END_TEST

START_TEST(long_messages_are_cut_off)
{
    struct raftd_error error = {0};
    char text[2 * sizeof(error.message)];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    error_set(&error, RAFTD_ERROR_SYSTEM, "%s", text);
    ck_assert_uint_eq(strlen(error.message), sizeof(error.message) - 1);
    error_prefix(&error, RAFTD_ERROR_SYSTEM, "reading");
    ck_assert_uint_eq(strlen(error.message), sizeof(error.message) - 1);
    ck_assert_int_eq(strncmp(error.message, "reading: xxx", 12), 0);
    error_prefix(&error, RAFTD_ERROR_SYSTEM, "%s", text);
    ck_assert_uint_eq(strlen(error.message), sizeof(error.message) - 1);
}
END_TEST

START_TEST(every_code_has_a_text_of_its_own)
{
    const char *unknown = raftd_code_text(-1000);

    ck_assert_str_eq(raftd_code_text(1), unknown);
    for (int code = RAFTD_ERROR_DISK_FULL; code <= RAFTD_OK; code++) {
        const char *text = raftd_code_text(code);

        ck_assert_str_ne(text, unknown);
        for (int other = code + 1; other <= RAFTD_OK; other++) {
            ck_assert_str_ne(text, raftd_code_text(other));
        }
    }
    ck_assert_str_eq(raftd_code_text(RAFTD_ERROR_DISK_FULL - 1), unknown);
}
END_TEST

UNIT_SUITE(error)
{
    Suite *suite = suite_create("error");
    TCase *tests = tcase_create("error");

    tcase_add_test(tests, a_message_is_formatted_and_its_code_returned);
    tcase_add_test(tests, nobody_has_to_listen);
    tcase_add_test(tests, a_prefix_goes_in_front_and_keeps_the_code);
    tcase_add_test(tests, long_messages_are_cut_off);
    tcase_add_test(tests, every_code_has_a_text_of_its_own);
    suite_add_tcase(suite, tests);
    return suite;
}
