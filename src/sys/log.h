/*
 * The log: each call writes one line, `2026-01-31T12:00:00.123Z level [thread] message`, to
 * standard error or to syslog. Any thread. The pure layers (src/base, src/raft, src/wire, src/resp,
 * src/kv) never log.
 */
#ifndef RAFTD_SYS_LOG_H
#define RAFTD_SYS_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };

/* Sets the least important level that is written, and where lines go. Until the first call: info,
 * standard error. Any thread. */
void log_configure(enum log_level level, enum log_target target);
/* Whether lines of this level are written. */
bool log_enabled(enum log_level level);

/*
 * Writes one line. Every byte that is not printable is written as \xNN, so that text from a peer
 * or client can neither look like a line of its own nor send control codes to a terminal; UTF-8 is
 * printable. Does not change errno and takes no lock of raftd, so it may be called anywhere.
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

/* Limits how often one place in the code logs. The struct is a static variable at that place. */
struct log_throttle {
    _Atomic uint64_t next_ms; /* monotonic time of the next line that may be written; 0 = now */
};
/* True at most once in an interval: the caller logs then. Any thread. */
bool log_throttle_pass(struct log_throttle *throttle, uint64_t interval_ms);

#endif
