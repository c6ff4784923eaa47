/*
 * Keeps the links as the membership in the log says: one to each other member and none to any other
 * node. Tells the run thread when this node itself was removed. Core thread; never waits.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "member/link_rules.h"
#include "node/core_loop.h"
#include "sys/log.h"

/* known: what the link to this member at its former address remembers; NULL = there was none. */
static void add_link(struct raftd_node *node, uint16_t id, const char *text, uint64_t identity,
                     const struct acquaintance *known)
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
    if (link != NULL && known != NULL) {
        link_set_known(link, known);
    }
    if (link != NULL) {
        link_bind(link, identity);
    }
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

/* The link at this position is to no member, or to a member that has another address now. False:
 * too many links wait for their end; try again. */
static bool retire_link(struct core_loop *loop, const struct raft_membership *membership,
                        size_t position)
{
    struct raftd_node *node = loop->node;
    struct link *link = node->links.links[position];
    uint16_t id = link_peer_id(link);
    const struct raft_member *member = raft_membership_find(membership, id);
    struct acquaintance known;
    char address[RAFT_ADDRESS_MAX];

    link_get_known(link, &known);
    snprintf(address, sizeof(address), "%s", link_address_text(link));
    /* From here on the run thread may free the link. */
    if (!link_table_retire(&node->links, position)) {
        return false;
    }
    waker_wake(&node->lifecycle_waker);
    member_link_gone(loop->member, id);
    LOG_INFO("node %u at %s is no longer a member", id, address);
    if (member != NULL && node->link_shared.may_link) {
        add_link(node, id, member->address, member->identity, &known);
    }
    return true;
}

/* member/link_rules.h says which links there have to be, and when. False: it has to be called
 * again. */
static bool follow(struct core_loop *loop, const struct raft_membership *membership,
                   bool is_committed)
{
    struct raftd_node *node = loop->node;
    struct link_table *links = &node->links;
    uint16_t self_id = node->conf.node.id;
    bool is_done = true;

    for (size_t i = links->count; i-- > 0;) {
        const struct link *link = links->links[i];

        if (link_rules_retire(membership, is_committed, self_id, link_peer_id(link),
                              link_address_text(link)) &&
            !retire_link(loop, membership, i)) {
            is_done = false;
        }
    }
    for (size_t i = 0; i < membership->count && node->link_shared.may_link; i++) {
        const struct raft_member *member = &membership->members[i];

        if (link_rules_want(membership, self_id, member) && links->count < RAFT_MEMBERS_MAX &&
            link_table_find(links, member->id) == RAFT_MEMBERS_MAX) {
            add_link(node, member->id, member->address, member->identity, NULL);
        }
    }
    return is_done;
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
        add_link(node, id, address, 0, NULL);
    }
}

/* Tells each link to which data directory its peer is bound. */
static void bind_links(struct raftd_node *node, const struct raft_membership *membership)
{
    struct raft_membership committed;

    raft_committed_membership(node->core, &committed);
    for (size_t i = 0; i < node->links.count; i++) {
        struct link *link = node->links.links[i];
        uint64_t identity =
            link_rules_identity(membership, &committed, node->conf.node.id, link_peer_id(link));

        if (!link_bind(link, identity)) {
            continue;
        }
        if (identity == RAFT_IDENTITY_LOST) {
            LOG_WARNING("node %u is marked as lost: it denies to have entries that it "
                        "acknowledged. It counts for nothing any more; replace it under a new id: "
                        "raftctl member replace",
                        link_peer_id(link));
        } else if (identity != 0) {
            LOG_INFO("node %u is bound to its data directory, which has the identity %016llx",
                     link_peer_id(link), (unsigned long long)identity);
        }
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
    loop->seen_membership_index = follow(loop, membership, is_committed) ? index : 0;
    loop->seen_membership_committed = is_committed;
    loop->published_leader = leader;
    bind_links(node, membership);
    link_table_publish(&node->links, is_committed ? membership : NULL, leader);
}
