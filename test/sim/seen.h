/*
 * What was seen to happen: a counter for each thing that can happen in a world. A fault that is
 * drawn and never strikes tests nothing, so raftd-sim prints all counters at the end, and with
 * --all-seen it fails if one is zero (test_seeds.sh does that).
 */
#ifndef RAFTD_TEST_SIM_SEEN_H
#define RAFTD_TEST_SIM_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/swarm.h"

#define SEEN(X)                                                                                    \
    /* the network */                                                                              \
    X(SEEN_DELAY, "frames delayed")                                                                \
    X(SEEN_LOSS, "frames lost")                                                                    \
    X(SEEN_DUPLICATE, "frames twice")                                                              \
    X(SEEN_REORDER, "frames overtaken")                                                            \
    X(SEEN_REPLAY, "frames of the past")                                                           \
    X(SEEN_OLD_TERM, "frames of an earlier term heard")                                            \
    X(SEEN_ONE_WAY, "one-way cuts")                                                                \
    X(SEEN_PARTITION, "partitions")                                                                \
    X(SEEN_BRIDGE, "bridges")                                                                      \
    X(SEEN_RING, "rings")                                                                          \
    X(SEEN_CUT_DROP, "frames lost in a cut")                                                       \
    X(SEEN_CLOG, "clogs")                                                                          \
    X(SEEN_LONG_CLOG, "clogs of seconds")                                                          \
    X(SEEN_LATE_ANSWERS, "leaders unheard whose answers are late")                                 \
    X(SEEN_LARGE_FRAME, "frames sent in pieces")                                                   \
    X(SEEN_QUEUE_FULL, "frames without room in the queue of a link")                               \
    X(SEEN_LARGE_VALUE, "large values committed")                                                  \
    X(SEEN_HUGE_VALUE, "values of 1 to 64 MiB committed")                                          \
    X(SEEN_HUGE_CALM, "... in the calm")                                                           \
    X(SEEN_LATE_HELLO, "late hellos")                                                              \
    X(SEEN_LATE_HELLO_REFUSED, "... refused")                                                      \
    X(SEEN_LATE_HELLO_TAKEOVER, "... taken for a new connection")                                  \
    X(SEEN_RESET, "connections broken")                                                            \
    X(SEEN_RESET_FRAME, "... with frames under way")                                               \
    X(SEEN_RESET_SNAPSHOT, "... in the midst of a snapshot")                                       \
    /* disks */                                                                                    \
    X(SEEN_READ_ERROR, "read errors")                                                              \
    X(SEEN_WRITE_ERROR, "write errors")                                                            \
    X(SEEN_SHORT_WRITE, "short writes")                                                            \
    X(SEEN_SYNC_ERROR, "failed syncs")                                                             \
    X(SEEN_NAME_ERROR, "errors of names")                                                          \
    X(SEEN_FULL, "writes without room")                                                            \
    X(SEEN_ROOM_AGAIN, "disks with room again")                                                    \
    X(SEEN_SPACE_LOW, "nodes told that room is low")                                               \
    X(SEEN_NO_ROOM, "appends that came when room was low")                                         \
    X(SEEN_RESERVE_USED, "batches in the room that was held for them")                             \
    X(SEEN_RESERVE_LEFT, "... and not all of it was needed")                                       \
    X(SEEN_DISK_END, "processes ended by their disk")                                              \
    X(SEEN_TAKEN_END, "... that others had filled before it was noticed")                          \
    X(SEEN_STALL, "stalls")                                                                        \
    X(SEEN_LONG_STALL, "stalls of seconds")                                                        \
    X(SEEN_WRITE_BACK, "early write-backs")                                                        \
    X(SEEN_POWER_CUT, "power cuts")                                                                \
    X(SEEN_TEAR, "... with sectors torn")                                                          \
    X(SEEN_FLIP, "bits flipped")                                                                   \
    X(SEEN_UNREADABLE, "sectors unreadable")                                                       \
    X(SEEN_LOST_WRITE, "writes lost")                                                              \
    X(SEEN_MISDIRECTED, "writes misdirected")                                                      \
    X(SEEN_FILE_GONE, "files gone")                                                                \
    X(SEEN_FLIP_BEHIND, "bits flipped behind the log")                                             \
    X(SEEN_STALE_BEHIND, "stale bytes behind the log")                                             \
    X(SEEN_REFUSAL, "damaged logs refused")                                                        \
    X(SEEN_SNAPSHOT_DAMAGE, "snapshots damaged")                                                   \
    X(SEEN_SNAPSHOT_ROT, "snapshots of running nodes damaged")                                     \
    X(SEEN_SNAPSHOT_ROT_FOUND, "... and the node found it")                                        \
    X(SEEN_SNAPSHOT_FALLBACK, "... and the start did without")                                     \
    X(SEEN_SNAPSHOT_REFUSAL, "... and the start was refused")                                      \
    X(SEEN_LOG_ROT, "logs of running nodes damaged")                                               \
    X(SEEN_LOG_ROT_FOUND, "... and the node found it")                                             \
    X(SEEN_LOG_MENDED, "... and mended it")                                                        \
    X(SEEN_LOG_CUT, "logs that a start has cut because of damage")                                 \
    X(SEEN_LOG_WHOLE, "... and the node got the lost entries again")                               \
    X(SEEN_STANDING_FULL, "calms with full disks")                                                 \
    X(SEEN_FULL_READ, "... and linearizable reads")                                                \
    X(SEEN_FULL_FREED, "... and commands that free space")                                         \
    X(SEEN_DISASTER, "majorities lost")                                                            \
    /* processes and clocks */                                                                     \
    X(SEEN_KILL, "processes killed")                                                               \
    X(SEEN_STOP, "processes asked to stop")                                                        \
    X(SEEN_DRAINED, "... and drained")                                                             \
    X(SEEN_OUT_OF_SERVICE, "nodes taken out of service")                                           \
    X(SEEN_SUSPEND, "suspends of one")                                                             \
    X(SEEN_SUSPEND_ALL, "suspends of all")                                                         \
    X(SEEN_CRASH_ALL, "all ended at once")                                                         \
    X(SEEN_RESTARTED_VOTERS, "... but a leader that was cut off")                                  \
    X(SEEN_CRASH_IN_RECOVERY, "recoveries cut short")                                              \
    X(SEEN_PAUSE, "pauses")                                                                        \
    X(SEEN_PAUSED_ANSWER, "pauses with an answer in hand")                                         \
    X(SEEN_WIPE, "disks lost")                                                                     \
    X(SEEN_SET_BACK, "directories set back to an older copy")                                      \
    X(SEEN_SET_BACK_BEHIND, "... older than what all others remember of its log")                  \
    X(SEEN_TWIN, "second processes on a copy of a directory")                                      \
    X(SEEN_TWIN_WHOLE, "... that lacks nothing")                                                   \
    X(SEEN_TWIN_HELLO, "... and their hellos")                                                     \
    X(SEEN_TWIN_MARK, "... and members taken for lost because of them")                            \
    X(SEEN_COPY_REFUSED, "copies of directories refused under another id")                         \
    X(SEEN_FORMER, "directories of an earlier cluster")                                            \
    X(SEEN_BROUGHT_BACK, "... or older copies, and the own directory brought back")                \
    X(SEEN_WALL_STEP, "wall clocks stepped")                                                       \
    /* what the shipped code did */                                                                \
    X(SEEN_FOUNDED, "founders that decided")                                                       \
    X(SEEN_FOUNDER_STRANGER, "founders told that their directory was lost")                        \
    X(SEEN_OPERATED, "members replaced by an operator in the calm")                                \
    X(SEEN_JOINED, "nodes welcomed")                                                               \
    X(SEEN_TOLD_LEADER, "members that hear no leader told who leads")                              \
    X(SEEN_MET_ASKER, "members that hear no leader asked by one that they do not know")            \
    X(SEEN_TOLD_REMOVED, "members told that they were removed")                                    \
    X(SEEN_JOIN_REFUSED, "nodes that may not join")                                                \
    X(SEEN_REFUSED_CLUSTER, "hellos refused: another cluster")                                     \
    X(SEEN_REFUSED_SET_BACK, "hellos refused: a directory that was set back")                      \
    X(SEEN_REFUSED_TWIN, "hellos refused: another process of the directory is connected")          \
    X(SEEN_PROOF, "proofs that a member has lost data")                                            \
    X(SEEN_MARKED, "memberships with a member marked as lost")                                     \
    X(SEEN_REFUSED_NO_MEMBER, "hellos refused: no member")                                         \
    X(SEEN_ELECTION, "leaders")                                                                    \
    X(SEEN_HANDOVER, "leaderships handed over")                                                    \
    X(SEEN_STALL_HANDOVER, "... from a disk that hangs")                                           \
    X(SEEN_JOINT, "joint memberships committed")                                                   \
    X(SEEN_PROMOTION, "learners promoted")                                                         \
    X(SEEN_LEADER_REMOVED, "leaders removed")                                                      \
    X(SEEN_REPLACEMENT, "lost members replaced under a new id")                                    \
    X(SEEN_READ_BACK, "entries read back from the disk for a peer")                                \
    X(SEEN_SNAPSHOT_SAVED, "snapshots saved")                                                      \
    X(SEEN_SNAPSHOT_INSTALLED, "snapshots installed")                                              \
    X(SEEN_SNAPSHOT_START, "starts from a snapshot")                                               \
    X(SEEN_TIME_ENTRY, "entries of time")                                                          \
    X(SEEN_TRANSACTION, "transactions")                                                            \
    X(SEEN_EXPIRY, "keys given a time to live")                                                    \
    X(SEEN_COMPARISON, "comparisons")                                                              \
    X(SEEN_STRICT_READ, "linearizable reads")                                                      \
    X(SEEN_LEASE_READ, "reads by lease")                                                           \
    X(SEEN_STALE_READ, "reads within a bound")                                                     \
    X(SEEN_RETRY, "requests tried again")

#define SEEN_ENUMERATE(name, text) name,
enum seen { SEEN(SEEN_ENUMERATE) SEEN_KINDS };
#undef SEEN_ENUMERATE

enum seen_role {
    SEEN_ROLE_LEADER,
    SEEN_ROLE_FOLLOWER,
    SEEN_ROLE_CANDIDATE,
    SEEN_ROLE_LEARNER,
    SEEN_ROLES,
};

/* The counters of one world, or the sum of several. */
struct seen_counts {
    uint64_t counts[SEEN_KINDS];
    uint64_t roles[FAULT_CLASSES][SEEN_ROLES]; /* hosts that a fault hit, by their role then */
};

const char *seen_text(enum seen kind);
void seen_add(struct seen_counts *sum, const struct seen_counts *more);
/* The number of counters that are zero. */
size_t seen_missing(const struct seen_counts *sum);
void seen_print(FILE *out, const struct seen_counts *sum);

#endif
