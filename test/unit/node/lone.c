/*
 * One node in the process of a test; see lone.h.
 */
#include "lone.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

enum { PATIENCE_MS = 10000 };

/* ---- the disk ---- */

static pthread_mutex_t disk_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t disk_changed = PTHREAD_COND_INITIALIZER;
static bool disk_stalls;
static bool snapshots_stall;
static unsigned disk_waiters;

static void wait_for_disk(const bool *stalls)
{
    pthread_mutex_lock(&disk_mutex);
    while (*stalls) {
        disk_waiters++;
        pthread_cond_broadcast(&disk_changed);
        pthread_cond_wait(&disk_changed, &disk_mutex);
        disk_waiters--;
    }
    pthread_mutex_unlock(&disk_mutex);
}

/* In the place of the function of the C library, in this program. */
int fdatasync(int file)
{
    wait_for_disk(&disk_stalls);
    return (int)syscall(SYS_fdatasync, file);
}

static bool is_snapshot(int file)
{
    char link[40];
    char path[512] = "";

    snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    return readlink(link, path, sizeof(path) - 1) > 0 && strstr(path, "/snapshot") != NULL;
}

int fsync(int file)
{
    if (is_snapshot(file)) {
        wait_for_disk(&snapshots_stall);
    }
    return (int)syscall(SYS_fsync, file);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t offset)
{
    if (is_snapshot(file)) {
        wait_for_disk(&snapshots_stall);
    }
    return syscall(SYS_pwrite64, file, data, size, offset);
}

static void stall(bool *what)
{
    pthread_mutex_lock(&disk_mutex);
    *what = true;
    pthread_mutex_unlock(&disk_mutex);
}

void lone_stall_disk(void)
{
    stall(&disk_stalls);
}

void lone_stall_snapshots(void)
{
    stall(&snapshots_stall);
}

void lone_release_disk(void)
{
    pthread_mutex_lock(&disk_mutex);
    disk_stalls = false;
    snapshots_stall = false;
    pthread_cond_broadcast(&disk_changed);
    pthread_mutex_unlock(&disk_mutex);
}

void lone_wait_for_stall(void)
{
    pthread_mutex_lock(&disk_mutex);
    while (disk_waiters == 0) {
        pthread_cond_wait(&disk_changed, &disk_mutex);
    }
    pthread_mutex_unlock(&disk_mutex);
}

/* ---- the clock ---- */

static _Atomic uint64_t clock_ahead_ms;

/* In the place of clock_monotonic_ms(), by --wrap of the linker. NOLINTBEGIN */
uint64_t __real_clock_monotonic_ms(void);
uint64_t __wrap_clock_monotonic_ms(void);

uint64_t __wrap_clock_monotonic_ms(void)
{
    return __real_clock_monotonic_ms() + atomic_load(&clock_ahead_ms);
}
/* NOLINTEND */

void lone_pause(uint64_t ms)
{
    atomic_fetch_add(&clock_ahead_ms, ms);
}

/* ---- the state machine ---- */

static void apply(void *context, const struct raftd_entry *entries, size_t count)
{
    struct lone *lone = context;

    for (size_t i = 0; i < count; i++) {
        lone->sum += *(const uint8_t *)entries[i].data;
        if (entries[i].reply != NULL) {
            raftd_reply_write(entries[i].reply, &lone->sum, sizeof(lone->sum));
        }
    }
}

static void read_sum(void *context, const struct raftd_query *query, struct raftd_reply *reply)
{
    struct lone *lone = context;

    (void)query;
    raftd_reply_write(reply, &lone->sum, sizeof(lone->sum));
    lone->read_count++;
    lone_pause(lone->pause_in_read_ms);
    lone->pause_in_read_ms = 0;
}

enum { BALLAST = 0xb5 };

static void snapshot_begin(void *context)
{
    struct lone *lone = context;

    ck_assert_uint_eq(lone->begins, lone->ends);
    lone->begins++;
    lone->saved_sum = lone->sum;
    lone->saved_bytes = 0;
}

static bool snapshot_next(void *context, struct raftd_snapshot_sink *sink, size_t budget_bytes)
{
    static uint8_t ballast[4096];
    struct lone *lone = context;
    size_t written = 0;

    memset(ballast, BALLAST, sizeof(ballast));
    if (lone->saved_bytes == 0) {
        raftd_snapshot_write(sink, &lone->saved_sum, sizeof(lone->saved_sum));
        lone->saved_bytes = sizeof(lone->saved_sum);
    }
    while (written < budget_bytes && lone->saved_bytes < lone->ballast_bytes) {
        raftd_snapshot_write(sink, ballast, sizeof(ballast));
        lone->saved_bytes += sizeof(ballast);
        written += sizeof(ballast);
    }
    return lone->saved_bytes >= lone->ballast_bytes;
}

static void snapshot_end(void *context)
{
    struct lone *lone = context;

    lone->ends++;
    ck_assert_uint_eq(lone->begins, lone->ends);
}

struct staged {
    uint64_t sum;
    size_t size;
};

static void *restore_begin(void *context)
{
    (void)context;
    return calloc(1, sizeof(struct staged));
}

static int restore_write(void *staged, const void *data, size_t size_bytes,
                         struct raftd_error *error)
{
    struct staged *to = staged;

    for (size_t i = 0; i < size_bytes; i++, to->size++) {
        uint8_t byte = ((const uint8_t *)data)[i];

        if (to->size < sizeof(to->sum)) {
            ((uint8_t *)&to->sum)[to->size] = byte;
        } else if (byte != BALLAST) {
            error->code = RAFTD_ERROR_CORRUPT;
            snprintf(error->message, sizeof(error->message), "no ballast");
            return RAFTD_ERROR_CORRUPT;
        }
    }
    return 0;
}

static int restore_finish(void *staged, struct raftd_error *error)
{
    (void)error;
    return ((struct staged *)staged)->size >= sizeof(uint64_t) ? 0 : RAFTD_ERROR_CORRUPT;
}

static void restore_commit(void *context, void *staged)
{
    struct lone *lone = context;

    lone->sum = ((struct staged *)staged)->sum;
    lone->restored++;
    free(staged);
}

/* ---- the node ---- */

struct raftd_state_machine lone_machine(struct lone *lone)
{
    return (struct raftd_state_machine){
        .context = lone,
        .apply = apply,
        .read = read_sum,
        .snapshot_begin = snapshot_begin,
        .snapshot_next = snapshot_next,
        .snapshot_end = snapshot_end,
        .restore_begin = restore_begin,
        .restore_write = restore_write,
        .restore_finish = restore_finish,
        .restore_commit = restore_commit,
        .restore_abort = free,
    };
}

void lone_init(struct lone *lone)
{
    struct raftd_state_machine machine = lone_machine(lone);

    memset(lone, 0, sizeof(*lone));
    snprintf(lone->directory, sizeof(lone->directory), "/tmp/raftd-lone-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(lone->directory));
    lone->builder = raftd_builder_create();
    lone_set(lone, "node.data_dir", lone->directory);
    lone_set(lone, "limits.max_request_bytes", "64K");
    lone_set(lone, "storage.segment_bytes", "1M");
    lone_set(lone, "node.bootstrap", "yes");
    ck_assert_int_eq(raftd_builder_state_machine(lone->builder, &machine), 0);
}

void lone_set(struct lone *lone, const char *name, const char *value)
{
    int code = raftd_builder_set(lone->builder, name, value, &lone->error);

    if (strcmp(name, "node.join") == 0 && value[0] != 0) {
        lone_set(lone, "node.bootstrap", "no"); /* a node founds or joins */
    }
    ck_assert_msg(code == 0, "%s = %s: %s", name, value, lone->error.message);
}

void lone_free_address(char address[LONE_ADDRESS_BYTES])
{
    struct sockaddr_in free = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(free);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&free, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&free, &size), 0);
    close(fd);
    snprintf(address, LONE_ADDRESS_BYTES, "127.0.0.1:%u", ntohs(free.sin_port));
}

void lone_build(struct lone *lone)
{
    int code;

    lone->sum = 0;
    code = raftd_builder_build(lone->builder, &lone->node, &lone->error);
    ck_assert_msg(code == 0, "%s", lone->error.message);
    ck_assert_int_eq(raftd_client_open(lone->node, &lone->client), 0);
}

static void *run(void *argument)
{
    struct lone *lone = argument;

    lone->run_code = raftd_node_run(lone->node, &lone->error);
    return NULL;
}

void lone_run(struct lone *lone)
{
    ck_assert_int_eq(pthread_create(&lone->thread, NULL, run, lone), 0);
    lone->running = true;
}

bool lone_leads(const struct raftd_status *status, uint64_t unused)
{
    (void)unused;
    return status->ready && strcmp(status->role, "leader") == 0 &&
           status->applied_index == status->last_index;
}

bool lone_has_last_index(const struct raftd_status *status, uint64_t index)
{
    return status->last_index == index;
}

void lone_serve(struct lone *lone)
{
    lone_build(lone);
    lone_run(lone);
    lone_wait(lone, lone_leads, 0);
}

int lone_stop(struct lone *lone)
{
    ck_assert(lone->running);
    raftd_node_stop(lone->node);
    pthread_join(lone->thread, NULL);
    lone->running = false;
    return lone->run_code;
}

void lone_destroy(struct lone *lone)
{
    raftd_client_close(lone->client);
    raftd_node_destroy(lone->node);
    lone->client = NULL;
    lone->node = NULL;
}

static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *file;
    char name[512];

    ck_assert_ptr_nonnull(directory);
    while ((file = readdir(directory)) != NULL) {
        snprintf(name, sizeof(name), "%s/%s", path, file->d_name);
        (void)unlink(name);
    }
    closedir(directory);
    (void)rmdir(path);
}

void lone_free(struct lone *lone)
{
    if (lone->running) {
        ck_assert_int_eq(lone_stop(lone), 0);
    }
    lone_destroy(lone);
    raftd_builder_destroy(lone->builder);
    remove_directory(lone->directory);
}

/* ---- its client ---- */

struct raftd_completion lone_next(struct lone *lone)
{
    struct raftd_completion completion;

    ck_assert_msg(raftd_client_wait(lone->client, PATIENCE_MS), "no completion in time");
    ck_assert(raftd_client_next(lone->client, &completion));
    return completion;
}

void lone_propose(struct lone *lone, uint8_t number, uint64_t tag)
{
    ck_assert_int_eq(raftd_client_propose(lone->client, &number, 1, tag), 0);
    raftd_client_submit(lone->client);
}

static int outcome(struct lone *lone, uint64_t *sum)
{
    struct raftd_completion completion = lone_next(lone);

    if (completion.status == 0 && sum != NULL) {
        ck_assert_uint_eq(completion.size_bytes, sizeof(*sum));
        memcpy(sum, completion.data, sizeof(*sum));
    }
    return completion.status;
}

int lone_add(struct lone *lone, uint8_t number, uint64_t *sum)
{
    lone_propose(lone, number, 1);
    return outcome(lone, sum);
}

int lone_read(struct lone *lone, uint64_t *sum)
{
    ck_assert_int_eq(raftd_client_read(lone->client, "", 0, RAFTD_READ_LINEARIZABLE, 0, 2), 0);
    raftd_client_submit(lone->client);
    return outcome(lone, sum);
}

struct raftd_status lone_status(struct lone *lone)
{
    struct raftd_status status;

    raftd_node_status(lone->node, &status, sizeof(status));
    return status;
}

/* No event announces a change of the status, so this asks again after a pause. */
void lone_wait(struct lone *lone, bool (*wanted)(const struct raftd_status *status, uint64_t value),
               uint64_t value)
{
    const struct timespec pause = {.tv_nsec = 200000};

    for (unsigned i = 0; i < PATIENCE_MS * 5; i++) {
        struct raftd_status status = lone_status(lone);

        if (wanted(&status, value)) {
            return;
        }
        nanosleep(&pause, NULL);
    }
    ck_abort_msg("the status did not become as wanted in time");
}
