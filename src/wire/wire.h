/*
 * The frames that nodes send to each other: a header of 8 bytes (u32 payload length, u8 type, u8
 * version, u16 zero), then the payload, all little-endian. doc/wire-format.md has the layout.
 * Pure: turns structs into bytes and bytes into structs, without a socket; any thread.
 *
 * Decoders accept bytes from a hostile peer. They check every length and count against a limit
 * before they allocate memory for it, and bytes after the end of a payload are an error. All
 * decode functions return 0, or RAFTD_ERROR_PROTOCOL with a message.
 */
#ifndef RAFTD_WIRE_WIRE_H
#define RAFTD_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "raft/message.h"

enum {
    WIRE_HEADER_BYTES = 8,
    /* The versions of the format that this node speaks. Version 1 had no identities of data
     * directories (doc/wire-format.md). */
    WIRE_VERSION_MIN = 2,
    WIRE_VERSION_MAX = 2,
    /* The version in the header of greetings: the same in all versions, so that nodes which have no
     * version in common can tell each other. */
    WIRE_VERSION_GREETING = 1,
    /* The largest payload of a hello, a join request, and the replies to them. */
    WIRE_HELLO_MAX_BYTES = 1024,
    /* An entry in a frame, without its data. */
    WIRE_ENTRY_OVERHEAD_BYTES = 53,
    /* The most that a Raft message takes in a frame, without its entries. */
    WIRE_MESSAGE_OVERHEAD_BYTES = 256,
    /* A snapshot frame without its data. */
    WIRE_SNAPSHOT_FIXED_BYTES = 32,
    /* The most data in one snapshot frame. */
    WIRE_SNAPSHOT_CHUNK_MAX = 128 * 1024,
    /* A piece without its data, and the most data in one piece. With its header, the largest piece
     * has 16 KiB: as much as a record of TLS. */
    WIRE_PIECE_FIXED_BYTES = 1,
    WIRE_PIECE_DATA_MAX = 16 * 1024 - 8 - 1,
};

enum wire_frame_type {
    WIRE_HELLO = 1,        /* struct wire_hello: the first frame of the side that connected */
    WIRE_HELLO_REPLY = 2,  /* struct wire_hello: accepted, or refused with a reason */
    WIRE_PROBE = 3,        /* struct wire_probe: asks whether the other node is alive and serves */
    WIRE_PROBE_REPLY = 4,  /* struct wire_probe */
    WIRE_RAFT = 5,         /* struct raft_message */
    WIRE_SNAPSHOT = 6,     /* struct wire_snapshot */
    WIRE_JOIN = 7,         /* struct wire_join: the only frame of a node that is not a member yet */
    WIRE_JOIN_REPLY = 8,   /* struct wire_join_reply */
    WIRE_PIECE = 9,        /* a part of a RAFT or SNAPSHOT frame */
    WIRE_FOUND = 10,       /* struct wire_found: the only frame of a founder without a cluster */
    WIRE_FOUND_REPLY = 11, /* struct wire_found */
};

/* An encoded frame, header included. Freed with memory_free() by its owner. */
struct wire_frame {
    size_t size_bytes;
    uint8_t data[];
};

struct wire_header {
    uint32_t payload_bytes;
    uint8_t type;
    uint8_t version;
};
/* RAFTD_ERROR_PROTOCOL if the type or the version is unknown, the padding is not zero, or the
 * payload is longer than max_payload_bytes. Hellos, join requests, probes, snapshot frames and
 * pieces have smaller limits of their own. */
int wire_header_decode(struct wire_header *header, const uint8_t data[WIRE_HEADER_BYTES],
                       size_t max_payload_bytes, struct raftd_error *error);

/* What two nodes tell each other when a connection begins. Texts are NUL-terminated and have no
 * control characters, also after decoding. */
struct wire_hello {
    uint16_t version_min; /* the protocol versions that the sender speaks, both ends included */
    uint16_t version_max;
    uint64_t cluster_id;
    uint16_t node_id;    /* of the sender, never 0 */
    uint16_t wanted_id;  /* the node that the sender believes it talks to */
    uint64_t process_id; /* random number of the sender's process: it differs after a restart */
    uint64_t identity;   /* of the sender's data directory, not 0; see wire_hello_encode() */
    uint64_t boot_count; /* how often a node has started on that directory */
    uint64_t term;       /* in the log when the sender's process started */
    uint64_t last_index; /* of that log; a snapshot counts as a part of it */
    char cluster_name[64];
    char client_address[272]; /* where clients reach the sender; "" = not told */
    char refusal[256];        /* in a HELLO_REPLY: why the hello is refused; "" = accepted */
};
/* A refusal contains no identity, nor what follows that: nobody gets to know its sender by it. So
 * does a hello of a node that speaks only version 1. Both are decoded as 0. */
struct wire_frame *wire_hello_encode(enum wire_frame_type type, const struct wire_hello *hello);
int wire_hello_decode(struct wire_hello *hello, const void *payload, size_t size,
                      struct raftd_error *error);

/* A join request: a node that has no connection to the cluster yet asks any member to add it, or
 * only asks whether it is a member. */
struct wire_join {
    uint16_t version_min; /* the protocol versions that the sender speaks, both ends included */
    uint16_t version_max;
    uint64_t cluster_id; /* of the log that the sender has; 0 = it has no log */
    uint64_t identity;   /* of the sender's data directory, not 0 */
    uint16_t node_id;    /* of the sender, never 0 */
    bool asks_only;      /* the sender only asks; the membership must not change */
    bool promote;        /* the sender wants to become a voter once it has caught up */
    char cluster_name[64];
    char address[272]; /* where the members are to reach the sender */
};
enum wire_join_verdict {
    WIRE_JOIN_WELCOME = 1, /* the sender is a member; it connects to leader_address first */
    WIRE_JOIN_KNOCK,       /* the sender may join: make a log with cluster_id, then ask again */
    WIRE_JOIN_ELSEWHERE,   /* ask the leader, at leader_address */
    WIRE_JOIN_LATER,       /* not possible now; text says why */
    WIRE_JOIN_REFUSED,     /* never possible; text says why */
    WIRE_JOIN_REMOVED,     /* the sender was a member and has been removed */
};
struct wire_join_reply {
    uint16_t version_min; /* the protocol versions that the answering node speaks */
    uint16_t version_max;
    uint64_t cluster_id;
    uint16_t node_id;   /* of the answering node, never 0 */
    uint8_t verdict;    /* an enum wire_join_verdict */
    uint16_t leader_id; /* 0 = unknown */
    char cluster_name[64];
    char leader_address[272]; /* "" = unknown */
    char text[256];           /* a sentence for a person; "" = none */
};
struct wire_frame *wire_join_encode(const struct wire_join *join);
int wire_join_decode(struct wire_join *join, const void *payload, size_t size,
                     struct raftd_error *error);
struct wire_frame *wire_join_reply_encode(const struct wire_join_reply *reply);
int wire_join_reply_decode(struct wire_join_reply *reply, const void *payload, size_t size,
                           struct raftd_error *error);

/*
 * What founders tell each other before there is a cluster, as a question and as the answer to it:
 * member/founding.h. A founder that belongs to a cluster already answers with how that was founded.
 */
enum { WIRE_FOUNDERS_MAX = 32 };
enum wire_found_state {
    WIRE_FOUND_EMPTY = 1, /* the sender's directory belongs to no cluster */
    WIRE_FOUND_DECIDED,   /* the sender is just becoming a member of a cluster */
    WIRE_FOUND_MEMBER,    /* the sender's directory belongs to cluster_id */
};
struct wire_found {
    uint16_t version_min; /* the protocol versions that the sender speaks, both ends included */
    uint16_t version_max;
    uint16_t node_id;    /* of the sender, never 0 */
    uint16_t wanted_id;  /* the node that the sender believes it talks to */
    uint8_t state;       /* an enum wire_found_state */
    uint64_t identity;   /* of the sender's data directory, not 0 */
    uint64_t digest;     /* of the ids and addresses of the founders; 0 = the sender founded none */
    uint64_t cluster_id; /* MEMBER: the cluster; else 0 */
    uint16_t founder_count; /* MEMBER: how many founders are listed; 0 = the sender is no founder */
    struct {
        uint16_t id;
        uint64_t identity; /* of the data directory that founded */
    } founders[WIRE_FOUNDERS_MAX];
    char cluster_name[64];
};
struct wire_frame *wire_found_encode(enum wire_frame_type type, const struct wire_found *found);
int wire_found_decode(struct wire_found *found, const void *payload, size_t size,
                      struct raftd_error *error);

struct wire_probe {
    uint64_t nonce; /* the reply has the same one */
    bool ready;     /* in a reply: the answering node serves clients */
};
struct wire_frame *wire_probe_encode(enum wire_frame_type type, const struct wire_probe *probe);
int wire_probe_decode(struct wire_probe *probe, const void *payload, size_t size,
                      struct raftd_error *error);

struct wire_frame *wire_message_encode(const struct raft_message *message);

/*
 * What a frame may wait for. A frame of a class may overtake frames of the classes after it, and
 * frames of one class keep their order.
 */
enum wire_class {
    WIRE_CONTROL, /* greetings, probes, heartbeats, votes, acknowledgements, rounds of reads */
    WIRE_ENTRIES, /* appends with entries, forwarded proposals, and the refusals of proposals */
    WIRE_BULK,    /* parts of a snapshot */
    WIRE_CLASSES,
};
/* CONTROL or ENTRIES. */
enum wire_class wire_message_class(const struct raft_message *message);

/*
 * A large frame of the class ENTRIES or BULK travels in pieces, so that frames of other classes can
 * go between them. The pieces of one class are one frame after the other, cut at any place: the
 * data of the first piece begins with the header of the frame, and the last piece ends with the
 * frame.
 */
struct wire_piece {
    enum wire_class class; /* ENTRIES or BULK */
    const uint8_t *data;   /* borrowed */
    size_t size_bytes;     /* of data, not 0 */
};
/* Writes the header of a piece and its payload up to the data. */
enum { WIRE_PIECE_HEAD_BYTES = WIRE_HEADER_BYTES + WIRE_PIECE_FIXED_BYTES };
void wire_piece_head(uint8_t head[WIRE_PIECE_HEAD_BYTES], enum wire_class class, size_t size);
/* The data stays in the payload. */
int wire_piece_decode(struct wire_piece *piece, const void *payload, size_t size,
                      struct raftd_error *error);

/*
 * The transfer of a snapshot file, byte for byte as it is on the sender's disk. The sender offers
 * the file. The receiver answers with the offset from which on it needs the file, first to the
 * offer and then after each chunk. So the sender knows how many bytes are on their way and can
 * limit them, and a transfer that was interrupted continues at the offset it had reached.
 */
enum wire_snapshot_kind {
    WIRE_SNAPSHOT_OFFER = 1,  /* offset_bytes: the size of the whole file */
    WIRE_SNAPSHOT_CHUNK = 2,  /* data at offset_bytes */
    WIRE_SNAPSHOT_ANSWER = 3, /* from the receiver */
};
enum wire_snapshot_answer {
    WIRE_SNAPSHOT_WANTED = 1, /* the receiver has all bytes before offset_bytes */
    WIRE_SNAPSHOT_DONE = 2,   /* the receiver has the whole file, checked and durable, or a newer */
    WIRE_SNAPSHOT_REFUSED = 3, /* the receiver does not take the file; the reason is below */
};
/* Why a receiver refuses, in offset_bytes of its answer. A node that knows no reasons sends 0
 * and ignores what is there, so a sender has to expect every value. */
enum wire_snapshot_reason {
    WIRE_SNAPSHOT_NO_REASON = 0,
    WIRE_SNAPSHOT_DAMAGED = 1, /* a checksum in the file that arrived is wrong */
    WIRE_SNAPSHOT_NO_ROOM = 2, /* the receiver cannot store the file */
};
struct wire_snapshot {
    uint8_t kind;          /* an enum wire_snapshot_kind */
    uint8_t answer;        /* an enum wire_snapshot_answer; 0 unless kind is ANSWER */
    uint32_t data_bytes;   /* bytes in data; 0 unless kind is CHUNK */
    uint64_t index;        /* of the snapshot, never 0 */
    uint64_t id;           /* its nonce, which differs from that of another file for this index */
    uint64_t offset_bytes; /* OFFER: the size of the file; CHUNK, ANSWER: see above */
    uint8_t data[];
};
/* data has snapshot->data_bytes bytes; the array in *snapshot is not used. */
struct wire_frame *wire_snapshot_encode(const struct wire_snapshot *snapshot, const void *data);
/* On success the caller frees *snapshot, which includes its data, with memory_free(). */
int wire_snapshot_decode(struct wire_snapshot **snapshot, const void *payload, size_t size,
                         struct raftd_error *error);

struct wire_limits {
    uint32_t max_entry_bytes; /* of an entry's data */
    uint32_t max_entries;     /* entries, or refused proposals, in one message */
};
/* On success the caller frees *message, with its arrays and its references to entries, by
 * wire_message_free(). */
int wire_message_decode(struct raft_message **message, const void *payload, size_t size,
                        const struct wire_limits *limits, struct raftd_error *error);
void wire_message_free(struct raft_message *message);

#endif
