/*
 * The watchdog of liveness; see watchdog.h.
 */
#include "sim/watchdog.h"

#include "sim/clients.h"
#include "sim/faults_life.h"
#include "sim/host.h"
#include "sim/net.h"

static const char *const rooms[] = {[HOST_ROOM_ENOUGH] = "room",
                                    [HOST_ROOM_TAKEN] = "a disk of which others take all",
                                    [HOST_ROOM_LOW] = "low room",
                                    [HOST_ROOM_NONE] = "no room",
                                    [HOST_ROOM_EXHAUSTED] = "nothing of its reserve left",
                                    [HOST_ROOM_FILLED] = "a disk that others have filled"};

/* Why a host does nothing at all; NULL = it can work. */
static const char *obstacle(const struct host *host)
{
    if (host->gone) {
        return "is gone for good";
    }
    if (!host->alive) {
        return "is down";
    }
    if (host->paused_until_us > host->world->now_us) {
        return "is paused";
    }
    if (!host->takes_part) {
        return "is out of service";
    }
    return host->in_trouble ? "stays in trouble" : NULL;
}

static void tell_host(struct world *world, const struct host *host)
{
    struct raft_status status;

    if (obstacle(host) != NULL) {
        STORY(world, host->id, "%s", obstacle(host));
    }
    if (!host->alive) {
        return;
    }
    raft_get_status(host->core, host_now_ms(host), &status);
    STORY(world, host->id,
          "%s in term %llu, leader %u, log up to %llu, durable %llu, committed %llu, applied %llu; "
          "its disk has %s",
          raft_role_name(status.role), (unsigned long long)status.term, status.leader,
          (unsigned long long)status.last_index, (unsigned long long)status.durable_index,
          (unsigned long long)status.commit_index,
          (unsigned long long)member_applied_index(host->member), rooms[host->room]);
    STORY(world, host->id,
          "to read: %zu frames; to write: %zu waiting, %zu being written since %llu ms, %zu done",
          host->inbox_count, host->queued.count, host->writing.count,
          (unsigned long long)(host->writing.count > 0
                                   ? (world->now_us - host->batch_since_us) / 1000
                                   : 0),
          host->done.count);
}

static void tell_open(void *context, const struct member_open_request *request)
{
    struct host *host = context;

    STORY(host->world, host->id, "request %llu waits: %s", (unsigned long long)request->tag,
          request->sequence != 0 ? "proposed, without an outcome"
                                 : "a read, or a command that is not proposed");
}

static const char *state_name(enum raft_progress_state state)
{
    switch (state) {
    case RAFT_PROGRESS_PROBE:
        return "probe";
    case RAFT_PROGRESS_REPLICATE:
        return "replicate";
    case RAFT_PROGRESS_SNAPSHOT:
        return "snapshot";
    default:
        return "none";
    }
}

/* What the leader lacks from its peers. */
static void tell_peers(struct world *world, const struct host *leader, char *text, size_t size)
{
    struct raft_status status;
    size_t used = 0;

    raft_get_status(leader->core, host_now_ms(leader), &status);
    used = (size_t)snprintf(text, size, "leader %u has committed %llu of %llu", leader->id,
                            (unsigned long long)status.commit_index,
                            (unsigned long long)status.last_index);
    for (size_t i = 0; i < status.peer_count && used < size; i++) {
        const struct raft_peer_status *peer = &status.peers[i];
        const struct host *host = world->hosts[peer->id];
        const char *why = host != NULL ? obstacle(host) : "does not exist";

        STORY(world, leader->id,
              "peer %u: %s, match %llu, next %llu, silent for %llu ms, link %s, %zu frames there, "
              "%zu back",
              peer->id, state_name(peer->state), (unsigned long long)peer->match_index,
              (unsigned long long)peer->next_index, (unsigned long long)peer->silent_ms,
              host_hears(leader, peer->id) ? "up" : "down",
              net_waiting(world, leader->id, peer->id), net_waiting(world, peer->id, leader->id));
        if (peer->match_index < status.last_index) {
            used +=
                (size_t)snprintf(text + used, size - used, "; node %u has %llu (%s, %s)", peer->id,
                                 (unsigned long long)peer->match_index, state_name(peer->state),
                                 why != NULL ? why : rooms[host->room]);
        }
    }
}

void watchdog_tell(struct world *world, char *text, size_t size)
{
    const struct host *leader = faults_find_leader(world);

    STORY(world, 0, "the cluster stands still; this is what it waits for");
    for (uint16_t id = 1; id <= world->last_id; id++) {
        struct host *host = world->hosts[id];

        tell_host(world, host);
        if (host->alive) {
            member_each_request(host->member, tell_open, host);
        }
    }
    if (leader == NULL) {
        snprintf(text, size, "nobody leads");
        return;
    }
    tell_peers(world, leader, text, size);
}
