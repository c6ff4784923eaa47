/*
 * The log writer of a host, as a stage of its own in virtual time: it takes all writes that wait as
 * one batch, is busy as long as the disk takes, and calls the shipped WAL at the end of that time.
 * After a crash in between, the batch is written not at all, in part, or completely.
 */
#include "base/assert.h"
#include "base/memory.h"
#include "sim/faults_rot.h"
#include "sim/host.h"
#include "sim/truth.h"
#include "store/reserve.h"
#include "store/reserve_file.h"

enum {
    PREPARE_BYTES = 16384,
    HOLD_BYTES = 65536,
    CRASH_OPERATIONS_MAX =
        6, /* operations of the file system in one batch, at which a crash may hit */
};

void host_disk_begin(struct host *host)
{
    ASSERT(host->reserve == NULL);
    host->reserve = reserve_file_create(fs_memory_table(host->disk), HOST_DIRECTORY,
                                        HOST_RESERVE_BYTES, HOST_RESERVE_PIECE_BYTES);
}

void host_disk_hold(struct host *host)
{
    while (reserve_file_hold(host->reserve, HOLD_BYTES)) {
    }
}

bool host_disk_holds_all(const struct host *host)
{
    return host->reserve != NULL &&
           reserve_file_held_bytes(host->reserve) == reserve_held_bytes(HOST_RESERVE_BYTES);
}

void host_disk_end(struct host *host)
{
    reserve_file_destroy(host->reserve);
    host->reserve = NULL;
}

const struct fs *host_files(const struct host *host)
{
    return host->reserve != NULL ? reserve_file_table(host->reserve) : fs_memory_table(host->disk);
}

void host_set_room(struct host *host, enum host_room room)
{
    host->room = room;
    fs_memory_limit(host->disk, 0);
    if (host->alive && room == HOST_ROOM_ENOUGH) {
        host_disk_hold(host); /* the log writer looks every half second */
    }
    if (room == HOST_ROOM_FILLED) {
        fs_memory_fill(host->disk, 0);
    } else if (room == HOST_ROOM_TAKEN) {
        fs_memory_limit(host->disk, 1);
    }
    if (host->alive) {
        host_plan_turn(host);
    }
}

static void push(struct host_writes *writes, struct member_write *write)
{
    ASSERT(writes->count < MEMBER_WRITES_MAX);
    writes->list[writes->count++] = write;
}

static void begin_batch(struct host *host)
{
    const struct swarm *swarm = &host->world->swarm;
    uint64_t takes_us =
        sim_random_between(&host->world->random, swarm->sync_min_us, swarm->sync_max_us);

    host->writing = host->queued;
    host->queued.count = 0;
    host->batch_since_us = host->world->now_us;
    takes_us += host->stall_us;
    host->stall_us = 0;
    world_plan(host->world, host->world->now_us + takes_us, SIM_EVENT_DISK, host->id, ++host->batch,
               host->life);
}

void host_write_submit(struct host *host, struct member_write *write)
{
    push(&host->queued, write);
    if (host->writing.count == 0) {
        begin_batch(host);
    }
}

void host_writes_return(struct host *host)
{
    for (size_t i = 0; i < host->done.count; i++) {
        host->heard_other = true;
        world_mix(host->world, host->done.list[i]->write.sequence);
        member_written(host->member, host->done.list[i]);
    }
    host->done.count = 0;
}

static int append(struct host *host, struct raftd_error *error)
{
    struct raft_write *writes = memory_allocate(host->writing.count * sizeof(writes[0]));
    int code;

    for (size_t i = 0; i < host->writing.count; i++) {
        writes[i] = host->writing.list[i]->write;
    }
    code = wal_append(host->wal, writes, host->writing.count, error);
    memory_free(writes);
    return code;
}

/* As in the shipped log writer, a disk that fails ends the process. */
static void die(struct host *host, const struct raftd_error *error)
{
    world_see(host->world, SEEN_DISK_END);
    if (host->room == HOST_ROOM_TAKEN) {
        world_see(host->world, SEEN_TAKEN_END);
    }
    STORY(host->world, host->id, "ends: %s", error->message);
    host->disk_failed = true;
    host_crash(host, HOST_KILLED);
    world_plan(host->world, host->world->now_us + 1000 * host->world->swarm.election_timeout_ms,
               SIM_EVENT_START, host->id, 0, host->life);
}

void host_end_stall(struct host *host)
{
    host->stall_us = 0;
    if (host->writing.count > 0) {
        world_plan(host->world, host->world->now_us + host->world->swarm.sync_max_us,
                   SIM_EVENT_DISK, host->id, ++host->batch, host->life);
    }
}

void host_on_disk(struct host *host, uint16_t batch, uint64_t life)
{
    struct raftd_error error = {0};
    uint64_t held_bytes;

    if (!host->alive || host->life != life || host->batch != batch) {
        return;
    }
    held_bytes = reserve_file_held_bytes(host->reserve);
    if (append(host, &error) != 0) {
        die(host, &error);
        return;
    }
    if (reserve_file_held_bytes(host->reserve) < held_bytes) {
        world_see(host->world, SEEN_RESERVE_USED);
        if (reserve_file_held_bytes(host->reserve) > 0) {
            world_see(host->world, SEEN_RESERVE_LEFT);
        }
    }
    (void)reserve_file_hold(host->reserve, HOLD_BYTES);
    for (size_t i = 0; i < host->writing.count; i++) {
        truth_on_durable(host->world, host->id, &host->writing.list[i]->write);
        push(&host->done, host->writing.list[i]);
    }
    host->writing.count = 0;
    if (host->compact_index > 0) {
        wal_compact(host->wal, host->compact_index);
        if (!wal_free_segment(host->wal, &error) && error.code == 0) {
            faults_check_mended(host);
        }
    }
    if (error.code == 0 && sim_random_below(&host->world->random, 4) == 0) {
        wal_prepare(host->wal, PREPARE_BYTES, &error);
    }
    if (error.code != 0) {
        die(host, &error);
        return;
    }
    host_plan_turn(host);
    if (host->queued.count > 0) {
        begin_batch(host);
    }
}

static void lose(struct host_writes *writes)
{
    for (size_t i = 0; i < writes->count; i++) {
        member_write_free(writes->list[i]);
    }
    writes->count = 0;
}

/* As in the shipped log writer, a stop frees all that is not needed any more. */
static void free_segments(struct host *host)
{
    struct raftd_error error = {0};

    wal_compact(host->wal, host->compact_index);
    while (wal_free_segment(host->wal, &error)) {
    }
    if (error.code == 0) {
        faults_check_mended(host);
    }
}

void host_disk_stop(struct host *host)
{
    struct raftd_error error = {0};
    int code = 0;

    while (code == 0 && host->writing.count + host->queued.count > 0) {
        if (host->writing.count == 0) {
            host->writing = host->queued;
            host->queued.count = 0;
        }
        code = append(host, &error);
        if (code != 0) {
            truth_on_in_doubt(host->world, host->id, &host->writing);
            break;
        }
        for (size_t i = 0; i < host->writing.count; i++) {
            truth_on_durable(host->world, host->id, &host->writing.list[i]->write);
        }
        lose(&host->writing);
    }
    if (code == 0) {
        free_segments(host);
    }
    host_worker_end(host);
    wal_close(host->wal);
    host->wal = NULL;
    host_disk_end(host);
    fs_memory_end_process(host->disk);
    lose(&host->queued);
    lose(&host->writing);
    lose(&host->done);
}

/* Nothing, a part, or all of the batch under way has reached the file system. */
static void write_in_part(struct host *host)
{
    struct sim_random *random = &host->world->random;
    struct raftd_error error;

    if (host->writing.count == 0) {
        return;
    }
    truth_on_in_doubt(host->world, host->id, &host->writing);
    if (fs_memory_is_dead(host->disk) || host->disk_failed || sim_random_below(random, 4) == 0) {
        return;
    }
    fs_memory_die_at(host->disk, fs_memory_count(host->disk) + 1 +
                                     sim_random_below(random, CRASH_OPERATIONS_MAX));
    (void)append(host, &error);
}

void host_disk_crash(struct host *host, enum host_end end)
{
    static const enum fs_memory_loss losses[] = {FS_MEMORY_LOSE_ALL, FS_MEMORY_LOSE_NONE,
                                                 FS_MEMORY_LOSE_SOME, FS_MEMORY_TEAR};

    write_in_part(host);
    fs_memory_die(host->disk);
    host_worker_end(host);
    wal_close(host->wal);
    host->wal = NULL;
    host_disk_end(host);
    if (end == HOST_POWER_CUT) {
        enum fs_memory_loss loss = losses[sim_random_below(&host->world->random, 4)];

        if (loss == FS_MEMORY_TEAR && fs_memory_pending(host->disk, NULL, 0) > 0) {
            world_see(host->world, SEEN_TEAR);
        }
        fs_memory_power_cut(host->disk, loss);
    } else {
        fs_memory_end_process(host->disk);
    }
    lose(&host->queued);
    lose(&host->writing);
    lose(&host->done);
}
