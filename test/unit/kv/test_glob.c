/*
 * kv/glob: the patterns of KEYS, as redis-server 7.0.15 matches them.
 */
#include <string.h>

#include "base/memory.h"
#include "kv/glob.h"
#include "unit.h"

static bool matches(const char *pattern, const char *text)
{
    uint64_t budget = 1000000;

    return glob_match(pattern, strlen(pattern), text, strlen(text), &budget);
}

START_TEST(patterns)
{
    static const struct {
        const char *pattern;
        const char *text;
        bool match;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"abc", "abc", true},
        {"abc", "abd", false},
        {"abc", "ab", false},
        {"abc", "abcd", false},
        {"*", "", true},
        {"*", "anything", true},
        {"a*", "a", true},
        {"a**", "a", true},
        {"*b", "aab", true},
        {"*b", "aba", false},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXcYb", false},
        {"*ab", "aab", true},
        {"*aab*", "aaab", true},
        {"?", "a", true},
        {"?", "", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"[abc]", "b", true},
        {"[abc]", "d", false},
        {"[^abc]", "d", true},
        {"[^abc]", "b", false},
        {"[a-c]x", "bx", true},
        {"[a-c]", "d", false},
        {"[c-a]", "b", true},
        {"[^a-c]", "b", false},
        {"[a-]", "]", true},
        {"[a-]", "-", false},
        {"[]a]", "]", false},
        {"[]", "a", false},
        {"[^]", "a", true},
        {"[\\]]", "]", true},
        {"[\\-a]", "-", true},
        {"[abc", "b", true},
        {"[abc", "d", false},
        {"[a-", "-", true},
        {"x[", "x", false},
        {"x[", "x[", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\", "a\\", true},
        {"\\\\", "\\", true},
        {"h[ae]llo*", "hallo world", true},
        {"A", "a", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(matches(cases[i].pattern, cases[i].text) == cases[i].match,
                      "\"%s\" and \"%s\"", cases[i].pattern, cases[i].text);
    }
}
END_TEST

START_TEST(any_bytes_are_matched)
{
    uint64_t budget = 1000;

    ck_assert(glob_match("a\0?", 3, "a\0b", 3, &budget));
    ck_assert(!glob_match("a\0c", 3, "a\0b", 3, &budget));
    ck_assert(glob_match("[\xf0-\xff]", 5, "\xf5", 1, &budget));
    ck_assert(!glob_match("[\xf0-\xff]", 5, "a", 1, &budget));
}
END_TEST

/* Each star of a backtracking matcher would multiply the time by the length of the text. */
START_TEST(many_stars_are_no_more_work_than_one)
{
    char pattern[101];
    char text[1000];
    uint64_t budget = 200000;

    for (int i = 0; i < 100; i += 2) {
        pattern[i] = '*';
        pattern[i + 1] = 'a';
    }
    pattern[100] = 'b';
    memset(text, 'a', sizeof(text));
    ck_assert(!glob_match(pattern, sizeof(pattern), text, sizeof(text), &budget));
    ck_assert_uint_gt(budget, 0);
}
END_TEST

START_TEST(the_budget_ends_a_search)
{
    size_t size = 100000;
    char *text = memory_allocate(size);
    uint64_t budget = 1000;

    memset(text, 'a', size);
    text[0] = '*';
    text[size / 2 - 1] = 'b';
    ck_assert(!glob_match(text, size / 2, text + 1, size / 2 - 2, &budget));
    ck_assert_uint_eq(budget, 0);
    memory_free(text);
}
END_TEST

UNIT_SUITE(glob)
{
    Suite *suite = suite_create("glob");
    TCase *tests = tcase_create("glob");

    tcase_add_test(tests, patterns);
    tcase_add_test(tests, any_bytes_are_matched);
    tcase_add_test(tests, many_stars_are_no_more_work_than_one);
    tcase_add_test(tests, the_budget_ends_a_search);
    suite_add_tcase(suite, tests);
    return suite;
}
