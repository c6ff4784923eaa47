/*
 * A replicated register: one text that all nodes of a cluster agree on. The program shows how
 * libraftd saves and restores snapshots, and what a read may ask for.
 *
 *     cc register.c -o register $(pkg-config --cflags --libs raftd)
 *     ./register CONFIG            a file as raftd.conf(5) describes; one program for each node
 *
 * It reads commands from standard input, one a line, and answers each with one line:
 *
 *     write TEXT                   "ok VERSION" once the text is on the disks of a majority
 *     read                         "VERSION TEXT"; sees every write that was acknowledged before
 *     read lease                   the same, without a message where this node leads
 *     read stale [MAX_LAG_MS]      "VERSION TEXT" as this node knows it, at most that old
 *     snapshot                     saves a snapshot and lets the log before it go
 *
 * A command that fails is answered with "error" and the reason. Standard error tells when the role
 * of the node, the leader, the members or the readiness changes.
 */
#define _POSIX_C_SOURCE 200809L /* getline() */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <raftd/client.h>
#include <raftd/node.h>

enum {
    TEXT_MAX_BYTES = 4096,
    VERSION_BYTES = 8,
    CONTENT_MAX_BYTES = VERSION_BYTES + TEXT_MAX_BYTES,
};

/* The replicated state. */
struct content {
    uint64_t version; /* how many writes made it; 0 = none yet */
    size_t size_bytes;
    char text[TEXT_MAX_BYTES];
};

/* A content as bytes of a snapshot: the version, little-endian, then the text. */
struct encoded {
    size_t size_bytes;
    unsigned char bytes[CONTENT_MAX_BYTES];
};

struct machine {
    struct content content;
    struct encoded saving; /* what the snapshot that is being saved consists of */
    size_t saved_bytes;    /* of that, already written */
};

/* ---- Commands and queries -------------------------------------------------------------------- */

/*
 * Runs on every node for every committed command, so it decides by the command and the state
 * alone. A command that makes no sense gets a reply that says so, on every node alike.
 */
static void apply(void *context, const struct raftd_entry *entries, size_t count)
{
    struct machine *machine = context;
    struct content *content = &machine->content;

    for (size_t i = 0; i < count; i++) {
        char reply[64];
        int length;

        if (entries[i].size_bytes > TEXT_MAX_BYTES) {
            length = snprintf(reply, sizeof(reply), "error the text is longer than %d bytes",
                              TEXT_MAX_BYTES);
        } else {
            content->version++;
            content->size_bytes = entries[i].size_bytes;
            memcpy(content->text, entries[i].data, entries[i].size_bytes);
            length = snprintf(reply, sizeof(reply), "ok %" PRIu64, content->version);
        }
        raftd_reply_write(entries[i].reply, reply, (size_t)length);
    }
}

/* There is one question, so the bytes of the query do not matter. */
static void answer(void *context, const struct raftd_query *query, struct raftd_reply *reply)
{
    const struct machine *machine = context;
    char version[32];
    int length = snprintf(version, sizeof(version), "%" PRIu64 " ", machine->content.version);

    (void)query;
    raftd_reply_write(reply, version, (size_t)length);
    raftd_reply_write(reply, machine->content.text, machine->content.size_bytes);
}

/* ---- Saving a snapshot ----------------------------------------------------------------------- */

/*
 * Between begin and end the node goes on applying commands, and the snapshot still has to be of
 * the moment of begin. A state of this size is simply copied; a large one keeps the old value of
 * what changes in the meantime.
 */
static void snapshot_begin(void *context)
{
    struct machine *machine = context;
    const struct content *content = &machine->content;

    for (int i = 0; i < VERSION_BYTES; i++) {
        machine->saving.bytes[i] = (unsigned char)(content->version >> (8 * i));
    }
    memcpy(machine->saving.bytes + VERSION_BYTES, content->text, content->size_bytes);
    machine->saving.size_bytes = VERSION_BYTES + content->size_bytes;
    machine->saved_bytes = 0;
}

/* Writes the next slice; true with the last one. */
static bool snapshot_next(void *context, struct raftd_snapshot_sink *sink, size_t budget_bytes)
{
    struct machine *machine = context;
    size_t left = machine->saving.size_bytes - machine->saved_bytes;
    size_t size = left < budget_bytes ? left : budget_bytes;

    raftd_snapshot_write(sink, machine->saving.bytes + machine->saved_bytes, size);
    machine->saved_bytes += size;
    return machine->saved_bytes == machine->saving.size_bytes;
}

static void snapshot_end(void *context)
{
    (void)context; /* nothing was allocated */
}

/* ---- Restoring one --------------------------------------------------------------------------- */

/*
 * The staged state is built on another thread while commands are still applied to the old one, so
 * these functions do not touch the machine. Only restore_commit() does, on the thread that applies.
 */
static void *restore_begin(void *context)
{
    struct encoded *staged = calloc(1, sizeof(*staged));

    (void)context;
    if (staged == NULL) {
        abort(); /* there is no way to go on without the state */
    }
    return staged;
}

static int corrupt(struct raftd_error *error, const char *text)
{
    if (error != NULL) {
        error->code = RAFTD_ERROR_CORRUPT;
        snprintf(error->message, sizeof(error->message), "%s", text);
    }
    return RAFTD_ERROR_CORRUPT;
}

/* The pieces are of any size, not those that snapshot_next() wrote. */
static int restore_write(void *staged, const void *data, size_t size_bytes,
                         struct raftd_error *error)
{
    struct encoded *content = staged;

    if (size_bytes > CONTENT_MAX_BYTES - content->size_bytes) {
        return corrupt(error, "the snapshot is longer than a register can be");
    }
    memcpy(content->bytes + content->size_bytes, data, size_bytes);
    content->size_bytes += size_bytes;
    return 0;
}

static int restore_finish(void *staged, struct raftd_error *error)
{
    const struct encoded *content = staged;

    if (content->size_bytes < VERSION_BYTES) {
        return corrupt(error, "the snapshot is too short for a version");
    }
    return 0;
}

static void restore_commit(void *context, void *staged)
{
    struct machine *machine = context;
    const struct encoded *encoded = staged;
    struct content *content = &machine->content;

    content->version = 0;
    for (int i = 0; i < VERSION_BYTES; i++) {
        content->version |= (uint64_t)encoded->bytes[i] << (8 * i);
    }
    content->size_bytes = encoded->size_bytes - VERSION_BYTES;
    memcpy(content->text, encoded->bytes + VERSION_BYTES, content->size_bytes);
    free(staged);
}

static void restore_abort(void *staged)
{
    free(staged);
}

/* ---- The commands of this program ------------------------------------------------------------ */

/* Sends what was asked last and prints its answer; `code`: whether the node took the request. */
static void finish(struct raftd_client *client, int code)
{
    struct raftd_completion completion = {.status = code};

    if (code == 0) {
        raftd_client_submit(client);
        while (!raftd_client_next(client, &completion)) {
            raftd_client_wait(client, -1);
        }
    }
    if (completion.status != 0) {
        printf("error %s\n", raftd_code_text(completion.status));
        return;
    }
    printf("%.*s\n", (int)completion.size_bytes, (const char *)completion.data);
}

/* A read needs no more than one call. */
static void ask(struct raftd_client *client, enum raftd_read_level level, uint32_t max_lag_ms)
{
    struct raftd_completion completion;

    if (raftd_client_ask(client, "", 0, level, max_lag_ms, &completion) != 0) {
        printf("error %s\n", raftd_code_text(completion.status));
        return;
    }
    printf("%.*s\n", (int)completion.size_bytes, (const char *)completion.data);
}

static void run_command(struct raftd_client *client, const char *line)
{
    uint32_t max_lag_ms = 0; /* 0 = any age */

    if (strncmp(line, "write ", 6) == 0) {
        finish(client, raftd_client_propose(client, line + 6, strlen(line + 6), 0));
    } else if (strcmp(line, "read") == 0) {
        ask(client, RAFTD_READ_LINEARIZABLE, 0);
    } else if (strcmp(line, "read lease") == 0) {
        ask(client, RAFTD_READ_LEASE, 0);
    } else if (strcmp(line, "read stale") == 0 ||
               sscanf(line, "read stale %" SCNu32, &max_lag_ms) == 1) {
        ask(client, RAFTD_READ_STALE, max_lag_ms);
    } else if (strcmp(line, "snapshot") == 0) {
        finish(client, raftd_client_snapshot(client, 0));
    } else {
        printf("error unknown command: expected write, read or snapshot\n");
    }
}

static void run_commands(struct raftd_client *client)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;

    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        if (line[length - 1] == '\n') {
            line[length - 1] = '\0';
        }
        run_command(client, line);
    }
    free(line);
}

/* On a thread of the library, which does nothing else. Standard error is for people here. */
static void tell_change(void *argument, unsigned changed, const struct raftd_status *status)
{
    (void)argument;
    if ((changed & (RAFTD_CHANGED_ROLE | RAFTD_CHANGED_LEADER)) != 0) {
        fprintf(stderr, "this node is %s, the leader is node %u\n", status->role, status->leader);
    }
    if ((changed & RAFTD_CHANGED_MEMBERS) != 0) {
        fprintf(stderr, "the cluster has %zu members\n", status->member_count);
    }
    if ((changed & RAFTD_CHANGED_READY) != 0) {
        fprintf(stderr, "%s\n", status->ready ? "serving" : "not serving");
    }
}

int main(int argc, char **argv)
{
    static struct machine machine;
    const struct raftd_state_machine functions = {
        .context = &machine,
        .apply = apply,
        .read = answer,
        .snapshot_begin = snapshot_begin,
        .snapshot_next = snapshot_next,
        .snapshot_end = snapshot_end,
        .restore_begin = restore_begin,
        .restore_write = restore_write,
        .restore_finish = restore_finish,
        .restore_commit = restore_commit,
        .restore_abort = restore_abort,
    };
    struct raftd_builder *builder = NULL;
    struct raftd_node *node = NULL;
    struct raftd_client *client = NULL;
    struct raftd_error error = {0};
    int code;

    if (argc != 2) {
        fprintf(stderr, "usage: %s CONFIG\n", argv[0]);
        return 2;
    }
    builder = raftd_builder_create();
    code = raftd_builder_load(builder, argv[1], &error);
    if (code != 0) {
        goto end;
    }
    code = raftd_builder_state_machine(builder, &functions);
    if (code != 0) {
        goto end;
    }
    raftd_builder_on_change(builder, tell_change, NULL);
    code = raftd_builder_build(builder, &node, &error);
    if (code != 0) {
        goto end;
    }
    code = raftd_node_start(node, -1, &error); /* waits for a majority, for ever if need be */
    if (code != 0) {
        goto end;
    }
    code = raftd_client_open(node, &client);
    if (code != 0) {
        goto end;
    }
    run_commands(client);

end:
    if (code != 0) {
        fprintf(stderr, "%s: %s\n", argv[0],
                error.code != 0 ? error.message : raftd_code_text(code));
    }
    raftd_client_close(client);
    raftd_node_destroy(node);
    raftd_builder_destroy(builder);
    return code == 0 ? 0 : 1;
}
