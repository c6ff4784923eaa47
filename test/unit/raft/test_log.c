/*
 * The log of a core and its entries: places, searches by term, references.
 */
#include "unit.h"

#include "base/random.h"
#include "raft/log.h"

/* A log after a base, with one entry of each of these terms. */
static struct raft_log log_of(uint64_t base_index, uint64_t base_term, const uint64_t *terms,
                              size_t count)
{
    struct raft_log log = {.base_index = base_index, .base_term = base_term};

    for (size_t i = 0; i < count; i++) {
        struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, NULL, 0);

        entry->index = base_index + 1 + i;
        entry->term = terms[i];
        raftlog_append(&log, entry);
        raft_entry_release(entry);
    }
    return log;
}

static const uint64_t terms[] = {1, 1, 3, 3, 3, 7};

START_TEST(places_and_terms)
{
    struct raft_log log = log_of(10, 1, terms, 6);

    ck_assert_uint_eq(raftlog_last_index(&log), 16);
    ck_assert_uint_eq(raftlog_last_term(&log), 7);
    ck_assert_ptr_null(raftlog_entry(&log, 10));
    ck_assert_uint_eq(raftlog_entry(&log, 11)->index, 11);
    ck_assert_ptr_null(raftlog_entry(&log, 17));
    ck_assert_uint_eq(raftlog_term(&log, 9), 0);
    ck_assert_uint_eq(raftlog_term(&log, 10), 1);
    ck_assert_uint_eq(raftlog_term(&log, 13), 3);
    ck_assert_uint_eq(raftlog_term(&log, 17), 0);
    ck_assert_ptr_eq(raftlog_slice(&log, 13)[0], raftlog_entry(&log, 13));
    raftlog_free(&log);
}
END_TEST

START_TEST(an_empty_log_ends_at_its_base)
{
    struct raft_log whole = {0};
    struct raft_log compacted = {.base_index = 10, .base_term = 4};

    ck_assert_uint_eq(raftlog_last_index(&whole), 0);
    ck_assert_uint_eq(raftlog_last_term(&whole), 0);
    ck_assert_uint_eq(raftlog_last_index(&compacted), 10);
    ck_assert_uint_eq(raftlog_last_term(&compacted), 4);
    raftlog_free(&whole);
    raftlog_free(&compacted);
}
END_TEST

START_TEST(truncating_drops_from_an_index_on)
{
    struct raft_log log = log_of(0, 0, terms, 6);

    raftlog_truncate(&log, 7);
    ck_assert_uint_eq(raftlog_last_index(&log), 6);
    raftlog_truncate(&log, 4);
    ck_assert_uint_eq(raftlog_last_index(&log), 3);
    raftlog_truncate(&log, 1);
    ck_assert_uint_eq(raftlog_last_index(&log), 0);
    raftlog_free(&log);
}
END_TEST

/* Compares the binary searches with plain ones, for every question. */
START_TEST(searches_by_term)
{
    struct raft_log log = log_of(10, 1, terms, 6);

    for (uint64_t index = 11; index <= 16; index++) {
        uint64_t first = index;

        while (first > 11 && raftlog_term(&log, first - 1) == raftlog_term(&log, index)) {
            first--;
        }
        ck_assert_uint_eq(raftlog_first_of_term(&log, index), first);
    }
    for (uint64_t limit = 10; limit <= 20; limit++) {
        for (uint64_t term = 0; term <= 8; term++) {
            uint64_t last = limit < 16 ? limit : 16;

            while (last > 10 && raftlog_term(&log, last) > term) {
                last--;
            }
            ck_assert_uint_eq(raftlog_last_at_most_term(&log, limit, term), last);
        }
    }
    raftlog_free(&log);
}
END_TEST

static void append_entry(struct raft_log *log, uint8_t type, uint64_t term)
{
    struct raft_entry *entry = raft_entry_make(type, NULL, 0);

    entry->index = raftlog_last_index(log) + 1;
    entry->term = term;
    raftlog_append(log, entry);
    raft_entry_release(entry);
}

/* Whatever is done to a log, it has the entries that a plain list has. Chunks are crossed in both
 * directions, and the base passes them. */
START_TEST(a_log_is_what_a_list_is)
{
    enum { STEPS = 4000, LENGTH_MAX = 20000 };
    static uint64_t terms_of[LENGTH_MAX];
    static bool is_membership[LENGTH_MAX];
    struct raft_log log = {0};
    uint64_t random = (uint64_t)_i + 1;
    uint64_t base = 0;
    uint64_t last = 0;
    uint64_t term = 1;

    raftlog_init(&log, 0, 0, 0);
    for (int step = 0; step < STEPS && last + 200 < LENGTH_MAX; step++) {
        uint64_t what = random_next(&random) % 16;
        uint64_t membership = 0;

        if (what < 10) {
            for (uint64_t i = random_next(&random) % 150; i > 0; i--) {
                last++;
                terms_of[last] = term;
                is_membership[last] = random_next(&random) % 64 == 0;
                append_entry(&log, is_membership[last] ? RAFT_ENTRY_MEMBERSHIP : RAFT_ENTRY_COMMAND,
                             term);
            }
        } else if (what < 12 && last > base) {
            last -= random_next(&random) % (last - base + 1) % 1500;
            raftlog_truncate(&log, last + 1);
            term++;
        } else if (what < 14 && last > base) {
            base += 1 + random_next(&random) % (last - base);
            raftlog_compact(&log, base);
        } else if (what == 14) {
            raftlog_release(&log, 0);
        } else if (random_next(&random) % 4 == 0) {
            base = last + random_next(&random) % 100 + 1;
            last = base;
            terms_of[base] = term;
            raftlog_restart(&log, base, term, 0);
        }
        ck_assert_uint_eq(raftlog_last_index(&log), last);
        ck_assert_uint_eq(log.base_index, base);
        for (uint64_t i = base + 1; i <= last; i += 1 + i % 7) {
            ck_assert_uint_eq(raftlog_entry(&log, i)->index, i);
            ck_assert_uint_eq(raftlog_entry(&log, i)->term, terms_of[i]);
            ck_assert_ptr_eq(*raftlog_slice(&log, i), raftlog_entry(&log, i));
        }
        for (uint64_t i = base + 1; i <= last; i++) {
            membership = is_membership[i] ? i : membership;
            ck_assert_uint_eq(raftlog_membership_at(&log, i), membership);
        }
    }
    while (raftlog_release(&log, 0)) {
    }
    ck_assert_uint_le(log.live.count, (last - base) / RAFTLOG_CHUNK + 2);
    raftlog_free(&log);
}
END_TEST

/* An array of slices is the whole log. */
START_TEST(slices_follow_one_another)
{
    struct raft_log log = {0};
    uint64_t index = 2;

    raftlog_init(&log, 1, 1, 0);
    while (raftlog_last_index(&log) < 5000) {
        append_entry(&log, RAFT_ENTRY_COMMAND, 1);
    }
    while (index <= 5000) {
        size_t length = raftlog_slice_length(&log, index);

        ck_assert(length > 0 && length <= RAFTLOG_CHUNK);
        for (size_t i = 0; i < length; i++) {
            ck_assert_uint_eq(raftlog_slice(&log, index)[i]->index, index + i);
        }
        index += length;
    }
    ck_assert_uint_eq(index, 5001);
    raftlog_free(&log);
}
END_TEST

START_TEST(an_entry_lives_as_long_as_somebody_holds_it)
{
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, "abc", 3);
    struct raft_log log = {0};

    entry->index = 1;
    raftlog_append(&log, entry);
    raft_entry_release(entry);
    ck_assert_uint_eq(atomic_load(&entry->references), 1);
    ck_assert_ptr_eq(raft_entry_hold(entry), entry);
    raftlog_free(&log);
    ck_assert_mem_eq(entry->data, "abc", 3);
    raft_entry_release(entry);
    raft_entry_release(NULL);
}
END_TEST

START_TEST(an_entry_costs_more_than_its_data)
{
    struct raft_entry *empty = raft_entry_make(RAFT_ENTRY_NOOP, NULL, 0);
    struct raft_entry *full = raft_entry_make(RAFT_ENTRY_COMMAND, NULL, 1000);

    ck_assert_uint_gt(raft_entry_cost(empty), 0);
    ck_assert_uint_eq(raft_entry_cost(full), raft_entry_cost(empty) + 1000);
    raft_entry_release(empty);
    raft_entry_release(full);
}
END_TEST

static void append_commands(struct raft_log *log, uint64_t count, uint32_t size)
{
    for (uint64_t i = 0; i < count; i++) {
        struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, NULL, size);

        entry->index = raftlog_last_index(log) + 1;
        entry->term = 1;
        raftlog_append(log, entry);
        raft_entry_release(entry);
    }
}

/* A peer would get from the disk what is in memory, and a snapshot could not mend a damaged log,
 * if entries that are whole counted as given up. */
START_TEST(small_entries_are_not_given_up)
{
    struct raft_log log = {0};
    size_t bytes;

    raftlog_init(&log, 0, 0, 0);
    append_commands(&log, 20, RAFTLOG_STUB_BYTES);
    bytes = log.bytes;
    raftlog_shed(&log, 19, 1);
    ck_assert_uint_eq(log.shed_index, 0);
    ck_assert_uint_eq(log.bytes, bytes);
    append_commands(&log, 1, RAFTLOG_STUB_BYTES + 1);
    append_commands(&log, 5, RAFTLOG_STUB_BYTES);
    raftlog_shed(&log, 25, 1);
    ck_assert(raftlog_entry(&log, 21)->is_stub);
    ck_assert_uint_eq(log.shed_index, 21);
    append_commands(&log, 1, RAFTLOG_STUB_BYTES + 1);
    raftlog_shed(&log, 27, 1);
    ck_assert(raftlog_entry(&log, 27)->is_stub);
    ck_assert_uint_eq(log.shed_index, 27);
    raftlog_free(&log);
}
END_TEST

UNIT_SUITE(log)
{
    Suite *suite = suite_create("log");
    TCase *tcase = tcase_create("log");

    tcase_add_test(tcase, places_and_terms);
    tcase_add_test(tcase, an_empty_log_ends_at_its_base);
    tcase_add_test(tcase, truncating_drops_from_an_index_on);
    tcase_add_test(tcase, searches_by_term);
    tcase_add_loop_test(tcase, a_log_is_what_a_list_is, 0, 20);
    tcase_add_test(tcase, slices_follow_one_another);
    tcase_add_test(tcase, an_entry_lives_as_long_as_somebody_holds_it);
    tcase_add_test(tcase, an_entry_costs_more_than_its_data);
    tcase_add_test(tcase, small_entries_are_not_given_up);
    suite_add_tcase(suite, tcase);
    return suite;
}
