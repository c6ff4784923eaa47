/*
 * The window of a connection on lines of several speeds. The line is a queue with a rate and a
 * delay, in virtual time; the sender always has something to send.
 */
#include <string.h>

#include "unit.h"

#include "peer/pace.h"

enum { PIECE_BYTES = 4096, STEP_US = 100 };

struct line {
    uint64_t bytes_a_second;
    uint64_t delay_us; /* there and back, without the queue */
    uint64_t now_us;
    uint64_t free_us; /* when the line has sent all that was put into it */
    struct pace pace;
    /* Answers that are on their way back, oldest first. */
    struct {
        uint64_t nonce;
        uint64_t arrives_us;
    } answers[64];
    size_t answer_count;
    /* Of the last second: what a heartbeat would have waited behind other bytes. */
    uint64_t longest_wait_us;
};

static void line_begin(struct line *line, uint64_t bytes_a_second, uint64_t delay_us)
{
    *line = (struct line){.bytes_a_second = bytes_a_second, .delay_us = delay_us, .now_us = 1};
    pace_begin(&line->pace, line->now_us);
}

static uint64_t queue_us(const struct line *line)
{
    return line->free_us > line->now_us ? line->free_us - line->now_us : 0;
}

static void line_mark(struct line *line)
{
    if (pace_wants_mark(&line->pace) && line->answer_count < 64) {
        uint64_t free_us = line->free_us > line->now_us ? line->free_us : line->now_us;

        line->now_us++; /* no two probes are made at the same moment */
        pace_mark(&line->pace, line->now_us);
        line->answers[line->answer_count].nonce = line->now_us;
        line->answers[line->answer_count++].arrives_us = free_us + line->delay_us;
    }
}

static void line_send(struct line *line, size_t size)
{
    uint64_t begins_us = line->free_us > line->now_us ? line->free_us : line->now_us;

    line->free_us = begins_us + size * 1000000 / line->bytes_a_second;
    pace_sent(&line->pace, size);
    line_mark(line);
}

static void line_take_answers(struct line *line)
{
    while (line->answer_count > 0 && line->answers[0].arrives_us <= line->now_us) {
        pace_answered(&line->pace, line->answers[0].nonce, line->now_us);
        line->answer_count--;
        memmove(line->answers, line->answers + 1, line->answer_count * sizeof(line->answers[0]));
    }
}

/* Sends as much as the window allows, for this time. Returns the bytes that the line took. */
static uint64_t line_run(struct line *line, uint64_t duration_us)
{
    uint64_t end_us = line->now_us + duration_us;
    uint64_t before = line->pace.sent_bytes;

    line->longest_wait_us = 0;
    while (line->now_us < end_us) {
        line_take_answers(line);
        line_mark(line);
        while (pace_room(&line->pace) >= PIECE_BYTES) {
            size_t room = pace_room(&line->pace);

            line_send(line, room < 16384 ? room : 16384);
        }
        pace_full(&line->pace);
        if (queue_us(line) > line->longest_wait_us) {
            line->longest_wait_us = queue_us(line);
        }
        line->now_us += STEP_US;
    }
    return line->pace.sent_bytes - before;
}

static const struct {
    uint64_t bytes_a_second;
    uint64_t delay_us;
    uint64_t wait_ms;  /* a heartbeat waits no longer than this */
    uint64_t used_pct; /* of the line, at least */
} lines[] = {
    {125000, 1000, 100, 90},   /* 1 Mbit/s */
    {125000, 100000, 100, 45}, /* 1 Mbit/s, far away */
    {1250000, 20000, 60, 90},  /* 10 Mbit/s */
    {12500000, 1000, 60, 90},  /* 100 Mbit/s */
    {125000000, 200, 40, 90},  /* 1 Gbit/s */
    /* On long lines, a window of bytes leaves at once after the base was measured. */
    {12500000, 100000, 150, 85},
    {12500000, 250000, 350, 80},
};

START_TEST(the_window_fits_the_line)
{
    struct line line;
    uint64_t sent;

    line_begin(&line, lines[_i].bytes_a_second, lines[_i].delay_us);
    line_run(&line, 5 * 1000000); /* grows */
    for (int round = 0; round < 4; round++) {
        sent = line_run(&line, 10 * 1000000); /* measures the base meanwhile */
        ck_assert_msg(line.longest_wait_us <= lines[_i].wait_ms * 1000,
                      "line %d: a heartbeat waits %lu us, window %zu", _i,
                      (unsigned long)line.longest_wait_us, line.pace.window_bytes);
        ck_assert_msg(sent >= lines[_i].bytes_a_second * 10 * lines[_i].used_pct / 100,
                      "line %d: %lu bytes sent in ten seconds, window %zu", _i, (unsigned long)sent,
                      line.pace.window_bytes);
    }
}
END_TEST

/* The first burst of a connection, of which nothing is known yet. */
START_TEST(the_first_window_is_small)
{
    struct line line;

    line_begin(&line, 125000, 1000);
    line_run(&line, 1000000);
    ck_assert_uint_le(line.longest_wait_us, 140000);
}
END_TEST

START_TEST(a_line_that_becomes_slow_gets_a_small_window)
{
    struct line line;

    line_begin(&line, 12500000, 1000);
    line_run(&line, 5 * 1000000);
    line.bytes_a_second = 125000;
    line_run(&line, 10 * 1000000);
    line_run(&line, 10 * 1000000);
    ck_assert_uint_le(line.longest_wait_us, 100000);
}
END_TEST

/* A token bucket: the line takes 256 KiB at once, and the rest at 1 Mbit/s. */
START_TEST(a_burst_that_the_line_takes_tells_nothing_about_the_rest)
{
    struct line line;

    line_begin(&line, 125000000, 100);
    while (line.pace.sent_bytes < 256 * 1024) {
        line_run(&line, STEP_US);
    }
    line.bytes_a_second = 125000;
    line_run(&line, 2 * 1000000);
    ck_assert_uint_le(line.longest_wait_us, 200000);
}
END_TEST

/* Without measuring the base anew, a longer route would look like a queue for ever. */
START_TEST(a_route_that_becomes_longer_keeps_its_speed)
{
    struct line line;
    uint64_t sent;

    line_begin(&line, 12500000, 1000);
    line_run(&line, 5 * 1000000);
    line.delay_us = 200000;
    line_run(&line, 25 * 1000000);
    sent = line_run(&line, 10 * 1000000);
    ck_assert_uint_ge(sent, UINT64_C(12500000) * 8);
}
END_TEST

/* A sender that is seldom busy learns nothing about the line, so its window stays as it is. */
START_TEST(a_window_that_is_not_used_does_not_change)
{
    struct pace pace;
    uint64_t now_us = 1;

    pace_begin(&pace, now_us);
    for (int i = 0; i < 1000; i++) {
        pace_sent(&pace, 9000);
        ck_assert(pace_wants_mark(&pace));
        pace_mark(&pace, now_us);
        pace_answered(&pace, now_us, now_us + (i % 2 == 0 ? 50 : 500000));
        now_us += 1000000;
    }
    ck_assert_uint_eq(pace.window_bytes, PACE_FLOOR_BYTES);
    ck_assert_uint_eq(pace_room(&pace), PACE_FLOOR_BYTES);
}
END_TEST

/* Each mark costs the peer a write, so there are few while nothing waits for them. */
START_TEST(a_window_that_is_not_used_up_needs_few_marks)
{
    struct line line;
    struct pace *pace = &line.pace;
    size_t window;
    size_t marks = 0;

    line_begin(&line, 12500000, 1000);
    line_run(&line, 5 * 1000000);
    while (line.answer_count > 0) {
        line.now_us += STEP_US;
        line_take_answers(&line);
    }
    window = pace->window_bytes;
    ck_assert_uint_ge(window, 128 * 1024);
    for (size_t sent = 0; sent < 16 * window; sent += 1024) {
        pace_sent(pace, 1024);
        if (pace_wants_mark(pace)) {
            marks++;
            pace_mark(pace, ++line.now_us);
            pace_answered(pace, line.now_us, line.now_us + 100);
        }
        ck_assert_uint_gt(pace_room(pace), window / 4);
    }
    ck_assert_uint_ge(marks, 30);
    ck_assert_uint_le(marks, 34);

    /* Something waits: the next mark leaves at once, and then one for an eighth of the window. */
    pace_mark(pace, ++line.now_us);
    pace_answered(pace, line.now_us, line.now_us + 100);
    pace_sent(pace, window / 4);
    ck_assert(!pace_wants_mark(pace));
    pace_full(pace);
    ck_assert(pace_wants_mark(pace));
    pace_mark(pace, ++line.now_us);
    pace_sent(pace, window / 8 + 1);
    ck_assert(pace_wants_mark(pace));
}
END_TEST

/* Answers that are lost delay the sender until the next probe is answered, and no longer. */
START_TEST(a_later_answer_stands_for_the_lost_ones)
{
    struct pace pace;

    pace_begin(&pace, 1);
    for (uint64_t nonce = 1; nonce <= 2 * PACE_MARKS_MAX; nonce++) {
        pace_sent(&pace, 1024);
        pace_mark(&pace, nonce);
    }
    ck_assert_uint_eq(pace_room(&pace), 0);
    pace_answered(&pace, 99, 100); /* never sent */
    ck_assert_uint_eq(pace_room(&pace), 0);
    pace_answered(&pace, 2 * PACE_MARKS_MAX, 100);
    ck_assert_uint_eq(pace_room(&pace), PACE_FLOOR_BYTES);
    pace_answered(&pace, 1, 100); /* late: changes nothing */
    ck_assert_uint_eq(pace_room(&pace), PACE_FLOOR_BYTES);
}
END_TEST

UNIT_SUITE(pace)
{
    Suite *suite = suite_create("pace");
    TCase *tcase = tcase_create("window");

    tcase_add_loop_test(tcase, the_window_fits_the_line, 0, sizeof(lines) / sizeof(lines[0]));
    tcase_add_test(tcase, the_first_window_is_small);
    tcase_add_test(tcase, a_line_that_becomes_slow_gets_a_small_window);
    tcase_add_test(tcase, a_burst_that_the_line_takes_tells_nothing_about_the_rest);
    tcase_add_test(tcase, a_route_that_becomes_longer_keeps_its_speed);
    tcase_add_test(tcase, a_window_that_is_not_used_does_not_change);
    tcase_add_test(tcase, a_window_that_is_not_used_up_needs_few_marks);
    tcase_add_test(tcase, a_later_answer_stands_for_the_lost_ones);
    suite_add_tcase(suite, tcase);
    return suite;
}
