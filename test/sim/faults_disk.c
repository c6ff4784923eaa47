/*
 * Damage to disks at rest; see faults_disk.h.
 */
#include "sim/faults_disk.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "sim/faults_roles.h"
#include "sim/fs_damage.h"
#include "sim/fs_memory.h"
#include "sim/member_changes.h"
#include "store/snapshot_format.h"
#include "store/snapshot_reader.h"
#include "store/wal_read.h"

enum { FLIPS_FROM = 12 }; /* of a snapshot file: magic and version */

/* Planned failures are cancelled: a start fails because of the damage, or not at all. */
static void forgive(struct host *host)
{
    const struct fs_faults none = {0};

    for (int i = 0; i < FS_MEMORY_OPERATIONS; i++) {
        fs_memory_fail(host->disk, (enum fs_memory_operation)i, 0, -EIO);
    }
    fs_memory_set_faults(host->disk, &none);
    fs_memory_limit(host->disk, 0);
}

/*
 * Whether the start cuts the log before the damage, and gets the lost entries from the others:
 * tried on a copy of the disk.
 */
static bool cuts_log(struct world *world, struct host *host, const char *what)
{
    struct fs_memory *disk = host->disk;
    struct raftd_error error = {0};
    uint64_t base_index;
    bool cuts = false;
    int code;

    forgive(host);
    host->disk = fs_memory_copy(disk, host->life);
    code = host_probe(host, true, &base_index, &cuts, &error);
    fs_memory_destroy(host->disk);
    host->disk = disk;
    if (code == 0 && !cuts) {
        world_fail(world, "damage is noticed", "node %u starts, although %s", host->id, what);
    }
    return code == 0;
}

/* The host refuses to start, for ever. */
static void refuse(struct world *world, struct host *host, bool snapshots, const char *what)
{
    struct raftd_error error = {0};
    uint64_t base_index;
    bool cuts;

    forgive(host);
    if (host_probe(host, snapshots, &base_index, &cuts, &error) == 0) {
        world_fail(world, "damage is refused", "node %u starts, although %s", host->id, what);
        return;
    }
    STORY(world, host->id, "refuses to start, for good: %s", error.message);
    world_see(world, snapshots ? SEEN_SNAPSHOT_REFUSAL : SEEN_REFUSAL);
    host->gone = true;
    host->is_lost = true;
}

/* ---- snapshots ---- */

/* The index of the newest snapshot; 0 = there is none. */
static void note_snapshot(void *argument, const char *name)
{
    uint64_t *newest = argument;
    uint64_t index = snapshot_name_index(name);

    if (index > *newest) {
        *newest = index;
    }
}

/* Whether the host could start without the newest snapshot, tried on a copy of the disk: from the
 * snapshot before it, or from a complete log. */
static bool starts_without(struct host *host, const char *path)
{
    struct fs_memory *disk = host->disk;
    struct raftd_error error = {0};
    uint64_t base_index;
    bool cuts;
    int code;

    host->disk = fs_memory_copy(disk, host->life);
    fs_memory_remove(host->disk, path);
    code = host_probe(host, true, &base_index, &cuts, &error);
    fs_memory_destroy(host->disk);
    host->disk = disk;
    return code == 0;
}

static const char *spoil(struct fs_memory *disk, const char *path, struct sim_random *random)
{
    size_t size = fs_memory_size(disk, path);
    /* Not in the version: a snapshot of another version is refused in any case. */
    size_t offset =
        size > FLIPS_FROM ? (size_t)sim_random_between(random, FLIPS_FROM, size - 1) : 0;
    uint8_t *bytes = memory_allocate(size + 1);
    const char *what = "its newest snapshot has a flipped bit";

    memcpy(bytes, fs_memory_bytes(disk, path), size);
    if (sim_random_below(random, 3) == 0) {
        what = "its newest snapshot is cut short"; /* T35: to nothing, among others */
        size = sim_random_below(random, 3) == 0 ? 0 : offset;
    } else if (size > FLIPS_FROM) {
        bytes[offset] = (uint8_t)(bytes[offset] ^ (1u << sim_random_below(random, 8)));
    }
    fs_memory_put(disk, path, bytes, size);
    memory_free(bytes);
    return what;
}

/* Damages the newest snapshot. The start has to do without it, or to refuse. */
static void damage_snapshot(struct world *world, struct host *host, bool may_be_lost,
                            struct sim_random *random)
{
    const struct fs *fs = fs_memory_table(host->disk);
    uint64_t newest = 0;
    char path[sizeof(HOST_DIRECTORY) + 1 + SNAPSHOT_NAME_BYTES] = HOST_DIRECTORY "/";
    bool has_to_start;
    const char *what;

    forgive(host);
    if (fs->list(fs->context, HOST_DIRECTORY, note_snapshot, &newest) < 0 || newest == 0) {
        return;
    }
    snapshot_name(path + sizeof(HOST_DIRECTORY), newest);
    has_to_start = starts_without(host, path);
    if (!has_to_start && !may_be_lost) {
        return;
    }
    what = spoil(host->disk, path, random);
    STORY(world, host->id, "%s: that of index %llu", what, (unsigned long long)newest);
    world_see(world, SEEN_SNAPSHOT_DAMAGE);
    host->snapshot_damaged = has_to_start;
    if (!has_to_start) {
        refuse(world, host, true, what);
    }
}

/* The two newest snapshots; 0 = there is none. */
struct newest {
    uint64_t first;
    uint64_t second;
};

static void note_two(void *argument, const char *name)
{
    struct newest *newest = argument;
    uint64_t index = snapshot_name_index(name);

    if (index > newest->first) {
        newest->second = newest->first;
        newest->first = index;
    } else if (index > newest->second) {
        newest->second = index;
    }
}

static bool is_intact(struct host *host, uint64_t index)
{
    char name[SNAPSHOT_NAME_BYTES];
    struct snapshot_reader *reader;
    bool intact;

    snapshot_name(name, index);
    if (snapshot_reader_open(fs_memory_table(host->disk), HOST_DIRECTORY, name, &reader, NULL) !=
        0) {
        return false;
    }
    intact = snapshot_reader_verify(reader, NULL) == 0;
    snapshot_reader_close(reader);
    return intact;
}

/* Whether the log reaches back to this index, also when everything is freed that is not needed. */
static bool log_reaches(struct host *host, uint64_t index)
{
    struct wal_entries entries;
    int code;

    if (host->compact_index > index) {
        return false;
    }
    code = wal_read_entries(host->wal, index + 1, index + 1, 1, &entries, NULL);
    wal_entries_free(&entries);
    return code == 0;
}

bool faults_rot_snapshot(struct world *world, struct host *host, struct sim_random *random)
{
    const struct fs *fs = fs_memory_table(host->disk);
    char path[sizeof(HOST_DIRECTORY) + 1 + SNAPSHOT_NAME_BYTES] = HOST_DIRECTORY "/";
    struct newest newest = {0};
    uint64_t offset;
    uint8_t byte;

    /* A log that was damaged is about to begin after the newest snapshot. */
    if (!host->alive || host->log_is_damaged || host->options.snapshots_kept < 2 ||
        fs->list(fs->context, HOST_DIRECTORY, note_two, &newest) < 0 || newest.second == 0 ||
        host->state_index < newest.first || !is_intact(host, newest.first) ||
        !is_intact(host, newest.second) || !log_reaches(host, newest.second)) {
        return false;
    }
    snapshot_name(path + sizeof(HOST_DIRECTORY), newest.first);
    offset = sim_random_between(random, FLIPS_FROM, fs_memory_size(host->disk, path) - 1);
    byte =
        (uint8_t)(fs_memory_bytes(host->disk, path)[offset] ^ (1u << sim_random_below(random, 8)));
    fs_memory_poke(host->disk, path, offset, &byte, 1);
    STORY(world, host->id, "its snapshot of index %llu rots at offset %llu",
          (unsigned long long)newest.first, (unsigned long long)offset);
    world_see(world, SEEN_SNAPSHOT_ROT);
    return true;
}

/* ---- any disk ---- */

static void damage_log(struct world *world, struct host *host, bool may_be_lost,
                       struct sim_random *random)
{
    static const enum seen kinds[FS_DAMAGE_KINDS] = {
        [FS_DAMAGE_FLIP] = SEEN_FLIP,
        [FS_DAMAGE_UNREADABLE] = SEEN_UNREADABLE,
        [FS_DAMAGE_LOST] = SEEN_LOST_WRITE,
        [FS_DAMAGE_MISDIRECTED] = SEEN_MISDIRECTED,
        [FS_DAMAGE_FILE_GONE] = SEEN_FILE_GONE,
        [FS_DAMAGE_FLIP_BEHIND] = SEEN_FLIP_BEHIND,
        [FS_DAMAGE_STALE_BEHIND] = SEEN_STALE_BEHIND,
    };
    struct fs_damage damage;

    if (!fs_damage_draw(host->disk, HOST_DIRECTORY, may_be_lost, random, &damage)) {
        return;
    }
    STORY(world, host->id, "its disk is damaged: %s", damage.what);
    world_see(world, kinds[damage.kind]);
    if (damage.is_fatal && cuts_log(world, host, damage.what)) {
        world_see(world, SEEN_LOG_CUT);
        host->must_cut = true;
        host->lacks_log = true;
    } else if (damage.is_fatal && !world->failure.failed) {
        refuse(world, host, false, damage.what);
    }
}

void faults_damage_disk(struct world *world, struct host *host, bool may_be_lost,
                        struct sim_random *random)
{
    if (host->alive) {
        host_crash(host, HOST_KILLED);
        world_plan(world, world->now_us + 1000 * world->swarm.election_timeout_ms, SIM_EVENT_START,
                   host->id, 0, host->life);
    }
    /* A start that cuts its log may need the snapshot to know its members. */
    if (sim_random_below(random, 3) == 0 && !host->must_cut) {
        damage_snapshot(world, host, may_be_lost, random);
    } else {
        damage_log(world, host, may_be_lost, random);
    }
}

void faults_disaster(struct world *world, struct sim_random *random)
{
    STORY(world, 0, "a disaster: any disk may be damaged");
    for (uint16_t id = 1; id <= world->last_id; id++) {
        struct host *host = world->hosts[id];

        if (!host->gone && sim_random_below(random, 4) != 0) {
            faults_hit(world, FAULT_DISASTER, id);
            faults_damage_disk(world, host, true, random);
        }
    }
    if (!world->lost &&
        !member_changes_can_lose(
            world, 0)) { /* perhaps the cluster cannot recover now, so nothing is required of it */
        STORY(world, 0, "a majority is lost: from now on nothing has to happen");
        world_see(world, SEEN_DISASTER);
        world->lost = true;
    }
}
