/*
 * How fast the write-ahead log is on a given disk: first start, appends at several batch sizes
 * into prepared and unprepared segments, preparing, recovery. Prints one line per measurement.
 * Not part of make check.
 *
 * usage: wal_bench [-s SECONDS_PER_CASE] [-r RECOVERY_MIB] DIRECTORY
 *        the directory must not exist or be empty; it is left behind
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/wal.h"
#include "sys/clock.h"

enum {
    SEGMENT_BYTES = 64 * 1024 * 1024,
    VALUE_BYTES = 140, /* a small SET command with a value of 100 bytes */
    ENTRIES_MAX = 10000,
    SAMPLES_MAX = 200000,
    PREPARE_BYTES = 256 * 1024,
};

struct bench {
    struct wal *wal;
    uint64_t last_index;
    uint64_t write_sequence;
    struct raft_entry *entries[ENTRIES_MAX];
    uint32_t *samples_us;
    size_t sample_count;
};

static _Noreturn void die(const struct raftd_error *error)
{
    fprintf(stderr, "wal_bench: %s\n", error->message);
    exit(EXIT_FAILURE);
}

static void open_log(struct bench *bench, const char *directory, const char *what)
{
    struct wal_options options = {
        .fs = fs_posix(),
        .directory = directory,
        .cluster_id = 1,
        .node_id = 1,
        .segment_bytes = SEGMENT_BYTES,
        .max_entry_bytes = 64 * 1024 * 1024,
        .random_seed = random_u64(),
    };
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal_figures figures;
    uint64_t start_us = clock_monotonic_us();

    if (wal_open(&options, &bench->wal, &recovered, &error) != 0) {
        die(&error);
    }
    wal_get_figures(bench->wal, &figures);
    printf("%-34s %10.1f ms, %zu entries in %.0f MiB\n", what,
           (double)(clock_monotonic_us() - start_us) / 1000, recovered.entry_count,
           (double)figures.size_bytes / 1048576);
    bench->last_index = recovered.entry_count;
    wal_recovered_free(&recovered);
}

static uint64_t prepare(struct bench *bench, uint64_t budget_bytes)
{
    struct raftd_error error = {0};
    uint64_t left = wal_prepare(bench->wal, budget_bytes, &error);

    if (error.code != 0) {
        die(&error);
    }
    return left;
}

static void append(struct bench *bench, size_t entry_count)
{
    struct raftd_error error = {0};
    struct raft_write write = {
        .sequence = ++bench->write_sequence,
        .entries = bench->entries,
        .entry_count = entry_count,
        .last_term = 1,
    };

    for (size_t i = 0; i < entry_count; i++) {
        bench->entries[i]->index = ++bench->last_index;
    }
    write.last_index = bench->last_index;
    if (wal_append(bench->wal, &write, 1, &error) != 0) {
        die(&error);
    }
}

static int compare_samples(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

static double percentile(const struct bench *bench, double part)
{
    return bench->samples_us[(size_t)((double)(bench->sample_count - 1) * part)];
}

static void print_samples(struct bench *bench, const char *what, size_t entry_count,
                          uint64_t took_us)
{
    double batches = (double)bench->sample_count / (double)took_us * 1e6;

    qsort(bench->samples_us, bench->sample_count, sizeof(bench->samples_us[0]), compare_samples);
    printf("%-24s %5zu a batch %10.0f batches/s %12.0f entries/s   p50 %5.0f  p99 %6.0f  "
           "max %6.0f us\n",
           what, entry_count, batches, batches * (double)entry_count, percentile(bench, 0.5),
           percentile(bench, 0.99), percentile(bench, 1));
    fflush(stdout);
}

/*
 * Appends for some time. slice_bytes: what wal_prepare() gets after each batch; 0: it is not
 * called at all. The time of the slices counts, as the log writer's next batch waits for them.
 */
static void measure(struct bench *bench, const char *what, size_t entry_count, uint64_t slice_bytes,
                    double seconds)
{
    uint64_t start_us = clock_monotonic_us();
    uint64_t now_us = start_us;

    bench->sample_count = 0;
    while ((double)(now_us - start_us) < seconds * 1e6 && bench->sample_count < SAMPLES_MAX) {
        uint64_t before_us = now_us;

        append(bench, entry_count);
        if (slice_bytes > 0) {
            prepare(bench, slice_bytes);
        }
        now_us = clock_monotonic_us();
        bench->samples_us[bench->sample_count++] = (uint32_t)(now_us - before_us);
    }
    print_samples(bench, what, entry_count, now_us - start_us);
}

static void measure_prepare(struct bench *bench)
{
    uint64_t start_us = clock_monotonic_us();
    uint64_t now_us = start_us;
    uint64_t left;

    bench->sample_count = 0;
    do {
        uint64_t before_us = now_us;

        left = prepare(bench, PREPARE_BYTES);
        now_us = clock_monotonic_us();
        bench->samples_us[bench->sample_count++] = (uint32_t)(now_us - before_us);
    } while (left > 0 && bench->sample_count < SAMPLES_MAX);
    print_samples(bench, "prepare, 256 KiB slices", 0, now_us - start_us);
}

static void make_entries(struct bench *bench)
{
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        bench->entries[i] = raft_entry_make(RAFT_ENTRY_COMMAND, NULL, VALUE_BYTES);
        memset(bench->entries[i]->data, 'v', VALUE_BYTES);
        bench->entries[i]->term = 1;
    }
}

static void fill(struct bench *bench, uint64_t mebibytes)
{
    struct wal_figures figures;

    do {
        append(bench, ENTRIES_MAX);
        wal_get_figures(bench->wal, &figures);
    } while (figures.size_bytes < mebibytes * 1048576);
}

static void run(struct bench *bench, const char *directory, double seconds, uint64_t mebibytes)
{
    static const size_t counts[] = {1, 10, 100, 1000, 10000};

    open_log(bench, directory, "first start");
    measure(bench, "never prepared", 1, 0, seconds);
    measure_prepare(bench);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        while (prepare(bench, PREPARE_BYTES) > 0) {
        }
        measure(bench, "prepared before", counts[i], 0, seconds < 1 ? seconds : 1);
    }
    measure(bench, "preparing 16 KiB a batch", 1, 16384, seconds);
    measure(bench, "preparing 64 KiB a batch", 1, 65536, seconds);
    measure(bench, "preparing 256 KiB a batch", 1, 262144, seconds);
    wal_close(bench->wal);
    open_log(bench, directory, "recovery of small batches");
    fill(bench, mebibytes);
    wal_close(bench->wal);
    open_log(bench, directory, "recovery");
    wal_close(bench->wal);
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    double seconds = 2;
    unsigned long mebibytes = 1024;
    int option;

    while ((option = getopt(argc, argv, "s:r:")) != -1) {
        if (option == 's') {
            seconds = strtod(optarg, NULL);
        } else if (option == 'r') {
            mebibytes = strtoul(optarg, NULL, 10);
        } else {
            return 2;
        }
    }
    if (optind + 1 != argc || seconds <= 0) {
        fprintf(stderr, "usage: wal_bench [-s SECONDS_PER_CASE] [-r RECOVERY_MIB] DIRECTORY\n");
        return 2;
    }
    bench.samples_us = memory_allocate(SAMPLES_MAX * sizeof(bench.samples_us[0]));
    make_entries(&bench);
    run(&bench, argv[optind], seconds, mebibytes);
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        raft_entry_release(bench.entries[i]);
    }
    memory_free(bench.samples_us);
    return EXIT_SUCCESS;
}
