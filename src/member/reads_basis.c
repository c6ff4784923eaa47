/*
 * The basis of reads without a round; see reads_basis.h. Pure.
 */
#include "member/reads_basis.h"

#include "base/plant.h"

void reads_confirm(struct reads_freshness *freshness, uint64_t index, uint64_t asked_ms)
{
    struct reads_round *round =
        freshness->unapplied.asked_ms == 0 ? &freshness->unapplied : &freshness->newest;

    *round = (struct reads_round){.index = index, .asked_ms = asked_ms};
}

/*
 * Two rounds are kept, the oldest that is not applied yet and the newest: if only the newest were
 * kept while much is still to be applied, every new round would move the index that has to be
 * reached, and fresh_ms would not advance.
 */
void reads_follow(struct reads_freshness *freshness, uint64_t applied_index)
{
    while (freshness->unapplied.asked_ms != 0 && freshness->unapplied.index <= applied_index) {
        freshness->fresh_ms = freshness->unapplied.asked_ms;
        freshness->unapplied = freshness->newest;
        freshness->newest = (struct reads_round){0};
    }
}

bool reads_may_answer(const struct reads_basis *basis, enum raftd_read_level level,
                      uint32_t max_lag_ms, uint64_t now_ms)
{
    bool is_newest = basis->all_applied && now_ms < basis->lease_until_ms;
    uint64_t lag_ms = now_ms > basis->fresh_ms ? now_ms - basis->fresh_ms : 0;

    if (level == RAFTD_READ_LINEARIZABLE) {
        return false;
    }
    if (is_newest) {
        return true;
    }
    return level == RAFTD_READ_STALE &&
           (max_lag_ms == 0 || (basis->fresh_ms != 0 && lag_ms <= max_lag_ms));
}

bool reads_still_may_answer(const struct reads_basis *basis, enum raftd_read_level level,
                            uint32_t max_lag_ms, uint64_t now_ms)
{
    return PLANT(node_reads_checked_once) || reads_may_answer(basis, level, max_lag_ms, now_ms);
}
