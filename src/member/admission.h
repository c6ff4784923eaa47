/*
 * Who may become a member: the answer of a node to another one that asks to join. Pure.
 *
 * A node without a log asks twice. First it is told the cluster's id (WIRE_JOIN_KNOCK) and makes a
 * log with it; then it asks with that id, and is made a member. So a question without an id, from a
 * node whose id is a voter's, can only come from a node that has lost its log. It has forgotten its
 * votes and acknowledgements, and must not come back under this id (T33).
 */
#ifndef RAFTD_MEMBER_ADMISSION_H
#define RAFTD_MEMBER_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/change.h"
#include "raft/membership.h"
#include "raft/raft.h"
#include "wire/wire.h"

/* What the node knows that is asked. */
struct admission_view {
    uint16_t self_id;
    uint64_t cluster_id; /* 0 = it belongs to no cluster yet */
    const char *cluster_name;
    bool is_ready;                         /* it serves */
    const struct raft_membership *members; /* the newest committed ones */
    uint16_t leader_id;                    /* 0 = unknown */
    /* admission_has_acknowledged() of this node's status now. Called at most once. */
    bool (*has_acknowledged)(void *argument, uint16_t id);
    void *argument;
};

/* Whether the member with this id has ever acknowledged an entry, as far as the node with this
 * status knows; true if it cannot know. */
bool admission_has_acknowledged(const struct raft_status *status, uint16_t id);

/* True: the answer is in *reply. False: this node leads, and has to propose *step first; then the
 * outcome is the answer. */
bool admission_answer(const struct admission_view *view, const struct wire_join *join,
                      struct wire_join_reply *reply, struct raft_change_step *step);

/*
 * Whether the node that is asked makes a link to the one that asks, which is a member by its own
 * log and hears no leader. The node that is asked hears none either, and its log may end before the
 * other one became a member. Then the other one cannot dial, because the node with the lower id
 * does; but it may be the only one that can be elected, and a node hears everybody who asks for its
 * vote (dissertation, section 4.1).
 */
bool admission_meets_asker(const struct admission_view *view, const struct wire_join *join);

/* The answer when the change has its outcome: 0, or a code and perhaps a sentence. */
void admission_outcome(const struct admission_view *view, int status, const char *text, size_t size,
                       struct wire_join_reply *reply);

/* What a node that asked to join does with an answer. */
enum admission_next {
    ADMISSION_AGAIN = 1, /* asks again later */
    ADMISSION_ELSEWHERE, /* asks the leader, whose address the answer names */
    ADMISSION_BEGIN_LOG, /* has no log yet: makes one of the cluster that the answer names */
    ADMISSION_MEET,      /* is a member: makes a link to the leader, if the answer names one */
    ADMISSION_OVER,      /* another question would get the same answer */
};
enum admission_next admission_follow(const struct wire_join_reply *reply, bool has_log);

#endif
