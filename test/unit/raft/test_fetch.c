/*
 * The log in memory is bounded in bytes (R12): old entries give up their data, and slow peers get
 * them from the disk.
 */
#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000, BOUND = 50000, VALUE = 10000 };

static struct network *three_with_bounded_logs(void)
{
    struct network *network = network_create(3);

    network->options.max_log_bytes = BOUND;
    for (uint16_t id = 1; id <= 3; id++) {
        network_crash(network, id, false);
        network_restart(network, id);
    }
    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    return network;
}

static void propose_values(struct network *network, uint64_t first, uint64_t count)
{
    for (uint64_t number = first; number < first + count; number++) {
        network_propose_sized(network, 1, number, VALUE);
        network_settle(network);
    }
    network_run(network, 2 * HEARTBEAT_MS);
}

START_TEST(r12_the_log_in_memory_is_bounded_in_bytes)
{
    struct network *network = three_with_bounded_logs();

    propose_values(network, 1, 200);
    for (uint16_t id = 1; id <= 3; id++) {
        ck_assert_uint_le(network_status(network, id).log_bytes, BOUND + 200 * 128);
        ck_assert_uint_eq(network_status(network, id).base_index, 0);
        ck_assert_ptr_null(raft_log_entry(network_node(network, id)->core, 10));
        ck_assert_uint_ne(raft_log_term(network_node(network, id)->core, 10), 0);
    }
    ck_assert_uint_eq(network_node(network, 1)->fetched_count, 0);
    network_destroy(network);
}
END_TEST

START_TEST(r12_without_the_option_everything_stays)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    propose_values(network, 1, 50);
    ck_assert_uint_ge(network_status(network, 1).log_bytes, 50 * VALUE);
    ck_assert_ptr_nonnull(raft_log_entry(network_node(network, 1)->core, 10));
    network_destroy(network);
}
END_TEST

START_TEST(r12_a_peer_that_is_behind_gets_its_entries_from_the_disk)
{
    struct network *network = three_with_bounded_logs();

    network_isolate(network, 2);
    propose_values(network, 1, 200);
    network_heal(network);
    network_run(network, 20 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    ck_assert_uint_ge(network_node(network, 1)->fetched_count, 150);
    /* Nothing is read twice, and what is in memory is not read at all. */
    ck_assert_uint_le(network_node(network, 1)->fetched_count, 200);
    ck_assert_uint_eq(network_last_on_disk(network, 2), network_last_on_disk(network, 1));
    network_destroy(network);
}
END_TEST

START_TEST(r12_the_next_leader_reads_its_own_disk)
{
    struct network *network = three_with_bounded_logs();

    network_isolate(network, 2);
    propose_values(network, 1, 100);
    network_crash(network, 1, false);
    network_heal(network);
    network_elect_node(network, 3);
    network_run(network, 20 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    ck_assert_uint_ge(network_node(network, 3)->fetched_count, 80);
    network_destroy(network);
}
END_TEST

/* The disk of the leader cannot be read for a while: the peer that is behind hears its leader and
 * goes on when the disk does. The others notice nothing. */
START_TEST(r12_a_disk_that_cannot_be_read_is_asked_again)
{
    struct network *network = three_with_bounded_logs();
    uint64_t term = network_status(network, 1).term;
    uint64_t steps;

    network_isolate(network, 2);
    propose_values(network, 1, 100);
    network_node(network, 1)->fetch_fails = true;
    network_heal(network);
    network_run(network, HEARTBEAT_MS);
    steps = network->steps;
    network_run(network, 3 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_le(network->steps - steps, 30 * 12);
    ck_assert_uint_eq(network_status(network, 2).term, term);
    ck_assert_uint_eq(network_status(network, 2).leader, 1);
    propose_values(network, 1000, 3);
    ck_assert_uint_eq(network_committed_times(network, 1000), 1);
    network_node(network, 1)->fetch_fails = false;
    network_run(network, 20 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* While entries are read, a snapshot lets the log shrink beyond them: then the peer needs it. */
START_TEST(r12_entries_that_are_compacted_meanwhile_come_with_a_snapshot)
{
    struct network *network = three_with_bounded_logs();

    network_isolate(network, 2);
    propose_values(network, 1, 100);
    network_node(network, 1)->fetch_fails = true;
    network_heal(network);
    network_run(network, 2 * HEARTBEAT_MS);
    network_save_snapshot(network, 1, 0);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_int_eq(network_peer(network, 1, 2).state, RAFT_PROGRESS_SNAPSHOT);
    network_receive_snapshot(network, 1, 2);
    network_end_transfer(network, 1, 2, true);
    network_run(network, 5 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

static bool count_entries_to_2(struct network *network, const struct raft_message *message)
{
    size_t *count = network->filter_argument;

    *count += message->type == RAFT_MESSAGE_APPEND && message->to == 2 ? message->entry_count : 0;
    return true;
}

/* An answer that does not fit what the log says is not sent to anybody. */
START_TEST(r12_what_was_read_has_to_be_what_the_log_had)
{
    struct network *network = three_with_bounded_logs();
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, NULL, 0);
    struct raft_entry *const entries[] = {entry};
    struct raft_event event = {.type = RAFT_EVENT_FETCHED,
                               .fetched = {.peer = 2, .entries = entries, .entry_count = 1}};
    size_t count = 0;

    network_isolate(network, 2);
    propose_values(network, 1, 100);
    network_node(network, 1)->fetch_fails = true;
    network_heal(network);
    network_run(network, 2 * HEARTBEAT_MS);
    network->filter = count_entries_to_2;
    network->filter_argument = &count;
    entry->index = network_peer(network, 1, 2).next_index;
    for (uint64_t number = 0; number < 100; number++) {
        event.fetched.number = number;
        entry->term = network_status(network, 1).term + 1; /* of another log */
        network_step(network, 1, &event);
    }
    entry->term = network_status(network, 1).term;
    event.fetched.number = UINT64_MAX; /* the right entry, but nobody asked */
    network_step(network, 1, &event);
    event.fetched.peer = 77;
    network_step(network, 1, &event);
    ck_assert_uint_eq(count, 0);
    raft_entry_release(entry);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(fetch)
{
    Suite *suite = suite_create("fetch");
    TCase *tcase = tcase_create("bounded logs");

    tcase_add_test(tcase, r12_the_log_in_memory_is_bounded_in_bytes);
    tcase_add_test(tcase, r12_without_the_option_everything_stays);
    tcase_add_test(tcase, r12_a_peer_that_is_behind_gets_its_entries_from_the_disk);
    tcase_add_test(tcase, r12_the_next_leader_reads_its_own_disk);
    tcase_add_test(tcase, r12_a_disk_that_cannot_be_read_is_asked_again);
    tcase_add_test(tcase, r12_entries_that_are_compacted_meanwhile_come_with_a_snapshot);
    tcase_add_test(tcase, r12_what_was_read_has_to_be_what_the_log_had);
    suite_add_tcase(suite, tcase);
    return suite;
}
