/*
 * Error codes of libraftd. Every function that can fail returns 0 or one of these negative
 * codes; where a sentence helps a person, a struct raftd_error carries it as well.
 */
#ifndef RAFTD_ERROR_H
#define RAFTD_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

enum raftd_code {
    RAFTD_OK = 0,
    /* A value from the caller or the configuration is unusable. Nothing was changed. */
    RAFTD_ERROR_INVALID = -1,
    /* The operating system refused something: errno's text is in the message. */
    RAFTD_ERROR_SYSTEM = -2,
    /* Bytes on disk are damaged: a checksum or an order that cannot be the end of a log. */
    RAFTD_ERROR_CORRUPT = -3,
    /* A peer or client broke the protocol. */
    RAFTD_ERROR_PROTOCOL = -4,
    /* Another process holds the data directory. */
    RAFTD_ERROR_LOCKED = -5,
    /* A value exceeds a configured limit. */
    RAFTD_ERROR_TOO_LARGE = -6,
    /* A bounded queue is full; try again after some completions have been taken. */
    RAFTD_ERROR_BUSY = -7,
    /* The node is not ready (starting, or out of service). Definitely not applied. */
    RAFTD_ERROR_NOT_READY = -8,
    /* Leadership moved while the request was on its way. Definitely not applied. */
    RAFTD_ERROR_NOT_LEADER = -9,
    /* No leader with a quorum could be reached in time. Definitely not applied. */
    RAFTD_ERROR_UNAVAILABLE = -10,
    /* No answer in time: the request may have been applied, or may be applied later. */
    RAFTD_ERROR_TIMEOUT = -11,
    /* The node is stopping. Unless said otherwise, definitely not applied. */
    RAFTD_ERROR_STOPPED = -12,
    /* Authentication failed: certificate, cluster or node identity. */
    RAFTD_ERROR_REFUSED = -13,
    /* The operation would block; wait for the descriptor and call again. */
    RAFTD_ERROR_AGAIN = -14,
    /* The other side closed the connection. */
    RAFTD_ERROR_CLOSED = -15,
    /* This node was removed from its cluster: it will never be a member again under this id. */
    RAFTD_ERROR_REMOVED = -16,
    /* The state of the cluster does not allow it now; a sentence says why. Nothing was changed. */
    RAFTD_ERROR_CONFLICT = -17,
    /* The disk is nearly full: nothing more is written. Definitely not applied. */
    RAFTD_ERROR_DISK_FULL = -18,
};

/* What went wrong, for a person. Owned by the caller; may be NULL where it is a parameter. */
struct raftd_error {
    int code;          /* 0 or one of enum raftd_code */
    char message[512]; /* NUL-terminated: what was being done, what was found, what to do */
};

/* A short constant English text for a code ("not ready", ...). Never NULL. Any thread. */
const char *raftd_code_text(int code);

#ifdef __cplusplus
}
#endif

#endif
