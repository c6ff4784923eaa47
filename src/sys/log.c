/*
 * Log lines. Each is formatted in full and leaves with one write(2), so lines of several
 * threads never mix and no lock is needed. Any thread.
 */
#include "sys/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/log_syslog.h"

enum { TEXT_BYTES = 2048 };

static atomic_int current_level = LOG_LEVEL_INFO;
static atomic_int current_target = LOG_TARGET_STDERR;

void log_configure(enum log_level level, enum log_target target)
{
    atomic_store(&current_level, (int)level);
    atomic_store(&current_target, (int)target);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&current_level, memory_order_relaxed);
}

/* Copies text with control characters as \xNN; returns the length without the NUL. */
static size_t escape(char *to, size_t size, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;

    for (; *text != 0 && used + 5 < size; text++) {
        unsigned char c = (unsigned char)*text;

        if (c >= 0x20 && c != 0x7f) {
            to[used++] = *text;
            continue;
        }
        to[used++] = '\\';
        to[used++] = 'x';
        to[used++] = digits[c >> 4];
        to[used++] = digits[c & 15];
    }
    to[used] = 0;
    return used;
}

/* "2026-01-31T12:00:00.123Z info [raft-core] " */
static size_t format_head(char *to, size_t size, enum log_level level)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    uint64_t now = clock_wall_ms();
    time_t seconds = (time_t)(now / 1000);
    char thread[16] = "";
    struct tm utc;
    int length;

    gmtime_r(&seconds, &utc);
    pthread_getname_np(pthread_self(), thread, sizeof(thread));
    length = snprintf(to, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ %s [%s] ", utc.tm_year + 1900,
                      utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                      (unsigned)(now % 1000), names[level & 3], thread);
    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

void log_line(enum log_level level, const char *format, ...)
{
    char text[TEXT_BYTES];
    char line[TEXT_BYTES + 128];
    va_list arguments;
    size_t length;

    if (!log_enabled(level)) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (atomic_load_explicit(&current_target, memory_order_relaxed) == LOG_TARGET_SYSLOG) {
        escape(line, sizeof(line), text);
        log_syslog_write((int)level, line);
        return;
    }
    length = format_head(line, sizeof(line), level);
    length += escape(line + length, sizeof(line) - length - 1, text);
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0) {
        return; /* nobody reads the log: there is nowhere left to say so */
    }
}

bool log_throttle_pass(struct log_throttle *throttle, uint64_t interval_ms)
{
    uint64_t now = clock_monotonic_ms();
    uint64_t next = atomic_load_explicit(&throttle->next_ms, memory_order_relaxed);

    return now >= next &&
           atomic_compare_exchange_strong_explicit(&throttle->next_ms, &next, now + interval_ms,
                                                   memory_order_relaxed, memory_order_relaxed);
}
