/*
 * The founding of a cluster by several founders: single steps, and thousands of random schedules in
 * which messages are lost or late, processes are killed at any step, and directories are lost.
 *
 * In the random schedules a node asks one founder after the other, as the daemon does: it has at
 * most one question under way, and an answer to a question that it has given up is never heard.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member/founding.h"
#include "sim/random.h"
#include "unit.h"

enum { NODES_MAX = 5, CALLS_MAX = 64, CLUSTERS_MAX = 64 };

static struct raft_membership founders_of(size_t count)
{
    struct raft_membership founders = {0};

    for (size_t i = 0; i < count; i++) {
        char address[32];

        snprintf(address, sizeof(address), "n%zu:1", i + 1);
        raft_membership_add(&founders, (uint16_t)(i + 1), RAFT_MEMBER_VOTER, address);
    }
    return founders;
}

/* ---- single steps ---- */

static struct wire_found empty_answer(uint16_t id, uint64_t identity, uint64_t digest)
{
    struct directory_identity directory = {.node_id = id, .identity = identity};
    struct wire_found answer;

    founding_say(&directory, false, "c", digest, 1, &answer);
    return answer;
}

START_TEST(the_lowest_founder_needs_all_others_in_one_sweep)
{
    const struct raft_membership founders = founders_of(3);
    uint64_t digest = founding_digest("c", &founders);
    struct raft_membership members;
    struct founding founding;
    struct wire_found answer;
    uint64_t cluster_id;
    char text[512];

    founding_init(&founding, 1, 11, "c", &founders);
    answer = empty_answer(2, 12, digest);
    founding_hear(&founding, 2, &answer);
    ck_assert(!founding_decides(&founding, 5, &cluster_id, &members));
    founding_missing(&founding, text, sizeof(text));
    ck_assert_str_eq(text, "node 3 at n3:1 (no answer yet)");
    founding_begin_sweep(&founding);
    answer = empty_answer(3, 13, digest);
    founding_hear(&founding, 3, &answer);
    ck_assert(!founding_decides(&founding, 5, &cluster_id, &members)); /* 2 was an earlier sweep */
    answer = empty_answer(2, 12, digest);
    founding_hear(&founding, 2, &answer);
    ck_assert(founding_decides(&founding, 5, &cluster_id, &members));
    ck_assert_uint_eq(cluster_id, 5);
    ck_assert_uint_eq(members.cluster_id, 5);
    for (uint16_t id = 1; id <= 3; id++) {
        ck_assert_uint_eq(raft_membership_find(&members, id)->identity, 10u + id);
    }
    founding_missing(&founding, text, sizeof(text));
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(another_founder_never_draws_a_cluster_id)
{
    const struct raft_membership founders = founders_of(2);
    struct raft_membership members;
    struct founding founding;
    struct wire_found answer = empty_answer(1, 11, founding_digest("c", &founders));
    uint64_t cluster_id;

    founding_init(&founding, 2, 12, "c", &founders);
    answer.wanted_id = 2;
    founding_hear(&founding, 1, &answer);
    ck_assert(!founding_decides(&founding, 5, &cluster_id, &members));
}
END_TEST

START_TEST(what_keeps_a_founder_waiting_is_said)
{
    const struct raft_membership founders = founders_of(2);
    const struct raft_membership others = founders_of(3);
    uint64_t digest = founding_digest("c", &founders);
    struct directory_identity member = {.node_id = 2, .identity = 12, .cluster_id = 9};
    struct raft_membership members;
    struct founding founding;
    struct wire_found answer;
    uint64_t cluster_id;
    char text[512];

    founding_init(&founding, 1, 11, "c", &founders);
    answer = empty_answer(2, 12, founding_digest("c", &others));
    founding_hear(&founding, 2, &answer);
    founding_missing(&founding, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "its [peers] or its [cluster] name differ"));
    answer = empty_answer(2, 11, digest); /* the whole directory was copied */
    founding_hear(&founding, 2, &answer);
    founding_missing(&founding, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "is a copy"));
    answer = empty_answer(3, 12, digest);
    founding_hear(&founding, 2, &answer);
    founding_missing(&founding, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "another node answers"));
    founding_say(&member, false, "c", digest, 1, &answer); /* it has joined a cluster */
    founding_hear(&founding, 2, &answer);
    founding_missing(&founding, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "let it join (--join)"));
    ck_assert_ptr_nonnull(strstr(text, "raftctl member replace"));
    ck_assert(!founding_is_stranger(&founding));
    ck_assert(!founding_decides(&founding, 5, &cluster_id, &members));
}
END_TEST

/* A founder of another version is said, and does not count, whatever else it says. */
START_TEST(founders_need_a_version_in_common)
{
    const struct raft_membership founders = founders_of(2);
    uint64_t digest = founding_digest("c", &founders);
    struct raft_membership members;
    struct founding founding;
    struct wire_found answer = empty_answer(2, 12, digest);
    uint64_t cluster_id;
    char text[512];

    founding_init(&founding, 1, 11, "c", &founders);
    answer.version_min = WIRE_VERSION_MAX + 1;
    answer.version_max = WIRE_VERSION_MAX + 1;
    founding_hear(&founding, 2, &answer);
    ck_assert(!founding_decides(&founding, 5, &cluster_id, &members));
    founding_missing(&founding, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "it speaks protocol versions 3 to 3, this node 2 to 2"));
    answer.version_min = WIRE_VERSION_MIN; /* it speaks both */
    founding_hear(&founding, 2, &answer);
    ck_assert(founding_decides(&founding, 5, &cluster_id, &members));
}
END_TEST

/* T61: this node belonged to the cluster with a directory that is lost. */
START_TEST(t61_a_founder_with_a_new_directory_is_a_stranger)
{
    const struct raft_membership founders = founders_of(2);
    uint64_t digest = founding_digest("c", &founders);
    struct directory_identity member = {.node_id = 2,
                                        .identity = 12,
                                        .cluster_id = 9,
                                        .founders_digest = digest,
                                        .founder_count = 2,
                                        .founders = {{1, 11}, {2, 12}}};
    struct raft_membership members;
    struct founding founding;
    struct wire_found answer;
    uint64_t cluster_id;
    char text[512];

    founding_say(&member, false, "c", digest, 1, &answer);
    founding_init(&founding, 1, 77, "c", &founders);
    founding_hear(&founding, 2, &answer);
    ck_assert(founding_is_stranger(&founding));
    ck_assert(!founding_decides(&founding, 5, &cluster_id, &members));
    founding_missing(&founding, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "member replace"));

    founding_init(&founding, 1, 11, "c", &founders); /* the directory that founded */
    founding_hear(&founding, 2, &answer);
    ck_assert(!founding_is_stranger(&founding));
    ck_assert(founding_decides(&founding, 5, &cluster_id, &members));
    ck_assert_uint_eq(cluster_id, 9);
}
END_TEST

/* ---- random schedules ---- */

struct node {
    struct directory_identity directory; /* durable */
    bool is_up;
    bool is_whole;    /* it has a log, and says MEMBER */
    bool is_deciding; /* it has decided, and its log is not complete */
    struct founding founding;
    size_t next;   /* place of the founder that is asked next */
    uint64_t call; /* number of the question under way; 0 = none */
};

/* A question or an answer on its way. */
struct call {
    uint64_t number;
    uint16_t from, to;
    bool is_answer;
    struct wire_found say;
};

struct schedule {
    struct sim_random random;
    bool is_faulty; /* messages are lost, processes are killed, directories are lost */
    size_t count;
    struct raft_membership founders;
    uint64_t digest;
    struct node nodes[NODES_MAX];
    struct call calls[CALLS_MAX];
    size_t call_count;
    uint64_t last_call;
    uint64_t last_identity;
    uint64_t last_cluster;
    struct raft_membership clusters[CLUSTERS_MAX]; /* by cluster id; count 0 = not decided yet */
    uint64_t served; /* the first cluster in which a quorum was whole; 0 = none */
};

static uint64_t below(struct schedule *schedule, uint64_t limit)
{
    return sim_random_below(&schedule->random, limit);
}

static void start(struct schedule *schedule, size_t i)
{
    struct node *node = &schedule->nodes[i];

    if (node->directory.identity == 0) {
        node->directory = (struct directory_identity){.node_id = (uint16_t)(i + 1),
                                                      .identity = ++schedule->last_identity};
    }
    node->is_up = true;
    node->is_whole = node->directory.cluster_id != 0;
    node->is_deciding = false;
    node->next = 0;
    node->call = 0;
    founding_init(&node->founding, (uint16_t)(i + 1), node->directory.identity, "c",
                  &schedule->founders);
}

static void send(struct schedule *schedule, uint64_t number, uint16_t from, uint16_t to,
                 bool is_answer, const struct wire_found *say)
{
    if (schedule->call_count < CALLS_MAX) {
        schedule->calls[schedule->call_count++] = (struct call){
            .number = number, .from = from, .to = to, .is_answer = is_answer, .say = *say};
    }
}

/* Whether a quorum of the cluster's members is whole. */
static bool serves(const struct schedule *schedule, uint64_t cluster)
{
    size_t whole = 0;

    for (size_t i = 0; i < schedule->count; i++) {
        const struct node *node = &schedule->nodes[i];

        whole += node->is_whole && node->directory.cluster_id == cluster;
    }
    return whole > schedule->count / 2;
}

static void decide(struct schedule *schedule, size_t i)
{
    struct node *node = &schedule->nodes[i];
    struct raft_membership members;
    struct raft_membership *known;
    uint64_t cluster;

    if (!founding_decides(&node->founding, schedule->last_cluster + 1, &cluster, &members)) {
        return;
    }
    ck_assert_uint_lt(cluster, CLUSTERS_MAX);
    known = &schedule->clusters[cluster];
    if (cluster == schedule->last_cluster + 1) {
        schedule->last_cluster++;
        *known = members;
    }
    /* The first entry is the same on all founders, and names this directory. */
    ck_assert_uint_eq(known->count, members.count);
    for (size_t place = 0; place < members.count; place++) {
        ck_assert_uint_eq(known->members[place].id, members.members[place].id);
        ck_assert_uint_eq(known->members[place].identity, members.members[place].identity);
    }
    ck_assert_uint_eq(members.members[i].identity, node->directory.identity);
    node->is_deciding = true;
    if (schedule->is_faulty && below(schedule, 8) == 0) {
        node->is_up = false; /* killed before the decision is durable */
        return;
    }
    node->directory.cluster_id = cluster;
    node->directory.founders_digest = schedule->digest;
    node->directory.founder_count = members.count;
    for (size_t place = 0; place < members.count; place++) {
        node->directory.founders[place] =
            (struct directory_founder){members.members[place].id, members.members[place].identity};
    }
    if (schedule->is_faulty && below(schedule, 8) == 0) {
        node->is_up = false; /* killed before its log is complete */
    }
}

static void take_turn(struct schedule *schedule, size_t i)
{
    struct node *node = &schedule->nodes[i];
    struct wire_found question;
    uint16_t to;

    if (node->is_whole) {
        return;
    }
    if (node->is_deciding) {
        node->is_whole = node->directory.cluster_id != 0;
        node->is_deciding = false;
        return;
    }
    if (node->call != 0) {
        if (below(schedule, schedule->is_faulty ? 4 : 100) == 0) {
            founding_miss(&node->founding, (uint16_t)(node->next + 1), "no answer");
            node->call = 0;
            node->next++;
        }
        return;
    }
    if (node->next == i) {
        node->next++;
    }
    if (node->next >= schedule->count) {
        decide(schedule, i);
        node->next = 0;
        founding_begin_sweep(&node->founding);
        return;
    }
    to = (uint16_t)(node->next + 1);
    node->call = ++schedule->last_call;
    founding_say(&node->directory, false, "c", schedule->digest, to, &question);
    send(schedule, node->call, (uint16_t)(i + 1), to, false, &question);
}

static void deliver(struct schedule *schedule)
{
    size_t place = (size_t)below(schedule, schedule->call_count);
    struct call call = schedule->calls[place];
    struct node *to = &schedule->nodes[call.to - 1];
    struct wire_found answer;

    schedule->calls[place] = schedule->calls[--schedule->call_count];
    if (!to->is_up || (schedule->is_faulty && below(schedule, 8) == 0)) {
        return; /* lost */
    }
    if (!call.is_answer) {
        struct directory_identity directory = to->directory;

        if (!to->is_whole) {
            directory.cluster_id = 0;
        }
        founding_say(&directory, to->is_deciding, "c", schedule->digest, call.from, &answer);
        send(schedule, call.number, call.to, call.from, true, &answer);
    } else if (to->call == call.number) {
        founding_hear(&to->founding, call.from, &call.say);
        to->call = 0;
        to->next++;
    }
}

/* lost: how many directories may be lost, one after the other, each of another node. */
static void run(uint64_t seed, size_t lost)
{
    struct schedule *schedule = calloc(1, sizeof(*schedule));
    size_t lost_from;
    size_t left = lost;

    schedule->random = sim_random_make(seed);
    schedule->count = 2 + (size_t)below(schedule, NODES_MAX - 1);
    schedule->founders = founders_of(schedule->count);
    schedule->digest = founding_digest("c", &schedule->founders);
    lost_from = (size_t)below(schedule, schedule->count);
    for (size_t step = 0; step < 8000; step++) {
        size_t i = (size_t)below(schedule, schedule->count);
        struct node *node = &schedule->nodes[i];

        schedule->is_faulty = step < 1500;
        if (!node->is_up) {
            if (below(schedule, 10) == 0) {
                start(schedule, i);
            }
        } else if (schedule->is_faulty && below(schedule, 200) == 0) {
            node->is_up = false;
            node->is_whole = node->directory.cluster_id != 0 && node->is_whole;
        } else {
            take_turn(schedule, i);
        }
        if (schedule->call_count > 0 && below(schedule, 2) == 0) {
            deliver(schedule);
        }
        if (left > 0 && schedule->is_faulty && below(schedule, 150) == 0) {
            struct node *loser = &schedule->nodes[(lost_from + left) % schedule->count];

            memset(loser, 0, sizeof(*loser));
            left--;
        }
        for (uint64_t cluster = 1; cluster <= schedule->last_cluster; cluster++) {
            if (serves(schedule, cluster) && schedule->served == 0) {
                schedule->served = cluster;
            }
            /* Once a cluster could serve, no other one ever serves, unless so many directories were
             * lost that no quorum of it is left. */
            if (2 * lost < schedule->count && schedule->served != 0) {
                ck_assert_msg(!serves(schedule, cluster) || cluster == schedule->served,
                              "seed %llu: two clusters", (unsigned long long)seed);
            }
        }
    }
    if (lost == 0) {
        for (size_t i = 0; i < schedule->count; i++) {
            ck_assert_msg(schedule->nodes[i].is_whole &&
                              schedule->nodes[i].directory.cluster_id ==
                                  schedule->nodes[0].directory.cluster_id,
                          "seed %llu: node %zu of %zu is no member", (unsigned long long)seed,
                          i + 1, schedule->count);
        }
    }
    free(schedule);
}

START_TEST(all_founders_get_into_one_cluster_whatever_is_lost_on_the_way)
{
    for (uint64_t seed = 1; seed <= 500; seed++) {
        run(seed, 0);
    }
}
END_TEST

/* T62 */
START_TEST(t62_lost_directories_never_make_a_second_cluster_that_serves)
{
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        run(seed, 1 + seed % 2);
    }
}
END_TEST

UNIT_SUITE(founding)
{
    Suite *suite = suite_create("founding");
    TCase *steps = tcase_create("steps");
    TCase *schedules = tcase_create("random schedules");

    tcase_add_test(steps, the_lowest_founder_needs_all_others_in_one_sweep);
    tcase_add_test(steps, another_founder_never_draws_a_cluster_id);
    tcase_add_test(steps, what_keeps_a_founder_waiting_is_said);
    tcase_add_test(steps, founders_need_a_version_in_common);
    tcase_add_test(steps, t61_a_founder_with_a_new_directory_is_a_stranger);
    suite_add_tcase(suite, steps);
    tcase_set_timeout(schedules, 60);
    tcase_add_test(schedules, all_founders_get_into_one_cluster_whatever_is_lost_on_the_way);
    tcase_add_test(schedules, t62_lost_directories_never_make_a_second_cluster_that_serves);
    suite_add_tcase(suite, schedules);
    return suite;
}
