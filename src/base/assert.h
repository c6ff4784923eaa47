/*
 * Assertions for what a programmer got wrong. They stay on in release builds: a node that
 * goes on with a broken invariant can lose data, a node that stops cannot.
 * Never for what the world can get wrong (files, sockets, peers, clients, configuration).
 */
#ifndef RAFTD_BASE_ASSERT_H
#define RAFTD_BASE_ASSERT_H

#define ASSERT(condition)                                                                          \
    (__builtin_expect(!(condition), 0) ? assert_failed(#condition, __FILE__, __LINE__) : (void)0)

/* Prints the condition and its place on standard error and aborts. */
_Noreturn void assert_failed(const char *condition, const char *file, int line);

#endif
