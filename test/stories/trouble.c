/*
 * Commands about what goes wrong: links, processes, disks, clocks. See story.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/faults_disk.h"
#include "sim/faults_rot.h"
#include "stories/story.h"

/* ---- links ---- */

/* Blocks one direction. The frames in it are lost, or wait until the direction is healed. */
static void block(struct story *story, bool drops, uint16_t from, uint16_t to)
{
    struct net_cut **made = drops ? &story->drops : &story->holds;

    if (*made == NULL) {
        *made = net_cut(story->world, story->world->now_us + STORY_FAR_US, drops);
    }
    (*made)->blocked[from] |= (uint32_t)1 << to;
}

const char *story_cut(struct story *story, const struct words *words)
{
    const struct host *a = story_host(story, words->list[1]);
    const struct host *b = story_host(story, words->list[words->count - 1]);
    bool one_way = words->count == 4;

    if (a == NULL || b == NULL || (one_way && strcmp(words->list[2], "->") != 0)) {
        return story_no_node;
    }
    block(story, true, a->id, b->id);
    if (!one_way) {
        block(story, true, b->id, a->id);
    }
    return NULL;
}

const char *story_hold(struct story *story, const struct words *words)
{
    const struct host *from = story_host(story, words->list[1]);
    const struct host *to = story_host(story, words->list[3]);

    if (from == NULL || to == NULL || strcmp(words->list[2], "->") != 0) {
        return story_no_node;
    }
    block(story, false, from->id, to->id);
    return NULL;
}

const char *story_isolate(struct story *story, const struct words *words)
{
    const struct host *host = story_host(story, words->list[1]);

    if (host == NULL) {
        return story_no_node;
    }
    for (uint16_t other = 1; other < SIM_HOSTS_MAX; other++) {
        if (other != host->id) {
            block(story, true, host->id, other);
            block(story, true, other, host->id);
        }
    }
    return NULL;
}

const char *story_heal(struct story *story, const struct words *words)
{
    const struct host *a = words->count == 3 ? story_host(story, words->list[1]) : NULL;
    const struct host *b = words->count == 3 ? story_host(story, words->list[2]) : NULL;

    if (words->count == 1) {
        net_heal(story->world);
        story->drops = NULL;
        story->holds = NULL;
    } else if (a == NULL || b == NULL) {
        return story_no_node;
    } else {
        net_heal_pair(story->world, a->id, b->id);
    }
    return NULL;
}

const char *story_reset(struct story *story, const struct words *words)
{
    const struct host *a = story_host(story, words->list[1]);
    const struct host *b = story_host(story, words->list[2]);

    if (a == NULL || b == NULL) {
        return story_no_node;
    }
    net_reset(story->world, a->id, b->id);
    return NULL;
}

/* Empty entries of that term, which follow the previous one of the message. */
static struct raft_entry **make_entries(const struct raft_message *message)
{
    struct raft_entry **entries =
        memory_allocate_zeroed(message->entry_count + 1, sizeof(struct raft_entry *));

    for (uint32_t i = 0; i < message->entry_count; i++) {
        entries[i] = raft_entry_make(RAFT_ENTRY_NOOP, NULL, 0);
        entries[i]->index = message->append.previous_index + 1 + i;
        entries[i]->term = message->term;
    }
    return entries;
}

static void deliver_forged(struct host *to, struct raft_message *message)
{
    struct raft_entry **entries = make_entries(message);
    struct wire_frame *frame;

    message->entries = entries;
    to->world->forgers |= (uint32_t)1 << message->from;
    frame = wire_message_encode(message);
    host_receive(to, message->from, frame);
    memory_free(frame);
    for (uint32_t i = 0; i < message->entry_count; i++) {
        raft_entry_release(entries[i]);
    }
    memory_free(entries);
}

/* A message arrives that the sender did not send: a request for a vote, with a log that ends with
 * INDEX of TERM; or an append of so many empty entries after INDEX of TERM. */
const char *story_forge(struct story *story, const struct words *words)
{
    const struct host *from = story_host(story, words->list[1]);
    struct host *to = story_host(story, words->list[3]);
    struct raft_message message = {0};
    bool is_vote = strcmp(words->list[5], "vote") == 0;
    uint64_t index, term, entries = 0;

    if (from == NULL || !host_is_alive(to) || strcmp(words->list[2], "->") != 0) {
        return story_no_live_node;
    }
    if (!story_number(words->list[4], &message.term) || !story_number(words->list[6], &index) ||
        !story_number(words->list[7], &term) ||
        (!is_vote && strcmp(words->list[5], "append") != 0) ||
        (words->count == 9 && (is_vote || !story_number(words->list[8], &entries))) ||
        entries > STORY_REQUESTS_MAX) {
        return "expected NODE -> NODE TERM vote INDEX TERM, or append INDEX TERM [ENTRIES]";
    }
    message.type = is_vote ? RAFT_MESSAGE_VOTE : RAFT_MESSAGE_APPEND;
    message.from = from->id;
    message.to = to->id;
    if (is_vote) {
        message.vote.last_index = index;
        message.vote.last_term = term;
    } else {
        message.append.previous_index = index;
        message.append.previous_term = term;
        message.entry_count = (uint32_t)entries;
    }
    deliver_forged(to, &message);
    return NULL;
}

/* ---- processes ---- */

static const char *end_host(struct story *story, const char *word, enum host_end end)
{
    struct host *host = story_host(story, word);

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    host_crash(host, end);
    return NULL;
}

const char *story_kill(struct story *story, const struct words *words)
{
    return end_host(story, words->list[1], HOST_KILLED);
}

/* The process is killed at an operation on its disk; it starts again an election time-out later. */
const char *story_die(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);
    uint64_t operations;

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    if (!story_number(words->list[2], &operations) || operations == 0) {
        return "expected the number of an operation from now on, the first is 1";
    }
    fs_memory_die_at(host->disk, fs_memory_count(host->disk) + operations);
    return NULL;
}

/* Of a node whose process has ended before, what was not synced is lost. */
const char *story_power(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);

    if (host != NULL && !host->alive && !host->gone) {
        world_tell(story->world, host->id, "loses its power");
        fs_memory_power_cut(host->disk, FS_MEMORY_LOSE_ALL);
        return NULL;
    }
    return end_host(story, words->list[1], HOST_POWER_CUT);
}

const char *story_start(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);

    if (host == NULL || host->alive || host->gone) {
        return "expected the number of a node that is down, and was not removed";
    }
    host_begin(host);
    return NULL;
}

/* The process drains and ends; it starts again an election time-out later. */
const char *story_stop(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    host_drain(host, story->world->now_us + STORY_FAR_US);
    return NULL;
}

static bool node_and_ms(struct story *story, const struct words *words, struct host **host,
                        uint64_t *ms)
{
    *host = story_host(story, words->list[1]);
    return host_is_alive(*host) && story_number(words->list[2], ms);
}

static const char *const no_node_or_ms =
    "expected the number of a node that runs, and milliseconds";

/* With the word answer: when it has computed its next answer to a read, and not given it yet. */
const char *story_pause(struct story *story, const struct words *words)
{
    struct host *host;
    uint64_t ms;

    if (!node_and_ms(story, words, &host, &ms)) {
        return no_node_or_ms;
    }
    if (words->count == 4) {
        if (strcmp(words->list[3], "answer") != 0) {
            return "expected answer, or nothing";
        }
        host->answer_pause_us = 1000 * ms;
        return NULL;
    }
    host_pause(host, story->world->now_us + 1000 * ms);
    return NULL;
}

/* ---- clocks ---- */

/* A process is stopped together with its clock, as by a hypervisor. */
static void suspend(struct host *host, uint64_t ms)
{
    uint64_t until_us = host->world->now_us + 1000 * ms;

    world_tell(host->world, host->id, "is suspended, and its clock stands still");
    host->clock_offset_ms -= ms;
    host->stands_until_us = until_us;
    host->paused_until_us = until_us;
}

const char *story_suspend(struct story *story, const struct words *words)
{
    bool all = strcmp(words->list[1], "all") == 0;
    struct host *one = story_host(story, words->list[1]);
    uint64_t ms;

    if (!story_number(words->list[2], &ms) || (!all && !host_is_alive(one))) {
        return no_node_or_ms;
    }
    for (uint16_t id = 1; id <= story->world->last_id; id++) {
        struct host *host = story->world->hosts[id];

        if (host_is_alive(host) && (all || host == one)) {
            suspend(host, ms);
        }
    }
    return NULL;
}

/* Somebody sets the wall clock of a node. */
const char *story_wall(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);
    const char *step = words->list[2];
    uint64_t ms;

    if (host == NULL || (step[0] != '+' && step[0] != '-') || !story_number(step + 1, &ms)) {
        return "expected the number of a node, and +MS or -MS";
    }
    host->wall_offset_ms += step[0] == '+' ? (int64_t)ms : -(int64_t)ms;
    return NULL;
}

/* ---- disks ---- */

/* The next log write takes so much longer; 0: the one that hangs is done. */
const char *story_stall(struct story *story, const struct words *words)
{
    struct host *host;
    uint64_t ms;

    if (!node_and_ms(story, words, &host, &ms)) {
        return no_node_or_ms;
    }
    host->stall_us = 1000 * ms;
    if (ms == 0) {
        host_end_stall(host);
    }
    return NULL;
}

/* Each piece of work of the node's snapshot worker takes so long; 0: as usual. */
const char *story_slow(struct story *story, const struct words *words)
{
    struct host *host;
    uint64_t ms;

    if (!node_and_ms(story, words, &host, &ms)) {
        return no_node_or_ms;
    }
    host->work_us = 1000 * ms;
    return NULL;
}

static bool room_of(const char *word, enum host_room *room)
{
    static const char *const names[] = {[HOST_ROOM_ENOUGH] = "enough",
                                        [HOST_ROOM_TAKEN] = "taken",
                                        [HOST_ROOM_LOW] = "low",
                                        [HOST_ROOM_NONE] = "none",
                                        [HOST_ROOM_EXHAUSTED] = "exhausted",
                                        [HOST_ROOM_FILLED] = "filled"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i]) == 0) {
            *room = (enum host_room)i;
            return true;
        }
    }
    return false;
}

const char *story_room(struct story *story, const struct words *words)
{
    bool all = strcmp(words->list[1], "all") == 0;
    struct host *one = story_host(story, words->list[1]);
    enum host_room room;

    if (!all && one == NULL) {
        return story_no_node;
    }
    if (!room_of(words->list[2], &room)) {
        return "expected enough, taken, low, none, exhausted or filled";
    }
    for (uint16_t id = 1; id <= story->world->last_id; id++) {
        struct host *host = story->world->hosts[id];

        if (host == NULL || (!all && host != one)) {
            continue;
        }
        host_set_room(host, room);
    }
    return NULL;
}

/* The next write, or the next sync, of the node's disk fails. */
const char *story_fail(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);
    bool sync = strcmp(words->list[2], "sync") == 0;

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    if (!sync && strcmp(words->list[2], "write") != 0) {
        return "expected write or sync";
    }
    fs_memory_fail(host->disk, sync ? FS_MEMORY_FDATASYNC : FS_MEMORY_PWRITE, 1, -EIO);
    return NULL;
}

/* A bit of the node's newest snapshot flips; the node has to have two. With the word log: a bit of
 * an entry that only the log on the node's disk holds. */
const char *story_rot(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);
    struct sim_random random = sim_random_make(1);

    if (!host_is_alive(host)) {
        return story_no_live_node;
    }
    if (words->count == 3) {
        if (strcmp(words->list[2], "log") != 0) {
            return "expected log, or nothing";
        }
        return faults_rot_log(story->world, host, &random)
                   ? NULL
                   : "no entry of the node's log is on its disk only";
    }
    return faults_rot_snapshot(story->world, host, &random)
               ? NULL
               : "the node has no two snapshots, of which it could do without the newest";
}
