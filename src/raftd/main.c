/*
 * The daemon: main() of raftd. It connects the configuration, the key-value store, the Redis
 * protocol and the node, tells systemd what the node is doing, and chooses the exit code. It uses
 * the node through the public API, as any other program does. Everything here runs on the main
 * thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/address.h"
#include "commands/commands.h"
#include "conf/conf.h"
#include "front/front.h"
#include "kv/kv.h"
#include "net/tls.h"
#include "raftd/raftd.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    /* Open files other than connections of clients: log, listeners, links, eventfds, epoll sets. */
    DESCRIPTORS_RESERVED = 64,
    GOODBYE_MAX_MS = 500,
};

struct daemon {
    struct conf conf;
    struct daemon_signals signals;
    struct kv *kv;
    struct tls_context *client_tls; /* NULL = clients speak plain text */
    struct front *front;
    struct raftd_builder *builder;
    struct raftd_node *node;
    bool told_ready; /* systemd knows that the node is ready */
};

_Static_assert((int)CONF_LOG_ERROR == (int)LOG_LEVEL_ERROR &&
                   (int)CONF_LOG_WARNING == (int)LOG_LEVEL_WARNING &&
                   (int)CONF_LOG_INFO == (int)LOG_LEVEL_INFO &&
                   (int)CONF_LOG_DEBUG == (int)LOG_LEVEL_DEBUG,
               "log levels have the same numbers");
_Static_assert((int)CONF_LOG_STDERR == (int)LOG_TARGET_STDERR &&
                   (int)CONF_LOG_SYSLOG == (int)LOG_TARGET_SYSLOG,
               "log targets have the same numbers");

/* ---- configuration ---- */

static void print_mistake(void *argument, const char *text)
{
    size_t *count = argument;

    (*count)++;
    fprintf(stderr, "%s\n", text);
}

/* False: the configuration has mistakes, and all of them were printed on standard error. */
static bool load_configuration(struct conf *conf, const struct daemon_options *options)
{
    size_t count = 0;

    conf_defaults(conf);
    if (conf_load_with(conf, options->config_path, options->settings, options->setting_count,
                       print_mistake, &count) == 0) {
        return true;
    }
    fprintf(stderr, "raftd: %zu mistake%s in the configuration; see raftd.conf(5)\n", count,
            count == 1 ? "" : "s");
    return false;
}

static bool is_loopback(const char *address)
{
    char host[ADDRESS_HOST_BYTES];
    const char *problem;
    uint16_t port;

    return address_split(address, host, &port, &problem) && address_is_loopback_host(host);
}

static bool peers_are_loopback(const struct conf *conf)
{
    for (size_t i = 0; i < conf->peer_count; i++) {
        if (!is_loopback(conf->peers[i].address)) {
            return false;
        }
    }
    return is_loopback(conf->listen.peer);
}

/* Warns of what the configuration explicitly allows, and of what others can do then. */
static void warn_of_exposure(const struct conf *conf)
{
    if (conf->tls.client == CONF_TLS_OFF && !is_loopback(conf->listen.client)) {
        LOG_WARNING("[listen] allow_unauthenticated_clients = yes: everybody who can connect to %s "
                    "can read, change and delete all data, and connections are not encrypted",
                    conf->listen.client);
    }
    if (conf->tls.peer == CONF_TLS_OFF && conf->peer_count > 1 && !peers_are_loopback(conf)) {
        LOG_WARNING("[tls] allow_plaintext_peers = yes: everybody who can connect to %s can "
                    "pose as another node and change all data, and connections are not encrypted",
                    conf->listen.peer);
    }
}

/* ---- the process ---- */

/*
 * Opens /dev/null as standard input, output or error if the caller left one of them closed.
 * Otherwise the next socket or log file would get that descriptor, and messages for standard error
 * would be written into it.
 */
static bool open_standard_streams(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static void raise_descriptor_limit(const struct conf *conf)
{
    rlim_t wanted = (rlim_t)conf->limits.max_clients + DESCRIPTORS_RESERVED;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        LOG_WARNING("cannot read the limit on open files: %s", strerror(errno));
        return;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit = raised;
        }
    }
    if (limit.rlim_cur < wanted) {
        LOG_WARNING(
            "[limits] max_clients = %u needs %llu open files, and the limit is %llu: clients "
            "beyond the limit will have to wait; raise the limit (ulimit -n, LimitNOFILE=)",
            conf->limits.max_clients, (unsigned long long)wanted,
            (unsigned long long)limit.rlim_cur);
    }
}

/* ---- systemd ---- */

/* Called by the node when its state changes; text says what the node is doing. */
static void tell_progress(void *argument, const char *text)
{
    struct daemon *daemon = argument;

    sd_notifyf(0, "STATUS=%s", text);
    if (!daemon->told_ready && raftd_node_is_ready(daemon->node)) {
        daemon->told_ready = true;
        sd_notify(0, "READY=1");
    }
}

/* ---- the node ---- */

struct building {
    struct raftd_builder *builder;
    struct raftd_error *error;
    int code;
};

static void pass_option(void *argument, const char *name, const char *value)
{
    struct building *building = argument;

    if (building->code == 0) {
        building->code = raftd_builder_set(building->builder, name, value, building->error);
    }
}

static int create_client_tls(struct daemon *daemon, struct raftd_error *error)
{
    const struct conf *conf = &daemon->conf;

    if (conf->tls.client == CONF_TLS_OFF) {
        return 0;
    }
    return tls_context_create(conf->tls.ca, conf->tls.certificate, conf->tls.key,
                              &daemon->client_tls, error);
}

/* Makes everything that the node needs, but not the node. */
static int assemble(struct daemon *daemon, struct raftd_error *error)
{
    struct building building = {.error = error};
    struct raftd_state_machine machine;
    int code;

    daemon->builder = raftd_builder_create();
    building.builder = daemon->builder;
    conf_each(&daemon->conf, pass_option, &building);
    if (building.code != 0) {
        return building.code;
    }
    daemon->kv = kv_create(random_u64());
    machine = kv_state_machine(daemon->kv);
    code = raftd_builder_state_machine(daemon->builder, &machine);
    if (code == 0) {
        code = create_client_tls(daemon, error);
    }
    if (code == 0) {
        code = front_create(&daemon->conf, daemon->client_tls, &commands_handler, &daemon->front,
                            error);
    }
    if (code == 0) {
        front_observe(daemon->front, daemon->kv);
        code = raftd_builder_listener(daemon->builder, daemon->conf.listen.client, front_accept,
                                      daemon->front, error);
    }
    raftd_builder_on_progress(daemon->builder, tell_progress, daemon);
    return code;
}

/* The exit code if the node could not be built. */
static int exit_of_build(int code)
{
    switch (code) {
    case RAFTD_ERROR_INVALID:
    case RAFTD_ERROR_TOO_LARGE:
        return DAEMON_EXIT_CONFIGURATION;
    case RAFTD_ERROR_LOCKED:
    case RAFTD_ERROR_REFUSED:
        return DAEMON_EXIT_DATA_REFUSED;
    case RAFTD_ERROR_REMOVED:
        return DAEMON_EXIT_REMOVED;
    case RAFTD_ERROR_UNAVAILABLE:
        return DAEMON_EXIT_SERVE;
    case RAFTD_ERROR_CORRUPT:
        return DAEMON_EXIT_DATA_DAMAGED;
    case RAFTD_ERROR_SYSTEM:
        return DAEMON_EXIT_DISK;
    default:
        return DAEMON_EXIT_INTERNAL;
    }
}

static int complain(const struct raftd_error *error, int code, int exit_code)
{
    LOG_ERROR("%s", error->message[0] != 0 ? error->message : raftd_code_text(code));
    sd_notifyf(0, "STATUS=%s", error->message);
    return exit_code;
}

static int build(struct daemon *daemon)
{
    struct raftd_error error = {0};
    int code = assemble(daemon, &error);

    if (code != 0) {
        return complain(&error, code,
                        code == RAFTD_ERROR_INVALID ? DAEMON_EXIT_CONFIGURATION
                                                    : DAEMON_EXIT_INTERNAL);
    }
    sd_notify(0, "STATUS=recovering the log");
    code = raftd_builder_build(daemon->builder, &daemon->node, &error);
    if (code != 0) {
        return complain(&error, code, exit_of_build(code));
    }
    return DAEMON_EXIT_STOPPED;
}

/*
 * Waits for a moment before the end. If connections ended at once, a client could not know whether
 * its last command was applied. During the wait the workers answer every command that arrives with
 * the error that it was not applied. A client that sends nothing during this time has no command
 * under way when its connection ends.
 */
static void say_goodbye(const struct daemon *daemon)
{
    uint32_t wait_ms = 2 * daemon->conf.raft.heartbeat_ms;

    poll(NULL, 0, wait_ms < GOODBYE_MAX_MS ? (int)wait_ms : GOODBYE_MAX_MS);
}

/* The exit code if the running node failed. A node that joins a cluster opens its data directory
 * only while it runs, so errors of the data directory can come from here as well. */
static int exit_of_run(int code)
{
    switch (code) {
    case RAFTD_ERROR_INVALID:
    case RAFTD_ERROR_LOCKED:
    case RAFTD_ERROR_REFUSED:
    case RAFTD_ERROR_REMOVED:
    case RAFTD_ERROR_CORRUPT:
        return exit_of_build(code);
    default:
        return DAEMON_EXIT_SERVE;
    }
}

static int run(struct daemon *daemon)
{
    struct raftd_error error = {0};
    int exit_code = DAEMON_EXIT_STOPPED;
    int code;

    daemon_signals_set_node(&daemon->signals, daemon->node);
    code = front_start(daemon->front, daemon->node, &error);
    if (code == 0) {
        code = raftd_node_run(daemon->node, &error);
    }
    if (code != 0) {
        exit_code = complain(&error, code, exit_of_run(code));
    }
    if (code == 0 || code == RAFTD_ERROR_REMOVED) {
        say_goodbye(daemon);
    }
    front_stop(daemon->front);
    return exit_code;
}

static int serve(struct daemon *daemon)
{
    const struct conf *conf = &daemon->conf;
    int exit_code;

    LOG_INFO("raftd %s: node %u of cluster \"%s\", data in %s, clients at %s, peers at %s",
             raftd_version(), conf->node.id, conf->cluster.name, conf->node.data_dir,
             conf->listen.client, conf->listen.peer);
    warn_of_exposure(conf);
    raise_descriptor_limit(conf);
    exit_code = build(daemon);
    if (exit_code == DAEMON_EXIT_STOPPED) {
        exit_code = run(daemon);
    }
    daemon_signals_stop(&daemon->signals);
    raftd_node_destroy(daemon->node);
    front_destroy(daemon->front);
    raftd_builder_destroy(daemon->builder);
    tls_context_destroy(daemon->client_tls);
    /* daemon->kv is not freed: this would take long for millions of keys, and the process ends. */
    LOG_INFO("ended with exit code %d", exit_code);
    return exit_code;
}

int main(int argc, char **argv)
{
    static struct daemon daemon;
    struct daemon_options options;
    int exit_code;

    if (!open_standard_streams()) {
        return DAEMON_EXIT_INTERNAL;
    }
    if (!daemon_options_parse(argc, argv, &options, &exit_code)) {
        daemon_options_free(&options);
        return exit_code;
    }
    if (!load_configuration(&daemon.conf, &options)) {
        exit_code = DAEMON_EXIT_CONFIGURATION;
    } else if (options.check_only) {
        printf("%s: the configuration is valid\n",
               options.config_path != NULL ? options.config_path : "raftd");
        exit_code = DAEMON_EXIT_STOPPED;
    } else {
        log_configure((enum log_level)daemon.conf.log.level,
                      (enum log_target)daemon.conf.log.target);
        exit_code =
            daemon_signals_start(&daemon.signals) == 0 ? serve(&daemon) : DAEMON_EXIT_INTERNAL;
    }
    daemon_options_free(&options);
    return exit_code;
}
