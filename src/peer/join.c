/*
 * One question of a node that is no member, to one member after the other; see join.h. Waits, on
 * the thread of the caller.
 */
#include "peer/join.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/call.h"
#include "peer/greeting.h"

enum {
    ASK_MS = 5000,        /* time for one question, from dialling to the answer */
    REDIRECTIONS_MAX = 8, /* members that get one question, each named by the member before it */
};

struct asking {
    struct net_call *call;
    struct greeting_reader reader;
    struct wire_header header;
};

static int receive_frame(void *argument, struct stream *stream, struct raftd_error *error)
{
    struct asking *asking = argument;

    return greeting_read_frame(&asking->reader, stream, &asking->header, error);
}

static int send_question(struct asking *asking, const struct wire_join *join,
                         struct wire_join_reply *reply, struct raftd_error *error)
{
    struct wire_frame *frame = wire_join_encode(join);
    int code =
        net_call_ask(asking->call, frame->data, frame->size_bytes, receive_frame, asking, error);

    memory_free(frame);
    if (code == 0 && asking->header.type != WIRE_JOIN_REPLY) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "the answer is a frame of type %u, expected a join reply",
                         (unsigned)asking->header.type);
    }
    return code == 0 ? wire_join_reply_decode(reply, asking->reader.data + WIRE_HEADER_BYTES,
                                              asking->header.payload_bytes, error)
                     : code;
}

/* Whether the certificate of the answering node proves that it is a member, as on a link. Before
 * that, nothing that it says counts. */
static int judge(const struct asking *asking, const struct net_address *address,
                 const struct wire_join *question, const struct wire_join_reply *reply,
                 struct raftd_error *error)
{
    if (strcmp(reply->cluster_name, question->cluster_name) != 0) {
        return error_set(
            error, RAFTD_ERROR_REFUSED,
            "cluster name differs: node %u has \"%s\", node %u has \"%s\": check [cluster] name",
            reply->node_id, reply->cluster_name, question->node_id, question->cluster_name);
    }
    if (!stream_speaks_for(net_call_stream(asking->call), question->cluster_name, reply->node_id,
                           address->host, error)) {
        return RAFTD_ERROR_REFUSED;
    }
    return 0;
}

static int ask_one(const struct join_asker *asker, const struct net_address *address,
                   const struct wire_join *question, struct wire_join_reply *reply,
                   struct raftd_error *error)
{
    const struct net_call_options options = {.tls = asker->tls,
                                             .timeout_ms = ASK_MS,
                                             .is_cancelled = asker->is_cancelled,
                                             .argument = asker->argument};
    struct asking asking = {0};
    char text[300];
    int code = net_call_open(address, &options, &asking.call, error);

    code = code == 0 ? send_question(&asking, question, reply, error) : code;
    code = code == 0 ? judge(&asking, address, question, reply, error) : code;
    net_call_close(asking.call);
    if (code != 0) {
        net_address_format(address, text, sizeof(text));
        return error_prefix(error, code, "%s", text);
    }
    return 0;
}

int join_ask(const struct join_asker *asker, struct net_address *address,
             const struct wire_join *question, struct wire_join_reply *reply,
             struct raftd_error *error)
{
    for (int i = 0; i < REDIRECTIONS_MAX; i++) {
        int code = ask_one(asker, address, question, reply, error);

        if (code != 0) {
            return code;
        }
        if (reply->verdict == WIRE_JOIN_REFUSED) {
            return error_set(error, RAFTD_ERROR_REFUSED, "node %u refuses this node: %s",
                             reply->node_id, reply->text);
        }
        if (reply->verdict == WIRE_JOIN_REMOVED) {
            return error_set(error, RAFTD_ERROR_REMOVED,
                             "node %u says that node %u was removed from the cluster: its id is "
                             "never used again; give it an empty data directory and a new id",
                             reply->node_id, question->node_id);
        }
        if (reply->verdict != WIRE_JOIN_ELSEWHERE) {
            return 0;
        }
        code = net_address_parse(address, reply->leader_address, error);
        if (code != 0) {
            return code;
        }
    }
    return error_set(error, RAFTD_ERROR_UNAVAILABLE,
                     "asked %d members, and each of them named another leader", REDIRECTIONS_MAX);
}

bool join_answer_is_final(int code)
{
    return code == RAFTD_ERROR_REFUSED || code == RAFTD_ERROR_REMOVED ||
           code == RAFTD_ERROR_INVALID;
}
