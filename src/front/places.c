/*
 * Places and tags (places.h). Pure; the worker's thread.
 */
#include "front/places.h"

#include "base/assert.h"
#include "base/memory.h"
#include "front/owed.h"

enum { PLACE_BITS = 20, GENERATION_BITS = 24 };

_Static_assert(PLACE_BITS + GENERATION_BITS + OWED_SEQUENCE_BITS == 64, "a tag is full");

uint32_t places_take(struct places *places)
{
    uint32_t place;

    if (places->first_free != 0) {
        place = places->first_free - 1;
        places->first_free = places->items[place].next_free;
        return place;
    }
    places->items =
        memory_grow(places->items, &places->capacity, places->count + 1, sizeof(places->items[0]));
    place = (uint32_t)places->count++;
    ASSERT(place < 1u << PLACE_BITS);
    places->items[place] = (struct place){0};
    return place;
}

void places_fill(struct places *places, uint32_t place, struct connection *connection)
{
    ASSERT(places->items[place].connection == NULL);
    places->items[place].connection = connection;
}

void places_give(struct places *places, uint32_t place)
{
    places->items[place].connection = NULL;
    places->items[place].generation++;
    places->items[place].next_free = places->first_free;
    places->first_free = place + 1;
}

static uint64_t low_bits(uint64_t value, int bits)
{
    return value & (((uint64_t)1 << bits) - 1);
}

uint64_t places_tag(const struct places *places, uint32_t place, uint32_t sequence)
{
    return (uint64_t)place << (GENERATION_BITS + OWED_SEQUENCE_BITS) |
           low_bits(places->items[place].generation, GENERATION_BITS) << OWED_SEQUENCE_BITS |
           low_bits(sequence, OWED_SEQUENCE_BITS);
}

struct connection *places_find(const struct places *places, uint64_t tag)
{
    const struct place *place = &places->items[tag >> (GENERATION_BITS + OWED_SEQUENCE_BITS)];

    return low_bits(place->generation, GENERATION_BITS) ==
                   low_bits(tag >> OWED_SEQUENCE_BITS, GENERATION_BITS)
               ? place->connection
               : NULL;
}

void places_free(struct places *places)
{
    memory_free(places->items);
}
