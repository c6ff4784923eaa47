/*
 * Leases and the promises that they rest on (src/raft/lease.c), seen from outside: what voters have
 * told a leader, by their own clocks, and when they made it. See truth.h.
 */
#include <string.h>

#include "sim/truth_record.h"

/* Clocks show whole milliseconds, and two of them are compared. */
enum { ROUNDING_US = 3000 };

void truth_note_promises(const struct world *world, const struct host *host,
                         const struct raft_outbox *outbox)
{
    struct promises *promises = &world->truth->promises[host->id];

    for (size_t i = 0; i < outbox->message_count; i++) {
        const struct raft_message *message = &outbox->messages[i];
        struct made_promise *made =
            &promises->made[message->append_reply.read_round % TRUTH_ROUNDS_KEPT];

        if (message->type == RAFT_MESSAGE_APPEND_REPLY && message->append_reply.promise_ms != 0 &&
            (made->to != message->to || made->term != message->term ||
             made->round != message->append_reply.read_round)) {
            *made = (struct made_promise){.to = message->to,
                                          .term = message->term,
                                          .round = message->append_reply.read_round,
                                          .made_ms = host_now_ms(host)};
        }
    }
}

/* An answer with a promise leaves the node. It may have waited for the disk since it was made. */
static void note_sent(struct world *world, uint16_t id, const struct raft_message *message)
{
    struct promises *promises = &world->truth->promises[id];
    uint64_t round = message->append_reply.read_round;
    const struct made_promise *made = &promises->made[round % TRUTH_ROUNDS_KEPT];
    uint64_t until_ms = made->made_ms + message->append_reply.promise_ms;

    if (message->append_reply.promise_ms == 0 || made->to != message->to ||
        made->term != message->term || made->round != round) {
        return;
    }
    if (promises->promised_to != message->to || promises->promised_until_ms < until_ms) {
        promises->promised_to = message->to;
        promises->promised_term = message->term;
        promises->promised_until_ms = until_ms;
        promises->promised_ms = message->append_reply.promise_ms;
    }
}

/* R1, R8. `vote`: the node that has the vote of this one, or this node if it campaigns. A campaign
 * that the leader itself has ordered breaks no promise, nor does a vote that was given before the
 * promise and has waited for the disk. */
static void check_vote(struct world *world, uint16_t id, uint16_t vote, uint64_t term)
{
    const struct promises *promises = &world->truth->promises[id];

    if (promises->promised_to == 0 || promises->promised_to == vote ||
        term <= promises->promised_term ||
        world->truth->promises[vote].ordered[term % TRUTH_ORDERS_KEPT] == term ||
        host_now_ms(world->hosts[id]) >= promises->promised_until_ms) {
        return;
    }
    world_fail(world, "a promise to a leader is kept",
               "node %u votes for node %u in term %llu, %llu ms before its promise to node %u ends",
               id, vote, (unsigned long long)term,
               (unsigned long long)(promises->promised_until_ms - host_now_ms(world->hosts[id])),
               promises->promised_to);
}

void truth_check_promise(struct world *world, uint16_t id, const struct raft_message *message)
{
    if (message->type == RAFT_MESSAGE_APPEND_REPLY) {
        note_sent(world, id, message);
    } else if (message->type == RAFT_MESSAGE_VOTE && !message->vote.pre) {
        check_vote(world, id, id, message->term);
    } else if (message->type == RAFT_MESSAGE_TIMEOUT_NOW) {
        uint64_t term = message->term + 1; /* of the campaign */

        world->truth->promises[message->to].ordered[term % TRUTH_ORDERS_KEPT] = term;
    } else if (message->type == RAFT_MESSAGE_VOTE_REPLY && !message->vote_reply.pre &&
               message->vote_reply.granted) {
        check_vote(world, id, message->to, message->term);
    }
}

/* How long it takes until the clock of this host shows that time. */
static uint64_t left_us(const struct host *host, uint64_t at_ms)
{
    uint64_t now_ms = host_now_ms(host);

    return at_ms > now_ms ? (at_ms - now_ms) * 1000000 / host->clock_rate * 1000 : 0;
}

void truth_promise_again(struct world *world, const struct host *host)
{
    struct promises *promises = &world->truth->promises[host->id];

    promises->waits_until_ms = host_now_ms(host) + promises->promised_ms;
    /* The clock of a machine that starts in the middle of a suspend has gone back. */
    if (promises->promised_until_ms > promises->waits_until_ms) {
        promises->promised_until_ms = promises->waits_until_ms;
    }
}

/* Whether a voter has promised to this leader for so long. One that is down keeps its promise, and
 * waits again for the whole of it when it starts. */
static bool has_promised(const struct world *world, uint16_t voter, uint16_t leader,
                         uint64_t lease_us)
{
    const struct promises *promises = &world->truth->promises[voter];
    const struct host *host = world->hosts[voter];
    uint64_t until_ms = promises->promised_until_ms > promises->waits_until_ms
                            ? promises->promised_until_ms
                            : promises->waits_until_ms;

    return promises->promised_to == leader &&
           (!host->alive || left_us(host, until_ms) + ROUNDING_US >= lease_us);
}

/* R1, T23: no lease is longer than the promises of a quorum. Where machines are suspended, a
 * process that starts meanwhile may run while the clock of the leader stands still; there only the
 * reads of clients are checked. */
void truth_check_lease(struct world *world, const struct host *host)
{
    const struct raft_membership *membership = raft_get_membership(host->core);
    uint64_t lease_us = left_us(host, raft_lease_until_ms(host->core));
    bool answered[RAFT_MEMBERS_MAX];
    bool granted[RAFT_MEMBERS_MAX] = {0};

    if (raft_get_role(host->core) != RAFT_LEADER || lease_us == 0 ||
        swarm_has(&world->swarm, FAULT_SUSPEND)) {
        return;
    }
    memset(answered, 1, sizeof(answered));
    for (size_t i = 0; i < membership->count; i++) {
        uint16_t id = membership->members[i].id;

        granted[i] = id == host->id || has_promised(world, id, host->id, lease_us);
    }
    if (raft_membership_tally(membership, answered, granted) != RAFT_TALLY_WON) {
        world_fail(world, "a lease rests on the promises of a quorum",
                   "node %u has a lease for another %llu ms, and no quorum has promised that",
                   host->id, (unsigned long long)(lease_us / 1000));
    }
}
