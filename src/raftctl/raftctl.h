/*
 * What the files of raftctl share: the options of one call, its exit codes and the functions
 * that carry out a command. The main thread parses options and prints; `status` and `ready` ask
 * each endpoint on a thread of its own. raftctl keeps no state and writes no file except those
 * of `cert`, `backup` and `restore`.
 */
#ifndef RAFTD_RAFTCTL_RAFTCTL_H
#define RAFTD_RAFTCTL_RAFTCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

/* Documented in raftctl(1): never renumber. */
enum ctl_exit {
    CTL_OK = 0,
    CTL_NO = 1,          /* the answer is no: not ready, no such key */
    CTL_UNREACHABLE = 2, /* no endpoint, or with status and ready not every one, answered */
    CTL_REFUSED = 3,     /* the cluster answered with an error; nothing was changed */
    CTL_UNKNOWN = 4,     /* sent, but no answer came: it may have been applied, or may be later */
    CTL_LOCAL = 5,       /* a file, a certificate or the output failed on this side */
    CTL_USAGE = 64,
};

enum ctl_format { CTL_TABLE, CTL_JSON };

enum { CTL_ENDPOINTS_MAX = 32, CTL_HOSTS_MAX = 32, CTL_MEMBERS_MAX = 32, CTL_ENDPOINT_MAX = 272 };

/* The options of one call. Immutable once main() parsed them; all text is borrowed. */
struct ctl_options {
    enum ctl_format format;
    char endpoints[CTL_ENDPOINTS_MAX][CTL_ENDPOINT_MAX];
    size_t endpoint_count;
    uint32_t timeout_ms;
    const char *tls_ca; /* NULL = plain text */
    const char *tls_certificate;
    const char *tls_key;
    bool force;         /* recover: do it */
    bool learner;       /* member add: for good */
    bool whole_cluster; /* status: ask also the members that the endpoints know */

    /* cert */
    const char *directory;
    const char *name;
    const char *cluster;
    const char *hosts[CTL_HOSTS_MAX];
    size_t host_count;
    uint16_t id;           /* 0 = not given */
    uint32_t days;         /* 0 = not given */
    const char *not_after; /* NULL = not given */

    /* restore */
    const char *data_directory;
    const char *members[CTL_MEMBERS_MAX]; /* ID=HOST:PORT */
    size_t member_count;
};

/* Each carries out one command and returns an exit code. arguments: NULL-terminated. */
int ctl_status(const struct ctl_options *options, char **arguments);
int ctl_members(const struct ctl_options *options, char **arguments);
int ctl_ready(const struct ctl_options *options, char **arguments);
int ctl_get(const struct ctl_options *options, char **arguments);
int ctl_set(const struct ctl_options *options, char **arguments);
int ctl_del(const struct ctl_options *options, char **arguments);
int ctl_member_add(const struct ctl_options *options, char **arguments);
int ctl_member_promote(const struct ctl_options *options, char **arguments);
int ctl_member_remove(const struct ctl_options *options, char **arguments);
int ctl_member_replace(const struct ctl_options *options, char **arguments);
int ctl_member_move(const struct ctl_options *options, char **arguments);
int ctl_handover(const struct ctl_options *options, char **arguments);
int ctl_snapshot(const struct ctl_options *options, char **arguments);
int ctl_backup(const struct ctl_options *options, char **arguments);
int ctl_backup_verify(const struct ctl_options *options, char **arguments);
int ctl_recover(const struct ctl_options *options, char **arguments);
int ctl_restore(const struct ctl_options *options, char **arguments);
int ctl_dump(const struct ctl_options *options, char **arguments);
int ctl_wal(const struct ctl_options *options, char **arguments);
int ctl_cert_ca(const struct ctl_options *options, char **arguments);
int ctl_cert_node(const struct ctl_options *options, char **arguments);
int ctl_cert_client(const struct ctl_options *options, char **arguments);
int ctl_cert_show(const struct ctl_options *options, char **arguments);

#endif
