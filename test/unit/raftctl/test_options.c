/*
 * Options: their values on the command line and in the environment, and what they say together.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "raftctl/options.h"

static struct ctl_options options;

static void set_up(void)
{
    options = (struct ctl_options){0};
    for (int id = 0; id < OPTION_COUNT; id++) {
        const char *variable = ctl_option((enum ctl_option_id)id)->variable;

        if (variable != NULL) {
            unsetenv(variable);
        }
    }
}

START_TEST(every_option_has_a_row)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct ctl_option *option = ctl_option((enum ctl_option_id)id);

        ck_assert_ptr_nonnull(option->name);
        ck_assert_ptr_nonnull(option->help);
        ck_assert_msg(((OPTIONS_CLIENT & OPTION_BIT(id)) != 0) == (option->variable != NULL),
                      "--%s: client options have a variable, others have none", option->name);
    }
}
END_TEST

START_TEST(what_is_not_given_has_its_default)
{
    ck_assert(ctl_options_complete(&options, OPTIONS_CLIENT, 0));
    ck_assert_int_eq(options.format, CTL_TABLE);
    ck_assert_uint_eq(options.timeout_ms, 6000);
    ck_assert_uint_eq(options.interval_s, 2);
    ck_assert_uint_eq(options.endpoint_count, 1);
    ck_assert_str_eq(options.endpoints[0], "127.0.0.1:7380");
    ck_assert_ptr_null(options.tls_ca);
}
END_TEST

START_TEST(a_variable_stands_in_for_an_option)
{
    setenv("RAFTCTL_ENDPOINTS", "a:1,[::1]:2", 1);
    setenv("RAFTCTL_WRITE", "json", 1);
    setenv("RAFTCTL_TIMEOUT_MS", "17", 1);
    setenv("RAFTCTL_TLS_CA", "ca", 1);
    setenv("RAFTCTL_TLS_CERT", "cert", 1);
    setenv("RAFTCTL_TLS_KEY", "key", 1);
    ck_assert(ctl_options_complete(&options, OPTIONS_CLIENT, 0));
    ck_assert_uint_eq(options.endpoint_count, 2);
    ck_assert_str_eq(options.endpoints[1], "[::1]:2");
    ck_assert_int_eq(options.format, CTL_JSON);
    ck_assert_uint_eq(options.timeout_ms, 17);
    ck_assert_str_eq(options.tls_ca, "ca");
    ck_assert_str_eq(options.tls_certificate, "cert");
    ck_assert_str_eq(options.tls_key, "key");
}
END_TEST

START_TEST(an_option_wins_over_its_variable)
{
    setenv("RAFTCTL_ENDPOINTS", "nonsense", 1);
    setenv("RAFTCTL_WRITE", "xml", 1);
    ck_assert(ctl_options_take(&options, OPTION_ENDPOINTS, "a:1"));
    ck_assert(ctl_options_take(&options, OPTION_WRITE, "table"));
    ck_assert(ctl_options_complete(&options, OPTIONS_CLIENT,
                                   OPTION_BIT(OPTION_ENDPOINTS) | OPTION_BIT(OPTION_WRITE)));
    ck_assert_str_eq(options.endpoints[0], "a:1");
    ck_assert_int_eq(options.format, CTL_TABLE);
}
END_TEST

START_TEST(variables_matter_only_where_the_option_is_taken)
{
    setenv("RAFTCTL_WRITE", "xml", 1);
    ck_assert(ctl_options_complete(&options, OPTION_BIT(OPTION_DIRECTORY), 0));
    options = (struct ctl_options){0};
    ck_assert(!ctl_options_complete(&options, OPTION_BIT(OPTION_WRITE), 0));
    options = (struct ctl_options){0};
    setenv("RAFTCTL_WRITE", "", 1);
    ck_assert(ctl_options_complete(&options, OPTION_BIT(OPTION_WRITE), 0));
}
END_TEST

START_TEST(wrong_values_are_refused)
{
    static const struct {
        enum ctl_option_id id;
        const char *value;
    } cases[] = {
        {OPTION_WRITE, "xml"},       {OPTION_WRITE, ""},
        {OPTION_TIMEOUT, "0"},       {OPTION_TIMEOUT, "-1"},
        {OPTION_TIMEOUT, "1x"},      {OPTION_TIMEOUT, " 1"},
        {OPTION_TIMEOUT, "3600001"}, {OPTION_ENDPOINTS, ""},
        {OPTION_ENDPOINTS, "a:1,"},  {OPTION_ENDPOINTS, "a"},
        {OPTION_ENDPOINTS, "a:0"},   {OPTION_TLS_CA, ""},
        {OPTION_TTL, "0"},           {OPTION_TTL, "1e3"},
        {OPTION_TTL, "9000000001"},  {OPTION_INTERVAL, "0"},
        {OPTION_INTERVAL, "3601"},   {OPTION_ID, "0"},
        {OPTION_ID, "65536"},        {OPTION_DAYS, "36501"},
        {OPTION_NAME, ""},           {OPTION_TIMEOUT, "99999999999999999999999"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(!ctl_options_take(&options, cases[i].id, cases[i].value), "--%s \"%s\"",
                      ctl_option(cases[i].id)->name, cases[i].value);
    }
}
END_TEST

START_TEST(lists_have_an_end)
{
    for (int i = 0; i < CTL_HOSTS_MAX; i++) {
        ck_assert(ctl_options_take(&options, OPTION_HOST, "host"));
    }
    ck_assert(!ctl_options_take(&options, OPTION_HOST, "host"));
    for (int i = 0; i < CTL_MEMBERS_MAX; i++) {
        ck_assert(ctl_options_take(&options, OPTION_MEMBER, "1=a:1"));
    }
    ck_assert(!ctl_options_take(&options, OPTION_MEMBER, "1=a:1"));
}
END_TEST

START_TEST(options_that_need_each_other)
{
    ck_assert(ctl_options_take(&options, OPTION_TLS_CERTIFICATE, "x"));
    ck_assert(!ctl_options_complete(&options, OPTIONS_CLIENT, 0));
    ck_assert(ctl_options_take(&options, OPTION_TLS_KEY, "x"));
    ck_assert(!ctl_options_complete(&options, OPTIONS_CLIENT, 0));
    ck_assert(ctl_options_take(&options, OPTION_TLS_CA, "x"));
    ck_assert(ctl_options_complete(&options, OPTIONS_CLIENT, 0));
    options = (struct ctl_options){.days = 1, .not_after = "2027-01-31T12:00:00Z"};
    ck_assert(!ctl_options_complete(&options, 0, 0));
    options = (struct ctl_options){.interval_s = 1};
    ck_assert(!ctl_options_complete(&options, 0, 0));
    options.watch = true;
    ck_assert(ctl_options_complete(&options, 0, 0));
}
END_TEST

UNIT_SUITE(options)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");

    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, every_option_has_a_row);
    tcase_add_test(tests, what_is_not_given_has_its_default);
    tcase_add_test(tests, a_variable_stands_in_for_an_option);
    tcase_add_test(tests, an_option_wins_over_its_variable);
    tcase_add_test(tests, variables_matter_only_where_the_option_is_taken);
    tcase_add_test(tests, wrong_values_are_refused);
    tcase_add_test(tests, lists_have_an_end);
    tcase_add_test(tests, options_that_need_each_other);
    suite_add_tcase(suite, tests);
    return suite;
}
