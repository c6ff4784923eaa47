/*
 * See read_bounds.h.
 */
#include "node/read_bounds.h"

#include "base/plant.h"

void read_marks_confirm(struct read_marks *marks, uint64_t index, uint64_t asked_ms)
{
    struct read_mark *mark = marks->waiting.asked_ms == 0 ? &marks->waiting : &marks->newest;

    *mark = (struct read_mark){.index = index, .asked_ms = asked_ms};
}

/* While much is still to be applied, an earlier round's index is reached before the newest's. */
void read_marks_follow(struct read_marks *marks, uint64_t applied_index)
{
    while (marks->waiting.asked_ms != 0 && marks->waiting.index <= applied_index) {
        marks->fresh_ms = marks->waiting.asked_ms;
        marks->waiting = marks->newest;
        marks->newest = (struct read_mark){0};
    }
}

bool read_bounds_allow(const struct read_bounds *bounds, enum raftd_read_level level,
                       uint32_t max_lag_ms, uint64_t now_ms)
{
    bool is_newest = bounds->all_applied && now_ms < bounds->lease_until_ms;
    uint64_t lag_ms = now_ms > bounds->fresh_ms ? now_ms - bounds->fresh_ms : 0;

    if (level == RAFTD_READ_LINEARIZABLE) {
        return false;
    }
    if (is_newest) {
        return true;
    }
    return level == RAFTD_READ_STALE &&
           (max_lag_ms == 0 || (bounds->fresh_ms != 0 && lag_ms <= max_lag_ms));
}

bool read_bounds_still_allow(const struct read_bounds *bounds, enum raftd_read_level level,
                             uint32_t max_lag_ms, uint64_t now_ms)
{
    return PLANT(node_reads_checked_once) || read_bounds_allow(bounds, level, max_lag_ms, now_ms);
}
