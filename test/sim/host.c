/*
 * The life of a host: start, recovery, end, and what arrives. See host.h.
 */
#include "sim/host.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "kv/kv.h"
#include "member/recovery.h"
#include "sim/clients.h"
#include "sim/faults_directory.h"
#include "sim/member_changes.h"
#include "sim/net.h"
#include "sim/truth.h"

enum { SNAPSHOT_RETRY_TIMEOUTS = 2 };

/* The disk of a host: the size of its sectors, and errors by chance, each so many times in a
 * million operations. A disk that comes in the calm has none. */
static void make_disk(struct host *host, struct sim_random *random)
{
    const struct swarm *swarm = &host->world->swarm;
    struct fs_faults faults = {0};

    host->disk = fs_memory_create(sim_random_next(random));
    fs_memory_set_sector_bytes(host->disk, sim_random_below(random, 2) == 0 ? 512 : 4096);
    if (sim_random_below(random, 2) == 0) {
        faults.write_back = (uint32_t)sim_random_below(random, 100000);
    }
    if (swarm_has(swarm, FAULT_DISK_ERROR)) {
        faults.write_error = (uint32_t)sim_random_below(random, 1000);
        faults.sync_error = (uint32_t)sim_random_below(random, 1000);
        faults.name_error = (uint32_t)sim_random_below(random, 2000);
        faults.read_error = (uint32_t)sim_random_below(random, 1000);
    }
    if (!host->world->calm) {
        fs_memory_set_faults(host->disk, &faults);
    }
}

struct host *host_create(struct world *world, uint16_t id)
{
    struct host *host = memory_allocate_zeroed(1, sizeof(*host));
    struct sim_random random = sim_random_make(sim_mix(world->swarm.seed, id));

    host->world = world;
    host->id = id;
    make_disk(host, &random);
    host_draw_identity(host);
    host->pause_random = sim_random_make(sim_mix(world->swarm.seed, 5000 + (uint64_t)id));
    host->clock_rate = 1000000;
    if (swarm_has(&world->swarm, FAULT_DRIFT)) {
        host->clock_rate = sim_random_between(&random, 950000, 1050000);
    }
    host->clock_offset_ms = sim_random_between(&random, 1, 1000000);
    host->wall_offset_ms = 1700000000000 + (int64_t)sim_random_below(&random, 1000);
    ASSERT(waker_open(&host->waker) == 0);
    return host;
}

void host_destroy(struct host *host)
{
    if (host == NULL) {
        return;
    }
    if (host->alive) {
        host_crash(host, HOST_KILLED);
    }
    host_asking_end(host);
    fs_memory_destroy(host->disk);
    fs_memory_destroy(host->own_disk);
    fs_memory_destroy(host->copy);
    fs_memory_destroy(host->former_disk);
    waker_close(&host->waker);
    memory_free(host->inbox);
    memory_free(host->asked);
    memory_free(host->open);
    memory_free(host);
}

void host_see_disks(const struct world *world, struct seen_counts *seen)
{
    static const enum seen kinds[FS_FAULT_KINDS] = {
        [FS_FAULT_READ_ERROR] = SEEN_READ_ERROR,
        [FS_FAULT_WRITE_ERROR] = SEEN_WRITE_ERROR,
        [FS_FAULT_SHORT_WRITE] = SEEN_SHORT_WRITE,
        [FS_FAULT_SYNC_ERROR] = SEEN_SYNC_ERROR,
        [FS_FAULT_NAME_ERROR] = SEEN_NAME_ERROR,
        [FS_FAULT_FULL] = SEEN_FULL,
        [FS_FAULT_STALL] = SEEN_STALL,
        [FS_FAULT_WRITE_BACK] = SEEN_WRITE_BACK,
        [FS_FAULT_UNREADABLE] = SEEN_UNREADABLE,
    };

    for (uint16_t id = 1; id <= world->last_id; id++) {
        for (int kind = 0; kind < FS_FAULT_KINDS; kind++) {
            seen->counts[kinds[kind]] +=
                fs_memory_fault_count(world->hosts[id]->disk, (enum fs_fault_kind)kind);
        }
    }
}

bool host_is_alive(const struct host *host)
{
    return host != NULL && host->alive;
}

bool host_runs(const struct host *host)
{
    return host_is_alive(host) && host->paused_until_us <= host->world->now_us;
}

bool host_is_member(const struct host *host)
{
    return raft_membership_find(raft_get_membership(host->core), host->id) != NULL;
}

bool host_hears(const struct host *host, uint16_t peer)
{
    return host->alive && host->link_up[peer];
}

/* ---- start and end ---- */

static void log_found(void *argument, const struct wal_recovered *log)
{
    struct host *host = argument;

    if (host->identity.lost.damaged_index != 0) {
        STORY(host->world, host->id, "its log is cut from %llu on, and ended at %llu of term %llu",
              (unsigned long long)host->identity.lost.damaged_index,
              (unsigned long long)host->identity.lost.index,
              (unsigned long long)host->identity.lost.term);
    }
    truth_on_recovered(host->world, host, log);
}

void host_draw_identity(struct host *host)
{
    host->new_identity =
        sim_mix(sim_mix(host->world->swarm.seed, 9000 + (uint64_t)host->id), ++host->directories) |
        1;
}

const char *host_stand_in_name(const struct host *host)
{
    static const char *const names[] = {
        [HOST_GENUINE] = "genuine",
        [HOST_EMPTIED] = "emptied",
        [HOST_SET_BACK] = "set back",
        [HOST_FORMER] = "of an earlier cluster",
        [HOST_OTHERS] = "that of another node",
    };

    return names[host->stand_in];
}

void host_recovery_options(struct host *host, struct recovery_options *options)
{
    *options = (struct recovery_options){
        .fs = host_files(host),
        .prepare_fs = fs_memory_table(host->disk),
        .directory = HOST_DIRECTORY,
        .cluster_name = "",
        .node_id = host->id,
        .segment_bytes = host->world->swarm.segment_bytes,
        .max_entry_bytes = HOST_ENTRY_BYTES_MAX,
        .keep_entries = host->world->swarm.snapshot_tail,
        .log_memory_bytes = host->world->swarm.log_memory_bytes,
        .random_seed = sim_random_next(&host->world->random),
        .machine = &host->machine,
        .log_found = log_found,
        .argument = host,
    };
}

static struct raft_options core_options(struct host *host)
{
    const struct host_options *options = &host->options;

    return (struct raft_options){
        .check = plant_active == PLANT_NONE,
        .id = host->id,
        .random_seed = sim_random_next(&host->world->random),
        .heartbeat_ms = options->heartbeat_ms,
        .election_timeout_ms = options->election_timeout_ms,
        .max_batch_bytes = options->max_batch_bytes,
        .max_inflight_messages = options->max_inflight_messages,
        .max_inflight_bytes = options->max_inflight_bytes,
        .max_uncommitted_bytes = options->max_uncommitted_bytes,
        .max_log_bytes = host->world->swarm.log_memory_bytes,
        .priority = options->priority,
        .disk_stall_ms = options->disk_stall_ms,
    };
}

static struct member_options member_options(const struct host *host)
{
    const struct host_options *options = &host->options;

    return (struct member_options){
        .id = host->id,
        .cluster_id = host->identity.cluster_id,
        .identity = host->identity.identity,
        .origin = host->origin,
        .request_timeout_ms = options->request_timeout_ms,
        .max_uncommitted_bytes = options->max_uncommitted_bytes,
        .reserve_bytes = HOST_RESERVE_BYTES,
        .has_deadlines = true,
        .has_snapshots = true,
        .snapshot_entries = options->snapshot_every != 0 ? options->snapshot_every : UINT64_MAX,
        .snapshot_bytes = options->snapshot_bytes,
        .keep_entries = options->keep_entries,
        .log_memory_bytes = host->world->swarm.log_memory_bytes,
        .snapshot_retry_ms = SNAPSHOT_RETRY_TIMEOUTS * options->election_timeout_ms,
        .apply_entries_max = 128,
    };
}

static bool make_member(struct host *host, const struct recovery_options *recovery,
                        const struct recovered *recovered)
{
    const struct raft_options raft_options = core_options(host);
    const struct member_options options = member_options(host);
    const struct member_applied applied = {.index = recovered->snapshot.index,
                                           .term = recovered->snapshot.term,
                                           .time_ms = recovered->snapshot.time_ms,
                                           .content_bytes = recovered->content_bytes};
    struct raft_core *core = NULL;

    if (recovery_make_core(recovery, &raft_options, recovered, host_now_ms(host), &core, NULL) !=
        0) {
        return false;
    }
    host->member = member_create(&options, core, &applied, host_now_ms(host));
    host->core = member_core(host->member);
    return true;
}

/* The state machine is made before the log is read: a snapshot becomes its state. */
static void make_machine(struct host *host)
{
    host->kv = kv_create(sim_random_next(&host->world->random));
    host->machine = kv_state_machine(host->kv);
}

static void begin_life(struct host *host, const struct snapshot_info *snapshot)
{
    host->life = truth_new_life(host->world, host->id, &host->origin);
    host->alive = true;
    host->takes_part = true;
    host->serves = true;
    host->is_draining = false;
    host->is_drained = false;
    host->paused_until_us = 0;
    host->state_index = snapshot->index;
    host->compact_index = 0;
    host->fetch_count = 0;
    host->handover = 0;
    host->timer_us = 0;
    host->stall_us = 0;
    host->disk_failed = false;
    memset(host->link_up, 0, sizeof(host->link_up));
}

/* All founders and all others belong to the same cluster. */
static void check_cluster(struct host *host)
{
    struct world *world = host->world;

    if (host->stand_in != HOST_GENUINE) {
        return;
    }
    if (world->cluster_id == 0) {
        world->cluster_id = host->identity.cluster_id;
    } else if (world->cluster_id != host->identity.cluster_id) {
        world_fail(world, "a cluster is founded once", "node %u belongs to another one", host->id);
    }
}

static bool cannot_start(struct host *host, struct recovered *recovered,
                         const struct raftd_error *error)
{
    STORY(host->world, host->id, "cannot start: %s", error->message);
    if (error->code != RAFTD_ERROR_SYSTEM && host->stand_in != HOST_OTHERS) {
        world_fail(host->world, "recovery", "node %u does not start: %s", host->id, error->message);
    }
    fs_memory_die(host->disk);
    recovery_free(recovered);
    kv_destroy(host->kv);
    host->kv = NULL;
    host_disk_end(host);
    fs_memory_end_process(host->disk);
    return false;
}

int host_probe(struct host *host, bool snapshots, uint64_t *base_index, bool *cuts,
               struct raftd_error *error)
{
    struct recovery_options options;
    struct directory_identity identity;
    struct recovered recovered = {0};
    int code;

    ASSERT(!host->alive && !host->gone);
    make_machine(host);
    host_recovery_options(host, &options);
    options.log_found = NULL;
    code = recovery_identify(&options, 1, &identity, error);
    if (code == 0 && !recovery_is_new(&identity)) {
        code = recovery_run(&options, &identity, NULL, &recovered, error);
    }
    *base_index = recovered.log.base_index;
    *cuts = recovered.has_cut;
    if (!snapshots && recovered.wal != NULL) {
        code = 0; /* the log could be opened */
    }
    fs_memory_die(host->disk);
    recovery_free(&recovered);
    fs_memory_end_process(host->disk);
    kv_destroy(host->kv);
    host->kv = NULL;
    return code;
}

/* Recovers as the daemon does. */
static int recover(struct host *host, uint64_t cluster_id, const struct raft_membership *founding,
                   struct recovered *recovered, struct raftd_error *error)
{
    struct raft_membership founders = *host->world->founders;
    uint64_t digest = founding_digest("", &founders);
    struct recovery_options options;
    int code;

    host_recovery_options(host, &options);
    code = recovery_identify(&options, host->new_identity, &host->identity, error);
    if (code == 0 && recovery_is_new(&host->identity)) {
        code = recovery_decide(&options, &host->identity, cluster_id, founding,
                               founding != NULL ? digest : 0, error);
    }
    if (code == 0) {
        bool is_founder =
            founding_first_members(&host->identity, digest, &founders) == FOUNDING_MEMBERS;

        code = recovery_run(&options, &host->identity, is_founder ? &founders : NULL, recovered,
                            error);
    }
    if (recovered->has_restarted || (code != 0 && recovered->snapshot.index > 0)) {
        truth_on_restarted(host->world, host->id, recovered->snapshot.index,
                           code == 0 ? &recovered->log : NULL);
    }
    return code;
}

bool host_start(struct host *host, uint64_t cluster_id, const struct raft_membership *founding)
{
    struct recovered recovered = {0};
    struct raftd_error error = {0};
    struct recovery_options options;

    ASSERT(!host->alive && !host->gone);
    host_asking_end(host);
    host_draw_options(host);
    make_machine(host);
    host_disk_begin(host);
    host_recovery_options(host, &options);
    if (recover(host, cluster_id, founding, &recovered, &error) != 0) {
        return cannot_start(host, &recovered, &error);
    }
    fs_memory_die_at(host->disk, 0);
    if (host->snapshot_damaged && host->stand_in == HOST_GENUINE) {
        world_see(host->world, SEEN_SNAPSHOT_FALLBACK);
        host->snapshot_damaged = false;
    }
    begin_life(host, &recovered.snapshot);
    if (recovered.snapshot.index > 0) {
        world_see(host->world, SEEN_SNAPSHOT_START);
    }
    host_disk_hold(host);
    host_worker_begin(host, recovered.files);
    STORY(host->world, host->id, "starts: term %llu, vote %u, snapshot of %llu, log %llu to %llu",
          (unsigned long long)recovered.log.term, recovered.log.vote,
          (unsigned long long)recovered.snapshot.index,
          (unsigned long long)recovered.log.base_index + 1,
          (unsigned long long)recovered.log.base_index + recovered.log.entry_count);
    if (!make_member(host, &options, &recovered)) {
        world_fail(host->world, "recovery", "node %u: the core refuses the log", host->id);
    }
    host->wal = recovered.wal;
    wal_recovered_free(&recovered.log);
    if (!host->world->failure.failed) {
        truth_on_started(host->world, host, recovered.snapshot.index);
        check_cluster(host);
        host_links_begin(host);
        net_host_started(host->world, host->id);
        host_asking_begin(host, host->joins && !host_is_member(host) ? HOST_ASKS_TO_JOIN
                                                                     : HOST_ASKS_WHETHER_REMOVED);
        host_plan_turn(host);
    }
    return true;
}

bool host_begin(struct host *host)
{
    struct directory_identity found;
    struct recovered recovered = {0};
    struct raftd_error error = {0};
    bool is_founder = host->id <= host->world->swarm.nodes;
    int code = directory_identity_read(fs_memory_table(host->disk), HOST_DIRECTORY, &found, &error);
    bool is_new = found.cluster_id == 0;

    if (code != 0) { /* a start that cannot tell whether the directory is new ends here */
        make_machine(host);
        return cannot_start(host, &recovered, &error);
    }
    if (is_new && host->joins) {
        host_asking_begin(host, HOST_ASKS_TO_JOIN);
        return true;
    }
    if (is_new && is_founder && (host->world->founding == NULL || host->stand_in != HOST_GENUINE)) {
        host_asking_begin(host, HOST_ASKS_FOUNDERS);
        return true;
    }
    return host_start(host, WORLD_CLUSTER_ID, is_founder ? host->world->founding : NULL);
}

/* The process ends during its recovery; what the recovery wrote may be lost again. */
void host_crash_in_recovery(struct host *host)
{
    world_see(host->world, SEEN_CRASH_IN_RECOVERY);
    fs_memory_die_at(host->disk,
                     fs_memory_count(host->disk) + 1 + sim_random_below(&host->world->random, 12));
}

void host_on_start(struct host *host, uint64_t life)
{
    struct world *world = host->world;

    if (host->alive || host->gone || host->life != life || (world->calm && host->in_trouble)) {
        return;
    }
    if (world->now_us < world->suspended_until_us) {
        world_plan(world, world->suspended_until_us, SIM_EVENT_START, host->id, 0, host->life);
        return;
    }
    if (!faults_may_start(world, host)) {
        world_plan(world, world->now_us + 1000 * world->swarm.election_timeout_ms, SIM_EVENT_START,
                   host->id, 0, host->life);
        return;
    }
    if (!world->calm && swarm_has(&world->swarm, FAULT_POWER) &&
        sim_random_below(&world->random, 8) == 0) {
        host_crash_in_recovery(host);
    }
    if (!host_begin(host) && !world->failure.failed) {
        if (swarm_has(&world->swarm, FAULT_POWER)) {
            fs_memory_power_cut(host->disk, FS_MEMORY_LOSE_SOME);
        }
        world_plan(world, world->now_us + 1000 * world->swarm.election_timeout_ms, SIM_EVENT_START,
                   host->id, 0, host->life);
    }
}

/* ---- what arrives ---- */

static struct host_input *add_input(struct host *host)
{
    struct host_input *input;

    host->inbox = memory_grow(host->inbox, &host->inbox_capacity, host->inbox_count + 1,
                              sizeof(host->inbox[0]));
    input = &host->inbox[host->inbox_count++];
    *input = (struct host_input){0};
    if (host->inbox_count > HOST_INBOX_MAX) {
        world_fail(host->world, "bounded queues", "node %u has %zu frames to read", host->id,
                   host->inbox_count);
    }
    host_plan_turn(host);
    return input;
}

static void unreadable(struct host *host, uint16_t from, const struct raftd_error *error)
{
    world_fail(host->world, "wire", "node %u cannot read a frame of node %u: %s", host->id, from,
               error->message);
}

static void receive_snapshot(struct host *host, uint16_t from, const struct wire_frame *frame)
{
    struct raftd_error error = {0};
    struct wire_snapshot *snapshot;

    if (wire_snapshot_decode(&snapshot, frame->data + WIRE_HEADER_BYTES,
                             frame->size_bytes - WIRE_HEADER_BYTES, &error) != 0) {
        unreadable(host, from, &error);
        return;
    }
    *add_input(host) = (struct host_input){.peer = from, .snapshot = snapshot};
}

void host_receive(struct host *host, uint16_t from, const struct wire_frame *frame)
{
    const struct wire_limits limits = {.max_entry_bytes = HOST_ENTRY_BYTES_MAX,
                                       .max_entries = 65536};
    struct wire_header header;
    struct raftd_error error = {0};
    struct raft_message *message;

    if (wire_header_decode(&header, frame->data, HOST_FRAME_BYTES_MAX, &error) != 0 ||
        header.payload_bytes + WIRE_HEADER_BYTES != frame->size_bytes) {
        unreadable(host, from, &error);
        return;
    }
    if (header.type == WIRE_SNAPSHOT) {
        receive_snapshot(host, from, frame);
        return;
    }
    if (wire_message_decode(&message, frame->data + WIRE_HEADER_BYTES, header.payload_bytes,
                            &limits, &error) != 0) {
        unreadable(host, from, &error);
        return;
    }
    if (message->term < truth_term(host->world, host->id)) {
        world_see(host->world, SEEN_OLD_TERM);
    }
    message->from =
        from; /* as the link does: the sender was verified when the connection was made */
    message->to = host->id;
    acquaintance_hear(&host->links[from].known, message);
    *add_input(host) = (struct host_input){.peer = from, .message = message};
}

void host_link(struct host *host, uint16_t peer, bool up)
{
    struct host_input *input;

    if (!host->alive || host->link_up[peer] == up) {
        return;
    }
    host->link_up[peer] = up;
    input = add_input(host);
    input->peer = peer;
    input->is_link = true;
    input->up = up;
}

void host_ask(struct host *host, struct client_operation *operation)
{
    host->asked = memory_grow(host->asked, &host->asked_capacity, host->asked_count + 1,
                              sizeof(struct client_operation *));
    host->asked[host->asked_count++] = operation;
    host_plan_turn(host);
}

void host_change(struct host *host, const struct raft_change *change)
{
    struct buffer bytes = {0};

    raft_change_encode(change, &bytes);
    raft_entry_release(host->change);
    host->change =
        raft_entry_make(RAFT_ENTRY_MEMBERSHIP_CHANGE, bytes.data, (uint32_t)bytes.size_bytes);
    buffer_free(&bytes);
    host_plan_turn(host);
}

void host_pause(struct host *host, uint64_t until_us)
{
    STORY(host->world, host->id, "is paused");
    /* Its next turn may be planned for the end of an earlier pause already. */
    if (until_us > host->paused_until_us) {
        host->paused_until_us = until_us;
    }
}

void host_on_turn(struct host *host, uint64_t life)
{
    if (!host->alive || host->life != life) {
        return;
    }
    host->turn_planned = false;
    if (host->world->now_us < host->paused_until_us) {
        host_plan_turn(host);
        return;
    }
    host_turn(host);
    if (!host->world->failure.failed) {
        member_changes_retire(host->world, host);
        host_follow_draining(host);
    }
}
