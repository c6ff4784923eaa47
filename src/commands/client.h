/* The functions of CLIENT that other commands use. The thread of the connection's worker. */
#ifndef RAFTD_COMMANDS_CLIENT_H
#define RAFTD_COMMANDS_CLIENT_H

#include <stdbool.h>

struct call;
struct resp_argument;

/* For HELLO and CLIENT SETNAME: names the connection. False: the name is not allowed, and the error
 * is written. */
bool client_set_name(struct call *call, const struct resp_argument *name);

#endif
