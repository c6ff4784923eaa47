/*
 * The commands of Redis and of raftd, as the daemon sees them: the handler that it gives to
 * front_create().
 */
#ifndef RAFTD_COMMANDS_COMMANDS_H
#define RAFTD_COMMANDS_COMMANDS_H

#include "front/front.h"

extern const struct front_handler commands_handler;

#endif
