/*
 * See volume.h. A volume that is too small for the options would otherwise be a node that becomes
 * ready, answers reads, and refuses every write for ever.
 */
#include "node/volume.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"

enum {
    /* The file that is written to, the one that is prepared behind it, and one that a snapshot is
     * about to make superfluous. */
    SEGMENTS_MIN = 3,
    /* The parts of the file system that are proposed for one segment and for the reserve. The
     * reserve holds four segments, because segments are prepared as a whole. */
    SEGMENT_SHARE = 32,
    RESERVE_SHARE = 8,
    SIZE_BYTES = 24,
    PATH_BYTES = 4096,
};

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)

static uint64_t power_of_two_up_to(uint64_t limit)
{
    uint64_t found = 1;

    while (found <= limit / 2) {
        found *= 2;
    }
    return found;
}

/* A size as the configuration file has it. Exact for whole KiB. */
static const char *size_text(uint64_t bytes, char text[SIZE_BYTES])
{
    bool is_mib = bytes >= MIB && bytes % MIB == 0;

    snprintf(text, SIZE_BYTES, "%" PRIu64 "%s", is_mib ? bytes / MIB : bytes / KIB,
             is_mib ? "M" : "K");
    return text;
}

int volume_judge(const struct conf *conf, uint64_t total_bytes, struct raftd_error *error)
{
    uint64_t reserve = conf->storage.reserve_bytes;
    uint64_t needed = reserve + SEGMENTS_MIN * conf->storage.segment_bytes;
    uint64_t segment = power_of_two_up_to(total_bytes / SEGMENT_SHARE);
    char sizes[6][SIZE_BYTES];

    if (total_bytes >= needed) {
        return 0;
    }
    /* 64 KiB is the smallest segment_bytes. */
    segment = segment < 64 * KIB ? 64 * KIB : segment;
    segment = segment > conf->storage.segment_bytes ? conf->storage.segment_bytes : segment;
    return error_set(
        error, RAFTD_ERROR_INVALID,
        "the file system of [node] data_dir has only %" PRIu64
        " MiB, but [storage] reserve_bytes (%s) and three files of the log, each of [storage] "
        "segment_bytes (%s), need %" PRIu64
        " MiB, so no write could ever be accepted: use a larger file system, or set reserve_bytes "
        "= %s, segment_bytes = %s, [snapshot] log_bytes = %s and [limits] max_request_bytes = %s, "
        "or less",
        total_bytes / MIB, size_text(reserve, sizes[0]),
        size_text(conf->storage.segment_bytes, sizes[1]), (needed + MIB - 1) / MIB,
        size_text(power_of_two_up_to(total_bytes / RESERVE_SHARE), sizes[2]),
        size_text(segment, sizes[3]), size_text(4 * segment, sizes[4]),
        size_text(segment / 2, sizes[5]));
}

size_t volume_max_uncommitted(const struct conf *conf)
{
    size_t most = conf->raft.max_uncommitted_bytes;
    uint64_t half = conf->storage.reserve_bytes / 2;

    return half != 0 && half < most ? (size_t)half : most;
}

/* The directory that holds data_dir, which the first start makes later. */
static void parent_of(const char *path, char parent[PATH_BYTES])
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    while (length > 0 && path[length - 1] != '/') {
        length--;
    }
    snprintf(parent, PATH_BYTES, "%.*s", length == 0 ? 1 : (int)length, length == 0 ? "." : path);
}

int volume_check(const struct conf *conf, struct raftd_error *error)
{
    char parent[PATH_BYTES];
    struct statvfs status;

    parent_of(conf->node.data_dir, parent);
    if (statvfs(conf->node.data_dir, &status) != 0 && statvfs(parent, &status) != 0) {
        return 0; /* opening the directory fails too, and explains what is wrong with it */
    }
    if (status.f_blocks == 0) {
        return 0;
    }
    return volume_judge(conf, (uint64_t)status.f_blocks * (uint64_t)status.f_frsize, error);
}
