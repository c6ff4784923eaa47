/*
 * sys/log: log lines as a reader of standard error gets them.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

static int saved_stderr;
static FILE *lines;

/* Makes standard error a pipe. Each test runs in a process of its own, so nothing is restored. */
static void catch_stderr(void)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    saved_stderr = dup(STDERR_FILENO);
    ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    lines = fdopen(ends[0], "r");
    ck_assert_ptr_nonnull(lines);
    log_configure(LOG_LEVEL_INFO, LOG_TARGET_STDERR);
}

static void give_stderr_back(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    fclose(lines);
}

/* Reads the next line. Returns it without its newline; NULL if there is none. */
static const char *next_line(void)
{
    static char line[8192];

    if (fgets(line, sizeof(line), lines) == NULL) {
        clearerr(lines);
        return NULL;
    }
    ck_assert_ptr_nonnull(strchr(line, '\n'));
    *strchr(line, '\n') = 0;
    return line;
}

/* Reads the next line. Returns the part after "time level [thread] ". */
static const char *next_message(void)
{
    const char *line = next_line();

    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(strstr(line, "] "));
    return strstr(line, "] ") + 2;
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t compiled;

    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_msg(regexec(&compiled, text, 0, NULL, 0) == 0, "\"%s\" does not match %s", text,
                  pattern);
    regfree(&compiled);
}

START_TEST(test_a_line_has_time_level_thread_and_text)
{
    LOG_WARNING("peer %d at %s is gone", 2, "127.0.0.1:7381");
    assert_matches(next_line(), "^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]"
                                "\\.[0-9]{3}Z warning \\[main\\] peer 2 at 127\\.0\\.0\\.1:7381 is "
                                "gone$");
    ck_assert_ptr_null(next_line());
}
END_TEST

START_TEST(test_a_level_silences_those_below_it)
{
    log_configure(LOG_LEVEL_WARNING, LOG_TARGET_STDERR);
    LOG_DEBUG("no");
    LOG_INFO("no");
    LOG_WARNING("yes, a warning");
    LOG_ERROR("yes, an error");
    ck_assert(!log_enabled(LOG_LEVEL_INFO));
    ck_assert_str_eq(next_message(), "yes, a warning");
    assert_matches(next_line(), " error \\[main\\] yes, an error$");
    ck_assert_ptr_null(next_line());
    log_configure(LOG_LEVEL_DEBUG, LOG_TARGET_STDERR);
    LOG_DEBUG("now %s", "too");
    assert_matches(next_line(), " debug \\[main\\] now too$");
}
END_TEST

/* If a peer's name has a newline in it, the log must not get a line that the peer has written. */
START_TEST(test_nobody_forges_a_line_or_commands_a_terminal)
{
    static const struct {
        const char *text;
        const char *logged;
    } cases[] = {
        {"x\n2026-01-01T00:00:00.000Z error [main] forged",
         "x\\x0a2026-01-01T00:00:00.000Z error [main] forged"},
        {"a\rb\tc\033[31md\177e", "a\\x0db\\x09c\\x1b[31md\\x7fe"},
        {"caf\303\251 \342\202\254 \360\237\230\200", "caf\303\251 \342\202\254 \360\237\230\200"},
        {"C1 \302\233 here", "C1 \\xc2\\x9b here"},
        {"lone \200 and cut \303", "lone \\x80 and cut \\xc3"},
        {"overlong \300\212 \340\200\212", "overlong \\xc0\\x8a \\xe0\\x80\\x8a"},
        {"beyond \364\220\200\200 \377", "beyond \\xf4\\x90\\x80\\x80 \\xff"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        LOG_INFO("%s", cases[i].text);
        ck_assert_str_eq(next_message(), cases[i].logged);
        ck_assert_ptr_null(next_line());
    }
}
END_TEST

START_TEST(test_a_long_line_is_cut_and_says_so)
{
    char text[6000];
    const char *message;

    for (int control = 0; control <= 1; control++) {
        memset(text, control != 0 ? 1 : 'a', sizeof(text) - 1);
        text[sizeof(text) - 1] = 0;
        LOG_INFO("%s", text);
        message = next_message();
        ck_assert_uint_gt(strlen(message), 1000);
        ck_assert_uint_lt(strlen(message), 4096);
        ck_assert_str_eq(message + strlen(message) - 3, "...");
        ck_assert_ptr_null(next_line());
    }
}
END_TEST

/* Standard error stays empty while lines go to syslog, whether or not a syslog daemon runs here,
 * and gets lines again when it is chosen again. */
START_TEST(test_the_system_log_takes_lines_away_from_standard_error)
{
    log_configure(LOG_LEVEL_INFO, LOG_TARGET_SYSLOG);
    LOG_DEBUG("raftd unit test: below the level");
    LOG_INFO("raftd unit test: a line for the system log, with a \n in it");
    ck_assert_ptr_null(next_line());
    log_configure(LOG_LEVEL_INFO, LOG_TARGET_STDERR);
    LOG_INFO("here again");
    ck_assert_str_eq(next_message(), "here again");
}
END_TEST

START_TEST(test_errno_survives)
{
    errno = ENOTDIR;
    LOG_INFO("errno stays");
    ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

/* When nobody reads the log any more, logging has no effect and the node goes on. */
START_TEST(test_a_closed_standard_error_is_no_trouble)
{
    int copy = dup(STDERR_FILENO);

    close(STDERR_FILENO);
    LOG_ERROR("to nobody");
    dup2(copy, STDERR_FILENO);
    close(copy);
    LOG_ERROR("to somebody");
    ck_assert_str_eq(next_message(), "to somebody");
}
END_TEST

START_TEST(test_a_throttle_lets_one_through_per_interval)
{
    struct log_throttle throttle = {0};
    uint64_t start_ms = clock_monotonic_ms();

    ck_assert(log_throttle_pass(&throttle, 40));
    /* The pass that ends this loop begins an interval that no slow machine can outlast. */
    while (!log_throttle_pass(&throttle, 1000000)) {
    }
    ck_assert_uint_ge(clock_monotonic_ms() - start_ms, 40);
    ck_assert(!log_throttle_pass(&throttle, 40));
}
END_TEST

enum { THREADS = 4, LINES_EACH = 12 };

static struct log_throttle shared_throttle;
static atomic_int passed;

static void write_lines(void *argument)
{
    const char *text = argument;

    if (log_throttle_pass(&shared_throttle, 1000000)) {
        atomic_fetch_add(&passed, 1);
    }
    for (int i = 0; i < LINES_EACH; i++) {
        LOG_INFO("%s", text);
    }
}

/* The pipe has room for all lines, so the test can read them at the end. */
START_TEST(test_lines_of_several_threads_never_mix)
{
    static char texts[THREADS][1000];
    struct thread threads[THREADS];
    int seen[THREADS] = {0};
    const char *line;

    for (int i = 0; i < THREADS; i++) {
        memset(texts[i], 'a' + i, sizeof(texts[i]) - 1);
        ck_assert_int_eq(thread_start(&threads[i], "writer", write_lines, texts[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    while ((line = next_line()) != NULL) {
        const char *message = strstr(line, " [writer] ");

        ck_assert_ptr_nonnull(message);
        message += strlen(" [writer] ");
        ck_assert(message[0] >= 'a' && message[0] < 'a' + THREADS);
        ck_assert_str_eq(message, texts[message[0] - 'a']);
        seen[message[0] - 'a']++;
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(seen[i], LINES_EACH);
    }
    ck_assert_int_eq(atomic_load(&passed), 1);
}
END_TEST

UNIT_SUITE(log)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");

    tcase_add_checked_fixture(tests, catch_stderr, give_stderr_back);
    tcase_add_test(tests, test_a_line_has_time_level_thread_and_text);
    tcase_add_test(tests, test_a_level_silences_those_below_it);
    tcase_add_test(tests, test_nobody_forges_a_line_or_commands_a_terminal);
    tcase_add_test(tests, test_a_long_line_is_cut_and_says_so);
    tcase_add_test(tests, test_the_system_log_takes_lines_away_from_standard_error);
    tcase_add_test(tests, test_errno_survives);
    tcase_add_test(tests, test_a_closed_standard_error_is_no_trouble);
    tcase_add_test(tests, test_a_throttle_lets_one_through_per_interval);
    tcase_add_test(tests, test_lines_of_several_threads_never_mix);
    suite_add_tcase(suite, tests);
    return suite;
}
