/*
 * The error codes of libraftd. Every function that can fail returns 0 or one of these negative
 * codes. Functions whose failure needs an explanation also fill a struct raftd_error.
 */
#ifndef RAFTD_ERROR_H
#define RAFTD_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

enum raftd_code {
    RAFTD_OK = 0,
    /* An argument or an option has a value that cannot be used. Nothing was changed. */
    RAFTD_ERROR_INVALID = -1,
    /* A system call failed. The message contains the text of errno. */
    RAFTD_ERROR_SYSTEM = -2,
    /* Data on disk are damaged: a checksum is wrong, or records do not follow one another, at a
     * place where an interrupted write cannot be the cause. */
    RAFTD_ERROR_CORRUPT = -3,
    /* A peer or a client sent bytes that the protocol does not allow. */
    RAFTD_ERROR_PROTOCOL = -4,
    /* Another process has locked the data directory. */
    RAFTD_ERROR_LOCKED = -5,
    /* The request is larger than a configured limit allows. It was not sent. */
    RAFTD_ERROR_TOO_LARGE = -6,
    /* A queue of fixed size is full. Take some completions, then try again. As the status of a
     * completion: the leader took no more commands before the deadline, because too many are not
     * committed. The command was not applied and never will be. */
    RAFTD_ERROR_BUSY = -7,
    /* The node is not ready: it is starting, or out of service. The request was not applied. */
    RAFTD_ERROR_NOT_READY = -8,
    /* The leader changed while the request was on its way. The request was not applied and never
     * will be. */
    RAFTD_ERROR_NOT_LEADER = -9,
    /* No leader with a quorum could be reached before the request's deadline. The request was not
     * applied and never will be. */
    RAFTD_ERROR_UNAVAILABLE = -10,
    /* No answer came in time. The request may have been applied, or may be applied later. */
    RAFTD_ERROR_TIMEOUT = -11,
    /* The node is stopping. The request was not applied and never will be. */
    RAFTD_ERROR_STOPPED = -12,
    /* Access was refused: a certificate, a cluster name or a node id is not the expected one. */
    RAFTD_ERROR_REFUSED = -13,
    /* The operation would have to wait. Wait until the descriptor is ready, then call again. */
    RAFTD_ERROR_AGAIN = -14,
    /* The other side closed the connection. */
    RAFTD_ERROR_CLOSED = -15,
    /* This node was removed from its cluster. Its id is never used again. */
    RAFTD_ERROR_REMOVED = -16,
    /* The cluster is in a state that does not allow the operation now; a sentence says which.
     * Nothing was changed. */
    RAFTD_ERROR_CONFLICT = -17,
    /* The leader's disk is nearly full, so it takes no commands; or, for a read, this node's disk
     * is, so it lacks what the read has to see. The request was not applied and never will be. */
    RAFTD_ERROR_DISK_FULL = -18,
};

/*
 * The explanation of an error, for a person. The caller owns the struct. Functions that take a
 * pointer to one accept NULL. The content counts only after a call that failed.
 */
struct raftd_error {
    int code;          /* one of enum raftd_code */
    char message[512]; /* ends with NUL: what was being done, what was found, what to do */
};

/* A short constant English text for a code, for example "not ready". Never NULL. Any thread. */
const char *raftd_code_text(int code);

#ifdef __cplusplus
}
#endif

#endif
