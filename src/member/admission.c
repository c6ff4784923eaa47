/*
 * The answer to a node that asks to join; see admission.h. Pure.
 */
#include "member/admission.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/plant.h"

bool admission_has_acknowledged(const struct raft_status *status, uint16_t id)
{
    for (size_t i = 0; i < status->peer_count; i++) {
        if (status->peers[i].id == id) {
            return status->role != RAFT_LEADER || status->peers[i].match_index > 0;
        }
    }
    return true;
}

static void begin_reply(const struct admission_view *view, struct wire_join_reply *reply)
{
    const struct raft_member *leader = raft_membership_find(view->members, view->leader_id);

    *reply = (struct wire_join_reply){.version_min = WIRE_VERSION_MIN,
                                      .version_max = WIRE_VERSION_MAX,
                                      .cluster_id = view->cluster_id,
                                      .node_id = view->self_id};
    snprintf(reply->cluster_name, sizeof(reply->cluster_name), "%s", view->cluster_name);
    if (leader != NULL) {
        reply->leader_id = leader->id;
        snprintf(reply->leader_address, sizeof(reply->leader_address), "%s", leader->address);
    }
}

static bool say(struct wire_join_reply *reply, enum wire_join_verdict verdict, const char *text)
{
    reply->verdict = (uint8_t)verdict;
    snprintf(reply->text, sizeof(reply->text), "%s", text);
    return true;
}

static bool judge_member(const struct admission_view *view, const struct raft_member *member,
                         const struct wire_join *join, struct wire_join_reply *reply)
{
    static const char lost[] = "a member has this id, but the node that asks has another data "
                               "directory or an empty one: a node that lost its data has to come "
                               "back under a new id (raftctl member replace)";

    if (member->identity != 0 && member->identity != join->identity &&
        !PLANT(member_lets_the_lost_in)) {
        return say(reply, WIRE_JOIN_REFUSED, lost);
    }
    if (member->identity != 0) {
        return say(reply, join->cluster_id != 0 ? WIRE_JOIN_WELCOME : WIRE_JOIN_KNOCK, "");
    }
    if (join->cluster_id != 0) {
        return say(reply, WIRE_JOIN_WELCOME, ""); /* the leader binds it when it connects */
    }
    if ((member->roles & RAFT_MEMBER_LEARNER) == 0) {
        return say(reply, WIRE_JOIN_REFUSED, lost);
    }
    if (reply->leader_id != view->self_id) {
        return say(reply, reply->leader_id != 0 ? WIRE_JOIN_ELSEWHERE : WIRE_JOIN_LATER,
                   "there is no leader now");
    }
    return view->has_acknowledged(view->argument, member->id) ? say(reply, WIRE_JOIN_REFUSED, lost)
                                                              : say(reply, WIRE_JOIN_KNOCK, "");
}

static bool judge(const struct admission_view *view, const struct wire_join *join,
                  struct wire_join_reply *reply)
{
    const struct raft_member *member;

    if (view->cluster_id == 0) {
        return say(reply, WIRE_JOIN_LATER, "the node that was asked belongs to no cluster yet");
    }
    if (join->version_max < WIRE_VERSION_MIN || join->version_min > WIRE_VERSION_MAX) {
        return say(reply, WIRE_JOIN_REFUSED,
                   "the two nodes have no protocol version in common: upgrade the older one");
    }
    if (join->cluster_id != 0 && join->cluster_id != view->cluster_id) {
        return say(
            reply, WIRE_JOIN_REFUSED,
            "its data belong to another cluster: start the node with an empty data directory");
    }
    if (!view->is_ready) {
        return say(reply, WIRE_JOIN_LATER, "the member that was asked is not ready");
    }
    member = raft_membership_find(view->members, join->node_id);
    if (member != NULL) {
        return judge_member(view, member, join, reply);
    }
    if (raft_membership_was_removed(view->members, join->node_id)) {
        return say(reply, WIRE_JOIN_REMOVED, "");
    }
    if (join->asks_only) {
        return say(reply, WIRE_JOIN_LATER, "neither a member nor a removed member has this id");
    }
    if (reply->leader_id != view->self_id) {
        return say(reply, reply->leader_id != 0 ? WIRE_JOIN_ELSEWHERE : WIRE_JOIN_LATER,
                   "there is no leader now");
    }
    return join->cluster_id == 0 ? say(reply, WIRE_JOIN_KNOCK, "") : false;
}

bool admission_answer(const struct admission_view *view, const struct wire_join *join,
                      struct wire_join_reply *reply, struct raft_change_step *step)
{
    begin_reply(view, reply);
    if (judge(view, join, reply)) {
        return true;
    }
    *step =
        (struct raft_change_step){.kind = join->promote ? RAFT_CHANGE_ADD : RAFT_CHANGE_ADD_LEARNER,
                                  .id = join->node_id,
                                  .identity = join->identity};
    snprintf(step->address, sizeof(step->address), "%s", join->address);
    return false;
}

bool admission_meets_asker(const struct admission_view *view, const struct wire_join *join)
{
    return join->asks_only && view->cluster_id != 0 && join->cluster_id == view->cluster_id &&
           view->leader_id == 0 && join->node_id != view->self_id &&
           raft_membership_find(view->members, join->node_id) == NULL &&
           !raft_membership_was_removed(view->members, join->node_id);
}

void admission_outcome(const struct admission_view *view, int status, const char *text, size_t size,
                       struct wire_join_reply *reply)
{
    char sentence[sizeof(reply->text)];

    begin_reply(view, reply);
    if (size > 0) {
        snprintf(sentence, sizeof(sentence), "%.*s", (int)size, text);
    } else {
        snprintf(sentence, sizeof(sentence), "%s", raftd_code_text(status));
    }
    if (status == 0) {
        say(reply, WIRE_JOIN_WELCOME, "");
    } else {
        say(reply, status == RAFTD_ERROR_INVALID ? WIRE_JOIN_REFUSED : WIRE_JOIN_LATER, sentence);
    }
}

enum admission_next admission_follow(const struct wire_join_reply *reply, bool has_log)
{
    switch (reply->verdict) {
    case WIRE_JOIN_WELCOME:
        return has_log ? ADMISSION_MEET : ADMISSION_BEGIN_LOG;
    case WIRE_JOIN_KNOCK:
        return has_log ? ADMISSION_AGAIN : ADMISSION_BEGIN_LOG;
    case WIRE_JOIN_ELSEWHERE:
        return ADMISSION_ELSEWHERE;
    case WIRE_JOIN_REFUSED:
    case WIRE_JOIN_REMOVED:
        return ADMISSION_OVER;
    default:
        return ADMISSION_AGAIN;
    }
}
