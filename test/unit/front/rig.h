/*
 * A server with one worker and no thread: the test turns the worker's loop itself, so that it
 * decides what happens when. Clients are real loopback sockets.
 */
#ifndef RAFTD_TEST_UNIT_FRONT_RIG_H
#define RAFTD_TEST_UNIT_FRONT_RIG_H

#include <stdbool.h>
#include <stddef.h>

#include "front/fake_client.h"
#include "front/server.h"

struct rig {
    struct raftd_node *node;
    struct front *front;
    struct worker *worker;
    struct conf conf;
    int listener;
};

/* Change conf between the two. */
void rig_init(struct rig *rig);
void rig_start(struct rig *rig);
void rig_stop(struct rig *rig);

/* A connected client's socket; the server's side is with the worker. */
int rig_connect(struct rig *rig);
/* Turns until nothing happens any more. */
void rig_settle(struct rig *rig);

void rig_send(int client, const char *text);
void rig_send_bytes(int client, const void *data, size_t size);
/* Turns until as many bytes are there as are expected, and fails if they differ. */
void rig_expect(struct rig *rig, int client, const char *text);
void rig_expect_bytes(struct rig *rig, int client, const void *data, size_t size);
/* Nothing has been sent to the client that it has not read, and it is still connected. */
void rig_expect_silence(struct rig *rig, int client);
/* The server has closed the connection, with nothing more to read. */
void rig_expect_end(struct rig *rig, int client);
/* Send, then expect. */
void rig_talk(struct rig *rig, int client, const char *request, const char *reply);
/* One reply of unknown length: what comes until the worker settles. The caller frees it. */
char *rig_ask(struct rig *rig, int client, const char *request);

/* The connection that stands at a place. */
struct connection *rig_connection(struct rig *rig, size_t place);

#endif
