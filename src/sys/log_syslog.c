/*
 * The calls of syslog(3). Any thread.
 */
#include "sys/log_syslog.h"

#include <syslog.h>

void log_syslog_open(void)
{
    openlog("raftd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void log_syslog_write(int severity, const char *text)
{
    static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

    syslog(LOG_DAEMON | priorities[severity & 3], "%s", text);
}
