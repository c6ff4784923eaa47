/*
 * The configuration: one table (options.c) of every option - name, type, unit, default, limits,
 * one line of description - drives the INI parser, --check-config, the man page and the sample.
 * Plain data, one owner; reading the configuration file and looking at the modes of the files
 * it names is the only I/O.
 */
#ifndef RAFTD_CONF_CONF_H
#define RAFTD_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

enum { CONF_PEERS_MAX = 32, CONF_TEXT_MAX = 1024, CONF_ADDRESS_MAX = 272 };

enum conf_tls_mode { CONF_TLS_OFF, CONF_TLS_REQUIRED };
enum conf_consistency { CONF_LINEARIZABLE, CONF_LEASE, CONF_STALE };
enum conf_redirect { CONF_REDIRECT_PROXY, CONF_REDIRECT_MOVED };
enum conf_log_level { CONF_LOG_ERROR, CONF_LOG_WARNING, CONF_LOG_INFO, CONF_LOG_DEBUG };
enum conf_log_target { CONF_LOG_STDERR, CONF_LOG_SYSLOG };

struct conf_peer {
    uint16_t id;
    char address[CONF_ADDRESS_MAX];
};

struct conf {
    struct {
        uint16_t id;                  /* 1 */
        char data_dir[CONF_TEXT_MAX]; /* ./raftd-data */
        char join[CONF_ADDRESS_MAX];  /* "" = founds, or goes on */
        bool auto_promote;            /* yes */
    } node;
    struct {
        char name[64]; /* raftd */
    } cluster;
    struct {
        char peer[CONF_ADDRESS_MAX];   /* 127.0.0.1:7381 */
        char client[CONF_ADDRESS_MAX]; /* 127.0.0.1:7380 */
        bool allow_unauthenticated_clients;
    } listen;
    struct {
        char peer[CONF_ADDRESS_MAX]; /* "" = the listen address */
        char client[CONF_ADDRESS_MAX];
    } advertise;
    struct conf_peer peers[CONF_PEERS_MAX]; /* ascending id; empty = this node alone */
    size_t peer_count;
    struct {
        char ca[CONF_TEXT_MAX];
        char certificate[CONF_TEXT_MAX];
        char key[CONF_TEXT_MAX];
        int peer;   /* enum conf_tls_mode, required; without other peers it needs no files */
        int client; /* enum conf_tls_mode, off; required = TLS with client certificates */
        bool allow_plaintext_peers;
    } tls;
    struct {
        uint32_t heartbeat_ms;          /* 100 */
        uint32_t election_timeout_ms;   /* 1000 */
        uint64_t max_batch_bytes;       /* 1 MiB: entries in one append message */
        uint32_t max_inflight_messages; /* 128 per peer */
        uint64_t max_inflight_bytes;    /* 16 MiB per peer */
        uint64_t max_uncommitted_bytes; /* 64 MiB */
        uint16_t priority;              /* 0: leadership drifts to the highest, 0..100 */
        uint32_t disk_stall_ms;         /* 3000; 0 = never: then a leader hands over */
        uint32_t request_timeout_ms;    /* 5000: then a client gets an answer, whatever it is */
    } raft;
    struct {
        uint64_t reserve_bytes; /* 256 MiB: with less space left commands are refused; 0 = never */
        uint64_t segment_bytes; /* 64 MiB; at least twice max_request_bytes */
    } storage;
    struct {
        uint64_t log_bytes;    /* 64 MiB of log since the last one: a new one is due */
        uint32_t log_entries;  /* or so many entries; 1000000 */
        uint32_t keep_entries; /* 10000: tail of the log for slow followers */
        uint32_t keep;         /* 2 files */
        bool compress;
    } snapshot;
    struct {
        uint32_t max_clients;          /* 10000 */
        uint64_t max_request_bytes;    /* 8 MiB: one command with all its arguments */
        uint32_t max_arguments;        /* 65536 */
        uint64_t output_buffer_bytes;  /* 64 MiB per client; a slower reader is closed */
        uint32_t client_workers;       /* 1 thread, 1..16 */
        uint32_t idle_timeout_seconds; /* 0 = never */
    } limits;
    struct {
        int consistency;     /* enum conf_consistency, linearizable: reads, unless a client chose */
        uint32_t max_lag_ms; /* 1000: of a stale read, unless a client chose; 0 = any */
        int redirect;        /* enum conf_redirect, proxy */
    } redis;
    struct {
        int level;  /* enum conf_log_level, info */
        int target; /* enum conf_log_target, stderr */
    } log;
};

void conf_defaults(struct conf *conf);

/* One option by "section.key" (peers: "peers.3"; given again, it replaces). The error names the
 * option, the value found and what is wanted. */
int conf_set(struct conf *conf, const char *name, const char *value, struct raftd_error *error);

/* The value of one option, as conf_set() takes it. RAFTD_ERROR_INVALID: there is no such option,
 * or size (CONF_TEXT_MAX suffices) is too small. */
int conf_get(const struct conf *conf, const char *name, char *value, size_t size);

/* Where mistakes are told, one call each: "FILE:LINE: [section] key: found ..., wanted ...". */
typedef void conf_report(void *argument, const char *text);

/*
 * Reads a file into conf, reporting *every* mistake, then validates the whole. Returns 0 or
 * RAFTD_ERROR_INVALID (or _SYSTEM: cannot be read). On error conf is in no defined state.
 */
int conf_load(struct conf *conf, const char *path, conf_report *report, void *argument);

/* The same, with settings as "section.key=value" that go before what the file says; later ones
 * before earlier ones. path may be NULL: there are only the settings. */
int conf_load_with(struct conf *conf, const char *path, const char *const *settings,
                   size_t setting_count, conf_report *report, void *argument);

/* What one option alone cannot know: heartbeat against election timeout, own id among the
 * peers, TLS files, plain text and unauthenticated listening. Same reporting, without a file. */
int conf_validate(const struct conf *conf, conf_report *report, void *argument);

typedef void conf_found(void *argument, const char *name, const char *value);

/* Every option that differs from its default, as conf_set() takes it. */
void conf_each(const struct conf *conf, conf_found *found, void *argument);
/* Every option and peer with its value, in the order of raftd.conf(5). */
void conf_list(const struct conf *conf, conf_found *found, void *argument);

#endif
