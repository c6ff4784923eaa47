/*
 * Huge values; see huge.h.
 */
#include "sim/huge.h"

#include "sim/clients.h"
#include "sim/host.h"
#include "sim/truth.h"

enum {
    ONE_IN = 60,      /* requests about the key with huge values */
    WRITE_ONE_IN = 4, /* of these */
    ASK_TIMES_MAX = 4,
};

bool huge_is(const struct world *world, const struct model_request *request)
{
    return world->swarm.huge_bytes != 0 && request->value_bytes >= HUGE_BYTES_MIN;
}

bool huge_draw(struct world *world, struct sim_random *random, struct model_request *request,
               size_t *value_bytes)
{
    static const enum model_kind others[] = {MODEL_STRLEN, MODEL_EXISTS, MODEL_STRLEN,
                                             MODEL_GET,    MODEL_STRLEN, MODEL_EXISTS,
                                             MODEL_STRLEN, MODEL_DELETE};

    *value_bytes = 0;
    if (world->swarm.huge_bytes == 0 || world->calm || sim_random_below(random, ONE_IN) != 0) {
        return false;
    }
    *request = (struct model_request){.key = world->swarm.keys, .second = world->swarm.keys};
    if (world->huge_writes < world->swarm.huge_count &&
        sim_random_below(random, WRITE_ONE_IN) == 0) {
        world->huge_writes++;
        request->kind = MODEL_SET;
        *value_bytes = (size_t)sim_random_between(random, HUGE_BYTES_MIN, world->swarm.huge_bytes);
    } else {
        request->kind = others[sim_random_below(random, sizeof(others) / sizeof(others[0]))];
    }
    return true;
}

/* ---- in the calm ---- */

static uint16_t find_leader(const struct world *world)
{
    uint16_t leader = 0;

    for (uint16_t id = 1; id <= world->last_id; id++) {
        const struct host *host = world->hosts[id];

        if (host_is_alive(host) && truth_is_sound(world, host) &&
            raft_get_role(host->core) == RAFT_LEADER &&
            (leader == 0 || truth_term(world, id) > truth_term(world, leader))) {
            leader = id;
        }
    }
    return leader;
}

static void ask(struct world *world)
{
    uint16_t leader = find_leader(world);

    if (leader == 0 ||
        world->now_us < world->huge_asked_us + 1000 * (uint64_t)world->swarm.election_timeout_ms) {
        return;
    }
    if (world->huge_asked == ASK_TIMES_MAX) {
        world_fail(world, "liveness: a large value is admitted",
                   "one of %u bytes was refused %d times", world->swarm.huge_bytes, ASK_TIMES_MAX);
        return;
    }
    world->huge_asked++;
    world->huge_asked_us = world->now_us;
    world->huge_term = truth_term(world, leader);
    world->huge_operation = clients_ask_huge(world, leader, world->swarm.huge_bytes);
}

/* Asked for, and neither refused nor committed. */
static bool wait(struct world *world, bool leaders_stay, uint64_t limit_us)
{
    uint64_t passed_us = world->now_us - world->huge_asked_us;

    if (passed_us <= limit_us) {
        return false;
    }
    if (leaders_stay) {
        world_fail(world, "liveness: what is admitted commits on a slow link",
                   "a value of %u bytes, asked for in term %llu, is not committed after %llu s",
                   world->swarm.huge_bytes, (unsigned long long)world->huge_term,
                   (unsigned long long)(passed_us / 1000000));
    }
    return true; /* the next leader may have withdrawn it */
}

bool huge_is_done(struct world *world, bool leaders_stay, uint64_t limit_us, uint64_t newest_term)
{
    const struct client_operation *operation = world->huge_operation;

    if (world->swarm.huge_bytes == 0 || world->huge_committed) {
        return true;
    }
    if (operation == NULL || operation->state == CLIENT_REFUSED) {
        ask(world);
        return false;
    }
    if (operation->applied_index == 0) {
        return wait(world, leaders_stay, limit_us);
    }
    world->huge_committed = true;
    world_see(world, SEEN_HUGE_CALM);
    if (leaders_stay && newest_term > world->huge_term) {
        world_fail(world, "liveness: a large value ends no leadership",
                   "one of %u bytes was asked for in term %llu; the term is %llu when it is "
                   "committed",
                   world->swarm.huge_bytes, (unsigned long long)world->huge_term,
                   (unsigned long long)newest_term);
    }
    return true;
}
