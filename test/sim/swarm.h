/*
 * What a seed decides before a world begins: its size and speed, which classes of faults exist in
 * it, and how often they strike. Each class exists with probability one half ("swarm testing"): a
 * fault that always exists would hide failures that need its absence. Pure.
 */
#ifndef RAFTD_TEST_SIM_SWARM_H
#define RAFTD_TEST_SIM_SWARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_class {
    FAULT_DELAY,     /* some frames, and all that follow them, are late */
    FAULT_LOSS,      /* single frames are lost */
    FAULT_DUPLICATE, /* single frames arrive twice */
    FAULT_REORDER,   /* single frames are overtaken */
    FAULT_REPLAY,    /* frames of the past arrive again */
    FAULT_ONE_WAY,   /* one direction is cut, of a link or between two groups */
    FAULT_PARTITION, /* two groups are cut from each other */
    FAULT_TOPOLOGY,  /* the links that are left form a bridge or a ring */
    FAULT_CLOG,      /* one direction stops for a while, then everything arrives */
    FAULT_RESET,     /* connections break, frames under way are lost */
    FAULT_CRASH,     /* processes end and start again */
    FAULT_CRASH_ALL, /* all processes at once */
    FAULT_POWER,     /* a crash is a power cut: what was not synced is lost or torn */
    FAULT_STALL,     /* a disk takes seconds */
    FAULT_DISK_ERROR,
    FAULT_DISK_FULL,  /* for a while */
    FAULT_DRIFT,      /* clocks run up to 5% fast or slow */
    FAULT_WALL_STEP,  /* wall clocks jump by up to an hour */
    FAULT_PAUSE,      /* a process is stopped for a while */
    FAULT_WIPE,       /* a minority loses its disks, and runs on empty ones for a while */
    FAULT_CHURN,      /* no fault: members come and go, the leader among them */
    FAULT_HANDOVER,   /* no fault: leadership is handed over */
    FAULT_MINORITY,   /* a minority has faults even in the calm */
    FAULT_BUGGIFY,    /* rare branches of the shipped code become common */
    FAULT_DAMAGE,     /* durable data are damaged; at most a minority loses its disks */
    FAULT_DISASTER,   /* the same, also of a majority: then the cluster may stop */
    FAULT_STOP,       /* no fault: processes stop in an orderly way */
    FAULT_SERVICE,    /* no fault: nodes are taken out of service for a while */
    FAULT_SUSPEND,    /* the clocks of one node or of all stop, and so do their processes */
    FAULT_FULL,       /* disks stay full in the first part of the calm */
    FAULT_ROT,        /* the newest snapshot or the log of a running process rots */
    FAULT_SET_BACK,   /* a node runs on an older copy of its directory */
    FAULT_FORMER,     /* nodes run on their directories of an earlier cluster of the same name */
    FAULT_LATE_HELLO, /* hellos arrive when the one that dialled has given up */
    FAULT_TWIN,       /* a second process runs on a copy of a member's directory */
    FAULT_CLASSES,
};
const char *fault_class_name(enum fault_class fault);
/* FAULT_CLASSES = there is no class of that name. */
enum fault_class fault_class_find(const char *name, size_t length);

struct swarm {
    uint64_t seed;
    uint16_t nodes;
    uint64_t classes; /* bit mask */
    uint64_t faults_us;
    uint64_t
        interval_us[FAULT_CLASSES]; /* average time between two strikes, of classes that strike */
    uint32_t chance[FAULT_CLASSES]; /* in a million frames, of classes that hit single frames */
    uint32_t heartbeat_ms;
    uint32_t election_timeout_ms;
    uint32_t max_batch_bytes;
    uint32_t max_inflight_messages;
    uint32_t max_inflight_bytes;
    uint32_t max_uncommitted_bytes;
    uint32_t request_timeout_ms;
    uint32_t segment_bytes;
    uint32_t delay_min_us, delay_max_us; /* of a healthy link */
    uint32_t sync_min_us, sync_max_us;   /* of a healthy disk */
    uint16_t clients;
    uint32_t think_us; /* average time between two requests of a client */
    uint16_t keys;
    uint32_t value_bytes_max;
    uint32_t write_percent;
    uint32_t digest_every;   /* entries */
    uint32_t snapshot_every; /* entries; 0 = never */
    uint32_t snapshot_tail;  /* entries before the snapshot that stay in the log */
    uint32_t snapshots_kept;
    uint32_t disk_stall_ms;
    bool priorities;      /* for leadership */
    uint32_t bandwidth;   /* of each direction of a link, bytes in a millisecond; 0 = no limit */
    uint32_t queue_bytes; /* limit of the entries that wait for a link */
    uint32_t large_bytes; /* greatest of the few large values; 0 = there are none */
    uint32_t huge_bytes;  /* greatest of the huge values (huge.h); 0 = there are none */
    uint32_t huge_count;  /* so many are written while faults strike */
    bool unequal;         /* each host has options of its own; those above are the greatest */
    bool levels;          /* reads of every level, else only linearizable ones */
    uint32_t log_memory_bytes; /* of entries in memory; 0 = no limit */
    bool unbound;              /* the first members are bound to no data directory yet */
    bool asks;                 /* the founders found the cluster themselves, by asking */
};

/* The numbers by name, as --set and the file `regressions` use them: field, name. */
#define SWARM_NUMBERS(X)                                                                           \
    X(nodes, "nodes")                                                                              \
    X(heartbeat_ms, "heartbeat-ms")                                                                \
    X(election_timeout_ms, "election-ms")                                                          \
    X(max_batch_bytes, "batch-bytes")                                                              \
    X(max_inflight_messages, "inflight")                                                           \
    X(max_inflight_bytes, "inflight-bytes")                                                        \
    X(max_uncommitted_bytes, "uncommitted-bytes")                                                  \
    X(request_timeout_ms, "request-ms")                                                            \
    X(segment_bytes, "segment-bytes")                                                              \
    X(delay_min_us, "delay-min-us")                                                                \
    X(delay_max_us, "delay-max-us")                                                                \
    X(sync_min_us, "sync-min-us")                                                                  \
    X(sync_max_us, "sync-max-us")                                                                  \
    X(clients, "clients")                                                                          \
    X(think_us, "think-us")                                                                        \
    X(keys, "keys")                                                                                \
    X(value_bytes_max, "value-bytes")                                                              \
    X(write_percent, "write-percent")                                                              \
    X(digest_every, "digest-every")                                                                \
    X(snapshot_every, "snapshot-every")                                                            \
    X(snapshot_tail, "snapshot-tail")                                                              \
    X(snapshots_kept, "snapshots-kept")                                                            \
    X(disk_stall_ms, "stall-ms")                                                                   \
    X(priorities, "priorities")                                                                    \
    X(levels, "levels")                                                                            \
    X(unequal, "unequal")                                                                          \
    X(log_memory_bytes, "log-memory-bytes")                                                        \
    X(asks, "asks")                                                                                \
    X(bandwidth, "bandwidth")                                                                      \
    X(queue_bytes, "queue-bytes")                                                                  \
    X(large_bytes, "large-bytes")                                                                  \
    X(huge_bytes, "huge-bytes")                                                                    \
    X(huge_count, "huge-count")                                                                    \
    X(unbound, "unbound")

#define SWARM_NUMBER_ENUMERATE(field, name) SWARM_NUMBER_##field,
enum swarm_number { SWARM_NUMBERS(SWARM_NUMBER_ENUMERATE) SWARM_NUMBER_COUNT };
#undef SWARM_NUMBER_ENUMERATE

const char *swarm_number_name(enum swarm_number number);
uint64_t swarm_get_number(const struct swarm *swarm, enum swarm_number number);

/* What the command line asks for, besides the seed. */
struct swarm_wish {
    uint16_t nodes;   /* 0 = drawn */
    uint64_t without; /* classes that stay off */
    bool is_only;     /* the classes of `only` exist, and no others */
    uint64_t only;
    uint64_t interval_us[FAULT_CLASSES]; /* of these classes; 0 = drawn */
    uint32_t chance[FAULT_CLASSES];
    bool is_set[SWARM_NUMBER_COUNT];
    uint64_t numbers[SWARM_NUMBER_COUNT];
    uint64_t faults_us; /* when the faults end; 0 = drawn */
};

struct swarm swarm_draw(uint64_t seed, const struct swarm_wish *wish);
bool swarm_has(const struct swarm *swarm, enum fault_class fault);

#endif
