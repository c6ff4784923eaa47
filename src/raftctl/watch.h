/*
 * Showing something again and again until Ctrl-C. Main thread.
 */
#ifndef RAFTD_RAFTCTL_WATCH_H
#define RAFTD_RAFTCTL_WATCH_H

#include <stdio.h>

#include "raftctl/raftctl.h"

/*
 * Calls show() every options->interval_s seconds until SIGINT, SIGTERM or SIGHUP. On a terminal,
 * each table takes the place of the one before, and at the end the terminal is as it was.
 * Otherwise the answers follow each other, tables with an empty line between them. show() writes
 * to the file and returns an exit code; the last one is returned.
 */
int watch_run(const struct ctl_options *options,
              int (*show)(const struct ctl_options *options, FILE *file));

#endif
