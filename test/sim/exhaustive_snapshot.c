/*
 * Snapshots of a life; see exhaustive_snapshot.h.
 */
#include "sim/exhaustive_snapshot.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "sim/exhaustive_life.h"
#include "store/snapshot_files.h"
#include "store/snapshot_reader.h"
#include "store/snapshot_writer.h"

enum { CONTENT_BYTES = 5000 }; /* more than one page with the header */

static uint8_t content(uint64_t index, size_t at)
{
    return (uint8_t)(index * 37 + at * 11 + at / 256);
}

static struct snapshot_info info_of(uint64_t index)
{
    struct snapshot_info info = {
        .cluster_id = 0xc1,
        .index = index,
        .term = 1,
        .time_ms = index * 10,
        .nonce = index * 77,
        .membership = {.count = 1},
    };

    info.membership.members[0] = (struct raft_member){.id = 1, .roles = RAFT_MEMBER_VOTER};
    snprintf(info.membership.members[0].address, RAFT_ADDRESS_MAX, "localhost:7381");
    return info;
}

static int write_snapshot(struct fs_memory *memory, uint64_t index, struct raftd_error *error)
{
    struct snapshot_writer_options options = {
        .fs = fs_memory_table(memory),
        .directory = LIFE_DIRECTORY,
        .temporary = SNAPSHOT_SAVE_NAME,
    };
    struct snapshot_info info = info_of(index);
    struct snapshot_writer *writer;
    uint8_t bytes[CONTENT_BYTES];
    int result = snapshot_writer_create(&options, &info, &writer, error);

    if (result != 0) {
        return result;
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = content(index, i);
    }
    result = snapshot_writer_add(writer, bytes, sizeof(bytes), error);
    if (result != 0) {
        snapshot_writer_abort(writer);
        return result;
    }
    return snapshot_writer_finish(writer, error);
}

int life_save_snapshot(struct fs_memory *memory, uint64_t index, struct raftd_error *error)
{
    struct snapshot_files *files;
    int result = snapshot_files_open(fs_memory_table(memory), LIFE_DIRECTORY, &files, error);

    if (result != 0) {
        return result;
    }
    result = write_snapshot(memory, index, error);
    if (result == 0) {
        snapshot_files_add(files, index);
        result = snapshot_files_prune(files, 1, error);
    }
    snapshot_files_close(files);
    return result;
}

static int check_content(struct snapshot_reader *reader, uint64_t index, struct raftd_error *error)
{
    const uint8_t *data;
    size_t size;
    size_t at = 0;
    int result;

    while ((result = snapshot_reader_next(reader, &data, &size, error)) == 1) {
        for (size_t i = 0; i < size; i++) {
            if (at == CONTENT_BYTES || data[i] != content(index, at++)) {
                return error_set(error, RAFTD_ERROR_CORRUPT, "another snapshot than was written");
            }
        }
    }
    if (result == 0 && (at != CONTENT_BYTES || snapshot_reader_info(reader)->index != index)) {
        return error_set(error, RAFTD_ERROR_CORRUPT, "a part of the snapshot that was written");
    }
    return result;
}

int life_newest_snapshot(struct fs_memory *memory, uint64_t *index, struct raftd_error *error)
{
    const struct fs *fs = fs_memory_table(memory);
    struct snapshot_reader *reader;
    struct snapshot_files *files;
    char name[SNAPSHOT_NAME_BYTES];
    int result = snapshot_files_open(fs, LIFE_DIRECTORY, &files, error);

    *index = 0;
    if (result != 0) {
        return result;
    }
    if (snapshot_files_count(files) > 0) {
        *index = snapshot_files_at(files, 0);
        snapshot_name(name, *index);
        result = snapshot_reader_open(fs, LIFE_DIRECTORY, name, &reader, error);
        if (result == 0) {
            result = check_content(reader, *index, error);
            snapshot_reader_close(reader);
        }
    }
    snapshot_files_close(files);
    return result;
}
