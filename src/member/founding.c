/*
 * The founding of a cluster; see founding.h, which has the protocol and its argument. Pure.
 */
#include "member/founding.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"
#include "base/plant.h"

uint64_t founding_digest(const char *cluster_name, const struct raft_membership *founders)
{
    struct buffer bytes = {0};
    uint64_t digest;

    buffer_append(&bytes, cluster_name, strlen(cluster_name) + 1);
    for (size_t i = 0; i < founders->count; i++) {
        buffer_append_u16(&bytes, founders->members[i].id);
        buffer_append(&bytes, founders->members[i].address,
                      strlen(founders->members[i].address) + 1);
    }
    digest = checksum(0, bytes.data, bytes.size_bytes);
    buffer_free(&bytes);
    return digest != 0 ? digest : 1;
}

void founding_init(struct founding *founding, uint16_t id, uint64_t identity,
                   const char *cluster_name, const struct raft_membership *founders)
{
    ASSERT(raft_membership_find(founders, id) != NULL && identity != 0);
    memset(founding, 0, sizeof(*founding));
    founding->id = id;
    founding->identity = identity;
    founding->digest = founding_digest(cluster_name, founders);
    snprintf(founding->cluster_name, sizeof(founding->cluster_name), "%s", cluster_name);
    founding->founders = *founders;
    founding_begin_sweep(founding);
}

void founding_say(const struct directory_identity *directory, bool is_deciding,
                  const char *cluster_name, uint64_t digest, uint16_t to, struct wire_found *say)
{
    memset(say, 0, sizeof(*say));
    say->version_min = WIRE_VERSION_MIN;
    say->version_max = WIRE_VERSION_MAX;
    say->node_id = directory->node_id;
    say->wanted_id = to;
    say->identity = directory->identity;
    say->digest = digest;
    say->state = is_deciding ? WIRE_FOUND_DECIDED : WIRE_FOUND_EMPTY;
    snprintf(say->cluster_name, sizeof(say->cluster_name), "%s", cluster_name);
    if (is_deciding || directory->cluster_id == 0) {
        return;
    }
    say->state = WIRE_FOUND_MEMBER;
    say->cluster_id = directory->cluster_id;
    say->digest = directory->founders_digest;
    say->founder_count = (uint16_t)directory->founder_count;
    for (size_t i = 0; i < directory->founder_count; i++) {
        say->founders[i].id = directory->founders[i].id;
        say->founders[i].identity = directory->founders[i].identity;
    }
}

/* The place of a founder; RAFT_MEMBERS_MAX = it is none. */
static size_t place_of(const struct founding *founding, uint16_t id)
{
    const struct raft_member *member = raft_membership_find(&founding->founders, id);

    return member != NULL ? (size_t)(member - founding->founders.members) : RAFT_MEMBERS_MAX;
}

static void set_trouble(struct founding *founding, size_t place, const char *text)
{
    snprintf(founding->peers[place].trouble, sizeof(founding->peers[place].trouble), "%s", text);
}

void founding_begin_sweep(struct founding *founding)
{
    for (size_t i = 0; i < founding->founders.count; i++) {
        founding->peers[i] = (struct founding_peer){0};
        if (founding->founders.members[i].id != founding->id) {
            set_trouble(founding, i, "no answer yet");
        }
    }
    founding->offered_cluster_id = 0;
    founding->is_stranger = false;
}

void founding_miss(struct founding *founding, uint16_t id, const char *why)
{
    size_t place = place_of(founding, id);

    if (place < RAFT_MEMBERS_MAX && id != founding->id) {
        founding->peers[place] = (struct founding_peer){0};
        set_trouble(founding, place, why);
    }
}

/* A copy of a directory would be two nodes with one identity. */
static bool is_copy(const struct founding *founding, size_t place, uint64_t identity)
{
    if (identity == founding->identity) {
        return true;
    }
    for (size_t i = 0; i < founding->founders.count; i++) {
        if (i != place && founding->peers[i].identity == identity) {
            return true;
        }
    }
    return false;
}

static void hear_empty(struct founding *founding, size_t place, const struct wire_found *answer)
{
    struct founding_peer *peer = &founding->peers[place];

    if (answer->digest != founding->digest) {
        set_trouble(founding, place, "its [peers] or its [cluster] name differ from those here");
    } else if (answer->identity == 0 || is_copy(founding, place, answer->identity)) {
        set_trouble(founding, place, "its data directory is a copy of another founder's");
    } else {
        *peer = (struct founding_peer){.is_empty = true, .identity = answer->identity};
    }
}

/* Takes the founders of that cluster, with the addresses of [peers]. */
static bool take_offer(struct founding *founding, const struct wire_found *answer)
{
    struct raft_membership members = founding->founders;

    if (answer->founder_count != members.count) {
        return false;
    }
    for (size_t i = 0; i < members.count; i++) {
        if (answer->founders[i].id != members.members[i].id || answer->founders[i].identity == 0) {
            return false;
        }
        members.members[i].identity = answer->founders[i].identity;
    }
    members.cluster_id = answer->cluster_id;
    founding->offered = members;
    founding->offered_cluster_id = answer->cluster_id;
    return true;
}

static void hear_member(struct founding *founding, size_t place, const struct wire_found *answer)
{
    size_t mine = 0;

    if (answer->founder_count == 0) {
        /* It joined later, or its cluster was restored, recovered or upgraded: it does not know who
         * founded that cluster, nor whether this node was one of them. */
        set_trouble(founding, place,
                    "it is in a cluster already: was this node a member of it, use raftctl member "
                    "replace; if not, let it join (--join)");
        return;
    }
    while (mine < answer->founder_count && answer->founders[mine].id != founding->id) {
        mine++;
    }
    if (mine == answer->founder_count) {
        set_trouble(founding, place,
                    "it belongs to a cluster that was founded without this node: let this node "
                    "join it (--join)");
    } else if (answer->founders[mine].identity != founding->identity &&
               !PLANT(member_founds_with_anyone)) {
        founding->is_stranger = true;
        set_trouble(founding, place,
                    "in its cluster this id has another data directory, which is lost: use "
                    "raftctl member replace");
    } else if (answer->digest != founding->digest || !take_offer(founding, answer)) {
        set_trouble(founding, place,
                    "[peers] or [cluster] name differ from those that founded its cluster");
    } else {
        founding->peers[place].trouble[0] = 0;
    }
}

void founding_hear(struct founding *founding, uint16_t id, const struct wire_found *answer)
{
    size_t place = place_of(founding, id);

    if (place == RAFT_MEMBERS_MAX || id == founding->id) {
        return;
    }
    founding->peers[place] = (struct founding_peer){0};
    if (answer->version_max < WIRE_VERSION_MIN || answer->version_min > WIRE_VERSION_MAX) {
        char text[FOUNDING_TROUBLE_BYTES];

        snprintf(text, sizeof(text),
                 "it speaks protocol versions %u to %u, this node %d to %d: upgrade the older one",
                 answer->version_min, answer->version_max, WIRE_VERSION_MIN, WIRE_VERSION_MAX);
        set_trouble(founding, place, text);
    } else if (answer->node_id != id || answer->wanted_id != founding->id) {
        set_trouble(founding, place, "another node answers at its address: check [peers]");
    } else if (strcmp(answer->cluster_name, founding->cluster_name) != 0) {
        set_trouble(founding, place, "it has another [cluster] name");
    } else if (answer->state == WIRE_FOUND_EMPTY) {
        hear_empty(founding, place, answer);
    } else if (answer->state == WIRE_FOUND_MEMBER) {
        hear_member(founding, place, answer);
    } else {
        set_trouble(founding, place, "it is just becoming a member of a cluster");
    }
}

bool founding_decides(const struct founding *founding, uint64_t random_id, uint64_t *cluster_id,
                      struct raft_membership *members)
{
    ASSERT(random_id != 0);
    if (founding->offered_cluster_id != 0) {
        *cluster_id = founding->offered_cluster_id;
        *members = founding->offered;
        return true;
    }
    if (founding->founders.members[0].id != founding->id) {
        return false; /* only the founder with the lowest id draws a cluster id */
    }
    *members = founding->founders;
    for (size_t i = 0; i < members->count; i++) {
        bool self = members->members[i].id == founding->id;

        if (!self && !founding->peers[i].is_empty && !PLANT(member_founds_alone)) {
            return false;
        }
        members->members[i].identity = self ? founding->identity : founding->peers[i].identity;
    }
    *cluster_id = random_id;
    members->cluster_id = random_id;
    return true;
}

void founding_missing(const struct founding *founding, char *text, size_t size)
{
    size_t used = 0;

    text[0] = 0;
    for (size_t i = 0; i < founding->founders.count && used < size; i++) {
        const struct raft_member *member = &founding->founders.members[i];
        int written;

        if (founding->peers[i].trouble[0] == 0) {
            continue;
        }
        written = snprintf(text + used, size - used, "%snode %u at %s (%s)", used > 0 ? ", " : "",
                           member->id, member->address, founding->peers[i].trouble);
        used += written > 0 ? (size_t)written : 0;
    }
}

bool founding_is_stranger(const struct founding *founding)
{
    return founding->is_stranger;
}

enum founding_first founding_first_members(const struct directory_identity *directory,
                                           uint64_t digest, struct raft_membership *founders)
{
    if (directory->founder_count == 0 || directory->boot_count > 0) {
        return FOUNDING_NOT_MINE;
    }
    if (directory->founders_digest != digest || directory->founder_count != founders->count) {
        return FOUNDING_DIFFERS;
    }
    founders->cluster_id = directory->cluster_id;
    for (size_t i = 0; i < founders->count; i++) {
        founders->members[i].identity = directory->founders[i].identity;
    }
    return FOUNDING_MEMBERS;
}
