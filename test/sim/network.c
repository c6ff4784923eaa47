/*
 * The scripted network. Everything happens in raft_step() calls made from here, one at a time.
 */
#include "sim/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "raft/change.h"
#include "sim/invariants.h"

/* Steps in one moment; beyond it the cores talk for ever. */
enum { MOMENT_STEPS_MAX = 1000000 };

/* ---- small helpers ---- */

uint64_t network_random(struct network *network, uint64_t below)
{
    uint64_t z = network->random_state += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    return below > 0 ? z % below : 0;
}

static uint64_t between(struct network *network, uint32_t low, uint32_t high)
{
    return low + network_random(network, (uint64_t)(high - low) + 1);
}

struct network_node *network_node(struct network *network, uint16_t id)
{
    ASSERT(id > 0 && id <= network->node_count);
    return &network->nodes[id];
}

static struct network_packet *packet_make(const struct raft_message *message)
{
    struct network_packet *packet = memory_allocate_zeroed(1, sizeof(*packet));
    struct raft_entry **entries = NULL;

    packet->message = *message;
    packet->message.after_write = 0;
    if (message->entry_count > 0) {
        entries = memory_allocate(message->entry_count * sizeof(entries[0]));
        for (uint32_t i = 0; i < message->entry_count; i++) {
            const struct raft_entry *from = message->entries[i];

            /* A copy, as the wire would make one: cores never share an entry. */
            entries[i] = raft_entry_make(from->type, from->data, from->size_bytes);
            entries[i]->term = from->term;
            entries[i]->index = from->index;
            entries[i]->origin = from->origin;
            entries[i]->sequence = from->sequence;
            entries[i]->time_ms = from->time_ms;
            entries[i]->wall_ms = from->wall_ms;
        }
    }
    packet->message.entries = entries;
    if (message->refused_count > 0) {
        size_t size = message->refused_count * sizeof(message->refused[0]);

        packet->message.refused = memcpy(memory_allocate(size), message->refused, size);
    }
    return packet;
}

static void packet_free(struct network_packet *packet)
{
    for (uint32_t i = 0; i < packet->message.entry_count; i++) {
        raft_entry_release(packet->message.entries[i]);
    }
    memory_free((void *)(uintptr_t)packet->message.entries);
    memory_free((void *)(uintptr_t)packet->message.refused);
    memory_free(packet);
}

static void insert_packet(struct network *network, struct network_packet *packet,
                          uint64_t deliver_ms)
{
    struct network_packet **place = &network->packets;

    packet->deliver_ms = deliver_ms;
    while (*place != NULL && (*place)->deliver_ms <= deliver_ms) {
        place = &(*place)->next;
    }
    packet->next = *place;
    *place = packet;
}

static void queue_packet(struct network *network, struct network_packet *packet)
{
    const struct raft_message *message = &packet->message;
    uint64_t deliver_ms;

    if (network->cut[message->from][message->to] ||
        network_random(network, 100) < network->drop_percent ||
        (network->filter != NULL && !network->filter(network, message))) {
        packet_free(packet);
        return;
    }
    deliver_ms = network->now_ms + between(network, network->delay_min_ms, network->delay_max_ms);
    insert_packet(network, packet,
                  network->held[message->from][message->to] ? UINT64_MAX : deliver_ms);
}

static void send_packet(struct network *network, struct network_packet *packet)
{
    invariants_on_send(network, &packet->message);
    /* Forwarded proposals are never doubled: a link delivers at most once, and the core's
     * promise not to apply a command twice rests on it. */
    if (packet->message.type != RAFT_MESSAGE_PROPOSE &&
        network_random(network, 100) < network->double_percent) {
        queue_packet(network, packet_make(&packet->message));
    }
    queue_packet(network, packet);
}

/* ---- the disk ---- */

static uint64_t disk_last(const struct network_node *node)
{
    return node->base_index + node->entry_count;
}

static void disk_truncate(struct network_node *node, uint64_t index)
{
    while (node->entry_count > 0 && disk_last(node) >= index) {
        raft_entry_release(node->entries[--node->entry_count]);
    }
}

static void disk_append(struct network_node *node, struct raft_entry *entry)
{
    ASSERT(entry->index == disk_last(node) + 1);
    node->entries = memory_grow(node->entries, &node->entry_capacity, node->entry_count + 1,
                                sizeof(node->entries[0]));
    node->entries[node->entry_count++] = raft_entry_hold(entry);
}

static void disk_apply(struct network_node *node, const struct raft_write *write)
{
    uint64_t last_term;

    if (write->has_hard_state) {
        node->term = write->term;
        node->vote = write->vote;
    }
    if (write->has_base) {
        ASSERT(node->snapshot.index >= write->base_index);
        disk_truncate(node, 0);
        node->base_index = write->base_index;
        node->base_term = write->base_term;
    }
    if (write->truncate_from > 0) {
        disk_truncate(node, write->truncate_from);
    }
    for (size_t i = 0; i < write->entry_count; i++) {
        disk_append(node, write->entries[i]);
    }
    last_term =
        node->entry_count > 0 ? node->entries[node->entry_count - 1]->term : node->base_term;
    ASSERT(write->last_index == disk_last(node) && write->last_term == last_term);
}

static void write_free(struct network_write *write)
{
    for (size_t i = 0; i < write->write.entry_count; i++) {
        raft_entry_release(write->write.entries[i]);
    }
    memory_free((void *)(uintptr_t)write->write.entries);
    while (write->gated != NULL) {
        struct network_packet *packet = write->gated;

        write->gated = packet->next;
        packet_free(packet);
    }
    memory_free(write);
}

static void queue_write(struct network *network, struct network_node *node,
                        const struct raft_write *write)
{
    struct network_write *queued = memory_allocate_zeroed(1, sizeof(*queued));
    struct network_write **place = &node->writes;
    struct raft_entry **entries = memory_allocate(write->entry_count * sizeof(entries[0]));

    for (size_t i = 0; i < write->entry_count; i++) {
        entries[i] = raft_entry_hold(write->entries[i]);
    }
    queued->write = *write;
    queued->write.entries = entries;
    queued->done_ms =
        network->now_ms + between(network, network->write_min_ms, network->write_max_ms);
    while (*place != NULL) {
        if ((*place)->done_ms > queued->done_ms) {
            queued->done_ms = (*place)->done_ms; /* a log is written in order */
        }
        place = &(*place)->next;
    }
    *place = queued;
}

static void gate_packet(struct network_node *node, uint64_t sequence, struct network_packet *packet)
{
    struct network_write *write = node->writes;
    struct network_packet **place;

    while (write != NULL && write->write.sequence != sequence) {
        write = write->next;
    }
    ASSERT(write != NULL);
    place = &write->gated;
    while (*place != NULL) {
        place = &(*place)->next;
    }
    *place = packet;
}

/* ---- stepping ---- */

static void step(struct network *network, struct network_node *node,
                 const struct raft_event *events, size_t count)
{
    struct raft_event batch[2] = {{.type = RAFT_EVENT_CLOCK}};
    struct raft_outbox outbox;

    ASSERT(node->alive && count < 2);
    network->steps++;
    batch[0].wall_ms = node->wall_ms + network->now_ms;
    if (count == 1) {
        batch[1] = events[0];
    }
    raft_step(node->core, network->now_ms + node->clock_ahead_ms, batch, count + 1, &outbox);
    if (outbox.has_write) {
        queue_write(network, node, &outbox.write);
    }
    for (size_t i = 0; i < outbox.message_count; i++) {
        struct network_packet *packet = packet_make(&outbox.messages[i]);

        if (outbox.messages[i].after_write != 0) {
            gate_packet(node, outbox.messages[i].after_write, packet);
        } else {
            send_packet(network, packet);
        }
    }
    for (size_t i = 0; i < outbox.snapshot_peer_count; i++) {
        node->transfer_wanted[outbox.snapshot_peers[i]] = true;
        node->transfer_count[outbox.snapshot_peers[i]]++;
    }
    if (outbox.has_install) {
        ASSERT(outbox.install_index == node->snapshot.index && outbox.write.has_base);
        ASSERT(outbox.install_index > node->applied_index);
        node->applied_index = node->snapshot.index;
        node->install_count++;
    }
    if (outbox.read_confirmed) {
        node->read_confirmed_id = outbox.read_id;
        node->read_confirmed_index = outbox.read_index;
    }
    node->refused_count += outbox.refused_count;
    if (outbox.refused_count > 0) {
        node->refused_reason = outbox.refused[outbox.refused_count - 1].reason;
    }
    if (outbox.violation != 0) {
        node->violation = outbox.violation;
        node->violation_count++;
    }
    invariants_after_step(network, node, &outbox);
}

void network_step(struct network *network, uint16_t id, const struct raft_event *event)
{
    step(network, network_node(network, id), event, 1);
}

void network_deliver(struct network *network, const struct raft_message *message)
{
    struct raft_event event = {.type = RAFT_EVENT_MESSAGE, .message = message};

    if (network_node(network, message->to)->alive) {
        network_step(network, message->to, &event);
    }
}

void network_propose_sized(struct network *network, uint16_t id, uint64_t number, uint32_t size)
{
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, NULL, size);
    struct raft_event event = {.type = RAFT_EVENT_PROPOSE, .entry = entry};

    ASSERT(size >= sizeof(number));
    memset(entry->data, 0, size);
    memcpy(entry->data, &number, sizeof(number));
    entry->origin = id;
    entry->sequence = number;
    network_step(network, id, &event);
    raft_entry_release(entry);
}

void network_propose(struct network *network, uint16_t id, uint64_t number)
{
    network_propose_sized(network, id, number, sizeof(number));
}

static void parse_step(struct raft_change_step *step, const char *words)
{
    static const struct {
        const char *word;
        enum raft_change_kind kind;
    } verbs[] = {{"add", RAFT_CHANGE_ADD},          {"learn", RAFT_CHANGE_ADD_LEARNER},
                 {"promote", RAFT_CHANGE_PROMOTE},  {"remove", RAFT_CHANGE_REMOVE},
                 {"replace", RAFT_CHANGE_REPLACE},  {"move", RAFT_CHANGE_ADDRESS},
                 {"transfer", RAFT_CHANGE_TRANSFER}};
    char verb[16];
    unsigned first = 0;
    unsigned second = 0;
    int found = sscanf(words, " %15s %u %u", verb, &first, &second);

    ASSERT(found >= 2);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verb, verbs[i].word) == 0) {
            step->kind = (uint8_t)verbs[i].kind;
        }
    }
    ASSERT(step->kind != 0);
    step->id = (uint16_t)(step->kind == RAFT_CHANGE_REPLACE ? second : first);
    step->old = (uint16_t)(step->kind == RAFT_CHANGE_REPLACE ? first : 0);
    snprintf(step->address, sizeof(step->address), "node-%u:%s", step->id,
             step->kind == RAFT_CHANGE_ADDRESS ? "9999" : "7381");
}

void network_change(struct network *network, uint16_t id, const char *words)
{
    struct raft_change change = {0};
    struct buffer bytes = {0};
    struct raft_event event = {.type = RAFT_EVENT_PROPOSE};

    while (words != NULL) {
        const char *comma = strchr(words, ',');

        parse_step(&change.steps[change.count++], words);
        words = comma != NULL ? comma + 1 : NULL;
    }
    raft_change_encode(&change, &bytes);
    event.entry =
        raft_entry_make(RAFT_ENTRY_MEMBERSHIP_CHANGE, bytes.data, (uint32_t)bytes.size_bytes);
    event.entry->origin = id;
    event.entry->sequence = ++network->changes;
    network_node(network, id)->refused_reason = RAFT_REFUSED_NOT;
    network_step(network, id, &event);
    raft_entry_release(event.entry);
    buffer_free(&bytes);
}

uint16_t network_add_node(struct network *network)
{
    uint16_t id = (uint16_t)++network->node_count;

    ASSERT(id < NETWORK_NODES_MAX);
    network_node(network, id)->id = id;
    network_restart(network, id);
    return id;
}

uint64_t network_read(struct network *network, uint16_t id)
{
    struct network_node *node = network_node(network, id);
    struct raft_event event = {.type = RAFT_EVENT_READ, .read_id = node->next_read_id + 1};

    network_read_event(network, id, &event);
    return event.read_id;
}

void network_read_event(struct network *network, uint16_t id, const struct raft_event *event)
{
    struct network_node *node = network_node(network, id);

    ASSERT(event->read_id == node->next_read_id + 1);
    node->next_read_id = event->read_id;
    invariants_on_read(network, node, event->read_id);
    network_step(network, id, event);
}

void network_save_snapshot(struct network *network, uint16_t id, uint64_t keep)
{
    struct network_node *node = network_node(network, id);
    struct raft_event event = {.type = RAFT_EVENT_SNAPSHOT_SAVED};
    uint64_t index = node->applied_index;

    if (index <= node->snapshot.index) {
        return;
    }
    node->snapshot.index = index;
    node->snapshot.term = raft_log_term(node->core, index);
    node->snapshot.time_ms = raft_log_entry(node->core, index)->time_ms;
    raft_membership_at(node->core, index, &node->snapshot.membership);
    event.saved.index = index;
    event.saved.term = node->snapshot.term;
    event.saved.keep_from = index + 1 > keep ? index + 1 - keep : 0;
    network_step(network, id, &event);
}

void network_receive_snapshot(struct network *network, uint16_t from, uint16_t to)
{
    const struct network_snapshot *snapshot = &network_node(network, from)->snapshot;
    struct network_node *node = network_node(network, to);
    struct raft_event event = {.type = RAFT_EVENT_SNAPSHOT_RECEIVED,
                               .received = {.from = from,
                                            .index = snapshot->index,
                                            .term = snapshot->term,
                                            .time_ms = snapshot->time_ms,
                                            .membership = &snapshot->membership}};

    if (snapshot->index > node->snapshot.index) {
        node->snapshot = *snapshot;
    }
    network_step(network, to, &event);
}

void network_end_transfer(struct network *network, uint16_t from, uint16_t to, bool sent)
{
    struct raft_event event = {.type = sent ? RAFT_EVENT_SNAPSHOT_SENT : RAFT_EVENT_SNAPSHOT_FAILED,
                               .peer = to};

    network_node(network, from)->transfer_wanted[to] = false;
    network_step(network, from, &event);
}

static void finish_write(struct network *network, struct network_node *node)
{
    struct network_write *write = node->writes;
    struct raft_event event = {.type = RAFT_EVENT_LOG_WRITTEN};

    node->writes = write->next;
    disk_apply(node, &write->write);
    event.written.sequence = write->write.sequence;
    event.written.last_index = write->write.last_index;
    event.written.last_term = write->write.last_term;
    while (write->gated != NULL) {
        struct network_packet *packet = write->gated;

        write->gated = packet->next;
        packet->next = NULL;
        send_packet(network, packet);
    }
    write_free(write);
    step(network, node, &event, 1);
}

/* Whatever is due at this moment; true if something was. */
static bool run_moment(struct network *network)
{
    struct network_packet **place = &network->packets;

    while (*place != NULL && network_node(network, (*place)->message.to)->paused) {
        place = &(*place)->next;
    }
    if (*place != NULL && (*place)->deliver_ms <= network->now_ms) {
        struct network_packet *packet = *place;

        *place = packet->next;
        if (!network->cut[packet->message.from][packet->message.to]) {
            network_deliver(network, &packet->message);
        }
        packet_free(packet);
        return true;
    }
    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);

        if (!node->alive || node->paused) {
            continue;
        }
        if (node->writes != NULL && !node->disk_stalled &&
            node->writes->done_ms <= network->now_ms) {
            finish_write(network, node);
            return true;
        }
        if (raft_next_deadline(node->core) <= network->now_ms + node->clock_ahead_ms) {
            step(network, node, NULL, 0);
            return true;
        }
    }
    return false;
}

void network_run(struct network *network, uint64_t ms)
{
    uint64_t end = network->now_ms + ms;

    for (;;) {
        for (size_t i = 0; run_moment(network); i++) {
            ASSERT(i < MOMENT_STEPS_MAX); /* the cores talk for ever */
        }
        if (network->now_ms == end) {
            return;
        }
        network->now_ms++;
    }
}

bool network_run_until(struct network *network, bool (*condition)(struct network *network),
                       uint64_t ms)
{
    for (uint64_t i = 0; i < ms && !condition(network); i++) {
        network_run(network, 1);
    }
    return condition(network);
}

/* ---- scripts' verbs ---- */

void network_settle(struct network *network)
{
    network_run(network, 0);
}

void network_make_instant(struct network *network)
{
    network->delay_min_ms = 0;
    network->delay_max_ms = 0;
    network->write_min_ms = 0;
    network->write_max_ms = 0;
}

uint16_t network_leader(struct network *network)
{
    uint16_t leader = 0;
    uint64_t term = 0;

    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);
        struct raft_status status;

        if (!node->alive) {
            continue;
        }
        raft_get_status(node->core, network->now_ms, &status);
        if (status.role == RAFT_LEADER && status.term > term) {
            leader = id;
            term = status.term;
        }
    }
    return leader;
}

static bool has_working_leader(struct network *network)
{
    uint16_t leader = network_leader(network);
    struct raft_status status;

    if (leader == 0) {
        return false;
    }
    raft_get_status(network_node(network, leader)->core, network->now_ms, &status);
    if (raft_log_term(network_node(network, leader)->core, status.commit_index) != status.term) {
        return false;
    }
    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);

        if (node->alive && !network->cut[leader][id] && raft_get_leader(node->core) != leader) {
            return false;
        }
    }
    return true;
}

uint16_t network_elect(struct network *network)
{
    return network_run_until(network, has_working_leader, 60000) ? network_leader(network) : 0;
}

void network_campaign(struct network *network, uint16_t id)
{
    struct network_node *node = network_node(network, id);
    uint64_t now_ms = network->now_ms + node->clock_ahead_ms;
    uint64_t deadline_ms = raft_next_deadline(node->core);

    if (deadline_ms > now_ms) {
        node->clock_ahead_ms += deadline_ms - now_ms;
    }
    step(network, node, NULL, 0);
}

void network_elect_node(struct network *network, uint16_t id)
{
    network->now_ms += network->options.election_timeout_ms;
    for (uint16_t other = 1; other <= network->node_count; other++) {
        struct network_node *node = network_node(network, other);

        if (node->alive && !node->paused && network_role(network, other) == RAFT_LEADER) {
            step(network, node, NULL, 0); /* nobody has answered it for so long: it gives up */
        }
    }
    network_campaign(network, id);
    network_settle(network);
    ASSERT(network_role(network, id) == RAFT_LEADER);
}

void network_cut(struct network *network, uint16_t a, uint16_t b)
{
    network->cut[a][b] = true;
    network->cut[b][a] = true;
}

void network_heal(struct network *network)
{
    memset(network->cut, 0, sizeof(network->cut));
}

void network_isolate(struct network *network, uint16_t id)
{
    for (uint16_t other = 1; other <= network->node_count; other++) {
        if (other != id) {
            network_cut(network, id, other);
        }
    }
}

void network_connect(struct network *network, uint16_t a, uint16_t b)
{
    network->cut[a][b] = false;
    network->cut[b][a] = false;
}

void network_hold(struct network *network, uint16_t from, uint16_t to)
{
    network->held[from][to] = true;
}

/* Takes what is on its way from one node to another out of the queue, in order. */
static struct network_packet *take_packets(struct network *network, uint16_t from, uint16_t to)
{
    struct network_packet *taken = NULL;
    struct network_packet **taken_end = &taken;
    struct network_packet **place = &network->packets;

    while (*place != NULL) {
        struct network_packet *packet = *place;

        if (packet->message.from == from && packet->message.to == to) {
            *place = packet->next;
            packet->next = NULL;
            *taken_end = packet;
            taken_end = &packet->next;
        } else {
            place = &packet->next;
        }
    }
    return taken;
}

void network_release(struct network *network, uint16_t from, uint16_t to)
{
    struct network_packet *packet = take_packets(network, from, to);

    network->held[from][to] = false;
    while (packet != NULL) {
        struct network_packet *next = packet->next;

        packet->next = NULL;
        insert_packet(network, packet, network->now_ms);
        packet = next;
    }
}

void network_lose(struct network *network, uint16_t from, uint16_t to)
{
    struct network_packet *packet = take_packets(network, from, to);

    while (packet != NULL) {
        struct network_packet *next = packet->next;

        packet_free(packet);
        packet = next;
    }
}

void network_crash(struct network *network, uint16_t id, bool keep_prefix)
{
    struct network_node *node = network_node(network, id);
    size_t count = 0;
    size_t keep = 0;

    for (struct network_write *write = node->writes; write != NULL; write = write->next) {
        count++;
    }
    if (keep_prefix && count > 0) {
        keep = (size_t)network_random(network, count + 1);
    }
    while (node->writes != NULL) {
        struct network_write *write = node->writes;

        node->writes = write->next;
        if (keep > 0) {
            disk_apply(node, &write->write);
            keep--;
        }
        write_free(write);
    }
    raft_destroy(node->core);
    node->core = NULL;
    node->alive = false;
}

/* What a recovery finds: the log behind the newest snapshot, if it reaches and fits. */
static void disk_recover(struct network_node *node)
{
    const struct network_snapshot *snapshot = &node->snapshot;
    uint64_t place = snapshot->index - node->base_index;

    if (snapshot->index <= node->base_index) {
        return;
    }
    if (snapshot->index > disk_last(node) || node->entries[place - 1]->term != snapshot->term) {
        disk_truncate(node, 0);
    } else {
        for (size_t i = 0; i < place; i++) {
            raft_entry_release(node->entries[i]);
        }
        node->entry_count -= place;
        memmove(node->entries, node->entries + place, node->entry_count * sizeof(node->entries[0]));
    }
    node->base_index = snapshot->index;
    node->base_term = snapshot->term;
    node->base_time_ms = snapshot->time_ms;
    node->base_membership = snapshot->membership;
}

static void start(struct network *network, uint16_t id)
{
    struct network_node *node = network_node(network, id);
    struct raft_options options = network->options;
    struct raft_recovered recovered = {
        .term = node->term,
        .vote = node->vote,
        .base_index = node->base_index,
        .base_term = node->base_term,
        .base_time_ms = node->base_time_ms,
        .base_membership = node->base_membership.count > 0 ? &node->base_membership : NULL,
        .entries = node->entries,
        .entry_count = node->entry_count};
    int code;

    options.id = id;
    options.random_seed = network_random(network, UINT64_MAX);
    code = raft_create(&options, &recovered, network->now_ms + node->clock_ahead_ms, &node->core);
    ASSERT(code == 0);
    node->alive = true;
    node->paused = false;
    node->applied_index = node->base_index;
    node->seen_commit = node->base_index;
    node->read_confirmed_id = 0;
    node->next_read_id = 0;
    memset(node->transfer_wanted, 0, sizeof(node->transfer_wanted));
}

void network_restart(struct network *network, uint16_t id)
{
    disk_recover(network_node(network, id));
    start(network, id);
}

bool network_converged(struct network *network)
{
    struct raft_status first = {0};

    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);
        struct raft_status status;

        if (!node->alive) {
            continue;
        }
        raft_get_status(node->core, network->now_ms, &status);
        if (first.id == 0) {
            first = status;
        }
        if (status.commit_index != status.last_index || status.last_index != first.last_index ||
            status.last_term != first.last_term) {
            return false;
        }
    }
    return first.id != 0;
}

bool network_finish_write(struct network *network, uint16_t id)
{
    struct network_node *node = network_node(network, id);

    if (node->writes == NULL) {
        return false;
    }
    finish_write(network, node);
    return true;
}

uint64_t network_last_on_disk(struct network *network, uint16_t id)
{
    return disk_last(network_node(network, id));
}

size_t network_leader_count(struct network *network)
{
    size_t count = 0;

    for (uint16_t id = 1; id <= network->node_count; id++) {
        count += network_node(network, id)->alive && network_role(network, id) == RAFT_LEADER;
    }
    return count;
}

enum raft_role network_role(struct network *network, uint16_t id)
{
    ASSERT(network_node(network, id)->alive);
    return raft_get_role(network_node(network, id)->core);
}

struct raft_status network_status(struct network *network, uint16_t id)
{
    struct raft_status status;

    ASSERT(network_node(network, id)->alive);
    raft_get_status(network_node(network, id)->core,
                    network->now_ms + network_node(network, id)->clock_ahead_ms, &status);
    return status;
}

struct raft_peer_status network_peer(struct network *network, uint16_t leader, uint16_t id)
{
    struct raft_status status = network_status(network, leader);
    size_t i = 0;

    while (i < status.peer_count && status.peers[i].id != id) {
        i++;
    }
    ASSERT(i < status.peer_count);
    return status.peers[i];
}

size_t network_committed_times(struct network *network, uint64_t number)
{
    size_t times = 0;

    for (size_t i = 0; i < network->committed_count; i++) {
        const struct raft_entry *entry = network->committed[i];

        times += entry != NULL && entry->origin != 0 && entry->sequence == number;
    }
    return times;
}

/* ---- beginning and end ---- */

void network_set_log(struct network *network, uint16_t id, const uint64_t *terms, size_t count,
                     uint64_t term, uint16_t vote)
{
    struct network_node *node = network_node(network, id);

    network_crash(network, id, false);
    disk_truncate(node, 2);
    node->term = term;
    node->vote = vote;
    for (size_t i = 1; i < count; i++) {
        uint64_t content[2] = {i + 1, terms[i]};
        struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, content, sizeof(content));

        entry->index = i + 1;
        entry->term = terms[i];
        disk_append(node, entry);
        raft_entry_release(entry);
    }
    network_restart(network, id);
}

void network_set_base(struct network *network, uint16_t id, uint64_t index, uint64_t term)
{
    struct network_node *node = network_node(network, id);

    network_crash(network, id, false);
    disk_truncate(node, 1);
    node->base_index = index;
    node->base_term = term;
    node->base_membership = network->membership;
    node->term = term > node->term ? term : node->term;
    while (network->committed_count < index) {
        network->committed =
            memory_grow(network->committed, &network->committed_capacity,
                        network->committed_count + 1, sizeof(network->committed[0]));
        network->committed[network->committed_count++] = NULL;
    }
    network_restart(network, id);
}

void network_init_membership(struct network *network, const struct raft_membership *membership,
                             uint64_t seed)
{
    struct buffer bytes = {0};

    *network = (struct network){
        .seed = seed,
        .random_state = seed,
        .now_ms = 1000,
        .delay_min_ms = 1,
        .delay_max_ms = 5,
        .write_min_ms = 1,
        .write_max_ms = 1,
        .membership = *membership,
        .options = {.heartbeat_ms = 100,
                    .election_timeout_ms = 1000,
                    .max_batch_bytes = 64 * 1024,
                    .check = true,
                    .max_inflight_messages = 16,
                    .max_inflight_bytes = 1024 * 1024,
                    .max_uncommitted_bytes = 16 * 1024 * 1024},
    };
    raft_membership_encode(membership, &bytes);
    for (size_t i = 0; i < membership->count; i++) {
        if (membership->members[i].id > network->node_count) {
            network->node_count = membership->members[i].id;
        }
    }
    ASSERT(network->node_count < NETWORK_NODES_MAX);
    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);
        struct raft_entry *entry =
            raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);

        entry->index = 1;
        entry->term = 1;
        node->id = id;
        node->term = 1;
        node->entries = memory_grow(NULL, &node->entry_capacity, 1, sizeof(node->entries[0]));
        node->entries[node->entry_count++] = entry;
        network_restart(network, id);
    }
    buffer_free(&bytes);
}

void network_init(struct network *network, size_t count, uint64_t seed)
{
    struct raft_membership membership = {0};

    for (uint16_t id = 1; id <= count; id++) {
        char address[32];
        int code;

        snprintf(address, sizeof(address), "node-%u:7381", id);
        code = raft_membership_add(&membership, id, RAFT_MEMBER_VOTER, address);
        ASSERT(code == 0);
    }
    network_init_membership(network, &membership, seed);
}

void network_free(struct network *network)
{
    while (network->packets != NULL) {
        struct network_packet *packet = network->packets;

        network->packets = packet->next;
        packet_free(packet);
    }
    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);

        if (node->alive) {
            network_crash(network, id, false);
        }
        for (size_t i = 0; i < node->entry_count; i++) {
            raft_entry_release(node->entries[i]);
        }
        memory_free(node->entries);
        memory_free(node->read_floors);
    }
    for (size_t i = 0; i < network->committed_count; i++) {
        raft_entry_release(network->committed[i]);
    }
    memory_free(network->committed);
    memory_free(network->leader_of_term);
}

struct network *network_create_membership(const struct raft_membership *membership)
{
    struct network *network = memory_allocate(sizeof(*network));

    network_init_membership(network, membership, 1);
    network_make_instant(network);
    return network;
}

struct network *network_create(size_t count)
{
    struct network *network = memory_allocate(sizeof(*network));

    network_init(network, count, 1);
    network_make_instant(network);
    return network;
}

void network_destroy(struct network *network)
{
    network_free(network);
    memory_free(network);
}
