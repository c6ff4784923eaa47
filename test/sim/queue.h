/*
 * The events that will happen in a simulated world, in the order of virtual time; events of the
 * same time in the order in which they were planned. Pure.
 */
#ifndef RAFTD_TEST_SIM_QUEUE_H
#define RAFTD_TEST_SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_event_type {
    SIM_EVENT_DELIVER,    /* a: from, b: to */
    SIM_EVENT_WIRE,       /* a: from, b: to, c: epoch: a piece of a frame is on the wire */
    SIM_EVENT_LINK_DOWN,  /* a: the host that notices, b: its peer, c: epoch of the connection */
    SIM_EVENT_CONNECT,    /* a, b: the two hosts */
    SIM_EVENT_TURN,       /* a: host, c: its life */
    SIM_EVENT_TIMER,      /* a: host, c: its life */
    SIM_EVENT_DISK,       /* a: host, b: the batch that is done, c: its life */
    SIM_EVENT_SNAPSHOT,   /* a: host, c: its life: a turn of its snapshot worker */
    SIM_EVENT_START,      /* a: host, c: its life: it starts again after a crash */
    SIM_EVENT_REQUEST,    /* c: operation */
    SIM_EVENT_CLIENT,     /* a: client, c: number of its turn */
    SIM_EVENT_FAULT,      /* a: fault class */
    SIM_EVENT_HEAL,       /* a: slot of the cut, c: number of its use */
    SIM_EVENT_UNLIMIT,    /* a: host: its disk has space again */
    SIM_EVENT_SERVICE,    /* a: host, c: number: it is in service again */
    SIM_EVENT_ASK,        /* a: host, c: number: it founds a cluster, or joins one */
    SIM_EVENT_RETURN,     /* a: host, c: number: the end of a stand-in */
    SIM_EVENT_OPERATE,    /* an operator looks for lost members */
    SIM_EVENT_CALM,       /* the faults end */
    SIM_EVENT_LATE_HELLO, /* a: its place in the network */
    SIM_EVENT_TWIN,       /* a: host, c: number of its twin, which dials */
    SIM_EVENT_TYPES,
};

struct sim_event {
    uint64_t at_us;
    uint64_t number;
    uint64_t c;
    uint8_t type;
    uint16_t a;
    uint16_t b;
};

struct sim_queue {
    struct sim_event *heap;
    size_t count;
    size_t capacity;
    uint64_t number;
};

void sim_queue_free(struct sim_queue *queue);
void sim_queue_push(struct sim_queue *queue, struct sim_event event);
/* Takes the next event; false = there is none. */
bool sim_queue_pop(struct sim_queue *queue, struct sim_event *event);

#endif
