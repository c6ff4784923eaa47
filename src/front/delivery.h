/*
 * The last step of a message: from the worker's queue to those of its connections that subscribed.
 * The worker's thread. subscribers.h knows which connections subscribed to what.
 */
#ifndef RAFTD_FRONT_DELIVERY_H
#define RAFTD_FRONT_DELIVERY_H

struct notice;
struct worker;

/* Delivers what the core thread has put into the worker's queue. If messages are missing, ends the
 * connections of all of the worker's subscribers instead, with the reason. */
void delivery_serve(struct worker *worker);
/* Delivers one message to all of the worker's connections that subscribed to its channel. */
void delivery_send(struct worker *worker, const struct notice *notice);

#endif
