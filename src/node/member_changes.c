/*
 * What an operator asks of the cluster: changes of members, and handovers of leadership. They go
 * through a client's rings like a command, and to the leader as a proposal, which the leader's core
 * carries out (src/raft/reconfigure.c). The answers, a status and a sentence, are made here. The
 * first half runs on the client's thread, the second on the core thread.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "node/node.h"
#include "raft/change.h"

static int ask(struct raftd_client *client, const struct raft_change *change, uint64_t tag)
{
    struct buffer bytes = {0};
    int code;

    raft_change_encode(change, &bytes);
    code = client_submit_typed(client, RAFT_ENTRY_MEMBERSHIP_CHANGE, bytes.data, bytes.size_bytes,
                               tag);
    buffer_free(&bytes);
    return code;
}

/* Only what the leader could not understand is refused here, for example an invalid address. */
static int copy_step(struct raft_change_step *to, const struct raftd_change_step *from)
{
    struct net_address parsed;
    struct raftd_error error;
    const char *address = from->address != NULL ? from->address : "";

    if (from->kind < RAFTD_CHANGE_ADD || from->kind > RAFTD_CHANGE_ADDRESS || from->id == 0 ||
        strlen(address) >= sizeof(to->address)) {
        return RAFTD_ERROR_INVALID;
    }
    if (from->kind != RAFTD_CHANGE_PROMOTE && from->kind != RAFTD_CHANGE_REMOVE &&
        net_address_parse(&parsed, address, &error) != 0) {
        return RAFTD_ERROR_INVALID;
    }
    to->kind = (uint8_t)from->kind;
    to->id = from->id;
    to->old = from->old_id;
    snprintf(to->address, sizeof(to->address), "%s", address);
    return 0;
}

_Static_assert((int)RAFTD_CHANGE_ADD == (int)RAFT_CHANGE_ADD &&
                   (int)RAFTD_CHANGE_ADD_LEARNER == (int)RAFT_CHANGE_ADD_LEARNER &&
                   (int)RAFTD_CHANGE_PROMOTE == (int)RAFT_CHANGE_PROMOTE &&
                   (int)RAFTD_CHANGE_REMOVE == (int)RAFT_CHANGE_REMOVE &&
                   (int)RAFTD_CHANGE_REPLACE == (int)RAFT_CHANGE_REPLACE &&
                   (int)RAFTD_CHANGE_ADDRESS == (int)RAFT_CHANGE_ADDRESS &&
                   (int)RAFTD_CHANGE_STEPS_MAX == (int)RAFT_CHANGE_STEPS_MAX,
               "the public constants have the values of the core's");

int raftd_client_change(struct raftd_client *client, const struct raftd_change_step *steps,
                        size_t count, uint64_t tag)
{
    struct raft_change change = {0};

    if (count == 0 || count > RAFT_CHANGE_STEPS_MAX) {
        return RAFTD_ERROR_INVALID;
    }
    for (size_t i = 0; i < count; i++) {
        int code = copy_step(&change.steps[i], &steps[i]);

        if (code == 0 && !client_node(client)->link_shared.may_link) {
            code = RAFTD_ERROR_REFUSED; /* no other node could ever connect to this one */
        }

        if (code != 0) {
            return code;
        }
    }
    change.count = count;
    return ask(client, &change, tag);
}

int raftd_client_handover(struct raftd_client *client, uint16_t to, uint64_t tag)
{
    struct raft_change change = {.count = 1};

    change.steps[0].kind = RAFT_CHANGE_HANDOVER;
    change.steps[0].id = to;
    change.steps[0].old = RAFT_CHANGE_EXPLAINED;
    return ask(client, &change, tag);
}

/* ---- core thread ---- */

static void answer(struct raftd_node *node, struct waiting_request *request, int status,
                   uint64_t index, const char *text)
{
    struct raftd_reply reply = {0};

    if (request->client != NULL) {
        raftd_reply_write(&reply, text, strlen(text));
        client_complete(request->client, request->tag, status, index, &reply);
        reply_reset(&reply);
    }
    waiting_finish(&node->waiting, request);
}

static int status_of(enum raft_refusal refusal)
{
    switch (refusal) {
    case RAFT_REFUSED_NO_LEADER:
    case RAFT_REFUSED_FULL:
    case RAFT_REFUSED_HANDOVER:
        return RAFTD_ERROR_NOT_LEADER;
    case RAFT_REFUSED_HANDING_OVER:
        return RAFTD_OK;
    case RAFT_REFUSED_RUNNING:
    case RAFT_REFUSED_TOO_EARLY:
    case RAFT_REFUSED_NOT_CAUGHT_UP:
    case RAFT_REFUSED_QUORUM:
    case RAFT_REFUSED_REPLACING:
    case RAFT_REFUSED_NO_CANDIDATE:
    case RAFT_REFUSED_LEADS_ALREADY:
    case RAFT_REFUSED_NO_VOTER:
    case RAFT_REFUSED_NO_ANSWER:
    case RAFT_REFUSED_BEHIND:
    case RAFT_REFUSED_NO_MEMBER:
    case RAFT_REFUSED_REMOVED:
        return RAFTD_ERROR_CONFLICT;
    case RAFT_REFUSED_DISK:
        return RAFTD_ERROR_DISK_FULL;
    default:
        return RAFTD_ERROR_INVALID;
    }
}

void member_changes_refuse(struct raftd_node *node, struct waiting_request *request, uint8_t reason)
{
    enum raft_refusal refusal = (enum raft_refusal)reason;

    answer(node, request, status_of(refusal), 0, raft_refusal_text(refusal));
}

void member_changes_apply(struct raftd_node *node, const struct raft_entry *entry)
{
    struct raft_membership membership;
    struct waiting_request *request = NULL;
    int code;

    if (entry->origin == node->origin) {
        request = waiting_find(&node->waiting, entry->sequence);
    }
    if (request == NULL) {
        return;
    }
    code = raft_membership_decode(&membership, entry->data, entry->size_bytes);
    ASSERT(code == 0);
    if (raft_membership_is_joint(&membership)) {
        /* The first half of the change. Any later leader makes the second half, in any term, so the
         * request no longer depends on the term in which it was proposed. */
        request->term = 0;
        return;
    }
    answer(node, request, RAFTD_OK, entry->index, "done");
}
