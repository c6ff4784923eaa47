/*
 * The door to syslog(3), in a file of its own because <syslog.h> claims names like LOG_INFO.
 */
#ifndef RAFTD_SYS_LOG_SYSLOG_H
#define RAFTD_SYS_LOG_SYSLOG_H

/* Lines carry "raftd[PID]" from here on. Once, before threads log. */
void log_syslog_open(void);

/* severity: an enum log_level. Any thread. */
void log_syslog_write(int severity, const char *text);

#endif
