/*
 * Signals of the daemon. One thread waits for them in sigwaitinfo(), so that everything a
 * signal does is done in an ordinary context.
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
 * A request to stop that comes this long after the first is from somebody who cannot wait any
 * longer. An earlier one is an echo: Ctrl-C reaches a script and its daemons, and the script
 * then stops its daemons.
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

/* Ends the process by the signal itself, as a crash would. */
static void die_of(int number)
{
    sigset_t set;

    LOG_ERROR("%s again: ending at once, without the rest of an orderly stop", signal_name(number));
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
        /* Nothing is served yet, and what is being recovered is only read, or written in ways
         * that a crash may interrupt. */
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
            /* daemon_signals_stop() sent it, or the process is about to end anyway. */
        } else if (number == SIGHUP) {
            LOG_WARNING("SIGHUP: options are only read at the start; restart to change them");
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
