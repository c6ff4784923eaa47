/*
 * store/reserve_file: the part of the reserve that other programs cannot take, and the log on a
 * disk that another program has filled.
 */
#include "store/reserve_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#include "sim/fs_memory.h"
#include "store/reserve.h"
#include "store/world.h"
#include "sys/log.h"

#define RESERVE_PATH WORLD_DIRECTORY "/" RESERVE_FILE_NAME

enum { RESERVE_BYTES = 8 << 20, HELD_BYTES = RESERVE_BYTES / 16 * 3, DISK_BYTES = 64 << 20 };

static struct fs_memory *memory;
static const struct fs *below;
static struct reserve_file *reserve;
static const struct fs *fs;
static struct model model;

static void begin(void)
{
    reserve = reserve_file_create(below, WORLD_DIRECTORY, RESERVE_BYTES, RESERVE_PIECE_BYTES);
    fs = reserve_file_table(reserve);
}

static void set_up(void)
{
    memory = fs_memory_create(1);
    below = fs_memory_table(memory);
    model = (struct model){0};
    ck_assert_int_eq(below->make_directory(below->context, WORLD_DIRECTORY), 0);
    fs_memory_limit(memory, DISK_BYTES);
    begin();
}

static void start_again(void)
{
    reserve_file_destroy(reserve);
    begin();
}

static void tear_down(void)
{
    reserve_file_destroy(reserve);
    fs_memory_destroy(memory);
}

static void hold_all(void)
{
    while (reserve_file_hold(reserve, 1 << 20)) {
    }
}

static int64_t free_below(void)
{
    return below->free_bytes(below->context, WORLD_DIRECTORY);
}

static int64_t free_here(void)
{
    return fs->free_bytes(fs->context, WORLD_DIRECTORY);
}

/* What other programs have taken of DISK_BYTES. */
static void others_leave(uint64_t free_bytes)
{
    fs_memory_limit(memory, 0);
    fs_memory_fill(memory, free_bytes);
}

START_TEST(a_part_of_the_reserve_is_held_and_counts_as_free)
{
    ck_assert_uint_eq(reserve_held_bytes(RESERVE_BYTES), HELD_BYTES);
    hold_all();
    ck_assert_uint_eq(fs_memory_size(memory, RESERVE_PATH), HELD_BYTES);
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES);
    ck_assert_int_eq(free_below(), DISK_BYTES - HELD_BYTES);
    ck_assert_int_eq(free_here(), DISK_BYTES);
}
END_TEST

/* A sixteenth is left to others, and what they leave is taken as soon as it is there. */
START_TEST(it_is_held_as_far_as_there_is_room)
{
    others_leave(RESERVE_BYTES / 16);
    ck_assert(!reserve_file_hold(reserve, HELD_BYTES));
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), 0);
    others_leave(RESERVE_BYTES / 16 + 100000);
    ck_assert(!reserve_file_hold(reserve, HELD_BYTES));
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), 100000 / 4096 * 4096);
    others_leave(DISK_BYTES);
    ck_assert(reserve_file_hold(reserve, 4096));
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), 100000 / 4096 * 4096 + 4096);
    hold_all();
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES);
}
END_TEST

/* The log goes on until the file has given up all that it held, and not one write more. */
START_TEST(r4_the_log_grows_on_a_disk_that_others_have_filled)
{
    struct wal_options options = world_options(fs);
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct step step = {.append_count = 1, .entry_bytes = 32 * 1024};
    struct wal *wal;
    uint64_t written = 0;

    hold_all();
    ck_assert_int_eq(wal_open(&options, &wal, &recovered, &error), 0);
    wal_recovered_free(&recovered);
    world_step(wal, &model, (struct step){.term = 1, .vote = 1});
    others_leave(0);
    ck_assert_int_eq(free_here(), HELD_BYTES);
    while (world_append(wal, &model, &step, 1, &error) == 0) {
        model_step(&model, &step);
        written += step.entry_bytes;
    }
    ck_assert_ptr_nonnull(strstr(error.message, "No space left"));
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), 0);
    ck_assert_uint_ge(written, HELD_BYTES / 2);
    wal_close(wal);
    fs_memory_limit(memory, 0);
    world_check_usable(memory, &model);
}
END_TEST

/* So a node can start on a full disk, and write the first entry of a term. */
START_TEST(r4_a_start_finds_what_is_held)
{
    struct raftd_error error = {0};
    int file;

    hold_all();
    others_leave(0);
    start_again();
    file = fs->open(fs->context, WORLD_DIRECTORY "/file", FS_OPEN_CREATE);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(fs->pwrite(fs->context, file, &error, sizeof(error), 0), 0);
    ck_assert_uint_gt(reserve_file_held_bytes(reserve), HELD_BYTES / 2);
    ck_assert_uint_lt(reserve_file_held_bytes(reserve), HELD_BYTES);
    ck_assert_int_eq(fs->close(fs->context, file), 0);
    ck_assert_uint_eq(fs_memory_size(memory, WORLD_DIRECTORY "/file"), sizeof(error));
}
END_TEST

static int64_t no_blocks(void *context, int file)
{
    (void)context;
    (void)file;
    return 0;
}

/* A copy of a directory may have a hole of the full length in its place. */
START_TEST(a_file_without_blocks_holds_nothing)
{
    static struct fs sparse;
    int file;

    sparse = *below;
    sparse.block_bytes = no_blocks;
    hold_all();
    below = &sparse;
    start_again();
    hold_all(); /* its blocks can be allocated */
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES);
    start_again();
    others_leave(0);
    fs_memory_fail(memory, FS_MEMORY_ALLOCATE, 1, -ENOSPC);
    file = fs->open(fs->context, WORLD_DIRECTORY "/file", FS_OPEN_CREATE);
    ck_assert_int_eq(fs->pwrite(fs->context, file, "x", 1, 0), -ENOSPC);
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), 0);
    ck_assert_uint_eq(fs_memory_size(memory, RESERVE_PATH), 0);
    ck_assert_int_eq(fs->close(fs->context, file), 0);
}
END_TEST

START_TEST(a_smaller_setting_gives_room_back)
{
    hold_all();
    reserve_file_destroy(reserve);
    reserve = reserve_file_create(below, WORLD_DIRECTORY, RESERVE_BYTES / 2, RESERVE_PIECE_BYTES);
    fs = reserve_file_table(reserve);
    hold_all();
    ck_assert_uint_eq(fs_memory_size(memory, RESERVE_PATH), HELD_BYTES / 2);
    ck_assert_int_eq(free_here(), DISK_BYTES);
}
END_TEST

static struct fs tight;      /* over the memory, for what a test changes */
static int failure_of_names; /* of open and rename */
static int64_t free_of_names;

static int tight_open(void *context, const char *path, enum fs_open_mode mode)
{
    return mode == FS_OPEN_CREATE ? failure_of_names
                                  : fs_memory_table(context)->open(context, path, mode);
}

static int tight_rename(void *context, const char *from, const char *to)
{
    (void)context;
    (void)from;
    (void)to;
    return failure_of_names;
}

static int64_t tight_free_bytes(void *context, const char *path)
{
    (void)context;
    (void)path;
    return free_of_names;
}

/* Names fail with this error from now on, and so many bytes are free. */
static void names_fail(int failure, int64_t free_bytes)
{
    tight = *below;
    tight.open = tight_open;
    tight.rename = tight_rename;
    tight.free_bytes = tight_free_bytes;
    failure_of_names = failure;
    free_of_names = free_bytes;
    below = &tight;
    start_again();
    (void)reserve_file_hold(reserve, 4096); /* finds the file */
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES);
}

static void use_names(int failure)
{
    ck_assert_int_eq(fs->open(fs->context, WORLD_DIRECTORY "/file", FS_OPEN_CREATE), failure);
    ck_assert_int_eq(fs->rename(fs->context, "/a", "/b"), failure);
}

/* A name needs an inode, which no block helps to, or a block for its directory, and never more. */
START_TEST(names_take_little_of_what_is_held)
{
    hold_all();
    names_fail(-ENOSPC, DISK_BYTES);
    use_names(-ENOSPC);
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES);
    failure_of_names = -EDQUOT; /* of inodes, or of blocks; free space says nothing about it */
    free_of_names = 0;
    use_names(-EDQUOT);
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES);
    failure_of_names = -ENOSPC;
    use_names(-ENOSPC);
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES - 2 * RESERVE_PIECE_BYTES);
}
END_TEST

/* Appends use what is held. Zeros for later appends do not. */
START_TEST(files_of_the_log_are_prepared_outside_of_what_is_held)
{
    struct wal_options options = world_options(fs);
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct step step = {.append_count = 1, .entry_bytes = 8 * 1024};
    struct wal *wal;

    hold_all();
    options.prepare_fs = below;
    ck_assert_int_eq(wal_open(&options, &wal, &recovered, &error), 0);
    wal_recovered_free(&recovered);
    world_step(wal, &model, (struct step){.term = 1, .vote = 1});
    others_leave(0);
    ck_assert_uint_eq(wal_prepare(wal, WORLD_SEGMENT_BYTES, &error), 0);
    ck_assert_int_eq(error.code, 0);
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES);
    while (reserve_file_held_bytes(reserve) == HELD_BYTES) {
        world_step(wal, &model, step);
    }
    wal_close(wal);
    world_check_usable(memory, &model);
}
END_TEST

/* A file of the log that is begun takes what is written, and not the zeros after it. */
START_TEST(a_new_file_of_the_log_takes_little_of_what_is_held)
{
    struct wal_options options = world_options(fs);
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct step step = {.append_count = 1, .entry_bytes = 100};
    struct wal_figures figures = {0};
    struct wal *wal;

    hold_all();
    options.prepare_fs = below;
    options.segment_bytes = 1 << 20; /* all of the first one is zeroed */
    ck_assert_int_eq(wal_open(&options, &wal, &recovered, &error), 0);
    wal_recovered_free(&recovered);
    world_step(wal, &model, (struct step){.term = 1, .vote = 1});
    others_leave(0);
    do {
        world_step(wal, &model, step);
        wal_get_figures(wal, &figures);
    } while (figures.segment_count == 1);
    ck_assert_uint_ge(reserve_file_held_bytes(reserve), HELD_BYTES - 2 * RESERVE_PIECE_BYTES);
    wal_close(wal);
    world_check_usable(memory, &model);
}
END_TEST

/* A disk that fails is no reason to end, as long as only the reserve is concerned. */
START_TEST(a_failure_of_the_reserve_fails_nothing_else)
{
    int file;

    fs_memory_fail(memory, FS_MEMORY_CREATE, 1, -EIO);
    ck_assert(!reserve_file_hold(reserve, HELD_BYTES));
    fs_memory_fail(memory, FS_MEMORY_ALLOCATE, 1, -EIO);
    ck_assert(!reserve_file_hold(reserve, HELD_BYTES));
    hold_all();
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES);
    others_leave(0);
    file = fs->open(fs->context, WORLD_DIRECTORY "/file", FS_OPEN_CREATE);
    fs_memory_fail(memory, FS_MEMORY_TRUNCATE, 1, -EIO);
    ck_assert_int_eq(fs->pwrite(fs->context, file, "x", 1, 0), -ENOSPC);
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES);
    ck_assert_int_eq(fs->pwrite(fs->context, file, "x", 1, 0), 0);
    /* Others take each piece, and a sync in between fails. */
    fs_memory_limit(memory, 1);
    fs_memory_fail(memory, FS_MEMORY_FSYNC, 1, -EIO);
    ck_assert_int_eq(fs->pwrite(fs->context, file, "x", 1, 1), -ENOSPC);
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), 0);
    fs_memory_limit(memory, 0);
    ck_assert_int_eq(fs->pwrite(fs->context, file, "x", 1, 1), 0);
    ck_assert_int_eq(fs->close(fs->context, file), 0);
}
END_TEST

/* The log writer tries twice a second. */
START_TEST(a_file_that_cannot_be_made_is_said_once)
{
    FILE *said = tmpfile();
    int saved_stderr = dup(STDERR_FILENO);
    char text[4096] = {0};
    const char *first;

    log_configure(LOG_LEVEL_WARNING, LOG_TARGET_STDERR);
    ck_assert_int_eq(dup2(fileno(said), STDERR_FILENO), STDERR_FILENO);
    for (int i = 0; i < 3; i++) {
        fs_memory_fail(memory, FS_MEMORY_CREATE, 1, -EACCES);
        ck_assert(!reserve_file_hold(reserve, HELD_BYTES));
    }
    dup2(saved_stderr, STDERR_FILENO);
    rewind(said);
    ck_assert_uint_lt(fread(text, 1, sizeof(text), said), sizeof(text));
    fclose(said);
    close(saved_stderr);
    first = strstr(text, "cannot make the file \"reserve\"");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "cannot make"));
    hold_all();
    ck_assert_uint_eq(reserve_file_held_bytes(reserve), HELD_BYTES);
}
END_TEST

START_TEST(a_file_that_is_not_needed_is_removed)
{
    hold_all();
    reserve_file_remove(below, WORLD_DIRECTORY);
    ck_assert(!fs_memory_exists(memory, RESERVE_PATH));
    reserve_file_remove(below, WORLD_DIRECTORY); /* there is none: that is right */
}
END_TEST

/* Then nothing is held; the node watches the free space, and that is all. */
START_TEST(a_file_system_that_cannot_allocate_is_asked_once)
{
    uint64_t count;

    fs_memory_fail(memory, FS_MEMORY_ALLOCATE, 1, -EOPNOTSUPP);
    ck_assert(!reserve_file_hold(reserve, HELD_BYTES));
    count = fs_memory_count(memory);
    ck_assert(!reserve_file_hold(reserve, HELD_BYTES));
    ck_assert_uint_eq(fs_memory_count(memory), count);
    ck_assert_int_eq(free_here(), DISK_BYTES);
}
END_TEST

UNIT_SUITE(reserve)
{
    Suite *suite = suite_create("reserve");
    TCase *tcase = tcase_create("file");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_part_of_the_reserve_is_held_and_counts_as_free);
    tcase_add_test(tcase, it_is_held_as_far_as_there_is_room);
    tcase_add_test(tcase, r4_the_log_grows_on_a_disk_that_others_have_filled);
    tcase_add_test(tcase, r4_a_start_finds_what_is_held);
    tcase_add_test(tcase, a_file_without_blocks_holds_nothing);
    tcase_add_test(tcase, a_smaller_setting_gives_room_back);
    tcase_add_test(tcase, names_take_little_of_what_is_held);
    tcase_add_test(tcase, a_new_file_of_the_log_takes_little_of_what_is_held);
    tcase_add_test(tcase, files_of_the_log_are_prepared_outside_of_what_is_held);
    tcase_add_test(tcase, a_failure_of_the_reserve_fails_nothing_else);
    tcase_add_test(tcase, a_file_that_cannot_be_made_is_said_once);
    tcase_add_test(tcase, a_file_that_is_not_needed_is_removed);
    tcase_add_test(tcase, a_file_system_that_cannot_allocate_is_asked_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
