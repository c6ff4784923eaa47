/*
 * Random schedules: losses, doubles, reordering, cuts, crashes and slow disks, for fixed seeds. The
 * invariants of Raft are checked after every step (test/sim/network.c), and when the faults are
 * over something has to be committed.
 */
#include "unit.h"

#include "sim/invariants.h"
#include "sim/network.h"

static void trouble(struct network *network)
{
    uint16_t a = (uint16_t)(1 + network_random(network, network->node_count));
    uint16_t b = (uint16_t)(1 + network_random(network, network->node_count));

    switch (network_random(network, 10)) {
    case 0:
        network->cut[a][b] = a != b;
        break;
    case 1:
        network_isolate(network, a);
        break;
    case 2:
    case 3:
        network_heal(network);
        break;
    case 4:
        if (network_node(network, a)->alive) {
            network_crash(network, a, true);
        } else {
            network_restart(network, a);
        }
        break;
    case 5:
        network_node(network, a)->disk_stalled = !network_node(network, a)->disk_stalled;
        break;
    case 6:
        if (network_leader(network) != 0) {
            network_crash(network, network_leader(network), true);
        }
        break;
    default:
        break;
    }
}

/* Each transfer that was asked for is done, fails, or takes longer. Of those that are done, the
 * sender is told of half. */
static void transfer(struct network *network, bool trouble_is_over)
{
    for (uint16_t from = 1; from <= network->node_count; from++) {
        for (uint16_t to = 1; to <= network->node_count; to++) {
            uint64_t fate = trouble_is_over ? 0 : network_random(network, 6);

            if (!network_node(network, from)->alive ||
                !network_node(network, from)->transfer_wanted[to] || fate > 3) {
                continue;
            }
            if (fate < 3 && network_node(network, to)->alive && !network->cut[from][to]) {
                network_receive_snapshot(network, from, to);
            }
            network_end_transfer(network, from, to, fate < 2);
        }
    }
}

static void save_snapshots(struct network *network)
{
    uint16_t id = (uint16_t)(1 + network_random(network, network->node_count));

    if (network_node(network, id)->alive && network_random(network, 4) == 0) {
        network_save_snapshot(network, id, network_random(network, 6));
    }
}

static bool converged_by_snapshots(struct network *network)
{
    transfer(network, true);
    return network_converged(network);
}

static void read_somehow(struct network *network, uint16_t id)
{
    struct raft_event event = {.type = RAFT_EVENT_READ,
                               .read_id = network_node(network, id)->next_read_id + 1};

    event.lease = network_random(network, 2) == 0;
    network_read_event(network, id, &event);
}

static void heal_everything(struct network *network)
{
    network_heal(network);
    network->drop_percent = 0;
    network->double_percent = 0;
    for (uint16_t id = 1; id <= network->node_count; id++) {
        network_node(network, id)->disk_stalled = false;
        if (!network_node(network, id)->alive) {
            network_restart(network, id);
        }
    }
}

static void live_through(size_t node_count, uint64_t seed)
{
    struct network network;
    uint64_t number = 0;
    size_t before;

    network_init(&network, node_count, seed);
    network.delay_max_ms = (uint32_t)(1 + network_random(&network, 60));
    network.drop_percent = (uint32_t)network_random(&network, 20);
    network.double_percent = (uint32_t)network_random(&network, 20);
    network.write_max_ms = (uint32_t)(1 + network_random(&network, 40));
    network.options.max_inflight_messages = (uint32_t)(1 + network_random(&network, 8));
    network.options.max_batch_bytes = (size_t)(1 + network_random(&network, 500));
    network.options.max_log_bytes = seed % 2 == 0 ? 1 + (size_t)network_random(&network, 5000) : 0;
    for (uint16_t id = 1; id <= node_count; id++) {
        network_crash(&network, id, false); /* so that the options above are used */
        network_restart(&network, id);
    }
    for (int i = 0; i < 400; i++) {
        uint16_t id = (uint16_t)(1 + network_random(&network, node_count));

        trouble(&network);
        if (network_node(&network, id)->alive) {
            if (network_random(&network, 4) == 0) {
                read_somehow(&network, id);
            }
            network_propose(&network, id, ++number);
        }
        save_snapshots(&network);
        network_run(&network, network_random(&network, 100));
        transfer(&network, false);
        invariants_logs_match(&network);
        if (network_node(&network, id)->alive) {
            const char *broken = raft_check(network_node(&network, id)->core);

            ck_assert_msg(broken == NULL, "does not hold: %s", broken);
        }
    }
    heal_everything(&network);
    ck_assert_uint_ne(network_elect(&network), 0);
    before = network.committed_count;
    network_propose(&network, network_leader(&network), ++number);
    ck_assert(network_run_until(&network, converged_by_snapshots, 100000));
    ck_assert_uint_gt(network.committed_count, before);
    for (uint16_t id = 1; id <= node_count; id++) {
        ck_assert_uint_eq(network_node(&network, id)->violation_count, 0);
    }
    network_free(&network);
}

START_TEST(test_random_schedules_of_three)
{
    live_through(3, (uint64_t)_i + 1);
}
END_TEST

START_TEST(test_random_schedules_of_five)
{
    live_through(5, (uint64_t)_i + 1000);
}
END_TEST

UNIT_SUITE(random)
{
    Suite *suite = suite_create("random schedules");
    TCase *tcase = tcase_create("invariants hold");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_random_schedules_of_three, 0, 60);
    tcase_add_loop_test(tcase, test_random_schedules_of_five, 0, 40);
    suite_add_tcase(suite, tcase);
    return suite;
}
