/*
 * The founding of a cluster, as far as it needs sockets and time; src/member/founding.c decides.
 * founding_run() runs on the run thread before the node has a core; it waits, but not longer than
 * one question after the node was asked to stop. founding_answer() runs on the reception thread and
 * never waits.
 */
#include "node/founding.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "member/founding.h"
#include "net/call.h"
#include "node/node.h"
#include "node/recovery.h"
#include "peer/greeting.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    ASK_MS = 1000,      /* time for one question, from dialling to the answer */
    AGAIN_MS = 200,     /* time between two sweeps */
    REPORT_MS = 3000,   /* time before the first line that says whom this node waits for */
    STRANGER_MS = 10000 /* the same for a node that waits in vain */
};

/* ---- one question ---- */

struct asking {
    struct greeting_reader reader;
    struct wire_header header;
};

static bool is_cancelled(void *argument)
{
    return node_is_ending(argument);
}

static int receive_frame(void *argument, struct stream *stream, struct raftd_error *error)
{
    struct asking *asking = argument;

    return greeting_read_frame(&asking->reader, stream, &asking->header, error);
}

static int exchange(struct net_call *call, const struct wire_found *question,
                    struct wire_found *answer, struct raftd_error *error)
{
    struct wire_frame *frame = wire_found_encode(WIRE_FOUND, question);
    struct asking asking = {0};
    int code = net_call_ask(call, frame->data, frame->size_bytes, receive_frame, &asking, error);

    memory_free(frame);
    if (code == 0 && asking.header.type != WIRE_FOUND_REPLY) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "the answer is a frame of type %u, expected the answer of a founder",
                         (unsigned)asking.header.type);
    }
    return code == 0 ? wire_found_decode(answer, asking.reader.data + WIRE_HEADER_BYTES,
                                         asking.header.payload_bytes, error)
                     : code;
}

static int ask(struct raftd_node *node, const struct raft_member *founder,
               const struct wire_found *question, struct wire_found *answer,
               struct raftd_error *error)
{
    const struct net_call_options options = {
        .tls = node->tls, .timeout_ms = ASK_MS, .is_cancelled = is_cancelled, .argument = node};
    struct net_address address;
    struct net_call *call = NULL;
    int code = net_address_parse(&address, founder->address, error);

    if (code == 0) {
        code = net_call_open(&address, &options, &call, error);
    }
    if (code == 0) {
        code = exchange(call, question, answer, error);
    }
    if (code == 0 && !stream_speaks_for(net_call_stream(call), node->conf.cluster.name, founder->id,
                                        address.host, error)) {
        code = RAFTD_ERROR_REFUSED;
    }
    net_call_close(call);
    return code;
}

/* ---- sweeps ---- */

static void sweep(struct raftd_node *node, struct founding *founding)
{
    founding_begin_sweep(founding);
    for (size_t i = 0; i < founding->founders.count && !node_is_ending(node); i++) {
        const struct raft_member *founder = &founding->founders.members[i];
        struct raftd_error error = {0};
        struct wire_found question;
        struct wire_found answer;

        if (founder->id == node->conf.node.id) {
            continue;
        }
        founding_say(&node->identity, false, node->conf.cluster.name, founding->digest, founder->id,
                     &question);
        if (ask(node, founder, &question, &answer, &error) == 0) {
            founding_hear(founding, founder->id, &answer);
        } else {
            founding_miss(founding, founder->id, error.message);
        }
    }
}

/* Says whom this node waits for: in the status at once, in the log after a while. */
static void report(struct raftd_node *node, const struct founding *founding, uint64_t *report_ms)
{
    uint64_t now_ms = clock_monotonic_ms();
    char missing[1024];

    founding_missing(founding, missing, sizeof(missing));
    node_set_waiting_for(node, missing);
    if (now_ms < *report_ms) {
        return;
    }
    if (founding_is_stranger(founding)) {
        *report_ms = now_ms + STRANGER_MS;
        LOG_ERROR("%s is empty, but the cluster exists already and node %u belonged to it with "
                  "another data directory, which is lost: this node does not take part; let it "
                  "come back under a new id: raftctl member replace %u NEW-ID ADDRESS on the "
                  "cluster, then start this node with that id and --join; what was found: %s",
                  node->conf.node.data_dir, node->conf.node.id, node->conf.node.id, missing);
        return;
    }
    *report_ms = now_ms + REPORT_MS;
    LOG_WARNING("founding cluster \"%s\" needs every node of [peers] once; missing: %s",
                node->conf.cluster.name, missing);
}

int founding_run(struct raftd_node *node, struct raftd_error *error)
{
    uint64_t report_ms = clock_monotonic_ms() + REPORT_MS;
    struct founding *founding = memory_allocate(sizeof(*founding));
    struct raft_membership members;
    uint64_t cluster_id;
    int code = recovery_founders(node, &members, error);

    if (code == 0) {
        founding_init(founding, node->conf.node.id, node->identity.identity,
                      node->conf.cluster.name, &members);
    }
    while (code == 0 && !node_is_ending(node)) {
        sweep(node, founding);
        if (founding_decides(founding, random_u64() | 1, &cluster_id, &members)) {
            node_set_waiting_for(node, "");
            atomic_store(&node->is_deciding, true);
            LOG_INFO("%s is empty: founding cluster \"%s\" with %zu members, cluster id %016llx",
                     node->conf.node.data_dir, node->conf.cluster.name, members.count,
                     (unsigned long long)cluster_id);
            code = recovery_found(node, cluster_id, &members, error);
            break;
        }
        report(node, founding, &report_ms);
        node_wait_until(node, clock_monotonic_ms() + AGAIN_MS);
    }
    memory_free(founding);
    return code;
}

bool founding_answer(struct raftd_node *node, const struct wire_found *question,
                     struct wire_found *reply, const char **host)
{
    static const struct directory_identity none;
    const struct conf *conf = &node->conf;
    bool is_whole = node_is_whole(node);
    struct directory_identity empty = none;
    size_t place = 0;

    while (place < conf->peer_count && conf->peers[place].id != question->node_id) {
        place++;
    }
    if (place == conf->peer_count) {
        return false;
    }
    *host = node->founder_hosts[place];
    empty.node_id = conf->node.id;
    empty.identity = node->link_shared.identity;
    /* node->identity belongs to the run thread until the node is whole. */
    founding_say(is_whole ? &node->identity : &empty, !is_whole && atomic_load(&node->is_deciding),
                 conf->cluster.name, node->founders_digest, question->node_id, reply);
    return true;
}
