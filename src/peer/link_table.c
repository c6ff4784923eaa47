/*
 * The table of links; link_table.h says which thread may do what.
 */
#include "peer/link_table.h"

#include <string.h>

#include "base/assert.h"

void link_table_init(struct link_table *table)
{
    memset(table, 0, sizeof(*table));
    mutex_init(&table->mutex, MUTEX_RANK_LINK_TABLE);
}

void link_table_free(struct link_table *table)
{
    link_table_reap(table);
    for (size_t i = 0; i < table->count; i++) {
        link_destroy(table->links[i]);
    }
    mutex_destroy(&table->mutex);
}

size_t link_table_find(const struct link_table *table, uint16_t peer)
{
    for (size_t i = 0; i < table->count; i++) {
        if (link_peer_id(table->links[i]) == peer) {
            return i;
        }
    }
    return RAFT_MEMBERS_MAX;
}

void link_table_add(struct link_table *table, struct link *link)
{
    mutex_lock(&table->mutex);
    ASSERT(table->count < RAFT_MEMBERS_MAX);
    ASSERT(link_table_find(table, link_peer_id(link)) == RAFT_MEMBERS_MAX);
    table->frames_sent[table->count] = false;
    table->links[table->count++] = link;
    mutex_unlock(&table->mutex);
}

bool link_table_retire(struct link_table *table, size_t position)
{
    bool has_room;

    mutex_lock(&table->mutex);
    ASSERT(position < table->count);
    has_room = table->retired_count < RAFT_MEMBERS_MAX;
    if (has_room) {
        size_t last = --table->count;

        link_request_stop(table->links[position]);
        table->retired[table->retired_count++] = table->links[position];
        table->links[position] = table->links[last];
        table->frames_sent[position] = table->frames_sent[last];
    }
    mutex_unlock(&table->mutex);
    return has_room;
}

void link_table_publish(struct link_table *table, const struct raft_membership *members,
                        uint16_t leader)
{
    mutex_lock(&table->mutex);
    if (members != NULL) {
        table->members = *members;
    }
    table->leader = leader;
    mutex_unlock(&table->mutex);
}

void link_table_reap(struct link_table *table)
{
    for (;;) {
        struct link *link = NULL;

        mutex_lock(&table->mutex);
        if (table->retired_count > 0) {
            link = table->retired[--table->retired_count];
        }
        mutex_unlock(&table->mutex);
        if (link == NULL) {
            return;
        }
        link_destroy(link);
    }
}

void link_table_request_stop(struct link_table *table)
{
    mutex_lock(&table->mutex);
    for (size_t i = 0; i < table->count; i++) {
        link_request_stop(table->links[i]);
    }
    mutex_unlock(&table->mutex);
}

bool link_table_get_health(struct link_table *table, uint16_t peer, struct link_health *health)
{
    size_t position;

    mutex_lock(&table->mutex);
    position = link_table_find(table, peer);
    if (position < RAFT_MEMBERS_MAX) {
        link_get_health(table->links[position], health);
    }
    mutex_unlock(&table->mutex);
    return position < RAFT_MEMBERS_MAX;
}

bool link_table_is_healthy(struct link_table *table)
{
    bool healthy = true;

    mutex_lock(&table->mutex);
    for (size_t i = 0; i < table->count && healthy; i++) {
        struct link_health health;

        link_get_health(table->links[i], &health);
        healthy = health.healthy;
    }
    mutex_unlock(&table->mutex);
    return healthy;
}
