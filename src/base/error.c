/*
 * The texts of error codes, and messages in a struct raftd_error. Pure: no I/O, no allocation; any
 * thread.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *raftd_code_text(int code)
{
    switch (code) {
    case RAFTD_OK:
        return "ok";
    case RAFTD_ERROR_INVALID:
        return "invalid value";
    case RAFTD_ERROR_SYSTEM:
        return "system error";
    case RAFTD_ERROR_CORRUPT:
        return "damaged data";
    case RAFTD_ERROR_PROTOCOL:
        return "protocol violation";
    case RAFTD_ERROR_LOCKED:
        return "data directory in use";
    case RAFTD_ERROR_TOO_LARGE:
        return "too large";
    case RAFTD_ERROR_BUSY:
        return "queue full";
    case RAFTD_ERROR_NOT_READY:
        return "not ready";
    case RAFTD_ERROR_NOT_LEADER:
        return "leadership moved";
    case RAFTD_ERROR_UNAVAILABLE:
        return "no leader with a quorum";
    case RAFTD_ERROR_TIMEOUT:
        return "outcome unknown";
    case RAFTD_ERROR_STOPPED:
        return "stopping";
    case RAFTD_ERROR_REFUSED:
        return "refused";
    case RAFTD_ERROR_AGAIN:
        return "would block";
    case RAFTD_ERROR_CLOSED:
        return "connection closed";
    case RAFTD_ERROR_REMOVED:
        return "removed from the cluster";
    case RAFTD_ERROR_CONFLICT:
        return "not possible now";
    case RAFTD_ERROR_DISK_FULL:
        return "the disk is nearly full";
    default:
        return "unknown error";
    }
}

int error_set(struct raftd_error *error, int code, const char *format, ...)
{
    va_list arguments;

    if (error == NULL) {
        return code;
    }
    error->code = code;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    return code;
}

int error_prefix(struct raftd_error *error, int code, const char *format, ...)
{
    char old[sizeof(error->message)];
    va_list arguments;
    int length;

    if (error == NULL) {
        return code;
    }
    memcpy(old, error->message, sizeof(old));
    va_start(arguments, format);
    length = vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof(error->message)) {
        size_t room = sizeof(error->message) - (size_t)length;
        snprintf(error->message + length, room, ": %.*s", (int)room, old);
    }
    return error->code != 0 ? error->code : code;
}
