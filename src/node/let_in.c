/*
 * Answers to nodes that want to join; see let_in.h. Reception thread; takes the core mutex
 * for a moment.
 *
 * A node without a log asks twice. First it is told the cluster's id (WIRE_JOIN_KNOCK) and makes a
 * log with it; then it asks with that id, and is made a member. So a question without an id, from a
 * node whose id is a voter's, can only come from a node that has lost its log. It has forgotten its
 * votes and acknowledgements, and must not come back under this id (T33).
 */
#include "node/let_in.h"

#include <stdio.h>
#include <string.h>

#include "node/founding.h"
#include "node/node.h"
#include "raft/change.h"

static void begin_reply(const struct raftd_node *node, struct wire_join_reply *reply)
{
    *reply = (struct wire_join_reply){.version_min = WIRE_VERSION_MIN,
                                      .version_max = WIRE_VERSION_MAX,
                                      .cluster_id = node->link_shared.cluster_id,
                                      .node_id = node->conf.node.id};
    snprintf(reply->cluster_name, sizeof(reply->cluster_name), "%s", node->conf.cluster.name);
}

static bool say(struct wire_join_reply *reply, enum wire_join_verdict verdict, const char *text)
{
    reply->verdict = (uint8_t)verdict;
    snprintf(reply->text, sizeof(reply->text), "%s", text);
    return true;
}

/* Copies the committed members, and puts the leader's id and address into the reply. */
static void name_leader(struct raftd_node *node, struct raft_membership *members,
                        struct wire_join_reply *reply)
{
    const struct raft_member *leader;

    mutex_lock(&node->links.mutex);
    *members = node->links.members;
    reply->leader_id = node->links.leader;
    mutex_unlock(&node->links.mutex);
    leader = raft_membership_find(members, reply->leader_id);
    if (leader != NULL) {
        snprintf(reply->leader_address, sizeof(reply->leader_address), "%s", leader->address);
    } else {
        reply->leader_id = 0;
    }
}

/* Whether the learner has ever acknowledged an entry, as the leader knows. Then it had a log. */
static bool has_acknowledged(struct raftd_node *node, uint16_t id)
{
    struct raft_status status;
    bool has = true;

    mutex_lock(&node->core_mutex);
    raft_get_status(node->core, 0, &status);
    mutex_unlock(&node->core_mutex);
    for (size_t i = 0; i < status.peer_count; i++) {
        if (status.peers[i].id == id) {
            has = status.role != RAFT_LEADER || status.peers[i].match_index > 0;
        }
    }
    return has;
}

static bool judge_member(struct raftd_node *node, const struct raft_member *member,
                         const struct wire_join *join, struct wire_join_reply *reply)
{
    static const char lost[] = "a member has this id, but the node that asks has another data "
                               "directory or an empty one: a node that lost its data has to come "
                               "back under a new id (raftctl member replace)";

    if (member->identity != 0 && member->identity != join->identity) {
        return say(reply, WIRE_JOIN_REFUSED, lost);
    }
    if (member->identity != 0) {
        return say(reply, join->cluster_id != 0 ? WIRE_JOIN_WELCOME : WIRE_JOIN_KNOCK, "");
    }
    if (join->cluster_id != 0) {
        /* Its directory is bound to the id first, if a leader is here to do it. */
        return reply->leader_id != node->conf.node.id || join->asks_only || join->identity == 0
                   ? say(reply, WIRE_JOIN_WELCOME, "")
                   : false;
    }
    if ((member->roles & RAFT_MEMBER_LEARNER) == 0) {
        return say(reply, WIRE_JOIN_REFUSED, lost);
    }
    if (reply->leader_id != node->conf.node.id) {
        return say(reply, reply->leader_id != 0 ? WIRE_JOIN_ELSEWHERE : WIRE_JOIN_LATER,
                   "there is no leader now");
    }
    return has_acknowledged(node, member->id) ? say(reply, WIRE_JOIN_REFUSED, lost)
                                              : say(reply, WIRE_JOIN_KNOCK, "");
}

/* True: the answer is in *reply. False: this node is the leader and has to make the sender a member
 * first. */
static bool answer_at_once(struct raftd_node *node, const struct wire_join *join,
                           struct wire_join_reply *reply)
{
    struct raft_membership members;
    const struct raft_member *member;

    if (!node_is_whole(node)) {
        begin_reply(node, reply);
        return say(reply, WIRE_JOIN_LATER, "the node that was asked belongs to no cluster yet");
    }
    begin_reply(node, reply);
    if (join->version_max < WIRE_VERSION_MIN || join->version_min > WIRE_VERSION_MAX) {
        return say(reply, WIRE_JOIN_REFUSED,
                   "the two nodes have no protocol version in common: upgrade the older one");
    }
    if (join->cluster_id != 0 && join->cluster_id != node->cluster_id) {
        return say(
            reply, WIRE_JOIN_REFUSED,
            "its data belong to another cluster: start the node with an empty data directory");
    }
    if (!raftd_node_is_ready(node)) {
        return say(reply, WIRE_JOIN_LATER, "the member that was asked is not ready");
    }
    name_leader(node, &members, reply);
    member = raft_membership_find(&members, join->node_id);
    if (member != NULL) {
        return judge_member(node, member, join, reply);
    }
    if (raft_membership_was_removed(&members, join->node_id)) {
        return say(reply, WIRE_JOIN_REMOVED, "");
    }
    if (join->asks_only) {
        return say(reply, WIRE_JOIN_LATER, "neither a member nor a removed member has this id");
    }
    if (reply->leader_id != node->conf.node.id) {
        return say(reply, reply->leader_id != 0 ? WIRE_JOIN_ELSEWHERE : WIRE_JOIN_LATER,
                   "there is no leader now");
    }
    return join->cluster_id == 0 ? say(reply, WIRE_JOIN_KNOCK, "") : false;
}

/* Proposes the change that makes the sender a member, or binds the member to the sender's
 * directory. 0, or a code of raftd_client_change(). */
static int propose(struct let_in *let_in, const struct wire_join *join, uint64_t tag)
{
    struct raft_membership members;
    struct raft_change change = {.count = 1};
    struct raft_change_step *step = &change.steps[0];
    struct wire_join_reply unused;
    int code = 0;

    name_leader(let_in->node, &members, &unused);
    step->kind = join->promote ? RAFT_CHANGE_ADD : RAFT_CHANGE_ADD_LEARNER;
    step->id = join->node_id;
    step->identity = join->identity;
    if (raft_membership_find(&members, join->node_id) != NULL) {
        step->kind = RAFT_CHANGE_BIND;
    } else {
        snprintf(step->address, sizeof(step->address), "%s", join->address);
    }
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

/* The answer when the change has its outcome: status and text are those of its completion. */
static void answer_outcome(struct raftd_node *node, int status, const void *text, size_t size,
                           struct wire_join_reply *reply)
{
    struct raft_membership members;
    char sentence[sizeof(reply->text)];

    begin_reply(node, reply);
    name_leader(node, &members, reply);
    if (size > 0) {
        snprintf(sentence, sizeof(sentence), "%.*s", (int)size, (const char *)text);
    } else {
        snprintf(sentence, sizeof(sentence), "%s", raftd_code_text(status));
    }
    if (status == 0) {
        say(reply, WIRE_JOIN_WELCOME, "");
    } else {
        say(reply, status == RAFTD_ERROR_INVALID ? WIRE_JOIN_REFUSED : WIRE_JOIN_LATER, sentence);
    }
}

/* ---- the gate ---- */

static bool judge(void *context, const struct wire_join *join, uint64_t tag,
                  struct wire_join_reply *reply)
{
    struct let_in *let_in = context;
    int code;

    if (answer_at_once(let_in->node, join, reply)) {
        return true;
    }
    code = propose(let_in, join, tag);
    if (code != 0) {
        answer_outcome(let_in->node, code, "", 0, reply);
    }
    return code != 0;
}

static bool next_answer(void *context, uint64_t *tag, struct wire_join_reply *reply)
{
    struct let_in *let_in = context;
    struct raftd_completion completion;

    if (let_in->client == NULL || !raftd_client_next(let_in->client, &completion)) {
        return false;
    }
    *tag = completion.tag;
    answer_outcome(let_in->node, completion.status, completion.data, completion.size_bytes, reply);
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
