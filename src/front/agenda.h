/*
 * The agenda of a worker: which of its connections have something to do in this turn or the next.
 * One worker owns it, and only its thread uses it. Pure: the agenda never looks into a connection
 * and calls nothing but the function that it is given.
 *
 *     ready     there is something to read or to carry out, and no event will say so
 *     dirty     there are replies to write, or the connection may have come to its end
 *     starved   the node took no request; to be tried again when the node has room
 *     dead      closed in this turn; its memory is freed at the end of the turn
 *
 * Invariants:
 *  1. A connection stands in a list at most once. A flag of its item says whether it stands there.
 *  2. A list is served in the order in which connections were added to it.
 *  3. A connection that gets ready while the ready ones are served has to wait for the next turn:
 *     no connection can keep the others from their turn. A connection that gets dirty while the
 *     dirty ones are served is served in the same pass, so that no reply waits for an event.
 *  4. A dead connection is never served. Its memory stays valid until agenda_bury(), which takes
 *     it out of all lists: code that closed a connection may go on to use the struct until then.
 */
#ifndef RAFTD_FRONT_AGENDA_H
#define RAFTD_FRONT_AGENDA_H

#include <stdbool.h>
#include <stddef.h>

/* The part of a connection that the agenda knows; zeroed at first. */
struct agenda_item {
    bool is_ready, is_dirty, is_starved, is_dead;
};

struct agenda_list {
    struct agenda_item **items; /* owned; in the order in which they were added */
    size_t count, capacity;
};

struct agenda {
    struct agenda_list ready, dirty, starved, dead;
};

typedef void agenda_function(struct agenda_item *item);

void agenda_add_ready(struct agenda *agenda, struct agenda_item *item);
void agenda_add_dirty(struct agenda *agenda, struct agenda_item *item);
void agenda_add_starved(struct agenda *agenda, struct agenda_item *item);
void agenda_add_dead(struct agenda *agenda, struct agenda_item *item);

/* Empties a list and calls the function for every connection that stood there and is not dead. */
void agenda_serve_ready(struct agenda *agenda, agenda_function *serve);
void agenda_serve_dirty(struct agenda *agenda, agenda_function *serve);
void agenda_serve_starved(struct agenda *agenda, agenda_function *serve);
/* Takes the dead out of all lists, then calls the function, which frees them. */
void agenda_bury(struct agenda *agenda, agenda_function *release);

/* Frees the lists. */
void agenda_free(struct agenda *agenda);

#endif
