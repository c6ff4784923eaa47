/*
 * Writes log lines to syslog(3). Only log.c calls it. It is a file of its own because <syslog.h>
 * defines macros such as LOG_INFO, which log.h defines as well.
 */
#ifndef RAFTD_SYS_LOG_SYSLOG_H
#define RAFTD_SYS_LOG_SYSLOG_H

/* Opens the connection to syslog; lines begin with "raftd[PID]". Call once, before other threads
 * log. */
void log_syslog_open(void);

/* Writes one line. severity is an enum log_level. Any thread. */
void log_syslog_write(int severity, const char *text);

#endif
