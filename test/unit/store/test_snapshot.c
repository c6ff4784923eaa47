/*
 * store/snapshot_*: a snapshot is read as it was written, a file that is not complete is not
 * accepted as a snapshot, and a crash at any point leaves the old or the new snapshot.
 */
#include "store/snapshot_writer.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "sim/fs_memory.h"
#include "store/snapshot_files.h"
#include "store/snapshot_reader.h"
#include "store/wal_format.h"

#define DIRECTORY "/data"
#define NAME_20 DIRECTORY "/snapshot-0000000000000014.raftd"

static struct fs_memory *memory;

static void set_up(void)
{
    const struct fs *fs;

    memory = fs_memory_create(1);
    fs = fs_memory_table(memory);
    ck_assert_int_eq(fs->make_directory(fs->context, DIRECTORY), 0);
    ck_assert_int_eq(fs->sync_directory(fs->context, "/"), 0);
}

static void tear_down(void)
{
    fs_memory_destroy(memory);
}

static struct snapshot_info make_info(uint64_t index)
{
    struct snapshot_info info = {
        .cluster_id = 0xc1, .index = index, .term = 3, .time_ms = 77, .nonce = index * 1000 + 5};

    raft_membership_add(&info.membership, 1, RAFT_MEMBER_VOTER, "a:1");
    raft_membership_add(&info.membership, 2, RAFT_MEMBER_LEARNER, "b:2");
    return info;
}

/* The content of a snapshot. It depends on the index and can be compressed a little. */
static uint8_t content(uint64_t index, size_t at)
{
    return (uint8_t)(at % 16 < 8 ? (at / 16) * 31 + index : 7);
}

/* Returns 0 or the code of the writer. */
static int write_snapshot(const struct fs *fs, uint64_t index, size_t size, size_t chunk,
                          bool compress)
{
    const struct snapshot_writer_options options = {
        .fs = fs,
        .directory = DIRECTORY,
        .temporary = SNAPSHOT_SAVE_NAME,
        .compress = compress,
    };
    const struct snapshot_info info = make_info(index);
    struct raftd_error error = {0};
    struct snapshot_writer *writer;
    uint8_t *bytes = memory_allocate(size + 1);
    int code = snapshot_writer_create(&options, &info, &writer, &error);

    for (size_t i = 0; i < size; i++) {
        bytes[i] = content(index, i);
    }
    for (size_t done = 0; code == 0 && done < size; done += chunk) {
        code = snapshot_writer_add(writer, bytes + done, size - done < chunk ? size - done : chunk,
                                   &error);
        if (code != 0) {
            snapshot_writer_abort(writer);
        }
    }
    if (code == 0) {
        code = snapshot_writer_finish(writer, &error);
    }
    memory_free(bytes);
    return code;
}

/* Reads a snapshot to its end. All content that the reader returns has to be right. */
static int read_snapshot(uint64_t index, size_t size, struct raftd_error *error)
{
    char name[SNAPSHOT_NAME_BYTES];
    struct snapshot_reader *reader;
    const uint8_t *data;
    size_t part;
    size_t done = 0;
    int code;

    snapshot_name(name, index);
    code = snapshot_reader_open(fs_memory_table(memory), DIRECTORY, name, &reader, error);
    if (code != 0) {
        return code;
    }
    while ((code = snapshot_reader_next(reader, &data, &part, error)) > 0) {
        for (size_t i = 0; i < part; i++) {
            ck_assert_uint_eq(data[i], content(index, done + i));
        }
        done += part;
    }
    if (code == 0) {
        struct snapshot_info wanted = make_info(index);
        const struct snapshot_info *info = snapshot_reader_info(reader);

        ck_assert_uint_eq(done, size);
        ck_assert_uint_eq(info->cluster_id, wanted.cluster_id);
        ck_assert_uint_eq(info->index, index);
        ck_assert_uint_eq(info->term, wanted.term);
        ck_assert_uint_eq(info->time_ms, wanted.time_ms);
        ck_assert_uint_eq(info->membership.count, 2);
        ck_assert_str_eq(info->membership.members[1].address, "b:2");
    }
    snapshot_reader_close(reader);
    return code;
}

START_TEST(what_was_written_is_read_again)
{
    static const size_t sizes[] = {0, 1, 1000, SNAPSHOT_BLOCK_MAX_BYTES,
                                   3 * SNAPSHOT_BLOCK_MAX_BYTES + 17};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct raftd_error error = {0};

        ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 20 + i, sizes[i], 70000, _i == 1),
                         0);
        ck_assert_msg(read_snapshot(20 + i, sizes[i], &error) == 0, "%s", error.message);
    }
    ck_assert(!fs_memory_exists(memory, DIRECTORY "/" SNAPSHOT_SAVE_NAME));
}
END_TEST

/* Bytes from a peer or from a backup, with a right checksum: no index, term or time with which the
 * arithmetic of the log could overflow. */
START_TEST(a_header_that_no_cluster_can_write_is_refused)
{
    const struct snapshot_info good = make_info(20);
    struct snapshot_info infos[6] = {good, good, good, good, good, good};

    infos[0].index = RAFT_INDEX_MAX;
    infos[1].term = RAFT_TERM_MAX;
    infos[2].time_ms = RAFT_TIME_MAX_MS;
    infos[3].index = RAFT_INDEX_MAX + 1;
    infos[4].term = UINT64_MAX;
    infos[5].time_ms = RAFT_TIME_MAX_MS + 1;
    for (size_t i = 0; i < 6; i++) {
        struct snapshot_info again;
        struct buffer bytes = {0};

        snapshot_header_encode(&infos[i], &bytes);
        ck_assert(snapshot_header_decode(bytes.data, bytes.size_bytes, &again) == (i < 3));
        buffer_free(&bytes);
    }
}
END_TEST

START_TEST(compression_makes_it_smaller)
{
    size_t plain;

    ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 20, 500000, 5000, false), 0);
    plain = fs_memory_size(memory, NAME_20);
    ck_assert_uint_gt(plain, 500000);
    ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 20, 500000, 5000, true), 0);
    ck_assert_uint_lt(fs_memory_size(memory, NAME_20), plain / 2);
}
END_TEST

START_TEST(every_flipped_byte_is_found)
{
    struct raftd_error error = {0};
    size_t size;

    ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 20, 3000, 999, _i == 1), 0);
    size = fs_memory_size(memory, NAME_20);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = fs_memory_bytes(memory, NAME_20)[i];
        uint8_t flipped = (uint8_t)(byte ^ (1u << i % 8));
        int code;

        fs_memory_poke(memory, NAME_20, i, &flipped, 1);
        code = read_snapshot(20, 3000, &error);
        ck_assert_msg(code == RAFTD_ERROR_CORRUPT || code == RAFTD_ERROR_REFUSED, "byte %zu: %d", i,
                      code);
        fs_memory_poke(memory, NAME_20, i, &byte, 1);
    }
    ck_assert_int_eq(read_snapshot(20, 3000, &error), 0);
}
END_TEST

/* T35: a crash leaves a file that is empty or cut off at any byte. */
START_TEST(t35_every_shorter_or_longer_file_is_found)
{
    struct raftd_error error = {0};
    size_t size;
    uint8_t *bytes;

    ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 20, 1500, 400, false), 0);
    size = fs_memory_size(memory, NAME_20);
    bytes = memory_allocate_zeroed(size + 1, 1);
    memcpy(bytes, fs_memory_bytes(memory, NAME_20), size);
    for (size_t i = 0; i < size; i++) {
        fs_memory_put(memory, NAME_20, bytes, i);
        ck_assert_int_eq(read_snapshot(20, 1500, &error), RAFTD_ERROR_CORRUPT);
    }
    fs_memory_put(memory, NAME_20, bytes, size + 1);
    ck_assert_int_eq(read_snapshot(20, 1500, &error), RAFTD_ERROR_CORRUPT);
    memory_free(bytes);
}
END_TEST

/* Blocks of another snapshot with the same content are not accepted, because of the nonce. */
START_TEST(blocks_of_another_snapshot_are_found)
{
    struct raftd_error error = {0};
    size_t size;
    size_t header = SNAPSHOT_HEADER_BYTES;
    uint8_t *other;

    ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 21, 1500, 400, false), 0);
    size = fs_memory_size(memory, DIRECTORY "/snapshot-0000000000000015.raftd");
    other = memory_allocate(size);
    memcpy(other, fs_memory_bytes(memory, DIRECTORY "/snapshot-0000000000000015.raftd"), size);
    ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 20, 1500, 400, false), 0);
    ck_assert_uint_eq(fs_memory_size(memory, NAME_20), size);
    while (other[header] != 's' || memcmp(other + header, "sblk", 4) != 0) {
        header++;
    }
    fs_memory_poke(memory, NAME_20, header, other + header, size - header);
    ck_assert_int_eq(read_snapshot(20, 1500, &error), RAFTD_ERROR_CORRUPT);
    memory_free(other);
}
END_TEST

/* A file of a newer raftd is not damaged, so the message has to say what to do. */
START_TEST(another_format_version_is_refused)
{
    struct raftd_error error = {0};
    uint8_t version = SNAPSHOT_FORMAT_VERSION + 1;

    ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 20, 10, 10, false), 0);
    fs_memory_poke(memory, NAME_20, 8, &version, 1);
    ck_assert_int_eq(read_snapshot(20, 10, &error), RAFTD_ERROR_REFUSED);
    ck_assert_ptr_nonnull(strstr(error.message, "version 2"));
}
END_TEST

enum { KILL_ONLY = FS_MEMORY_TEAR + 1, CRASH_KINDS };

/* The process dies at each operation while it writes a second snapshot. Every snapshot that is
 * there afterwards is complete (T35). */
START_TEST(crash_at_every_operation)
{
    bool died = true;

    for (uint64_t at = 1; died; at++) {
        struct raftd_error error = {0};
        struct snapshot_files *files;
        bool finished;

        tear_down();
        set_up();
        ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 20, 3000, 500, false), 0);
        fs_memory_die_at(memory, fs_memory_count(memory) + at);
        finished = write_snapshot(fs_memory_table(memory), 30, 300000, 5000, true) == 0;
        died = fs_memory_is_dead(memory);
        ck_assert(finished != died);
        fs_memory_die(memory);
        if (_i == KILL_ONLY) {
            fs_memory_end_process(memory);
        } else {
            fs_memory_power_cut(memory, (enum fs_memory_loss)_i);
        }
        ck_assert_int_eq(snapshot_files_open(fs_memory_table(memory), DIRECTORY, &files, &error),
                         0);
        ck_assert_uint_ge(snapshot_files_count(files), finished ? 2 : 1);
        for (size_t i = 0; i < snapshot_files_count(files); i++) {
            uint64_t index = snapshot_files_at(files, i);

            ck_assert_msg(read_snapshot(index, index == 20 ? 3000 : 300000, &error) == 0,
                          "operation %lu: %s", (unsigned long)at, error.message);
        }
        ck_assert(!fs_memory_exists(memory, DIRECTORY "/" SNAPSHOT_SAVE_NAME));
        snapshot_files_close(files);
    }
}
END_TEST

/* Each operation fails once. Then there is an error and no snapshot, and the next attempt
 * succeeds. */
START_TEST(a_failure_leaves_no_snapshot)
{
    static const enum fs_memory_operation kinds[] = {FS_MEMORY_CREATE, FS_MEMORY_PWRITE,
                                                     FS_MEMORY_FSYNC, FS_MEMORY_RENAME};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        fs_memory_fail(memory, kinds[i], 1, -28);
        ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 20, 3000, 500, false),
                         RAFTD_ERROR_SYSTEM);
        ck_assert(!fs_memory_exists(memory, NAME_20));
        ck_assert(!fs_memory_exists(memory, DIRECTORY "/" SNAPSHOT_SAVE_NAME));
    }
    ck_assert_int_eq(write_snapshot(fs_memory_table(memory), 20, 3000, 500, false), 0);
}
END_TEST

/* T39: a snapshot that is being read or sent is not removed, even if there are many newer ones. */
START_TEST(t39_a_snapshot_in_use_is_not_removed)
{
    struct raftd_error error = {0};
    struct snapshot_files *files;

    for (uint64_t index = 18; index <= 22; index++) {
        ck_assert_int_eq(write_snapshot(fs_memory_table(memory), index, 10, 10, false), 0);
    }
    fs_memory_put(memory, DIRECTORY "/" SNAPSHOT_RECEIVE_NAME, "half", 4);
    fs_memory_put(memory, DIRECTORY "/snapshot-14.raftd", "no", 2);
    ck_assert_int_eq(snapshot_files_open(fs_memory_table(memory), DIRECTORY, &files, &error), 0);
    ck_assert(!fs_memory_exists(memory, DIRECTORY "/" SNAPSHOT_RECEIVE_NAME));
    ck_assert_uint_eq(snapshot_files_count(files), 5);
    ck_assert_uint_eq(snapshot_files_at(files, 0), 22);
    snapshot_files_hold(files, 20);
    snapshot_files_hold(files, 20);
    ck_assert_int_eq(snapshot_files_prune(files, 2, &error), 0);
    ck_assert_uint_eq(snapshot_files_count(files), 3);
    ck_assert(fs_memory_exists(memory, NAME_20));
    snapshot_files_release(files, 20);
    ck_assert_int_eq(snapshot_files_prune(files, 2, &error), 0);
    ck_assert(fs_memory_exists(memory, NAME_20));
    snapshot_files_release(files, 20);
    ck_assert_int_eq(snapshot_files_prune(files, 2, &error), 0);
    ck_assert(!fs_memory_exists(memory, NAME_20));
    ck_assert_uint_eq(snapshot_files_count(files), 2);
    /* The last snapshot is never removed. */
    ck_assert_int_eq(snapshot_files_prune(files, 0, &error), 0);
    ck_assert_uint_eq(snapshot_files_count(files), 1);
    ck_assert_uint_eq(snapshot_files_at(files, 0), 22);
    snapshot_files_close(files);
}
END_TEST

/* T41: the writer has at most one block in memory, whatever the size of the snapshot. The sizes of
 * the writes to the file show that. */
START_TEST(t41_nothing_is_written_in_one_piece)
{
    const struct snapshot_writer_options options = {
        .fs = fs_memory_table(memory), .directory = DIRECTORY, .temporary = SNAPSHOT_SAVE_NAME};
    const struct snapshot_info info = make_info(20);
    uint8_t *bytes = memory_allocate_zeroed(1 << 20, 1);
    struct raftd_error error = {0};
    struct snapshot_writer *writer;

    ck_assert_int_eq(snapshot_writer_create(&options, &info, &writer, &error), 0);
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(snapshot_writer_add(writer, bytes, 1 << 20, &error), 0);
        ck_assert_uint_ge(fs_memory_size(memory, DIRECTORY "/" SNAPSHOT_SAVE_NAME),
                          snapshot_writer_content_bytes(writer) - SNAPSHOT_BLOCK_MAX_BYTES);
    }
    ck_assert_int_eq(snapshot_writer_finish(writer, &error), 0);
    memory_free(bytes);
}
END_TEST

UNIT_SUITE(snapshot)
{
    Suite *suite = suite_create("snapshot");
    TCase *tcase = tcase_create("files");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, what_was_written_is_read_again, 0, 2);
    tcase_add_test(tcase, a_header_that_no_cluster_can_write_is_refused);
    tcase_add_test(tcase, compression_makes_it_smaller);
    tcase_add_loop_test(tcase, every_flipped_byte_is_found, 0, 2);
    tcase_add_test(tcase, t35_every_shorter_or_longer_file_is_found);
    tcase_add_test(tcase, blocks_of_another_snapshot_are_found);
    tcase_add_test(tcase, another_format_version_is_refused);
    tcase_add_loop_test(tcase, crash_at_every_operation, 0, CRASH_KINDS);
    tcase_add_test(tcase, a_failure_leaves_no_snapshot);
    tcase_add_test(tcase, t39_a_snapshot_in_use_is_not_removed);
    tcase_add_test(tcase, t41_nothing_is_written_in_one_piece);
    suite_add_tcase(suite, tcase);
    return suite;
}
