/*
 * What host names mean in these tests: the program is linked with --wrap=getaddrinfo, and no
 * resolver is asked.
 *
 *     three-addresses.test  127.0.0.2, 127.0.0.3 and 127.0.0.1, in this order
 *     unknown.test          no such name
 *     slow.test             127.0.0.1, once a byte comes through a pipe
 */
#ifndef RAFTD_TEST_UNIT_NET_NAMES_H
#define RAFTD_TEST_UNIT_NET_NAMES_H

/* Pipes, which the test makes. A byte from the first lets the look-up of slow.test end; a byte in
 * the second says that such a look-up has begun. */
extern int slow_resolver[2];
extern int slow_questions[2];

/* Threads of look-ups are detached and clean up after themselves. This lets the leak checker see
 * that they do. */
void wait_for_the_end_of_look_ups(void);

#endif
