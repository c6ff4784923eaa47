/*
 * What a member gives its host: answers for clients, frames for peers, and tasks for the snapshot
 * worker, each in the order in which they came up.
 */
#include <string.h>

#include "base/memory.h"
#include "member/state.h"

/* ---- answers ---- */

/* Returns the answer, which is valid until the next one. Takes what is in the reply. */
static struct member_answer *add(struct member *member, struct raftd_client *client, uint64_t tag,
                                 int status, uint64_t index, struct raftd_reply *reply)
{
    struct member_answers *answers = &member->answers;
    struct member_answer *answer;

    if (answers->count == answers->capacity) {
        answers->list = memory_grow(answers->list, &answers->capacity, answers->count + 1,
                                    sizeof(answers->list[0]));
    }
    answer = &answers->list[answers->count++];
    answer->client = client;
    answer->tag = tag;
    answer->status = status;
    answer->index = index;
    answer->sequence = 0;
    answer->reply = *reply;
    (void)reply_take(reply);
    reply->size_bytes = 0;
    return answer;
}

void member_reply(struct member *member, struct waiting_request *request, int status,
                  uint64_t index, struct raftd_reply *reply)
{
    if (request->client != NULL) {
        add(member, request->client, request->tag, status, index, reply)->sequence =
            request->state == WAITING_PROPOSED ? request->sequence : 0;
    }
    reply_reset(reply);
    waiting_finish(&member->waiting, request);
}

void member_say(struct member *member, struct waiting_request *request, int status, uint64_t index,
                const char *text)
{
    struct raftd_reply reply = {0};

    if (request->client != NULL) {
        raftd_reply_write(&reply, text, strlen(text));
    }
    member_reply(member, request, status, index, &reply);
}

void member_fail(struct member *member, struct waiting_request *request, int status)
{
    struct raftd_reply reply = {0};

    member_reply(member, request, status, 0, &reply);
}

void member_retry(struct member *member, struct waiting_request *request, int status,
                  const char *text)
{
    if (request->entry == NULL) {
        member_say(member, request, status, 0, text != NULL ? text : "");
        return;
    }
    if (waiting_is_overtaken(&member->waiting, request)) {
        member_fail(member, request, RAFTD_ERROR_NOT_LEADER);
        return;
    }
    member->retry_ms = member->turn.now_ms + MEMBER_RETRY_MS;
    waiting_refuse(&member->waiting, request);
}

void member_fail_refused_before(struct member *member, const struct waiting_request *request)
{
    const void *owner = request->owner;
    uint64_t sequence = request->sequence;
    struct waiting_request *older = waiting_oldest(&member->waiting);

    while (member->waiting.refused_count > 0 && older != NULL && older->sequence != sequence) {
        struct waiting_request *newer = waiting_newer(&member->waiting, older);

        if (older->state == WAITING_REFUSED && older->owner == owner) {
            member_fail(member, older, RAFTD_ERROR_NOT_LEADER);
        }
        older = newer;
    }
}

void member_answer_at_once(struct member *member, const struct member_request *request, int status,
                           uint64_t index, const char *text)
{
    struct raftd_reply reply = {0};

    if (request->client != NULL) {
        raftd_reply_write(&reply, text, strlen(text));
        add(member, request->client, request->tag, status, index, &reply);
    }
    raft_entry_release(request->entry);
}

bool member_next_answer(struct member *member, struct member_answer *answer)
{
    struct member_answers *answers = &member->answers;

    if (answers->taken == answers->count) {
        answers->taken = 0;
        answers->count = 0;
        return false;
    }
    *answer = answers->list[answers->taken++];
    return true;
}

/* Whether a command waited although there was a leader in reach: one that was full. */
static bool met_a_full_leader(const struct member *member, const struct waiting_request *request)
{
    uint16_t leader = raft_get_leader(member->core);

    if (raft_get_role(member->core) == RAFT_LEADER) {
        return raft_knows_commit(member->core) && raft_get_handover(member->core) == 0;
    }
    return leader != 0 && member_link_is_up(member, leader) && member->full_ms != 0 &&
           member->full_ms + member->options.request_timeout_ms >= request->deadline_ms;
}

/*
 * What a request is told whose deadline has come. A proposal may still be applied, so its outcome
 * is unknown; every other request has certainly had no effect. A read that a leader has confirmed
 * waits for nothing but entries; if this node has no room for them, that is the reason.
 */
static int status_of_late(const struct member *member, const struct waiting_request *request)
{
    switch (request->state) {
    case WAITING_PROPOSED:
        return RAFTD_ERROR_TIMEOUT;
    case WAITING_HELD:
    case WAITING_REFUSED:
    case WAITING_BEHIND:
        return met_a_full_leader(member, request) ? RAFTD_ERROR_BUSY : RAFTD_ERROR_UNAVAILABLE;
    case WAITING_READ_READY:
        return member->space >= RAFT_SPACE_NONE ? RAFTD_ERROR_DISK_FULL : RAFTD_ERROR_UNAVAILABLE;
    default:
        return RAFTD_ERROR_UNAVAILABLE;
    }
}

void member_expire(struct member *member, uint64_t now_ms)
{
    struct waiting_request *request;

    while ((request = waiting_oldest(&member->waiting)) != NULL && request->deadline_ms <= now_ms) {
        member_fail(member, request, status_of_late(member, request));
    }
}

/* ---- frames ---- */

void member_add_frame(struct member *member, const struct member_frame *frame)
{
    struct member_frames *frames = &member->frames;

    frames->list =
        memory_grow(frames->list, &frames->capacity, frames->count + 1, sizeof(frames->list[0]));
    frames->list[frames->count++] = *frame;
}

void member_frame_lost(struct member *member, const struct member_frame *frame)
{
    const struct raft_message *message = frame->message;

    if (message == NULL || message->type != RAFT_MESSAGE_PROPOSE) {
        return;
    }
    for (uint32_t i = 0; i < message->entry_count; i++) {
        struct waiting_request *request =
            waiting_find(&member->waiting, message->entries[i]->sequence);

        if (request != NULL) {
            member_retry(member, request, RAFTD_ERROR_NOT_LEADER, NULL);
        }
    }
}

bool member_next_frame(struct member *member, struct member_frame *frame)
{
    struct member_frames *frames = &member->frames;

    while (frames->taken < frames->count) {
        *frame = frames->list[frames->taken++];
        if (member_link_is_up(member, frame->peer)) {
            return true;
        }
        member_frame_lost(member, frame);
        memory_free(frame->frame);
    }
    frames->taken = 0;
    frames->count = 0;
    return false;
}

/* ---- tasks ---- */

struct member_task *member_add_task(struct member *member, enum member_task_type type,
                                    uint16_t peer)
{
    struct member_tasks *tasks = &member->tasks;
    struct member_task *task;

    tasks->list =
        memory_grow(tasks->list, &tasks->capacity, tasks->count + 1, sizeof(tasks->list[0]));
    task = &tasks->list[tasks->count++];
    *task = (struct member_task){.type = type, .peer = peer};
    return task;
}

bool member_next_task(struct member *member, struct member_task *task)
{
    struct member_tasks *tasks = &member->tasks;

    if (tasks->taken == tasks->count) {
        tasks->taken = 0;
        tasks->count = 0;
        return false;
    }
    *task = tasks->list[tasks->taken++];
    return true;
}
