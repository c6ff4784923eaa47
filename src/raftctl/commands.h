/*
 * The table of raftctl's commands.
 */
#ifndef RAFTD_RAFTCTL_COMMANDS_H
#define RAFTD_RAFTCTL_COMMANDS_H

#include "raftctl/command.h"

const struct ctl_commands *ctl_commands(void);

#endif
