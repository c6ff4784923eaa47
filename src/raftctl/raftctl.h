/*
 * What the files of raftctl share: its exit codes and the functions that carry out its commands.
 * The main thread parses options and prints; `status` and `ready` ask each endpoint on a thread of
 * its own. raftctl keeps no state and writes no file except those of `cert`, `backup`, `restore`
 * and `recover`.
 */
#ifndef RAFTD_RAFTCTL_RAFTCTL_H
#define RAFTD_RAFTCTL_RAFTCTL_H

#include <raftd/error.h>

#include "raftctl/options.h"

/* Documented in raftctl(1): never renumber. */
enum ctl_exit {
    CTL_OK = 0,
    CTL_NO = 1,          /* the answer is no: not ready, no such key */
    CTL_UNREACHABLE = 2, /* no endpoint, or with status and ready not every one, answered */
    CTL_REFUSED = 3,     /* the cluster answered with an error; nothing was changed */
    CTL_UNKNOWN = 4,     /* a write was sent, but its outcome is unknown */
    CTL_LOCAL = 5,       /* a file, a certificate or the output failed on this side */
    CTL_USAGE = 64,
};

/* Each carries out one command and returns an exit code. arguments: NULL-terminated. */
int ctl_status(const struct ctl_options *options, char **arguments);
int ctl_members(const struct ctl_options *options, char **arguments);
int ctl_ready(const struct ctl_options *options, char **arguments);
int ctl_get(const struct ctl_options *options, char **arguments);
int ctl_set(const struct ctl_options *options, char **arguments);
int ctl_del(const struct ctl_options *options, char **arguments);
int ctl_scan(const struct ctl_options *options, char **arguments);
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
