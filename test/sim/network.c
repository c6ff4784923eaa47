/*
 * The cluster of cores: messages under way, disks, and steps. Every raft_step() is called from
 * here, one at a time. The functions for scripts are in network_script.c; network_setup.c makes and
 * frees a network.
 */
#include "sim/network_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/random.h"
#include "raft/change.h"
#include "sim/invariants.h"

/* Steps at one time; with more than this, the cores send each other messages for ever. */
enum { MOMENT_STEPS_MAX = 1000000 };

/* ---- small helpers ---- */

uint64_t network_random(struct network *network, uint64_t below)
{
    uint64_t number = random_next(&network->random_state);

    return below > 0 ? number % below : 0;
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

void network_packet_free(struct network_packet *packet)
{
    for (uint32_t i = 0; i < packet->message.entry_count; i++) {
        raft_entry_release(packet->message.entries[i]);
    }
    memory_free((void *)(uintptr_t)packet->message.entries);
    memory_free((void *)(uintptr_t)packet->message.refused);
    memory_free(packet);
}

void network_insert_packet(struct network *network, struct network_packet *packet,
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
        network_packet_free(packet);
        return;
    }
    deliver_ms = network->now_ms + between(network, network->delay_min_ms, network->delay_max_ms);
    network_insert_packet(network, packet,
                          network->held[message->from][message->to] ? UINT64_MAX : deliver_ms);
}

static void send_packet(struct network *network, struct network_packet *packet)
{
    invariants_on_send(network, &packet->message);
    /* Forwarded proposals are never doubled: a connection delivers at most once, and the core needs
     * that to apply no command twice (T51). */
    if (packet->message.type != RAFT_MESSAGE_PROPOSE &&
        network_random(network, 100) < network->double_percent) {
        queue_packet(network, packet_make(&packet->message));
    }
    queue_packet(network, packet);
}

/* ---- the disk ---- */

uint64_t network_disk_last(const struct network_node *node)
{
    return node->base_index + node->entry_count;
}

void network_disk_truncate(struct network_node *node, uint64_t index)
{
    while (node->entry_count > 0 && network_disk_last(node) >= index) {
        raft_entry_release(node->entries[--node->entry_count]);
    }
}

void network_disk_append(struct network_node *node, struct raft_entry *entry)
{
    ASSERT(entry->index == network_disk_last(node) + 1);
    node->entries = memory_grow(node->entries, &node->entry_capacity, node->entry_count + 1,
                                sizeof(node->entries[0]));
    node->entries[node->entry_count++] = raft_entry_hold(entry);
}

void network_disk_apply(struct network_node *node, const struct raft_write *write)
{
    uint64_t last_term;

    if (write->has_hard_state) {
        node->term = write->term;
        node->vote = write->vote;
        if (write->promise_known) {
            node->promise_known = true;
            node->promise_ms = write->promise_ms;
        }
    }
    if (write->has_base) {
        ASSERT(node->snapshot.index >= write->base_index);
        network_disk_truncate(node, 0);
        node->base_index = write->base_index;
        node->base_term = write->base_term;
    }
    if (write->truncate_from > 0) {
        network_disk_truncate(node, write->truncate_from);
    }
    for (size_t i = 0; i < write->entry_count; i++) {
        network_disk_append(node, write->entries[i]);
    }
    last_term =
        node->entry_count > 0 ? node->entries[node->entry_count - 1]->term : node->base_term;
    ASSERT(write->last_index == network_disk_last(node) && write->last_term == last_term);
}

void network_write_free(struct network_write *write)
{
    for (size_t i = 0; i < write->write.entry_count; i++) {
        raft_entry_release(write->write.entries[i]);
    }
    memory_free((void *)(uintptr_t)write->write.entries);
    while (write->gated != NULL) {
        struct network_packet *packet = write->gated;

        write->gated = packet->next;
        network_packet_free(packet);
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
            queued->done_ms = (*place)->done_ms; /* a log is written in its order */
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

void network_step_events(struct network *network, struct network_node *node,
                         const struct raft_event *events, size_t count)
{
    struct raft_event batch[3] = {{.type = RAFT_EVENT_CLOCK}, {.type = RAFT_EVENT_APPLIED}};
    struct raft_outbox outbox;

    ASSERT(node->alive && count < 2);
    network->steps++;
    batch[0].wall_ms = node->wall_ms + network->now_ms;
    batch[1].applied_index = node->applied_index;
    if (count == 1) {
        batch[2] = events[0];
    }
    raft_step(node->core, network->now_ms + node->clock_ahead_ms, batch, count + 2, &outbox);
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
    for (size_t i = 0; i < outbox.fetch_count; i++) {
        ASSERT(node->fetch_count < RAFT_MEMBERS_MAX);
        node->fetches[node->fetch_count++] = outbox.fetches[i];
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
    network_step_events(network, network_node(network, id), event, 1);
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
                 {"handover", RAFT_CHANGE_HANDOVER}};
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
    step->old = (uint16_t)(step->kind == RAFT_CHANGE_REPLACE ? first : second);
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
    node->snapshot.time_ms = raft_log_time(node->core, index);
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

void network_complete_write(struct network *network, struct network_node *node)
{
    struct network_write *write = node->writes;
    struct raft_event event = {.type = RAFT_EVENT_LOG_WRITTEN};

    node->writes = write->next;
    network_disk_apply(node, &write->write);
    event.written.sequence = write->write.sequence;
    event.written.last_index = write->write.last_index;
    event.written.last_term = write->write.last_term;
    while (write->gated != NULL) {
        struct network_packet *packet = write->gated;

        write->gated = packet->next;
        packet->next = NULL;
        send_packet(network, packet);
    }
    network_write_free(write);
    network_step_events(network, node, &event, 1);
}

/* Reads what the core of a node wants from the disk. */
static void fetch(struct network *network, struct network_node *node)
{
    struct raft_fetch want = node->fetches[--node->fetch_count];
    struct raft_event event = {.type = RAFT_EVENT_FETCHED,
                               .fetched = {.peer = want.peer, .number = want.number}};
    size_t first = (size_t)(want.first_index - node->base_index - 1);
    size_t last = (size_t)(want.last_index - node->base_index - 1);
    size_t cost = 0;

    if (!node->fetch_fails && want.first_index > node->base_index && last < node->entry_count) {
        event.fetched.entries = node->entries + first;
        for (size_t i = first; i <= last; i++) {
            cost += raft_entry_cost(node->entries[i]);
            if (i > first && cost > want.max_bytes) {
                break;
            }
            event.fetched.entry_count++;
        }
        node->fetched_count += event.fetched.entry_count;
    }
    network_step_events(network, node, &event, 1);
}

/* Does everything that is due now; true = there was something. */
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
        network_packet_free(packet);
        return true;
    }
    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);

        if (!node->alive || node->paused) {
            continue;
        }
        if (node->writes != NULL && !node->disk_stalled &&
            node->writes->done_ms <= network->now_ms) {
            network_complete_write(network, node);
            return true;
        }
        if (node->fetch_count > 0) {
            fetch(network, node);
            return true;
        }
        if (raft_next_deadline(node->core) <= network->now_ms + node->clock_ahead_ms) {
            network_step_events(network, node, NULL, 0);
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
            ASSERT(i < MOMENT_STEPS_MAX); /* the cores send messages for ever */
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
