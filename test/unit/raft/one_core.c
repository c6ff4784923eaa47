/*
 * One core in the hands of a unit test. See one_core.h.
 */
#include "one_core.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

/* ---- messages ---- */

static struct raft_message keep(const struct raft_message *message)
{
    struct raft_message copy = *message;

    if (message->entry_count > 0) {
        struct raft_entry **entries = memory_allocate(message->entry_count * sizeof(entries[0]));

        for (uint32_t i = 0; i < message->entry_count; i++) {
            entries[i] = raft_entry_hold(message->entries[i]);
        }
        copy.entries = entries;
    }
    if (message->refused_count > 0) {
        size_t bytes = message->refused_count * sizeof(message->refused[0]);

        copy.refused = memcpy(memory_allocate(bytes), message->refused, bytes);
    }
    return copy;
}

static void drop(struct raft_message *message)
{
    for (uint32_t i = 0; i < message->entry_count; i++) {
        raft_entry_release(message->entries[i]);
    }
    if (message->entry_count > 0) {
        memory_free((void *)(uintptr_t)message->entries);
    }
    if (message->refused_count > 0) {
        memory_free((void *)(uintptr_t)message->refused);
    }
}

static void leave(struct one_core *one, const struct raft_message *message)
{
    one->sent =
        memory_grow(one->sent, &one->sent_capacity, one->sent_count + 1, sizeof(one->sent[0]));
    one->sent[one->sent_count++] = *message;
    if (message->type == RAFT_MESSAGE_APPEND && message->to < ONE_CORE_PEERS) {
        one->appends[message->to] = *message;
        one->appends[message->to].entry_count = 0;
        one->append_entries[message->to] = message->entry_count;
    }
}

void one_core_forget_sent(struct one_core *one)
{
    for (size_t i = 0; i < one->sent_count; i++) {
        drop(&one->sent[i]);
    }
    one->sent_count = 0;
}

/* ---- steps ---- */

static void note_said(struct one_core *one, const struct raft_outbox *outbox)
{
    if (outbox->read_confirmed) {
        one->read_id = outbox->read_id;
        one->read_index = outbox->read_index;
    }
    if (outbox->refused_count > 0) {
        one->refused = outbox->refused[outbox->refused_count - 1];
        one->refused_reason = one->refused.reason;
        one->refused_count += outbox->refused_count;
    }
    for (size_t i = 0; i < outbox->snapshot_peer_count; i++) {
        one->snapshot_count[outbox->snapshot_peers[i]]++;
    }
    one->install_count += outbox->has_install;
    if (outbox->fetch_count > 0) {
        one->fetch = outbox->fetches[outbox->fetch_count - 1];
        one->fetch_count += outbox->fetch_count;
    }
    if (outbox->violation != 0) {
        one->violation = outbox->violation;
        one->violator = outbox->violator;
        one->violation_count++;
    }
}

static void note_write(struct one_core *one, const struct raft_write *write)
{
    one->writes = memory_grow(one->writes, &one->write_capacity, one->write_count + 1,
                              sizeof(one->writes[0]));
    one->writes[one->write_count++] = (struct raft_write_done){.sequence = write->sequence,
                                                               .last_index = write->last_index,
                                                               .last_term = write->last_term};
    one->last_write = *write;
    one->last_write.entries = NULL;
}

static void step(struct one_core *one, const struct raft_event *event)
{
    struct raft_outbox outbox;

    raft_step(one->core, one->now_ms, event, event != NULL ? 1 : 0, &outbox);
    note_said(one, &outbox);
    if (outbox.has_write) {
        note_write(one, &outbox.write);
    }
    for (size_t i = 0; i < outbox.message_count; i++) {
        struct raft_message message = keep(&outbox.messages[i]);
        uint64_t oldest = one->write_count > 0 ? one->writes[0].sequence : UINT64_MAX;

        if (message.after_write < oldest) {
            leave(one, &message);
        } else {
            one->gated = memory_grow(one->gated, &one->gated_capacity, one->gated_count + 1,
                                     sizeof(one->gated[0]));
            one->gated[one->gated_count++] = message;
        }
    }
}

static void open_gate(struct one_core *one, uint64_t sequence)
{
    size_t left = 0;

    for (size_t i = 0; i < one->gated_count; i++) {
        if (one->gated[i].after_write <= sequence) {
            leave(one, &one->gated[i]);
        } else {
            one->gated[left++] = one->gated[i];
        }
    }
    one->gated_count = left;
}

bool one_core_finish_write(struct one_core *one)
{
    struct raft_event event = {.type = RAFT_EVENT_LOG_WRITTEN};

    if (one->write_count == 0) {
        return false;
    }
    event.written = one->writes[0];
    one->write_count--;
    memmove(one->writes, one->writes + 1, one->write_count * sizeof(one->writes[0]));
    open_gate(one, event.written.sequence);
    step(one, &event);
    return true;
}

static void settle(struct one_core *one)
{
    while (!one->disk_stalled && one_core_finish_write(one)) {
    }
}

void one_core_event(struct one_core *one, const struct raft_event *event)
{
    step(one, event);
    settle(one);
}

void one_core_give(struct one_core *one, const struct raft_message *message)
{
    const struct raft_event event = {.type = RAFT_EVENT_MESSAGE, .message = message};

    one_core_event(one, &event);
}

void one_core_run(struct one_core *one, uint64_t ms)
{
    uint64_t until_ms = one->now_ms + ms;

    settle(one);
    while (raft_next_deadline(one->core) <= until_ms) {
        uint64_t deadline_ms = raft_next_deadline(one->core);

        one->now_ms = deadline_ms > one->now_ms ? deadline_ms : one->now_ms;
        step(one, NULL);
        settle(one);
    }
    one->now_ms = until_ms;
}

/* ---- begin and end ---- */

static void forget_process(struct one_core *one)
{
    one_core_forget_sent(one);
    for (size_t i = 0; i < one->gated_count; i++) {
        drop(&one->gated[i]);
    }
    one->gated_count = 0;
    one->write_count = 0;
    raft_destroy(one->core);
    one->core = NULL;
}

void one_core_start(struct one_core *one, const struct raft_recovered *recovered)
{
    int code;

    forget_process(one);
    code = raft_create(&one->options, recovered, one->now_ms, &one->core);
    ASSERT(code == 0);
}

void one_core_set_log(struct one_core *one, const uint64_t *terms, size_t count, uint64_t term,
                      uint16_t vote)
{
    struct raft_entry **entries = memory_allocate(count * sizeof(entries[0]));
    const struct raft_recovered recovered = {.term = term,
                                             .vote = vote,
                                             .promise_known = true,
                                             .entries = entries,
                                             .entry_count = count};
    struct buffer bytes = {0};

    raft_membership_encode(&one->members, &bytes);
    for (size_t i = 0; i < count; i++) {
        uint64_t content[2] = {i + 1, terms[i]};

        entries[i] =
            i == 0 ? raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes)
                   : raft_entry_make(RAFT_ENTRY_COMMAND, content, sizeof(content));
        entries[i]->index = i + 1;
        entries[i]->term = terms[i];
    }
    one_core_start(one, &recovered);
    for (size_t i = 0; i < count; i++) {
        raft_entry_release(entries[i]);
    }
    memory_free(entries);
    buffer_free(&bytes);
}

void one_core_set_base(struct one_core *one, uint64_t index, uint64_t term)
{
    const struct raft_recovered recovered = {.term = term,
                                             .promise_known = true,
                                             .base_index = index,
                                             .base_term = term,
                                             .base_membership = &one->members};

    one_core_start(one, &recovered);
}

void one_core_begin_members(struct one_core *one, uint16_t id,
                            const struct raft_membership *members)
{
    *one = (struct one_core){
        .now_ms = 1000,
        .members = *members,
        .options = {.id = id,
                    .random_seed = id,
                    .heartbeat_ms = HEARTBEAT_MS,
                    .election_timeout_ms = ELECTION_TIMEOUT_MS,
                    .max_batch_bytes = 64 * 1024,
                    .check = true,
                    .max_inflight_messages = 16,
                    .max_inflight_bytes = 1024 * 1024,
                    .max_uncommitted_bytes = 16 * 1024 * 1024},
    };
    one_core_set_log(one, (const uint64_t[]){1}, 1, 1, 0);
}

void one_core_begin(struct one_core *one, uint16_t id, size_t voters)
{
    struct raft_membership members = {0};

    for (uint16_t voter = 1; voter <= voters; voter++) {
        char address[32];
        int code;

        snprintf(address, sizeof(address), "node-%u:7381", voter);
        code = raft_membership_add(&members, voter, RAFT_MEMBER_VOTER, address);
        ASSERT(code == 0);
    }
    one_core_begin_members(one, id, &members);
}

void one_core_end(struct one_core *one)
{
    forget_process(one);
    memory_free(one->sent);
    memory_free(one->gated);
    memory_free(one->writes);
}

/* ---- what happens ---- */

static void propose(struct one_core *one, uint8_t type, uint64_t number, uint32_t size)
{
    static uint8_t data[1 << 20];
    struct raft_event event = {.type = RAFT_EVENT_PROPOSE};

    ASSERT(size >= sizeof(number) && size <= sizeof(data));
    memcpy(data, &number, sizeof(number));
    event.entry = raft_entry_make(type, data, size);
    event.entry->origin = one->options.id;
    event.entry->sequence = number;
    one_core_event(one, &event);
    raft_entry_release(event.entry);
}

void one_core_propose(struct one_core *one, uint64_t number, uint32_t size)
{
    propose(one, RAFT_ENTRY_COMMAND, number, size > sizeof(number) ? size : sizeof(number));
}

void one_core_propose_type(struct one_core *one, uint8_t type, uint64_t number)
{
    propose(one, type, number, sizeof(number));
}

void one_core_read(struct one_core *one, uint64_t read_id, bool lease)
{
    struct raft_event event = {.type = RAFT_EVENT_READ, .read_id = read_id};

    event.lease = lease;
    one_core_event(one, &event);
}

void one_core_link(struct one_core *one, uint16_t peer, bool up)
{
    const struct raft_event event = {.type = RAFT_EVENT_LINK, .link = {.peer = peer, .up = up}};

    one_core_event(one, &event);
}

void one_core_space(struct one_core *one, enum raft_space space)
{
    const struct raft_event event = {.type = RAFT_EVENT_SPACE, .space = space, .disk = space};

    one_core_event(one, &event);
}

void one_core_snapshot_saved(struct one_core *one, uint64_t index, uint64_t keep_from)
{
    const struct raft_event event = {
        .type = RAFT_EVENT_SNAPSHOT_SAVED,
        .saved = {.index = index, .term = raft_log_term(one->core, index), .keep_from = keep_from}};

    one_core_event(one, &event);
}

void one_core_step_down(struct one_core *one)
{
    const struct raft_event event = {.type = RAFT_EVENT_STEP_DOWN};

    one_core_event(one, &event);
}

void one_core_append(struct one_core *one, uint16_t from, uint64_t term, uint64_t previous,
                     uint64_t previous_term, const uint64_t *terms, uint32_t count, uint64_t commit)
{
    static const uint8_t value[4096];
    struct raft_entry *entries[ONE_CORE_ENTRIES_MAX];
    struct raft_message message = {.type = RAFT_MESSAGE_APPEND,
                                   .from = from,
                                   .to = one->options.id,
                                   .term = term,
                                   .entries = entries,
                                   .entry_count = count};

    ASSERT(count <= ONE_CORE_ENTRIES_MAX);
    message.append.previous_index = previous;
    message.append.previous_term = previous_term;
    message.append.commit_index = commit;
    message.append.time_ms = one->time_ms;
    message.append.reserve = one->reserve;
    for (uint32_t i = 0; i < count; i++) {
        entries[i] = one->entry_bytes != 0
                         ? raft_entry_make(RAFT_ENTRY_COMMAND, value, one->entry_bytes)
                         : raft_entry_make(RAFT_ENTRY_COMMAND, &terms[i], sizeof(terms[i]));
        entries[i]->index = previous + 1 + i;
        entries[i]->term = terms[i];
        entries[i]->time_ms = one->time_ms;
    }
    one_core_give(one, &message);
    for (uint32_t i = 0; i < count; i++) {
        raft_entry_release(entries[i]);
    }
}

/* ---- what the others do ---- */

static void grant(struct one_core *one, bool pre)
{
    struct raft_message reply = {.type = RAFT_MESSAGE_VOTE_REPLY, .to = one->options.id};

    for (size_t i = 0; i < one->members.count; i++) {
        reply.from = one->members.members[i].id;
        reply.term = raft_get_term(one->core) + (pre ? 1 : 0);
        reply.vote_reply.pre = pre;
        reply.vote_reply.granted = true;
        if (reply.from != one->options.id &&
            (one->members.members[i].roles & (RAFT_MEMBER_VOTER | RAFT_MEMBER_OUTGOING)) != 0 &&
            raft_get_role(one->core) == (pre ? RAFT_PRE_CANDIDATE : RAFT_CANDIDATE)) {
            one_core_give(one, &reply);
        }
    }
}

void one_core_win(struct one_core *one)
{
    while (raft_get_role(one->core) == RAFT_FOLLOWER) {
        one_core_run(one, 10);
    }
    grant(one, true);
    grant(one, false);
    ASSERT(raft_get_role(one->core) == RAFT_LEADER);
}

void one_core_lead(struct one_core *one)
{
    one_core_win(one);
    one_core_answer_all(one);
    one_core_run(one, HEARTBEAT_MS);
    one_core_answer_all(one);
    one_core_forget_sent(one);
}

struct raft_message one_core_answer_of(const struct one_core *one, uint16_t peer)
{
    const struct raft_message *append = &one->appends[peer];
    struct raft_message reply = {.type = RAFT_MESSAGE_APPEND_REPLY,
                                 .from = peer,
                                 .to = one->options.id,
                                 .term = append->term};

    reply.append_reply.success = true;
    reply.append_reply.index = append->append.previous_index + one->append_entries[peer];
    reply.append_reply.read_round = append->append.read_round;
    reply.append_reply.number = append->append.number;
    reply.append_reply.promise_ms = append->append.wanted_promise_ms;
    reply.append_reply.election_timeout_ms = ELECTION_TIMEOUT_MS;
    reply.append_reply.standing = 1; /* its disk has room, and its priority is 0 */
    return reply;
}

struct raft_message one_core_refusal_of(const struct one_core *one, uint16_t peer,
                                        uint64_t conflict_index, uint64_t conflict_term)
{
    struct raft_message reply = one_core_answer_of(one, peer);

    reply.append_reply.success = false;
    reply.append_reply.index = one->appends[peer].append.previous_index;
    reply.append_reply.conflict_index = conflict_index;
    reply.append_reply.conflict_term = conflict_term;
    return reply;
}

void one_core_answer(struct one_core *one, uint16_t peer)
{
    struct raft_message reply = one_core_answer_of(one, peer);

    if (reply.term == raft_get_term(one->core)) {
        one_core_give(one, &reply);
    }
}

void one_core_answer_all(struct one_core *one)
{
    for (size_t i = 0; i < one->members.count; i++) {
        if (one->members.members[i].id != one->options.id) {
            one_core_answer(one, one->members.members[i].id);
        }
    }
}

void one_core_run_answered(struct one_core *one, uint64_t ms, uint16_t first, uint16_t last)
{
    uint64_t until_ms = one->now_ms + ms;

    while (one->now_ms < until_ms) {
        for (uint16_t peer = first; peer <= last; peer++) {
            if (peer != one->options.id) {
                one_core_answer(one, peer);
            }
        }
        one_core_run(one, until_ms - one->now_ms < 10 ? until_ms - one->now_ms : 10);
    }
}

struct raft_message one_core_vote_request(uint16_t from, uint16_t to, uint64_t term,
                                          uint64_t last_index, uint64_t last_term)
{
    struct raft_message message = {.type = RAFT_MESSAGE_VOTE, .from = from, .to = to, .term = term};

    message.vote.last_index = last_index;
    message.vote.last_term = last_term;
    return message;
}

static void carry(struct one_core *from, struct one_core *to, bool control_only)
{
    struct raft_message *sent = from->sent;
    size_t count = from->sent_count;

    from->sent = NULL;
    from->sent_count = 0;
    from->sent_capacity = 0;
    for (size_t i = 0; i < count; i++) {
        if (control_only && sent[i].lane != RAFT_LANE_CONTROL) {
            from->sent = memory_grow(from->sent, &from->sent_capacity, from->sent_count + 1,
                                     sizeof(from->sent[0]));
            from->sent[from->sent_count++] = sent[i];
            continue;
        }
        if (sent[i].to == to->options.id) {
            one_core_give(to, &sent[i]);
        }
        drop(&sent[i]);
    }
    memory_free(sent);
}

void one_core_carry(struct one_core *from, struct one_core *to)
{
    carry(from, to, false);
}

void one_core_carry_control(struct one_core *from, struct one_core *to)
{
    carry(from, to, true);
}

/* ---- what is seen ---- */

struct raft_status one_core_status(const struct one_core *one)
{
    struct raft_status status;

    raft_get_status(one->core, one->now_ms, &status);
    return status;
}

struct raft_peer_status one_core_peer(const struct one_core *one, uint16_t id)
{
    struct raft_status status = one_core_status(one);

    for (size_t i = 0; i < status.peer_count; i++) {
        if (status.peers[i].id == id) {
            return status.peers[i];
        }
    }
    return (struct raft_peer_status){0};
}

uint64_t one_core_lease_left_ms(const struct one_core *one)
{
    uint64_t until_ms = raft_lease_until_ms(one->core);

    return until_ms > one->now_ms ? until_ms - one->now_ms : 0;
}

size_t one_core_count(const struct one_core *one, uint8_t type, uint16_t to)
{
    size_t count = 0;

    for (size_t i = 0; i < one->sent_count; i++) {
        count += one->sent[i].type == type && (to == 0 || one->sent[i].to == to);
    }
    return count;
}

size_t one_core_count_full(const struct one_core *one, uint16_t to)
{
    size_t count = 0;

    for (size_t i = 0; i < one->sent_count; i++) {
        count += one->sent[i].type == RAFT_MESSAGE_APPEND && one->sent[i].to == to &&
                 one->sent[i].entry_count > 0;
    }
    return count;
}

const struct raft_message *one_core_last(const struct one_core *one, uint8_t type, uint16_t to)
{
    for (size_t i = one->sent_count; i > 0; i--) {
        if (one->sent[i - 1].type == type && (to == 0 || one->sent[i - 1].to == to)) {
            return &one->sent[i - 1];
        }
    }
    return NULL;
}
