/* The functions of CLUSTER that other commands use. The thread of the connection's worker. */
#ifndef RAFTD_COMMANDS_CLUSTER_H
#define RAFTD_COMMANDS_CLUSTER_H

#include <stdbool.h>

struct call;

/* CLUSTER MYID and SENTINEL MYID. */
bool cluster_myid(struct call *call);

#endif
