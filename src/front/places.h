/*
 * The places of a worker's connections, and tags, which lead from the node's answer back to the
 * reply that waits for it. A place outlives its connection: a later connection may get the same
 * place. So a tag also contains the generation of the place, which counts the connections that have
 * left the place, and the answer for a connection that is gone finds no connection. One worker owns
 * the places, and only its thread uses them. Never looks into a connection.
 *
 * A tag, from the highest bit:
 *
 *     20 bits  place
 *     24 bits  generation, cut
 *     20 bits  number of the owed reply, cut to OWED_SEQUENCE_BITS
 *
 * A wrong connection could be found only if 2^24 connections came and went at one place while one
 * request was under way.
 */
#ifndef RAFTD_FRONT_PLACES_H
#define RAFTD_FRONT_PLACES_H

#include <stddef.h>
#include <stdint.h>

struct connection;

struct place {
    struct connection *connection; /* NULL = free */
    uint32_t generation;           /* how many connections have left the place */
    uint32_t next_free;            /* if free: number of the next free place + 1; 0 = none */
};

struct places {
    struct place *items; /* owned */
    size_t count, capacity;
    uint32_t first_free; /* number of the first free place + 1; 0 = none */
};

/* Takes a free place. It has no connection yet. */
uint32_t places_take(struct places *places);
/* Puts the connection into the place. */
void places_fill(struct places *places, uint32_t place, struct connection *connection);
/* Gives a place back. Tags that were made for its connection find nothing from now on. */
void places_give(struct places *places, uint32_t place);

/* The tag of a reply that the connection at a place owes. */
uint64_t places_tag(const struct places *places, uint32_t place, uint32_t sequence);
/* The connection for which the tag was made; NULL: it is gone. */
struct connection *places_find(const struct places *places, uint64_t tag);

void places_free(struct places *places);

#endif
