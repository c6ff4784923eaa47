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

/* Pipes that the test makes. A byte in the first one ends the look-up of slow.test; a byte in the
 * second one says that such a look-up has begun. */
extern int slow_resolver[2];
extern int slow_questions[2];

/* Waits for the end of all threads that look up names, so that the leak checker sees that they free
 * their memory. */
void wait_for_the_end_of_look_ups(void);

#endif
