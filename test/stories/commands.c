/*
 * The commands of a story: what can happen to its members. See story.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sim/net.h"
#include "sim/truth.h"
#include "stories/story.h"

/* The words of a line. */
struct words {
    size_t count;
    char *list[STORY_WORDS_MAX];
};

struct command {
    const char *name;
    const char *form;            /* the words after the name, for a person */
    size_t words_min, words_max; /* after the name */
    const char *(*run)(struct story *story, const struct words *words);
};

enum {
    CONNECT_MS = 50, /* until all nodes are connected */
    KEYS = 8,
};

static const uint64_t far_us = (uint64_t)3600 * 1000000;

/* ---- words ---- */

static bool number_of(const char *word, uint64_t *number)
{
    char *end;

    *number = strtoull(word, &end, 10);
    return *word >= '0' && *word <= '9' && *end == 0;
}

/* The host with this number; NULL = there is none. */
static struct host *host_of(struct story *story, const char *word)
{
    uint64_t id;

    if (story->world == NULL || !number_of(word, &id) || id == 0 || id >= SIM_HOSTS_MAX) {
        return NULL;
    }
    return story->world->hosts[id];
}

static bool key_of(const char *word, uint16_t *key)
{
    uint64_t number = KEYS;

    if (strncmp(word, "key", 3) != 0 || !number_of(word + 3, &number)) {
        return false;
    }
    *key = (uint16_t)number;
    return number < KEYS;
}

static const char *const no_node = "expected the number of a node";
static const char *const no_live_node = "expected the number of a node that runs";

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
    char *equals = strchr(word, '=');
    uint64_t value;

    if (equals == NULL || !number_of(equals + 1, &value)) {
        return false;
    }
    *equals = 0;
    for (int i = 0; i < SWARM_NUMBER_COUNT; i++) {
        if (strcmp(word, swarm_number_name((enum swarm_number)i)) == 0) {
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
        "heartbeat-ms=100",   "election-ms=1000",  "request-ms=5000",  "delay-min-us=1000",
        "delay-max-us=1000",  "sync-min-us=1000",  "sync-max-us=1000", "clients=0",
        "snapshot-every=0",   "digest-every=1000", "keys=8",           "stall-ms=0",
        "priorities=0",       "unequal=0",         "bandwidth=0",      "large-bytes=0",
        "log-memory-bytes=0", "levels=0",          "value-bytes=100",  "unbound=0",
    };

    *wish = (struct swarm_wish){.is_only = true, .faults_us = far_us * 24};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        char word[40];

        snprintf(word, sizeof(word), "%s", numbers[i]);
        ASSERT(set_number(wish, word));
    }
}

static const char *nodes(struct story *story, const struct words *words)
{
    struct swarm_wish wish;
    uint64_t count;

    if (story->world != NULL) {
        return "the nodes are there already";
    }
    if (!number_of(words->list[1], &count) || count == 0 || count > 7) {
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

static const char *run(struct story *story, const struct words *words)
{
    uint64_t ms;

    if (!number_of(words->list[1], &ms) || ms > 3600000) {
        return "expected milliseconds";
    }
    pass_until(story, story->world->now_us + 1000 * ms);
    return NULL;
}

/* ---- elections ---- */

/* The node's clock jumps to the end of its time-out, so that it campaigns at once. */
static const char *campaign(struct story *story, const struct words *words)
{
    struct host *host = host_of(story, words->list[1]);
    uint64_t deadline_ms;

    if (!host_is_alive(host)) {
        return no_live_node;
    }
    deadline_ms = raft_next_deadline(host->core);
    if (deadline_ms > host_now_ms(host)) {
        host->clock_offset_ms += deadline_ms - host_now_ms(host);
    }
    host_plan_turn(host);
    return NULL;
}

static const char *elect(struct story *story, const struct words *words)
{
    const char *problem = campaign(story, words);
    const struct host *host = host_of(story, words->list[1]);
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

static const char *ask_change(struct story *story, const struct words *words, uint8_t kind)
{
    struct host *host = host_of(story, words->list[1]);
    struct raft_change change = {.count = 1};
    uint64_t id;

    if (!host_is_alive(host) || !number_of(words->list[words->count - 1], &id) ||
        id >= SIM_HOSTS_MAX) {
        return no_live_node;
    }
    change.steps[0].kind = kind;
    change.steps[0].id = (uint16_t)id;
    if (kind == RAFT_CHANGE_ADD || kind == RAFT_CHANGE_ADD_LEARNER || kind == RAFT_CHANGE_ADDRESS) {
        snprintf(change.steps[0].address, sizeof(change.steps[0].address), "node-%u:7381",
                 (unsigned)id);
    }
    host_change(host, &change);
    return NULL;
}

static const char *change(struct story *story, const struct words *words)
{
    static const struct {
        const char *name;
        uint8_t kind;
    } kinds[] = {
        {"add", RAFT_CHANGE_ADD},         {"learn", RAFT_CHANGE_ADD_LEARNER},
        {"promote", RAFT_CHANGE_PROMOTE}, {"remove", RAFT_CHANGE_REMOVE},
        {"move", RAFT_CHANGE_ADDRESS},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(words->list[2], kinds[i].name) == 0) {
            return ask_change(story, words, kinds[i].kind);
        }
    }
    return "expected add, learn, promote, remove or move";
}

static const char *handover(struct story *story, const struct words *words)
{
    return ask_change(story, words, RAFT_CHANGE_HANDOVER);
}

/* ---- requests ---- */

static const char *ask(struct story *story, const struct words *words, enum model_kind kind,
                       enum raftd_read_level level, uint32_t max_lag_ms)
{
    struct host *host = host_of(story, words->list[1]);
    struct model_request request = {.kind = kind, .amount = 1};

    if (host == NULL) {
        return no_node;
    }
    if (!key_of(words->list[2], &request.key)) {
        return "expected a key, key0 to key7";
    }
    if (story->request_count == STORY_REQUESTS_MAX) {
        return "too many requests for one story";
    }
    request.second = request.key;
    if (kind == MODEL_SET) {
        char *value = story->values[story->request_count];

        request.value_bytes = (size_t)snprintf(value, STORY_VALUE_BYTES, "%.*s",
                                               STORY_VALUE_BYTES - 1, words->list[3]);
        request.value = value;
    }
    story->requests[story->request_count++] =
        clients_ask(story->world, host->id, &request, level, max_lag_ms);
    return NULL;
}

static const char *set(struct story *story, const struct words *words)
{
    return ask(story, words, MODEL_SET, RAFTD_READ_LINEARIZABLE, 0);
}

static const char *incr(struct story *story, const struct words *words)
{
    return ask(story, words, MODEL_INCREMENT, RAFTD_READ_LINEARIZABLE, 0);
}

static const char *get(struct story *story, const struct words *words)
{
    uint64_t lag_ms = 0;

    if (words->count == 3) {
        return ask(story, words, MODEL_GET, RAFTD_READ_LINEARIZABLE, 0);
    }
    if (strcmp(words->list[3], "lease") == 0) {
        return ask(story, words, MODEL_GET, RAFTD_READ_LEASE, 0);
    }
    if (strcmp(words->list[3], "stale") != 0 ||
        (words->count == 5 && !number_of(words->list[4], &lag_ms))) {
        return "expected lease, stale or stale MS";
    }
    return ask(story, words, MODEL_GET, RAFTD_READ_STALE, (uint32_t)lag_ms);
}

/* ---- the network ---- */

static void block(struct story *story, struct net_cut *cut, uint16_t from, uint16_t to)
{
    cut->blocked[from] |= (uint32_t)1 << to;
    (void)story;
}

static const char *cut(struct story *story, const struct words *words)
{
    const struct host *a = host_of(story, words->list[1]);
    const struct host *b = host_of(story, words->list[words->count - 1]);
    bool one_way = words->count == 4;
    struct net_cut *made;

    if (a == NULL || b == NULL || (one_way && strcmp(words->list[2], "->") != 0)) {
        return no_node;
    }
    made = net_cut(story->world, story->world->now_us + far_us, true);
    if (made == NULL) {
        return "too many cuts at once; heal first, or isolate";
    }
    block(story, made, a->id, b->id);
    if (!one_way) {
        block(story, made, b->id, a->id);
    }
    return NULL;
}

static const char *isolate(struct story *story, const struct words *words)
{
    const struct host *host = host_of(story, words->list[1]);
    struct net_cut *made =
        host != NULL ? net_cut(story->world, story->world->now_us + far_us, true) : NULL;

    if (made == NULL) {
        return host == NULL ? no_node : "too many cuts at once; heal first";
    }
    for (uint16_t other = 1; other < SIM_HOSTS_MAX; other++) {
        if (other != host->id) {
            block(story, made, host->id, other);
            block(story, made, other, host->id);
        }
    }
    return NULL;
}

static const char *heal(struct story *story, const struct words *words)
{
    (void)words;
    net_heal(story->world);
    return NULL;
}

static const char *reset(struct story *story, const struct words *words)
{
    const struct host *a = host_of(story, words->list[1]);
    const struct host *b = host_of(story, words->list[2]);

    if (a == NULL || b == NULL) {
        return no_node;
    }
    net_reset(story->world, a->id, b->id);
    return NULL;
}

/* ---- processes and disks ---- */

static const char *end_host(struct story *story, const char *word, enum host_end end)
{
    struct host *host = host_of(story, word);

    if (!host_is_alive(host)) {
        return no_live_node;
    }
    host_crash(host, end);
    return NULL;
}

static const char *kill_host(struct story *story, const struct words *words)
{
    return end_host(story, words->list[1], HOST_KILLED);
}

static const char *power(struct story *story, const struct words *words)
{
    return end_host(story, words->list[1], HOST_POWER_CUT);
}

static const char *start(struct story *story, const struct words *words)
{
    struct host *host = host_of(story, words->list[1]);

    if (host == NULL || host->alive) {
        return "expected the number of a node that is down";
    }
    host_start(host, host->id <= story->swarm.nodes ? story->world->founding : NULL);
    return NULL;
}

static const char *join(struct story *story, const struct words *words)
{
    struct world *world = story->world;
    uint64_t id;

    if (!number_of(words->list[1], &id) || id != (uint64_t)world->last_id + 1 ||
        id >= SIM_HOSTS_MAX) {
        return "expected the next number";
    }
    world->last_id = (uint16_t)id;
    world->hosts[id] = host_create(world, (uint16_t)id);
    host_start(world->hosts[id], NULL);
    return NULL;
}

static const char *pause_host(struct story *story, const struct words *words)
{
    struct host *host = host_of(story, words->list[1]);
    uint64_t ms;

    if (!host_is_alive(host) || !number_of(words->list[2], &ms)) {
        return "expected the number of a node that runs, and milliseconds";
    }
    host_pause(host, story->world->now_us + 1000 * ms);
    return NULL;
}

static const char *stall(struct story *story, const struct words *words)
{
    struct host *host = host_of(story, words->list[1]);
    uint64_t ms;

    if (!host_is_alive(host) || !number_of(words->list[2], &ms)) {
        return "expected the number of a node that runs, and milliseconds";
    }
    host->stall_us = 1000 * ms;
    return NULL;
}

static const char *room(struct story *story, const struct words *words)
{
    static const char *const names[] = {[HOST_ROOM_ENOUGH] = "enough",
                                        [HOST_ROOM_LOW] = "low",
                                        [HOST_ROOM_NONE] = "none",
                                        [HOST_ROOM_EXHAUSTED] = "exhausted"};
    struct host *host = host_of(story, words->list[1]);

    if (!host_is_alive(host)) {
        return no_live_node;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(words->list[2], names[i]) == 0) {
            host->room = (enum host_room)i;
            host_plan_turn(host);
            return NULL;
        }
    }
    return "expected enough, low, none or exhausted";
}

/* ---- what is shown ---- */

static const char *messages(struct story *story, const struct words *words)
{
    tell_messages(story, strcmp(words->list[1], "on") == 0);
    return NULL;
}

static const char *status(struct story *story, const struct words *words)
{
    (void)words;
    tell_status(story);
    return NULL;
}

static const char *log_of(struct story *story, const struct words *words)
{
    const struct host *host = host_of(story, words->list[1]);

    if (!host_is_alive(host)) {
        return no_live_node;
    }
    tell_log(story, host);
    return NULL;
}

static const struct command commands[] = {
    {"nodes", "COUNT [NUMBER=VALUE]...", 1, STORY_WORDS_MAX - 1, nodes},
    {"run", "MS", 1, 1, run},
    {"campaign", "NODE", 1, 1, campaign},
    {"elect", "NODE", 1, 1, elect},
    {"change", "NODE add|learn|promote|remove|move NODE", 3, 3, change},
    {"handover", "NODE TO", 2, 2, handover},
    {"set", "NODE KEY VALUE", 3, 3, set},
    {"incr", "NODE KEY", 2, 2, incr},
    {"get", "NODE KEY [lease | stale [MS]]", 2, 4, get},
    {"cut", "NODE [->] NODE", 2, 3, cut},
    {"isolate", "NODE", 1, 1, isolate},
    {"heal", "", 0, 0, heal},
    {"reset", "NODE NODE", 2, 2, reset},
    {"kill", "NODE", 1, 1, kill_host},
    {"power", "NODE", 1, 1, power},
    {"start", "NODE", 1, 1, start},
    {"join", "NODE", 1, 1, join},
    {"pause", "NODE MS", 2, 2, pause_host},
    {"stall", "NODE MS", 2, 2, stall},
    {"room", "NODE enough|low|none|exhausted", 2, 2, room},
    {"messages", "on|off", 1, 1, messages},
    {"status", "", 0, 0, status},
    {"log", "NODE", 1, 1, log_of},
};

static struct words split(char *line)
{
    struct words words = {0};
    char *state = NULL;

    for (char *word = strtok_r(line, " \t", &state); word != NULL && words.count < STORY_WORDS_MAX;
         word = strtok_r(NULL, " \t", &state)) {
        words.list[words.count++] = word;
    }
    return words;
}

const char *story_do(struct story *story, char *line)
{
    static char problem[160];
    struct words words = split(line);

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command *command = &commands[i];

        if (strcmp(words.list[0], command->name) != 0) {
            continue;
        }
        if (words.count - 1 < command->words_min || words.count - 1 > command->words_max) {
            snprintf(problem, sizeof(problem), "expected: %s %s", command->name, command->form);
            return problem;
        }
        if (story->world == NULL && command->run != nodes) {
            return "a story begins with: nodes COUNT";
        }
        return command->run(story, &words);
    }
    snprintf(problem, sizeof(problem), "unknown command '%.40s'", words.list[0]);
    return problem;
}

void story_init(struct story *story)
{
    *story = (struct story){0};
    story->stream = open_memstream(&story->told, &story->told_bytes);
    ASSERT(story->stream != NULL);
}

void story_free(struct story *story)
{
    if (story->world != NULL) {
        story->world->story = NULL;
        world_destroy(story->world);
    }
    fclose(story->stream);
    free(story->told); /* open_memstream() made it */
}
