/*
 * Named threads without signals.
 */
#include "sys/thread.h"

#include <signal.h>
#include <stdio.h>

#include <raftd/error.h>

#include "base/assert.h"

static void *start(void *argument)
{
    struct thread *thread = argument;

    thread->run(thread->argument);
    return NULL;
}

int thread_start(struct thread *thread, const char *name, void (*run)(void *argument),
                 void *argument)
{
    sigset_t all;
    sigset_t before;
    int code;

    snprintf(thread->name, sizeof(thread->name), "%s", name);
    thread->run = run;
    thread->argument = argument;
    /* A thread inherits its creator's mask: so no signal ever lands on it, not even at first. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&thread->handle, NULL, start, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0) {
        return RAFTD_ERROR_SYSTEM;
    }
    pthread_setname_np(thread->handle, thread->name);
    return 0;
}

void thread_join(struct thread *thread)
{
    int code = pthread_join(thread->handle, NULL);

    ASSERT(code == 0);
}
