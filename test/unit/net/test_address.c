/*
 * net/address: addresses are converted from text and back. test/unit/base/test_address.c tests the
 * syntax.
 */
#include "unit.h"

#include <string.h>

#include "net/address.h"

START_TEST(test_what_is_parsed_is_formatted_alike)
{
    static const char *const texts[] = {"127.0.0.1:7380", "[::1]:7381", "node-1.example:1",
                                        "[fe80::1:2]:65535", "localhost:0"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct net_address address;
        char text[272];

        ck_assert_int_eq(net_address_parse(&address, texts[i], NULL), 0);
        ck_assert_ptr_null(strchr(address.host, '['));
        net_address_format(&address, text, sizeof(text));
        ck_assert_str_eq(text, texts[i]);
    }
}
END_TEST

START_TEST(test_what_is_wrong_is_said_with_the_text)
{
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"127.0.0.1", "the port is missing"},
        {"::1:7380", "brackets"},
        {"[::1:7380", "bracket"},
        {":7380", "the host is missing"},
        {"127.0.0.1:65536", "0 to 65535"},
        {"", "the port is missing"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct raftd_error error = {0};
        struct net_address address;

        ck_assert_int_eq(net_address_parse(&address, cases[i].text, &error), RAFTD_ERROR_INVALID);
        ck_assert_msg(strstr(error.message, cases[i].says) != NULL, "\"%s\"", error.message);
        ck_assert_msg(strstr(error.message, cases[i].text) != NULL, "\"%s\"", error.message);
    }
}
END_TEST

START_TEST(test_loopback_is_what_is_written_not_what_it_resolves_to)
{
    static const struct {
        const char *text;
        bool loopback;
    } cases[] = {
        {"127.0.0.1:1", true}, {"127.255.0.9:1", true}, {"[::1]:1", true},
        {"localhost:1", true}, {"128.0.0.1:1", false},  {"0.0.0.0:1", false},
        {"[::]:1", false},     {"[::2]:1", false},      {"ip6-localhost:1", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_address address;

        ck_assert_int_eq(net_address_parse(&address, cases[i].text, NULL), 0);
        ck_assert_msg(net_address_is_loopback(&address) == cases[i].loopback, "%s", cases[i].text);
    }
}
END_TEST

UNIT_SUITE(address)
{
    Suite *suite = suite_create("address");
    TCase *tests = tcase_create("address");

    tcase_add_test(tests, test_what_is_parsed_is_formatted_alike);
    tcase_add_test(tests, test_what_is_wrong_is_said_with_the_text);
    tcase_add_test(tests, test_loopback_is_what_is_written_not_what_it_resolves_to);
    suite_add_tcase(suite, tests);
    return suite;
}
