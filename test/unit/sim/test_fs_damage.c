/*
 * sim/fs_damage: each kind of damage has the promised effect. After a fatal kind the next start is
 * refused and changes nothing; the harmless kind loses nothing. sim/fs_atlas counts correctly.
 */
#include "sim/fs_damage.h"

#include "unit.h"

#include "sim/fs_atlas.h"
#include "store/world.h"

enum { SEEDS = 300 };

/* A log with some segments, votes and a truncation. */
static struct fs_memory *make_log(struct model *model)
{
    struct fs_memory *memory = fs_memory_create(1);
    struct wal *wal;

    *model = (struct model){0};
    wal = world_open(memory, model);
    for (uint64_t term = 1; term <= 8; term++) {
        world_step(wal, model, (struct step){.term = term, .vote = 2});
        world_step(wal, model, (struct step){.append_count = 3, .entry_bytes = 900});
        world_step(wal, model, (struct step){.append_count = 1, .entry_bytes = 5000});
        if (term == 4) {
            world_step(wal, model, (struct step){.truncate_from = 6});
        }
    }
    world_step(wal, model,
               (struct step){.term = 9, .vote = 1}); /* the last segment still has room */
    world_kill(memory, wal);
    return memory;
}

START_TEST(damage_before_the_last_batch_is_refused)
{
    enum fs_damage_kind kind = (enum fs_damage_kind)_i;
    struct model model;
    struct fs_memory *intact = make_log(&model);
    struct sim_random random = sim_random_make(7);

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fs_memory *memory = fs_memory_copy(intact, seed);
        struct raftd_error error = {0};
        struct fs_damage damage;

        if (fs_damage_do(memory, WORLD_DIRECTORY, kind, &random, &damage)) {
            ck_assert(damage.is_fatal);
            world_open_fails(
                memory, kind == FS_DAMAGE_UNREADABLE ? RAFTD_ERROR_SYSTEM : RAFTD_ERROR_CORRUPT,
                &error);
        } else {
            /* The damage may have chosen the same batch twice. */
            ck_assert_int_eq(kind, FS_DAMAGE_MISDIRECTED);
        }
        fs_memory_destroy(memory);
    }
    fs_memory_destroy(intact);
}
END_TEST

START_TEST(what_is_behind_the_log_is_harmless)
{
    int done = 0;
    struct model model;
    struct fs_memory *intact = make_log(&model);
    struct sim_random random = sim_random_make(7);

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fs_memory *memory = fs_memory_copy(intact, seed);
        struct fs_damage damage;
        struct model after = model;

        if (fs_damage_do(memory, WORLD_DIRECTORY, (enum fs_damage_kind)_i, &random, &damage)) {
            done++;
            ck_assert(!damage.is_fatal);
            world_check_usable(memory, &after);
        }
        fs_memory_destroy(memory);
    }
    ck_assert_int_gt(done, SEEDS / 2);
    fs_memory_destroy(intact);
}
END_TEST

START_TEST(nothing_to_damage_is_said)
{
    struct fs_memory *memory = fs_memory_create(1);
    struct sim_random random = sim_random_make(7);
    struct model model = {0};
    struct fs_damage damage;

    for (int kind = 0; kind < FS_DAMAGE_KINDS; kind++) {
        ck_assert(
            !fs_damage_do(memory, WORLD_DIRECTORY, (enum fs_damage_kind)kind, &random, &damage));
    }
    wal_close(world_open(memory, &model));
    for (int kind = 0; kind < FS_DAMAGE_KINDS; kind++) {
        ck_assert(
            !fs_damage_do(memory, WORLD_DIRECTORY, (enum fs_damage_kind)kind, &random, &damage));
    }
    fs_memory_destroy(memory);
}
END_TEST

START_TEST(a_minority_of_each_voter_set_may_be_lost)
{
    static const uint16_t five[] = {1, 2, 3, 4, 5};
    static const uint16_t three[] = {1, 6, 7};
    struct fs_atlas atlas = {0};

    fs_atlas_set_voters(&atlas, 0, five, 5);
    ck_assert(fs_atlas_may_lose(&atlas, 1));
    fs_atlas_note_lost(&atlas, 1);
    ck_assert(fs_atlas_may_lose(&atlas, 2));
    fs_atlas_note_lost(&atlas, 2);
    ck_assert(!fs_atlas_may_lose(&atlas, 3));
    ck_assert(fs_atlas_may_lose(&atlas, 2)); /* it is damaged already */
    ck_assert(fs_atlas_may_lose(&atlas, 9)); /* it is not a voter */
    ck_assert(fs_atlas_must_recover(&atlas));
    fs_atlas_set_voters(&atlas, 1, three, 3);
    ck_assert(fs_atlas_must_recover(&atlas));
    ck_assert(!fs_atlas_may_lose(&atlas, 6));
    fs_atlas_note_lost(&atlas, 6);
    ck_assert(!fs_atlas_must_recover(&atlas));
    fs_atlas_set_voters(&atlas, 1, NULL, 0);
    ck_assert(fs_atlas_must_recover(&atlas));
}
END_TEST

START_TEST(what_was_acknowledged_is_missed)
{
    struct fs_atlas atlas = {0};

    ck_assert_ptr_null(fs_atlas_lacks(&atlas, 1, 0, 0, 0, false));
    fs_atlas_note_durable(&atlas, 1, 3, 2, 10);
    ck_assert_ptr_null(fs_atlas_lacks(&atlas, 1, 3, 2, 10, false));
    ck_assert_ptr_null(fs_atlas_lacks(&atlas, 1, 4, 0, 11, false));
    ck_assert_ptr_null(fs_atlas_lacks(&atlas, 1, 3, 2, 9, true));
    ck_assert_ptr_nonnull(fs_atlas_lacks(&atlas, 1, 3, 2, 9, false));
    ck_assert_ptr_nonnull(fs_atlas_lacks(&atlas, 1, 3, 0, 10, false));
    ck_assert_ptr_nonnull(fs_atlas_lacks(&atlas, 1, 2, 2, 10, false));
}
END_TEST

UNIT_SUITE(fs_damage)
{
    Suite *suite = suite_create("fs_damage");
    TCase *damage = tcase_create("damage");
    TCase *atlas = tcase_create("atlas");

    tcase_set_timeout(damage, 60);
    tcase_add_loop_test(damage, damage_before_the_last_batch_is_refused, 0, FS_DAMAGE_FLIP_BEHIND);
    tcase_add_loop_test(damage, what_is_behind_the_log_is_harmless, FS_DAMAGE_FLIP_BEHIND,
                        FS_DAMAGE_KINDS);
    tcase_add_test(damage, nothing_to_damage_is_said);
    suite_add_tcase(suite, damage);
    tcase_add_test(atlas, a_minority_of_each_voter_set_may_be_lost);
    tcase_add_test(atlas, what_was_acknowledged_is_missed);
    suite_add_tcase(suite, atlas);
    return suite;
}
