/*
 * The window of a connection; see pace.h. Pure; never waits.
 */
#include "peer/pace.h"

#include <string.h>

#include "base/assert.h"

void pace_begin(struct pace *pace, uint64_t now_us)
{
    *pace = (struct pace){
        .window_bytes = PACE_FLOOR_BYTES, .starts = true, .base_due_us = now_us + PACE_BASE_AGE_US};
}

static uint64_t on_the_way(const struct pace *pace)
{
    ASSERT(pace->arrived_bytes <= pace->sent_bytes);
    return pace->sent_bytes - pace->arrived_bytes;
}

static size_t limit(const struct pace *pace)
{
    return pace->measures_base ? PACE_FLOOR_BYTES : pace->window_bytes;
}

size_t pace_room(const struct pace *pace)
{
    return on_the_way(pace) < limit(pace) ? limit(pace) - (size_t)on_the_way(pace) : 0;
}

void pace_full(struct pace *pace)
{
    pace->was_full = true;
    pace->is_busy = true;
}

void pace_sent(struct pace *pace, size_t size)
{
    pace->sent_bytes += size;
}

/* Bytes between two marks when there are so many of them in a window. */
static size_t distance(const struct pace *pace, size_t marks)
{
    size_t bytes = limit(pace) / marks;

    return bytes > PACE_MARK_BYTES ? bytes : PACE_MARK_BYTES;
}

/*
 * While the window is used up, there are several marks in it, so that the sender goes on in small
 * steps as the answers come. With one mark it would send a whole window at once and then wait: the
 * line would have a long queue and be idle by turns. In the smallest window there are two: when the
 * second one is answered, half of the window is free at least, so the sender never stops for want
 * of a mark.
 *
 * Each mark costs a write of the peer and a wake-up here. While the line takes everything long
 * before the window is used up, two marks in a window are enough to know that. If the window is
 * used up nevertheless, another mark leaves at once.
 */
bool pace_wants_mark(const struct pace *pace)
{
    size_t marks = pace->is_busy ? PACE_MARKS_A_WINDOW : PACE_MARKS_A_QUIET_WINDOW;

    return pace->mark_count < PACE_MARKS_MAX &&
           pace->sent_bytes - pace->marked_bytes >= distance(pace, marks);
}

void pace_mark(struct pace *pace, uint64_t nonce)
{
    if (pace->mark_count == PACE_MARKS_MAX) {
        pace->mark_count--; /* answers were lost; the answer to the new mark tells all of theirs */
    }
    if (pace->mark_count > 0 && pace->marks[pace->mark_count - 1].nonce >= nonce) {
        return; /* two probes in one microsecond: the first one is enough */
    }
    pace->marks[pace->mark_count++] =
        (struct pace_mark){.nonce = nonce, .sent_bytes = pace->sent_bytes};
    pace->marked_bytes = pace->sent_bytes;
}

static void compute_window(struct pace *pace, uint64_t round_trip_us, uint64_t now_us)
{
    uint64_t wanted_us = pace->base_us + PACE_QUEUE_US;
    uint64_t window = pace->window_bytes;

    pace->starts = pace->starts && round_trip_us <= wanted_us;
    if (pace->starts || wanted_us >= 2 * round_trip_us) {
        window = 2 * window;
    } else {
        window = window * wanted_us / round_trip_us;
    }
    if (window < PACE_FLOOR_BYTES) {
        window = PACE_FLOOR_BYTES;
    } else if (window > PACE_MAX_BYTES) {
        window = PACE_MAX_BYTES;
    }
    if (window > pace->window_bytes) {
        if (now_us - pace->grown_us < PACE_QUEUE_US) {
            return;
        }
        pace->grown_us = now_us;
    }
    pace->window_bytes = (size_t)window;
}

/* Uses the round trip of a mark before which the window was used up. */
static void end_round(struct pace *pace, uint64_t round_trip_us, uint64_t now_us)
{
    if (pace->measures_base) {
        pace->measures_base = false;
        pace->base_us = round_trip_us;
        pace->base_due_us = now_us + PACE_BASE_AGE_US;
    } else {
        if (pace->base_us == 0 || round_trip_us < pace->base_us) {
            pace->base_us = round_trip_us;
        }
        compute_window(pace, round_trip_us, now_us);
        pace->measures_base = now_us >= pace->base_due_us;
    }
    pace->was_full = false;
    pace->next_round_bytes = pace->sent_bytes;
}

void pace_answered(struct pace *pace, uint64_t nonce, uint64_t now_us)
{
    struct pace_mark mark;
    size_t place = 0;

    while (place < pace->mark_count && pace->marks[place].nonce != nonce) {
        place++;
    }
    if (place == pace->mark_count) {
        return;
    }
    mark = pace->marks[place];
    pace->mark_count -= place + 1;
    memmove(pace->marks, pace->marks + place + 1, pace->mark_count * sizeof(mark));
    pace->arrived_bytes = mark.sent_bytes;
    if (on_the_way(pace) < distance(pace, PACE_MARKS_A_WINDOW)) {
        pace->is_busy = false;
    }
    if (pace->was_full && mark.sent_bytes > pace->next_round_bytes) {
        uint64_t round_trip_us = now_us > nonce ? now_us - nonce : 1;

        end_round(pace, round_trip_us, now_us);
    }
}
