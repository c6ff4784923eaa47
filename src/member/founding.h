/*
 * How a cluster is founded: a state machine of one founder. It takes what the other founders say,
 * and gives what to say to them and what to write. Pure: no thread, socket, clock or file; the host
 * carries the messages, and the directory (recovery_decide()) keeps the decision.
 *
 * The founders are the nodes of [peers]. Each has a data directory with a random identity, durable
 * before anybody hears of it. Each asks all others, again and again, in sweeps:
 *
 *     question, answer:   my id, the identity of my directory, and
 *                         EMPTY     it belongs to no cluster
 *                         DECIDED   it is about to belong to one
 *                         MEMBER    it belongs to this cluster, which these founders founded:
 *                                   their ids and the identities of their directories
 *
 * - The founder with the lowest id founds: if all others answered in one sweep, each with EMPTY, it
 *   draws a random cluster id. Its decision is the cluster id and the identities that it heard.
 * - Every other founder accepts: if one answered MEMBER, and among the founders of that cluster is
 *   this node's id with the identity of this node's directory. Its decision is what it was told.
 *
 * A decision is one write to the file "identity": from then on the directory belongs to that
 * cluster, for ever. The first entry of the log (index 1, term 1: the members with their
 * identities, and the cluster id) follows from the decision and from [peers], so it is the same on
 * every founder. A node says MEMBER, votes and acknowledges only after both are durable.
 *
 * Invariants, and why they hold:
 *   1. A directory takes part in one cluster at most: it decides once (recovery_decide()), and what
 *      it decided is durable before it says or does anything in that cluster.
 *   2. Two clusters never have a common id: each founding draws its own.
 *   3. A directory that is empty, or new under an old name, is part of no quorum. It could get into
 *      a cluster only by accepting a founding that names its identity. Nobody knows that identity
 *      before the directory was made; so no cluster that was founded before names it.
 *   4. While any founder's directory belongs to a cluster and that founder can be asked, no second
 *      cluster is founded from the same [peers]: a founding needs the word EMPTY of every founder
 *      in the same sweep. If several directories are lost and the nodes that remember cannot be
 *      asked, nothing is founded either, because those nodes do not answer.
 *   5. After the founding a quorum is enough, also for a founder that comes later: every member
 *      that founded tells it the decision.
 *
 * What can still go wrong, and what it costs: a founder's directory is lost after it said EMPTY and
 * before it decided. Then the cluster names an identity that no longer exists. That member is
 * missing like any member whose disk was lost; the others form a quorum without it, and it comes
 * back under a new id. In a cluster of two founders nobody can serve then; the operator empties the
 * other directory, which has never acknowledged anything, and both found again.
 */
#ifndef RAFTD_MEMBER_FOUNDING_H
#define RAFTD_MEMBER_FOUNDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/membership.h"
#include "store/directory.h"
#include "wire/wire.h"

enum { FOUNDING_TROUBLE_BYTES = 128 };

/* What this node knows about another founder. */
struct founding_peer {
    bool is_empty;                        /* in this sweep it said EMPTY */
    uint64_t identity;                    /* of its directory, as it said in this sweep */
    char trouble[FOUNDING_TROUBLE_BYTES]; /* why the founding waits for it; "" = it does not */
};

struct founding {
    uint16_t id;
    uint64_t identity; /* of this node's directory */
    uint64_t digest;   /* see founding_digest() */
    char cluster_name[DIRECTORY_CLUSTER_NAME_BYTES];
    struct raft_membership founders; /* of [peers], this node included; without identities */
    struct founding_peer peers[RAFT_MEMBERS_MAX]; /* by place in founders */
    /* A cluster whose founding names this directory; 0 = none was heard of. */
    uint64_t offered_cluster_id;
    struct raft_membership offered; /* its first members, with their identities */
    bool is_stranger; /* in a founder's cluster this node's id has another directory */
};

/* What the founders have to agree on: the name of the cluster, their ids and their addresses. */
uint64_t founding_digest(const char *cluster_name, const struct raft_membership *founders);

/* founders: of [peers]; it has this node's id. */
void founding_init(struct founding *founding, uint16_t id, uint64_t identity,
                   const char *cluster_name, const struct raft_membership *founders);

/*
 * What a node says to another founder: a question or an answer. `directory` is the node's own.
 * is_deciding: the node has decided, but its log is not complete yet. Uses no struct founding, so
 * that the thread that answers shares nothing with the one that asks.
 */
void founding_say(const struct directory_identity *directory, bool is_deciding,
                  const char *cluster_name, uint64_t digest, uint16_t to, struct wire_found *say);

/* Forgets what was heard: a new sweep begins. */
void founding_begin_sweep(struct founding *founding);
/* The answer of founder `id` to a question of this sweep. */
void founding_hear(struct founding *founding, uint16_t id, const struct wire_found *answer);
/* Founder `id` gave no answer, because of this. */
void founding_miss(struct founding *founding, uint16_t id, const char *why);

/*
 * At the end of a sweep. True: this node decides, and has to write it: *cluster_id, and *members
 * with their identities. random_id is not 0 and becomes the id of a cluster that this node founds.
 */
bool founding_decides(const struct founding *founding, uint64_t random_id, uint64_t *cluster_id,
                      struct raft_membership *members);

/* Whom the founding waits for, and why: "node 2 at HOST:PORT (no answer)", "" = nobody. */
void founding_missing(const struct founding *founding, char *text, size_t size);
/* Whether a founder said that this node's id belongs to another directory. Then waiting is in
 * vain, and the node has to come back under a new id. */
bool founding_is_stranger(const struct founding *founding);

/*
 * The members that the first entry of the log has: `founders` of [peers], whose digest this is,
 * with the identities that the directory has decided for. FOUNDING_NOT_MINE: the directory is no
 * founder's, or has its log already. FOUNDING_DIFFERS: [peers] have changed since the decision.
 */
enum founding_first { FOUNDING_NOT_MINE = 1, FOUNDING_DIFFERS, FOUNDING_MEMBERS };
enum founding_first founding_first_members(const struct directory_identity *directory,
                                           uint64_t digest, struct raft_membership *founders);

#endif
