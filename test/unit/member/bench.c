/*
 * The bench of bench.h.
 */
#include "bench.h"

#include <string.h>

#include "unit.h"

#include "base/memory.h"

struct bench bench;

struct raftd_client *client(uintptr_t number)
{
    return (struct raftd_client *)number;
}

static struct raft_core *make_core(void)
{
    const struct raft_options options = {.id = 1,
                                         .random_seed = 1,
                                         .heartbeat_ms = HEARTBEAT_MS,
                                         .election_timeout_ms = ELECTION_TIMEOUT_MS,
                                         .disk_stall_ms = DISK_STALL_MS,
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

void setup(void)
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

void teardown(void)
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

void begin(void)
{
    for (size_t i = 0; i < bench.write_count && !bench.disk_stalled; i++) {
        member_written(bench.member, bench.writes[i]);
    }
    bench.write_count = bench.disk_stalled ? bench.write_count : 0;
    member_begin(bench.member, &bench.turn);
}

static void look_at(const struct raft_message *message)
{
    bench.sent[message->type]++;
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

void end(void)
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

void pass(uint64_t ms)
{
    bench.turn.now_ms += ms;
    begin();
    end();
}

/* The first byte of a command is its tag. */
void ask(uintptr_t number, uint64_t tag)
{
    uint8_t data[COMMAND_BYTES] = {(uint8_t)tag};
    const struct member_request request = {
        .kind = MEMBER_COMMAND,
        .client = client(number),
        .tag = tag,
        .entry = raft_entry_make(RAFT_ENTRY_COMMAND, data, sizeof(data))};

    member_ask(bench.member, &request);
}

void ask_read(uintptr_t number, uint64_t tag, enum raftd_read_level level)
{
    const struct member_request request = {.kind = MEMBER_READ,
                                           .client = client(number),
                                           .tag = tag,
                                           .level = level,
                                           .entry = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1)};

    member_ask(bench.member, &request);
}

/* The answer with this tag; NULL = there is none yet. */
const struct member_answer *answer_to(uint64_t tag)
{
    for (size_t i = 0; i < bench.answer_count; i++) {
        if (bench.answers[i].tag == tag) {
            return &bench.answers[i];
        }
    }
    return NULL;
}

/* ---- peers ---- */

struct raft_message *make_message(uint8_t type, uint16_t from, uint64_t term)
{
    struct raft_message *message = memory_allocate_zeroed(1, sizeof(*message));

    message->type = type;
    message->from = from;
    message->to = 1;
    message->term = term;
    return message;
}

void set_link(uint16_t peer, bool up)
{
    member_link(bench.member, peer, up, up ? 100 + peer : 0);
}

/* Node 2 is the leader of term 2, and says that so much is committed. */
void hear_leader(struct raft_entry **entries, uint32_t count, uint64_t previous_index,
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

void follow(void)
{
    begin();
    set_link(2, true);
    set_link(3, true);
    hear_leader(NULL, 0, 1, 1);
    end();
    pass(1);
    ck_assert_uint_eq(raft_get_leader(member_core(bench.member)), 2);
}

void lead(void)
{
    struct raft_message *reply;

    pass(3 * ELECTION_TIMEOUT_MS);
    begin();
    set_link(2, true);
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

void acknowledge(uint16_t peer)
{
    struct raft_message *reply = make_message(RAFT_MESSAGE_APPEND_REPLY, peer, 2);
    struct raft_status status;

    raft_get_status(member_core(bench.member), bench.turn.now_ms, &status);
    reply->append_reply.success = true;
    reply->append_reply.index = status.last_index;
    reply->append_reply.standing = 1;
    member_message(bench.member, reply);
}

/* The leader has not appended this command of the member's, for a reason that passes. */
void refuse(size_t place)
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
void commit(size_t place, uint64_t index)
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
