/*
 * What a story tells: the state of its members in the words of Raft. See story.h.
 */
#include <inttypes.h>
#include <string.h>

#include <raftd/error.h>

#include "kv/kv.h"
#include "stories/story.h"

enum { VALUE_SHOWN_MAX = 100 };

/* ---- messages ---- */

static void describe(const struct raft_message *message, char *text, size_t size)
{
    switch ((enum raft_message_type)message->type) {
    case RAFT_MESSAGE_VOTE:
        snprintf(text, size, "%s, my log ends with %" PRIu64 " of term %" PRIu64,
                 message->vote.pre ? "would you vote for me" : "vote for me",
                 message->vote.last_index, message->vote.last_term);
        return;
    case RAFT_MESSAGE_VOTE_REPLY:
        snprintf(text, size, "%s%s", message->vote_reply.granted ? "yes" : "no",
                 message->vote_reply.pre ? ", if it came to it" : "");
        return;
    case RAFT_MESSAGE_APPEND:
        snprintf(text, size,
                 "append %u after %" PRIu64 " of term %" PRIu64 ", committed is %" PRIu64,
                 message->entry_count, message->append.previous_index,
                 message->append.previous_term, message->append.commit_index);
        return;
    case RAFT_MESSAGE_APPEND_REPLY:
        snprintf(text, size,
                 message->append_reply.success ? "have up to %" PRIu64 : "refuse after %" PRIu64,
                 message->append_reply.index);
        return;
    case RAFT_MESSAGE_READ:
        snprintf(text, size, "how far must a read see");
        return;
    case RAFT_MESSAGE_READ_REPLY:
        snprintf(text, size, "a read must see %" PRIu64, message->read_reply.index);
        return;
    case RAFT_MESSAGE_PROPOSE:
        snprintf(text, size, "propose %u", message->entry_count);
        return;
    case RAFT_MESSAGE_PROPOSE_REFUSED:
        snprintf(text, size, "%u not appended: %s", message->refused_count,
                 raft_refusal_text((enum raft_refusal)message->refused[0].reason));
        return;
    case RAFT_MESSAGE_TIMEOUT_NOW:
        snprintf(text, size, "campaign now");
        return;
    case RAFT_MESSAGE_REMOVED:
        snprintf(text, size, "you were removed");
        return;
    default:
        snprintf(text, size, "message of type %u", message->type);
    }
}

static void watch(struct world *world, const struct raft_message *message)
{
    char text[160];

    describe(message, text, sizeof(text));
    world_tell(world, message->from, "to %u, term %" PRIu64 ": %s", message->to, message->term,
               text);
}

void tell_messages(struct story *story, bool messages)
{
    story->world->watch = messages ? watch : NULL;
}

/* ---- changes ---- */

static void reply_text(const struct client_operation *operation, char *text, size_t size)
{
    struct reader reader = reader_make(operation->expected.data, operation->expected.size_bytes);
    struct kv_reply_value value;

    text[0] = 0;
    if (!kv_reply_next(&reader, &value)) {
        return;
    }
    switch (value.type) {
    case KV_REPLY_OK:
        snprintf(text, size, ": OK");
        return;
    case KV_REPLY_NIL:
        snprintf(text, size, ": nothing");
        return;
    case KV_REPLY_INTEGER:
        snprintf(text, size, ": %" PRId64, value.integer);
        return;
    case KV_REPLY_BULK:
    case KV_REPLY_STATUS:
    case KV_REPLY_ERROR:
        if (value.size_bytes > VALUE_SHOWN_MAX) {
            snprintf(text, size, ": %.4s... (%zu bytes)", (const char *)value.data,
                     (size_t)value.size_bytes);
        } else {
            snprintf(text, size, ": %.*s", (int)value.size_bytes, (const char *)value.data);
        }
        return;
    case KV_REPLY_ARRAY:
    case KV_REPLY_MAP:
        snprintf(text, size, ": a list");
        return;
    }
}

static void tell_answer(struct story *story, size_t number)
{
    static const char *const ends[] = {
        [CLIENT_SENT] = "",
        [CLIENT_OPEN] = "",
        [CLIENT_DONE] = "done",
        [CLIENT_REFUSED] = "had no effect and will have none",
        [CLIENT_UNKNOWN] = "may have been carried out, or may be later",
    };
    const struct client_operation *operation = story->requests[number];
    char text[600];

    if (story->answered[number] || operation->state == CLIENT_SENT ||
        operation->state == CLIENT_OPEN) {
        return;
    }
    story->answered[number] = true;
    text[0] = 0;
    if (operation->state == CLIENT_DONE) {
        reply_text(operation, text, sizeof(text));
    }
    world_tell(story->world, 0, "request %zu %s%s", number + 1, ends[operation->state], text);
}

void tell_answers(struct story *story)
{
    for (size_t i = 0; i < story->request_count; i++) {
        tell_answer(story, i);
    }
}

/* ---- on request ---- */

const char *story_messages(struct story *story, const struct words *words)
{
    tell_messages(story, strcmp(words->list[1], "on") == 0);
    return NULL;
}

const char *story_status(struct story *story, const struct words *words)
{
    (void)words;
    for (uint16_t id = 1; id <= story->world->last_id; id++) {
        const struct host *host = story->world->hosts[id];
        struct raft_status status;

        if (!host_is_alive(host)) {
            world_tell(story->world, id, "is down");
            continue;
        }
        raft_get_status(host->core, host_now_ms(host), &status);
        world_tell(story->world, id,
                   "%s in term %" PRIu64 ", log up to %" PRIu64 " of term %" PRIu64
                   ", on disk %" PRIu64 ", committed %" PRIu64,
                   raft_role_name(status.role), status.term, status.last_index, status.last_term,
                   status.durable_index, status.commit_index);
    }
    return NULL;
}

static const char *entry_kind(uint8_t type)
{
    switch (type) {
    case RAFT_ENTRY_COMMAND:
        return "command";
    case RAFT_ENTRY_FREEING:
        return "command that frees space";
    case RAFT_ENTRY_MEMBERSHIP:
        return "members";
    case RAFT_ENTRY_TIME:
        return "time";
    default:
        return "no-op";
    }
}

const char *story_log(struct story *story, const struct words *words)
{
    const struct host *host = story_host(story, words->list[1]);
    struct raft_status status;
    char text[900];
    size_t used = 0;

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    raft_get_status(host->core, host_now_ms(host), &status);
    for (uint64_t index = status.base_index + 1; index <= status.last_index; index++) {
        const struct raft_entry *entry = raft_log_entry(host->core, index);

        if (entry != NULL && used + 60 < sizeof(text)) {
            used +=
                (size_t)snprintf(text + used, sizeof(text) - used, "%s%" PRIu64 " %s of %" PRIu64,
                                 used > 0 ? ", " : "", index, entry_kind(entry->type), entry->term);
        }
    }
    world_tell(story->world, host->id, "log: %s", used > 0 ? text : "empty");
    return NULL;
}

/* What a leader knows of the others. */
const char *story_peers(struct story *story, const struct words *words)
{
    static const char *const states[] = {[0] = "not known",
                                         [RAFT_PROGRESS_PROBE] = "probed",
                                         [RAFT_PROGRESS_REPLICATE] = "follows",
                                         [RAFT_PROGRESS_SNAPSHOT] = "needs a snapshot"};
    static const char *const rooms[] = {[RAFT_SPACE_ENOUGH] = "",
                                        [RAFT_SPACE_LOW] = ", its disk is low",
                                        [RAFT_SPACE_NONE] = ", its disk is full",
                                        [RAFT_SPACE_EXHAUSTED] = ", its disk has nothing left"};
    const struct host *host = story_host(story, words->list[1]);
    struct raft_status status;

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    raft_get_status(host->core, host_now_ms(host), &status);
    for (size_t i = 0; i < status.peer_count; i++) {
        const struct raft_peer_status *peer = &status.peers[i];

        world_tell(story->world, host->id,
                   "node %u: %s, has %" PRIu64 ", next is %" PRIu64 ", promises %u of %u ms%s%s",
                   peer->id, states[peer->state], peer->match_index, peer->next_index,
                   peer->promise_ms, peer->election_timeout_ms, rooms[peer->space],
                   peer->has_lost_log ? ", has lost its log" : "");
    }
    return NULL;
}

const char *story_members(struct story *story, const struct words *words)
{
    const struct host *host = story_host(story, words->list[1]);
    const struct raft_membership *membership;
    char text[600] = "";
    size_t used = 0;

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    membership = raft_get_membership(host->core);
    for (size_t i = 0; i < membership->count && used + 40 < sizeof(text); i++) {
        uint8_t roles = membership->members[i].roles;

        used += (size_t)snprintf(
            text + used, sizeof(text) - used, "%s%u%s%s%s%s%s", used > 0 ? "," : "",
            membership->members[i].id, (roles & RAFT_MEMBER_VOTER) != 0 ? " votes" : "",
            (roles & RAFT_MEMBER_OUTGOING) != 0 ? " outgoing" : "",
            (roles & RAFT_MEMBER_LEARNER) != 0 ? " learns" : "",
            (roles & RAFT_MEMBER_JOINING) != 0 ? " to vote" : "",
            membership->members[i].identity == RAFT_IDENTITY_LOST ? " has lost its data" : "");
    }
    world_tell(story->world, host->id, "members of entry %" PRIu64 ", %s%s%s: %s",
               raft_get_membership_index(host->core),
               raft_membership_is_committed(host->core) ? "committed" : "not committed",
               raft_membership_is_joint(membership) ? ", joint" : "",
               raft_was_removed(host->core) ? ", this node was removed" : "", text);
    return NULL;
}

const char *story_lease(struct story *story, const struct words *words)
{
    const struct host *host = story_host(story, words->list[1]);
    uint64_t until_ms, now_ms;

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    until_ms = raft_lease_until_ms(host->core);
    now_ms = host_now_ms(host);
    world_tell(story->world, host->id, "its lease: %" PRIu64 " ms are left",
               until_ms > now_ms ? until_ms - now_ms : 0);
    return NULL;
}
