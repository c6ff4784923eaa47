/*
 * Log lines: one line a call, `2026-01-31T12:00:00.123Z level [thread] message`, to standard
 * error or syslog. Any thread. Never called by src/base, src/raft, src/wire, src/resp, src/kv.
 */
#ifndef RAFTD_SYS_LOG_H
#define RAFTD_SYS_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };

/* Before that: info, standard error. */
void log_configure(enum log_level level, enum log_target target);
bool log_enabled(enum log_level level);

/*
 * What is not printable in the text is written as \xNN: what a peer sent can neither forge a line
 * nor command a terminal. UTF-8 passes. Leaves errno alone. Takes no lock of ours.
 */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define LOG_ERROR(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define LOG_WARNING(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define LOG_INFO(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define LOG_DEBUG(...)                                                                             \
    do {                                                                                           \
        if (log_enabled(LOG_LEVEL_DEBUG)) {                                                        \
            log_line(LOG_LEVEL_DEBUG, __VA_ARGS__);                                                \
        }                                                                                          \
    } while (0)

/* At most one line per interval from one place; the struct is static at that place. */
struct log_throttle {
    _Atomic uint64_t next_ms;
};
bool log_throttle_pass(struct log_throttle *throttle, uint64_t interval_ms);

#endif
