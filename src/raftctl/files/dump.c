/*
 * raftctl dump: prints the keys of a backup or snapshot file, or of a running node. kv/snapshot.h
 * describes the content of such a file. It is read piece by piece, so a dump needs memory for one
 * key at a time. Main thread.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "kv/snapshot.h"
#include "raftctl/files/backup_file.h"
#include "raftctl/output.h"

enum { ITEM_BYTES_MAX = 1 << 30 };

struct dump {
    const struct ctl_options *options;
    struct buffer bytes; /* the beginning of a record whose end was not read yet */
    bool has_header;
    bool has_end;
    struct json json;
};

static int malformed(struct raftd_error *error)
{
    return error_set(error, RAFTD_ERROR_CORRUPT,
                     "the content is damaged, or of another version of the key-value store");
}

static void print_item(struct dump *dump, const uint8_t *key, uint32_t key_bytes,
                       const uint8_t *value, uint32_t value_bytes, uint64_t revision,
                       uint64_t deadline_ms)
{
    if (dump->options->format == CTL_JSON) {
        json_open(&dump->json, NULL, '{');
        json_bytes(&dump->json, "key", key, key_bytes);
        json_bytes(&dump->json, "value", value, value_bytes);
        json_integer(&dump->json, "revision", (int64_t)revision);
        if (deadline_ms != 0) {
            json_integer(&dump->json, "deadline_ms", (int64_t)deadline_ms);
        }
        json_close(&dump->json, '}');
        return;
    }
    print_quoted(stdout, key, key_bytes);
    putchar(' ');
    print_quoted(stdout, value, value_bytes);
    printf(" revision %" PRIu64, revision);
    if (deadline_ms != 0) {
        printf(" deadline %" PRIu64, deadline_ms);
    }
    putchar('\n');
}

/* The size of the record of an item; 0 = its end is not there yet; negative = malformed. */
static int64_t take_item(struct dump *dump, const uint8_t *data, size_t size)
{
    struct reader reader = reader_make(data, size);
    bool has_deadline = reader_u8(&reader) == KV_SNAPSHOT_ITEM_WITH_DEADLINE;
    uint32_t key_bytes = reader_u32(&reader);
    uint32_t value_bytes = reader_u32(&reader);
    uint64_t revision = reader_u64(&reader);
    uint64_t deadline_ms = has_deadline ? reader_u64(&reader) : 0;
    const uint8_t *key;
    const uint8_t *value;

    if (!reader.failed && (key_bytes > ITEM_BYTES_MAX || value_bytes > ITEM_BYTES_MAX)) {
        return -1;
    }
    key = reader_bytes(&reader, key_bytes);
    value = reader_bytes(&reader, value_bytes);
    if (reader.failed) {
        return 0;
    }
    print_item(dump, key, key_bytes, value, value_bytes, revision, deadline_ms);
    return (int64_t)reader.offset_bytes;
}

static int64_t take_record(struct dump *dump, const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if (!dump->has_header) {
        if (size < KV_SNAPSHOT_HEADER_BYTES) {
            return 0;
        }
        dump->has_header = true;
        return load_u32(data) == KV_SNAPSHOT_MAGIC && data[4] == KV_SNAPSHOT_VERSION
                   ? KV_SNAPSHOT_HEADER_BYTES
                   : -1;
    }
    if (dump->has_end) {
        return -1;
    }
    switch (data[0]) {
    case KV_SNAPSHOT_ITEM:
    case KV_SNAPSHOT_ITEM_WITH_DEADLINE:
        return take_item(dump, data, size);
    case KV_SNAPSHOT_END:
        dump->has_end = size >= KV_SNAPSHOT_END_BYTES;
        return dump->has_end ? KV_SNAPSHOT_END_BYTES : 0;
    default:
        return -1;
    }
}

static int take(struct dump *dump, const uint8_t *data, size_t size, struct raftd_error *error)
{
    size_t done = 0;
    int64_t count;

    buffer_append(&dump->bytes, data, size);
    while ((count = take_record(dump, dump->bytes.data + done, dump->bytes.size_bytes - done)) >
           0) {
        done += (size_t)count;
    }
    buffer_consume(&dump->bytes, done);
    return count < 0 ? malformed(error) : 0;
}

static int run(struct dump *dump, struct snapshot_reader *reader, struct raftd_error *error)
{
    const uint8_t *data;
    size_t size;
    int code;

    while ((code = snapshot_reader_next(reader, &data, &size, error)) > 0) {
        code = take(dump, data, size, error);
        if (code != 0) {
            return code;
        }
    }
    return code == 0 && (!dump->has_end || dump->bytes.size_bytes > 0) ? malformed(error) : code;
}

static int dump_file(const struct ctl_options *options, const char *path)
{
    struct dump dump = {.options = options};
    struct raftd_error error = {0};
    struct snapshot_reader *reader;
    int code = ctl_backup_open(path, &reader, &error);

    if (code != 0) {
        ctl_complain("%s", error.message);
        return ctl_backup_exit_code(code);
    }
    if (options->format == CTL_JSON) {
        json_begin(&dump.json, stdout);
        json_open(&dump.json, NULL, '[');
    }
    code = run(&dump, reader, &error);
    if (options->format == CTL_JSON) {
        json_close(&dump.json, ']');
        putchar('\n');
    }
    snapshot_reader_close(reader);
    buffer_free(&dump.bytes);
    if (code != 0) {
        ctl_complain("%s: %s", path, error.message);
        return ctl_backup_exit_code(code);
    }
    return CTL_OK;
}

/* Dumps a running node: copies a backup into a private temporary file, prints and deletes it. */
static int dump_node(const struct ctl_options *options)
{
    const char *place = getenv("TMPDIR");
    struct ctl_backup backup;
    char directory[3000];
    char path[3100];
    int code;

    if (snprintf(directory, sizeof(directory), "%s/raftctl-XXXXXX",
                 place != NULL && place[0] != 0 ? place : "/tmp") >= (int)sizeof(directory) ||
        mkdtemp(directory) == NULL) {
        ctl_complain("cannot make a temporary directory: %s; set TMPDIR", strerror(errno));
        return CTL_LOCAL;
    }
    snprintf(path, sizeof(path), "%s/dump", directory);
    code = ctl_backup_fetch(options, path, &backup);
    if (code == CTL_OK) {
        code = dump_file(options, path);
        (void)unlink(path);
    }
    (void)rmdir(directory);
    return code;
}

int ctl_dump(const struct ctl_options *options, char **arguments)
{
    return arguments[0] != NULL ? dump_file(options, arguments[0]) : dump_node(options);
}
