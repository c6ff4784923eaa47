/*
 * The atlas of disks; see fs_atlas.h.
 */
#include "sim/fs_atlas.h"

#include "base/assert.h"

static const struct fs_atlas_disk *find(const struct fs_atlas *atlas, uint16_t id)
{
    for (size_t i = 0; i < atlas->disk_count; i++) {
        if (atlas->disks[i].id == id) {
            return &atlas->disks[i];
        }
    }
    return NULL;
}

static struct fs_atlas_disk *find_or_make(struct fs_atlas *atlas, uint16_t id)
{
    for (size_t i = 0; i < atlas->disk_count; i++) {
        if (atlas->disks[i].id == id) {
            return &atlas->disks[i];
        }
    }
    ASSERT(id != 0 && atlas->disk_count < FS_ATLAS_DISKS_MAX);
    atlas->disks[atlas->disk_count] = (struct fs_atlas_disk){.id = id};
    return &atlas->disks[atlas->disk_count++];
}

void fs_atlas_set_voters(struct fs_atlas *atlas, size_t set, const uint16_t *ids, size_t count)
{
    ASSERT(set < 2 && count <= FS_ATLAS_VOTERS_MAX);
    atlas->sets[set].count = count;
    for (size_t i = 0; i < count; i++) {
        atlas->sets[set].ids[i] = ids[i];
    }
}

bool fs_atlas_is_lost(const struct fs_atlas *atlas, uint16_t id)
{
    const struct fs_atlas_disk *disk = find(atlas, id);

    return disk != NULL && disk->is_lost;
}

/* How many disks of a set are lost, if `also` were lost as well. */
static size_t lost_of(const struct fs_atlas *atlas, const struct fs_atlas_set *set, uint16_t also)
{
    size_t lost = 0;

    for (size_t i = 0; i < set->count; i++) {
        lost += set->ids[i] == also || fs_atlas_is_lost(atlas, set->ids[i]);
    }
    return lost;
}

static bool stays_in_minority(const struct fs_atlas *atlas, uint16_t also)
{
    for (size_t i = 0; i < 2; i++) {
        const struct fs_atlas_set *set = &atlas->sets[i];

        if (set->count > 0 && lost_of(atlas, set, also) > (set->count - 1) / 2) {
            return false;
        }
    }
    return true;
}

bool fs_atlas_may_lose(const struct fs_atlas *atlas, uint16_t id)
{
    return fs_atlas_is_lost(atlas, id) || stays_in_minority(atlas, id);
}

void fs_atlas_note_lost(struct fs_atlas *atlas, uint16_t id)
{
    find_or_make(atlas, id)->is_lost = true;
}

bool fs_atlas_must_recover(const struct fs_atlas *atlas)
{
    return stays_in_minority(atlas, 0);
}

void fs_atlas_note_durable(struct fs_atlas *atlas, uint16_t id, uint64_t term, uint16_t vote,
                           uint64_t last_index)
{
    struct fs_atlas_disk *disk = find_or_make(atlas, id);

    ASSERT(term >= disk->term);
    disk->term = term;
    disk->vote = vote;
    disk->last_index = last_index;
}

const char *fs_atlas_lacks(const struct fs_atlas *atlas, uint16_t id, uint64_t term, uint16_t vote,
                           uint64_t last_index, bool doubt)
{
    const struct fs_atlas_disk *disk = find(atlas, id);

    if (disk == NULL) {
        return NULL;
    }
    if (term < disk->term) {
        return "an acknowledged term is forgotten";
    }
    if (term == disk->term && disk->vote != 0 && vote != disk->vote) {
        return "an acknowledged vote is forgotten";
    }
    if (last_index < disk->last_index && !doubt) {
        return "acknowledged entries are forgotten";
    }
    return NULL;
}
