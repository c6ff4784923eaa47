/*
 * Runs stories: each command of a file, and after it the lines that say what followed, indented by
 * four spaces. What the cluster tells has to be what the file says.
 *
 * usage: stories [--rewrite | --planted[=NAME|=all]] FILE...
 *
 * With --rewrite the files get the lines that the cluster tells now. Read the difference before it
 * is committed: it says what changed in the protocol. With --planted each planted bug
 * (base/plant.h) that stories have to find is tried with all files, or the one of that name, or all
 * planted bugs; the stories that find it are listed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "base/plant.h"
#include "stories/story.h"

static const char indent[] = "    ";

static bool read_file(const char *path, struct buffer *text)
{
    FILE *file = fopen(path, "r");
    char part[4096];
    size_t size;

    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    while ((size = fread(part, 1, sizeof(part), file)) > 0) {
        buffer_append(text, part, size);
    }
    fclose(file);
    buffer_append(text, "", 1);
    return true;
}

/* Who is refused tries again and again: a command tells the first time only. */
static bool is_repeated_refusal(const struct buffer *out, size_t since, const char *text)
{
    const char *told = (const char *)out->data + since;

    return (strstr(text, " refuses node ") != NULL || strstr(text, " may not join: ") != NULL ||
            strstr(text, " cannot start: ") != NULL) &&
           out->size_bytes > since &&
           memmem(told, out->size_bytes - since, text, strlen(text)) != NULL;
}

/* Copies what the world has told since the last command, with milliseconds instead of the
 * microseconds of the simulator, and begins anew. */
static void take_told(struct story *story, struct buffer *out)
{
    size_t since = out->size_bytes;
    char *state = NULL;
    char *copy;

    fflush(story->stream);
    copy = memory_allocate(story->told_bytes + 1);
    memcpy(copy, story->told, story->told_bytes);
    copy[story->told_bytes] = 0;
    for (char *line = strtok_r(copy, "\n", &state); line != NULL;
         line = strtok_r(NULL, "\n", &state)) {
        char text[1024];
        int size;

        /* "   0.001234  node 1  ..." */
        if (strlen(line) < 13 || line[4] != '.' || is_repeated_refusal(out, since, line + 11)) {
            continue;
        }
        size = snprintf(text, sizeof(text), "%s%.8s%s\n", indent, line, line + 11);
        buffer_append(out, text, (size_t)size < sizeof(text) ? (size_t)size : sizeof(text) - 1);
    }
    memory_free(copy);
    rewind(story->stream);
    story->told_bytes = 0;
}

static void append_text(struct buffer *out, const char *text)
{
    buffer_append(out, text, strlen(text));
}

/* Runs the story; *out gets the file as it should be. False: a line was not understood, or a
 * promise was broken. */
static bool play(const char *path, const char *text, struct buffer *out)
{
    struct story story;
    unsigned number = 0;
    bool good = true;

    story_init(&story);
    while (*text != 0 && good) {
        size_t size = strcspn(text, "\n");
        char line[256];
        const char *problem;

        number++;
        snprintf(line, sizeof(line), "%.*s", (int)size, text);
        text += size + (text[size] != 0);
        if (strncmp(line, indent, strlen(indent)) == 0) {
            continue;
        }
        append_text(out, line);
        append_text(out, "\n");
        if (line[0] == 0 || line[0] == '#') {
            continue;
        }
        problem = story_do(&story, line);
        if (problem != NULL) {
            fprintf(stderr, "%s:%u: %s\n", path, number, problem);
            good = false;
        } else {
            take_told(&story, out);
        }
        if (story.world != NULL && story.world->failure.failed) {
            fprintf(stderr, "%s:%u: broken: %s: %s\n", path, number, story.world->failure.invariant,
                    story.world->failure.text);
            good = false;
        }
    }
    story_free(&story);
    buffer_append(out, "", 1);
    return good;
}

/* Shows the first line that differs. */
static void show_difference(const char *path, const char *wanted, const char *told)
{
    unsigned number = 1;

    while (*wanted != 0 && *wanted == *told) {
        number += *wanted == '\n';
        wanted++;
        told++;
    }
    while (number > 1 && wanted[-1] != '\n') {
        wanted--;
        told--;
    }
    fprintf(stderr, "%s:%u: the file and the cluster differ:\n  file:    %.*s\n  cluster: %.*s\n",
            path, number, (int)strcspn(wanted, "\n"), wanted, (int)strcspn(told, "\n"), told);
}

static bool rewrite(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    bool good = file != NULL && fputs(text, file) >= 0;

    good = file != NULL && fclose(file) == 0 && good;
    if (!good) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    return good;
}

static bool run_file(const char *path, bool rewrites)
{
    struct buffer wanted = {0}, told = {0};
    bool good = read_file(path, &wanted) && play(path, (const char *)wanted.data, &told);

    if (good && strcmp((const char *)wanted.data, (const char *)told.data) != 0) {
        good = rewrites ? rewrite(path, (const char *)told.data) : false;
        if (!rewrites) {
            show_difference(path, (const char *)wanted.data, (const char *)told.data);
        }
    }
    buffer_free(&wanted);
    buffer_free(&told);
    return good;
}

/* In a process of its own, as the bug may end it. */
static bool finds(enum plant plant, const char *path)
{
    pid_t child;
    int status;

    fflush(NULL);
    child = fork();
    ASSERT(child >= 0);
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

        ASSERT(nowhere >= 0 && dup2(nowhere, STDERR_FILENO) == STDERR_FILENO);
        plant_active = plant;
        _exit(run_file(path, false) ? 0 : 1);
    }
    ASSERT(waitpid(child, &status, 0) == child);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static const char *name_of_file(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* NULL: those that stories have to find. */
static bool is_wanted(enum plant plant, const char *name)
{
    if (name == NULL) {
        return plant_is_of_stories(plant);
    }
    return strcmp(name, "all") == 0 || plant_find(name) == plant;
}

/* Returns how many of the bugs no story finds. */
static int try_planted(const char *name, int count, char **paths)
{
    int missed = 0;

    for (int plant = PLANT_NONE + 1; plant < PLANT_COUNT; plant++) {
        int found = 0;

        if (!is_wanted((enum plant)plant, name)) {
            continue;
        }
        printf("%s:", plant_name((enum plant)plant));
        for (int i = 0; i < count; i++) {
            if (finds((enum plant)plant, paths[i])) {
                printf(" %s", name_of_file(paths[i]));
                found++;
            }
        }
        printf("%s\n", found == 0 ? " no story" : "");
        missed += found == 0;
    }
    return missed;
}

int main(int argc, char **argv)
{
    static const char planted[] = "--planted";
    bool rewrites = argc > 1 && strcmp(argv[1], "--rewrite") == 0;
    bool plants = argc > 1 && strncmp(argv[1], planted, strlen(planted)) == 0;
    int first = rewrites || plants ? 2 : 1;
    int failed = 0;

    if (first >= argc) {
        fputs("usage: stories [--rewrite | --planted[=NAME|=all]] FILE...\n", stderr);
        return 2;
    }
    if (plants) {
        const char *name = argv[1] + strlen(planted);

        if (*name == '=' && strcmp(name + 1, "all") != 0 && plant_find(name + 1) == PLANT_NONE) {
            fprintf(stderr, "no planted bug is called '%s'\n", name + 1);
            return 2;
        }
        return try_planted(*name == '=' ? name + 1 : NULL, argc - first, argv + first) > 0 ? 1 : 0;
    }
    for (int i = first; i < argc; i++) {
        failed += run_file(argv[i], rewrites) ? 0 : 1;
    }
    printf("%d stories, %d failed\n", argc - first, failed);
    return failed > 0 ? 1 : 0;
}
