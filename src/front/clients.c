/*
 * The list of clients and its text (clients.h). Any worker's thread.
 */
#include "front/clients.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sys/clock.h"

void clients_init(struct clients *clients, const char *listen_address)
{
    mutex_init(&clients->mutex, MUTEX_RANK_CLIENTS);
    clients->listen_address = listen_address;
    clients->first = NULL;
}

void clients_destroy(struct clients *clients)
{
    ASSERT(clients->first == NULL);
    mutex_destroy(&clients->mutex);
}

void clients_add(struct clients *clients, struct client_info *info)
{
    mutex_lock(&clients->mutex);
    info->previous = NULL;
    info->next = clients->first;
    if (clients->first != NULL) {
        clients->first->previous = info;
    }
    clients->first = info;
    mutex_unlock(&clients->mutex);
}

void clients_remove(struct clients *clients, struct client_info *info)
{
    mutex_lock(&clients->mutex);
    if (info->next != NULL) {
        info->next->previous = info->previous;
    }
    if (info->previous != NULL) {
        info->previous->next = info->next;
    } else {
        ASSERT(clients->first == info);
        clients->first = info->next;
    }
    mutex_unlock(&clients->mutex);
    memory_free(info->name);
    memory_free(info->library_name);
    memory_free(info->library_version);
}

void clients_set_text(struct clients *clients, char **text, const void *value, size_t size)
{
    char *copy = NULL;
    char *old;

    if (size > 0) {
        copy = memory_allocate(size + 1);
        memcpy(copy, value, size);
        copy[size] = '\0';
    }
    mutex_lock(&clients->mutex);
    old = *text;
    *text = copy;
    mutex_unlock(&clients->mutex);
    memory_free(old);
}

static void append_text(struct buffer *text, const char *more)
{
    if (more != NULL) {
        buffer_append(text, more, strlen(more));
    }
}

/* One line of CLIENT LIST: the fields that clients look for, in the order of Redis. */
static void write_locked(const struct clients *clients, const struct client_info *info,
                         uint64_t now_ms, struct buffer *text)
{
    uint64_t active_ms = atomic_load_explicit(&info->active_ms, memory_order_relaxed);
    const char *command = atomic_load_explicit(&info->command, memory_order_relaxed);
    uint32_t channels = atomic_load_explicit(&info->channels, memory_order_relaxed);
    uint32_t patterns = atomic_load_explicit(&info->patterns, memory_order_relaxed);
    int queued = atomic_load_explicit(&info->queued, memory_order_relaxed);
    char line[512];

    ASSERT(mutex_is_mine(&clients->mutex));
    snprintf(line, sizeof(line), "id=%" PRIu64 " addr=%s laddr=%s fd=%d name=", info->id,
             info->address, clients->listen_address, info->fd);
    append_text(text, line);
    append_text(text, info->name);
    snprintf(
        line, sizeof(line),
        " age=%" PRIu64 " idle=%" PRIu64 " flags=%s db=0 sub=%" PRIu32 " psub=%" PRIu32
        " ssub=0 multi=%d qbuf=%zu"
        " oll=%" PRIu32 " omem=%zu events=r cmd=%s user=default redir=-1 resp=%d lib-name=",
        (now_ms - info->created_ms) / 1000, now_ms > active_ms ? (now_ms - active_ms) / 1000 : 0,
        queued >= 0               ? "x"
        : channels + patterns > 0 ? "P"
                                  : "N",
        channels, patterns, queued, atomic_load_explicit(&info->input_bytes, memory_order_relaxed),
        atomic_load_explicit(&info->waiting, memory_order_relaxed),
        atomic_load_explicit(&info->output_bytes, memory_order_relaxed),
        command != NULL ? command : "NULL",
        atomic_load_explicit(&info->protocol, memory_order_relaxed));
    append_text(text, line);
    append_text(text, info->library_name);
    append_text(text, " lib-ver=");
    append_text(text, info->library_version);
    append_text(text, "\n");
}

void clients_write_one(struct clients *clients, const struct client_info *info, struct buffer *text)
{
    mutex_lock(&clients->mutex);
    write_locked(clients, info, clock_monotonic_ms(), text);
    mutex_unlock(&clients->mutex);
}

struct choice {
    const uint64_t *ids; /* NULL: any */
    size_t count;
    bool by_type, subscribed;
};

static bool is_wanted(const struct client_info *info, const struct choice *choice)
{
    uint32_t subscriptions = atomic_load_explicit(&info->channels, memory_order_relaxed) +
                             atomic_load_explicit(&info->patterns, memory_order_relaxed);

    if (choice->by_type) {
        return (subscriptions > 0) == choice->subscribed;
    }
    for (size_t i = 0; i < choice->count; i++) {
        if (choice->ids[i] == info->id) {
            return true;
        }
    }
    return choice->ids == NULL;
}

static void write_chosen(struct clients *clients, const struct choice *choice, struct buffer *text)
{
    uint64_t now_ms = clock_monotonic_ms();
    struct client_info *info;

    mutex_lock(&clients->mutex);
    info = clients->first;
    while (info != NULL && info->next != NULL) {
        info = info->next;
    }
    for (; info != NULL; info = info->previous) {
        if (is_wanted(info, choice)) {
            write_locked(clients, info, now_ms, text);
        }
    }
    mutex_unlock(&clients->mutex);
}

void clients_write_all(struct clients *clients, const uint64_t *ids, size_t count,
                       struct buffer *text)
{
    write_chosen(clients, &(struct choice){.ids = ids, .count = count}, text);
}

void clients_write_type(struct clients *clients, bool subscribed, struct buffer *text)
{
    write_chosen(clients, &(struct choice){.by_type = true, .subscribed = subscribed}, text);
}
