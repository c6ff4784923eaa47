/*
 * Starts threads with a name and with signals blocked. Any thread.
 */
#include "sys/thread.h"

#include <signal.h>
#include <stdio.h>

#include <raftd/error.h>

#include "base/assert.h"

static _Thread_local const char *current_name = "main";

const char *thread_current_name(void)
{
    return current_name;
}

static void *start(void *argument)
{
    struct thread *thread = argument;

    /* The thread sets its own name, so that its first log line and a debugger show the name. */
    current_name = thread->name;
    pthread_setname_np(pthread_self(), thread->name);
    thread->run(thread->argument);
    current_name = "ended"; /* from here on the struct of a detached thread may be freed */
    return NULL;
}

/* All signals except those that the kernel raises for a fault of the thread itself. If those were
 * blocked, the kernel would kill the process without calling the handlers of sanitizers and crash
 * reporters. */
static void signals_to_block(sigset_t *signals)
{
    sigfillset(signals);
    sigdelset(signals, SIGSEGV);
    sigdelset(signals, SIGBUS);
    sigdelset(signals, SIGFPE);
    sigdelset(signals, SIGILL);
    sigdelset(signals, SIGTRAP);
    sigdelset(signals, SIGABRT);
}

int thread_start(struct thread *thread, const char *name, void (*run)(void *argument),
                 void *argument)
{
    sigset_t blocked;
    sigset_t before;
    int code;

    snprintf(thread->name, sizeof(thread->name), "%s", name);
    thread->run = run;
    thread->argument = argument;
    signals_to_block(&blocked);
    /* A new thread inherits the signal mask of its creator. Blocking the signals here and not in
     * start() leaves no moment at which a signal could arrive on the new thread. */
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    code = pthread_create(&thread->handle, NULL, start, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0 ? 0 : RAFTD_ERROR_SYSTEM;
}

void thread_join(struct thread *thread)
{
    int code = pthread_join(thread->handle, NULL);

    ASSERT(code == 0);
}

void thread_detach(struct thread *thread)
{
    int code = pthread_detach(thread->handle);

    ASSERT(code == 0);
}
