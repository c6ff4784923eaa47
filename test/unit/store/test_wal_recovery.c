/*
 * store/wal_recovery: torn tail or damage. Whatever a crash can leave is recovered with everything
 * that was acknowledged. Every other change of a byte is reported as damage, with its place.
 */
#include "store/wal_recovery.h"

#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "sim/fs_memory.h"
#include "store/wal.h"
#include "store/wal_format.h"
#include "store/world.h"

static struct fs_memory *memory;
static struct model model;

static void set_up(void)
{
    memory = fs_memory_create(1);
    model = (struct model){0};
}

static void tear_down(void)
{
    fs_memory_destroy(memory);
}

static void make_log(void)
{
    world_make_log(memory, &model);
}

static void flip(const char *path, uint64_t offset)
{
    uint8_t byte = (uint8_t)(fs_memory_bytes(memory, path)[offset] ^ (1u << offset % 8));

    fs_memory_poke(memory, path, offset, &byte, 1);
}

/* Torn tails. */

enum behind { BEHIND_ZEROS, BEHIND_GARBAGE, BEHIND_OLD, BEHIND_KINDS };

/* A segment file, and the same file after one more batch, which begins at `offset`. */
struct tear {
    uint8_t before[WORLD_SEGMENT_BYTES];
    uint8_t after[WORLD_SEGMENT_BYTES];
    uint8_t
        old[WORLD_SEGMENT_BYTES]; /* a file of another log: complete batches with another nonce */
    uint64_t offset;
    uint64_t size_bytes; /* of the batch without padding */
    struct model model_before;
};

static void copy_file(uint8_t to[WORLD_SEGMENT_BYTES], const struct fs_memory *from)
{
    ck_assert_uint_eq(fs_memory_size(from, WORLD_SEGMENT(1)), WORLD_SEGMENT_BYTES);
    memcpy(to, fs_memory_bytes(from, WORLD_SEGMENT(1)), WORLD_SEGMENT_BYTES);
}

static void make_old(struct tear *tear)
{
    struct fs_memory *other = fs_memory_create(2);
    struct wal_options options = world_memory_options(other);
    struct model other_model = {0};
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal;

    options.random_seed = 4711;
    ck_assert_int_eq(wal_open(&options, &wal, &recovered, &error), 0);
    for (uint64_t term = 1; term <= 3; term++) {
        world_step(wal, &other_model,
                   (struct step){.term = term, .append_count = 1, .entry_bytes = 3000});
    }
    copy_file(tear->old, other);
    world_kill(other, wal);
    fs_memory_destroy(other);
}

static void make_tear(struct tear *tear, struct step last)
{
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model,
               (struct step){.term = 1, .vote = 1, .append_count = 2, .entry_bytes = 30});
    copy_file(tear->before, memory);
    tear->model_before = model;
    tear->offset = 2 * WAL_BLOCK_BYTES;
    world_step(wal, &model, last);
    copy_file(tear->after, memory);
    tear->size_bytes = 0;
    for (uint64_t i = tear->offset; i < WORLD_SEGMENT_BYTES; i++) {
        if (tear->after[i] != 0) {
            tear->size_bytes = i + 1 - tear->offset;
        }
    }
    make_old(tear);
    world_kill(memory, wal);
}

/* Only the first `length` bytes of the batch are in the file. After them are the bytes of
 * `behind`. */
static void put_torn(const struct tear *tear, uint64_t length, enum behind behind)
{
    uint8_t file[WORLD_SEGMENT_BYTES];
    uint64_t from = tear->offset + length;
    uint64_t to = tear->offset + wal_padded_bytes(tear->size_bytes);

    memcpy(file, tear->before, sizeof(file));
    memcpy(file + tear->offset, tear->after + tear->offset, length);
    for (uint64_t i = from; i < to; i++) {
        switch (behind) {
        case BEHIND_ZEROS:
            break;
        case BEHIND_GARBAGE:
            file[i] = (uint8_t)(0x5a ^ i * 37);
            break;
        default:
            file[i] = tear->old[i];
            break;
        }
    }
    fs_memory_put(memory, WORLD_SEGMENT(1), file, sizeof(file));
}

static void check_torn(const struct tear *tear, uint64_t length)
{
    struct wal_options options = world_memory_options(memory);
    bool is_whole = length >= tear->size_bytes;
    struct model wanted = is_whole ? model : tear->model_before;
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal;

    ck_assert_msg(wal_open(&options, &wal, &recovered, &error) == 0, "%lu bytes: %s",
                  (unsigned long)length, error.message);
    ck_assert_msg(model_matches(&wanted, &recovered), "%lu bytes of the last batch",
                  (unsigned long)length);
    ck_assert(is_whole || length == 0 || recovered.torn_bytes > 0);
    wal_recovered_free(&recovered);
    world_kill(memory, wal);
    /* Nothing of the torn batch is left that could appear again after later batches. */
    world_check_usable(memory, &wanted);
}

static void tear_everywhere(struct step last, uint64_t stride)
{
    struct tear *tear = memory_allocate_zeroed(1, sizeof(*tear));

    make_tear(tear, last);
    for (enum behind behind = 0; behind < BEHIND_KINDS; behind++) {
        for (uint64_t length = 0; length <= wal_padded_bytes(tear->size_bytes); length += stride) {
            struct fs_memory *kept = memory;

            memory = fs_memory_copy(kept, length);
            put_torn(tear, length, behind);
            check_torn(tear, length);
            fs_memory_destroy(memory);
            memory = kept;
        }
    }
    memory_free(tear);
}

START_TEST(torn_small_batch_at_every_byte)
{
    tear_everywhere((struct step){.append_count = 1, .entry_bytes = 100}, 1);
}
END_TEST

START_TEST(torn_large_batch_at_many_bytes)
{
    tear_everywhere((struct step){.append_count = 2, .entry_bytes = 2900}, 7);
}
END_TEST

START_TEST(torn_large_batch_at_every_sector)
{
    tear_everywhere((struct step){.append_count = 3, .entry_bytes = 2500}, 512);
}
END_TEST

/* The header of the torn batch announces more bytes than the file has. */
START_TEST(torn_batch_longer_than_the_file)
{
    struct wal *wal = world_open(memory, &model);
    struct model before;
    uint8_t *file = memory_allocate(2 * WAL_BLOCK_BYTES);

    before = model;
    world_step(wal, &model, (struct step){.term = 1, .append_count = 1, .entry_bytes = 60000});
    memcpy(file, fs_memory_bytes(memory, WORLD_SEGMENT(1)), (size_t)2 * WAL_BLOCK_BYTES);
    world_kill(memory, wal);
    fs_memory_put(memory, WORLD_SEGMENT(1), file, (size_t)2 * WAL_BLOCK_BYTES);
    memory_free(file);
    world_check_usable(memory, &before);
}
END_TEST

/* A client writes the bytes of a batch with its header as a value. The nonce does not match. */
START_TEST(bytes_of_a_client_never_pass_for_a_batch)
{
    struct tear *tear = memory_allocate_zeroed(1, sizeof(*tear));
    struct fs_memory *kept;
    uint8_t file[WORLD_SEGMENT_BYTES];

    make_tear(tear, (struct step){.append_count = 2, .entry_bytes = 2900});
    memcpy(file, tear->after, sizeof(file));
    /* The second block of the torn batch is a complete batch that a client made. */
    file[tear->offset + 60] ^= 1;
    memcpy(file + tear->offset + WAL_BLOCK_BYTES, tear->old + tear->offset, WAL_BLOCK_BYTES);
    kept = memory;
    memory = fs_memory_copy(kept, 1);
    fs_memory_put(memory, WORLD_SEGMENT(1), file, sizeof(file));
    world_check_usable(memory, &tear->model_before);
    fs_memory_destroy(memory);
    memory = kept;
    memory_free(tear);
}
END_TEST

START_TEST(t42_torn_last_batch_boots)
{
    struct wal_options options = world_memory_options(memory);
    struct model before;
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 1, .append_count = 1, .entry_bytes = 30});
    before = model;
    world_step(wal, &model, (struct step){.append_count = 1, .entry_bytes = 30});
    world_kill(memory, wal);
    flip(WORLD_SEGMENT(1), 2 * WAL_BLOCK_BYTES + 70);
    ck_assert_int_eq(wal_open(&options, &wal, &recovered, &error), 0);
    ck_assert(model_matches(&before, &recovered));
    ck_assert_uint_gt(recovered.torn_bytes, 0);
    ck_assert_str_eq(recovered.torn_segment, "wal-0000000000000001.log");
    wal_recovered_free(&recovered);
    wal_close(wal);
    world_check_usable(memory, &before);
}
END_TEST

/* Damage. */

static void check_says(const struct raftd_error *error, const char *text)
{
    ck_assert_msg(strstr(error->message, text) != NULL, "\"%s\" does not say %s", error->message,
                  text);
}

START_TEST(t42_damage_before_the_tail_refuses_and_says_all)
{
    struct raftd_error error = {0};

    make_log();
    flip(WORLD_SEGMENT(1),
         2 * WAL_BLOCK_BYTES + 100); /* in the second batch, with the indices 3 to 5 */
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
    check_says(&error, "wal-0000000000000001.log");
    check_says(&error, "offset 8192");
    check_says(&error, "index 2;");
    check_says(&error, "move /data aside");
    check_says(&error, "rejoin");
    flip(WORLD_SEGMENT(1), 2 * WAL_BLOCK_BYTES + 100);
    world_check_usable(memory, &model);
}
END_TEST

static void flip_segment(const char *path, uint64_t from, uint64_t to)
{
    for (uint64_t offset = from; offset < to; offset++) {
        struct raftd_error error = {0};

        flip(path, offset);
        world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
        flip(path, offset);
    }
}

/* After world_make_log(), the last batch is in the first block of segment 3. */
START_TEST(every_flipped_byte_before_the_tail_is_found)
{
    make_log();
    flip_segment(WORLD_SEGMENT(1), 0, WORLD_SEGMENT_BYTES);
    flip_segment(WORLD_SEGMENT(2), 0, WORLD_SEGMENT_BYTES);
    flip_segment(WORLD_SEGMENT(3), 0, WAL_SEGMENT_HEADER_BYTES);
    world_check_usable(memory, &model);
}
END_TEST

/* After an orderly end, damage to the last batch is found, because the clean-end mark follows
 * it. */
START_TEST(clean_end_makes_every_flipped_byte_found)
{
    wal_close(world_open(memory, &model));
    make_log();
    wal_close(world_open(memory, &model));
    flip_segment(WORLD_SEGMENT(3), 0, 2 * WAL_BLOCK_BYTES);
    world_check_usable(memory, &model);
}
END_TEST

/* A change in the last batch: the log is recovered with everything before that batch. */
START_TEST(every_flipped_byte_of_the_tail_boots)
{
    struct model before = {0};
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 1, .append_count = 2, .entry_bytes = 10});
    before = model;
    world_step(wal, &model, (struct step){.append_count = 2, .entry_bytes = 10});
    world_kill(memory, wal);
    for (uint64_t offset = 2 * WAL_BLOCK_BYTES; offset < WORLD_SEGMENT_BYTES; offset++) {
        struct fs_memory *kept = memory;
        struct wal_options options;
        struct wal_recovered recovered;
        struct raftd_error error = {0};
        struct model found = model;

        memory = fs_memory_copy(kept, offset);
        options = world_memory_options(memory);
        flip(WORLD_SEGMENT(1), offset);
        ck_assert_int_eq(wal_open(&options, &wal, &recovered, &error), 0);
        if (!model_matches(&model, &recovered)) {
            found = before;
            ck_assert_uint_lt(offset, 3 * WAL_BLOCK_BYTES);
        }
        ck_assert(model_matches(&found, &recovered));
        wal_recovered_free(&recovered);
        world_kill(memory, wal);
        world_check_usable(memory, &found);
        fs_memory_destroy(memory);
        memory = kept;
    }
}
END_TEST

START_TEST(missing_segment_is_damage)
{
    struct raftd_error error = {0};

    make_log();
    fs_memory_remove(memory, WORLD_SEGMENT(2));
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
    check_says(&error, "wal-0000000000000002.log");
    check_says(&error, "missing");
}
END_TEST

/* The first segment could have been freed. The node has to check whether a snapshot contains its
 * entries, so recovery has to say where the log begins (T34, T36). */
START_TEST(t36_log_without_its_first_segment_says_where_it_begins)
{
    struct model from_second;
    struct wal *wal;

    make_log();
    fs_memory_remove(memory, WORLD_SEGMENT(1));
    from_second = model;
    from_second.base_min = 5;
    from_second.base_max = 5;
    wal = world_open(memory, &from_second);
    world_kill(memory, wal);
    fs_memory_remove(memory, WORLD_SEGMENT(2));
    from_second.base_min = from_second.base_max = 8;
    wal = world_open(memory, &from_second);
    world_kill(memory, wal);
}
END_TEST

START_TEST(only_segment_without_a_batch_is_damage_unless_it_is_the_first)
{
    struct raftd_error error = {0};

    make_log();
    fs_memory_remove(memory, WORLD_SEGMENT(1));
    fs_memory_remove(memory, WORLD_SEGMENT(2));
    flip(WORLD_SEGMENT(3), WAL_SEGMENT_HEADER_BYTES);
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
    flip(WORLD_SEGMENT(3), WAL_SEGMENT_HEADER_BYTES);
    flip(WORLD_SEGMENT(3), 0);
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
}
END_TEST

START_TEST(segment_under_the_name_of_another_is_damage)
{
    struct raftd_error error = {0};
    uint8_t copy[WORLD_SEGMENT_BYTES];

    make_log();
    memcpy(copy, fs_memory_bytes(memory, WORLD_SEGMENT(1)), sizeof(copy));
    fs_memory_put(memory, WORLD_SEGMENT(2), copy, sizeof(copy));
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
    check_says(&error, "its header says that it is segment 1");
}
END_TEST

START_TEST(emptied_segment_in_the_middle_is_damage)
{
    struct raftd_error error = {0};
    uint8_t zeros[WORLD_SEGMENT_BYTES] = {0};

    make_log();
    fs_memory_poke(memory, WORLD_SEGMENT(2), WAL_SEGMENT_HEADER_BYTES, zeros,
                   sizeof(zeros) - WAL_SEGMENT_HEADER_BYTES);
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
    check_says(&error, "wal-0000000000000002.log");
}
END_TEST

START_TEST(cut_segment_in_the_middle_is_damage)
{
    struct raftd_error error = {0};
    uint8_t copy[WORLD_SEGMENT_BYTES];

    make_log();
    memcpy(copy, fs_memory_bytes(memory, WORLD_SEGMENT(2)), sizeof(copy));
    fs_memory_put(memory, WORLD_SEGMENT(2), copy, (size_t)2 * WAL_BLOCK_BYTES + 100);
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
    check_says(&error, "offset 8192");
}
END_TEST

START_TEST(two_empty_segments_behind_the_log_are_damage)
{
    struct raftd_error error = {0};
    struct wal_segment_header header = {.version = WAL_FORMAT_VERSION,
                                        .node_id = WORLD_NODE_ID,
                                        .cluster_id = WORLD_CLUSTER_ID,
                                        .nonce = 17};
    uint8_t block[WAL_SEGMENT_HEADER_BYTES];

    make_log();
    header.number = 4;
    wal_segment_header_encode(&header, block);
    fs_memory_put(memory, WORLD_SEGMENT(4), block, sizeof(block));
    header.number = 5;
    wal_segment_header_encode(&header, block);
    fs_memory_put(memory, WORLD_SEGMENT(5), block, sizeof(block));
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
    check_says(&error, "wal-0000000000000005.log");
}
END_TEST

/* Only one batch is written at a time, so a crash leaves at most one torn place. */
START_TEST(two_torn_places_are_damage)
{
    struct raftd_error error = {0};
    struct wal *wal = world_open(memory, &model);

    world_step(wal, &model, (struct step){.term = 1, .append_count = 1, .entry_bytes = 10});
    while (wal_prepare(wal, WORLD_SEGMENT_BYTES, &error) > 0) {
    }
    world_kill(memory, wal);
    flip(WORLD_SEGMENT(1), 2 * WAL_BLOCK_BYTES + 5);
    flip(WORLD_SEGMENT(2), WAL_SEGMENT_HEADER_BYTES + 5);
    world_open_fails(memory, RAFTD_ERROR_CORRUPT, &error);
    check_says(&error, "wal-0000000000000001.log");
    check_says(&error, "segment 2");
    flip(WORLD_SEGMENT(2), WAL_SEGMENT_HEADER_BYTES + 5);
    world_check_usable(memory, &model);
}
END_TEST

START_TEST(files_of_others_are_left_alone)
{
    static const char *const names[] = {
        WORLD_DIRECTORY "/wal-0000000000000001.log.old",
        WORLD_DIRECTORY "/wal-1.log",
        WORLD_DIRECTORY "/wal-000000000000000A.log",
        WORLD_DIRECTORY "/notes",
    };

    wal_close(world_open(memory, &model));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        fs_memory_put(memory, names[i], "mine", 4);
    }
    world_check_usable(memory, &model);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert_uint_eq(fs_memory_size(memory, names[i]), 4);
    }
}
END_TEST

UNIT_SUITE(wal_recovery)
{
    Suite *suite = suite_create("wal_recovery");
    TCase *torn = tcase_create("torn");
    TCase *damage = tcase_create("damage");

    tcase_add_checked_fixture(torn, set_up, tear_down);
    tcase_set_timeout(torn, 180);
    tcase_add_test(torn, torn_small_batch_at_every_byte);
    tcase_add_test(torn, torn_large_batch_at_many_bytes);
    tcase_add_test(torn, torn_large_batch_at_every_sector);
    tcase_add_test(torn, torn_batch_longer_than_the_file);
    tcase_add_test(torn, bytes_of_a_client_never_pass_for_a_batch);
    tcase_add_test(torn, t42_torn_last_batch_boots);
    tcase_add_test(torn, every_flipped_byte_of_the_tail_boots);
    suite_add_tcase(suite, torn);

    tcase_add_checked_fixture(damage, set_up, tear_down);
    tcase_set_timeout(damage, 180);
    tcase_add_test(damage, t42_damage_before_the_tail_refuses_and_says_all);
    tcase_add_test(damage, every_flipped_byte_before_the_tail_is_found);
    tcase_add_test(damage, clean_end_makes_every_flipped_byte_found);
    tcase_add_test(damage, missing_segment_is_damage);
    tcase_add_test(damage, t36_log_without_its_first_segment_says_where_it_begins);
    tcase_add_test(damage, only_segment_without_a_batch_is_damage_unless_it_is_the_first);
    tcase_add_test(damage, segment_under_the_name_of_another_is_damage);
    tcase_add_test(damage, emptied_segment_in_the_middle_is_damage);
    tcase_add_test(damage, cut_segment_in_the_middle_is_damage);
    tcase_add_test(damage, two_empty_segments_behind_the_log_are_damage);
    tcase_add_test(damage, two_torn_places_are_damage);
    tcase_add_test(damage, files_of_others_are_left_alone);
    suite_add_tcase(suite, damage);

    return suite;
}
