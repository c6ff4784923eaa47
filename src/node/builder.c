/*
 * Makes a node from options: checks them, prepares TLS, and has recovery.c lock and recover the
 * data directory; and frees nodes. Runs on the embedder's thread, one at a time; may wait for the
 * disk.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/node.h"
#include "node/recovery.h"
#include "sys/clock.h"
#include "sys/log.h"

struct raftd_builder {
    struct conf conf;
    struct raftd_state_machine machine;
    struct node_listener listeners[NODE_LISTENERS_MAX];
    size_t listener_count;
    void (*progress)(void *argument, const char *text);
    void *progress_argument;
    void (*changed)(void *argument, unsigned changed, const struct raftd_status *status);
    void *changed_argument;
};

struct raftd_builder *raftd_builder_create(void)
{
    struct raftd_builder *builder = memory_allocate_zeroed(1, sizeof(*builder));

    conf_defaults(&builder->conf);
    return builder;
}

void raftd_builder_destroy(struct raftd_builder *builder)
{
    memory_free(builder);
}

int raftd_builder_set(struct raftd_builder *builder, const char *name, const char *value,
                      struct raftd_error *error)
{
    return conf_set(&builder->conf, name, value, error);
}

/* Keeps the first mistake that is reported. */
static void keep_first(void *argument, const char *text)
{
    struct raftd_error *error = argument;

    if (error->code == 0) {
        error_set(error, RAFTD_ERROR_INVALID, "%s", text);
    }
}

int raftd_builder_load(struct raftd_builder *builder, const char *path, struct raftd_error *error)
{
    struct raftd_error first = {0};
    int code = conf_load(&builder->conf, path, keep_first, &first);

    if (code != 0) {
        error_set(error, code, "%s", first.code != 0 ? first.message : path);
    }
    return code;
}

/* Whether apply is there, and each group of functions is complete or not there at all. */
static bool machine_is_complete(const struct raftd_state_machine *machine)
{
    int time = (machine->next_deadline != NULL) + (machine->tick != NULL);
    int snapshots = (machine->snapshot_begin != NULL) + (machine->snapshot_next != NULL) +
                    (machine->snapshot_end != NULL) + (machine->restore_begin != NULL) +
                    (machine->restore_write != NULL) + (machine->restore_finish != NULL) +
                    (machine->restore_commit != NULL) + (machine->restore_abort != NULL);

    return machine->apply != NULL && (time == 0 || time == 2) && (snapshots == 0 || snapshots == 8);
}

int raftd_builder_state_machine(struct raftd_builder *builder,
                                const struct raftd_state_machine *machine)
{
    if (!machine_is_complete(machine)) {
        return RAFTD_ERROR_INVALID;
    }
    builder->machine = *machine;
    return 0;
}

int raftd_builder_listener(struct raftd_builder *builder, const char *address,
                           void (*accepted)(void *argument, int fd), void *argument,
                           struct raftd_error *error)
{
    struct node_listener *listener = &builder->listeners[builder->listener_count];
    int code;

    if (builder->listener_count == NODE_LISTENERS_MAX) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "cannot add a listener at \"%s\": a node has at most %d", address,
                         NODE_LISTENERS_MAX);
    }
    code = net_address_parse(&listener->address, address, error);
    if (code == 0) {
        listener->accepted = accepted;
        listener->argument = argument;
        builder->listener_count++;
    }
    return code;
}

void raftd_builder_on_progress(struct raftd_builder *builder,
                               void (*progress)(void *argument, const char *text), void *argument)
{
    builder->progress = progress;
    builder->progress_argument = argument;
}

void raftd_builder_on_change(struct raftd_builder *builder,
                             void (*changed)(void *argument, unsigned changed,
                                             const struct raftd_status *status),
                             void *argument)
{
    builder->changed = changed;
    builder->changed_argument = argument;
}

static int make_tls(struct raftd_node *node, struct raftd_error *error)
{
    const struct conf *conf = &node->conf;

    if (conf->tls.peer == CONF_TLS_OFF) {
        node->link_shared.may_link = true;
        return 0;
    }
    /* A node that is alone needs no certificate, but without one no other node can join it. */
    if (conf->peer_count < 2 && conf->node.join[0] == 0 && conf->tls.certificate[0] == 0) {
        LOG_INFO("no [tls] certificate: the peer port stays closed, so no other node can join; to "
                 "make certificates, run raftctl cert");
        return 0;
    }
    node->link_shared.may_link = true;
    return tls_context_create(conf->tls.ca, conf->tls.certificate, conf->tls.key, &node->tls,
                              error);
}

static int make_node(const struct raftd_builder *builder, struct raftd_node **made,
                     struct raftd_error *error)
{
    struct raftd_node *node = memory_allocate_zeroed(1, sizeof(*node));
    int code;

    node->conf = builder->conf;
    node->machine = builder->machine;
    memcpy(node->listeners, builder->listeners, sizeof(node->listeners));
    node->listener_count = builder->listener_count;
    node->progress = builder->progress;
    node->progress_argument = builder->progress_argument;
    node->watch.changed = builder->changed;
    node->watch.argument = builder->changed_argument;
    node->origin = random_u64() | 1; /* 0 = no process */
    if (node->conf.storage.reserve_bytes != 0) {
        node->reserve = reserve_file_create(fs_posix(), node->conf.node.data_dir,
                                            node->conf.storage.reserve_bytes, RESERVE_PIECE_BYTES);
    }
    node->max_entry_bytes = node->conf.limits.max_request_bytes + NODE_ENTRY_OVERHEAD_BYTES;
    mutex_init(&node->core_mutex, MUTEX_RANK_CORE);
    link_table_init(&node->links);
    *made = node;
    code = waker_open(&node->core_waker);
    code = waker_open(&node->lifecycle_waker) != 0 ? RAFTD_ERROR_SYSTEM : code;
    code = waker_open(&node->start.waker) != 0 ? RAFTD_ERROR_SYSTEM : code;
    code = waker_open(&node->watch.waker) != 0 ? RAFTD_ERROR_SYSTEM : code;
    if (code != 0) {
        return recovery_no_descriptors(error);
    }
    return 0;
}

int raftd_builder_build(struct raftd_builder *builder, struct raftd_node **node,
                        struct raftd_error *error)
{
    struct raftd_error first = {0};
    struct raftd_node *made;
    bool must_ask = false;
    int code;

    *node = NULL;
    if (builder->machine.apply == NULL) {
        return error_set(
            error, RAFTD_ERROR_INVALID,
            "cannot build a node without a state machine: call raftd_builder_state_machine() "
            "first");
    }
    code = conf_validate(&builder->conf, keep_first, &first);
    if (code != 0) {
        return error_set(error, code, "%s", first.message);
    }
    code = make_node(builder, &made, error);
    if (code == 0) {
        code = make_tls(made, error);
    }
    if (code == 0) {
        code = recovery_begin(made, &must_ask, error);
    }
    /* To ask the members for the cluster may take long. So it is done by raftd_node_run(), which
     * can be stopped. */
    if (code == 0 && !must_ask) {
        code = recovery_build(made, error);
    }
    if (code != 0) {
        raftd_node_destroy(made);
        return code;
    }
    *node = made;
    return 0;
}

void raftd_node_destroy(struct raftd_node *node)
{
    if (node == NULL) {
        return;
    }
    raftd_node_stop(node);
    raftd_node_join(node, NULL);
    for (size_t i = 0; i < NODE_CLIENTS_MAX; i++) {
        struct raftd_client *client = atomic_load(&node->clients[i]);

        if (client != NULL) {
            client_free(client);
        }
    }
    link_table_free(&node->links);
    snapshot_worker_destroy(node->snapshots);
    log_writer_destroy(node->log_writer);
    reserve_file_destroy(node->reserve);
    member_destroy(node->member);
    tls_context_destroy(node->tls);
    mutex_destroy(&node->core_mutex);
    waker_close(&node->core_waker);
    waker_close(&node->lifecycle_waker);
    waker_close(&node->start.waker);
    waker_close(&node->watch.waker);
    memory_free(node);
}
