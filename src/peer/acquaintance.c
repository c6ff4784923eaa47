/*
 * The memory of a peer's data directory; see acquaintance.h. Pure.
 */
#include "peer/acquaintance.h"

#include "base/error.h"
#include "base/plant.h"

enum acquaintance_verdict acquaintance_meet(struct acquaintance *known,
                                            const struct wire_hello *hello,
                                            struct raftd_error *error)
{
    uint64_t expected = known->bound != 0 ? known->bound : known->identity;
    unsigned id = hello->node_id;

    if (hello->identity == 0) {
        return ACQUAINTANCE_SAME;
    }
    if (expected != 0 && hello->identity != expected) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "node %u has lost its data: it has another data directory than member %u of this "
                  "cluster; let it come back under a new id (raftctl member replace)",
                  id, id);
        return ACQUAINTANCE_STRANGER;
    }
    if (hello->identity == known->identity && !PLANT(peer_forgets_starts) &&
        (hello->boot_count < known->boot_count ||
         (hello->boot_count == known->boot_count && hello->process_id != known->process_id))) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "node %u has lost data: its data directory is a copy or was set back to an older "
                  "state, and lacks what it acknowledged; let it come back under a new id (raftctl "
                  "member replace)",
                  id);
        return ACQUAINTANCE_SET_BACK;
    }
    known->identity = hello->identity;
    known->boot_count = hello->boot_count;
    known->process_id = hello->process_id;
    return ACQUAINTANCE_SAME;
}
