/*
 * Formats log lines and writes them. Any thread; no lock. A line is formatted completely and then
 * written with one write(2) of less than PIPE_BUF bytes, which a pipe takes in one piece. So lines
 * of several threads never mix.
 */
#include "sys/log.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "sys/clock.h"
#include "sys/log_syslog.h"
#include "sys/thread.h"

enum {
    TEXT_BYTES = 2048, /* the longest message before escaping; a longer one is cut */
    LINE_BYTES = 3072, /* the longest line, after escaping */
    ESCAPE_BYTES = 4,  /* \xNN */
};
_Static_assert(LINE_BYTES < PIPE_BUF, "a write to a pipe is atomic up to PIPE_BUF");

static const char cut_mark[] = "...";

static atomic_int current_level = LOG_LEVEL_INFO;
static atomic_int current_target = LOG_TARGET_STDERR;

void log_configure(enum log_level level, enum log_target target)
{
    if (target == LOG_TARGET_SYSLOG) {
        log_syslog_open();
    }
    atomic_store(&current_level, (int)level);
    atomic_store(&current_target, (int)target);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&current_level, memory_order_relaxed);
}

/*
 * The length in bytes of the printable character at text; 0 if text does not begin with one.
 * Printable are ASCII without the control characters, and UTF-8 sequences in their shortest form
 * except for the C1 control characters (U+0080 to U+009F), which terminals obey as well.
 */
static size_t printable_length(const unsigned char *text)
{
    static const unsigned smallest[] = {0, 0, 0xa0, 0x800, 0x10000};
    unsigned point;
    size_t length;

    if (text[0] < 0x80) {
        return text[0] >= 0x20 && text[0] != 0x7f ? 1 : 0;
    }
    if (text[0] < 0xc0 || text[0] >= 0xf8) {
        return 0;
    }
    length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    point = text[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0; /* the NUL at the end of the text ends up here, too */
        }
        point = point << 6 | (text[i] & 0x3f);
    }
    return point >= smallest[length] && point <= 0x10ffff ? length : 0;
}

/* Copies text and writes each byte that is not printable as \xNN. Cuts what does not fit. Returns
 * the length without the terminating NUL. */
static size_t escape(char *to, size_t size, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = (const unsigned char *)text;
    size_t used = 0;

    while (*from != 0) {
        size_t length = printable_length(from);

        if (used + (length > 0 ? length : ESCAPE_BYTES) + sizeof(cut_mark) > size) {
            memcpy(to + used, cut_mark, sizeof(cut_mark) - 1);
            used += sizeof(cut_mark) - 1;
            break;
        }
        if (length > 0) {
            memcpy(to + used, from, length);
            used += length;
            from += length;
            continue;
        }
        to[used++] = '\\';
        to[used++] = 'x';
        to[used++] = digits[*from >> 4];
        to[used++] = digits[*from & 15];
        from++;
    }
    to[used] = 0;
    return used;
}

/* "2026-01-31T12:00:00.123Z info [raft-core] " */
static size_t format_head(char *to, size_t size, enum log_level level)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    uint64_t now_ms = clock_wall_ms();
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc;
    int length;

    gmtime_r(&seconds, &utc);
    length = snprintf(to, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ %s [%s] ", utc.tm_year + 1900,
                      utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                      (unsigned)(now_ms % 1000), names[level & 3], thread_current_name());
    ASSERT(length > 0 && (size_t)length < size);
    return (size_t)length;
}

static void write_stderr(const char *line, size_t length)
{
    ssize_t written;

    do {
        written = write(STDERR_FILENO, line, length);
    } while (written < 0 && errno == EINTR);
    /* Any other failure means that no process reads the log or that its disk is full. There is no
     * other place to report that. */
}

void log_line(enum log_level level, const char *format, ...)
{
    char text[TEXT_BYTES];
    char line[LINE_BYTES];
    int saved = errno; /* a caller may log first and look at errno afterwards */
    va_list arguments;
    size_t length;
    int wanted;

    if (!log_enabled(level)) {
        return;
    }
    va_start(arguments, format);
    wanted = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (wanted >= (int)sizeof(text)) {
        memcpy(text + sizeof(text) - sizeof(cut_mark), cut_mark, sizeof(cut_mark));
    }
    if (atomic_load_explicit(&current_target, memory_order_relaxed) == LOG_TARGET_SYSLOG) {
        escape(line, sizeof(line), text);
        log_syslog_write((int)level, line);
    } else {
        length = format_head(line, sizeof(line), level);
        length += escape(line + length, sizeof(line) - length - 1, text);
        line[length++] = '\n';
        write_stderr(line, length);
    }
    errno = saved;
}

bool log_throttle_pass(struct log_throttle *throttle, uint64_t interval_ms)
{
    uint64_t now_ms = clock_monotonic_ms();
    uint64_t next_ms = atomic_load_explicit(&throttle->next_ms, memory_order_relaxed);

    /* Several threads may get here at the same time. Only the thread whose exchange succeeds
     * passes: the exchange of the others finds that next_ms has changed. */
    return now_ms >= next_ms && atomic_compare_exchange_strong_explicit(
                                    &throttle->next_ms, &next_ms, now_ms + interval_ms,
                                    memory_order_relaxed, memory_order_relaxed);
}
