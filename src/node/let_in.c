/*
 * Answers to nodes that want to join; see let_in.h. member/admission.h decides. Reception thread;
 * takes the core mutex for a moment.
 */
#include "node/let_in.h"

#include "member/admission.h"
#include "node/founding.h"
#include "node/join.h"
#include "node/node.h"

static bool has_acknowledged(void *argument, uint16_t id)
{
    struct raftd_node *node = argument;
    struct raft_status status;

    mutex_lock(&node->core_mutex);
    raft_get_status(node->core, 0, &status);
    mutex_unlock(&node->core_mutex);
    return admission_has_acknowledged(&status, id);
}

/* What this node knows now. *members gets a copy of the committed members. */
static struct admission_view look(struct raftd_node *node, struct raft_membership *members)
{
    struct admission_view view = {
        .self_id = node->conf.node.id,
        .cluster_id = node_is_whole(node) ? node->cluster_id : 0,
        .cluster_name = node->conf.cluster.name,
        .is_ready = raftd_node_is_ready(node),
        .members = members,
        .has_acknowledged = has_acknowledged,
        .argument = node,
    };

    mutex_lock(&node->links.mutex);
    *members = node->links.members;
    view.leader_id = node->links.leader;
    mutex_unlock(&node->links.mutex);
    return view;
}

/* Proposes the change that makes the sender a member. 0, or a code of raftd_client_change(). */
static int propose(struct let_in *let_in, const struct raft_change_step *step, uint64_t tag)
{
    const struct raft_change change = {.count = 1, .steps[0] = *step};
    int code = 0;

    if (let_in->client == NULL) {
        code = raftd_client_open(let_in->node, &let_in->client);
    }
    if (code == 0) {
        code = client_submit_change(let_in->client, &change, tag);
    }
    if (code == 0) {
        raftd_client_submit(let_in->client);
    }
    return code;
}

/* ---- the gate ---- */

static bool judge(void *context, const struct wire_join *join, uint64_t tag,
                  struct wire_join_reply *reply)
{
    struct let_in *let_in = context;
    struct raft_membership members;
    const struct admission_view view = look(let_in->node, &members);
    struct raft_change_step step;
    int code;

    if (admission_meets_asker(&view, join) && let_in->node->link_shared.may_link) {
        join_introduce(let_in->node, join->node_id, join->address);
    }
    if (admission_answer(&view, join, reply, &step)) {
        return true;
    }
    code = propose(let_in, &step, tag);
    if (code != 0) {
        admission_outcome(&view, code, "", 0, reply);
    }
    return code != 0;
}

static bool next_answer(void *context, uint64_t *tag, struct wire_join_reply *reply)
{
    struct let_in *let_in = context;
    struct raftd_completion completion;
    struct raft_membership members;
    struct admission_view view;

    if (let_in->client == NULL || !raftd_client_next(let_in->client, &completion)) {
        return false;
    }
    *tag = completion.tag;
    view = look(let_in->node, &members);
    admission_outcome(&view, completion.status, completion.data, completion.size_bytes, reply);
    return true;
}

static bool sleep_until_answer(void *context, int *fd)
{
    struct let_in *let_in = context;

    if (let_in->client == NULL) {
        return true;
    }
    *fd = raftd_client_fd(let_in->client);
    return raftd_client_sleep(let_in->client);
}

static void awake(void *context)
{
    struct let_in *let_in = context;

    if (let_in->client != NULL) {
        raftd_client_awake(let_in->client);
    }
}

static bool is_whole(void *context)
{
    const struct let_in *let_in = context;

    return node_is_whole(let_in->node);
}

static bool found(void *context, const struct wire_found *question, struct wire_found *reply,
                  const char **host)
{
    const struct let_in *let_in = context;

    return founding_answer(let_in->node, question, reply, host);
}

void let_in_init(struct let_in *let_in, struct raftd_node *node)
{
    *let_in = (struct let_in){
        .node = node,
        .gate = {.context = let_in,
                 .judge = judge,
                 .next = next_answer,
                 .sleep = sleep_until_answer,
                 .awake = awake,
                 .is_whole = is_whole,
                 .found = found},
    };
}

void let_in_close(struct let_in *let_in)
{
    raftd_client_close(let_in->client);
    let_in->client = NULL;
}
