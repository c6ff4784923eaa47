/*
 * What a node remembers of the data directory of a peer, and whether a hello comes from the same
 * directory in a state that is not older. It lives as long as the link to the peer, which guards
 * it. Pure.
 *
 * The log says to which directory the peer's id is bound, so another directory is noticed after
 * every restart. An older state of the same directory, or a copy of it, lacks votes or entries that
 * the member has promised. That it is older is seen in two ways:
 *
 *   - A directory counts the starts of a node on it, and each process has a random number. A lower
 *     count than before, or the same count and another process: set back, or copied.
 *   - A hello says with which log the process has started: its term, and its last index. A message
 *     of an earlier process says what was on the disk then: the term with which it voted, led or
 *     answered, and the index that it acknowledged in this term. A start below that, compared by
 *     the term and then by the index, has lost it. Why the comparison is right: the term on a disk
 *     never falls. In one term, a log only grows up to what was acknowledged in it, since the one
 *     leader of that term overwrites nothing. In a later term another leader may have cut the log,
 *     so then an index says nothing.
 *
 * In all these cases the node must not take part under this id.
 *
 * A copy that lacks nothing looks like a new start of the member. The two differ in one thing: the
 * sockets of a process that has ended are closed. So while the connection of one process lives, no
 * other process of the directory is let in. That says nothing against the member.
 */
#ifndef RAFTD_PEER_ACQUAINTANCE_H
#define RAFTD_PEER_ACQUAINTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/error.h>

#include "wire/wire.h"

struct acquaintance {
    uint64_t bound;      /* identity to which the log binds the peer's id; 0 = none */
    uint64_t identity;   /* of the last hello that was accepted; 0 = there was none */
    uint64_t boot_count; /* of that hello */
    uint64_t process_id; /* of that hello */
    uint64_t term;       /* the newest that the peer has certainly had on its disk */
    uint64_t index;      /* and the last index that it has acknowledged in this term; 0 = none */
};

enum acquaintance_verdict {
    ACQUAINTANCE_SAME = 0, /* it is remembered now */
    ACQUAINTANCE_STRANGER, /* another directory than the bound one, or than before */
    ACQUAINTANCE_SET_BACK, /* the same directory in an older state, or a copy */
    ACQUAINTANCE_TWIN,     /* another process on a copy of it, while the one that was met lives */
    ACQUAINTANCE_LOST,     /* the membership says that the member has lost its data */
};
/* Judges a hello of the peer, and remembers it if it is accepted. The error says what to do. */
enum acquaintance_verdict acquaintance_meet(struct acquaintance *known,
                                            const struct wire_hello *hello,
                                            struct raftd_error *error);
/* The connection of the process that was met last, when another hello arrives. */
struct acquaintance_connection {
    bool is_up;
    bool has_answered;  /* the peer has answered a probe on it; else perhaps nobody is there */
    uint64_t silent_ms; /* since the last byte from the peer */
    uint64_t limit_ms;  /* a peer that is silent for so long may have ended without closing it */
};
/*
 * The same for a link, which tells of its connection. *is_proof: the refused hello proves that the
 * member has lost what it had promised. An old count of starts is no proof, because the hello of a
 * process that has ended since can arrive late. Nor is any hello while the member is connected:
 * then somebody has started a copy, and the member itself has its data.
 */
enum acquaintance_verdict acquaintance_recognise(struct acquaintance *known,
                                                 const struct wire_hello *hello,
                                                 const struct acquaintance_connection *connection,
                                                 bool *is_proof, struct raftd_error *error);
/* Whether the peer that was met last may still take part, after `bound` has changed. id: the
 * peer's. */
enum acquaintance_verdict acquaintance_judge(const struct acquaintance *known, uint64_t identity,
                                             unsigned id, struct raftd_error *error);
/* Remembers what a message of the peer proves. */
void acquaintance_hear(struct acquaintance *known, const struct raft_message *message);

#endif
