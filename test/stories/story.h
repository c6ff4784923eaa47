/*
 * Stories: protocol tests as text. A story makes a simulated cluster (test/sim: the shipped member,
 * log, snapshots and state machine), tells it what happens, and lists what the members did then.
 * The invariants of the simulator are checked all the time. How to write a story:
 * doc/simulation.md
 *
 *     main.c         files, --rewrite, --planted
 *     commands.c     the list of the commands
 *     cluster.c      nodes, elections, changes of members, requests of clients
 *     trouble.c      what goes wrong: links, processes, disks, clocks
 *     directories.c  data directories that are lost, set back, or of another node or cluster
 *     tell.c         what is told
 */
#ifndef RAFTD_TEST_STORIES_STORY_H
#define RAFTD_TEST_STORIES_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/clients.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/world.h"

enum { STORY_REQUESTS_MAX = 512, STORY_WORDS_MAX = 16 };

/* So far away that no story gets there. */
#define STORY_FAR_US ((uint64_t)3600 * 1000000)

struct story {
    struct swarm swarm;  /* the numbers of the world, before it is made */
    struct world *world; /* NULL = not made yet */
    char *told;          /* what happened since the last command, as the world wrote it */
    size_t told_bytes;
    FILE *stream; /* writes into `told` */
    const struct client_operation *requests[STORY_REQUESTS_MAX];
    bool answered[STORY_REQUESTS_MAX];
    char *values[STORY_REQUESTS_MAX]; /* what they write, owned; NULL = nothing */
    size_t request_count;
    struct host_options options[SIM_HOSTS_MAX]; /* that a story has given */
    struct net_cut *drops; /* directions in which frames are lost; NULL = none */
    struct net_cut *holds; /* directions in which frames wait; NULL = none */
};

/* The words of a line. */
struct words {
    size_t count;
    char *list[STORY_WORDS_MAX];
};

/* Does what the words say. NULL, or why they cannot be understood. */
typedef const char *story_command(struct story *story, const struct words *words);

void story_init(struct story *story);
void story_free(struct story *story);
/* Does what a line says. NULL, or why the line cannot be understood. */
const char *story_do(struct story *story, char *line);

/* commands.c: words */
bool story_number(const char *word, uint64_t *number);
/* NAME=VALUE: cuts the word in two. */
bool story_setting(char *word, const char **name, uint64_t *value);
/* The host with this number; NULL = there is none. */
struct host *story_host(struct story *story, const char *word);
extern const char *const story_no_node;      /* a number of a node was expected */
extern const char *const story_no_live_node; /* and it has to run */

/* cluster.c */
story_command story_nodes, story_options, story_run, story_campaign, story_elect, story_join;
story_command story_change, story_handover;
story_command story_set, story_swap, story_incr, story_del, story_expire, story_bytes, story_get;

/* trouble.c */
story_command story_cut, story_hold, story_isolate, story_heal, story_reset, story_forge;
story_command story_kill, story_die, story_power, story_start, story_stop, story_pause;
story_command story_stall, story_slow, story_room, story_rot, story_fail, story_suspend;
story_command story_wall;

/* directories.c */
story_command story_copy, story_directory, story_twin;

/* tell.c */
/* Makes the world's telling go into story->told, and every message into it while `messages`. */
void tell_messages(struct story *story, bool messages);
/* Tells how requests ended since the last call. What the members do, the world tells by itself. */
void tell_answers(struct story *story);
story_command story_messages, story_status, story_log, story_peers, story_members, story_lease;

#endif
