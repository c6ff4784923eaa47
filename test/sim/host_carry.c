/*
 * One turn of a host: it tells the member what arrived, lets it step, and carries out what the
 * member gives, in the order that src/member/member.h draws. Nothing is decided here; the truth
 * looks on. See host.h.
 */
#include <stdlib.h>
#include <string.h>

#include <raftd/client.h>

#include "base/assert.h"
#include "base/memory.h"
#include "kv/kv.h"
#include "sim/clients.h"
#include "sim/faults_rot.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/truth.h"
#include "store/wal_read.h"

enum { PAUSE_MS_MAX = 4000, PAUSE_ONE_IN = 100 };

/* ---- what happened ---- */

/* As the log writer asks for it. */
static uint64_t free_on_disk(const struct host *host)
{
    const struct fs *fs = host_files(host);
    int64_t bytes = fs->free_bytes(fs->context, HOST_DIRECTORY);

    return bytes < 0 ? UINT64_MAX : (uint64_t)bytes;
}

static uint64_t free_bytes(const struct host *host)
{
    switch (host->room) {
    case HOST_ROOM_LOW:
        return HOST_RESERVE_BYTES - 1;
    case HOST_ROOM_NONE:
        return HOST_RESERVE_BYTES / 4 - 1;
    case HOST_ROOM_EXHAUSTED:
        return 0;
    case HOST_ROOM_FILLED:
        return free_on_disk(host);
    case HOST_ROOM_ENOUGH:
    case HOST_ROOM_TAKEN:
    default:
        return UINT64_MAX;
    }
}

static void begin(struct host *host)
{
    const struct member_turn turn = {
        .now_ms = host_now_ms(host),
        .wall_ms = host_wall_ms(host),
        .free_bytes = free_bytes(host),
        .takes_part = host->takes_part,
        .serves = host->serves,
    };
    bool was_low = member_space_is_low(host->member);
    bool is_low;

    member_begin(host->member, &turn);
    is_low = member_space_is_low(host->member);
    if (is_low != was_low) {
        STORY(host->world, host->id, is_low ? "is told that room is low" : "has room again");
        world_see(host->world, is_low ? SEEN_SPACE_LOW : SEEN_ROOM_AGAIN);
    }
}

/* The log writer reads the entries that the core asked for in an earlier turn. */
static void give_fetched(struct host *host)
{
    while (host->fetch_count > 0 && member_takes_fetched(host->member)) {
        const struct raft_fetch *fetch = &host->fetches[--host->fetch_count];
        struct raftd_error error = {0};
        struct wal_entries entries;
        int code = wal_read_entries(host->wal, fetch->first_index, fetch->last_index,
                                    fetch->max_bytes, &entries, &error);

        host->heard_other = true;
        if (code == 0) {
            world_see(host->world, SEEN_READ_BACK);
        } else if (code == RAFTD_ERROR_CORRUPT) {
            STORY(host->world, host->id, "%s", error.message);
            member_log_damaged(host->member, fetch->first_index);
        }
        member_fetched(host->member, fetch->peer, fetch->number, entries.list, entries.count);
    }
}

static void take_fetches(struct host *host)
{
    struct raft_fetch fetch;

    while (host->fetch_count < RAFT_MEMBERS_MAX && member_next_fetch(host->member, &fetch)) {
        host->fetches[host->fetch_count++] = fetch;
        host_plan_turn(host);
    }
}

static void give_message(struct host *host, struct raft_message *message)
{
    if (message->term < truth_term(host->world, host->id)) {
        host->heard_past = true;
    } else {
        host->heard_other = true;
    }
    if (host->room >= HOST_ROOM_NONE && message->type == RAFT_MESSAGE_APPEND &&
        message->entry_count > 0) {
        world_see(host->world, SEEN_NO_ROOM);
    }
    member_message(host->member, message);
}

/* In the order of arrival; what does not fit waits for the next turn. */
static void give_inbox(struct host *host)
{
    size_t taken = 0;

    host_give_proofs(host);
    while (taken < host->inbox_count && member_has_room(host->member)) {
        struct host_input *input = &host->inbox[taken++];

        if (input->snapshot != NULL && !host->takes_part) {
            memory_free(input->snapshot);
        } else if (input->snapshot != NULL) {
            host_worker_frame(host, input->peer, input->snapshot);
        } else if (input->is_link) {
            host->heard_other = true;
            member_link(host->member, input->peer, input->up,
                        input->up ? host->links[input->peer].peer_identity : 0);
        } else {
            give_message(host, input->message);
        }
    }
    host->inbox_count -= taken;
    if (host->inbox_count > 0) {
        memmove(host->inbox, host->inbox + taken, host->inbox_count * sizeof(host->inbox[0]));
    }
}

static void ask(struct host *host, struct client_operation *operation)
{
    bool is_read = clients_is_read(operation);
    const struct member_request request = {
        .kind = is_read ? MEMBER_READ : MEMBER_COMMAND,
        .client = clients_of(operation),
        .tag = clients_tag(operation),
        .level = operation->level,
        .max_lag_ms = operation->max_lag_ms,
        .entry = clients_entry(operation),
    };

    host->open =
        memory_grow(host->open, &host->open_capacity, host->open_count + 1, sizeof(host->open[0]));
    host->open[host->open_count++] =
        (struct host_open){.operation = operation, .may_be_applied = !is_read};
    member_ask(host->member, &request);
}

static void give_requests(struct host *host)
{
    size_t taken = 0;

    while (taken < host->asked_count && member_takes_requests(host->member)) {
        ask(host, host->asked[taken++]);
    }
    host->asked_count -= taken;
    if (host->asked_count > 0) {
        memmove(host->asked, host->asked + taken,
                host->asked_count * sizeof(struct client_operation *));
    }
    if (host->change != NULL && member_takes_requests(host->member)) {
        /* An administrator; only the story tells the outcome. */
        const struct member_request request = {.kind = MEMBER_COMMAND,
                                               .client = (struct raftd_client *)(void *)host,
                                               .tag = HOST_CHANGE_TAG,
                                               .entry = host->change};

        host->change = NULL;
        host->heard_other = true;
        member_ask(host->member, &request);
    }
}

static void tell_deadline(struct host *host)
{
    member_deadline(host->member, host->machine.next_deadline(host->machine.context));
}

/* ---- the step ---- */

static void note_open(void *context, const struct member_open_request *request)
{
    struct host *host = context;

    if (request->sequence != 0 && request->client != NULL && request->tag != HOST_CHANGE_TAG) {
        truth_on_proposed(host->world, host->life, request->sequence, request->tag);
    }
}

/* The truth learns under which numbers the requests were proposed, again and again. */
static void note_proposed(struct host *host)
{
    member_each_request(host->member, note_open, host);
}

static void step(struct host *host)
{
    struct member_report report;

    truth_before_step(host->world, host);
    member_step(host->member, host_now_ms(host), &report);
    host->heard_past = false;
    host->heard_other = false;
    note_proposed(host);
    if (report.outbox != NULL) {
        truth_after_step(host->world, host, report.outbox);
        faults_follow_rot(host, report.outbox);
    }
    host_links_follow(host);
}

/* ---- frames ---- */

static void send_frame(struct host *host, struct member_frame *frame)
{
    static const struct wire_limits limits = {.max_entry_bytes = HOST_ENTRY_BYTES_MAX,
                                              .max_entries = 65536};
    const struct raft_message *message = frame->message;
    struct net_frame outgoing = {.class = frame->class, .frame = frame->frame};
    struct raft_message *decoded = NULL;
    struct raftd_error error;

    if (!host->link_up[frame->peer]) {
        member_frame_lost(host->member, frame);
        memory_free(frame->frame);
        return;
    }
    if (message == NULL) {
        int code =
            wire_message_decode(&decoded, frame->frame->data + WIRE_HEADER_BYTES,
                                frame->frame->size_bytes - WIRE_HEADER_BYTES, &limits, &error);

        ASSERT(code == 0);
        decoded->from = host->id;
        decoded->to = frame->peer;
        message = decoded;
    }
    truth_on_send(host->world, host->id, message);
    if (host->world->watch != NULL) {
        host->world->watch(host->world, message);
    }
    outgoing.message_type = (uint8_t)message->type;
    if (!net_send(host->world, host->id, frame->peer, &outgoing)) {
        member_frame_lost(host->member, frame);
    }
    if (decoded != NULL) {
        wire_message_free(decoded);
    }
}

static void send_frames(struct host *host)
{
    struct member_frame frame;

    while (member_next_frame(host->member, &frame)) {
        send_frame(host, &frame);
    }
}

static void submit_write(struct host *host)
{
    struct member_write *write = member_take_write(host->member);
    uint64_t compact_index = member_take_compaction(host->member);

    if (compact_index != 0) {
        host->compact_index = compact_index;
    }
    if (write != NULL) {
        host_write_submit(host, write);
    }
}

/* ---- the state machine ---- */

/* One entry at a time, so that the state after certain entries can be compared. */
static void run_commands(struct host *host, struct member_apply *apply)
{
    for (size_t i = 0; i < apply->count; i++) {
        host->machine.apply(host->machine.context, &apply->entries[i], 1);
        host->state_index = apply->entries[i].index;
        if (truth_wants_digest(host->world, host->state_index)) {
            truth_on_digest(host->world, host);
        }
    }
}

static void apply(struct host *host)
{
    struct member_apply *apply;

    while ((apply = member_next_apply(host->member)) != NULL) {
        if (apply->kind == MEMBER_APPLY_COMMANDS) {
            run_commands(host, apply);
        } else {
            host->machine.tick(host->machine.context, apply->last_index, apply->time_ms);
            host->state_index = apply->last_index;
        }
        member_applied(host->member, apply);
    }
}

uint64_t host_digest(struct host *host)
{
    struct raftd_reply reply = {0};
    struct raftd_query query = {.index = host->state_index};
    struct buffer bytes = {0};
    struct kv_reply_value value;
    struct reader reader;
    char text[17] = {0};
    bool valid;

    kv_request_encode(&bytes, KV_DIGEST, 0, NULL, 0);
    query.data = bytes.data;
    query.size_bytes = bytes.size_bytes;
    host->machine.read(host->machine.context, &query, &reply);
    reader = reader_make(reply_data(&reply), reply.size_bytes);
    valid = kv_reply_next(&reader, &value) && value.type == KV_REPLY_BULK && value.size_bytes == 16;
    ASSERT(valid);
    memcpy(text, value.data, 16);
    buffer_free(&bytes);
    reply_reset(&reply);
    return strtoull(text, NULL, 16);
}

/* ---- reads ---- */

/* Between the answer and the second look at the clock, the process is stopped now and then. */
static bool pauses(struct host *host)
{
    struct sim_random *random = &host->pause_random;

    if (host->answer_pause_us != 0) {
        STORY(host->world, host->id, "has an answer in hand, and");
        host_pause(host, host->world->now_us + host->answer_pause_us);
        host->answer_pause_us = 0;
        return true;
    }
    if (host->held.read.is_confirmed || host->world->calm || host->is_draining ||
        !swarm_has(&host->world->swarm, FAULT_PAUSE) ||
        sim_random_below(random, PAUSE_ONE_IN) != 0) {
        return false;
    }
    world_see(host->world, SEEN_PAUSED_ANSWER);
    STORY(host->world, host->id, "has an answer in hand, and");
    host_pause(host, host->world->now_us +
                         1000 * (1 + sim_random_below(random, PAUSE_MS_MAX >>
                                                                  sim_random_below(random, 8))));
    return true;
}

static void see_read(struct host *host, const struct member_read *read)
{
    enum seen kind = SEEN_STRICT_READ;

    if (!read->is_confirmed) {
        kind = read->level == RAFTD_READ_LEASE ? SEEN_LEASE_READ : SEEN_STALE_READ;
    }
    world_see(host->world, kind);
}

static void finish_read(struct host *host)
{
    struct host_held *held = &host->held;

    if (member_answer_read(host->member, &held->read, host_now_ms(host), &held->reply)) {
        see_read(host, &held->read);
    }
    reply_reset(&held->reply);
    *held = (struct host_held){0};
}

/* The turn ends early if the process is stopped with an answer in hand. */
static void answer_reads(struct host *host)
{
    struct host_held *held = &host->held;

    while (member_next_read(host->member, host_now_ms(host), &held->read)) {
        held->is_there = true;
        host->machine.read(host->machine.context, &held->read.query, &held->reply);
        if (pauses(host)) {
            return;
        }
        finish_read(host);
    }
}

/* ---- answers ---- */

static void tell_change(struct host *host, struct member_answer *answer)
{
    STORY(host->world, host->id, "answers the operator: %.*s",
          answer->reply.size_bytes > 0 ? (int)answer->reply.size_bytes : 20,
          answer->reply.size_bytes > 0 ? (const char *)reply_data(&answer->reply)
                                       : "the outcome is open");
    reply_reset(&answer->reply);
}

static void give_answers(struct host *host)
{
    struct member_answer answer;

    while (member_next_answer(host->member, &answer)) {
        size_t place = 0;

        if (answer.tag == HOST_CHANGE_TAG) {
            tell_change(host, &answer);
            continue;
        }
        while (place < host->open_count && clients_tag(host->open[place].operation) != answer.tag) {
            place++;
        }
        if (place < host->open_count) {
            host->open[place] = host->open[--host->open_count];
        }
        if (answer.sequence != 0) {
            /* It may have been proposed in the same step in which it was answered. */
            truth_on_proposed(host->world, host->life, answer.sequence, answer.tag);
        }
        if (host->is_drained && answer.status == RAFTD_ERROR_TIMEOUT) {
            world_fail(host->world, "a drained node leaves no outcome unknown",
                       "node %u stops, and request %llu was under way", host->id,
                       (unsigned long long)answer.tag);
        }
        clients_on_answer(host->world, host->id, answer.tag, answer.status, answer.index,
                          reply_data(&answer.reply), answer.reply.size_bytes);
        reply_reset(&answer.reply);
    }
}

static void note_not_proposed(void *context, const struct member_open_request *request)
{
    struct host *host = context;

    for (size_t i = 0; request->sequence == 0 && i < host->open_count; i++) {
        if (clients_tag(host->open[i].operation) == request->tag) {
            host->open[i].may_be_applied = false;
        }
    }
}

void host_drop_turn(struct host *host)
{
    member_each_request(host->member, note_not_proposed, host);
    reply_reset(&host->held.reply);
    host->held = (struct host_held){0};
    for (size_t i = 0; i < host->open_count; i++) {
        clients_on_crash(host->world, host->open[i].operation, host->open[i].may_be_applied);
    }
    host->open_count = 0;
    host->heard_past = false;
    host->heard_other = false;
}

/* ---- the turn ---- */

static void plan_next(struct host *host)
{
    uint64_t deadline_ms = member_next_deadline_ms(host->member);

    if (member_can_go_on(host->member) || (host->takes_part && host_worker_goes_on(host)) ||
        host->inbox_count > 0 || host->asked_count > 0) {
        host_plan_turn(host);
    } else if (deadline_ms != UINT64_MAX) {
        host_plan_timer(host, deadline_ms);
    }
}

/* After the step. */
static void carry(struct host *host)
{
    send_frames(host);
    submit_write(host);
    take_fetches(host);
    host_worker_tasks(host);
    apply(host);
    tell_deadline(host);
    host_worker_slice(host);
    answer_reads(host);
}

void host_turn(struct host *host)
{
    bool can_step;

    if (host->held.is_there) {
        finish_read(host);
    }
    host_writes_return(host);
    begin(host);
    can_step = member_can_step(host->member);
    if (can_step) {
        if (host->takes_part) {
            host_worker_news(host);
            give_fetched(host);
        }
        give_inbox(host);
    }
    give_requests(host);
    tell_deadline(host);
    if (can_step) {
        step(host);
        if (host->world->failure.failed) {
            return;
        }
        carry(host);
    }
    if (!host->held.is_there) { /* else this turn has more to do */
        member_expire(host->member, host_now_ms(host));
    }
    give_answers(host);
    plan_next(host);
}

void host_last_turn(struct host *host)
{
    host_writes_return(host);
    if (member_can_step(host->member)) {
        member_step_down(host->member);
        host->heard_other = true;
        step(host);
        if (host->world->failure.failed) {
            return;
        }
        carry(host);
    }
    member_end(host->member);
    host_worker_tasks(host);
    give_answers(host);
}
