/*
 * The configuration. One table (options.c) has every option with its name, type, unit, default,
 * limits and description. The parser of configuration files, --check-config, the manual page and
 * the sample configuration are made from that table. struct conf is plain data with one owner.
 * Functions here read the configuration file and look at the modes of the files that it names;
 * they do no other I/O and never change a file.
 */
#ifndef RAFTD_CONF_CONF_H
#define RAFTD_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

enum {
    CONF_PEERS_MAX = 32,
    CONF_TEXT_MAX = 1024,   /* bytes of a path, with its NUL */
    CONF_ADDRESS_MAX = 272, /* bytes of HOST:PORT, with its NUL */
};

enum conf_tls_mode { CONF_TLS_OFF, CONF_TLS_REQUIRED };
enum conf_consistency { CONF_LINEARIZABLE, CONF_LEASE, CONF_STALE };
enum conf_redirect { CONF_REDIRECT_PROXY, CONF_REDIRECT_MOVED };
enum conf_log_level { CONF_LOG_ERROR, CONF_LOG_WARNING, CONF_LOG_INFO, CONF_LOG_DEBUG };
enum conf_log_target { CONF_LOG_STDERR, CONF_LOG_SYSLOG };

struct conf_peer {
    uint16_t id;
    char address[CONF_ADDRESS_MAX];
};

/* The values of all options. options.c and raftd.conf(5) describe each option; the comments here
 * give the default, and what is not obvious from the name. Texts are NUL-terminated. */
struct conf {
    struct {
        uint16_t id;                  /* 1 */
        char data_dir[CONF_TEXT_MAX]; /* ./raftd-data */
        char join[CONF_ADDRESS_MAX];  /* a member to ask; "" = do not join another cluster */
        bool auto_promote;            /* yes */
        bool bootstrap;               /* no. Only on the command line; see options.c */
    } node;
    struct {
        char name[64]; /* raftd */
    } cluster;
    struct {
        char peer[CONF_ADDRESS_MAX];        /* 127.0.0.1:7381 */
        char client[CONF_ADDRESS_MAX];      /* 127.0.0.1:7380 */
        bool allow_unauthenticated_clients; /* no */
    } listen;
    struct {
        char peer[CONF_ADDRESS_MAX];   /* "" = the address in peers, else listen.peer */
        char client[CONF_ADDRESS_MAX]; /* "" = listen.client */
    } advertise;
    struct conf_peer peers[CONF_PEERS_MAX]; /* in ascending order of id */
    size_t peer_count;                      /* 0 = this node is a cluster of its own */
    struct {
        char ca[CONF_TEXT_MAX];          /* "" = none */
        char certificate[CONF_TEXT_MAX]; /* "" = none */
        char key[CONF_TEXT_MAX];         /* "" = none */
        int peer;   /* enum conf_tls_mode; required. A node without peers needs no files for it */
        int client; /* enum conf_tls_mode; off. required = TLS, and a certificate of the client */
        bool allow_plaintext_peers; /* no */
    } tls;
    struct {
        uint32_t heartbeat_ms;          /* 100 */
        uint32_t election_timeout_ms;   /* 1000 */
        uint64_t max_batch_bytes;       /* 1 MiB of entries in one message */
        uint32_t max_inflight_messages; /* 128 for each peer */
        uint64_t max_inflight_bytes;    /* 16 MiB for each peer */
        uint64_t max_uncommitted_bytes; /* 64 MiB */
        uint64_t log_memory_bytes;      /* 256 MiB of entries in memory; 0 = no limit */
        uint16_t priority;              /* 0, which is the lowest, to 100 */
        uint32_t disk_stall_ms;      /* 3000; 0 = a leader keeps its role whatever its disk does */
        uint32_t request_timeout_ms; /* 5000 */
    } raft;
    struct {
        uint64_t reserve_bytes; /* 256 MiB; 0 = the node never looks at the free space */
        uint64_t segment_bytes; /* 64 MiB; at least twice limits.max_request_bytes */
    } storage;
    struct {
        uint64_t log_bytes;    /* 64 MiB of log between two snapshots */
        uint32_t log_entries;  /* 1000000 entries between two snapshots */
        uint32_t keep_entries; /* 10000 entries that stay in the log before a snapshot */
        uint32_t keep;         /* 2 snapshot files */
        bool compress;         /* yes */
    } snapshot;
    struct {
        uint32_t max_clients;          /* 10000 connections */
        uint64_t max_request_bytes;    /* 8 MiB for one command with all its arguments */
        uint32_t max_arguments;        /* 65536 */
        uint64_t output_buffer_bytes;  /* 64 MiB of unread replies for each client */
        uint32_t client_workers;       /* 1 thread */
        uint32_t idle_timeout_seconds; /* 0 = idle clients are never disconnected */
    } limits;
    struct {
        int consistency;     /* enum conf_consistency; linearizable */
        uint32_t max_lag_ms; /* 1000; 0 = a stale read may be of any age */
        int redirect;        /* enum conf_redirect; proxy */
    } redis;
    struct {
        int level;  /* enum conf_log_level; info */
        int target; /* enum conf_log_target; stderr */
    } log;
};

/* Sets every option to its default. */
void conf_defaults(struct conf *conf);

/* Sets one option, named "section.key" ("peers.3" for a peer, which replaces the address of a peer
 * that is there). Returns 0 or RAFTD_ERROR_INVALID; the message names the option, the value found
 * and the value expected, and conf is unchanged. */
int conf_set(struct conf *conf, const char *name, const char *value, struct raftd_error *error);

/* Writes the value of one option to value[size], in the form that conf_set() accepts. CONF_TEXT_MAX
 * bytes are always enough. RAFTD_ERROR_INVALID: there is no such option, or size is too small. */
int conf_get(const struct conf *conf, const char *name, char *value, size_t size);

/* Receives one mistake a call: "FILE:LINE: [section] key: found ..., expected ...". */
typedef void conf_report(void *argument, const char *text);

/*
 * Reads a file into conf, which has the defaults or other values before, and validates the result.
 * Reports every mistake, not only the first. Returns 0, RAFTD_ERROR_INVALID, or RAFTD_ERROR_SYSTEM
 * if the file cannot be read. After an error the contents of conf are undefined.
 */
int conf_load(struct conf *conf, const char *path, conf_report *report, void *argument);

/* The same, with settings "section.key=value" in addition. A setting replaces the value from the
 * file, and a later setting replaces an earlier one. path may be NULL: then there is no file. */
int conf_load_with(struct conf *conf, const char *path, const char *const *settings,
                   size_t setting_count, conf_report *report, void *argument);

/* Checks options against each other: heartbeat and election time-out, the node's id and the peers,
 * TLS files, connections without encryption or certificate. Reports mistakes as conf_load() does,
 * but without file and line. Returns 0 or RAFTD_ERROR_INVALID. */
int conf_validate(const struct conf *conf, conf_report *report, void *argument);

/* Receives one option a call; name and value are valid during the call. */
typedef void conf_found(void *argument, const char *name, const char *value);

/* Calls back with every option whose value is not its default, in the form that conf_set()
 * accepts. */
void conf_each(const struct conf *conf, conf_found *found, void *argument);
/* Calls back with every option and every peer, in the order of raftd.conf(5). */
void conf_list(const struct conf *conf, conf_found *found, void *argument);

#endif
