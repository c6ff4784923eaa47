/*
 * kv/table and kv/item: no key is lost while the table grows, shrinks and is cleared, and no call
 * does more than a little of that work.
 */
#include <string.h>

#include "base/memory.h"
#include "kv/kv.h"
#include "kv/table.h"
#include "unit.h"

static struct kv_table table;

static void open_table(void)
{
    kv_table_init(&table, 5);
}

static void close_table(void)
{
    kv_table_free(&table);
}

static void insert(uint32_t key)
{
    uint64_t hash = kv_table_hash(&table, &key, sizeof(key));

    kv_table_insert(&table, hash, kv_item_create(&key, sizeof(key), &key, sizeof(key), key));
}

static bool find(uint32_t key)
{
    uint64_t hash = kv_table_hash(&table, &key, sizeof(key));
    struct kv_item **place = kv_table_find(&table, hash, &key, sizeof(key));

    return place != NULL && (*place)->revision == key &&
           memcmp(kv_item_key(*place), &key, sizeof(key)) == 0 &&
           memcmp(kv_item_value(*place), &key, sizeof(key)) == 0;
}

static bool erase(uint32_t key)
{
    uint64_t hash = kv_table_hash(&table, &key, sizeof(key));
    struct kv_item *item = kv_table_remove(&table, hash, &key, sizeof(key));

    kv_item_free(item);
    return item != NULL;
}

/* The keys in [from, to) are there and no others below limit. */
static void check_keys(uint32_t from, uint32_t to, uint32_t limit)
{
    for (uint32_t key = 0; key < limit; key++) {
        if (find(key) != (key >= from && key < to)) {
            ck_abort_msg("key %u with %u to %u there", key, from, to);
        }
    }
    ck_assert_uint_eq(table.item_count, to - from);
}

START_TEST(an_empty_table_takes_no_memory_and_knows_nothing)
{
    ck_assert_ptr_null(table.current.memory);
    ck_assert(!find(1));
    ck_assert(!erase(1));
    ck_assert_uint_eq(kv_table_scan(&table, 5, NULL, NULL), 0);
    kv_table_visit(&table, NULL, NULL);
    kv_table_clear(&table);
    ck_assert(kv_table_is_tidy(&table));
}
END_TEST

START_TEST(no_key_is_lost_while_the_table_grows)
{
    for (uint32_t key = 0; key < 1500; key++) {
        insert(key);
        check_keys(0, key + 1, key + 2);
    }
}
END_TEST

START_TEST(no_key_is_lost_while_the_table_shrinks)
{
    for (uint32_t key = 0; key < 1500; key++) {
        insert(key);
    }
    for (uint32_t key = 0; key < 1500; key++) {
        ck_assert(erase(key));
        check_keys(key + 1, 1500, 1501);
    }
    ck_assert_uint_le(table.current.count, 16);
}
END_TEST

START_TEST(keys_with_the_same_hash_are_told_apart)
{
    /* All in one bucket and its children, and few enough that the table keeps its size. */
    for (uint32_t key = 0; key < 24; key++) {
        kv_table_insert(&table, 7, kv_item_create(&key, sizeof(key), NULL, 0, key));
    }
    for (uint32_t key = 0; key < 24; key++) {
        struct kv_item **place = kv_table_find(&table, 7, &key, sizeof(key));

        ck_assert_ptr_nonnull(place);
        ck_assert_uint_eq((*place)->revision, key);
    }
}
END_TEST

START_TEST(a_child_bucket_goes_when_it_is_empty)
{
    /* As above. */
    for (int round = 0; round < 3; round++) {
        for (uint32_t key = 0; key < 23; key++) {
            kv_table_insert(&table, 7, kv_item_create(&key, sizeof(key), NULL, 0, key));
        }
        /* From the middle, so that a bucket between two others empties first. */
        for (uint32_t i = 0; i < 23; i++) {
            uint32_t key = (i + 8) % 23;
            struct kv_item *item = kv_table_remove(&table, 7, &key, sizeof(key));

            ck_assert_ptr_nonnull(item);
            kv_item_free(item);
            for (uint32_t j = i + 1; j < 23; j++) {
                uint32_t other = (j + 8) % 23;

                ck_assert_ptr_nonnull(kv_table_find(&table, 7, &other, sizeof(other)));
            }
        }
        ck_assert_uint_eq(table.item_count, 0);
    }
}
END_TEST

static void count_visit(void *context, const struct kv_item *item)
{
    uint8_t *seen = context;
    uint32_t key;

    memcpy(&key, kv_item_key(item), sizeof(key));
    seen[key]++;
}

START_TEST(a_visit_sees_every_item_once_at_any_time)
{
    static uint8_t seen[1000];

    for (uint32_t size = 1; size <= 1000; size++) {
        insert(size - 1);
        memset(seen, 0, sizeof(seen));
        kv_table_visit(&table, count_visit, seen);
        for (uint32_t key = 0; key < 1000; key++) {
            if (seen[key] != (key < size)) {
                ck_abort_msg("key %u of %u seen %u times", key, size, seen[key]);
            }
        }
    }
}
END_TEST

START_TEST(a_scan_in_the_middle_of_a_resize_sees_every_item_once)
{
    static uint8_t seen[1000];
    uint64_t cursor = 0;
    uint32_t size = 0;

    while (size < 500 || table.former.count == 0 || table.former_next * 2 < table.former.count) {
        insert(size++);
        ck_assert_uint_lt(size, 1000);
    }
    do {
        cursor = kv_table_scan(&table, cursor, count_visit, seen);
    } while (cursor != 0);
    for (uint32_t key = 0; key < 1000; key++) {
        ck_assert_uint_eq(seen[key], key < size);
    }
}
END_TEST

START_TEST(any_number_is_a_usable_cursor)
{
    static uint8_t seen[1000];
    uint64_t cursor = UINT64_MAX;

    for (uint32_t key = 0; key < 1000; key++) {
        insert(key);
    }
    for (int i = 0; i < 100000 && cursor != 0; i++) {
        cursor = kv_table_scan(&table, cursor, count_visit, seen);
    }
    ck_assert_uint_eq(cursor, 0);
}
END_TEST

/* A key whose bucket moves in the middle of a scan, in each direction, at each step of it. */
START_TEST(a_scan_survives_a_resize_at_any_step)
{
    enum { KEYS = 200, MORE = 4000 };

    for (int step = 0; step < 60; step++) {
        static uint8_t seen[KEYS + MORE];
        uint64_t cursor = 0;
        int at = 0;

        memset(seen, 0, sizeof(seen));
        for (uint32_t key = 0; key < (step % 2 == 0 ? KEYS : KEYS + MORE); key++) {
            insert(key);
        }
        do {
            if (at++ == step) {
                size_t count = table.current.count;

                for (uint32_t key = KEYS; key < KEYS + MORE; key++) {
                    if (step % 2 == 0) {
                        insert(key);
                    } else {
                        erase(key);
                    }
                }
                ck_assert_uint_ne(table.current.count, count);
            }
            cursor = kv_table_scan(&table, cursor, count_visit, seen);
        } while (cursor != 0);
        for (int key = 0; key < KEYS; key++) {
            if (seen[key] == 0) {
                ck_abort_msg("key %d was not seen, the table changed at step %d", key, step);
            }
        }
        kv_table_clear(&table);
    }
}
END_TEST

START_TEST(no_call_does_much)
{
    /* Everything that is moved or freed by one call is seen in how far it comes. */
    for (uint32_t key = 0; key < 200000; key++) {
        size_t moved = table.former_next;
        bool moving = table.former.count > 0;

        insert(key);
        if (moving && table.former.count > 0 && table.former_next - moved > 32) {
            ck_abort_msg("%zu buckets moved by one insert", table.former_next - moved);
        }
    }
    kv_table_clear(&table);
    ck_assert_uint_eq(table.item_count, 0);
    ck_assert(!kv_table_is_tidy(&table));
    insert(1);
    ck_assert(!kv_table_is_tidy(&table));
    ck_assert(find(1));
    for (int calls = 0; calls < 200000 && !kv_table_is_tidy(&table); calls++) {
        kv_table_tidy(&table);
    }
    ck_assert(kv_table_is_tidy(&table));
    ck_assert(find(1));
}
END_TEST

START_TEST(what_is_cleared_is_freed_as_fast_as_new_keys_come)
{
    for (int round = 0; round < 50; round++) {
        for (uint32_t key = 0; key < 2000; key++) {
            insert(key);
        }
        ck_assert(kv_table_is_tidy(&table) || table.ruins == NULL);
        kv_table_clear(&table);
    }
}
END_TEST

START_TEST(an_item_is_one_small_block)
{
    struct kv_item *item = kv_item_create("0123456789abcdef", 16, "v", 1, 3);

    ck_assert_mem_eq(kv_item_key(item), "0123456789abcdef", 16);
    ck_assert_mem_eq(kv_item_value(item), "v", 1);
    ck_assert_uint_eq(item->revision, 3);
    ck_assert_ptr_eq(kv_item_value(item), kv_item_key(item) + 16);
    ck_assert_uint_le(offsetof(struct kv_item, bytes), 24);
    ck_assert_uint_lt(item->value_capacity_bytes, 1 + 16);
    kv_item_free(item);
}
END_TEST

START_TEST(an_item_gives_back_what_a_smaller_value_leaves)
{
    char *large = memory_allocate_zeroed(1, 100000);
    struct kv_item *item = kv_item_create("k", 1, large, 100000, 1);

    item = kv_item_assign(item, "small", 5);
    ck_assert_uint_lt(item->value_capacity_bytes, 100);
    ck_assert_mem_eq(kv_item_key(item), "k", 1);
    ck_assert_mem_eq(kv_item_value(item), "small", 5);
    kv_item_free(item);
    memory_free(large);
}
END_TEST

START_TEST(an_item_that_grows_is_seldom_moved)
{
    struct kv_item *item = kv_item_create("k", 1, NULL, 0, 1);
    uint32_t capacity = item->value_capacity_bytes;
    int resized = 0;

    for (size_t size = 1; size <= 1000000; size++) {
        item = kv_item_extend(item, size);
        kv_item_write(item, size - 1, "x", 1);
        resized += item->value_capacity_bytes != capacity;
        capacity = item->value_capacity_bytes;
    }
    ck_assert_int_le(resized, 40);
    kv_item_free(item);
}
END_TEST

UNIT_SUITE(table)
{
    Suite *suite = suite_create("table");
    TCase *tests = tcase_create("table");
    TCase *items = tcase_create("item");

    tcase_add_checked_fixture(tests, open_table, close_table);
    tcase_add_test(tests, an_empty_table_takes_no_memory_and_knows_nothing);
    tcase_add_test(tests, no_key_is_lost_while_the_table_grows);
    tcase_add_test(tests, no_key_is_lost_while_the_table_shrinks);
    tcase_add_test(tests, keys_with_the_same_hash_are_told_apart);
    tcase_add_test(tests, a_child_bucket_goes_when_it_is_empty);
    tcase_add_test(tests, a_visit_sees_every_item_once_at_any_time);
    tcase_add_test(tests, a_scan_in_the_middle_of_a_resize_sees_every_item_once);
    tcase_add_test(tests, any_number_is_a_usable_cursor);
    tcase_add_test(tests, a_scan_survives_a_resize_at_any_step);
    tcase_add_test(tests, no_call_does_much);
    tcase_add_test(tests, what_is_cleared_is_freed_as_fast_as_new_keys_come);
    suite_add_tcase(suite, tests);
    tcase_add_test(items, an_item_is_one_small_block);
    tcase_add_test(items, an_item_gives_back_what_a_smaller_value_leaves);
    tcase_add_test(items, an_item_that_grows_is_seldom_moved);
    suite_add_tcase(suite, items);
    return suite;
}
