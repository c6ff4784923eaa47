/*
 * A host that belongs to no cluster, or whose log does not have it as a member: it founds a cluster
 * together with the other founders, or asks to join one. Each question and each answer takes the
 * time of a link. What is said, and what follows from it, is decided by the shipped code
 * (src/member/founding.h, src/member/admission.h). See host.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "member/admission.h"
#include "member/recovery.h"
#include "sim/faults_directory.h"
#include "sim/host.h"
#include "sim/net.h"

enum {
    KNOCK_PAUSES = 4, /* between two questions of a node that has a log */
    LOOK_PAUSES = 8,  /* between two questions of a member that hears no leader; in the calm, 1 */
};

static uint64_t delay_us(struct world *world)
{
    return 1 +
           sim_random_between(&world->random, world->swarm.delay_min_us, world->swarm.delay_max_us);
}

/* Half an election time-out lies between two questions that nobody answered. */
static uint64_t pause_us(struct world *world)
{
    return 500 * (uint64_t)world->swarm.election_timeout_ms;
}

/* In the calm, an answer may be what a leader needs within ten election time-outs. */
static uint64_t look_us(struct world *world)
{
    return (world->calm ? 1 : LOOK_PAUSES) * pause_us(world);
}

static void plan(struct host *host, uint64_t after_us)
{
    world_plan(host->world, host->world->now_us + after_us, SIM_EVENT_ASK, host->id, 0,
               ++host->asking.number);
}

static void start_again(struct host *host)
{
    world_plan(host->world, host->world->now_us + pause_us(host->world), SIM_EVENT_START, host->id,
               0, host->life);
}

/* Whether the process of that host can answer now. A person who lets a node join names no machine
 * of the earlier cluster. */
static bool answers(const struct host *host, uint16_t id)
{
    const struct world *world = host->world;
    const struct host *other = id < SIM_HOSTS_MAX ? world->hosts[id] : NULL;

    return other != NULL && other != host &&
           (other->alive || other->asking.what != HOST_ASKS_NOTHING) &&
           other->paused_until_us <= world->now_us && net_reaches(world, host->id, id) &&
           (host->asking.what == HOST_ASKS_FOUNDERS ||
            (other->stand_in == HOST_FORMER) == (host->stand_in == HOST_FORMER));
}

void host_asking_begin(struct host *host, enum host_asks what)
{
    struct recovery_options options;
    struct raftd_error error;

    host_asking_end(host);
    if (!host->alive) {
        host_recovery_options(host, &options);
        if (recovery_identify(&options, host->new_identity, &host->identity, &error) != 0) {
            STORY(host->world, host->id, "cannot start: %s", error.message);
            fs_memory_die(host->disk);
            fs_memory_end_process(host->disk);
            start_again(host);
            return;
        }
        fs_memory_die_at(host->disk, 0);
        ASSERT(recovery_is_new(&host->identity));
        host->life = 0;
    }
    host->asking.what = what;
    if (what == HOST_ASKS_WHETHER_REMOVED) {
        plan(host, look_us(host->world));
        return;
    }
    STORY(host->world, host->id, "%s",
          what == HOST_ASKS_TO_JOIN ? "asks to join" : "asks the other founders");
    if (what == HOST_ASKS_FOUNDERS) {
        host->asking.founding = memory_allocate_zeroed(1, sizeof(struct founding));
        founding_init(host->asking.founding, host->id, host->identity.identity, "",
                      host->world->founders);
    }
    plan(host, delay_us(host->world));
}

void host_asking_end(struct host *host)
{
    uint64_t number = host->asking.number;

    memory_free(host->asking.founding);
    host->asking = (struct host_asking){.number = number + 1};
}

/* ---- founding ---- */

static void carry_found(enum wire_frame_type type, const struct wire_found *found,
                        struct wire_found *arrived)
{
    struct wire_frame *frame = wire_found_encode(type, found);
    struct raftd_error error;
    int code = wire_found_decode(arrived, frame->data + WIRE_HEADER_BYTES,
                                 frame->size_bytes - WIRE_HEADER_BYTES, &error);

    ASSERT(code == 0);
    memory_free(frame);
}

/* What the founder that is asked says now. */
static void ask_founder(struct host *host, const struct host *other)
{
    uint64_t digest = founding_digest("", host->world->founders);
    struct wire_found question;
    struct wire_found answer;

    founding_say(&host->identity, false, "", digest, other->id, &question);
    carry_found(WIRE_FOUND, &question, &question);
    founding_say(&other->identity, false, "", digest, question.node_id, &answer);
    carry_found(WIRE_FOUND_REPLY, &answer, &host->asking.found);
}

static void see_founding(struct host *host, const struct raft_membership *members)
{
    struct world *world = host->world;

    STORY(world, host->id, "founds a cluster of %zu members", members->count);
    world_see(world, SEEN_FOUNDED);
    if (host->stand_in != HOST_GENUINE) {
        world_fail(world, "lost, old and strange directories are kept out",
                   "node %u, which is %s, founds", host->id, host_stand_in_name(host));
    }
}

static void decide(struct host *host)
{
    struct founding *founding = host->asking.founding;
    struct raft_membership members;
    uint64_t cluster_id;

    if (founding_decides(founding, sim_random_next(&host->world->random) | 1, &cluster_id,
                         &members)) {
        see_founding(host, &members);
        host_asking_end(host);
        if (!host->world->failure.failed && !host_start(host, cluster_id, &members)) {
            start_again(host);
        }
        return;
    }
    if (founding_is_stranger(founding)) {
        world_see(host->world, SEEN_FOUNDER_STRANGER);
    }
    founding_begin_sweep(founding);
    host->asking.place = 0;
    plan(host, pause_us(host->world));
}

/* One step of a sweep: the answer of one founder is heard, and the next one is asked. */
static void sweep(struct host *host)
{
    struct host_asking *asking = &host->asking;
    const struct raft_membership *founders = host->world->founders;

    if (asking->is_answered) {
        founding_hear(asking->founding, asking->asked, &asking->found);
        asking->is_answered = false;
        asking->place++;
    } else if (asking->asked != 0 && answers(host, asking->asked)) {
        ask_founder(host, host->world->hosts[asking->asked]);
        asking->is_answered = true;
        plan(host, delay_us(host->world));
        return;
    } else if (asking->asked != 0) {
        founding_miss(asking->founding, asking->asked, "no answer");
        asking->place++;
    }
    asking->asked = 0;
    while (asking->place < founders->count && founders->members[asking->place].id == host->id) {
        asking->place++;
    }
    if (asking->place == founders->count) {
        decide(host);
        return;
    }
    asking->asked = founders->members[asking->place].id;
    plan(host, delay_us(host->world));
}

/* ---- joining ---- */

static bool has_acknowledged(void *argument, uint16_t id)
{
    const struct host *host = argument;
    struct raft_status status;

    raft_get_status(host->core, host_now_ms(host), &status);
    return admission_has_acknowledged(&status, id);
}

static void make_question(struct host *host, struct wire_join *join)
{
    struct wire_frame *frame;
    struct raftd_error error;
    int code;

    *join = (struct wire_join){.version_min = WIRE_VERSION_MIN,
                               .version_max = WIRE_VERSION_MAX,
                               .cluster_id = host->alive ? host->identity.cluster_id : 0,
                               .identity = host->identity.identity,
                               .node_id = host->id,
                               .asks_only = host->asking.what == HOST_ASKS_WHETHER_REMOVED,
                               .promote = host->id % 2 == 0};
    snprintf(join->address, sizeof(join->address), "node-%u:7381", host->id);
    frame = wire_join_encode(join);
    code = wire_join_decode(join, frame->data + WIRE_HEADER_BYTES,
                            frame->size_bytes - WIRE_HEADER_BYTES, &error);
    ASSERT(code == 0);
    memory_free(frame);
}

/* False: the member proposes a change, and the answer comes when the host asks again. */
static bool ask_member(struct host *host, struct host *member)
{
    struct raft_change change = {.count = 1};
    const struct admission_view view = {
        .self_id = member->id,
        .cluster_id = member->alive ? member->identity.cluster_id : 0,
        .cluster_name = "",
        .is_ready = member->alive && member->serves && raft_get_leader(member->core) != 0,
        .members = &member->members,
        .leader_id = member->alive ? raft_get_leader(member->core) : 0,
        .has_acknowledged = has_acknowledged,
        .argument = member,
    };
    struct wire_join join;

    make_question(host, &join);
    if (admission_meets_asker(&view, &join)) {
        world_see(host->world, SEEN_MET_ASKER);
        host_introduce(member, join.node_id, join.address);
    }
    if (admission_answer(&view, &join, &host->asking.reply, &change.steps[0])) {
        return true;
    }
    STORY(host->world, member->id, "proposes change %u of node %u, which asks to join",
          change.steps[0].kind, host->id);
    host_change(member, &change);
    return false;
}

/* A running member that a person would name after --join. */
static uint16_t draw_member(struct host *host)
{
    struct world *world = host->world;
    uint16_t ids[SIM_HOSTS_MAX];
    size_t count = 0;

    for (uint16_t id = 1; id <= world->last_id; id++) {
        if (id != host->id && answers(host, id)) {
            ids[count++] = id;
        }
    }
    return count > 0 ? ids[sim_random_below(&world->random, count)] : 0;
}

static void begin_log(struct host *host)
{
    uint64_t cluster_id = host->asking.reply.cluster_id;

    if (host->stand_in != HOST_GENUINE) {
        world_fail(host->world, "lost, old and strange directories are kept out",
                   "node %u, which is %s, may join", host->id, host_stand_in_name(host));
        return;
    }
    host_asking_end(host);
    if (!host_start(host, cluster_id, NULL)) {
        start_again(host);
    }
}

/* The node was removed, and has not heard of it. */
static void learn_removal(struct host *host)
{
    STORY(host->world, host->id, "is told that it was removed");
    world_see(host->world, SEEN_TOLD_REMOVED);
    if (host->stand_in == HOST_GENUINE) {
        host_crash(host, HOST_KILLED);
        host->gone = true;
    }
}

static void hear_member(struct host *host)
{
    const struct wire_join_reply *reply = &host->asking.reply;
    struct world *world = host->world;
    bool looks = host->asking.what == HOST_ASKS_WHETHER_REMOVED;

    host->asking.is_answered = false;
    host->asking.asked = 0;
    switch (admission_follow(reply, host->alive)) {
    case ADMISSION_ELSEWHERE:
        host->asking.asked = reply->leader_id;
        plan(host, delay_us(world));
        return;
    case ADMISSION_BEGIN_LOG:
        begin_log(host);
        return;
    case ADMISSION_MEET:
        world_see(world, looks ? SEEN_TOLD_LEADER : SEEN_JOINED);
        if (reply->leader_id != 0 && reply->leader_id != host->id) {
            host_introduce(host, reply->leader_id, reply->leader_address);
        }
        break;
    case ADMISSION_OVER:
        if (looks && reply->verdict == WIRE_JOIN_REMOVED) {
            learn_removal(host);
            return;
        }
        STORY(world, host->id, "may not join: %s",
              reply->verdict == WIRE_JOIN_REMOVED ? "its id was removed" : reply->text);
        world_see(world, SEEN_JOIN_REFUSED);
        break;
    case ADMISSION_AGAIN:
        break;
    }
    plan(host,
         looks ? look_us(world) : (uint64_t)(host->alive ? KNOCK_PAUSES : 1) * pause_us(world));
}

static void join(struct host *host)
{
    struct host_asking *asking = &host->asking;

    if (host->alive && host_is_member(host)) {
        host_asking_begin(host, HOST_ASKS_WHETHER_REMOVED);
    } else if (asking->is_answered) {
        hear_member(host);
    } else if (host->alive && raft_get_leader(host->core) != 0) {
        plan(host, pause_us(host->world)); /* the log is on its way */
    } else if (asking->asked == 0) {
        asking->asked = draw_member(host);
        plan(host, asking->asked != 0 ? delay_us(host->world) : pause_us(host->world));
    } else if (answers(host, asking->asked) &&
               ask_member(host, host->world->hosts[asking->asked])) {
        asking->is_answered = true;
        plan(host, delay_us(host->world));
    } else {
        asking->asked = 0;
        plan(host, pause_us(host->world));
    }
}

/* A member that hears no leader asks another one, which its log names. */
static void look(struct host *host)
{
    const struct raft_membership *membership = raft_get_membership(host->core);
    struct host_asking *asking = &host->asking;

    if (asking->is_answered) {
        hear_member(host);
        return;
    }
    if (asking->asked != 0 && answers(host, asking->asked) &&
        ask_member(host, host->world->hosts[asking->asked])) {
        asking->is_answered = true;
        plan(host, delay_us(host->world));
        return;
    }
    if (asking->asked == 0 && membership->count > 0 && raft_get_leader(host->core) == 0) {
        asking->asked =
            membership->members[sim_random_below(&host->world->random, membership->count)].id;
        plan(host, delay_us(host->world));
        return;
    }
    asking->asked = 0;
    plan(host, look_us(host->world));
}

void host_on_ask(struct host *host, uint64_t number)
{
    if (host->asking.number != number || host->asking.what == HOST_ASKS_NOTHING) {
        return;
    }
    if (host->world->now_us < host->world->suspended_until_us ||
        host->paused_until_us > host->world->now_us ||
        (!host->alive && !faults_may_start(host->world, host))) {
        plan(host, pause_us(host->world));
    } else if (host->asking.what == HOST_ASKS_WHETHER_REMOVED) {
        look(host);
    } else if (host->asking.what == HOST_ASKS_FOUNDERS) {
        sweep(host);
    } else {
        join(host);
    }
}
