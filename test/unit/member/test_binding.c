/*
 * The leader binds members to their data directories (T61): a member of a cluster in which it is
 * the only voter, so that everything is committed as soon as it is written.
 */
#include <string.h>

#include "base/memory.h"
#include "member/member.h"
#include "raft/change.h"
#include "unit.h"

enum { TURNS = 20 };

static struct member *member;
static uint64_t now_ms;

static struct raft_core *make_core(const struct raft_membership *membership)
{
    const struct raft_options options = {
        .check = true,
        .id = 1,
        .random_seed = 5,
        .heartbeat_ms = 100,
        .election_timeout_ms = 1000,
        .max_batch_bytes = 4096,
        .max_inflight_messages = 4,
        .max_inflight_bytes = 65536,
        .max_uncommitted_bytes = 65536,
    };
    const struct raft_recovered recovered = {
        .term = 1,
        .promise_known = true,
        .base_index = 1,
        .base_term = 1,
        .base_membership = membership,
        .commit_index = 1,
    };
    struct raft_core *core = NULL;

    ck_assert_int_eq(raft_create(&options, &recovered, now_ms, &core), 0);
    return core;
}

/* Voter 1 and learner 2, and learner 3; none is bound. */
static void begin(uint64_t identity)
{
    struct raft_membership membership = {.cluster_id = 9};
    const struct member_options options = {.id = 1,
                                           .cluster_id = 9,
                                           .identity = identity,
                                           .origin = 4,
                                           .request_timeout_ms = 1000,
                                           .max_uncommitted_bytes = 65536};
    const struct member_applied applied = {.index = 1, .term = 1};

    now_ms = 1000;
    raft_membership_add(&membership, 1, RAFT_MEMBER_VOTER, "a:1");
    raft_membership_add(&membership, 2, RAFT_MEMBER_LEARNER, "b:1");
    raft_membership_add(&membership, 3, RAFT_MEMBER_LEARNER, "c:1");
    member = member_create(&options, make_core(&membership), &applied, now_ms);
}

static void end(void)
{
    member_end(member);
    member_destroy(member);
}

/* One turn of a host whose disk is fast. A link that changes is told in it. */
static void turn(uint16_t peer, bool up, uint64_t identity)
{
    const struct member_turn turn = {.now_ms = now_ms,
                                     .wall_ms = now_ms,
                                     .free_bytes = UINT64_MAX,
                                     .takes_part = true,
                                     .serves = true};
    struct member_report report;
    struct member_frame frame;
    struct member_task task;
    struct member_apply *apply;
    struct member_write *write;

    member_begin(member, &turn);
    if (peer != 0) {
        member_link(member, peer, up, identity);
    }
    member_step(member, now_ms, &report);
    while (member_next_frame(member, &frame)) {
        memory_free(frame.frame);
    }
    while (member_next_task(member, &task)) {
    }
    while ((apply = member_next_apply(member)) != NULL) {
        member_applied(member, apply);
    }
    write = member_take_write(member);
    if (write != NULL) {
        member_begin(member, &turn);
        member_written(member, write);
    }
    now_ms += 300;
}

static void turns(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        turn(0, false, 0);
    }
}

static uint64_t bound(uint16_t id)
{
    const struct raft_membership *membership = raft_get_membership(member_core(member));

    return raft_membership_find(membership, id)->identity;
}

static uint64_t members_index(void)
{
    return raft_get_membership_index(member_core(member));
}

START_TEST(a_leader_binds_itself_and_those_that_come_up)
{
    begin(0x71);
    turns(TURNS);
    ck_assert_int_eq(raft_get_role(member_core(member)), RAFT_LEADER);
    ck_assert_uint_eq(bound(1), 0x71);
    ck_assert_uint_eq(bound(2), 0);
    turn(2, true, 0x72);
    turn(3, true, 0x73);
    turns(TURNS);
    ck_assert_uint_eq(bound(2), 0x72);
    ck_assert_uint_eq(bound(3), 0x73);
    end();
}
END_TEST

/* One change of members at a time: the second member waits until the first one is bound. */
START_TEST(one_binding_is_under_way_at_a_time)
{
    uint64_t index;

    begin(0x71);
    turns(TURNS);
    index = members_index();
    turn(2, true, 0x72);
    turn(3, true, 0x73);
    ck_assert_uint_ne(bound(2), 0);
    ck_assert(members_index() == index + 1 || raft_membership_is_committed(member_core(member)));
    turns(TURNS);
    ck_assert_uint_eq(members_index(), index + 2);
    end();
}
END_TEST

/* T61: another directory under a bound id is a stranger, and changes nothing. */
START_TEST(t61_a_bound_member_is_never_bound_again)
{
    uint64_t index;

    begin(0x71);
    turn(2, true, 0x72);
    turns(TURNS);
    index = members_index();
    turn(2, false, 0);
    turn(2, true, 0x99);
    turns(TURNS);
    ck_assert_uint_eq(bound(2), 0x72);
    ck_assert_uint_eq(members_index(), index);
    end();
}
END_TEST

/* A copy of a directory comes up under another id. */
START_TEST(a_directory_is_bound_to_one_member)
{
    uint64_t index;

    begin(0x71);
    turn(2, true, 0x72);
    turns(TURNS);
    index = members_index();
    turn(3, true, 0x72);
    turns(TURNS);
    ck_assert_uint_eq(bound(3), 0);
    ck_assert_uint_eq(members_index(), index);
    ck_assert(!member_can_go_on(member));
    end();
}
END_TEST

/* T61: the greeting of member 2 has shown that its directory was set back. */
START_TEST(t61_a_member_with_proof_against_it_is_marked)
{
    uint64_t index;

    begin(0x71);
    turn(2, true, 0x72);
    turns(TURNS);
    index = members_index();
    turn(2, false, 0);
    member_has_proof(member, 2, 0x72);
    member_has_proof(member, 2, 0x72);
    member_has_proof(member, 9, 0x79); /* no member */
    turns(TURNS);
    ck_assert_uint_eq(bound(2), RAFT_IDENTITY_LOST);
    ck_assert_uint_eq(members_index(), index + 1);
    turn(2, true, 0x72);
    turns(TURNS);
    ck_assert_uint_eq(bound(2), RAFT_IDENTITY_LOST);
    ck_assert_uint_eq(members_index(), index + 1);
    ck_assert(!member_can_go_on(member));
    end();
}
END_TEST

/* The proof is about a directory that came up while member 2 was bound to none; the one that member
 * 2 is bound to has lost nothing. Proof against that one counts later all the same. */
START_TEST(t61_a_proof_is_about_one_directory)
{
    uint64_t index;

    begin(0x71);
    turn(2, true, 0x72);
    turns(TURNS);
    index = members_index();
    member_has_proof(member, 2, 0x99);
    turns(TURNS);
    ck_assert_uint_eq(bound(2), 0x72);
    ck_assert_uint_eq(members_index(), index);
    member_has_proof(member, 2, 0x72);
    turns(TURNS);
    ck_assert_uint_eq(bound(2), RAFT_IDENTITY_LOST);
    end();
}
END_TEST

START_TEST(t61_an_unbound_member_with_proof_is_marked)
{
    begin(0x71);
    turns(TURNS);
    member_has_proof(member, 2, 0x72);
    turns(TURNS);
    ck_assert_uint_eq(bound(2), RAFT_IDENTITY_LOST);
    end();
}
END_TEST

START_TEST(a_member_that_is_not_known_stays_unbound)
{
    begin(0);
    turn(2, true, 0);
    turns(TURNS);
    ck_assert_uint_eq(bound(1), 0);
    ck_assert_uint_eq(bound(2), 0);
    ck_assert_uint_eq(members_index(), 1);
    end();
}
END_TEST

UNIT_SUITE(binding)
{
    Suite *suite = suite_create("binding");
    TCase *tcase = tcase_create("binding");

    tcase_add_test(tcase, a_leader_binds_itself_and_those_that_come_up);
    tcase_add_test(tcase, one_binding_is_under_way_at_a_time);
    tcase_add_test(tcase, t61_a_bound_member_is_never_bound_again);
    tcase_add_test(tcase, a_directory_is_bound_to_one_member);
    tcase_add_test(tcase, t61_a_member_with_proof_against_it_is_marked);
    tcase_add_test(tcase, t61_a_proof_is_about_one_directory);
    tcase_add_test(tcase, t61_an_unbound_member_with_proof_is_marked);
    tcase_add_test(tcase, a_member_that_is_not_known_stays_unbound);
    suite_add_tcase(suite, tcase);
    return suite;
}
