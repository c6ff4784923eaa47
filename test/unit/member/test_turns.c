/*
 * Turns of one member whose peers and disk the test plays: how much one turn may propose, which
 * commands wait for which, and what becomes of requests when the node goes out of service.
 */
#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "member/state.h"
#include "store/reserve.h"

enum {
    HEARTBEAT_MS = 100,
    ELECTION_TIMEOUT_MS = 1000,
    REQUEST_MS = 5000,
    RESERVE_BYTES = 100000,
    UNCOMMITTED_MAX = 10000,
    COMMAND_BYTES = 1000,
    ANSWERS_MAX = 200,
};

/* The member with id 1 of three voters, and what it gave in its last turns. */
struct bench {
    struct member *member;
    struct member_turn turn;
    uint64_t proposed[ANSWERS_MAX];  /* tags of the commands that left in a PROPOSE, in order */
    uint64_t sequences[ANSWERS_MAX]; /* their sequence numbers */
    size_t proposed_count;
    struct member_answer answers[ANSWERS_MAX];
    size_t answer_count;
    bool vote_granted; /* the last answer to a question for a vote */
    bool disk_stalled;
    struct member_write *writes[MEMBER_WRITES_MAX];
    size_t write_count;
};

static struct bench bench;

static struct raftd_client *client(uintptr_t number)
{
    return (struct raftd_client *)number;
}

static struct raft_core *make_core(void)
{
    const struct raft_options options = {.id = 1,
                                         .random_seed = 1,
                                         .heartbeat_ms = HEARTBEAT_MS,
                                         .election_timeout_ms = ELECTION_TIMEOUT_MS,
                                         .max_batch_bytes = 100000,
                                         .max_inflight_messages = 10,
                                         .max_inflight_bytes = 100000,
                                         .max_uncommitted_bytes = UNCOMMITTED_MAX,
                                         .check = true};
    struct raft_membership membership = {0};
    struct raft_recovered recovered = {.term = 1, .entry_count = 1};
    struct buffer bytes = {0};
    struct raft_entry *entry;
    struct raft_core *core;

    for (uint16_t id = 1; id <= 3; id++) {
        ck_assert_int_eq(raft_membership_add(&membership, id, RAFT_MEMBER_VOTER, "host:7381"), 0);
    }
    raft_membership_encode(&membership, &bytes);
    entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    entry->index = 1;
    entry->term = 1;
    recovered.entries = &entry;
    recovered.promise_known = true;
    ck_assert_int_eq(raft_create(&options, &recovered, 0, &core), 0);
    raft_entry_release(entry);
    buffer_free(&bytes);
    return core;
}

static void setup(void)
{
    const struct member_options options = {.id = 1,
                                           .origin = 77,
                                           .request_timeout_ms = REQUEST_MS,
                                           .max_uncommitted_bytes = UNCOMMITTED_MAX,
                                           .reserve_bytes = RESERVE_BYTES};
    const struct member_applied nothing = {0};

    memset(&bench, 0, sizeof(bench));
    bench.turn = (struct member_turn){
        .now_ms = 1, .free_bytes = UINT64_MAX, .takes_part = true, .serves = true};
    bench.member = member_create(&options, make_core(), &nothing, 0);
}

static void teardown(void)
{
    for (size_t i = 0; i < bench.answer_count; i++) {
        reply_reset(&bench.answers[i].reply);
    }
    for (size_t i = 0; i < bench.write_count; i++) {
        member_write_free(bench.writes[i]);
    }
    member_destroy(bench.member);
}

/* ---- one turn ---- */

static void begin(void)
{
    for (size_t i = 0; i < bench.write_count && !bench.disk_stalled; i++) {
        member_written(bench.member, bench.writes[i]);
    }
    bench.write_count = bench.disk_stalled ? bench.write_count : 0;
    member_begin(bench.member, &bench.turn);
}

static void look_at(const struct raft_message *message)
{
    for (uint32_t i = 0; message->type == RAFT_MESSAGE_PROPOSE && i < message->entry_count; i++) {
        ck_assert_uint_lt(bench.proposed_count, ANSWERS_MAX);
        bench.sequences[bench.proposed_count] = message->entries[i]->sequence;
        bench.proposed[bench.proposed_count++] = message->entries[i]->data[0];
    }
    if (message->type == RAFT_MESSAGE_VOTE_REPLY) {
        bench.vote_granted = message->vote_reply.granted;
    }
}

static void apply_all(void)
{
    struct member_apply *apply;

    while ((apply = member_next_apply(bench.member)) != NULL) {
        member_applied(bench.member, apply);
    }
}

static void answer_reads(void)
{
    struct raftd_reply reply = {0};
    struct member_read read;

    while (member_next_read(bench.member, bench.turn.now_ms, &read)) {
        member_answer_read(bench.member, &read, bench.turn.now_ms, &reply);
    }
}

static void end(void)
{
    struct member_report report;
    struct member_frame frame;
    struct member_task task;
    struct member_write *write;

    member_step(bench.member, bench.turn.now_ms, &report);
    for (size_t i = 0; report.outbox != NULL && i < report.outbox->message_count; i++) {
        look_at(&report.outbox->messages[i]);
    }
    while (member_next_frame(bench.member, &frame)) {
        memory_free(frame.frame);
    }
    if ((write = member_take_write(bench.member)) != NULL) {
        bench.writes[bench.write_count++] = write;
    }
    while (member_next_task(bench.member, &task)) {
    }
    apply_all();
    answer_reads();
    member_expire(bench.member, bench.turn.now_ms);
    while (bench.answer_count < ANSWERS_MAX &&
           member_next_answer(bench.member, &bench.answers[bench.answer_count])) {
        bench.answer_count++;
    }
}

static void pass(uint64_t ms)
{
    bench.turn.now_ms += ms;
    begin();
    end();
}

/* The first byte of a command is its tag. */
static void ask(uintptr_t number, uint64_t tag)
{
    uint8_t data[COMMAND_BYTES] = {(uint8_t)tag};
    const struct member_request request = {
        .kind = MEMBER_COMMAND,
        .client = client(number),
        .tag = tag,
        .entry = raft_entry_make(RAFT_ENTRY_COMMAND, data, sizeof(data))};

    member_ask(bench.member, &request);
}

static void ask_read(uintptr_t number, uint64_t tag, enum raftd_read_level level)
{
    const struct member_request request = {.kind = MEMBER_READ,
                                           .client = client(number),
                                           .tag = tag,
                                           .level = level,
                                           .entry = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1)};

    member_ask(bench.member, &request);
}

/* The answer with this tag; NULL = there is none yet. */
static const struct member_answer *answer_to(uint64_t tag)
{
    for (size_t i = 0; i < bench.answer_count; i++) {
        if (bench.answers[i].tag == tag) {
            return &bench.answers[i];
        }
    }
    return NULL;
}

/* ---- peers ---- */

static struct raft_message *make_message(uint8_t type, uint16_t from, uint64_t term)
{
    struct raft_message *message = memory_allocate_zeroed(1, sizeof(*message));

    message->type = type;
    message->from = from;
    message->to = 1;
    message->term = term;
    return message;
}

static void connect(uint16_t peer, bool up)
{
    member_link(bench.member, peer, up, up ? 100 + peer : 0);
}

/* Node 2 is the leader of term 2, and says that so much is committed. */
static void hear_leader(struct raft_entry **entries, uint32_t count, uint64_t previous_index,
                        uint64_t commit_index)
{
    static uint64_t number;
    struct raft_message *message = make_message(RAFT_MESSAGE_APPEND, 2, 2);

    message->append.previous_index = previous_index;
    message->append.previous_term = previous_index == 1 ? 1 : 2;
    message->append.commit_index = commit_index;
    message->append.number = ++number;
    message->entries = entries;
    message->entry_count = count;
    member_message(bench.member, message);
}

static void follow(void)
{
    begin();
    connect(2, true);
    connect(3, true);
    hear_leader(NULL, 0, 1, 1);
    end();
    pass(1);
    ck_assert_uint_eq(raft_get_leader(member_core(bench.member)), 2);
}

static void lead(void)
{
    struct raft_message *reply;

    pass(3 * ELECTION_TIMEOUT_MS);
    begin();
    connect(2, true);
    reply = make_message(RAFT_MESSAGE_VOTE_REPLY, 2, 2);
    reply->vote_reply.pre = true;
    reply->vote_reply.granted = true;
    member_message(bench.member, reply);
    end();
    begin();
    reply = make_message(RAFT_MESSAGE_VOTE_REPLY, 2, 2);
    reply->vote_reply.granted = true;
    member_message(bench.member, reply);
    end();
    ck_assert_int_eq(raft_get_role(member_core(bench.member)), RAFT_LEADER);
}

/* The leader has not appended this command of the member's, for a reason that passes. */
static void refuse(size_t place)
{
    static struct raft_proposal_id refused;
    struct raft_message *message = make_message(RAFT_MESSAGE_PROPOSE_REFUSED, 2, 2);

    refused = (struct raft_proposal_id){
        .origin = 77, .sequence = bench.sequences[place], .reason = RAFT_REFUSED_FULL};
    message->refused = &refused;
    message->refused_count = 1;
    begin();
    member_message(bench.member, message);
    end();
}

/* The leader has appended this command of the member's at this index, and committed it. */
static void commit(size_t place, uint64_t index)
{
    static struct raft_entry *entry;
    uint8_t data[COMMAND_BYTES] = {(uint8_t)bench.proposed[place]};

    entry = raft_entry_make(RAFT_ENTRY_COMMAND, data, sizeof(data));
    entry->index = index;
    entry->term = 2;
    entry->origin = 77;
    entry->sequence = bench.sequences[place];
    begin();
    hear_leader(&entry, 1, index - 1, index);
    end();
}

/* ---- how much one turn may propose ---- */

START_TEST(the_commands_of_one_turn_count_for_the_bound_of_uncommitted_bytes)
{
    lead();
    bench.disk_stalled = true;
    begin();
    for (uint64_t tag = 1; tag <= 50; tag++) {
        ask(1, tag);
    }
    end();
    ck_assert_uint_gt(raft_get_uncommitted_bytes(member_core(bench.member)), UNCOMMITTED_MAX);
    ck_assert_uint_lt(raft_get_uncommitted_bytes(member_core(bench.member)),
                      UNCOMMITTED_MAX + 2 * COMMAND_BYTES);
    ck_assert_uint_eq(member_proposal_count(bench.member), 50);
}
END_TEST

enum { FORWARDED = 30 };

static struct raft_entry *forwarded[FORWARDED];

/* Node 2 forwards more than the bound of uncommitted bytes. */
static void forward(uint64_t first_sequence)
{
    struct raft_message *message = make_message(RAFT_MESSAGE_PROPOSE, 2, 2);
    uint8_t data[COMMAND_BYTES] = {0};

    for (size_t i = 0; i < FORWARDED; i++) {
        forwarded[i] = raft_entry_make(RAFT_ENTRY_COMMAND, data, sizeof(data));
        forwarded[i]->origin = 88;
        forwarded[i]->sequence = first_sequence + i;
    }
    message->entries = forwarded;
    message->entry_count = FORWARDED;
    member_message(bench.member, message);
}

START_TEST(so_do_those_that_peers_forward)
{
    lead();
    bench.disk_stalled = true;
    begin();
    forward(1);
    for (uint64_t tag = 1; tag <= 50; tag++) {
        ask(1, tag);
    }
    end();
    ck_assert_uint_lt(raft_get_uncommitted_bytes(member_core(bench.member)),
                      UNCOMMITTED_MAX + 2 * COMMAND_BYTES);
}
END_TEST

/* Node 2 has everything that was sent to it. */
static void acknowledge_all(void)
{
    struct raft_message *reply = make_message(RAFT_MESSAGE_APPEND_REPLY, 2, 2);
    struct raft_status status;

    raft_get_status(member_core(bench.member), bench.turn.now_ms, &status);
    reply->append_reply.success = true;
    reply->append_reply.index = status.last_index;
    reply->append_reply.standing = 1;
    member_message(bench.member, reply);
}

/*
 * A peer forwards in each turn more than there is room for. The leader's own clients get every
 * other turn: a command waits two turns at most, and what is forwarded goes on as well.
 */
START_TEST(forwarded_commands_do_not_starve_the_own_clients)
{
    size_t turns_of_others = 0;
    uint64_t last = 0;

    lead();
    for (uint64_t turn = 0; turn < 20; turn++) {
        struct raft_status status;
        size_t own = bench.answer_count;

        begin();
        forward(1 + turn * FORWARDED);
        acknowledge_all();
        if (turn < 5) {
            ask(1, turn + 1);
        }
        end();
        raft_get_status(member_core(bench.member), bench.turn.now_ms, &status);
        turns_of_others += status.last_index - last > bench.answer_count - own + 5;
        last = status.last_index;
        bench.turn.now_ms++;
    }
    ck_assert_uint_eq(member_proposal_count(bench.member), 0);
    for (uint64_t tag = 1; tag <= 5; tag++) {
        ck_assert_ptr_nonnull(answer_to(tag));
        ck_assert_int_eq(answer_to(tag)->status, RAFTD_OK);
    }
    ck_assert_uint_gt(turns_of_others, 5);
}
END_TEST

static enum raft_space told_space(void)
{
    struct raft_status status;

    raft_get_status(member_core(bench.member), bench.turn.now_ms, &status);
    return status.space;
}

/* But only where entries are taken: the disk is not nearly full. */
START_TEST(what_is_on_its_way_to_the_disk_counts_as_used_space)
{
    lead();
    pass(1);
    bench.turn.free_bytes = RESERVE_BYTES + COMMAND_BYTES / 2;
    pass(1);
    ck_assert_int_eq(told_space(), RAFT_SPACE_ENOUGH);
    bench.disk_stalled = true;
    begin();
    ask(1, 1);
    end();
    pass(1);
    ck_assert_int_eq(told_space(), RAFT_SPACE_LOW);
    ck_assert(!member_space_is_low(bench.member));
    ck_assert(!bench.member->snapshots.is_tight);
    bench.disk_stalled = false;
    pass(1);
    ck_assert_int_eq(told_space(), RAFT_SPACE_ENOUGH);
    bench.turn.free_bytes = RESERVE_BYTES - 1;
    pass(1);
    ck_assert(member_space_is_low(bench.member));
    ck_assert(bench.member->snapshots.is_tight);
}
END_TEST

static enum raft_space space_with(uint64_t free_bytes)
{
    bench.turn.free_bytes = free_bytes;
    pass(1);
    return told_space();
}

START_TEST(the_parts_of_the_reserve_are_what_the_core_is_told)
{
    const uint64_t accepted = reserve_floor(RESERVE_ACCEPTED, RESERVE_BYTES);
    const uint64_t cluster = reserve_floor(RESERVE_CLUSTER, RESERVE_BYTES);

    ck_assert_uint_lt(cluster, accepted);
    ck_assert_uint_lt(accepted, reserve_floor(RESERVE_NEW, RESERVE_BYTES));
    ck_assert_int_eq(space_with(RESERVE_BYTES), RAFT_SPACE_ENOUGH);
    ck_assert_int_eq(space_with(RESERVE_BYTES - 1), RAFT_SPACE_LOW);
    ck_assert_int_eq(space_with(accepted - 1), RAFT_SPACE_NONE);
    ck_assert_int_eq(space_with(cluster), RAFT_SPACE_NONE);
    ck_assert_int_eq(space_with(cluster - 1), RAFT_SPACE_EXHAUSTED);
    ck_assert_int_eq(space_with(UINT64_MAX), RAFT_SPACE_ENOUGH);
}
END_TEST

/* ---- the order of commands ---- */

START_TEST(a_refused_command_holds_back_its_client_alone)
{
    follow();
    begin();
    ask(1, 1);
    ask(1, 2);
    end();
    ck_assert_uint_eq(bench.proposed_count, 2);
    refuse(0); /* the outcome of the second one is open, so the first one cannot be tried again */
    begin();
    ask(1, 3);
    ask(2, 4);
    end();
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 3);
    ck_assert_uint_eq(bench.proposed[2], 4);
    ck_assert(!member_can_go_on(bench.member)); /* it does not spin meanwhile */
    ck_assert_uint_gt(member_next_deadline_ms(bench.member), bench.turn.now_ms);
    begin();
    ask(2, 5);
    end();
    ck_assert_uint_eq(bench.proposed_count, 4);
    ck_assert_uint_eq(bench.proposed[3], 5);
    commit(1, 2);
    ck_assert_int_eq(answer_to(2)->status, RAFTD_OK);
    ck_assert_int_eq(answer_to(1)->status, RAFTD_ERROR_NOT_LEADER); /* it came too late */
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 5);
    ck_assert_uint_eq(bench.proposed[4], 3);
}
END_TEST

START_TEST(commands_of_more_clients_than_can_be_told_apart_wait_all_and_go_on)
{
    enum { CLIENTS = WAITING_OWNERS_MAX + 10 };

    follow();
    begin();
    for (uint64_t i = 1; i <= CLIENTS; i++) {
        ask(i, i);
    }
    end();
    ck_assert_uint_eq(bench.proposed_count, CLIENTS);
    for (size_t place = 0; place < CLIENTS; place++) {
        refuse(place);
    }
    bench.proposed_count = 0;
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, CLIENTS);
    for (size_t place = 0; place < CLIENTS; place++) {
        ck_assert_uint_eq(bench.proposed[place], place + 1);
    }
}
END_TEST

START_TEST(the_commands_of_a_client_that_closed_keep_their_order)
{
    follow();
    begin();
    ask(1, 1);
    ask(1, 2);
    ask(2, 3);
    end();
    refuse(0);
    begin();
    member_forget_client(bench.member, client(1));
    end();
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 3); /* the second may stand in the leader's log */
    refuse(1);
    pass(2 * MEMBER_RETRY_MS);
    ck_assert_uint_eq(bench.proposed_count, 5);
    ck_assert_uint_eq(bench.proposed[3], 1);
    ck_assert_uint_eq(bench.proposed[4], 2);
    commit(4, 2);
    commit(2, 3);
    ck_assert_ptr_null(answer_to(1));
    ck_assert_ptr_null(answer_to(2));
    ck_assert_int_eq(answer_to(3)->status, RAFTD_OK);
}
END_TEST

/* ---- out of service ---- */

static void ask_for_vote(uint64_t term)
{
    struct raft_message *message = make_message(RAFT_MESSAGE_VOTE, 3, term);

    message->vote.last_index = 10;
    message->vote.last_term = 2;
    begin();
    member_message(bench.member, message);
    end();
    pass(0);
}

START_TEST(a_node_that_is_back_in_service_knows_that_its_leader_is_gone)
{
    follow();
    ask_for_vote(3);
    ck_assert(!bench.vote_granted); /* there is a leader */
    bench.turn.takes_part = false;
    bench.turn.serves = false;
    begin();
    connect(2, false);
    end();
    bench.turn.takes_part = true;
    bench.turn.serves = true;
    pass(1);
    ask_for_vote(3);
    ck_assert(bench.vote_granted);
}
END_TEST

START_TEST(only_the_leader_may_offer_a_snapshot)
{
    struct wire_snapshot offer = {.kind = WIRE_SNAPSHOT_OFFER, .index = 10, .id = 1};
    struct wire_snapshot chunk = {.kind = WIRE_SNAPSHOT_CHUNK, .index = 10, .id = 1};

    ck_assert(member_takes_snapshot_frame(bench.member, 3, &offer)); /* nobody leads yet */
    follow();
    ck_assert(member_takes_snapshot_frame(bench.member, 2, &offer));
    ck_assert(!member_takes_snapshot_frame(bench.member, 3, &offer));
    ck_assert(member_takes_snapshot_frame(bench.member, 3, &chunk)); /* the worker asked for it */
}
END_TEST

static void check_reads_end(enum raftd_read_level level)
{
    lead();
    pass(1);
    begin();
    ask_read(1, 1, level);
    end();
    ck_assert_ptr_null(answer_to(1));
    bench.turn.takes_part = false;
    bench.turn.serves = false;
    pass(1);
    ck_assert_int_eq(answer_to(1)->status, RAFTD_ERROR_NOT_READY);
    ck_assert_int_eq(raft_get_role(member_core(bench.member)), RAFT_FOLLOWER);
    ck_assert_uint_eq(member_read_count(bench.member), 0);
}

START_TEST(a_leader_that_goes_out_of_service_steps_down_and_ends_its_reads)
{
    check_reads_end(RAFTD_READ_LINEARIZABLE);
}
END_TEST

START_TEST(also_those_that_wait_for_a_lease)
{
    check_reads_end(RAFTD_READ_LEASE);
}
END_TEST

START_TEST(a_candidate_that_goes_out_of_service_does_not_become_the_leader)
{
    struct raft_message *reply = make_message(RAFT_MESSAGE_VOTE_REPLY, 2, 2);

    pass(3 * ELECTION_TIMEOUT_MS);
    begin();
    connect(2, true);
    reply->vote_reply.pre = true;
    reply->vote_reply.granted = true;
    member_message(bench.member, reply);
    end();
    ck_assert_int_eq(raft_get_role(member_core(bench.member)), RAFT_CANDIDATE);
    bench.turn.takes_part = false;
    pass(1);
    ck_assert_int_eq(raft_get_role(member_core(bench.member)), RAFT_FOLLOWER);
}
END_TEST

UNIT_SUITE(turns)
{
    Suite *suite = suite_create("turns");
    TCase *tcase = tcase_create("turns");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_commands_of_one_turn_count_for_the_bound_of_uncommitted_bytes);
    tcase_add_test(tcase, so_do_those_that_peers_forward);
    tcase_add_test(tcase, forwarded_commands_do_not_starve_the_own_clients);
    tcase_add_test(tcase, what_is_on_its_way_to_the_disk_counts_as_used_space);
    tcase_add_test(tcase, the_parts_of_the_reserve_are_what_the_core_is_told);
    tcase_add_test(tcase, a_refused_command_holds_back_its_client_alone);
    tcase_add_test(tcase, commands_of_more_clients_than_can_be_told_apart_wait_all_and_go_on);
    tcase_add_test(tcase, the_commands_of_a_client_that_closed_keep_their_order);
    tcase_add_test(tcase, only_the_leader_may_offer_a_snapshot);
    tcase_add_test(tcase, a_node_that_is_back_in_service_knows_that_its_leader_is_gone);
    tcase_add_test(tcase, a_leader_that_goes_out_of_service_steps_down_and_ends_its_reads);
    tcase_add_test(tcase, also_those_that_wait_for_a_lease);
    tcase_add_test(tcase, a_candidate_that_goes_out_of_service_does_not_become_the_leader);
    suite_add_tcase(suite, tcase);
    return suite;
}
