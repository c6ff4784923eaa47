/*
 * Frames between peers: an 8-byte header (u32 payload length, u8 type, u8 version, u16 zero),
 * then the payload, little endian. doc/wire-format.md has the layout. Pure: bytes in, structs
 * out. Decoders take hostile bytes: every length and count is checked against a limit before
 * memory is touched, and trailing bytes are an error.
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
    WIRE_VERSION_MIN = 1,
    WIRE_VERSION_MAX = 1,
    WIRE_HELLO_MAX_BYTES = 1024,       /* payload of a HELLO or HELLO_REPLY, at most */
    WIRE_ENTRY_OVERHEAD_BYTES = 53,    /* an entry without its data; never above its cost */
    WIRE_MESSAGE_OVERHEAD_BYTES = 256, /* a raft message without its entries, at most */
    WIRE_SNAPSHOT_FIXED_BYTES = 32,
    WIRE_SNAPSHOT_CHUNK_MAX = 128 * 1024, /* data in one frame: what a heartbeat may wait for */
};

enum wire_frame_type {
    WIRE_HELLO = 1,       /* first frame of the dialling side */
    WIRE_HELLO_REPLY = 2, /* accepted, or refused with a reason */
    WIRE_PROBE = 3,       /* health probe */
    WIRE_PROBE_REPLY = 4,
    WIRE_RAFT = 5,     /* a struct raft_message */
    WIRE_SNAPSHOT = 6, /* a struct wire_snapshot */
    WIRE_JOIN = 7,     /* first and only frame of a node that is no member yet */
    WIRE_JOIN_REPLY = 8,
};

/* One encoded frame on its way from the core thread to a link thread. memory_free()d. */
struct wire_frame {
    size_t size_bytes;
    uint8_t data[];
};

struct wire_header {
    uint32_t payload_bytes;
    uint8_t type;
    uint8_t version;
};
/* RAFTD_ERROR_PROTOCOL for an unknown type, version, non-zero padding or a length over limit;
 * a hello and a probe have limits of their own below max_payload_bytes. */
int wire_header_decode(struct wire_header *header, const uint8_t data[WIRE_HEADER_BYTES],
                       size_t max_payload_bytes, struct raftd_error *error);

struct wire_hello {
    uint16_t version_min;
    uint16_t version_max;
    uint64_t cluster_id;
    uint16_t node_id;
    uint16_t wanted_id;  /* whom the sender believes it talks to */
    uint64_t process_id; /* random per process life: tells a restart from a reconnect */
    char cluster_name[64];
    char client_address[272]; /* advertised for clients, "" = none */
    char refusal[256];        /* HELLO_REPLY: "" = accepted, else why not */
};
/* Texts are NUL-terminated and hold no control characters; a decoded hello keeps to that. */
struct wire_frame *wire_hello_encode(enum wire_frame_type type, const struct wire_hello *hello);
int wire_hello_decode(struct wire_hello *hello, const void *payload, size_t size,
                      struct raftd_error *error);

/* A petition: a node that has no link to anybody asks any member to be let in, or what it is. */
struct wire_join {
    uint16_t version_min;
    uint16_t version_max;
    uint64_t cluster_id; /* of the log that the sender has; 0 = it has none */
    uint16_t node_id;
    bool asks_only; /* nothing is to be changed */
    bool promote;   /* wants to vote once it has caught up */
    char cluster_name[64];
    char address[272]; /* under which the members are to reach it */
};
enum wire_join_verdict {
    WIRE_JOIN_WELCOME = 1, /* is a member; leader_id and leader_address: its first link */
    WIRE_JOIN_KNOCK,       /* may come: found a log with this cluster id, then ask again */
    WIRE_JOIN_ELSEWHERE,   /* ask the leader, at leader_address */
    WIRE_JOIN_LATER,       /* not now: text says why */
    WIRE_JOIN_REFUSED,     /* never: text says why */
    WIRE_JOIN_REMOVED,     /* was a member and is none any more */
};
struct wire_join_reply {
    uint16_t version_min;
    uint16_t version_max;
    uint64_t cluster_id;
    uint16_t node_id; /* who answers */
    uint8_t verdict;
    uint16_t leader_id; /* 0 = unknown */
    char cluster_name[64];
    char leader_address[272];
    char text[256];
};
struct wire_frame *wire_join_encode(const struct wire_join *join);
int wire_join_decode(struct wire_join *join, const void *payload, size_t size,
                     struct raftd_error *error);
struct wire_frame *wire_join_reply_encode(const struct wire_join_reply *reply);
int wire_join_reply_decode(struct wire_join_reply *reply, const void *payload, size_t size,
                           struct raftd_error *error);

struct wire_probe {
    uint64_t nonce; /* echoed */
    bool ready;     /* reply: whether that node serves */
};
struct wire_frame *wire_probe_encode(enum wire_frame_type type, const struct wire_probe *probe);
int wire_probe_decode(struct wire_probe *probe, const void *payload, size_t size,
                      struct raftd_error *error);

struct wire_frame *wire_message_encode(const struct raft_message *message);

/*
 * The transfer of a snapshot file, as it lies on the sender's disk. The sender offers it; the
 * receiver says from which offset on it wants it, again after each chunk, so that never more than
 * a window is under way, and a transfer that broke off goes on where it was.
 */
enum wire_snapshot_kind {
    WIRE_SNAPSHOT_OFFER = 1,  /* offset_bytes: the size of the whole file */
    WIRE_SNAPSHOT_CHUNK = 2,  /* data at offset_bytes */
    WIRE_SNAPSHOT_ANSWER = 3, /* from the receiver */
};
enum wire_snapshot_answer {
    WIRE_SNAPSHOT_WANTED = 1,  /* all before offset_bytes is there */
    WIRE_SNAPSHOT_DONE = 2,    /* it is there whole, checked and durable, or something newer */
    WIRE_SNAPSHOT_REFUSED = 3, /* it is damaged, or cannot be stored */
};
struct wire_snapshot {
    uint8_t kind;
    uint8_t answer;
    uint32_t data_bytes;
    uint64_t index; /* of the snapshot */
    uint64_t id;    /* its nonce: tells it from another one of the same index */
    uint64_t offset_bytes;
    uint8_t data[];
};
/* The data of a chunk are given apart. */
struct wire_frame *wire_snapshot_encode(const struct wire_snapshot *snapshot, const void *data);
/* On success *snapshot is memory_free()d by the caller, data and all. */
int wire_snapshot_decode(struct wire_snapshot **snapshot, const void *payload, size_t size,
                         struct raftd_error *error);

struct wire_limits {
    uint32_t max_entry_bytes;
    uint32_t max_entries; /* in one message */
};
/* On success *message owns its arrays and references: wire_message_free(). */
int wire_message_decode(struct raft_message **message, const void *payload, size_t size,
                        const struct wire_limits *limits, struct raftd_error *error);
void wire_message_free(struct raft_message *message);

#endif
