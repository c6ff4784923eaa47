/*
 * Opens, checks and describes snapshot files in any directory. Main thread.
 */
#include "raftctl/files/backup_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "raftctl/output.h"

int ctl_backup_open(const char *path, struct snapshot_reader **reader, struct raftd_error *error)
{
    const char *slash = strrchr(path, '/');
    char *directory = memory_copy_string(slash == NULL ? "." : path);
    int code;

    if (slash == path) {
        directory[1] = '\0';
    } else if (slash != NULL) {
        directory[slash - path] = '\0';
    }
    code = snapshot_reader_open(fs_posix(), directory, slash == NULL ? path : slash + 1, reader,
                                error);
    memory_free(directory);
    return code;
}

int ctl_backup_check(const char *path, struct ctl_backup *backup, struct raftd_error *error)
{
    struct snapshot_reader *reader;
    const uint8_t *data;
    size_t size;
    int code = ctl_backup_open(path, &reader, error);

    if (code != 0) {
        return code;
    }
    *backup = (struct ctl_backup){.info = *snapshot_reader_info(reader),
                                  .file_bytes = snapshot_reader_file_bytes(reader)};
    while ((code = snapshot_reader_next(reader, &data, &size, error)) > 0) {
        backup->content_bytes += size;
    }
    snapshot_reader_close(reader);
    return code;
}

int ctl_backup_exit_code(int code)
{
    return code == RAFTD_ERROR_CORRUPT ? CTL_NO : CTL_LOCAL;
}

/* Cluster time as a date: it begins as the wall clock of the first leader. "-": not known. */
static void format_time(uint64_t time_ms, char text[32])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;

    if (time_ms == 0 || gmtime_r(&seconds, &parts) == NULL ||
        strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        snprintf(text, 32, "-");
    }
}

static void print_json(const char *path, const struct ctl_backup *backup)
{
    const struct raft_membership *members = &backup->info.membership;
    struct json json;
    char id[17];

    snprintf(id, sizeof(id), "%016" PRIx64, backup->info.cluster_id);
    json_begin(&json, stdout);
    json_open(&json, NULL, '{');
    json_text(&json, "file", path);
    json_integer(&json, "format_version", SNAPSHOT_FORMAT_VERSION);
    json_text(&json, "cluster_id", id);
    json_integer(&json, "index", (int64_t)backup->info.index);
    json_integer(&json, "term", (int64_t)backup->info.term);
    json_integer(&json, "time_ms", (int64_t)backup->info.time_ms);
    json_integer(&json, "file_bytes", (int64_t)backup->file_bytes);
    json_integer(&json, "content_bytes", (int64_t)backup->content_bytes);
    json_open(&json, "members", '[');
    for (size_t i = 0; i < members->count; i++) {
        json_open(&json, NULL, '{');
        json_integer(&json, "id", members->members[i].id);
        json_text(&json, "address", members->members[i].address);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    putchar('\n');
}

void ctl_backup_print(const struct ctl_options *options, const char *path,
                      const struct ctl_backup *backup)
{
    char time[32];

    if (options->format == CTL_JSON) {
        print_json(path, backup);
        return;
    }
    format_time(backup->info.time_ms, time);
    print_plain(stdout, path);
    printf(": complete, every checksum is right\n"
           "newest entry of %s by the time of the cluster\n"
           "index %" PRIu64 ", term %" PRIu64 ", cluster %016" PRIx64 ", %" PRIu64
           " bytes of content, file of %" PRIu64 " bytes\n",
           time, backup->info.index, backup->info.term, backup->info.cluster_id,
           backup->content_bytes, backup->file_bytes);
    for (size_t i = 0; i < backup->info.membership.count; i++) {
        printf("member %u at ", backup->info.membership.members[i].id);
        print_plain(stdout, backup->info.membership.members[i].address);
        putchar('\n');
    }
}
