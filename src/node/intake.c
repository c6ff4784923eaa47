/*
 * The intake of the Raft core thread: tells the member what the links, the log writer, the snapshot
 * worker and the clients have put into their rings. What has no room in this turn stays in its ring
 * for the next one. Core thread only; never waits.
 */
#include "base/memory.h"
#include "node/core_loop.h"
#include "sys/clock.h"

enum {
    LINK_EVENTS_MAX = 256,    /* events of one peer in one turn */
    CLIENT_EVENTS_MAX = 1024, /* requests of one client in one turn */
};

void intake_writes(struct core_loop *loop)
{
    struct member_write *write;

    while ((write = log_writer_next_done(loop->node->log_writer)) != NULL) {
        member_written(loop->member, write);
    }
}

static void intake_reads(struct core_loop *loop)
{
    struct log_read read;

    while (member_takes_fetched(loop->member) &&
           log_writer_next_read(loop->node->log_writer, &read)) {
        if (read.code == RAFTD_ERROR_CORRUPT) {
            member_log_damaged(loop->member, read.first_index);
        }
        member_fetched(loop->member, read.peer, read.number, read.entries.list, read.entries.count);
    }
}

bool intake_takes_part(const struct core_loop *loop)
{
    const struct raftd_node *node = loop->node;

    return node_takes_part(node) || (loop->takes_part && node_is_ending(node));
}

static void begin(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    const struct member_turn turn = {
        .now_ms = clock_monotonic_ms(),
        .wall_ms = clock_wall_ms(),
        .free_bytes = log_writer_free_bytes(node->log_writer),
        .takes_part = intake_takes_part(loop),
        .serves = atomic_load_explicit(&node->ready, memory_order_acquire),
    };

    loop->takes_part = turn.takes_part;
    member_begin(loop->member, &turn);
    machine_tell_deadline(loop);
}

/* ---- peers ---- */

static void take_snapshot_frame(struct core_loop *loop, uint16_t peer, struct wire_snapshot *frame)
{
    if (loop->node->snapshots == NULL || !loop->takes_part ||
        !member_takes_snapshot_frame(loop->member, peer, frame)) {
        memory_free(frame);
    } else {
        snapshot_worker_frame(loop->node->snapshots, peer, frame, raft_get_term(loop->node->core));
    }
}

static void intake_link(struct core_loop *loop, size_t position)
{
    struct link_table *links = &loop->node->links;
    struct link *link = links->links[position];
    uint16_t peer = link_peer_id(link);
    struct link_event event;
    uint64_t identity = member_has_room(loop->member) ? link_take_proof(link) : 0;

    if (identity != 0) {
        member_has_proof(loop->member, peer, identity);
    }
    for (size_t i = 0;
         i < LINK_EVENTS_MAX && member_has_room(loop->member) && link_next_event(link, &event);
         i++) {
        switch (event.type) {
        case LINK_EVENT_MESSAGE:
            member_message(loop->member, event.message);
            break;
        case LINK_EVENT_SNAPSHOT:
            take_snapshot_frame(loop, peer, event.snapshot);
            break;
        case LINK_EVENT_UP:
        case LINK_EVENT_DOWN:
            member_link(loop->member, peer, event.type == LINK_EVENT_UP, event.identity);
            break;
        }
    }
}

/* ---- clients ---- */

static void intake_client(struct core_loop *loop, struct raftd_client *client)
{
    struct member_request request;

    for (size_t i = 0; i < CLIENT_EVENTS_MAX && member_takes_requests(loop->member) &&
                       client_pop(client, &request);
         i++) {
        request.client = client;
        member_ask(loop->member, &request);
    }
}

/*
 * Takes the requests of all clients. Each turn begins with another client, so that a batch that is
 * full early does not always contain the requests of the same clients. Requests that a client made
 * before it closed are still carried out, so it is freed only when its ring is empty.
 */
static void intake_clients(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    size_t places = node_client_places(node);

    loop->first_client++;
    for (size_t i = 0; i < places; i++) {
        size_t place = (loop->first_client + i) % places;
        struct raftd_client *client =
            atomic_load_explicit(&node->clients[place], memory_order_acquire);
        bool closing = client != NULL && client_is_closing(client);

        if (client == NULL) {
            continue;
        }
        intake_client(loop, client);
        if (closing && !client_has_requests(client)) {
            member_forget_client(loop->member, client);
            answers_deliver(loop);
            atomic_store(&node->clients[place], NULL);
            client_free(client);
        }
    }
}

void intake(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    intake_writes(loop);
    begin(loop);
    if (member_can_step(loop->member)) {
        if (loop->takes_part) {
            intake_reads(loop);
            snapshots_intake(loop);
        }
        for (size_t i = 0; i < node->links.count; i++) {
            intake_link(loop, i);
        }
        draining_begin(loop);
    }
    intake_clients(loop);
}
