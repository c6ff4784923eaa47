/*
 * The memory of a peer's data directory; see acquaintance.h. Pure.
 */
#include "peer/acquaintance.h"

#include "base/error.h"
#include "base/plant.h"
#include "raft/membership.h"

enum acquaintance_verdict acquaintance_judge(const struct acquaintance *known, uint64_t identity,
                                             unsigned id, struct raftd_error *error)
{
    uint64_t expected = known->bound != 0 ? known->bound : known->identity;

    if (expected == RAFT_IDENTITY_LOST || identity == RAFT_IDENTITY_LOST) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "node %u has lost data that it had acknowledged, and is marked so in this "
                  "cluster; let it come back under a new id (raftctl member replace)",
                  id);
        return ACQUAINTANCE_LOST;
    }
    if (expected != 0 && identity != expected) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "node %u has lost its data: it has another data directory than member %u of this "
                  "cluster; let it come back under a new id (raftctl member replace)",
                  id, id);
        return ACQUAINTANCE_STRANGER;
    }
    return ACQUAINTANCE_SAME;
}

static bool is_before(uint64_t term, uint64_t index, const struct acquaintance *known)
{
    return term < known->term || (term == known->term && index < known->index);
}

/* Of a hello from the directory that was met before. */
static bool is_set_back(const struct acquaintance *known, const struct wire_hello *hello)
{
    if (hello->boot_count != known->boot_count) {
        return hello->boot_count < known->boot_count ||
               (is_before(hello->term, hello->last_index, known) &&
                !PLANT(peer_start_not_compared));
    }
    return hello->process_id != known->process_id;
}

enum acquaintance_verdict acquaintance_meet(struct acquaintance *known,
                                            const struct wire_hello *hello,
                                            struct raftd_error *error)
{
    unsigned id = hello->node_id;
    enum acquaintance_verdict verdict = acquaintance_judge(known, hello->identity, id, error);

    if (verdict != ACQUAINTANCE_SAME) {
        return verdict;
    }
    if (hello->identity != known->identity) {
        *known = (struct acquaintance){.bound = known->bound, .identity = hello->identity};
    } else if (is_set_back(known, hello) && !PLANT(peer_forgets_starts)) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "node %u has lost data: its data directory is a copy or was set back to an older "
                  "state, and lacks what it acknowledged; let it come back under a new id (raftctl "
                  "member replace)",
                  id);
        return ACQUAINTANCE_SET_BACK;
    }
    known->boot_count = hello->boot_count;
    known->process_id = hello->process_id;
    return ACQUAINTANCE_SAME;
}

/* Whether two processes run on copies of the directory that was met before. */
static bool is_twin(const struct acquaintance *known, const struct wire_hello *hello,
                    const struct acquaintance_connection *connection)
{
    bool lives = connection->is_up && connection->has_answered &&
                 connection->silent_ms < connection->limit_ms;

    return lives && hello->identity == known->identity && hello->process_id != known->process_id &&
           !PLANT(peer_twin_takes_over);
}

static enum acquaintance_verdict judge_hello(struct acquaintance *known,
                                             const struct wire_hello *hello,
                                             const struct acquaintance_connection *connection,
                                             struct raftd_error *error)
{
    enum acquaintance_verdict verdict =
        acquaintance_judge(known, hello->identity, hello->node_id, error);

    if (verdict != ACQUAINTANCE_SAME || !is_twin(known, hello, connection)) {
        return acquaintance_meet(known, hello, error);
    }
    error_set(error, RAFTD_ERROR_REFUSED,
              "two processes of node %u run on copies of one data directory: stop one of them; or "
              "the node has just restarted: it is let in when its old connection is closed, or "
              "silent for %lu ms",
              (unsigned)hello->node_id, (unsigned long)connection->limit_ms);
    return ACQUAINTANCE_TWIN;
}

enum acquaintance_verdict acquaintance_recognise(struct acquaintance *known,
                                                 const struct wire_hello *hello,
                                                 const struct acquaintance_connection *connection,
                                                 bool *is_proof, struct raftd_error *error)
{
    bool is_new_start = hello->boot_count > known->boot_count || PLANT(peer_late_hello_is_proof);
    enum acquaintance_verdict verdict = judge_hello(known, hello, connection, error);

    *is_proof = verdict == ACQUAINTANCE_SET_BACK && is_new_start && !connection->is_up;
    if (PLANT(peer_copy_condemns_member)) {
        *is_proof = is_new_start && verdict != ACQUAINTANCE_SAME;
    }
    return verdict;
}

/* The messages that leave a node only when the term in them is on its disk. Of these, a success
 * acknowledges an index. */
static bool is_promise(const struct raft_message *message)
{
    switch (message->type) {
    case RAFT_MESSAGE_VOTE:
        return !message->vote.pre;
    case RAFT_MESSAGE_VOTE_REPLY:
        return !message->vote_reply.pre && message->vote_reply.granted;
    case RAFT_MESSAGE_APPEND:
    case RAFT_MESSAGE_APPEND_REPLY:
        return true;
    default:
        return false;
    }
}

void acquaintance_hear(struct acquaintance *known, const struct raft_message *message)
{
    uint64_t index = 0;

    if (!is_promise(message)) {
        return;
    }
    if (message->type == RAFT_MESSAGE_APPEND_REPLY && message->append_reply.success) {
        index = message->append_reply.index;
    }
    if (!is_before(message->term, index, known)) {
        known->term = message->term;
        known->index = index;
    }
}
