/*
 * The lists of the agenda (agenda.h). Pure; the worker's thread.
 */
#include "front/agenda.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

static void add(struct agenda_list *list, struct agenda_item *item, bool *is_there)
{
    if (!*is_there) {
        *is_there = true;
        list->items =
            memory_grow(list->items, &list->capacity, list->count + 1, sizeof(list->items[0]));
        list->items[list->count++] = item;
    }
}

void agenda_add_ready(struct agenda *agenda, struct agenda_item *item)
{
    add(&agenda->ready, item, &item->is_ready);
}

void agenda_add_dirty(struct agenda *agenda, struct agenda_item *item)
{
    add(&agenda->dirty, item, &item->is_dirty);
}

void agenda_add_starved(struct agenda *agenda, struct agenda_item *item)
{
    add(&agenda->starved, item, &item->is_starved);
}

void agenda_add_dead(struct agenda *agenda, struct agenda_item *item)
{
    ASSERT(!item->is_dead);
    add(&agenda->dead, item, &item->is_dead);
}

void agenda_serve_ready(struct agenda *agenda, agenda_function *serve)
{
    struct agenda_list *list = &agenda->ready;
    size_t count = list->count; /* later additions have to wait (invariant 3) */

    for (size_t i = 0; i < count; i++) {
        struct agenda_item *item = list->items[i];

        item->is_ready = false;
        if (!item->is_dead) {
            serve(item);
        }
    }
    list->count -= count;
    if (count > 0 && list->count > 0) {
        memmove(list->items, list->items + count, list->count * sizeof(list->items[0]));
    }
}

void agenda_serve_dirty(struct agenda *agenda, agenda_function *serve)
{
    struct agenda_list *list = &agenda->dirty;

    for (size_t i = 0; i < list->count; i++) {
        struct agenda_item *item = list->items[i];

        item->is_dirty = false;
        if (!item->is_dead) {
            serve(item);
        }
    }
    list->count = 0;
}

void agenda_serve_starved(struct agenda *agenda, agenda_function *serve)
{
    struct agenda_list *list = &agenda->starved;

    for (size_t i = 0; i < list->count; i++) {
        struct agenda_item *item = list->items[i];

        item->is_starved = false;
        if (!item->is_dead) {
            serve(item);
        }
    }
    list->count = 0;
}

static void drop_dead(struct agenda_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (!list->items[i]->is_dead) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

void agenda_bury(struct agenda *agenda, agenda_function *release)
{
    if (agenda->dead.count == 0) {
        return;
    }
    drop_dead(&agenda->ready);
    drop_dead(&agenda->dirty);
    drop_dead(&agenda->starved);
    for (size_t i = 0; i < agenda->dead.count; i++) {
        release(agenda->dead.items[i]);
    }
    agenda->dead.count = 0;
}

void agenda_free(struct agenda *agenda)
{
    ASSERT(agenda->dead.count == 0);
    memory_free(agenda->ready.items);
    memory_free(agenda->dirty.items);
    memory_free(agenda->starved.items);
    memory_free(agenda->dead.items);
}
