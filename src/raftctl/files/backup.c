/*
 * raftctl snapshot, backup and backup verify. A backup is a copy of a snapshot file: the node saves
 * a snapshot, and RAFT BACKUP returns the file piece by piece. The copy is checked here before it
 * gets its name. Main thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/plant.h"
#include "raftctl/endpoint.h"
#include "raftctl/files/backup_file.h"
#include "raftctl/output.h"
#include "raftctl/view.h"

enum { WAIT_STEP_MS = 100, BAR_CHARACTERS = 40 };

/* The node that is asked. Each node has its own snapshots, so a command asks only one node. */
struct source {
    const char *endpoint;
    struct endpoint *opened;
    struct raftd_error error;
};

static struct resp_reply *ask(struct source *source, const char *const *words)
{
    struct resp_reply *reply = NULL;

    if (endpoint_ask(source->opened, words, &reply, &source->error) != 0) {
        endpoint_complain(source->endpoint, source->error.message);
        return NULL;
    }
    if (reply->type == RESP_REPLY_ERROR) {
        ctl_complain("%s: %s", source->endpoint, reply->text);
        memory_free(reply);
        return NULL;
    }
    return reply;
}

/*
 * Asks whether the node has every write that was acknowledged until now: it answers a linearizable
 * read only after it has applied all of them. DBSIZE is such a read, and costs nothing. Complains
 * if the answer is an error.
 */
static bool is_confirmed(struct source *source)
{
    static const char *const level[] = {"RAFT", "CONSISTENCY", "LINEARIZABLE", NULL};
    static const char *const read[] = {"DBSIZE", NULL};
    struct resp_reply *reply = ask(source, level);

    if (reply != NULL) {
        memory_free(reply);
        reply = ask(source, read);
    }
    if (reply == NULL) {
        ctl_complain("%s: this node cannot confirm that it has every acknowledged write, so a "
                     "backup of it could lack some: name a node that raftctl ready calls ready, or "
                     "take what this node has with --stale",
                     source->endpoint);
        return false;
    }
    memory_free(reply);
    return true;
}

/* Connects to the first endpoint that accepts a connection. An exit code. */
static int open_source(struct source *source, const struct ctl_options *options)
{
    for (size_t i = 0; i < options->endpoint_count; i++) {
        source->endpoint = options->endpoints[i];
        if (endpoint_open(source->endpoint, options, &source->opened, &source->error) == 0) {
            return CTL_OK;
        }
        endpoint_complain(source->endpoint, source->error.message);
        if (source->error.code == RAFTD_ERROR_SYSTEM) {
            return CTL_LOCAL;
        }
    }
    return CTL_UNREACHABLE;
}

static void progress(const char *what, uint64_t done, uint64_t total)
{
    char bar[BAR_CHARACTERS + 1] = {0};

    if (isatty(STDERR_FILENO) == 0) {
        return;
    }
    if (total == 0) {
        fprintf(stderr, "\r%s: %" PRIu64 " MiB   ", what, done >> 20);
        return;
    }
    memset(bar, '.', BAR_CHARACTERS);
    memset(bar, '#', (size_t)(done * BAR_CHARACTERS / total));
    fprintf(stderr, "\r%s: [%s] %" PRIu64 " of %" PRIu64 " MiB, %" PRIu64 " %%   ", what, bar,
            done >> 20, total >> 20, done * 100 / total);
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO) != 0) {
        fputs("\r\033[K", stderr);
    }
}

/* Waits until the node has a snapshot of this index or a later one. Its index, 0 = failed. */
static uint64_t wait_saved(struct source *source, uint64_t wanted)
{
    const struct timespec step = {.tv_nsec = WAIT_STEP_MS * 1000000L};
    const char *const words[] = {"RAFT", "STATUS", NULL};
    unsigned idle = 0;

    for (;;) {
        struct resp_reply *status = ask(source, words);
        uint64_t index, saving;

        if (status == NULL) {
            return 0;
        }
        index = ctl_field_number(status, "snapshot_index");
        saving = ctl_field_number(status, "snapshot_saving_index");
        progress("saving", ctl_field_number(status, "snapshot_saving_bytes"), 0);
        memory_free(status);
        if (index >= wanted) {
            end_progress();
            return index;
        }
        idle = saving == 0 ? idle + 1 : 0;
        if (idle > 10000 / WAIT_STEP_MS) {
            ctl_complain("%s: the node did not save the snapshot: see its log", source->endpoint);
            return 0;
        }
        nanosleep(&step, NULL);
    }
}

/* Lets the node save a snapshot of all that is applied now. Its index, 0 = failed. */
static uint64_t save(struct source *source)
{
    const char *const words[] = {"RAFT", "SNAPSHOT", NULL};
    struct resp_reply *reply = ask(source, words);
    uint64_t index;

    if (reply == NULL) {
        return 0;
    }
    index = reply->type == RESP_REPLY_INTEGER ? (uint64_t)reply->integer : 0;
    memory_free(reply);
    if (index == 0) {
        ctl_complain("%s: the answer is not one of raftd", source->endpoint);
        return 0;
    }
    return wait_saved(source, index);
}

int ctl_snapshot(const struct ctl_options *options, char **arguments)
{
    struct source source = {0};
    int code = open_source(&source, options);
    uint64_t index;

    (void)arguments;
    if (code != CTL_OK) {
        return code;
    }
    index = save(&source);
    endpoint_close(source.opened);
    if (index == 0) {
        return CTL_REFUSED;
    }
    if (options->format == CTL_JSON) {
        printf("{\"snapshot_index\":%" PRIu64 "}\n", index);
    } else {
        printf("%s has a snapshot of index %" PRIu64 "\n", source.endpoint, index);
    }
    return CTL_OK;
}

/* ---- backup ------------------------------------------------------------------------------- */

/* Copies the piece at an offset. Returns the number of bytes, -1 = failed. */
static ssize_t copy_piece(struct source *source, const char *index, uint64_t offset, int file,
                          uint64_t *total)
{
    char at[24];
    const char *const words[] = {"RAFT", "BACKUP", index, at, NULL};
    struct resp_reply *reply;
    ssize_t count = -1;

    snprintf(at, sizeof(at), "%" PRIu64, offset);
    reply = ask(source, words);
    if (reply == NULL) {
        return -1;
    }
    if (reply->type != RESP_REPLY_ARRAY || reply->count != 2 ||
        reply->elements[0].type != RESP_REPLY_INTEGER ||
        reply->elements[1].type != RESP_REPLY_BULK) {
        ctl_complain("%s: the answer is not one of raftd", source->endpoint);
    } else {
        *total = (uint64_t)reply->elements[0].integer;
        count = write(file, reply->elements[1].text, reply->elements[1].size_bytes);
        if (count < 0 || (size_t)count != reply->elements[1].size_bytes) {
            ctl_complain("cannot write the backup: %s", strerror(count < 0 ? errno : ENOSPC));
            count = -1;
        }
    }
    memory_free(reply);
    return count;
}

static bool copy_all(struct source *source, uint64_t index, int file)
{
    char text[24];
    uint64_t total = 1;
    uint64_t done = 0;

    snprintf(text, sizeof(text), "%" PRIu64, index);
    while (done < total) {
        ssize_t count = copy_piece(source, text, done, file, &total);

        if (count < 0) {
            return false;
        }
        if (count == 0 && done < total) {
            ctl_complain("%s: the snapshot is shorter than the node said", source->endpoint);
            return false;
        }
        done += (uint64_t)count;
        total = total < done ? done : total; /* the node said less before */
        progress("copying", done, total);
    }
    end_progress();
    return true;
}

static int print_backup(const struct ctl_options *options, const char *path)
{
    struct raftd_error error = {0};
    struct ctl_backup backup;
    int code = ctl_backup_check(path, &backup, &error);

    if (code != 0) {
        ctl_complain("%s", error.message);
        return ctl_backup_exit_code(code);
    }
    ctl_backup_print(options, path, &backup);
    return CTL_OK;
}

/* Checks the file and gives it its final name. An exit code. */
static int publish(const char *temporary, const char *path, struct ctl_backup *backup)
{
    struct raftd_error error = {0};

    if (ctl_backup_check(temporary, backup, &error) != 0) {
        ctl_complain("the copy is damaged: %s", error.message);
        return CTL_REFUSED;
    }
    if (rename(temporary, path) != 0) {
        ctl_complain("cannot rename %s: %s", temporary, strerror(errno));
        return CTL_LOCAL;
    }
    return CTL_OK;
}

/* Copies the snapshot into the file and closes the file. An exit code. */
static int copy_to(struct source *source, uint64_t index, int file, const char *temporary)
{
    int code = CTL_OK;

    if (!copy_all(source, index, file)) {
        code = CTL_REFUSED;
    } else if (fsync(file) != 0) {
        ctl_complain("cannot sync %s: %s", temporary, strerror(errno));
        code = CTL_LOCAL;
    }
    close(file);
    return code;
}

static int fetch(struct source *source, const char *path, struct ctl_backup *backup)
{
    char temporary[4096];
    uint64_t index;
    int code;
    int file;

    if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX.tmp", path) >= (int)sizeof(temporary)) {
        ctl_complain("%s: the name is too long", path);
        return CTL_USAGE;
    }
    index = save(source);
    if (index == 0) {
        return CTL_REFUSED;
    }
    /* A new file of mode 0600 with a random name. If the name were fixed, another user could put a
     * link there, and all keys and values would be written into the file that it points to. */
    file = mkostemps(temporary, sizeof(".tmp") - 1, O_CLOEXEC);
    if (file < 0) {
        ctl_complain("cannot create %s: %s", temporary, strerror(errno));
        return CTL_LOCAL;
    }
    code = copy_to(source, index, file, temporary);
    if (code == CTL_OK) {
        code = publish(temporary, path, backup);
    }
    if (code != CTL_OK) {
        (void)unlink(temporary);
    }
    return code;
}

/*
 * Connects to the first endpoint that confirms that it has everything. An exit code: if one of the
 * endpoints could be reached and did not confirm, the command is refused.
 */
static int open_confirmed_source(struct source *source, const struct ctl_options *options)
{
    int code = CTL_UNREACHABLE;

    for (size_t i = 0; i < options->endpoint_count; i++) {
        source->endpoint = options->endpoints[i];
        if (endpoint_open(source->endpoint, options, &source->opened, &source->error) != 0) {
            endpoint_complain(source->endpoint, source->error.message);
            if (source->error.code == RAFTD_ERROR_SYSTEM) {
                return CTL_LOCAL;
            }
            continue;
        }
        if (PLANT(raftctl_backup_not_confirmed) || is_confirmed(source)) {
            return CTL_OK;
        }
        endpoint_close(source->opened);
        code = CTL_REFUSED;
    }
    return code;
}

/* Says for how long the node has had no contact with a quorum: so old the backup is at least. */
static void warn_of_age(struct source *source)
{
    static const char *const words[] = {"RAFT", "STATUS", NULL};
    struct resp_reply *status = ask(source, words);

    if (status != NULL && !ctl_field_flag(status, "ready")) {
        ctl_complain("%s: warning: the node is not ready (last contact with a quorum: %" PRIu64
                     " ms ago, 0 = never since its start); the backup may lack acknowledged writes",
                     source->endpoint, ctl_field_number(status, "quorum_silent_ms"));
    }
    memory_free(status);
}

int ctl_backup_fetch(const struct ctl_options *options, const char *path, struct ctl_backup *backup)
{
    struct source source = {0};
    int code =
        options->stale ? open_source(&source, options) : open_confirmed_source(&source, options);

    if (code != CTL_OK) {
        return code;
    }
    if (options->stale) {
        warn_of_age(&source);
    }
    code = fetch(&source, path, backup);
    endpoint_close(source.opened);
    return code;
}

int ctl_backup(const struct ctl_options *options, char **arguments)
{
    struct ctl_backup backup;
    int code = ctl_backup_fetch(options, arguments[0], &backup);

    if (code == CTL_OK) {
        ctl_backup_print(options, arguments[0], &backup);
        if (options->format == CTL_TABLE) {
            puts(options->stale ? "not confirmed: newer writes may be missing"
                                : "confirmed: holds every write that was acknowledged before this "
                                  "command began");
        }
    }
    return code;
}

int ctl_backup_verify(const struct ctl_options *options, char **arguments)
{
    return print_backup(options, arguments[0]);
}
