/*
 * sim/fs_memory: the file system in memory really forgets, tears and fails in every way that it
 * should. Otherwise the tests that use it could never fail.
 */
#include "sim/fs_memory.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

#include "base/memory.h"

static struct fs_memory *memory;
static const struct fs *fs;

static void set_up(void)
{
    memory = fs_memory_create(1);
    fs = fs_memory_table(memory);
    ck_assert_int_eq(fs->make_directory(fs->context, "/d"), 0);
    ck_assert_int_eq(fs->sync_directory(fs->context, "/"), 0);
}

static void tear_down(void)
{
    fs_memory_destroy(memory);
}

static int create(const char *path)
{
    int file = fs->open(fs->context, path, FS_OPEN_CREATE);

    ck_assert_int_ge(file, 0);
    return file;
}

static void write_bytes(int file, uint8_t value, size_t size, uint64_t offset)
{
    uint8_t *bytes = memory_allocate(size);

    memset(bytes, value, size);
    ck_assert_int_eq(fs->pwrite(fs->context, file, bytes, size, offset), 0);
    memory_free(bytes);
}

/* Makes a durable file with two pages of the letter o. */
static int make_old(const char *path)
{
    int file = create(path);

    write_bytes(file, 'o', 8192, 0);
    ck_assert_int_eq(fs->fdatasync(fs->context, file), 0);
    ck_assert_int_eq(fs->sync_directory(fs->context, "/d"), 0);
    return file;
}

static size_t count_bytes(const char *path, size_t from, size_t size, uint8_t value)
{
    const uint8_t *bytes = fs_memory_bytes(memory, path);
    size_t count = 0;

    for (size_t i = from; i < from + size; i++) {
        count += bytes[i] == value;
    }
    return count;
}

static struct fs_memory *crashed(const uint8_t *fates, size_t count, uint64_t seed)
{
    struct fs_memory *copy = fs_memory_copy(memory, seed);

    fs_memory_crash(copy, fates, count);
    return copy;
}

START_TEST(power_cut_takes_what_was_not_synced)
{
    int file = create("/d/named");

    ck_assert_int_eq(fs->sync_directory(fs->context, "/d"), 0);
    ck_assert_int_eq(fs->pwrite(fs->context, file, "synced", 6, 0), 0);
    ck_assert_int_eq(fs->fdatasync(fs->context, file), 0);
    ck_assert_int_eq(fs->pwrite(fs->context, file, "UNSYNCED", 8, 0), 0);
    create("/d/nameless");
    fs_memory_power_cut(memory, FS_MEMORY_LOSE_ALL);
    ck_assert(!fs_memory_exists(memory, "/d/nameless"));
    ck_assert_uint_eq(fs_memory_size(memory, "/d/named"), 6);
    ck_assert_int_eq(memcmp(fs_memory_bytes(memory, "/d/named"), "synced", 6), 0);
}
END_TEST

START_TEST(pending_units_are_sectors_sizes_and_names)
{
    int file = make_old("/d/f");
    struct fs_unit units[16];

    ck_assert_uint_eq(fs_memory_pending(memory, units, 16), 0);
    write_bytes(file, 'n', 600, 4096);
    ck_assert_uint_eq(fs_memory_pending(memory, units, 16), 2);
    ck_assert_int_eq(units[0].type, FS_UNIT_SECTOR);
    ck_assert_uint_eq(units[0].offset, 4096);
    ck_assert_uint_eq(units[1].offset, 4608);
    write_bytes(file, 'n', 1, 8192);
    create("/d/g");
    ck_assert_uint_eq(fs_memory_pending(memory, units, 16), 5);
    ck_assert_int_eq(units[3].type, FS_UNIT_SIZE);
    ck_assert_int_eq(units[4].type, FS_UNIT_NAME);
    ck_assert_int_eq(fs->fdatasync(fs->context, file), 0);
    ck_assert_int_eq(fs->sync_directory(fs->context, "/d"), 0);
    ck_assert_uint_eq(fs_memory_pending(memory, units, 16), 0);
}
END_TEST

START_TEST(large_sectors_are_one_unit)
{
    int file;

    fs_memory_set_sector_bytes(memory, 4096);
    file = make_old("/d/f");
    write_bytes(file, 'n', 600, 4096);
    ck_assert_uint_eq(fs_memory_pending(memory, NULL, 0), 1);
}
END_TEST

START_TEST(a_sector_in_flight_meets_each_fate)
{
    int file = make_old("/d/f");
    struct fs_memory *kept = memory;

    write_bytes(file, 'n', 512, 512);
    for (uint8_t fate = FS_FATE_OLD; fate <= FS_FATE_TORN; fate++) {
        size_t new_count;
        size_t old_count;

        memory = crashed(&fate, 1, 7);
        new_count = count_bytes("/d/f", 512, 512, 'n');
        old_count = count_bytes("/d/f", 512, 512, 'o');
        /* The sectors beside it are unchanged. */
        ck_assert_uint_eq(count_bytes("/d/f", 0, 512, 'o'), 512);
        ck_assert_uint_eq(count_bytes("/d/f", 1024, 7168, 'o'), 7168);
        ck_assert_uint_eq(fate == FS_FATE_OLD, old_count == 512);
        ck_assert_uint_eq(fate == FS_FATE_NEW, new_count == 512);
        ck_assert_uint_eq(fate == FS_FATE_ZERO, count_bytes("/d/f", 512, 512, 0) == 512);
        if (fate == FS_FATE_TORN) {
            ck_assert_uint_gt(new_count, 0);
            ck_assert_uint_eq(new_count + old_count, 512);
        }
        if (fate == FS_FATE_GARBAGE) {
            ck_assert_uint_lt(new_count + old_count, 100);
        }
        fs_memory_destroy(memory);
        memory = kept;
    }
}
END_TEST

/* The rename reached the disk and the creation before it did not, and the other way round. */
START_TEST(names_reach_the_disk_independently)
{
    static const uint8_t fates[][2] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}};
    struct fs_memory *kept = memory;

    create("/d/spare");
    ck_assert_int_eq(fs->rename(fs->context, "/d/spare", "/d/log"), 0);
    for (size_t i = 0; i < 4; i++) {
        memory = crashed(fates[i], 2, 1);
        ck_assert_int_eq(fs_memory_exists(memory, "/d/log"), fates[i][1]);
        ck_assert_int_eq(fs_memory_exists(memory, "/d/spare"), fates[i][0] && !fates[i][1]);
        fs_memory_destroy(memory);
        memory = kept;
    }
}
END_TEST

START_TEST(size_and_sectors_reach_the_disk_independently)
{
    static const uint8_t only_size[] = {FS_FATE_OLD, FS_FATE_NEW};
    static const uint8_t only_sector[] = {FS_FATE_NEW, FS_FATE_OLD};
    int file = make_old("/d/f");
    struct fs_memory *kept = memory;

    write_bytes(file, 'n', 512, 8192);
    memory = crashed(only_size, 2, 1);
    ck_assert_uint_eq(fs_memory_size(memory, "/d/f"), 8704);
    ck_assert_uint_eq(count_bytes("/d/f", 8192, 512, 0), 512);
    fs_memory_destroy(memory);
    memory = kept;
    memory = crashed(only_sector, 2, 1);
    ck_assert_uint_eq(fs_memory_size(memory, "/d/f"), 8192);
    fs_memory_destroy(memory);
    memory = kept;
}
END_TEST

START_TEST(an_unlinked_file_may_come_back)
{
    make_old("/d/f");
    ck_assert_int_eq(fs->unlink(fs->context, "/d/f"), 0);
    ck_assert(!fs_memory_exists(memory, "/d/f"));
    /* Meanwhile, no other file gets its bytes. */
    write_bytes(create("/d/g"), 'g', 8192, 0);
    ck_assert_uint_eq(fs_memory_pending(memory, NULL, 0), 16 + 1 + 2);
    fs_memory_power_cut(memory, FS_MEMORY_LOSE_ALL);
    ck_assert(fs_memory_exists(memory, "/d/f"));
    ck_assert_uint_eq(count_bytes("/d/f", 0, 8192, 'o'), 8192);
}
END_TEST

/* T43: after a failed sync, bytes that can be read are not on the disk, and a second sync does not
 * write them. */
START_TEST(a_failed_sync_forgets)
{
    int file = make_old("/d/f");

    write_bytes(file, 'n', 4096, 0);
    fs_memory_fail(memory, FS_MEMORY_FDATASYNC, 1, -EIO);
    ck_assert_int_eq(fs->fdatasync(fs->context, file), -EIO);
    ck_assert_int_eq(fs->fdatasync(fs->context, file), 0);
    ck_assert_uint_eq(count_bytes("/d/f", 0, 4096, 'n'), 4096);
    fs_memory_end_process(memory);
    file = fs->open(fs->context, "/d/f", FS_OPEN_WRITE);
    ck_assert_int_ge(file, 0);
    ck_assert_uint_eq(count_bytes("/d/f", 0, 4096, 'o'), 4096);
}
END_TEST

START_TEST(copies_share_nothing_that_is_written)
{
    int file = make_old("/d/f");
    struct fs_memory *copy = fs_memory_copy(memory, 2);

    write_bytes(file, 'n', 8192, 0);
    ck_assert_int_eq(fs->fdatasync(fs->context, file), 0);
    ck_assert_uint_eq(fs_memory_bytes(copy, "/d/f")[0], 'o');
    fs_memory_poke(copy, "/d/f", 4096, "c", 1);
    ck_assert_uint_eq(fs_memory_bytes(memory, "/d/f")[4096], 'n');
    fs_memory_destroy(copy);
}
END_TEST

START_TEST(a_file_that_shrank_and_grew_has_zeros)
{
    int file = make_old("/d/f");

    ck_assert_int_eq(fs->truncate(fs->context, file, 100), 0);
    ck_assert_int_eq(fs->truncate(fs->context, file, 8192), 0);
    ck_assert_uint_eq(count_bytes("/d/f", 0, 100, 'o'), 100);
    ck_assert_uint_eq(count_bytes("/d/f", 100, 8092, 0), 8092);
    ck_assert_int_eq(fs->fdatasync(fs->context, file), 0);
    fs_memory_power_cut(memory, FS_MEMORY_LOSE_ALL);
    ck_assert_uint_eq(count_bytes("/d/f", 100, 8092, 0), 8092);
}
END_TEST

START_TEST(a_sector_that_cannot_be_read_can_be_written)
{
    int file = make_old("/d/f");
    uint8_t byte;

    fs_memory_make_unreadable(memory, "/d/f", 1000);
    ck_assert_int_eq(fs->pread(fs->context, file, &byte, 1, 511), 1);
    ck_assert_int_eq(fs->pread(fs->context, file, &byte, 1, 512), -EIO);
    ck_assert_int_eq(fs->pread(fs->context, file, &byte, 1, 1024), 1);
    write_bytes(file, 'n', 512, 512);
    ck_assert_int_eq(fs->pread(fs->context, file, &byte, 1, 512), 1);
}
END_TEST

/* Each fault has a chance of one half, so each kind occurs, but not every time. */
START_TEST(faults_by_chance_happen)
{
    static const struct fs_faults faults = {
        .read_error = 300000,
        .write_error = 300000,
        .sync_error = 300000,
        .name_error = 300000,
        .full = 300000,
        .full_operations = 5,
        .stall = 300000,
        .stall_ms = 100,
        .write_back = 300000,
    };
    int file = make_old("/d/f");
    uint64_t latency_ms = 0;
    int failures[4] = {0};
    uint8_t byte;

    fs_memory_set_faults(memory, &faults);
    for (uint64_t i = 0; i < 200; i++) {
        failures[0] += fs->pread(fs->context, file, &byte, 1, 0) == -EIO;
        failures[1] += fs->pwrite(fs->context, file, "nnn", 3, 8192 + i * 3) == -ENOSPC;
        failures[2] += fs->fdatasync(fs->context, file) == -EIO;
        failures[3] += fs->sync_directory(fs->context, "/d") == -EIO;
        latency_ms += fs_memory_latency_ms(memory);
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_int_gt(failures[i], 10);
        ck_assert_int_lt(failures[i], 190);
    }
    for (int kind = 0; kind < FS_FAULT_KINDS; kind++) {
        ck_assert_msg(kind == FS_FAULT_UNREADABLE ||
                          fs_memory_fault_count(memory, (enum fs_fault_kind)kind) > 0,
                      "fault kind %d never happened", kind);
    }
    ck_assert_uint_gt(latency_ms, 1000);
    ck_assert_uint_eq(fs_memory_latency_ms(memory), 0);
    fs_memory_set_faults(memory, &(struct fs_faults){0});
    write_bytes(file, 'n', 4096, 65536);
    ck_assert_int_eq(fs->fdatasync(fs->context, file), 0);
}
END_TEST

/* A segment of 64 MiB of zeros needs almost no memory and time; otherwise this test would be
 * slow. */
START_TEST(zeros_are_cheap)
{
    static const uint8_t zeros[65536];
    int file = create("/d/f");

    for (uint64_t at = 0; at < 64 * 1024 * 1024; at += sizeof(zeros)) {
        ck_assert_int_eq(fs->pwrite(fs->context, file, zeros, sizeof(zeros), at), 0);
    }
    ck_assert_int_eq(fs->fdatasync(fs->context, file), 0);
    for (uint64_t i = 0; i < 20; i++) {
        struct fs_memory *copy = fs_memory_copy(memory, i);

        ck_assert_uint_eq(fs_memory_pending(copy, NULL, 0), 1);
        fs_memory_destroy(copy);
    }
}
END_TEST

UNIT_SUITE(fs_memory)
{
    Suite *suite = suite_create("fs_memory");
    TCase *crashes = tcase_create("crashes");
    TCase *faults = tcase_create("faults");

    tcase_add_checked_fixture(crashes, set_up, tear_down);
    tcase_add_test(crashes, power_cut_takes_what_was_not_synced);
    tcase_add_test(crashes, pending_units_are_sectors_sizes_and_names);
    tcase_add_test(crashes, large_sectors_are_one_unit);
    tcase_add_test(crashes, a_sector_in_flight_meets_each_fate);
    tcase_add_test(crashes, names_reach_the_disk_independently);
    tcase_add_test(crashes, size_and_sectors_reach_the_disk_independently);
    tcase_add_test(crashes, an_unlinked_file_may_come_back);
    tcase_add_test(crashes, copies_share_nothing_that_is_written);
    tcase_add_test(crashes, a_file_that_shrank_and_grew_has_zeros);
    tcase_add_test(crashes, zeros_are_cheap);
    suite_add_tcase(suite, crashes);
    tcase_add_checked_fixture(faults, set_up, tear_down);
    tcase_add_test(faults, a_failed_sync_forgets);
    tcase_add_test(faults, a_sector_that_cannot_be_read_can_be_written);
    tcase_add_test(faults, faults_by_chance_happen);
    suite_add_tcase(suite, faults);
    return suite;
}
