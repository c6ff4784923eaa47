/*
 * The commands of a story: their list, and the words of a line. See story.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "stories/story.h"

struct command {
    const char *name;
    const char *form;            /* the words after the name, for a person */
    size_t words_min, words_max; /* after the name */
    story_command *run;
};

static const struct command commands[] = {
    {"nodes", "COUNT [NUMBER=VALUE]...", 1, STORY_WORDS_MAX - 1, story_nodes},
    {"options", "NODE OPTION=VALUE...", 2, STORY_WORDS_MAX - 1, story_options},
    {"run", "MS", 1, 1, story_run},
    {"campaign", "NODE", 1, 1, story_campaign},
    {"elect", "NODE", 1, 1, story_elect},
    {"change", "NODE add|learn|promote|remove|move|mark NODE ..., or replace OLD NEW", 3,
     STORY_WORDS_MAX - 1, story_change},
    {"handover", "NODE TO", 2, 2, story_handover},
    {"set", "NODE KEY VALUE [BYTES]", 3, 4, story_set},
    {"swap", "NODE KEY OLD NEW", 4, 4, story_swap},
    {"incr", "NODE KEY", 2, 2, story_incr},
    {"del", "NODE KEY", 2, 2, story_del},
    {"expire", "NODE KEY MS", 3, 3, story_expire},
    {"bytes", "NODE TEXT", 2, 2, story_bytes},
    {"get", "NODE KEY [lease | stale [MS]]", 2, 4, story_get},
    {"cut", "NODE [->] NODE", 2, 3, story_cut},
    {"hold", "NODE -> NODE", 3, 3, story_hold},
    {"isolate", "NODE", 1, 1, story_isolate},
    {"heal", "[NODE NODE]", 0, 2, story_heal},
    {"reset", "NODE NODE", 2, 2, story_reset},
    {"forge", "NODE -> NODE TERM vote|append INDEX TERM [ENTRIES]", 7, 8, story_forge},
    {"kill", "NODE", 1, 1, story_kill},
    {"die", "NODE OPERATIONS", 2, 2, story_die},
    {"power", "NODE", 1, 1, story_power},
    {"start", "NODE", 1, 1, story_start},
    {"stop", "NODE", 1, 1, story_stop},
    {"join", "NODE", 1, 1, story_join},
    {"copy", "NODE", 1, 1, story_copy},
    {"directory", "NODE lost [join]|set-back [for-good]|earlier-cluster|of NODE|own", 2, 3,
     story_directory},
    {"twin", "NODE", 1, 1, story_twin},
    {"pause", "NODE MS [answer]", 2, 3, story_pause},
    {"suspend", "NODE|all MS", 2, 2, story_suspend},
    {"wall", "NODE +MS|-MS", 2, 2, story_wall},
    {"stall", "NODE MS", 2, 2, story_stall},
    {"slow", "NODE MS", 2, 2, story_slow},
    {"room", "NODE|all enough|taken|low|none|exhausted|filled", 2, 2, story_room},
    {"fail", "NODE write|sync", 2, 2, story_fail},
    {"rot", "NODE [log]", 1, 2, story_rot},
    {"messages", "on|off", 1, 1, story_messages},
    {"status", "", 0, 0, story_status},
    {"log", "NODE", 1, 1, story_log},
    {"peers", "NODE", 1, 1, story_peers},
    {"members", "NODE", 1, 1, story_members},
    {"lease", "NODE", 1, 1, story_lease},
};

/* ---- words ---- */

const char *const story_no_node = "expected the number of a node";
const char *const story_no_live_node = "expected the number of a node that runs";

bool story_number(const char *word, uint64_t *number)
{
    char *end;

    *number = strtoull(word, &end, 10);
    return *word >= '0' && *word <= '9' && *end == 0;
}

bool story_setting(char *word, const char **name, uint64_t *value)
{
    char *equals = strchr(word, '=');

    if (equals == NULL || !story_number(equals + 1, value)) {
        return false;
    }
    *equals = 0;
    *name = word;
    return true;
}

struct host *story_host(struct story *story, const char *word)
{
    uint64_t id;

    if (story->world == NULL || !story_number(word, &id) || id == 0 || id >= SIM_HOSTS_MAX) {
        return NULL;
    }
    return story->world->hosts[id];
}

static struct words split(char *line)
{
    struct words words = {0};
    char *state = NULL;

    for (char *word = strtok_r(line, " \t", &state); word != NULL && words.count < STORY_WORDS_MAX;
         word = strtok_r(NULL, " \t", &state)) {
        words.list[words.count++] = word;
    }
    return words;
}

/* ---- a line ---- */

const char *story_do(struct story *story, char *line)
{
    static char problem[160];
    struct words words = split(line);

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command *command = &commands[i];

        if (strcmp(words.list[0], command->name) != 0) {
            continue;
        }
        if (words.count - 1 < command->words_min || words.count - 1 > command->words_max) {
            snprintf(problem, sizeof(problem), "expected: %s %s", command->name, command->form);
            return problem;
        }
        if (story->world == NULL && command->run != story_nodes) {
            return "a story begins with: nodes COUNT";
        }
        return command->run(story, &words);
    }
    snprintf(problem, sizeof(problem), "unknown command '%.40s'", words.list[0]);
    return problem;
}

void story_init(struct story *story)
{
    *story = (struct story){0};
    story->stream = open_memstream(&story->told, &story->told_bytes);
    ASSERT(story->stream != NULL);
}

void story_free(struct story *story)
{
    if (story->world != NULL) {
        story->world->story = NULL;
        world_destroy(story->world);
    }
    for (size_t i = 0; i < story->request_count; i++) {
        memory_free(story->values[i]);
    }
    fclose(story->stream);
    free(story->told); /* open_memstream() made it */
}
