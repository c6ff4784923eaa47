/*
 * Commands about data directories that are lost, set back, copied, or of an earlier cluster: the
 * stand-ins of test/sim/faults_directory.h, and the twins of test/sim/faults_twin.h. See story.h.
 */
#include <string.h>

#include "sim/faults_directory.h"
#include "sim/faults_twin.h"
#include "stories/story.h"

/* A story says itself when the member's own directory is brought back. */
#define FOR_EVER_US (STORY_FAR_US * 24)

enum { TWIN_PROCESS = 4711 };

static const char *const no_directory =
    "expected lost [join], set-back [for-good], earlier-cluster, of NODE, or own";

/* The directory as it is now, in host->copy. */
const char *story_copy(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);
    struct sim_random random = sim_random_make(1);

    if (host == NULL || host->stand_in != HOST_GENUINE || host->identity.boot_count == 0) {
        return "expected the number of a node that has its own directory";
    }
    faults_copy_directory(story->world, host, &random);
    return NULL;
}

static const char *lose(struct host *host, bool joins)
{
    host_draw_identity(host);
    host->joins = joins;
    faults_stand_in(host, HOST_EMPTIED, fs_memory_create(host->directories), false, FOR_EVER_US);
    return NULL;
}

/* for_good: its own directory never comes back, so the member may be marked as lost. */
static const char *set_back(struct host *host, bool for_good)
{
    if (host->copy == NULL) {
        return "the directory of this node was not copied";
    }
    host->may_be_marked = true;
    faults_stand_in(host, HOST_SET_BACK, fs_memory_copy(host->copy, host->copy_boot_count), true,
                    FOR_EVER_US);
    if (for_good) {
        faults_give_up(host);
    }
    return NULL;
}

static const char *take_from(struct host *host, const struct host *other)
{
    if (other == NULL || other == host) {
        return "expected the number of another node";
    }
    faults_stand_in(host, HOST_OTHERS, fs_memory_copy(other->disk, other->id), true, FOR_EVER_US);
    return NULL;
}

static const char *go_back_to_earlier_cluster(struct host *host)
{
    struct sim_random random = sim_random_make(host->id);
    struct fs_memory *disk;

    if (raft_membership_find(host->world->founders, host->id) == NULL) {
        return "the earlier cluster had the same founders, and this node is none of them";
    }
    faults_found_former(host, &random);
    disk = host->former_disk;
    host->former_disk = NULL;
    faults_stand_in(host, HOST_FORMER, disk, true, FOR_EVER_US);
    return NULL;
}

static const char *bring_back(struct host *host)
{
    if (host->stand_in == HOST_GENUINE || host->own_disk == NULL) {
        return "the node has its own directory, or has lost it";
    }
    faults_end_stand_in(host);
    return NULL;
}

/* The process of the node ends, if one runs, and starts again with another directory. */
const char *story_directory(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);
    const char *what = words->list[2];
    const char *more = words->count == 4 ? words->list[3] : NULL;
    bool is_own = strcmp(what, "own") == 0;

    if (host == NULL) {
        return story_no_node;
    }
    if (!is_own && (host->stand_in != HOST_GENUINE || host->gone)) {
        return "the node is without its own directory already";
    }
    if (strcmp(what, "lost") == 0 && (more == NULL || strcmp(more, "join") == 0)) {
        return lose(host, more != NULL);
    }
    if (strcmp(what, "of") == 0 && more != NULL) {
        return take_from(host, story_host(story, more));
    }
    if (strcmp(what, "set-back") == 0 && (more == NULL || strcmp(more, "for-good") == 0)) {
        return set_back(host, more != NULL);
    }
    if (more != NULL) {
        return no_directory;
    }
    if (strcmp(what, "earlier-cluster") == 0) {
        return go_back_to_earlier_cluster(host);
    }
    return is_own ? bring_back(host) : no_directory;
}

/* A second process runs on the copy of the directory, and says hello wherever the member itself is
 * connected. */
const char *story_twin(struct story *story, const struct words *words)
{
    struct host *host = story_host(story, words->list[1]);

    if (host == NULL || host->stand_in != HOST_GENUINE) {
        return "expected the number of a node that has its own directory";
    }
    if (host->copy == NULL) {
        return "the directory of this node was not copied";
    }
    return faults_greet_as_twin(host, TWIN_PROCESS) ? NULL : "no process can start on the copy";
}
