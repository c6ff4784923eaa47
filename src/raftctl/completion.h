/*
 * raftctl completion: scripts that let a shell complete commands, options and their values, made of
 * the tables of commands and options. The build installs them. Main thread.
 */
#ifndef RAFTD_RAFTCTL_COMPLETION_H
#define RAFTD_RAFTCTL_COMPLETION_H

#include <stdio.h>

#include "raftctl/command.h"

void completion_print_bash(FILE *file, const struct ctl_commands *commands);
void completion_print_zsh(FILE *file, const struct ctl_commands *commands);

#endif
