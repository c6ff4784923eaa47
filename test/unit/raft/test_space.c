/*
 * Full disks (R4): with any number of them, nodes hear their leader, answer reads and change
 * members, and what frees space gets through.
 */
#include "unit.h"

#include "sim/network.h"

enum { HEARTBEAT_MS = 100, ELECTION_TIMEOUT_MS = 1000 };

static void set_space(struct network *network, uint16_t id, enum raft_space space)
{
    const struct raft_event event = {.type = RAFT_EVENT_SPACE, .space = space};

    network_step(network, id, &event);
}

static struct network *three_with_leader_1(void)
{
    struct network *network = network_create(3);

    network_elect_node(network, 1);
    network_run(network, HEARTBEAT_MS);
    return network;
}

static void propose_type(struct network *network, uint16_t id, uint8_t type, uint64_t number)
{
    struct raft_entry *entry = raft_entry_make(type, &number, sizeof(number));
    struct raft_event event = {.type = RAFT_EVENT_PROPOSE, .entry = entry};

    entry->origin = id;
    entry->sequence = number;
    network_step(network, id, &event);
    raft_entry_release(entry);
}

static void set_all(struct network *network, enum raft_space space)
{
    for (uint16_t id = 1; id <= 3; id++) {
        set_space(network, id, space);
    }
    network_run(network, 2 * HEARTBEAT_MS); /* the leader learns it from the answers */
}

START_TEST(r4_with_all_disks_full_the_leader_stays_and_answers_reads)
{
    struct network *network = three_with_leader_1();
    uint64_t term = network_status(network, 1).term;

    set_all(network, RAFT_SPACE_NONE);
    network_run(network, 20 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_status(network, 1).term, term);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    for (uint16_t id = 1; id <= 3; id++) {
        uint64_t read = network_read(network, id);

        network_run(network, HEARTBEAT_MS);
        ck_assert_uint_eq(network_node(network, id)->read_confirmed_id, read);
    }
    network_propose(network, 1, 7);
    network_propose(network, 2, 8);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 1)->refused_reason, RAFT_REFUSED_DISK);
    ck_assert_uint_eq(network_node(network, 2)->refused_reason, RAFT_REFUSED_DISK);
    ck_assert_uint_eq(network_committed_times(network, 7), 0);
    network_destroy(network);
}
END_TEST

START_TEST(r4_with_all_disks_full_a_leader_is_elected_and_members_change)
{
    struct network *network = three_with_leader_1();

    set_all(network, RAFT_SPACE_NONE);
    network_crash(network, 1, false);
    network_run(network, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_ne(network_leader(network), 0);
    ck_assert_uint_eq(network_status(network, network_leader(network)).commit_index,
                      network_status(network, network_leader(network)).last_index);
    network_restart(network, 1);
    set_space(network, 1, RAFT_SPACE_NONE);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(network_add_node(network), 4);
    network_change(network, network_leader(network), "learn 4");
    network_settle(network);
    ck_assert_uint_eq(network_status(network, network_leader(network)).peer_count, 3);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

START_TEST(r4_commands_that_free_space_are_committed_with_full_disks)
{
    struct network *network = three_with_leader_1();

    set_all(network, RAFT_SPACE_NONE);
    propose_type(network, 1, RAFT_ENTRY_FREEING, 7);
    propose_type(network, 2, RAFT_ENTRY_FREEING, 8);
    propose_type(network, 1, RAFT_ENTRY_TIME, 9);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    ck_assert_uint_eq(network_committed_times(network, 8), 1);
    ck_assert(network_converged(network));
    /* When nothing is left of the reserve, even these are refused, and the leader stays. */
    set_all(network, RAFT_SPACE_EXHAUSTED);
    propose_type(network, 1, RAFT_ENTRY_FREEING, 10);
    network_run(network, 5 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_node(network, 1)->refused_reason, RAFT_REFUSED_DISK);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    network_destroy(network);
}
END_TEST

static bool count_entries_to_2(struct network *network, const struct raft_message *message)
{
    size_t *count = network->filter_argument;

    *count += message->type == RAFT_MESSAGE_APPEND && message->to == 2 && message->entry_count > 0;
    return true;
}

/* One disk of three is full: the others go on, and the full one is not sent the same entries again
 * and again, but gets all of them when it has room. */
START_TEST(r4_one_full_disk_is_left_alone_until_it_has_room)
{
    struct network *network = three_with_leader_1();
    uint64_t last = network_last_on_disk(network, 2);
    size_t count = 0;

    set_space(network, 2, RAFT_SPACE_NONE);
    network->filter = count_entries_to_2;
    network->filter_argument = &count;
    for (uint64_t number = 1; number <= 50; number++) {
        network_propose(network, 1, number);
        network_settle(network);
    }
    network_run(network, 3 * ELECTION_TIMEOUT_MS);
    ck_assert_uint_eq(network_committed_times(network, 50), 1);
    ck_assert_uint_eq(network_last_on_disk(network, 2), last);
    ck_assert_uint_eq(network_status(network, 2).leader, 1);
    ck_assert_uint_le(count, 2);
    ck_assert_int_eq(network_peer(network, 1, 2).space, RAFT_SPACE_NONE);
    set_space(network, 2, RAFT_SPACE_LOW);
    network_run(network, 2 * HEARTBEAT_MS);
    ck_assert(network_converged(network));
    network_destroy(network);
}
END_TEST

/* A follower whose disk is full acknowledges what it has of an append. */
START_TEST(r4_what_is_there_already_is_acknowledged)
{
    struct network *network = three_with_leader_1();

    network_hold(network, 2, 1);
    network_propose(network, 1, 7);
    network_settle(network);
    set_space(network, 2, RAFT_SPACE_NONE);
    network_propose(network, 1, 8);
    network_settle(network);
    network_release(network, 2, 1);
    network_settle(network);
    ck_assert_uint_eq(network_peer(network, 1, 2).match_index, 3);
    ck_assert_uint_eq(network_status(network, 1).last_index, 4);
    network_destroy(network);
}
END_TEST

/*
 * All disks become full at once while commands are on their way. The next leader has them in its
 * log. If the others took none of them, the first entry of its term could not be committed either,
 * and nobody could read.
 */
START_TEST(r4_what_is_not_committed_goes_into_the_reserve)
{
    struct network *network = three_with_leader_1();

    network_hold(network, 1, 2);
    network_hold(network, 1, 3);
    network_propose(network, 1, 7);
    network_settle(network);
    network_lose(network, 1, 2);
    network_lose(network, 1, 3);
    network_release(network, 1, 2);
    network_release(network, 1, 3);
    network_crash(network, 1, false);
    network_restart(network, 1);
    set_all(network, RAFT_SPACE_NONE);
    network_elect_node(network, 1);
    network_run(network, 5 * HEARTBEAT_MS);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    ck_assert_uint_eq(network_status(network, 1).commit_index,
                      network_status(network, 1).last_index);
    network_destroy(network);
}
END_TEST

/*
 * One member is down, and one that lacks entries which are committed already has a full disk. The
 * quorum needs it, so it takes them into its reserve; otherwise the new leader could not commit
 * anything, and nobody could read.
 */
START_TEST(r4_a_full_disk_that_the_quorum_needs_catches_up)
{
    struct network *network = three_with_leader_1();

    network_hold(network, 1, 2);
    for (uint64_t number = 1; number <= 5; number++) {
        network_propose(network, 1, number);
    }
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 5), 1);
    network_lose(network, 1, 2);
    network_release(network, 1, 2);
    network_crash(network, 3, false);
    set_space(network, 2, RAFT_SPACE_NONE);
    network_crash(network, 1, false);
    network_restart(network, 1);
    network_elect_node(network, 1);
    network_run(network, 3 * ELECTION_TIMEOUT_MS);
    ck_assert_int_eq(network_role(network, 1), RAFT_LEADER);
    ck_assert_uint_eq(network_status(network, 1).commit_index,
                      network_status(network, 1).last_index);
    network_destroy(network);
}
END_TEST

/* The leader takes no commands that only it has room for. */
START_TEST(r4_a_leader_without_a_quorum_of_disks_refuses_commands)
{
    struct network *network = three_with_leader_1();

    set_space(network, 2, RAFT_SPACE_NONE);
    network_run(network, 2 * HEARTBEAT_MS);
    network_propose(network, 1, 7);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 7), 1);
    set_space(network, 3, RAFT_SPACE_NONE);
    network_run(network, 2 * HEARTBEAT_MS);
    network_propose(network, 1, 8);
    network_settle(network);
    ck_assert_uint_eq(network_node(network, 1)->refused_reason, RAFT_REFUSED_DISK);
    set_space(network, 3, RAFT_SPACE_ENOUGH);
    network_run(network, 2 * HEARTBEAT_MS);
    network_propose(network, 1, 9);
    network_settle(network);
    ck_assert_uint_eq(network_committed_times(network, 9), 1);
    network_destroy(network);
}
END_TEST

/* The event of a host that knows only two levels. */
START_TEST(a_host_may_say_low_alone)
{
    struct network *network = three_with_leader_1();
    struct raft_event event = {.type = RAFT_EVENT_SPACE, .low = true};

    network_step(network, 1, &event);
    ck_assert_int_eq(network_status(network, 1).space, RAFT_SPACE_LOW);
    event.low = false;
    network_step(network, 1, &event);
    ck_assert_int_eq(network_status(network, 1).space, RAFT_SPACE_ENOUGH);
    network_destroy(network);
}
END_TEST

UNIT_SUITE(space)
{
    Suite *suite = suite_create("space");
    TCase *tcase = tcase_create("full disks");

    tcase_add_test(tcase, r4_with_all_disks_full_the_leader_stays_and_answers_reads);
    tcase_add_test(tcase, r4_with_all_disks_full_a_leader_is_elected_and_members_change);
    tcase_add_test(tcase, r4_commands_that_free_space_are_committed_with_full_disks);
    tcase_add_test(tcase, r4_one_full_disk_is_left_alone_until_it_has_room);
    tcase_add_test(tcase, r4_what_is_there_already_is_acknowledged);
    tcase_add_test(tcase, r4_what_is_not_committed_goes_into_the_reserve);
    tcase_add_test(tcase, r4_a_full_disk_that_the_quorum_needs_catches_up);
    tcase_add_test(tcase, r4_a_leader_without_a_quorum_of_disks_refuses_commands);
    tcase_add_test(tcase, a_host_may_say_low_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
