/*
 * Checks options against each other. Looks at the modes of the files that are named, but opens
 * none of them. Runs on the thread that calls conf_load() or conf_validate(); keeps nothing.
 */
#include "conf/validate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/assert.h"
#include "conf/value.h"

/* An option and its place. All names in this file are constants, so the option exists. */
struct named {
    const struct conf_option *option;
    const struct conf_place *place;
};

static struct named find(struct conf_source *source, const char *section, const char *key)
{
    const struct conf_option *option = conf_option_find(section, key);

    ASSERT(option != NULL);
    return (struct named){.option = option, .place = source_option(source, option)};
}

static uint32_t line_of(struct conf_source *source, const char *section, const char *key)
{
    return find(source, section, key).place->line;
}

static bool is_broken(struct conf_source *source, const char *section, const char *key)
{
    return find(source, section, key).place->is_broken;
}

static uint32_t line_of_peer(struct conf_source *source, uint16_t id)
{
    const struct conf_place *place = source_peer(source, id);

    return place != NULL ? place->line : 0;
}

/* ---- numbers that have to fit each other ---- */

struct ratio {
    const char *small_section;
    const char *small_key;
    const char *large_section;
    const char *large_key;
    unsigned factor; /* large has to be at least factor * small */
    bool is_strict;  /* large has to be more than factor * small */
};

static uint64_t number_of(const struct conf *conf, const struct conf_option *option)
{
    const char *field = (const char *)conf + option->offset;

    if (option->size_bytes == sizeof(uint64_t)) {
        return *(const uint64_t *)(const void *)field;
    }
    ASSERT(option->size_bytes == sizeof(uint32_t));
    return *(const uint32_t *)(const void *)field;
}

/* Names in its report the option that is set. If both or neither are set, it names the smaller. */
static void check_ratio(const struct conf *conf, struct conf_source *source,
                        const struct ratio *ratio)
{
    struct named small = find(source, ratio->small_section, ratio->small_key);
    struct named large = find(source, ratio->large_section, ratio->large_key);
    uint64_t bound = number_of(conf, small.option) * ratio->factor;
    uint64_t value = number_of(conf, large.option);
    char small_text[64];
    char large_text[64];

    if (small.place->is_broken || large.place->is_broken || value > bound ||
        (value == bound && !ratio->is_strict)) {
        return;
    }
    conf_value_format(conf, small.option, small_text, sizeof(small_text));
    conf_value_format(conf, large.option, large_text, sizeof(large_text));
    if (small.place->line != 0 || large.place->line == 0) {
        source_tell_option(source, small.place->line, ratio->small_section, ratio->small_key,
                           "found \"%s\", expected %s %s[%s] %s, which is %s", small_text,
                           ratio->is_strict ? "less than" : "at most",
                           ratio->factor == 2 ? "half of " : "", ratio->large_section,
                           ratio->large_key, large_text);
    } else {
        source_tell_option(source, large.place->line, ratio->large_section, ratio->large_key,
                           "found \"%s\", expected %s %s[%s] %s, which is %s", large_text,
                           ratio->is_strict ? "more than" : "at least",
                           ratio->factor == 2 ? "twice " : "", ratio->small_section,
                           ratio->small_key, small_text);
    }
}

static void check_numbers(const struct conf *conf, struct conf_source *source)
{
    static const struct ratio ratios[] = {
        /* One lost heartbeat must not start an election. */
        {"raft", "heartbeat_ms", "raft", "election_timeout_ms", 2, true},
        {"raft", "max_batch_bytes", "raft", "max_inflight_bytes", 1, false},
        {"limits", "max_request_bytes", "storage", "segment_bytes", 2, false},
        /* A client that can write a value must be able to read it again. */
        {"limits", "max_request_bytes", "limits", "output_buffer_bytes", 1, false},
    };

    for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
        check_ratio(conf, source, &ratios[i]);
    }
}

/* ---- addresses ---- */

struct address {
    char host[ADDRESS_HOST_BYTES];
    uint16_t port;
};

/* False if there is no address. The syntax was checked when the option was set. */
static bool split(const char *text, struct address *address)
{
    const char *problem;

    return text[0] != 0 && address_split(text, address->host, &address->port, &problem);
}

static bool is_loopback(const char *text)
{
    struct address address;

    return split(text, &address) && address_is_loopback_host(address.host);
}

static bool is_same_address(const char *text, const char *other)
{
    struct address a;
    struct address b;

    return split(text, &a) && split(other, &b) && a.port == b.port &&
           address_is_same_host(a.host, b.host);
}

static const struct conf_peer *own_peer(const struct conf *conf)
{
    for (size_t i = 0; i < conf->peer_count; i++) {
        if (conf->peers[i].id == conf->node.id) {
            return &conf->peers[i];
        }
    }
    return NULL;
}

/* "1, 2 or 5" */
static void list_peer_ids(const struct conf *conf, char *text, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < conf->peer_count && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%u",
                                 i == 0                      ? ""
                                 : i + 1 == conf->peer_count ? " or "
                                                             : ", ",
                                 conf->peers[i].id);
    }
}

static void check_own_id(const struct conf *conf, struct conf_source *source)
{
    struct named id = find(source, "node", "id");
    char ids[8 * CONF_PEERS_MAX];

    if (conf->peer_count == 0 || source->peers_are_broken || id.place->is_broken ||
        own_peer(conf) != NULL) {
        return;
    }
    list_peer_ids(conf, ids, sizeof(ids));
    if (id.place->line == 0 && source->path != NULL) {
        source_tell_option(
            source, 0, "node", "id",
            "not set, so its value is the default %u; expected an id that is listed in [peers]: %s",
            conf->node.id, ids);
    } else {
        source_tell_option(source, id.place->line, "node", "id",
                           "found \"%u\", expected an id that is listed in [peers]: %s%s",
                           conf->node.id, ids,
                           conf->node.join[0] != 0 ? "; a node that joins needs no [peers]" : "");
    }
}

static void check_peers(const struct conf *conf, struct conf_source *source)
{
    char key[8];

    for (size_t i = 0; i < conf->peer_count; i++) {
        const struct conf_peer *peer = &conf->peers[i];

        for (size_t j = 0; j < i; j++) {
            if (is_same_address(peer->address, conf->peers[j].address)) {
                snprintf(key, sizeof(key), "%u", peer->id);
                source_tell_option(source, line_of_peer(source, peer->id), "peers", key,
                                   "found \"%s\", expected an address that no other node has: node "
                                   "%u has the same",
                                   peer->address, conf->peers[j].id);
                break;
            }
        }
    }
}

/* Whether a connection to the address `dialled` can never reach a socket that listens on
 * `listening`. If one of them is a host name and the ports are equal, the answer is false: a name
 * may resolve to any address. */
static bool surely_differ(const char *listening, const char *dialled)
{
    struct address listen;
    struct address dial;

    if (!split(listening, &listen) || !split(dialled, &dial)) {
        return false;
    }
    if (listen.port != dial.port) {
        return true;
    }
    return address_is_ip_host(listen.host) && address_is_ip_host(dial.host) &&
           !address_is_wildcard_host(listen.host) && !address_is_same_host(listen.host, dial.host);
}

/* The other nodes connect to the address that [peers] has for this node, so this node has to listen
 * there or say that another address is forwarded to it. */
static void check_own_address(const struct conf *conf, struct conf_source *source)
{
    const struct conf_peer *own = own_peer(conf);

    if (own == NULL || conf->peer_count < 2 || is_broken(source, "advertise", "peer") ||
        is_broken(source, "listen", "peer")) {
        return;
    }
    if (conf->advertise.peer[0] != 0) {
        if (!is_same_address(conf->advertise.peer, own->address)) {
            source_tell_option(source, line_of(source, "advertise", "peer"), "advertise", "peer",
                               "found \"%s\", expected \"%s\", the address of node %u in [peers]",
                               conf->advertise.peer, own->address, own->id);
        }
    } else if (surely_differ(conf->listen.peer, own->address)) {
        source_tell_option(source, line_of(source, "listen", "peer"), "listen", "peer",
                           "found \"%s\", expected \"%s\", to which the other nodes connect by "
                           "[peers] (if a forwarder stands in between, set [advertise] peer = %s)",
                           conf->listen.peer, own->address, own->address);
    }
}

static void check_ports(const struct conf *conf, struct conf_source *source)
{
    struct address peer;
    struct address client;

    if (conf->peer_count < 2 || !split(conf->listen.peer, &peer) ||
        !split(conf->listen.client, &client) || peer.port != client.port) {
        return;
    }
    if (address_is_same_host(peer.host, client.host) || address_is_wildcard_host(peer.host) ||
        address_is_wildcard_host(client.host)) {
        source_tell_option(source, line_of(source, "listen", "client"), "listen", "client",
                           "found \"%s\", expected another port than that of [listen] peer, \"%s\"",
                           conf->listen.client, conf->listen.peer);
    }
}

/* ---- who may talk to this node ---- */

static void check_plaintext_peers(const struct conf *conf, struct conf_source *source)
{
    static const char remedy[] = "expected \"required\", loopback addresses only, or "
                                 "allow_plaintext_peers = yes";
    uint32_t line = line_of(source, "tls", "peer");

    if (conf->tls.peer != CONF_TLS_OFF || conf->tls.allow_plaintext_peers ||
        is_broken(source, "tls", "allow_plaintext_peers")) {
        return;
    }
    if (!is_loopback(conf->listen.peer) && !is_broken(source, "listen", "peer")) {
        source_tell_option(source, line, "tls", "peer",
                           "found \"off\" while [listen] peer is \"%s\", %s", conf->listen.peer,
                           remedy);
        return;
    }
    for (size_t i = 0; i < conf->peer_count; i++) {
        if (!is_loopback(conf->peers[i].address)) {
            source_tell_option(source, line, "tls", "peer",
                               "found \"off\" while node %u is at \"%s\", %s", conf->peers[i].id,
                               conf->peers[i].address, remedy);
            return;
        }
    }
}

/* In a file the word would count again whenever the disk of the node is lost. */
static void check_bootstrap(const struct conf *conf, struct conf_source *source)
{
    uint32_t line = line_of(source, "node", "bootstrap");

    if (conf->node.bootstrap && line != 0 && line != CONF_LINE_SETTING) {
        source_tell_option(source, line, "node", "bootstrap",
                           "found in a file, expected on the command line only, once: raftd "
                           "--bootstrap");
    }
    if (conf->node.bootstrap && conf->node.join[0] != 0) {
        source_tell_option(source, line, "node", "bootstrap",
                           "found together with [node] join, expected one of them: a node founds a "
                           "cluster or joins one");
    }
}

static void check_unauthenticated_clients(const struct conf *conf, struct conf_source *source)
{
    if (is_loopback(conf->listen.client) || conf->tls.client == CONF_TLS_REQUIRED ||
        conf->listen.allow_unauthenticated_clients || is_broken(source, "listen", "client") ||
        is_broken(source, "tls", "client") ||
        is_broken(source, "listen", "allow_unauthenticated_clients")) {
        return;
    }
    source_tell_option(source, line_of(source, "listen", "client"), "listen", "client",
                       "found \"%s\", which other machines can reach, and clients need no "
                       "certificate; expected a loopback address, [tls] client = required, or "
                       "allow_unauthenticated_clients = yes",
                       conf->listen.client);
}

/* Why this node needs a certificate, or NULL if it does not. */
static const char *tls_reason(const struct conf *conf, struct conf_source *source)
{
    if (conf->tls.peer == CONF_TLS_REQUIRED && (conf->peer_count > 1 || conf->node.join[0] != 0) &&
        !is_broken(source, "tls", "peer")) {
        return line_of(source, "tls", "peer") != 0
                   ? "[tls] peer is required"
                   : "[tls] peer is required by default; raftctl cert makes the files";
    }
    if (conf->tls.client == CONF_TLS_REQUIRED && !is_broken(source, "tls", "client")) {
        return "[tls] client is required";
    }
    return NULL;
}

/* A text that says what is wrong with a file that has to be readable; NULL if nothing is. */
static const char *file_problem(const char *path, struct stat *status)
{
    if (stat(path, status) != 0 || access(path, R_OK) != 0) {
        return strerror(errno);
    }
    return S_ISREG(status->st_mode) ? NULL : "not a regular file";
}

static void check_tls_file(const char *path, const char *key, bool is_private, const char *reason,
                           struct conf_source *source)
{
    uint32_t line = line_of(source, "tls", key);
    struct stat status;
    const char *problem;

    if (is_broken(source, "tls", key)) {
        return;
    }
    if (path[0] == 0) {
        if (reason != NULL) {
            source_tell_option(source, line, "tls", key, "not set, expected a PEM file because %s",
                               reason);
        }
        return;
    }
    problem = file_problem(path, &status);
    if (problem != NULL) {
        source_tell_option(source, line, "tls", key, "found \"%s\" (%s), expected a readable file",
                           path, problem);
    } else if (is_private && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        source_tell_option(source, line, "tls", key,
                           "found \"%s\" with mode %04o, expected 0600: only its owner may have "
                           "access (run chmod 600)",
                           path, (unsigned)(status.st_mode & 07777));
    }
}

static void check_tls_files(const struct conf *conf, struct conf_source *source)
{
    const char *reason = tls_reason(conf, source);

    check_tls_file(conf->tls.ca, "ca", false, reason, source);
    check_tls_file(conf->tls.certificate, "certificate", false, reason, source);
    check_tls_file(conf->tls.key, "key", true, reason, source);
}

void validate(const struct conf *conf, struct conf_source *source)
{
    check_own_id(conf, source);
    check_peers(conf, source);
    check_own_address(conf, source);
    check_ports(conf, source);
    check_plaintext_peers(conf, source);
    check_bootstrap(conf, source);
    check_unauthenticated_clients(conf, source);
    check_tls_files(conf, source);
    check_numbers(conf, source);
}
