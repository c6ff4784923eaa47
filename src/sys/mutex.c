/*
 * Mutexes that know their owner and their rank. Any thread.
 *
 * Each thread has a word with one bit for each rank that it holds. mutex_lock() aborts if the
 * thread holds the same or a higher rank. Without this check a wrong order of locks would go
 * unnoticed until two threads take the same locks in opposite order at the same moment; then the
 * process would hang, and rarely in a test.
 */
#include "sys/mutex.h"

#include <errno.h>
#include <time.h>

#include "base/assert.h"

static _Thread_local unsigned held_ranks; /* bit r: this thread holds a mutex of rank r */

/* Identifies the calling thread: no two living threads have the same address for a thread-local
 * variable. */
static uintptr_t my_token(void)
{
    return (uintptr_t)&held_ranks;
}

void mutex_init(struct mutex *mutex, enum mutex_rank rank)
{
    int code = pthread_mutex_init(&mutex->handle, NULL);

    ASSERT(code == 0);
    ASSERT(rank > 0 && rank < sizeof(held_ranks) * 8);
    atomic_init(&mutex->owner, 0);
    mutex->rank = rank;
}

void mutex_destroy(struct mutex *mutex)
{
    int code;

    ASSERT(atomic_load_explicit(&mutex->owner, memory_order_relaxed) == 0);
    code = pthread_mutex_destroy(&mutex->handle);
    ASSERT(code == 0);
}

bool mutex_rank_is_held(enum mutex_rank rank)
{
    return (held_ranks >> rank & 1U) != 0;
}

/*
 * Relaxed order is enough. Only a thread itself ever stores its own token. So a thread that owns
 * the mutex reads the token that it stored, and a thread that does not own the mutex reads some
 * other value, however old: its own token is not there, because it replaced that with 0 when it
 * unlocked.
 */
bool mutex_is_mine(const struct mutex *mutex)
{
    return atomic_load_explicit(&mutex->owner, memory_order_relaxed) == my_token();
}

void mutex_lock(struct mutex *mutex)
{
    int code;

    ASSERT(held_ranks >> mutex->rank == 0); /* this thread holds no rank that is equal or higher */
    code = pthread_mutex_lock(&mutex->handle);
    ASSERT(code == 0);
    held_ranks |= 1U << mutex->rank;
    atomic_store_explicit(&mutex->owner, my_token(), memory_order_relaxed);
}

void mutex_unlock(struct mutex *mutex)
{
    int code;

    ASSERT(mutex_is_mine(mutex));
    atomic_store_explicit(&mutex->owner, 0, memory_order_relaxed);
    held_ranks &= ~(1U << mutex->rank);
    code = pthread_mutex_unlock(&mutex->handle);
    ASSERT(code == 0);
}

void condition_init(struct condition *condition)
{
    pthread_condattr_t attributes;
    int code = pthread_condattr_init(&attributes);

    ASSERT(code == 0);
    code = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    ASSERT(code == 0);
    code = pthread_cond_init(&condition->handle, &attributes);
    ASSERT(code == 0);
    pthread_condattr_destroy(&attributes);
}

void condition_destroy(struct condition *condition)
{
    int code = pthread_cond_destroy(&condition->handle);

    ASSERT(code == 0);
}

void condition_signal_all(struct condition *condition)
{
    int code = pthread_cond_broadcast(&condition->handle);

    ASSERT(code == 0);
}

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    int code = clock_gettime(clock, &now);

    ASSERT(code == 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Condition variables cannot use CLOCK_BOOTTIME, which is the clock of all deadlines (clock.c). So
 * the rest of the time is counted on CLOCK_MONOTONIC: a wait is longer if the machine sleeps during
 * it. */
static struct timespec monotonic_deadline(uint64_t deadline_ms)
{
    uint64_t now_ms = clock_ms(CLOCK_BOOTTIME);
    uint64_t until_ms =
        clock_ms(CLOCK_MONOTONIC) + (deadline_ms > now_ms ? deadline_ms - now_ms : 0);

    return (struct timespec){.tv_sec = (time_t)(until_ms / 1000),
                             .tv_nsec = (long)(until_ms % 1000) * 1000000};
}

void condition_wait_until(struct condition *condition, struct mutex *mutex, uint64_t deadline_ms)
{
    const struct timespec deadline = monotonic_deadline(deadline_ms);
    int code;

    ASSERT(mutex_is_mine(mutex));
    /* pthread_cond_timedwait() releases the mutex, so the owner has to be 0 meanwhile. The rank
     * stays set: the waiting thread takes no other lock, and owns this one when it returns. */
    atomic_store_explicit(&mutex->owner, 0, memory_order_relaxed);
    code = pthread_cond_timedwait(&condition->handle, &mutex->handle, &deadline);
    ASSERT(code == 0 || code == ETIMEDOUT);
    atomic_store_explicit(&mutex->owner, my_token(), memory_order_relaxed);
}
