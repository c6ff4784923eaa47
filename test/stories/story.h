/*
 * Stories: protocol tests as text. A story makes a simulated cluster (test/sim: the shipped member,
 * log, snapshots and state machine), tells it what happens, and lists what the members did then.
 * The invariants of the simulator are checked all the time. How to write a story:
 * doc/simulation.md
 */
#ifndef RAFTD_TEST_STORIES_STORY_H
#define RAFTD_TEST_STORIES_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/clients.h"
#include "sim/host.h"
#include "sim/world.h"

enum { STORY_REQUESTS_MAX = 256, STORY_WORDS_MAX = 16, STORY_VALUE_BYTES = 32 };

struct story {
    struct swarm swarm;  /* the numbers of the world, before it is made */
    struct world *world; /* NULL = not made yet */
    char *told;          /* what happened since the last command, as the world wrote it */
    size_t told_bytes;
    FILE *stream; /* writes into `told` */
    const struct client_operation *requests[STORY_REQUESTS_MAX];
    bool answered[STORY_REQUESTS_MAX];
    char values[STORY_REQUESTS_MAX][STORY_VALUE_BYTES]; /* what they write */
    size_t request_count;
};

void story_init(struct story *story);
void story_free(struct story *story);
/* Does what a line says. NULL, or why the line cannot be understood. */
const char *story_do(struct story *story, char *line);

/* tell.c */
/* Makes the world's telling go into story->told, and every message into it while `messages`. */
void tell_messages(struct story *story, bool messages);
/* Tells how requests ended since the last call. What the members do, the world tells by itself. */
void tell_answers(struct story *story);
void tell_status(struct story *story);
void tell_log(struct story *story, const struct host *host);

#endif
