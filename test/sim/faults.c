/*
 * The faults of a simulated world; see faults.h.
 */
#include "sim/faults.h"

#include <errno.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sim/faults_directory.h"
#include "sim/faults_disk.h"
#include "sim/faults_life.h"
#include "sim/faults_net.h"
#include "sim/faults_roles.h"
#include "sim/faults_rot.h"
#include "sim/faults_twin.h"
#include "sim/fs_memory.h"
#include "sim/host.h"
#include "sim/member_changes.h"
#include "sim/net.h"

struct faults {
    struct sim_random
        streams[FAULT_CLASSES]; /* one for each class: switching one off changes no other */
};

struct faults *faults_create(const struct world *world)
{
    struct faults *faults = memory_allocate_zeroed(1, sizeof(*faults));

    for (int i = 0; i < FAULT_CLASSES; i++) {
        faults->streams[i] = sim_random_make(sim_mix(world->swarm.seed, (uint64_t)i + 1000));
    }
    return faults;
}

void faults_destroy(struct faults *faults)
{
    memory_free(faults);
}

static struct sim_random *stream_of(struct world *world, enum fault_class fault)
{
    return &world->faults->streams[fault];
}

static void plan(struct world *world, enum fault_class fault)
{
    uint64_t after_us =
        1 + sim_random_below(stream_of(world, fault), 2 * world->swarm.interval_us[fault]);

    world_plan(world, world->now_us + after_us, SIM_EVENT_FAULT, (uint16_t)fault, 0, 0);
}

/* A duration; short ones are as likely as long ones. */
uint64_t faults_draw_us(struct sim_random *random, uint64_t longest_ms)
{
    uint64_t longest = longest_ms >> sim_random_below(random, 6);

    return 1000 * (1 + sim_random_below(random, longest));
}

/* The host that takes itself for the leader of the newest term; NULL = none. */
struct host *faults_find_leader(struct world *world)
{
    struct host *leader = NULL;
    uint64_t term = 0;

    for (uint16_t id = 1; id <= world->last_id; id++) {
        struct host *host = world->hosts[id];
        struct raft_status status;

        if (!host_is_alive(host) || host->stand_in != HOST_GENUINE ||
            raft_get_role(host->core) != RAFT_LEADER) {
            continue;
        }
        raft_get_status(host->core, host_now_ms(host), &status);
        if (status.term > term) {
            term = status.term;
            leader = host;
        }
    }
    return leader;
}

/* A random host, more often the leader than others, because there a fault matters most. */
struct host *faults_pick(struct world *world, struct sim_random *random, bool alive)
{
    struct host *leader =
        alive && sim_random_below(random, 3) == 0 ? faults_find_leader(world) : NULL;
    struct host *found[SIM_HOSTS_MAX];
    size_t count = 0;

    if (leader != NULL) {
        return leader;
    }
    for (uint16_t id = 1; id < SIM_HOSTS_MAX; id++) {
        struct host *host = world->hosts[id];

        if (host != NULL && !host->gone && host->alive == alive && host->stand_in == HOST_GENUINE) {
            found[count++] = host;
        }
    }
    return count > 0 ? found[sim_random_below(random, count)] : NULL;
}

/* ---- processes ---- */

static void crash(struct world *world, enum fault_class fault, struct sim_random *random,
                  struct host *host)
{
    bool power = swarm_has(&world->swarm, FAULT_POWER) && sim_random_below(random, 2) == 0;
    uint64_t down_us = faults_draw_us(random, 10 * (uint64_t)world->swarm.election_timeout_ms);

    faults_hit(world, power ? FAULT_POWER : fault, host->id);
    host_crash(host, power ? HOST_POWER_CUT : HOST_KILLED);
    world_plan(world, world->now_us + down_us, SIM_EVENT_START, host->id, 0, host->life);
}

static void strike_crash(struct world *world, struct sim_random *random)
{
    uint64_t count = sim_random_below(random, 4) == 0 ? world->swarm.nodes : 1;

    while (count-- > 0) {
        struct host *host = faults_pick(world, random, true);

        if (host != NULL && (count == 0 || sim_random_below(random, 2) == 0)) {
            crash(world, FAULT_CRASH, random, host);
        }
    }
}

/*
 * All but the leader end, and start again soon with the shortest election time-out; the leader is
 * cut off meanwhile. The lease of the leader rests on promises that these hosts made with a longer
 * time-out. If the start forgets such a promise, the others elect a leader before the lease is over
 * (R1).
 */
static void restart_voters(struct world *world, const struct host *leader,
                           struct sim_random *random)
{
    uint64_t timeout_us = 1000 * (uint64_t)world->swarm.election_timeout_ms;
    struct net_cut *cut =
        net_cut(world, world->now_us + 2 * timeout_us, sim_random_below(random, 2) == 0);

    if (cut == NULL) {
        return;
    }
    world_see(world, SEEN_RESTARTED_VOTERS);
    STORY(world, leader->id, "is cut off, and all others start again with short time-outs");
    faults_block(cut, 1U << leader->id, ~(1U << leader->id));
    faults_block(cut, ~(1U << leader->id), 1U << leader->id);
    faults_hit_cut(world, FAULT_CRASH_ALL, cut);
    for (uint16_t id = 1; id <= world->last_id; id++) {
        struct host *host = world->hosts[id];

        if (host != leader && host_is_alive(host) && host->stand_in == HOST_GENUINE) {
            host_crash(host, HOST_KILLED);
            host->waits_little = true;
            world_plan(world, world->now_us + 1 + sim_random_below(random, timeout_us / 8),
                       SIM_EVENT_START, id, 0, host->life);
        }
    }
}

/* Whether to restart only the voters. Not from the stream of the class: it was added when seeds
 * already had a meaning. */
static bool spares_leader(const struct world *world)
{
    return world->swarm.unequal && sim_mix(world->swarm.seed, world->now_us) % 2 == 0;
}

static void strike_crash_all(struct world *world, struct sim_random *random)
{
    const struct host *leader = faults_find_leader(world);

    if (leader != NULL && spares_leader(world)) {
        restart_voters(world, leader, random);
        return;
    }
    world_see(world, SEEN_CRASH_ALL);
    STORY(world, 0, "all at once:");
    for (uint16_t id = 1; id < SIM_HOSTS_MAX; id++) {
        if (host_is_alive(world->hosts[id]) && world->hosts[id]->stand_in == HOST_GENUINE) {
            crash(world, FAULT_CRASH_ALL, random, world->hosts[id]);
        }
    }
}

static void strike_pause(struct world *world, struct sim_random *random)
{
    struct host *host = faults_pick(world, random, true);
    uint64_t for_us = faults_draw_us(random, 8 * (uint64_t)world->swarm.election_timeout_ms);

    if (host == NULL) {
        return;
    }
    world_see(world, SEEN_PAUSE);
    faults_hit(world, FAULT_PAUSE, host->id);
    host_pause(host, world->now_us + for_us);
    if (sim_random_below(random, 2) == 0) {
        /* What is under way arrives; what others send meanwhile does not, until well after. */
        net_deafen(world, host->id, world->now_us + 2 * (uint64_t)world->swarm.delay_max_us,
                   world->now_us + for_us + 500 * (uint64_t)world->swarm.election_timeout_ms);
    }
}

/* ---- disks and clocks ---- */

static void strike_damage(struct world *world, struct sim_random *random)
{
    struct host *host = faults_pick(world, random, sim_random_below(random, 2) == 0);

    if (host != NULL) {
        faults_hit(world, FAULT_DAMAGE, host->id);
        faults_damage_disk(world, host, member_changes_can_lose(world, 1U << host->id), random);
    }
}

static void strike_rot(struct world *world, struct sim_random *random)
{
    struct host *host = faults_pick(world, random, true);
    struct host *other = faults_pick(world, random, true);

    if (host != NULL && faults_rot_snapshot(world, host, random)) {
        faults_hit(world, FAULT_ROT, host->id);
    }
    if (other != NULL && faults_rot_log(world, other, random)) {
        faults_hit(world, FAULT_ROT, other->id);
    }
}

static void strike_stall(struct world *world, struct sim_random *random)
{
    struct host *host = faults_pick(world, random, true);

    if (host != NULL) {
        faults_hit(world, FAULT_STALL, host->id);
        host->stall_us = faults_draw_us(random, 6000);
        world_see(world, host->stall_us < 1000000 ? SEEN_STALL : SEEN_LONG_STALL);
        STORY(world, host->id, "its next log write takes %llu ms",
              (unsigned long long)(host->stall_us / 1000));
    }
}

static void strike_disk_error(struct world *world, struct sim_random *random)
{
    static const enum fs_memory_operation operations[] = {
        FS_MEMORY_PWRITE, FS_MEMORY_PWRITE, FS_MEMORY_FDATASYNC, FS_MEMORY_FDATASYNC,
        FS_MEMORY_FSYNC,  FS_MEMORY_RENAME, FS_MEMORY_CREATE,    FS_MEMORY_SYNC_DIRECTORY};
    struct host *host = faults_pick(world, random, sim_random_below(random, 4) != 0);
    enum fs_memory_operation operation = operations[sim_random_below(random, 8)];
    uint32_t nth = (uint32_t)sim_random_between(random, 1, 4);

    if (host != NULL) {
        faults_hit(world, FAULT_DISK_ERROR, host->id);
        STORY(world, host->id, "its disk will fail once");
        fs_memory_fail(host->disk, operation, nth, -EIO);
    }
}

/* The disk is full at once, because others have filled it; or the log writer notices in time that
 * space is low. */
static void strike_disk_full(struct world *world, struct sim_random *random)
{
    static const struct {
        enum host_room room;
        const char *text;
    } kinds[] = {
        {HOST_ROOM_FILLED, "full"},
        {HOST_ROOM_TAKEN, "full, and others take what its reserve gives up,"},
        {HOST_ROOM_LOW, "nearly full"},
        {HOST_ROOM_NONE, "too full for entries"},
        {HOST_ROOM_EXHAUSTED, "too full for anything"},
    };
    size_t kind = sim_random_below(random, sizeof(kinds) / sizeof(kinds[0]));
    struct host *host = faults_pick(world, random, true);
    uint64_t for_us = faults_draw_us(random, 10 * (uint64_t)world->swarm.election_timeout_ms);

    if (host != NULL) {
        STORY(world, host->id, "its disk is %s for %llu ms", kinds[kind].text,
              (unsigned long long)(for_us / 1000));
        faults_hit(world, FAULT_DISK_FULL, host->id);
        host_set_room(host, kinds[kind].room);
        world_plan(world, world->now_us + for_us, SIM_EVENT_UNLIMIT, host->id, 0, 0);
    }
}

void faults_on_unlimit(struct world *world, uint16_t id)
{
    host_set_room(world->hosts[id], HOST_ROOM_ENOUGH);
}

static void strike_wall_step(struct world *world, struct sim_random *random)
{
    struct host *host = faults_pick(world, random, sim_random_below(random, 4) != 0);
    int64_t step_ms = (int64_t)sim_random_below(random, 2 * 3600000) - 3600000;

    if (host != NULL) {
        faults_hit(world, FAULT_WALL_STEP, host->id);
        world_see(world, SEEN_WALL_STEP);
        STORY(world, host->id, "its wall clock jumps by %lld ms", (long long)step_ms);
        host->wall_offset_ms += step_ms;
    }
}

/* ---- which and when ---- */

typedef void strike_function(struct world *world, struct sim_random *random);

/* Classes that are not here hit single frames, or only change how others strike. */
static strike_function *const strikes[FAULT_CLASSES] = {
    [FAULT_ONE_WAY] = faults_one_way,
    [FAULT_PARTITION] = faults_partition,
    [FAULT_TOPOLOGY] = faults_topology,
    [FAULT_CLOG] = faults_clog,
    [FAULT_RESET] = faults_reset,
    [FAULT_CRASH] = strike_crash,
    [FAULT_CRASH_ALL] = strike_crash_all,
    [FAULT_STALL] = strike_stall,
    [FAULT_DISK_ERROR] = strike_disk_error,
    [FAULT_DISK_FULL] = strike_disk_full,
    [FAULT_WALL_STEP] = strike_wall_step,
    [FAULT_PAUSE] = strike_pause,
    [FAULT_WIPE] = faults_wipe,
    [FAULT_DAMAGE] = strike_damage,
    [FAULT_DISASTER] = faults_disaster,
    [FAULT_ROT] = strike_rot,
    [FAULT_STOP] = faults_stop,
    [FAULT_SERVICE] = faults_service,
    [FAULT_SUSPEND] = faults_suspend,
    [FAULT_SET_BACK] = faults_set_back,
    [FAULT_FORMER] = faults_former,
    [FAULT_TWIN] = faults_twin,
    [FAULT_CHURN] = member_changes_strike_churn,
    [FAULT_HANDOVER] = member_changes_strike_handover,
};

void faults_start(struct world *world)
{
    for (int i = 0; i < FAULT_CLASSES; i++) {
        if (strikes[i] != NULL && swarm_has(&world->swarm, (enum fault_class)i)) {
            plan(world, (enum fault_class)i);
        }
    }
}

/* Whether every founder has made its log. Until then all of them are needed. */
static bool is_founded(struct world *world)
{
    for (uint16_t id = 1; id <= world->swarm.nodes && !world->is_founded; id++) {
        if (world->hosts[id]->identity.boot_count == 0) {
            return false;
        }
    }
    world->is_founded = true;
    return true;
}

static bool takes_directories(enum fault_class fault)
{
    return fault == FAULT_WIPE || fault == FAULT_DAMAGE || fault == FAULT_DISASTER ||
           fault == FAULT_SET_BACK || fault == FAULT_FORMER || fault == FAULT_TWIN;
}

void faults_on_strike(struct world *world, enum fault_class fault)
{
    if (!world->calm) {
        if (is_founded(world) || !takes_directories(fault)) {
            strikes[fault](world, stream_of(world, fault));
        }
        plan(world, fault);
    }
}

/* Failures that were planned and have not happened yet are cancelled. */
static void forgive_disk(struct fs_memory *disk)
{
    const struct fs_faults none = {0};

    fs_memory_set_faults(disk, &none);
    for (int i = 0; i < FS_MEMORY_OPERATIONS; i++) {
        fs_memory_fail(disk, (enum fs_memory_operation)i, 0, -EIO);
    }
}

/* The largest set of hosts that is a minority of every membership that a host has in force. */
static uint32_t draw_minority(struct world *world, struct sim_random *random)
{
    uint32_t minority = 0;

    for (uint16_t i = 0; i < 2 * world->last_id; i++) {
        uint32_t more = minority | 1U << (1 + sim_random_below(random, world->last_id));

        if (member_changes_can_lose(world, more)) {
            minority = more;
        }
    }
    return minority;
}

/* The others have to go on without these hosts, which are down, or send and do not receive, or
 * receive and do not send, or reach only one other node. */
static void leave_in_trouble(struct world *world)
{
    struct sim_random *random = stream_of(world, FAULT_MINORITY);
    uint32_t minority = draw_minority(world, random);
    uint64_t kind = sim_random_below(random, 4);
    uint32_t bridge = 1U << (1 + sim_random_below(random, world->last_id));
    struct net_cut *cut = net_cut(world, UINT64_MAX, sim_random_below(random, 2) == 0);

    STORY(world, 0, "but nodes %#x stay in trouble", minority >> 1);
    if (kind == 1 || kind == 3) {
        faults_block(cut, ~minority, minority & ~(kind == 3 ? bridge : 0));
    }
    if (kind == 2 || kind == 3) {
        faults_block(cut, minority, ~minority & ~(kind == 3 ? bridge : 0));
    }
    for (uint16_t id = 1; id <= world->last_id; id++) {
        struct host *host = world->hosts[id];

        if ((minority >> id & 1) != 0 && !host->gone) {
            faults_hit(world, FAULT_MINORITY, id);
            host->in_trouble = true;
            if (kind == 0 && host->alive) {
                host_crash(host, HOST_KILLED);
            }
        }
    }
}

void faults_calm(struct world *world)
{
    (void)is_founded(world);
    faults_resume(world);
    faults_end_stand_ins(world);
    faults_end_twins(world);
    net_calm(world);
    /*
     * If a change of members is under way, it may need the hosts that would be hit; then none is.
     */
    if (swarm_has(&world->swarm, FAULT_MINORITY) && !swarm_has(&world->swarm, FAULT_CHURN) &&
        world->is_founded) {
        leave_in_trouble(world);
    }
    for (uint16_t id = 1; id < SIM_HOSTS_MAX; id++) {
        struct host *host = world->hosts[id];

        if (host == NULL || host->gone || (host->in_trouble && !host->alive)) {
            continue;
        }
        fs_memory_limit(host->disk, 0);
        host->room = HOST_ROOM_ENOUGH;
        forgive_disk(host->disk);
        host_end_stall(host);
        host->takes_part = true;
        host->serves = true;
        if (host->alive && host->paused_until_us > world->now_us) {
            host->paused_until_us = 0;
            host->turn_planned =
                false; /* an event that is planned already comes later and does no harm */
            host_plan_turn(host);
        } else if (!host->alive && host->asking.what == HOST_ASKS_NOTHING) {
            host_on_start(host, host->life);
        }
    }
}
