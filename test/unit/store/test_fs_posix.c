/*
 * store/fs_posix: the POSIX table in a real directory, and a log that uses it.
 */
#include "store/fs.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#include "store/world.h"
#include "sys/mutex.h"

static const struct fs *fs;
static char directory[256];
static char path[512];

/* The path of a file in the test's directory, valid until the next call. */
static const char *in_directory(const char *name)
{
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static void set_up(void)
{
    const char *parent = getenv("TMPDIR");

    fs = fs_posix();
    snprintf(directory, sizeof(directory), "%s/raftd-test-XXXXXX",
             parent != NULL ? parent : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_name(void *argument, const char *name)
{
    (void)argument;
    unlink(in_directory(name));
}

static void tear_down(void)
{
    fs->list(fs->context, directory, remove_name, NULL);
    rmdir(directory);
}

static unsigned mode_of(const char *name)
{
    struct stat status;

    ck_assert_int_eq(stat(name, &status), 0);
    return status.st_mode & 0777;
}

/* A thread must not wait for the disk while it holds the core mutex (T59). The table asserts that
 * before it uses the file. */
START_TEST(a_sync_under_the_core_mutex_aborts)
{
    struct mutex core;

    mutex_init(&core, MUTEX_RANK_CORE);
    mutex_lock(&core);
    fs_posix()->fdatasync(NULL, -1);
}
END_TEST

START_TEST(files_are_made_once_and_private)
{
    int file = fs->open(fs->context, in_directory("a"), FS_OPEN_CREATE);

    ck_assert_int_ge(file, 0);
    ck_assert_uint_eq(mode_of(in_directory("a")), 0600);
    ck_assert_int_eq(fs->close(fs->context, file), 0);
    ck_assert_int_eq(fs->open(fs->context, in_directory("a"), FS_OPEN_CREATE), -EEXIST);
    ck_assert_int_eq(fs->open(fs->context, in_directory("b"), FS_OPEN_READ), -ENOENT);
    ck_assert_int_eq(fs->open(fs->context, in_directory("b"), FS_OPEN_WRITE), -ENOENT);
}
END_TEST

START_TEST(directories_are_private)
{
    ck_assert_int_eq(fs->make_directory(fs->context, in_directory("d")), 0);
    ck_assert_uint_eq(mode_of(in_directory("d")), 0700);
    ck_assert_int_eq(fs->make_directory(fs->context, in_directory("d")), -EEXIST);
    ck_assert_int_eq(fs->sync_directory(fs->context, directory), 0);
    ck_assert_int_eq(rmdir(in_directory("d")), 0);
    ck_assert_int_eq(fs->sync_directory(fs->context, in_directory("d")), -ENOENT);
    ck_assert_int_eq(fs->make_directory(fs->context, in_directory("no/where")), -ENOENT);
}
END_TEST

START_TEST(a_hole_has_no_blocks)
{
    int file = fs->open(fs->context, in_directory("a"), FS_OPEN_CREATE);

    ck_assert_int_eq(fs->truncate(fs->context, file, 1 << 20), 0);
    ck_assert_int_eq(fs->size(fs->context, file), 1 << 20);
    ck_assert_int_lt(fs->block_bytes(fs->context, file), 1 << 20);
    if (fs->allocate(fs->context, file, 1 << 20) != -EOPNOTSUPP) {
        ck_assert_int_ge(fs->block_bytes(fs->context, file), 1 << 20);
    }
    ck_assert_int_eq(fs->close(fs->context, file), 0);
}
END_TEST

START_TEST(what_was_written_is_read)
{
    int file = fs->open(fs->context, in_directory("a"), FS_OPEN_CREATE);
    char bytes[16] = {0};

    ck_assert_int_eq(fs->pwrite(fs->context, file, "hello", 5, 100), 0);
    ck_assert_int_eq(fs->fdatasync(fs->context, file), 0);
    ck_assert_int_eq(fs->fsync(fs->context, file), 0);
    ck_assert_int_eq(fs->size(fs->context, file), 105);
    ck_assert_int_eq(fs->pread(fs->context, file, bytes, sizeof(bytes), 102), 3);
    ck_assert_str_eq(bytes, "llo");
    ck_assert_int_eq(fs->pread(fs->context, file, bytes, sizeof(bytes), 105), 0);
    ck_assert_int_eq(fs->truncate(fs->context, file, 50), 0);
    ck_assert_int_eq(fs->size(fs->context, file), 50);
    ck_assert_int_eq(fs->close(fs->context, file), 0);
}
END_TEST

START_TEST(read_only_means_read_only)
{
    int file = fs->open(fs->context, in_directory("a"), FS_OPEN_CREATE);

    fs->close(fs->context, file);
    file = fs->open(fs->context, in_directory("a"), FS_OPEN_READ);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(fs->pwrite(fs->context, file, "x", 1, 0), -EBADF);
    fs->close(fs->context, file);
}
END_TEST

START_TEST(every_call_tells_a_bad_descriptor)
{
    char byte;

    ck_assert_int_eq(fs->pread(fs->context, -1, &byte, 1, 0), -EBADF);
    ck_assert_int_eq(fs->pwrite(fs->context, -1, "x", 1, 0), -EBADF);
    ck_assert_int_eq(fs->fdatasync(fs->context, -1), -EBADF);
    ck_assert_int_eq(fs->fsync(fs->context, -1), -EBADF);
    ck_assert_int_eq(fs->truncate(fs->context, -1, 0), -EBADF);
    ck_assert_int_eq(fs->size(fs->context, -1), -EBADF);
    ck_assert_int_eq(fs->lock(fs->context, -1), -EBADF);
    ck_assert_int_eq(fs->close(fs->context, -1), -EBADF);
}
END_TEST

struct names {
    unsigned count;
    bool has_dots;
};

static void count_name(void *argument, const char *name)
{
    struct names *names = argument;

    names->count++;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        names->has_dots = true;
    }
}

START_TEST(names_are_listed_renamed_and_removed)
{
    struct names names = {0};
    char from[512];

    fs->close(fs->context, fs->open(fs->context, in_directory("a"), FS_OPEN_CREATE));
    fs->close(fs->context, fs->open(fs->context, in_directory("b"), FS_OPEN_CREATE));
    ck_assert_int_eq(fs->list(fs->context, directory, count_name, &names), 0);
    ck_assert_uint_eq(names.count, 2);
    ck_assert(!names.has_dots);
    snprintf(from, sizeof(from), "%s", in_directory("a"));
    ck_assert_int_eq(fs->rename(fs->context, from, in_directory("c")), 0);
    ck_assert_int_eq(fs->rename(fs->context, from, in_directory("c")), -ENOENT);
    ck_assert_int_eq(fs->unlink(fs->context, in_directory("c")), 0);
    ck_assert_int_eq(fs->unlink(fs->context, in_directory("c")), -ENOENT);
    ck_assert_int_eq(fs->list(fs->context, in_directory("no"), count_name, &names), -ENOENT);
}
END_TEST

START_TEST(lock_is_exclusive_and_goes_with_the_file)
{
    int one = fs->open(fs->context, in_directory("lock"), FS_OPEN_CREATE);
    int other = fs->open(fs->context, in_directory("lock"), FS_OPEN_WRITE);

    ck_assert_int_eq(fs->lock(fs->context, one), 0);
    ck_assert_int_eq(fs->lock(fs->context, other), -EWOULDBLOCK);
    fs->close(fs->context, one);
    ck_assert_int_eq(fs->lock(fs->context, other), 0);
    fs->close(fs->context, other);
}
END_TEST

static struct wal *open_wal(const struct wal_options *options, const struct model *model)
{
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal;

    ck_assert_msg(wal_open(options, &wal, &recovered, &error) == 0, "%s", error.message);
    ck_assert(model_matches(model, &recovered));
    ck_assert_uint_eq(recovered.torn_bytes, 0);
    wal_recovered_free(&recovered);
    return wal;
}

START_TEST(wal_on_a_real_disk)
{
    struct wal_options options = world_options(fs);
    struct model model = {0};
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *other;
    struct wal *wal;

    options.directory = directory;
    options.segment_bytes = 64 * 1024;
    for (uint64_t life = 1; life <= 4; life++) {
        wal = open_wal(&options, &model);
        ck_assert_int_eq(wal_open(&options, &other, &recovered, &error), RAFTD_ERROR_LOCKED);
        for (int i = 0; i < 10; i++) {
            world_step(wal, &model,
                       (struct step){.term = life, .append_count = 2, .entry_bytes = 3000});
            wal_prepare(wal, 20000, &error);
            ck_assert_int_eq(error.code, 0);
        }
        wal_close(wal);
    }
    wal_close(open_wal(&options, &model));
    ck_assert_uint_eq(mode_of(in_directory("wal-0000000000000001.log")), 0600);
    ck_assert_uint_eq(mode_of(in_directory("lock")), 0600);
}
END_TEST

START_TEST(wal_makes_its_directory)
{
    struct wal_options options = world_options(fs);
    struct model model = {0};
    char name[512];

    snprintf(name, sizeof(name), "%s", in_directory("data"));
    options.directory = name;
    wal_close(open_wal(&options, &model));
    ck_assert_uint_eq(mode_of(name), 0700);
    ck_assert_int_eq(unlink(in_directory("data/lock")), 0);
    ck_assert_int_eq(unlink(in_directory("data/wal-0000000000000001.log")), 0);
    ck_assert_int_eq(rmdir(name), 0);
}
END_TEST

UNIT_SUITE(fs_posix)
{
    Suite *suite = suite_create("fs_posix");
    TCase *table = tcase_create("table");
    TCase *wal = tcase_create("wal");

    tcase_add_checked_fixture(table, set_up, tear_down);
    tcase_add_test(table, files_are_made_once_and_private);
    tcase_add_test_raise_signal(table, a_sync_under_the_core_mutex_aborts, SIGABRT);
    tcase_add_test(table, directories_are_private);
    tcase_add_test(table, a_hole_has_no_blocks);
    tcase_add_test(table, what_was_written_is_read);
    tcase_add_test(table, read_only_means_read_only);
    tcase_add_test(table, every_call_tells_a_bad_descriptor);
    tcase_add_test(table, names_are_listed_renamed_and_removed);
    tcase_add_test(table, lock_is_exclusive_and_goes_with_the_file);
    suite_add_tcase(suite, table);

    tcase_add_checked_fixture(wal, set_up, tear_down);
    tcase_add_test(wal, wal_on_a_real_disk);
    tcase_add_test(wal, wal_makes_its_directory);
    suite_add_tcase(suite, wal);
    return suite;
}
