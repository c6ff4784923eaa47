/*
 * What a node remembers of the data directory of a peer, and whether a hello comes from the same
 * directory in a later state. It lives as long as the link to the peer, which guards it. Pure.
 *
 * A directory counts the starts of a node on it, and each process has a random number. If a hello
 * has a lower count than one before, or the same count and another process, then the directory was
 * set back to an older state, or copied: it lacks votes or entries that its member has promised. If
 * the identity is another one, the directory was lost. In both cases the node must not take part
 * under this id.
 */
#ifndef RAFTD_PEER_ACQUAINTANCE_H
#define RAFTD_PEER_ACQUAINTANCE_H

#include <stdint.h>

#include <raftd/error.h>

#include "wire/wire.h"

struct acquaintance {
    uint64_t bound;      /* identity to which the log binds the peer's id; 0 = none */
    uint64_t identity;   /* of the last hello that was accepted; 0 = there was none */
    uint64_t boot_count; /* of that hello */
    uint64_t process_id; /* of that hello */
};

enum acquaintance_verdict {
    ACQUAINTANCE_SAME = 0, /* it is remembered now */
    ACQUAINTANCE_STRANGER, /* another directory */
    ACQUAINTANCE_SET_BACK, /* the same directory in an older state, or a copy */
};
/* Judges a hello of the peer, and remembers it if it is accepted. The error says what to do. A
 * hello without an identity is accepted. */
enum acquaintance_verdict acquaintance_meet(struct acquaintance *known,
                                            const struct wire_hello *hello,
                                            struct raftd_error *error);

#endif
