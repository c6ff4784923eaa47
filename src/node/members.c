/*
 * Keeps the links as the membership in the log says: one to each other member and none to any other
 * node. Tells the run thread when this node itself was removed. Core thread; never waits.
 */
#include <string.h>

#include "base/error.h"
#include "node/core_loop.h"
#include "sys/log.h"

static void add_link(struct raftd_node *node, uint16_t id, const char *text)
{
    struct raftd_error error;
    struct net_address address;
    struct link *link = NULL;

    if (net_address_parse(&address, text, &error) != 0) {
        LOG_ERROR("cannot link to node %u: %s; correct its address with raftctl member move", id,
                  error.message);
        return;
    }
    link = node_make_link(node, id, &address);
    if (link != NULL && link_start(link) == 0) {
        LOG_INFO("node %u at %s is a member now", id, text);
        link_table_add(&node->links, link);
        return;
    }
    LOG_ERROR(
        "cannot link to node %u: no thread or no file descriptor is left; raise the limits on "
        "processes and open files (ulimit -u, -n) and restart this node",
        id);
    link_destroy(link);
}

/* Whether the peer is no member, or has another address. */
static bool is_stale(const struct link *link, const struct raft_membership *membership)
{
    const struct raft_member *member = raft_membership_find(membership, link_peer_id(link));

    return member == NULL || strcmp(link_address_text(link), member->address) != 0;
}

/*
 * Links are added as soon as a membership is in the log, but retired only when it is committed: an
 * entry that is not committed can be replaced by another leader's, and without the link that leader
 * might not reach this node. A membership that does not contain this node changes no link: a node
 * that joins reads old memberships first, and the addresses in them may belong to other nodes by
 * now (T29).
 */
static void follow(struct core_loop *loop, const struct raft_membership *membership,
                   bool is_committed)
{
    struct raftd_node *node = loop->node;
    struct link_table *links = &node->links;

    if (raft_membership_find(membership, node->conf.node.id) == NULL) {
        return;
    }
    for (size_t i = links->count; is_committed && i-- > 0;) {
        if (is_stale(links->links[i], membership)) {
            LOG_INFO("node %u at %s is no longer a member", link_peer_id(links->links[i]),
                     link_address_text(links->links[i]));
            member_link_gone(loop->member, link_peer_id(links->links[i]));
            link_table_retire(links, i);
            waker_wake(&node->lifecycle_waker);
        }
    }
    for (size_t i = 0; i < membership->count && node->link_shared.may_link; i++) {
        const struct raft_member *member = &membership->members[i];

        if (member->id != node->conf.node.id && links->count < RAFT_MEMBERS_MAX &&
            link_table_find(links, member->id) == RAFT_MEMBERS_MAX) {
            add_link(node, member->id, member->address);
        }
    }
}

/* Makes the first link of a node that joins, to the leader, which its log does not contain yet. */
static void take_introduced(struct raftd_node *node)
{
    struct link_table *links = &node->links;
    char address[RAFT_ADDRESS_MAX];
    uint16_t id;

    if (!atomic_exchange(&node->introduced, false)) {
        return;
    }
    mutex_lock(&links->mutex);
    id = links->introduced_id;
    memcpy(address, links->introduced_address, sizeof(address));
    mutex_unlock(&links->mutex);
    if (links->count < RAFT_MEMBERS_MAX && link_table_find(links, id) == RAFT_MEMBERS_MAX) {
        add_link(node, id, address);
    }
}

void members_follow(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    const struct raft_membership *membership = raft_get_membership(node->core);
    bool is_committed = raft_membership_is_committed(node->core);
    uint64_t index = raft_get_membership_index(node->core);
    uint16_t leader = raft_get_leader(node->core);

    if (raft_was_removed(node->core) && !atomic_load(&node->removed)) {
        atomic_store(&node->removed, true);
        waker_wake(&node->lifecycle_waker);
    }
    take_introduced(node);
    if (index == loop->seen_membership_index && is_committed == loop->seen_membership_committed) {
        if (leader != loop->published_leader) {
            link_table_publish(&node->links, NULL, leader);
            loop->published_leader = leader;
        }
        return;
    }
    loop->seen_membership_index = index;
    loop->seen_membership_committed = is_committed;
    loop->published_leader = leader;
    follow(loop, membership, is_committed);
    link_table_publish(&node->links, is_committed ? membership : NULL, leader);
}
