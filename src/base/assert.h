/*
 * Assertions, for mistakes in raftd's own code. They are also active in release builds: a node
 * that continues with a broken invariant can lose data, a node that stops cannot.
 * Never use them for what can go wrong outside of the program (files, sockets, peers, clients,
 * configuration): those are errors with a message. Any thread.
 */
#ifndef RAFTD_BASE_ASSERT_H
#define RAFTD_BASE_ASSERT_H

#define ASSERT(condition)                                                                          \
    (__builtin_expect(!(condition), 0) ? assert_failed(#condition, __FILE__, __LINE__) : (void)0)

/* Prints the condition, file and line on standard error and calls abort(). */
_Noreturn void assert_failed(const char *condition, const char *file, int line);

#endif
