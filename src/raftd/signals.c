/*
 * Signals of the daemon. All threads block them; one thread waits for them in sigwaitinfo(). So
 * what a signal does runs as ordinary code, which may lock and log, and not in a signal handler.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/assert.h"
#include "raftd/raftd.h"
#include "sys/clock.h"
#include "sys/log.h"

/*
 * A second request to stop that comes at least this long after the first one ends the process at
 * once: the operator does not want to wait any longer. One that comes earlier is ignored, because
 * it often has the same cause as the first: Ctrl-C sends SIGINT to a script and to its daemons,
 * and then the script stops its daemons with SIGTERM.
 */
enum { IMPATIENCE_MS = 2000 };

static sigset_t waited_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

static const char *signal_name(int number)
{
    return number == SIGTERM ? "SIGTERM" : "SIGINT";
}

/* Lets the signal end the process at once; nothing is closed or written, as in a crash. */
static void die_of(int number)
{
    sigset_t set;

    LOG_ERROR("%s for the second time: ending at once, before the stop is complete",
              signal_name(number));
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void request_stop_locked(struct daemon_signals *signals, int number)
{
    uint64_t now = clock_monotonic_ms();

    ASSERT(mutex_is_mine(&signals->mutex));
    if (signals->first_ms != 0) {
        if (now - signals->first_ms >= IMPATIENCE_MS) {
            die_of(number);
        }
        return;
    }
    signals->first_ms = now;
    LOG_INFO("%s: stopping", signal_name(number));
    sd_notify(0, "STOPPING=1");
    if (signals->node == NULL) {
        /* No client is served yet, and recovery can be interrupted at any point: whatever it
         * writes is safe against a crash. */
        LOG_INFO("stopped before the log was recovered");
        _exit(DAEMON_EXIT_STOPPED);
    }
    raftd_node_stop(signals->node);
}

static void wait_for_signals(void *argument)
{
    struct daemon_signals *signals = argument;
    sigset_t set = waited_signals();
    bool is_ending = false;

    while (!is_ending) {
        int number = sigwaitinfo(&set, NULL);

        if (number < 0) {
            ASSERT(errno == EINTR);
            continue;
        }
        mutex_lock(&signals->mutex);
        is_ending = signals->is_ending;
        if (is_ending) {
            /* daemon_signals_stop() sent this signal, or the process is about to end anyway. */
        } else if (number == SIGHUP) {
            LOG_WARNING(
                "SIGHUP: ignored; raftd reads its options only at the start: restart it to change "
                "them");
        } else {
            request_stop_locked(signals, number);
        }
        mutex_unlock(&signals->mutex);
    }
}

int daemon_signals_start(struct daemon_signals *signals)
{
    sigset_t set = waited_signals();

    memset(signals, 0, sizeof(*signals));
    mutex_init(&signals->mutex, MUTEX_RANK_LIFECYCLE);
    signal(SIGPIPE, SIG_IGN);
    /* A write beyond the limit on file sizes fails with EFBIG, also that of a log line. */
    signal(SIGXFSZ, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return thread_start(&signals->thread, "signals", wait_for_signals, signals);
}

void daemon_signals_set_node(struct daemon_signals *signals, struct raftd_node *node)
{
    mutex_lock(&signals->mutex);
    signals->node = node;
    mutex_unlock(&signals->mutex);
}

void daemon_signals_stop(struct daemon_signals *signals)
{
    mutex_lock(&signals->mutex);
    signals->is_ending = true;
    mutex_unlock(&signals->mutex);
    pthread_kill(signals->thread.handle, SIGTERM);
    thread_join(&signals->thread);
    mutex_destroy(&signals->mutex);
}
