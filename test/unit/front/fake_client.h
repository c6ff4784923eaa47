/*
 * A node for the tests of front, commands and script: the functions of <raftd/client.h> and
 * those of <raftd/node.h> that src/front calls, over a key-value state machine in this process. By
 * itself it answers everything when it is submitted; a test may instead hold the requests and
 * answer them one by one, in any order, with any status, or let the node have no room.
 */
#ifndef RAFTD_TEST_UNIT_FRONT_FAKE_CLIENT_H
#define RAFTD_TEST_UNIT_FRONT_FAKE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include <raftd/client.h>
#include <raftd/node.h>

struct kv;

struct raftd_node *fake_node_create(void);
void fake_node_destroy(struct raftd_node *node);

void fake_node_set_ready(struct raftd_node *node, bool ready);
/* While the quorum is lost, the node accepts requests but is not ready. */
void fake_node_lose_quorum(struct raftd_node *node, bool lost);
/* Requests wait for fake_node_answer() from now on. */
void fake_node_hold(struct raftd_node *node);
/* How many requests a client may have under way; 0 = none is accepted. */
void fake_node_set_room(struct raftd_node *node, size_t room);
/* The next request is refused as too large. */
void fake_node_refuse_next(struct raftd_node *node, int code);

/* Requests that were submitted and wait, in that order. */
size_t fake_node_held(struct raftd_node *node);
bool fake_node_held_is_read(struct raftd_node *node, size_t place);
/* Carries out the request at a place and takes it away; status != 0: only answers that. */
void fake_node_answer(struct raftd_node *node, size_t place, int status);
void fake_node_answer_all(struct raftd_node *node);
/* The store behind it. */
struct kv *fake_node_kv(struct raftd_node *node);
/* What the last read asked for. */
enum raftd_read_level fake_node_read_level(struct raftd_node *node, uint32_t *max_lag_ms);
/* What the node says of itself and the others from now on. */
void fake_node_set_status(struct raftd_node *node, const struct raftd_status *status);
/* Calls of raftd_client_submit(). */
size_t fake_node_submits(struct raftd_node *node);
size_t fake_node_open_clients(struct raftd_node *node);

#endif
