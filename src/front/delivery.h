/*
 * Messages on their last way: from the worker's queue to those of its connections that subscribed.
 * The worker's thread.
 */
#ifndef RAFTD_FRONT_DELIVERY_H
#define RAFTD_FRONT_DELIVERY_H

struct notice;
struct worker;

/* Takes what the core thread has put into the queue to the subscribers. If the worker has missed
 * something, ends the connections of all of its subscribers instead, with the reason. */
void delivery_serve(struct worker *worker);
/* Takes one message to all of the worker's connections that want it. */
void delivery_send(struct worker *worker, const struct notice *notice);

#endif
