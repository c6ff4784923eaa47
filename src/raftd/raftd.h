/*
 * What the files of the daemon share: exit codes, its command line and its signals. Only the
 * main thread uses these, except where it is said.
 */
#ifndef RAFTD_RAFTD_RAFTD_H
#define RAFTD_RAFTD_RAFTD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/node.h>

#include "sys/mutex.h"
#include "sys/thread.h"

/* Documented in raftd(8): never renumber. */
enum daemon_exit {
    DAEMON_EXIT_STOPPED = 0,       /* asked to, and did in good order */
    DAEMON_EXIT_CONFIGURATION = 1, /* the configuration has a mistake */
    DAEMON_EXIT_USAGE = 2,         /* the command line has one */
    DAEMON_EXIT_DATA_REFUSED = 3,  /* data directory in use, or of another node or cluster */
    DAEMON_EXIT_DATA_DAMAGED = 4,  /* data directory damaged */
    DAEMON_EXIT_DISK = 5,          /* a file operation failed; also LOG_WRITER_EXIT_CODE */
    DAEMON_EXIT_SERVE = 6,         /* cannot listen, or start the threads that serve */
    DAEMON_EXIT_INTERNAL = 7,      /* anything else */
    DAEMON_EXIT_REMOVED = 8,       /* this node was removed from its cluster */
};

/* ---- raftd_options.c ---- */

struct daemon_options {
    const char *config_path; /* NULL = none; points into argv */
    const char **settings;   /* "section.key=value" in order; the array is owned */
    size_t setting_count;
    bool check_only;
    char *join; /* the setting that --join is; owned */
};

/*
 * True: go on with the options. False: everything was said, end with *exit_code (after --help
 * and --version, or a mistake). daemon_options_free() in any case.
 */
bool daemon_options_parse(int argc, char **argv, struct daemon_options *options, int *exit_code);
void daemon_options_free(struct daemon_options *options);

/* ---- raftd_signals.c ---- */

/* The thread that waits for signals, and the node that it stops. */
struct daemon_signals {
    struct thread thread;
    struct mutex mutex;
    /* Guarded by mutex. */
    struct raftd_node *node; /* NULL: there is none yet, so that the process may just end */
    bool is_ending;          /* the thread is to return */
    /* The signal thread. */
    uint64_t first_ms; /* when the first request to stop came, 0 = none has */
};

/*
 * Blocks the signals that the thread waits for, in this and all later threads, and starts it.
 * Before any other thread. SIGTERM and SIGINT stop the node, or end the process with
 * DAEMON_EXIT_STOPPED where there is no node yet; SIGHUP is logged; SIGPIPE ignored.
 */
int daemon_signals_start(struct daemon_signals *signals);
/* From now on requests to stop go to this node. */
void daemon_signals_set_node(struct daemon_signals *signals, struct raftd_node *node);
/* Joins the thread: afterwards no request to stop reaches the node any more. */
void daemon_signals_stop(struct daemon_signals *signals);

#endif
