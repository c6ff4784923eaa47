/*
 * What the files of the daemon share: exit codes, the command line and signals. Only the main
 * thread uses these, except where a comment says otherwise.
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
    DAEMON_EXIT_STOPPED = 0,       /* stopped on request, in order */
    DAEMON_EXIT_CONFIGURATION = 1, /* a mistake in the configuration */
    DAEMON_EXIT_USAGE = 2,         /* a mistake in the command line */
    DAEMON_EXIT_DATA_REFUSED = 3,  /* the data directory is in use, or is of another node */
    DAEMON_EXIT_DATA_DAMAGED = 4,  /* the data directory is damaged */
    DAEMON_EXIT_DISK = 5,          /* a file operation failed; also LOG_WRITER_EXIT_CODE */
    DAEMON_EXIT_SERVE = 6,         /* cannot listen, or start the threads that serve */
    DAEMON_EXIT_INTERNAL = 7,      /* anything else */
    DAEMON_EXIT_REMOVED = 8,       /* this node was removed from its cluster */
};

/* ---- options.c ---- */

struct daemon_options {
    const char *config_path; /* of --config; NULL = not given; points into argv */
    const char **settings;   /* of --set and --join, "section.key=value", in order; owned array */
    size_t setting_count;
    bool check_only; /* --check-config */
    char *join;      /* --join as a setting, "node.join=HOST:PORT"; owned; NULL = not given */
};

/*
 * Reads the command line. False: end with *exit_code, because --help or --version was carried out,
 * or because a mistake was found and printed. Call daemon_options_free() in any case.
 */
bool daemon_options_parse(int argc, char **argv, struct daemon_options *options, int *exit_code);
void daemon_options_free(struct daemon_options *options);

/* ---- signals.c ---- */

/* The thread that waits for signals, and the node that it stops. */
struct daemon_signals {
    struct thread thread;
    struct mutex mutex;
    /* Guarded by mutex. */
    struct raftd_node *node; /* the node to stop; NULL = there is none yet */
    bool is_ending;          /* true: the thread returns after the next signal */
    /* The signal thread. */
    uint64_t first_ms; /* time of the first request to stop; 0 = there was none */
};

/*
 * Blocks the signals in this thread and all that it starts later, and starts the thread that waits
 * for them. Call it before any other thread is started. SIGTERM and SIGINT stop the node; if there
 * is no node yet, they end the process with DAEMON_EXIT_STOPPED. SIGHUP is logged. SIGPIPE and
 * SIGXFSZ are ignored.
 */
int daemon_signals_start(struct daemon_signals *signals);
/* From now on SIGTERM and SIGINT stop this node. */
void daemon_signals_set_node(struct daemon_signals *signals, struct raftd_node *node);
/* Ends the thread and waits for its end. Afterwards no signal reaches the node any more. */
void daemon_signals_stop(struct daemon_signals *signals);

#endif
