/*
 * Threads with a name (seen in top -H, gdb and the log) and all signals blocked: signals are
 * the main thread's business.
 */
#ifndef RAFTD_SYS_THREAD_H
#define RAFTD_SYS_THREAD_H

#include <pthread.h>

struct thread {
    pthread_t handle;
    void (*run)(void *argument);
    void *argument;
    char name[16];
};

/* name: at most 15 characters, what is longer is cut. The struct stays in place until
 * thread_join(). 0 or RAFTD_ERROR_SYSTEM. */
int thread_start(struct thread *thread, const char *name, void (*run)(void *argument),
                 void *argument);
void thread_join(struct thread *thread);
/* Instead of joining: nobody waits for its end. The struct stays in place until run() returns. */
void thread_detach(struct thread *thread);

/* The calling thread's name; "main" in a thread that thread_start() did not make. */
const char *thread_current_name(void);

#endif
