/*
 * Threads with a name, which top -H, gdb and the log show. All signals are blocked in them, so
 * that the kernel delivers signals to the main thread, which handles them. Any thread may start a
 * thread.
 */
#ifndef RAFTD_SYS_THREAD_H
#define RAFTD_SYS_THREAD_H

#include <pthread.h>

struct thread {
    pthread_t handle;
    void (*run)(void *argument);
    void *argument; /* argument of run(), borrowed */
    char name[16];  /* at most 15 characters, the limit of Linux */
};

/*
 * Starts a thread that calls run(argument). A name of more than 15 characters is cut. The thread
 * uses *thread, so the struct must not move or be freed before thread_join() returns. Returns 0 or
 * RAFTD_ERROR_SYSTEM. Every started thread is joined or detached, once.
 */
int thread_start(struct thread *thread, const char *name, void (*run)(void *argument),
                 void *argument);
/* Waits for the end of the thread. */
void thread_join(struct thread *thread);
/* Instead of thread_join(): no thread waits for the end of this thread. The struct must not move or
 * be freed before run() returns; run() itself may free it as its last action. */
void thread_detach(struct thread *thread);

/* The name of the calling thread; "main" in a thread that thread_start() did not start. */
const char *thread_current_name(void);

#endif
