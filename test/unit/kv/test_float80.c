/*
 * kv/float80: numbers of 64 bits of precision. Where `long double` is such a type, the C library
 * says what is right; the digits of other machines are among the texts below.
 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "kv/float80.h"
#include "unit.h"

/* The sum as text, or what is wrong. */
static const char *add(const char *a, const char *b)
{
    static char text[FLOAT80_TEXT_BYTES_MAX + 1];
    struct float80 sum;
    struct float80 amount;

    if (!float80_parse(a, strlen(a), &sum) || !float80_parse(b, strlen(b), &amount)) {
        return "none";
    }
    if (!float80_add(&sum, &amount)) {
        return "infinite";
    }
    text[float80_format(&sum, text)] = '\0';
    return text;
}

START_TEST(sums)
{
    static const struct {
        const char *a;
        const char *b;
        const char *sum;
    } cases[] = {
        {"0", "0", "0"},
        {"-0", "-0", "0"},
        {"0.1", "0.2", "0.3"},
        {"3", "-3", "0"},
        {"1", "1e-30", "1"},
        {"1", "-1e-30", "1"},
        {"1.5", "-2.25", "-0.75"},
        {".5", "5.", "5.5"},
        {"+1", "1e2", "101"},
        {"1E2", "1e+2", "200"},
        {"0x1.8p1", "0XAp0", "13"},
        {"18446744073709551615", "1", "18446744073709551616"},
        {"18446744073709551616", "1", "18446744073709551616"},
        {"18446744073709551616", "3", "18446744073709551620"},
        {"1234567890.123", "0", "1234567890.12300000002142042"},
        {"1e-17", "0", "0.00000000000000001"},
        {"4e-18", "0", "0"},
        {"51e-19", "0", "0.00000000000000001"},
        {"1e40", "0", "9999999999999999999783686092270256259072"},
        {"1e4932", "1e4932", "infinite"},
        {"-1e4932", "-1e4932", "infinite"},
        {"inf", "1", "infinite"},
        {"inf", "-inf", "infinite"},
        {"Infinity", "1", "infinite"},
        {"0e99999999999999999999", "1", "1"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *sum = add(cases[i].a, cases[i].b);

        ck_assert_msg(strcmp(sum, cases[i].sum) == 0, "%s + %s: %s", cases[i].a, cases[i].b, sum);
    }
}
END_TEST

START_TEST(texts_that_are_no_number)
{
    static const char *const texts[] = {
        "",
        " ",
        "1 ",
        " 1",
        "x",
        "1x",
        ".",
        "-",
        "+-1",
        "1e",
        "1e+",
        "1.2.3",
        "0x",
        "0xg",
        "0x1p",
        "0x1e",
        "nan",
        "-nan",
        "nan(1)",
        "in",
        "infinit",
        "1e5000",
        "-1e5000",
        "1e-5000",
        "1e99999999999999999999",
        "0x1p99999999",
        "0x1p-99999999",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct float80 number;
        bool good = float80_parse(texts[i], strlen(texts[i]), &number);
        bool hexadecimal = strcmp(texts[i], "0x1e") == 0;

        ck_assert_msg(good == hexadecimal, "%s", texts[i]);
    }
}
END_TEST

START_TEST(a_text_may_be_long)
{
    char *text = memory_allocate(FLOAT80_TEXT_BYTES_MAX);
    struct float80 number;
    char written[FLOAT80_TEXT_BYTES_MAX];

    memset(text, '9', FLOAT80_TEXT_BYTES_MAX);
    ck_assert(!float80_parse(text, FLOAT80_TEXT_BYTES_MAX, &number));
    ck_assert(!float80_parse(text, FLOAT80_TEXT_BYTES_MAX - 1, &number));
    ck_assert(float80_parse(text, 4932, &number));
    ck_assert_uint_eq(float80_format(&number, written), 4933);
    text[0] = '.';
    ck_assert(float80_parse(text, FLOAT80_TEXT_BYTES_MAX - 1, &number));
    ck_assert_uint_eq(float80_format(&number, written), 1);
    ck_assert_int_eq(written[0], '1');
    memcpy(text + FLOAT80_TEXT_BYTES_MAX - 7, "e-4950", 6);
    ck_assert(float80_parse(text, FLOAT80_TEXT_BYTES_MAX - 1, &number));
    memset(text, '0', FLOAT80_TEXT_BYTES_MAX);
    text[0] = '.';
    text[FLOAT80_TEXT_BYTES_MAX - 2] = '1';
    ck_assert(!float80_parse(text, FLOAT80_TEXT_BYTES_MAX - 1, &number));
    memory_free(text);
}
END_TEST

#if LDBL_MANT_DIG == 64

static void random_text(uint64_t *random, char *text)
{
    static const int ranges[] = {5, 40, 600, 5200};
    int range = ranges[random_next(random) % 4];
    int digits = (int)(random_next(random) % 40) + 1;
    int point = (int)(random_next(random) % 60);
    bool hexadecimal = random_next(random) % 8 == 0;
    char *at = text;

    at += sprintf(at, "%s%s", random_next(random) % 3 == 0 ? "-" : "", hexadecimal ? "0x" : "");
    for (int i = 0; i < digits; i++) {
        if (i == point) {
            *at++ = '.';
        }
        *at++ = random_next(random) % 3 == 0 ? '0' : (char)('0' + random_next(random) % 10);
    }
    *at = '\0';
    if (random_next(random) % 2 == 0) {
        int exponent = (int)(random_next(random) % (2u * (unsigned)range)) - range;

        sprintf(at, hexadecimal ? "p%d" : "e%d", hexadecimal ? 3 * exponent : exponent);
    }
    if (random_next(random) % 40 == 0) {
        text[random_next(random) % strlen(text)] = ".exp-+0"[random_next(random) % 7];
    }
}

static bool library_parse(const char *text, long double *number)
{
    char *end;

    errno = 0;
    *number = strtold(text, &end);
    return end != text && *end == '\0' && !isnan(*number) &&
           !(errno == ERANGE && (isinf(*number) || *number == 0));
}

static void library_format(long double number, char *text)
{
    size_t size = (size_t)sprintf(text, "%.17Lf", number);

    while (text[size - 1] == '0') {
        size--;
    }
    size -= text[size - 1] == '.';
    text[size] = '\0';
    if (strcmp(text, "-0") == 0) {
        strcpy(text, "0");
    }
}

START_TEST(the_c_library_comes_to_the_same)
{
    static char expected[FLOAT80_TEXT_BYTES_MAX];
    uint64_t random = 11;
    char a[128];
    char b[128];

    for (int i = 0; i < 3000; i++) {
        struct float80 number;
        long double x;
        long double y;

        random_text(&random, a);
        random_text(&random, b);
        ck_assert_msg(library_parse(a, &x) == float80_parse(a, strlen(a), &number), "%s", a);
        if (library_parse(a, &x) && library_parse(b, &y)) {
            strcpy(expected, "infinite");
            if (!isinf(x + y)) {
                library_format(x + y, expected);
            }
            ck_assert_msg(strcmp(add(a, b), expected) == 0, "%s + %s: %s, not %s", a, b, add(a, b),
                          expected);
        }
    }
}
END_TEST

#endif

UNIT_SUITE(float80)
{
    Suite *suite = suite_create("float80");
    TCase *tests = tcase_create("float80");

    tcase_add_test(tests, sums);
    tcase_add_test(tests, texts_that_are_no_number);
    tcase_add_test(tests, a_text_may_be_long);
#if LDBL_MANT_DIG == 64
    tcase_add_test(tests, the_c_library_comes_to_the_same);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}
