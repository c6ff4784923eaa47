/*
 * The links of a host: which there are, what is known of each peer's data directory, and the hellos
 * that two hosts exchange on a new connection. All is decided by the shipped code
 * (src/member/link_rules.h, src/peer/hello.h, src/peer/acquaintance.h). See host.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "member/link_rules.h"
#include "peer/hello.h"
#include "sim/host.h"
#include "sim/net.h"

/* ---- which links there are ---- */

static void add(struct host *host, uint16_t peer, const char *address)
{
    struct host_link *link = &host->links[peer];

    *link = (struct host_link){.exists = true};
    snprintf(link->address, sizeof(link->address), "%s", address);
}

static void retire(struct host *host, uint16_t peer)
{
    STORY(host->world, host->id, "has no link to node %u any more", peer);
    member_link_gone(host->member, peer);
    host->links[peer].exists = false;
    host->link_up[peer] = false;
    net_reset(host->world, host->id, peer);
}

/* A connection to a directory to which the peer is not bound ends. */
static void bind_links(struct host *host, const struct raft_membership *membership)
{
    struct raft_membership committed;

    raft_committed_membership(host->core, &committed);
    for (uint16_t peer = 1; peer < SIM_HOSTS_MAX; peer++) {
        struct host_link *link = &host->links[peer];
        uint64_t identity = link_rules_identity(membership, &committed, host->id, peer);
        struct raftd_error error;

        if (link->known.bound == identity) {
            continue;
        }
        link->known.bound = identity;
        if (host->link_up[peer] && acquaintance_judge(&link->known, link->peer_identity, peer,
                                                      &error) != ACQUAINTANCE_SAME) {
            STORY(host->world, host->id, "ends the connection: %s", error.message);
            net_reset(host->world, host->id, peer);
        }
    }
}

/* Nobody is marked who has all that he had promised. */
static void check_marks(const struct host *host, const struct raft_membership *membership)
{
    for (size_t i = 0; i < membership->count && host->stand_in == HOST_GENUINE; i++) {
        const struct raft_member *member = &membership->members[i];

        if (member->identity != RAFT_IDENTITY_LOST) {
            continue;
        }
        world_see(host->world, SEEN_MARKED);
        if (!host->world->hosts[member->id]->may_be_marked) {
            world_fail(host->world, "a member is marked only if it lost something",
                       "node %u has node %u marked in its log", host->id, member->id);
        }
    }
}

void host_links_begin(struct host *host)
{
    const struct raft_membership *membership = raft_get_membership(host->core);
    struct raft_status status;

    raft_get_status(host->core, host_now_ms(host), &status);
    host->proof_waits = false;
    memset(host->links, 0, sizeof(host->links));
    host->members = (struct raft_membership){0};
    host->seen_membership_index = 0;
    host->seen_membership_committed = false;
    for (size_t i = 0; i < membership->count; i++) {
        const struct raft_member *member = &membership->members[i];

        if (member->id != host->id) {
            add(host, member->id, member->address);
        }
    }
    bind_links(host, membership);
    host->shared.self_id = host->id;
    host->shared.cluster_id = host->identity.cluster_id;
    host->shared.boot_count = host->identity.boot_count;
    host->shared.term = status.term;
    host->shared.last_index = status.acknowledged_index;
    host->shared.identity = host->identity.identity;
    host->shared.process_id = host->origin;
}

void host_links_follow(struct host *host)
{
    const struct raft_membership *membership = raft_get_membership(host->core);
    uint64_t index = raft_get_membership_index(host->core);
    bool is_committed = raft_membership_is_committed(host->core);

    if (index == host->seen_membership_index && is_committed == host->seen_membership_committed) {
        return;
    }
    host->seen_membership_index = index;
    host->seen_membership_committed = is_committed;
    for (uint16_t peer = 1; peer < SIM_HOSTS_MAX; peer++) {
        const struct host_link *link = &host->links[peer];

        if (link->exists &&
            link_rules_retire(membership, is_committed, host->id, peer, link->address)) {
            retire(host, peer);
        }
    }
    for (size_t i = 0; i < membership->count; i++) {
        const struct raft_member *member = &membership->members[i];

        if (link_rules_want(membership, host->id, member) && !host->links[member->id].exists) {
            add(host, member->id, member->address);
            net_dial(host->world, host->id, member->id);
        }
    }
    bind_links(host, membership);
    check_marks(host, membership);
    if (is_committed) {
        host->members = *membership;
    }
}

void host_introduce(struct host *host, uint16_t peer, const char *address)
{
    if (!host->links[peer].exists) {
        add(host, peer, address);
        net_dial(host->world, host->id, peer);
    }
}

/* ---- hellos ---- */

/* As on the wire. */
static void carry_hello(enum wire_frame_type type, const struct wire_hello *hello,
                        struct wire_hello *arrived)
{
    struct wire_frame *frame = wire_hello_encode(type, hello);
    struct raftd_error error;
    int code = wire_hello_decode(arrived, frame->data + WIRE_HEADER_BYTES,
                                 frame->size_bytes - WIRE_HEADER_BYTES, &error);

    ASSERT(code == 0);
    memory_free(frame);
}

/* Only a directory that lacks something can prove it. */
static void take_proof(struct host *host, uint16_t from, uint64_t identity)
{
    if (host->link_up[from]) {
        world_fail(host->world, "a member is marked only if it lost something",
                   "node %u has proof against node %u, which is connected", host->id, from);
    }
    STORY(host->world, host->id, "has proof that node %u has lost data", from);
    world_see(host->world, SEEN_PROOF);
    host->links[from].proof_against = identity;
    host->proof_waits = true;
    host_plan_turn(host);
    if (!host->world->hosts[from]->may_be_marked) {
        world_fail(host->world, "a member is marked only if it lost something",
                   "node %u has proof against node %u", host->id, from);
    }
}

void host_give_proofs(struct host *host)
{
    bool waits = false;

    for (uint16_t peer = 1; peer < SIM_HOSTS_MAX && host->proof_waits; peer++) {
        struct host_link *link = &host->links[peer];

        if (link->proof_against != 0 && member_has_room(host->member)) {
            member_has_proof(host->member, peer, link->proof_against);
            link->proof_against = 0;
            link->gave_proof = true;
            host->heard_other = true;
        }
        waits = waits || link->proof_against != 0;
    }
    host->proof_waits = waits;
}

/* Links are not probed here: who is connected and hears the other answers each probe in time, and
 * who is not may have been silent for too long. */
static struct acquaintance_connection look_at_connection(const struct host *host, uint16_t from)
{
    return (struct acquaintance_connection){.is_up = host->link_up[from],
                                            .has_answered = net_lives(host->world, host->id, from),
                                            .silent_ms = 0,
                                            .limit_ms = LINK_TWIN_SILENCE_MS};
}

/* Judges the hello of `from`, which arrived. dialled: this host made the connection. */
static enum greeting_reason judge(struct host *host, uint16_t from, bool dialled,
                                  const struct wire_hello *hello, struct raftd_error *error)
{
    const struct acquaintance_connection connection = look_at_connection(host, from);
    struct hello_view view = hello_view_of(&host->shared, dialled ? from : 0);
    enum greeting_reason reason;
    bool is_proof = false;

    view.is_whole = true;
    view.has_link = host->links[from].exists;
    view.was_removed = raft_membership_was_removed(&host->members, from);
    reason = hello_judge(hello, &view, error);
    if (reason != GREETING_ACCEPTED) {
        return reason;
    }
    reason = hello_reason_of(
        acquaintance_recognise(&host->links[from].known, hello, &connection, &is_proof, error));
    if (is_proof) {
        take_proof(host, from, hello->identity);
    }
    return reason;
}

static void see_refusal(struct host *host, uint16_t peer, enum greeting_reason reason,
                        const char *text)
{
    static const enum seen kinds[GREETING_REASONS] = {
        [GREETING_CLUSTER_ID] = SEEN_REFUSED_CLUSTER,
        [GREETING_SET_BACK] = SEEN_REFUSED_SET_BACK,
        [GREETING_TWIN] = SEEN_REFUSED_TWIN,
        [GREETING_NODE_ID] = SEEN_REFUSED_NO_MEMBER,
    };

    if (kinds[reason] == 0) {
        world_fail(host->world, "greetings", "node %u refuses node %u: %s", host->id, peer, text);
        return;
    }
    STORY(host->world, host->id, "refuses node %u: %s", peer, text);
    world_see(host->world, kinds[reason]);
}

/*
 * What runs in the place of a member and is not its directory in its newest state gets no
 * connection with the others; two nodes of the earlier cluster do.
 */
static void check_meeting(struct world *world, const struct host *a, const struct host *b)
{
    if ((a->stand_in == HOST_GENUINE && b->stand_in == HOST_GENUINE) ||
        (a->stand_in == HOST_FORMER && b->stand_in == HOST_FORMER)) {
        return;
    }
    world_fail(world, "lost, old and strange directories are kept out",
               "nodes %u (%s) and %u (%s) accept each other", a->id, host_stand_in_name(a), b->id,
               host_stand_in_name(b));
}

enum host_meeting host_meet(struct host *dialler, struct host *dialled)
{
    struct raftd_error error = {0};
    enum greeting_reason reason;
    struct wire_hello hello;
    struct wire_hello arrived;

    if (!dialler->links[dialled->id].exists) {
        return HOST_NO_LINK;
    }
    hello_make(&hello, &dialler->shared, dialled->id, NULL);
    carry_hello(WIRE_HELLO, &hello, &arrived);
    reason = judge(dialled, dialler->id, false, &arrived, &error);
    if (reason != GREETING_ACCEPTED) {
        see_refusal(dialled, dialler->id, reason, error.message);
        return HOST_REFUSED;
    }
    hello_make(&hello, &dialled->shared, dialler->id, NULL);
    carry_hello(WIRE_HELLO_REPLY, &hello, &arrived);
    reason = judge(dialler, dialled->id, true, &arrived, &error);
    if (reason != GREETING_ACCEPTED) {
        see_refusal(dialler, dialled->id, reason, error.message);
        return HOST_REFUSED;
    }
    dialler->links[dialled->id].peer_identity = dialled->shared.identity;
    dialled->links[dialler->id].peer_identity = dialler->shared.identity;
    check_meeting(dialler->world, dialler, dialled);
    return HOST_MET;
}

bool host_hear_hello(struct host *host, uint16_t from, const struct wire_hello *hello)
{
    struct raftd_error error = {0};
    struct wire_hello arrived;
    enum greeting_reason reason;

    carry_hello(WIRE_HELLO, hello, &arrived);
    reason = judge(host, from, false, &arrived, &error);
    if (reason != GREETING_ACCEPTED) {
        see_refusal(host, from, reason, error.message);
        return false;
    }
    STORY(host->world, host->id, "accepts a hello of node %u", from);
    host->links[from].peer_identity = arrived.identity;
    return true;
}

bool host_remembers_more(const struct host *host, uint16_t peer, uint64_t term, uint64_t last_index)
{
    const struct acquaintance *known = &host->links[peer].known;

    return host->alive && host->links[peer].exists && known->identity != 0 &&
           (known->term > term || (known->term == term && known->index > last_index));
}

bool host_remembers(const struct host *host, const struct host *peer)
{
    const struct acquaintance *known = &host->links[peer->id].known;

    return host->alive && host->links[peer->id].exists &&
           known->identity == peer->identity.identity &&
           known->boot_count == peer->identity.boot_count;
}
