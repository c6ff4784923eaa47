/*
 * What an operator asks of the cluster: changes of members, and handovers of leadership. They go
 * through a client's rings like a command, and to the leader as a proposal, which the leader's core
 * carries out (src/raft/reconfigure.c). src/member/changes.c makes the answers. The client thread.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "node/node.h"
#include "raft/change.h"

int client_submit_change(struct raftd_client *client, const struct raft_change *change,
                         uint64_t tag)
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
    return client_submit_change(client, &change, tag);
}

int raftd_client_handover(struct raftd_client *client, uint16_t to, uint64_t tag)
{
    struct raft_change change = {.count = 1};

    change.steps[0].kind = RAFT_CHANGE_HANDOVER;
    change.steps[0].id = to;
    change.steps[0].old = RAFT_CHANGE_EXPLAINED;
    return client_submit_change(client, &change, tag);
}
