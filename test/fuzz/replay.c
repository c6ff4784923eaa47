/*
 * Runs a fuzz entry point without a fuzzer: over every file of a corpus, and over some
 * hundred mutations of each (flipped bits, cuts, runs of one byte, splices with the other
 * files). The mutations come from a generator seeded by the file's place in the sorted
 * corpus and the number of the mutation, so a failure repeats; it prints which one it runs
 * when the process dies.
 *
 * usage: fuzz_<what> [-n MUTATIONS] [CORPUS_DIRECTORY...]
 *        default: 300 mutations, $top_srcdir/test/fuzz/corpus/<what>
 *
 * One thread. Writes nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* There in sanitizer builds only. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

#define MUTATIONS_DEFAULT 300
#define FILES_MAX 4096
#define FILE_SIZE_MAX (8u << 20)

struct input {
    char *path;
    uint8_t *data;
    size_t size_bytes;
};

struct corpus {
    struct input inputs[FILES_MAX];
    size_t count;
};

static struct corpus corpus;

/* What is running, for the signal handler to name. */
static char running[1024];

static _Noreturn void fail(const char *doing, const char *path)
{
    fprintf(stderr, "replay: %s %s: %s\n", doing, path, strerror(errno));
    exit(EXIT_FAILURE);
}

/* 0 .. below - 1; 0 when there is no choice. */
static size_t random_below(uint64_t *state, size_t below)
{
    return below == 0 ? 0 : (size_t)(random_next(state) % below);
}

/* Names the input that the process dies of. */
static void name_running(void)
{
    static const char prefix[] = "replay: died of ";
    ssize_t ignored;

    ignored = write(STDERR_FILENO, prefix, sizeof(prefix) - 1);
    ignored = write(STDERR_FILENO, running, strlen(running));
    ignored = write(STDERR_FILENO, "\n", 1);
    (void)ignored;
}

static void on_signal(int signal_number)
{
    name_running();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* A sanitizer has handlers of its own, whose report we must not replace; abort() is ours. */
static void watch_for_death(void)
{
    signal(SIGABRT, on_signal);
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(name_running);
        return;
    }
    signal(SIGSEGV, on_signal);
    signal(SIGBUS, on_signal);
    signal(SIGFPE, on_signal);
}

static void corpus_add(const char *path, size_t size_bytes)
{
    struct input *input = &corpus.inputs[corpus.count];
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        fail("cannot open", path);
    input->path = strdup(path);
    input->data = malloc(size_bytes + 1);
    if (input->path == NULL || input->data == NULL)
        fail("no memory for", path);
    input->size_bytes = fread(input->data, 1, size_bytes, file);
    if (ferror(file))
        fail("cannot read", path);
    fclose(file);
    corpus.count++;
}

static void corpus_read(const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, alphasort);

    if (count < 0)
        fail("cannot list", directory);
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat status;

        snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        if (stat(path, &status) != 0)
            fail("cannot stat", path);
        if (S_ISREG(status.st_mode)) {
            if (corpus.count == FILES_MAX || status.st_size > (off_t)FILE_SIZE_MAX) {
                errno = EFBIG;
                fail("too much:", path);
            }
            corpus_add(path, (size_t)status.st_size);
        }
        free(entries[i]);
    }
    free(entries);
}

static void flip_bits(uint64_t *random, uint8_t *data, size_t size)
{
    size_t flips = 1 + random_below(random, 8);

    for (size_t i = 0; i < flips && size > 0; i++) {
        data[random_below(random, size)] ^= (uint8_t)(1u << random_below(random, 8));
    }
}

/* Overwrites a run of up to eight bytes with one of the values that lengths break at. */
static void stamp_bytes(uint64_t *random, uint8_t *data, size_t size)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff, '\r', '\n', '0', '9', '-'};
    size_t start = random_below(random, size);
    size_t length = 1 + random_below(random, 8);
    uint8_t value = values[random_below(random, sizeof(values))];

    for (size_t i = start; i < size && i < start + length; i++) {
        data[i] = value;
    }
}

/*
 * Makes one mutation of inputs[which] in a buffer of exactly its size, so that a sanitizer
 * sees one byte too many. The caller frees it.
 */
static uint8_t *mutate(uint64_t *random, size_t which, size_t *size)
{
    const struct input *head = &corpus.inputs[which];
    const struct input *tail = &corpus.inputs[random_below(random, corpus.count)];
    size_t head_size = head->size_bytes;
    size_t tail_start = 0;
    size_t tail_size = 0;
    size_t kind = random_below(random, 5);
    uint8_t *data;

    if (kind == 2 || kind == 3) {
        head_size = random_below(random, head->size_bytes + 1);
    }
    if (kind == 3 || kind == 4) {
        tail_start = random_below(random, tail->size_bytes + 1);
        tail_size = tail->size_bytes - tail_start;
    }
    data = malloc(head_size + tail_size + (head_size + tail_size == 0));
    if (data == NULL)
        fail("no memory for a mutation of", head->path);
    memcpy(data, head->data, head_size);
    if (tail_size > 0) {
        memcpy(data + head_size, tail->data + tail_start, tail_size);
    }
    *size = head_size + tail_size;
    if (kind == 0 || random_below(random, 4) == 0) {
        flip_bits(random, data, *size);
    }
    if (kind == 1 || random_below(random, 4) == 0) {
        stamp_bytes(random, data, *size);
    }
    return data;
}

/* The input itself, again in a buffer of exactly its size. */
static void run_original(size_t which)
{
    const struct input *input = &corpus.inputs[which];
    uint8_t *data = malloc(input->size_bytes + (input->size_bytes == 0));

    if (data == NULL)
        fail("no memory for", input->path);
    memcpy(data, input->data, input->size_bytes);
    snprintf(running, sizeof(running), "%s", input->path);
    LLVMFuzzerTestOneInput(data, input->size_bytes);
    free(data);
}

static void run_mutation(size_t which, unsigned long number)
{
    uint64_t random = ((uint64_t)which << 32) + number;
    size_t size;
    uint8_t *data = mutate(&random, which, &size);

    snprintf(running, sizeof(running), "mutation %lu of %s", number, corpus.inputs[which].path);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static void corpus_free(void)
{
    for (size_t i = 0; i < corpus.count; i++) {
        free(corpus.inputs[i].path);
        free(corpus.inputs[i].data);
    }
}

/* fuzz_wal -> $top_srcdir/test/fuzz/corpus/wal */
static void corpus_read_default(const char *program)
{
    const char *top = getenv("top_srcdir");
    const char *what = strstr(program, "fuzz_");
    char directory[4096];

    for (const char *next = what; next != NULL; next = strstr(next + 1, "fuzz_")) {
        what = next;
    }
    if (what == NULL) {
        fprintf(stderr, "replay: %s is not called fuzz_<what>: name a corpus directory\n", program);
        exit(2);
    }
    snprintf(directory, sizeof(directory), "%s/test/fuzz/corpus/%s", top != NULL ? top : ".",
             what + strlen("fuzz_"));
    corpus_read(directory);
}

int main(int argc, char **argv)
{
    unsigned long mutations = MUTATIONS_DEFAULT;
    int option;

    while ((option = getopt(argc, argv, "n:")) != -1) {
        if (option != 'n')
            return 2;
        mutations = strtoul(optarg, NULL, 10);
    }
    watch_for_death();
    for (int i = optind; i < argc; i++) {
        corpus_read(argv[i]);
    }
    if (optind == argc) {
        corpus_read_default(argv[0]);
    }
    if (corpus.count == 0) {
        fprintf(stderr, "replay: no input: name a corpus directory that holds files\n");
        return EXIT_FAILURE;
    }
    for (size_t which = 0; which < corpus.count; which++) {
        run_original(which);
        for (unsigned long number = 0; number < mutations; number++) {
            run_mutation(which, number);
        }
    }
    printf("%zu inputs and %lu mutations of each\n", corpus.count, mutations);
    corpus_free();
    return EXIT_SUCCESS;
}
