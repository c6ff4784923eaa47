/*
 * raftctl --help, raftctl help and what is said about mistakes in the command line: texts made
 * of the tables of commands and options. Main thread.
 */
#ifndef RAFTD_RAFTCTL_HELP_H
#define RAFTD_RAFTCTL_HELP_H

#include <stdio.h>

#include "raftctl/command.h"

/* All commands, one line each, and the client options. */
void help_print_all(FILE *file, const struct ctl_commands *commands);
/* One command: syntax, text, options, examples. */
void help_print_command(FILE *file, const struct ctl_command *command);
/* "usage: raftctl ..." of one command, one line. */
void help_print_usage(FILE *file, const struct ctl_command *command);
/*
 * What `raftctl help WORDS` prints: the command, or all commands that begin with the word. False
 * after a complaint: there is no such command.
 */
bool help_print_words(FILE *file, const struct ctl_commands *commands, char *const *words);
/* Complains that the words name no command, and says which ones may have been meant. */
void help_complain(const struct ctl_commands *commands, char *const *words);

#endif
