/*
 * Commands about the cluster: its nodes, elections, changes of members, and requests of clients.
 * See story.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "stories/story.h"

enum {
    CONNECT_MS = 50, /* until all nodes are connected */
    KEYS = 8,
};

/* ---- the world ---- */

static void pass_until(struct story *story, uint64_t until_us)
{
    while (!story->world->failure.failed && world_step(story->world, until_us)) {
        tell_answers(story);
    }
    tell_answers(story);
}

static bool set_number(struct swarm_wish *wish, char *word)
{
    const char *name;
    uint64_t value;

    if (!story_setting(word, &name, &value)) {
        return false;
    }
    for (int i = 0; i < SWARM_NUMBER_COUNT; i++) {
        if (strcmp(name, swarm_number_name((enum swarm_number)i)) == 0) {
            wish->is_set[i] = true;
            wish->numbers[i] = value;
            return true;
        }
    }
    return false;
}

/* A quiet world: nothing goes wrong but what the story says, and everything takes a millisecond. */
static void wish_quiet(struct swarm_wish *wish)
{
    static const char *const numbers[] = {
        "heartbeat-ms=100",
        "election-ms=1000",
        "request-ms=5000",
        "delay-min-us=1000",
        "delay-max-us=1000",
        "sync-min-us=1000",
        "sync-max-us=1000",
        "clients=0",
        "snapshot-every=0",
        "digest-every=1000",
        "keys=8",
        "stall-ms=0",
        "priorities=0",
        "unequal=0",
        "bandwidth=0",
        "large-bytes=0",
        "log-memory-bytes=0",
        "levels=0",
        "value-bytes=100",
        "unbound=0",
        "asks=0",
    };

    *wish = (struct swarm_wish){.is_only = true, .faults_us = STORY_FAR_US * 24};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        char word[40];

        snprintf(word, sizeof(word), "%s", numbers[i]);
        ASSERT(set_number(wish, word));
    }
}

const char *story_nodes(struct story *story, const struct words *words)
{
    struct swarm_wish wish;
    uint64_t count;

    if (story->world != NULL) {
        return "the nodes are there already";
    }
    if (!story_number(words->list[1], &count) || count == 0 || count > 7) {
        return "expected 1 to 7 nodes";
    }
    wish_quiet(&wish);
    wish.nodes = (uint16_t)count;
    for (size_t i = 2; i < words->count; i++) {
        if (!set_number(&wish, words->list[i])) {
            return "expected NUMBER=VALUE, with a number of the simulator";
        }
    }
    story->swarm = swarm_draw(1, &wish);
    story->world = world_create(&story->swarm, story->stream);
    sim_log = NULL;
    pass_until(story, 1000 * CONNECT_MS);
    return NULL;
}

/* The options of a node, by the names of the numbers of the world where there is one. */
#define OPTIONS(X)                                                                                 \
    X(heartbeat_ms, "heartbeat-ms")                                                                \
    X(election_timeout_ms, "election-ms")                                                          \
    X(max_batch_bytes, "batch-bytes")                                                              \
    X(max_inflight_messages, "inflight")                                                           \
    X(max_inflight_bytes, "inflight-bytes")                                                        \
    X(max_uncommitted_bytes, "uncommitted-bytes")                                                  \
    X(request_timeout_ms, "request-ms")                                                            \
    X(snapshot_every, "snapshot-every")                                                            \
    X(snapshots_kept, "snapshots-kept")                                                            \
    X(keep_entries, "snapshot-tail")                                                               \
    X(disk_stall_ms, "stall-ms")                                                                   \
    X(priority, "priority")

static bool set_option(struct host_options *options, char *word)
{
    const char *name;
    uint64_t value;

    if (!story_setting(word, &name, &value)) {
        return false;
    }
#define OPTION_SET(field, text)                                                                    \
    if (strcmp(name, text) == 0) {                                                                 \
        options->field = (__typeof__(options->field))value;                                        \
        return true;                                                                               \
    }
    OPTIONS(OPTION_SET)
#undef OPTION_SET
    return false;
}

/* The configuration of one node is changed; its next process uses it. */
const char *story_options(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);
    struct host_options *options;

    if (host == NULL) {
        return story_no_node;
    }
    options = &story->options[host->id];
    if (host->given == NULL) {
        *options = host->options;
        host->given = options;
    }
    for (size_t i = 2; i < words->count; i++) {
        if (!set_option(options, words->list[i])) {
            return "expected OPTION=VALUE, with an option of a node";
        }
    }
    return NULL;
}

const char *story_run(struct story *story, const struct words *words)
{
    uint64_t ms;

    if (!story_number(words->list[1], &ms) || ms > 3600000) {
        return "expected milliseconds";
    }
    pass_until(story, story->world->now_us + 1000 * ms);
    return NULL;
}

const char *story_join(struct story *story, const struct words *words)
{
    struct world *world = story->world;
    uint64_t id;

    if (!story_number(words->list[1], &id) || id != (uint64_t)world->last_id + 1 ||
        id >= SIM_HOSTS_MAX) {
        return "expected the next number";
    }
    world->last_id = (uint16_t)id;
    world->hosts[id] = host_create(world, (uint16_t)id);
    host_start(world->hosts[id], world->cluster_id, NULL);
    for (uint16_t peer = 1; peer < id; peer++) {
        char address[32];

        /* As after a question to join. */
        snprintf(address, sizeof(address), "node-%u:7381", peer);
        host_introduce(world->hosts[id], peer, address);
    }
    return NULL;
}

/* ---- elections ---- */

/* The node's clock jumps to the end of its time-out, so that it campaigns at once. */
const char *story_campaign(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);
    uint64_t deadline_ms;

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    deadline_ms = raft_next_deadline(host->core);
    if (deadline_ms > host_now_ms(host)) {
        host->clock_offset_ms += deadline_ms - host_now_ms(host);
    }
    host_plan_turn(host);
    return NULL;
}

const char *story_elect(struct story *story, const struct words *words)
{
    const char *problem = story_campaign(story, words);
    const struct host *host = story_host(story, words->list[1]);
    uint64_t until_us = story->world->now_us + 1000 * (uint64_t)story->swarm.election_timeout_ms;

    while (problem == NULL && host_is_alive(host) && !story->world->failure.failed &&
           raft_get_role(host->core) != RAFT_LEADER && world_step(story->world, until_us)) {
        tell_answers(story);
    }
    if (problem == NULL && (!host_is_alive(host) || raft_get_role(host->core) != RAFT_LEADER)) {
        world_tell(story->world, host->id, "was not elected");
    }
    return problem;
}

/* ---- members ---- */

static bool add_step(struct raft_change *change, uint8_t kind, const char *node, const char *old)
{
    struct raft_change_step *step = &change->steps[change->count];
    uint64_t id, old_id = 0;

    if (change->count == RAFT_CHANGE_STEPS_MAX || !story_number(node, &id) || id >= SIM_HOSTS_MAX ||
        (old != NULL && (!story_number(old, &old_id) || old_id >= SIM_HOSTS_MAX))) {
        return false;
    }
    step->kind = kind;
    step->id = (uint16_t)id;
    step->old = (uint16_t)old_id;
    if (kind == RAFT_CHANGE_ADD || kind == RAFT_CHANGE_ADD_LEARNER || kind == RAFT_CHANGE_ADDRESS ||
        kind == RAFT_CHANGE_REPLACE) {
        snprintf(step->address, sizeof(step->address), "node-%u:7381", (unsigned)id);
    }
    change->count++;
    return true;
}

/* Takes the words of one step, and returns how many there were; 0 = they mean nothing. */
static size_t take_step(struct raft_change *change, const struct words *words, size_t at)
{
    static const struct {
        const char *name;
        uint8_t kind;
    } kinds[] = {
        {"add", RAFT_CHANGE_ADD},         {"learn", RAFT_CHANGE_ADD_LEARNER},
        {"promote", RAFT_CHANGE_PROMOTE}, {"remove", RAFT_CHANGE_REMOVE},
        {"move", RAFT_CHANGE_ADDRESS},    {"mark", RAFT_CHANGE_LOST},
    };

    if (strcmp(words->list[at], "replace") == 0) {
        return at + 2 < words->count && add_step(change, RAFT_CHANGE_REPLACE, words->list[at + 2],
                                                 words->list[at + 1])
                   ? 3
                   : 0;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(words->list[at], kinds[i].name) == 0 && at + 1 < words->count) {
            return add_step(change, kinds[i].kind, words->list[at + 1], NULL) ? 2 : 0;
        }
    }
    return 0;
}

/* A mark names the directory that the member is bound to. */
static void name_directories(const struct host *host, struct raft_change *change)
{
    const struct raft_membership *membership = raft_get_membership(host->core);

    for (size_t i = 0; i < change->count; i++) {
        struct raft_change_step *step = &change->steps[i];
        const struct raft_member *member = raft_membership_find(membership, step->id);

        if (step->kind == RAFT_CHANGE_LOST && member != NULL) {
            step->identity = member->identity;
            host->world->hosts[step->id]->may_be_marked = true; /* the story's act, not a mistake */
        }
    }
}

const char *story_change(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);
    struct raft_change change = {0};
    size_t at = 2;

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    while (at < words->count) {
        size_t taken = take_step(&change, words, at);

        if (taken == 0) {
            return "expected add, learn, promote, remove, move or mark NODE, or replace OLD NEW";
        }
        at += taken;
    }
    name_directories(host, &change);
    host_change(host, &change);
    return NULL;
}

const char *story_handover(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);
    struct raft_change change = {0};

    if (!host_is_alive(host) || !add_step(&change, RAFT_CHANGE_HANDOVER, words->list[2], NULL)) {
        return story_no_live_node;
    }
    change.steps[0].old = RAFT_CHANGE_EXPLAINED;
    host_change(host, &change);
    return NULL;
}

/* ---- requests ---- */

static bool key_of(const char *word, uint16_t *key)
{
    uint64_t number = KEYS;

    if (strncmp(word, "key", 3) != 0 || !story_number(word + 3, &number)) {
        return false;
    }
    *key = (uint16_t)number;
    return number < KEYS;
}

static const char *ask(struct story *story, const struct words *words,
                       struct model_request *request, enum raftd_read_level level,
                       uint32_t max_lag_ms)
{
    struct host *host = story_host(story, words->list[1]);

    if (host == NULL) {
        return story_no_node;
    }
    if (request->kind != MODEL_BYTES && !key_of(words->list[2], &request->key)) {
        return "expected a key, key0 to key7";
    }
    if (story->request_count == STORY_REQUESTS_MAX) {
        return "too many requests for one story";
    }
    request->second = request->key;
    story->requests[story->request_count++] =
        clients_ask(story->world, host->id, request, level, max_lag_ms);
    return NULL;
}

/* The word as the value, which lives as long as the story; with another size, its first letter
 * repeated. */
static void give_value(struct story *story, struct model_request *request, const char *word,
                       size_t bytes)
{
    char *value;

    if (story->request_count == STORY_REQUESTS_MAX) {
        return; /* ask() refuses it */
    }
    value = memory_allocate(bytes + 1);
    memset(value, word[0], bytes);
    if (bytes == strlen(word)) {
        memcpy(value, word, bytes);
    }
    value[bytes] = 0;
    request->value = value;
    request->value_bytes = bytes;
    story->values[story->request_count] = value;
}

const char *story_set(struct story *story, const struct words *words)
{
    uint64_t bytes = strlen(words->list[3]);
    struct model_request request = {.kind = MODEL_SET};

    if (words->count == 5 &&
        (!story_number(words->list[4], &bytes) || bytes == 0 || bytes > HOST_ENTRY_BYTES_MAX)) {
        return "expected a number of bytes";
    }
    give_value(story, &request, words->list[3], (size_t)bytes);
    return ask(story, words, &request, RAFTD_READ_LINEARIZABLE, 0);
}

/* SET IFEQ: only if the key has the old value. */
const char *story_swap(struct story *story, const struct words *words)
{
    struct model_request request = {.kind = MODEL_SET_IFEQ};

    snprintf(request.compared, sizeof(request.compared), "%s", words->list[3]);
    give_value(story, &request, words->list[4], strlen(words->list[4]));
    return ask(story, words, &request, RAFTD_READ_LINEARIZABLE, 0);
}

/* An entry with bytes that this version of the state machine does not know as a command. */
const char *story_bytes(struct story *story, const struct words *words)
{
    struct model_request request = {.kind = MODEL_BYTES};

    give_value(story, &request, words->list[2], strlen(words->list[2]));
    return ask(story, words, &request, RAFTD_READ_LINEARIZABLE, 0);
}

const char *story_incr(struct story *story, const struct words *words)
{
    struct model_request request = {.kind = MODEL_INCREMENT, .amount = 1};

    return ask(story, words, &request, RAFTD_READ_LINEARIZABLE, 0);
}

const char *story_del(struct story *story, const struct words *words)
{
    struct model_request request = {.kind = MODEL_DELETE};

    return ask(story, words, &request, RAFTD_READ_LINEARIZABLE, 0);
}

const char *story_expire(struct story *story, const struct words *words)
{
    struct model_request request = {.kind = MODEL_PEXPIRE};
    uint64_t ms;

    if (!story_number(words->list[3], &ms)) {
        return "expected milliseconds";
    }
    request.amount = (int64_t)ms;
    return ask(story, words, &request, RAFTD_READ_LINEARIZABLE, 0);
}

const char *story_get(struct story *story, const struct words *words)
{
    struct model_request request = {.kind = MODEL_GET};
    uint64_t lag_ms = 0;

    if (words->count == 3) {
        return ask(story, words, &request, RAFTD_READ_LINEARIZABLE, 0);
    }
    if (strcmp(words->list[3], "lease") == 0) {
        return ask(story, words, &request, RAFTD_READ_LEASE, 0);
    }
    if (strcmp(words->list[3], "stale") != 0 ||
        (words->count == 5 && !story_number(words->list[4], &lag_ms))) {
        return "expected lease, stale or stale MS";
    }
    return ask(story, words, &request, RAFTD_READ_STALE, (uint32_t)lag_ms);
}
