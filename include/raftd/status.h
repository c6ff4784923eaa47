/*
 * What a node says about itself and about the other members of its cluster. The two tables below
 * are the only lists of these figures: struct raftd_status and struct raftd_member_status, RAFT
 * STATUS, the section "raft" of INFO, `raftctl status` and the list in raftd-commands(7) are all
 * made of them. A field of a later version is added at the end of its table; see the structs below.
 *
 * A row: FIELD(kind, name, unit, source, meaning).
 *
 * - kind: gives the C type, below; and how the figure is written: FLAG as true or false, HEX as
 *   16 hexadecimal digits, all others as they are
 * - unit: "" = a plain number or a text
 * - source: from which figures of the node the field is filled (src/node/status.c)
 */
#ifndef RAFTD_STATUS_H
#define RAFTD_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RAFTD_STATUS_FIELDS(FIELD)                                                                 \
    FIELD(HEX, cluster_id, "", node.cluster_id,                                                    \
          "identity of the cluster, the same on all members; 0 = not known yet")                   \
    FIELD(NAME, cluster_name, "", node.cluster_name, "name of the cluster in the configuration")   \
    FIELD(NAME, version, "", node.version, "version of raftd")                                     \
    FIELD(ID, id, "", node.id, "id of this node")                                                  \
    FIELD(ID, leader, "", raft.leader, "id of the leader, 0 = not known")                          \
    FIELD(WORD, role, "", node.role,                                                               \
          "follower, pre-candidate (asks whether it could win an election), candidate, leader or " \
          "learner")                                                                               \
    FIELD(PHASE, phase, "", node.phase, "step of the node's life")                                 \
    FIELD(FLAG, ready, "", node.ready,                                                             \
          "whether the node can serve requests now: false also while a quorum is lost")            \
    FIELD(FLAG, joint, "", node.joint,                                                             \
          "whether a change of the voters is in its first step, in which the old and the new "     \
          "voters both need a quorum")                                                             \
    FIELD(ID, handover_to, "", raft.handover_to,                                                   \
          "id of the node to which leadership is being handed over, 0 = no handover")              \
    FIELD(NUMBER, term, "", raft.term, "newest term that this node has seen")                      \
    FIELD(NUMBER, last_index, "index", raft.last_index, "last entry of this node's log")           \
    FIELD(NUMBER, durable_index, "index", raft.durable_index, "last entry on this node's disk")    \
    FIELD(NUMBER, commit_index, "index", raft.commit_index,                                        \
          "last entry that is known here to be on the disks of a quorum")                          \
    FIELD(NUMBER, applied_index, "index", node.applied_index,                                      \
          "last entry that is contained in the data which this node serves")                       \
    FIELD(NUMBER, proposals_pending, "commands", node.proposals_pending,                           \
          "commands of the clients of this node that have no outcome yet")                         \
    FIELD(NUMBER, reads_pending, "reads", node.reads_pending,                                      \
          "reads of the clients of this node that have no answer yet")                             \
    FIELD(NUMBER, log_bytes, "bytes", log.size_bytes, "size of the log on disk")                   \
    FIELD(NUMBER, log_segments, "files", log.segment_count, "segment files of the log")            \
    FIELD(NUMBER, log_syncs, "calls", log.batch_count, "fdatasync calls since the start")          \
    FIELD(NUMBER, log_base_index, "index", raft.base_index,                                        \
          "the log begins behind this entry; the snapshot holds what came before")                 \
    FIELD(NUMBER, snapshot_index, "index", snapshots.index,                                        \
          "last entry in the newest snapshot, 0 = no snapshot")                                    \
    FIELD(NUMBER, snapshot_bytes, "bytes", snapshots.size_bytes, "file of the newest snapshot")    \
    FIELD(NUMBER, snapshot_saving_index, "index", snapshots.saving_index,                          \
          "last entry in the snapshot that is being saved, 0 = no snapshot is being saved")        \
    FIELD(NUMBER, snapshot_saving_bytes, "bytes", snapshots.saving_bytes,                          \
          "part of that snapshot's content that is written already")                               \
    FIELD(NUMBER, snapshot_received_bytes, "bytes", snapshots.receiving.done_bytes,                \
          "part of a snapshot that has arrived from the leader")                                   \
    FIELD(NUMBER, snapshot_receiving_bytes, "bytes", snapshots.receiving.total_bytes,              \
          "size of that snapshot, 0 = no snapshot is arriving")                                    \
    FIELD(NUMBER, uptime_ms, "ms", node.uptime_ms, "time since the node was started")              \
    FIELD(                                                                                         \
        NUMBER, quorum_silent_ms, "ms", node.quorum_silent_ms,                                     \
        "time since this node last had contact with a leader that has a quorum, or had a quorum "  \
        "as the leader; 0 = never")                                                                \
    FIELD(HEX, identity, "", node.identity,                                                        \
          "identity of this node's data directory; 0 = not known yet")                             \
    FIELD(SENTENCE, waiting_for, "", node.waiting_for,                                             \
          "why this node is not ready: the founders that it waits for, or that its disk is "       \
          "nearly full; empty = no such reason")                                                   \
    FIELD(NUMBER, damaged_index, "index", raft.damaged_index,                                      \
          "an entry that the disk of this node has damaged in the log, or the first one that the " \
          "start has cut off because of damage: the node votes for nobody until the log is "       \
          "replaced, or until the leader has sent again what was cut off; 0 = none is known")

#define RAFTD_MEMBER_STATUS_FIELDS(FIELD)                                                          \
    FIELD(ID, id, "", member.id, "id of the member")                                               \
    FIELD(FLAG, voter, "", member.voter, "whether the member counts for the quorum")               \
    FIELD(FLAG, learner, "", member.learner, "whether the member receives the log without a vote") \
    FIELD(FLAG, joining, "", member.joining,                                                       \
          "whether the member is a learner that becomes a voter automatically when it has caught " \
          "up")                                                                                    \
    FIELD(FLAG, outgoing, "", member.outgoing,                                                     \
          "whether the member stops voting when the current change of the voters is complete")     \
    FIELD(FLAG, self, "", member.self, "whether the member is the node that was asked")            \
    FIELD(FLAG, connected, "", member.connected,                                                   \
          "whether the node that was asked has a connection to the member")                        \
    FIELD(FLAG, replicating, "", member.replicating,                                               \
          "on the leader: whether new entries are sent to the member at once")                     \
    FIELD(FLAG, lost_log, "", member.lost_log,                                                     \
          "whether the member has lost entries that it had acknowledged: the leader has proof of " \
          "it, or the membership is marked so; it does not count until it is replaced")            \
    FIELD(NUMBER, match_index, "index", member.match_index,                                        \
          "on the leader: last entry that is known to be on the disk of the member and equal to "  \
          "the leader's")                                                                          \
    FIELD(NUMBER, silent_ms, "ms", member.silent_ms,                                               \
          "on the leader: time since the member answered last")                                    \
    FIELD(NUMBER, election_timeout_ms, "ms", member.election_timeout_ms,                           \
          "on the leader: election_timeout_ms of the member, 0 = not known")                       \
    FIELD(NUMBER, snapshot_done_bytes, "bytes", member.snapshot_done_bytes,                        \
          "on the leader: part of a snapshot that the member has received")                        \
    FIELD(NUMBER, snapshot_total_bytes, "bytes", member.snapshot_total_bytes,                      \
          "on the leader: size of that snapshot, 0 = no snapshot is being sent")                   \
    FIELD(NUMBER, round_trip_us, "us", link.round_trip_us,                                         \
          "time in which the last test message went to the member and back, 0 = not known")        \
    FIELD(ADDRESS, address, "", member.address, "address to which the other nodes connect")        \
    FIELD(ADDRESS, client_address, "", link.client_address,                                        \
          "address to which clients connect, empty = not known")                                   \
    FIELD(SENTENCE, trouble, "", link.trouble,                                                     \
          "why there is no connection to the member, empty = there is one")

/*
 * The phases of a node's life, in this order; but a node that joins a cluster goes through JOIN
 * instead of HEALTH_CHECK, and a node that founds one together with others through FOUND before
 * HEALTH_CHECK. A node can be stopped in any phase.
 */
enum raftd_phase {
    RAFTD_PHASE_BUILT = 0,    /* raftd_node_run() was not called yet */
    RAFTD_PHASE_CONNECT,      /* opens listeners, connects to the peers */
    RAFTD_PHASE_HEALTH_CHECK, /* waits until a quorum of the voters answers */
    RAFTD_PHASE_READY,        /* a quorum answers: serves from here on */
    RAFTD_PHASE_WARM_UP,      /* serves, and waits up to a second for the other peers */
    RAFTD_PHASE_JOIN,         /* looks for its cluster, asks to become a member, catches up */
    RAFTD_PHASE_RUNNING,      /* serves */
    RAFTD_PHASE_STOPPING,     /* hands leadership over, ends its threads */
    RAFTD_PHASE_FOUND,        /* waits for all founders of a new cluster */
};
/* A constant name of a phase, for example "health check". Never NULL. Any thread. */
const char *raftd_phase_name(enum raftd_phase phase);

/* The C type of each kind. Texts end with a NUL; a WORD is static. */
#define RAFTD_STATUS_DECLARE_NUMBER(name) uint64_t name;
#define RAFTD_STATUS_DECLARE_HEX(name) uint64_t name;
#define RAFTD_STATUS_DECLARE_ID(name) uint16_t name;
#define RAFTD_STATUS_DECLARE_FLAG(name) bool name;
#define RAFTD_STATUS_DECLARE_PHASE(name) enum raftd_phase name;
#define RAFTD_STATUS_DECLARE_WORD(name) const char *name;
#define RAFTD_STATUS_DECLARE_NAME(name) char name[64];
#define RAFTD_STATUS_DECLARE_SENTENCE(name) char name[256];
#define RAFTD_STATUS_DECLARE_ADDRESS(name) char name[272];
#define RAFTD_STATUS_DECLARE(kind, name, unit, source, meaning) RAFTD_STATUS_DECLARE_##kind(name)

enum { RAFTD_MEMBERS_MAX = 32 };

/* The fields of a later version take the place of reserved bytes, so the size stays the same. */
struct raftd_member_status {
    RAFTD_MEMBER_STATUS_FIELDS(RAFTD_STATUS_DECLARE)
    uint64_t reserved[8]; /* 0 */
};

/* The fields of a later version are at the end. A program that was compiled with an older header
 * tells raftd_node_status() the size that it knows, and gets the fields that it knows. */
struct raftd_status {
    size_t member_count;
    struct raftd_member_status members[RAFTD_MEMBERS_MAX];
    RAFTD_STATUS_FIELDS(RAFTD_STATUS_DECLARE)
};

#ifdef __cplusplus
}
#endif

#endif
