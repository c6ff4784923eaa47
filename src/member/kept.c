/*
 * The rule that says how far back the log is kept for peers that catch up; see kept.h. Pure.
 *
 * A peer that gets a snapshot needs the log after it, and has caught up when it has that log too.
 * If the log is cut before that, the peer needs the next snapshot and begins anew. So as long as a
 * peer can catch up at all, its log has to stay. How much is that? Let the link carry r bytes a
 * second and the log grow by w < r. The file has no more bytes than the content C, so it takes at
 * most C / r seconds, in which the log grows by less than C; from then on, what the peer lacks
 * shrinks. Before the transfer began, the log after this snapshot had grown by up to about C
 * (due.c), if C is not small. That makes twice C. The bytes that are counted here are up to a
 * quarter more than those on the way (raft_entry_cost()), and the peer needs time to check the file
 * and to install it, so KEEP_TIMES is larger. A peer that lacks more gets a newer snapshot: that is
 * less.
 *
 * The bytes of the log are known only where snapshots were begun. Of those that are close together,
 * the oldest stands for all.
 */
#include "member/kept.h"

#include <string.h>

#include "base/assert.h"

enum { KEEP_TIMES = 4, PARTS = 16 };

static uint64_t bound(uint64_t content_bytes)
{
    return content_bytes < UINT64_MAX / KEEP_TIMES ? KEEP_TIMES * content_bytes : UINT64_MAX;
}

void kept_note(struct kept *kept, uint64_t index, uint64_t applied_bytes, uint64_t content_bytes)
{
    size_t gone = 0;

    if (kept->count > 0) {
        uint64_t last_bytes = kept->points[kept->count - 1].applied_bytes;

        ASSERT(index >= kept->points[kept->count - 1].index && applied_bytes >= last_bytes);
        if (applied_bytes - last_bytes < bound(content_bytes) / PARTS) {
            return;
        }
    }
    while (gone < kept->count &&
           applied_bytes - kept->points[gone].applied_bytes > bound(content_bytes)) {
        gone++;
    }
    if (gone == 0 && kept->count == KEPT_POINTS_MAX) {
        gone = 1; /* the content has grown so much that the first ones were close together */
    }
    kept->count -= gone;
    memmove(&kept->points[0], &kept->points[gone], kept->count * sizeof(kept->points[0]));
    kept->points[kept->count].index = index;
    kept->points[kept->count].applied_bytes = applied_bytes;
    kept->count++;
}

uint64_t kept_floor(const struct kept *kept, uint64_t applied_bytes, uint64_t content_bytes)
{
    for (size_t i = 0; i < kept->count; i++) {
        ASSERT(applied_bytes >= kept->points[i].applied_bytes);
        if (applied_bytes - kept->points[i].applied_bytes <= bound(content_bytes)) {
            return kept->points[i].index;
        }
    }
    return UINT64_MAX;
}
