/*
 * Every option of raftd, once. Adding one: a row here, its field in struct conf, then
 * `tools/check-options --write` brings the manual page and the sample up to date.
 */
#include "conf/options.h"

#include <string.h>

#include "base/assert.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

#define FIELD(field) .offset = offsetof(struct conf, field), .size_bytes = FIELD_SIZE(field)
#define FIELD_SIZE(field) sizeof(((struct conf *)0)->field)

const struct conf_section conf_sections[] = {
    {"node", "This node."},
    {"cluster", "The cluster that this node belongs to."},
    {"listen", "Where this node listens."},
    {"advertise", "How others reach this node, where that differs from where it listens."},
    {"peers", "The initial voters of the cluster, this node included; without any, this node is a "
              "cluster of its own. The list founds a cluster: once there is a log, the log "
              "says who is a member."},
    {"tls", "Certificates and keys, and where they are required."},
    {"raft", "Time-outs and windows of the consensus."},
    {"storage", "The log on disk."},
    {"snapshot", "When the state is saved, and how much of the log is kept behind it."},
    {"limits", "Bounds on what clients may take."},
    {"redis", "What clients get without asking for more or less."},
    {"log", "Messages of the daemon."},
};
const size_t conf_section_count = sizeof(conf_sections) / sizeof(conf_sections[0]);

const struct conf_option conf_options[] = {
    {.section = "node",
     .key = "id",
     .type = CONF_TYPE_U16,
     .initial = "1",
     .min = 1,
     .max = UINT16_MAX,
     .description = "The number of this node, unique in its cluster for ever: "
                    "that of a removed node is never used again.",
     FIELD(node.id)},
    {.section = "node",
     .key = "data_dir",
     .type = CONF_TYPE_PATH,
     .initial = "./raftd-data",
     .description = "The directory of the log, made if it is missing; never shared by two nodes.",
     FIELD(node.data_dir)},
    {.section = "node",
     .key = "join",
     .type = CONF_TYPE_ADDRESS,
     .initial = "",
     .without = "this node founds its cluster",
     .description = "The peer address of any member of a cluster that this node is to join. Only "
                    "looked at while the data directory does not make it a member.",
     FIELD(node.join)},
    {.section = "node",
     .key = "auto_promote",
     .type = CONF_TYPE_BOOL,
     .initial = "yes",
     .description = "Whether this node, when it joins, becomes a voter once it has caught up; "
                    "else it stays a learner that serves reads.",
     FIELD(node.auto_promote)},

    {.section = "cluster",
     .key = "name",
     .type = CONF_TYPE_NAME,
     .initial = "raftd",
     .description = "The name of the cluster; all members have to agree on it.",
     FIELD(cluster.name)},

    {.section = "listen",
     .key = "peer",
     .type = CONF_TYPE_ADDRESS,
     .initial = "127.0.0.1:7381",
     .description = "Where the other nodes connect to.",
     FIELD(listen.peer)},
    {.section = "listen",
     .key = "client",
     .type = CONF_TYPE_ADDRESS,
     .initial = "127.0.0.1:7380",
     .description = "Where clients connect to, with the Redis protocol.",
     FIELD(listen.client)},
    {.section = "listen",
     .key = "allow_unauthenticated_clients",
     .type = CONF_TYPE_BOOL,
     .initial = "no",
     .description = "Whether the client address may be other than loopback although nobody has "
                    "to prove who he is: whoever reaches it may read and change all data.",
     FIELD(listen.allow_unauthenticated_clients)},

    {.section = "advertise",
     .key = "peer",
     .type = CONF_TYPE_ADDRESS,
     .initial = "",
     .without = "the address of this node in [peers], else that in [listen]",
     .description = "The address under which the other nodes reach this one, if something "
                    "forwards it.",
     FIELD(advertise.peer)},
    {.section = "advertise",
     .key = "client",
     .type = CONF_TYPE_ADDRESS,
     .initial = "",
     .without = "the address in [listen]",
     .description = "The address under which clients reach this node; the other nodes and RAFT "
                    "MEMBERS tell it.",
     FIELD(advertise.client)},

    {.section = "peers",
     .key = "ID",
     .type = CONF_TYPE_PEER,
     .initial = "",
     .min = 1,
     .max = UINT16_MAX,
     .without = "this node alone",
     .description = "The peer address of node ID; one line for each node, alike on all of them.",
     FIELD(peers)},

    {.section = "tls",
     .key = "ca",
     .type = CONF_TYPE_PATH,
     .initial = "",
     .without = "none",
     .description = "PEM file with the certificates of the authorities that may vouch for peers "
                    "and clients.",
     FIELD(tls.ca)},
    {.section = "tls",
     .key = "certificate",
     .type = CONF_TYPE_PATH,
     .initial = "",
     .without = "none",
     .description = "PEM file with the certificate of this node and those between it and the "
                    "authority.",
     FIELD(tls.certificate)},
    {.section = "tls",
     .key = "key",
     .type = CONF_TYPE_PATH,
     .initial = "",
     .without = "none",
     .description = "PEM file with the private key of the certificate; only its owner may have "
                    "access to it.",
     FIELD(tls.key)},
    {.section = "tls",
     .key = "peer",
     .type = CONF_TYPE_ENUM,
     .initial = "required",
     .choices = {[CONF_TLS_OFF] = "off", [CONF_TLS_REQUIRED] = "required"},
     .description = "Whether nodes talk to each other over TLS 1.3 with certificates on both "
                    "sides.",
     FIELD(tls.peer)},
    {.section = "tls",
     .key = "client",
     .type = CONF_TYPE_ENUM,
     .initial = "off",
     .choices = {[CONF_TLS_OFF] = "off", [CONF_TLS_REQUIRED] = "required"},
     .description = "Whether clients have to use TLS 1.3 and show a certificate.",
     FIELD(tls.client)},
    {.section = "tls",
     .key = "allow_plaintext_peers",
     .type = CONF_TYPE_BOOL,
     .initial = "no",
     .description = "Whether peer = off is accepted for addresses other than loopback: whoever "
                    "is on the path may read and change everything.",
     FIELD(tls.allow_plaintext_peers)},

    {.section = "raft",
     .key = "heartbeat_ms",
     .type = CONF_TYPE_U32,
     .unit = "milliseconds",
     .initial = "100",
     .min = 1,
     .max = 60000,
     .description = "How often a leader with nothing to say shows that it is there; less than "
                    "half of election_timeout_ms.",
     FIELD(raft.heartbeat_ms)},
    {.section = "raft",
     .key = "election_timeout_ms",
     .type = CONF_TYPE_U32,
     .unit = "milliseconds",
     .initial = "1000",
     .min = 10,
     .max = 600000,
     .description = "How long a follower waits for a leader before it stands for election, once "
                    "to twice this, by chance.",
     FIELD(raft.election_timeout_ms)},
    {.section = "raft",
     .key = "max_batch_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "1M",
     .min = 4 * KIB,
     .max = 64 * MIB,
     .description = "The entries in one message to a peer; a single larger one goes alone.",
     FIELD(raft.max_batch_bytes)},
    {.section = "raft",
     .key = "max_inflight_messages",
     .type = CONF_TYPE_U32,
     .initial = "128",
     .min = 1,
     .max = 4096,
     .description = "Messages with entries on their way to one peer.",
     FIELD(raft.max_inflight_messages)},
    {.section = "raft",
     .key = "max_inflight_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "16M",
     .min = 4 * KIB,
     .max = 4 * GIB,
     .description = "Entries on their way to one peer; at least max_batch_bytes.",
     FIELD(raft.max_inflight_bytes)},
    {.section = "raft",
     .key = "max_uncommitted_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "64M",
     .min = 4 * KIB,
     .max = 16 * GIB,
     .description = "Entries that wait for a quorum before a leader takes no more.",
     FIELD(raft.max_uncommitted_bytes)},
    {.section = "raft",
     .key = "priority",
     .type = CONF_TYPE_U16,
     .initial = "0",
     .min = 0,
     .max = 100,
     .description = "Leadership drifts to the voter with the highest priority that is up to date.",
     FIELD(raft.priority)},
    {.section = "raft",
     .key = "disk_stall_ms",
     .type = CONF_TYPE_U32,
     .unit = "milliseconds",
     .initial = "3000",
     .min = 0,
     .max = 600000,
     .description = "A leader whose disk finishes no write for so long hands over to another "
                    "voter; 0: it does not.",
     FIELD(raft.disk_stall_ms)},
    {.section = "raft",
     .key = "request_timeout_ms",
     .type = CONF_TYPE_U32,
     .unit = "milliseconds",
     .initial = "5000",
     .min = 10,
     .max = 600000,
     .description = "How long a command waits for its outcome before the client is told that it "
                    "is unknown.",
     FIELD(raft.request_timeout_ms)},

    {.section = "storage",
     .key = "reserve_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "256M",
     .min = 0,
     .max = 1024 * GIB,
     .description = "With less space than this left on the file system of data_dir, a leader "
                    "hands over to a voter that has more; if there is none, it refuses commands "
                    "that write, with OOM, until there is; reads go on. With a quarter of it left "
                    "a follower takes no entries. 0: no space is kept.",
     FIELD(storage.reserve_bytes)},
    {.section = "storage",
     .key = "segment_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "64M",
     .min = 64 * KIB,
     .max = 4 * GIB,
     .multiple = 4096,
     .description = "The size of a file of the log; at least twice max_request_bytes.",
     FIELD(storage.segment_bytes)},

    {.section = "snapshot",
     .key = "log_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "64M",
     .min = 4 * KIB,
     .max = 1024 * GIB,
     .description = "A snapshot is due after so much log, and as much as the last one was large.",
     FIELD(snapshot.log_bytes)},
    {.section = "snapshot",
     .key = "log_entries",
     .type = CONF_TYPE_U32,
     .unit = "entries",
     .initial = "1000000",
     .min = 1,
     .max = UINT32_MAX,
     .description = "Or after so many entries, whatever their size.",
     FIELD(snapshot.log_entries)},
    {.section = "snapshot",
     .key = "keep_entries",
     .type = CONF_TYPE_U32,
     .unit = "entries",
     .initial = "10000",
     .min = 0,
     .max = UINT32_MAX,
     .description = "What stays of the log before a snapshot, for followers that lag a little.",
     FIELD(snapshot.keep_entries)},
    {.section = "snapshot",
     .key = "keep",
     .type = CONF_TYPE_U32,
     .unit = "files",
     .initial = "2",
     .min = 1,
     .max = 1000,
     .description = "Snapshots that are kept; older ones go, unless they are being sent. The log "
                    "reaches back to the last but one, should the last turn out to be damaged.",
     FIELD(snapshot.keep)},
    {.section = "snapshot",
     .key = "compress",
     .type = CONF_TYPE_BOOL,
     .initial = "yes",
     .description = "Store snapshots compressed, where that makes them smaller.",
     FIELD(snapshot.compress)},

    {.section = "limits",
     .key = "max_clients",
     .type = CONF_TYPE_U32,
     .initial = "10000",
     .min = 1,
     .max = 1000000,
     .description = "Connections of clients at a time; a further one is told so and closed.",
     FIELD(limits.max_clients)},
    {.section = "limits",
     .key = "max_request_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "8M",
     .min = 4 * KIB,
     .max = 512 * MIB,
     .description = "One command with all its arguments.",
     FIELD(limits.max_request_bytes)},
    {.section = "limits",
     .key = "max_arguments",
     .type = CONF_TYPE_U32,
     .initial = "65536",
     .min = 16,
     .max = 1048576,
     .description = "Arguments of one command, its name included.",
     FIELD(limits.max_arguments)},
    {.section = "limits",
     .key = "output_buffer_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "64M",
     .min = 4 * KIB,
     .max = 16 * GIB,
     .description = "Replies that a client has not read yet; one with more of them is closed.",
     FIELD(limits.output_buffer_bytes)},
    {.section = "limits",
     .key = "client_workers",
     .type = CONF_TYPE_U32,
     .unit = "threads",
     .initial = "1",
     .min = 1,
     .max = 16,
     .description =
         "Threads that serve clients. One is the fastest on a few cores; more pay off where "
         "cores are idle.",
     FIELD(limits.client_workers)},
    {.section = "limits",
     .key = "idle_timeout_seconds",
     .type = CONF_TYPE_U32,
     .unit = "seconds",
     .initial = "0",
     .min = 0,
     .max = 31536000,
     .description = "After how long without a command a client is closed; 0 is never.",
     FIELD(limits.idle_timeout_seconds)},

    {.section = "redis",
     .key = "consistency",
     .type = CONF_TYPE_ENUM,
     .initial = "linearizable",
     .choices =
         {[CONF_LINEARIZABLE] = "linearizable", [CONF_LEASE] = "lease", [CONF_STALE] = "stale"},
     .description = "What reads promise on a connection that did not choose with RAFT CONSISTENCY, "
                    "READONLY or READWRITE; see raftd-commands(7).",
     FIELD(redis.consistency)},
    {.section = "redis",
     .key = "max_lag_ms",
     .type = CONF_TYPE_U32,
     .unit = "milliseconds",
     .initial = "1000",
     .min = 0,
     .max = 86400000,
     .description = "How old the answer of a stale read may be where the client did not say; 0 is "
                    "any age.",
     FIELD(redis.max_lag_ms)},
    {.section = "redis",
     .key = "redirect",
     .type = CONF_TYPE_ENUM,
     .initial = "proxy",
     .choices = {[CONF_REDIRECT_PROXY] = "proxy", [CONF_REDIRECT_MOVED] = "moved"},
     .description = "What a node that is not the leader does with commands on keys: carries them "
                    "out with the leader's help, or answers MOVED as a Redis cluster does.",
     FIELD(redis.redirect)},

    {.section = "log",
     .key = "level",
     .type = CONF_TYPE_ENUM,
     .initial = "info",
     .choices = {[CONF_LOG_ERROR] = "error",
                 [CONF_LOG_WARNING] = "warning",
                 [CONF_LOG_INFO] = "info",
                 [CONF_LOG_DEBUG] = "debug"},
     .description = "The least grave messages that are written.",
     FIELD(log.level)},
    {.section = "log",
     .key = "target",
     .type = CONF_TYPE_ENUM,
     .initial = "stderr",
     .choices = {[CONF_LOG_STDERR] = "stderr", [CONF_LOG_SYSLOG] = "syslog"},
     .description = "Where messages go.",
     FIELD(log.target)},
};
const size_t conf_option_count = sizeof(conf_options) / sizeof(conf_options[0]);

_Static_assert(sizeof(conf_options) / sizeof(conf_options[0]) <= CONF_OPTIONS_MAX,
               "raise CONF_OPTIONS_MAX");

const struct conf_option *conf_option_find(const char *section, const char *key)
{
    for (size_t i = 0; i < conf_option_count; i++) {
        const struct conf_option *option = &conf_options[i];

        if (strcmp(option->section, section) == 0 &&
            (option->type == CONF_TYPE_PEER || strcmp(option->key, key) == 0)) {
            return option;
        }
    }
    return NULL;
}

const struct conf_section *conf_section_find(const char *name)
{
    for (size_t i = 0; i < conf_section_count; i++) {
        if (strcmp(conf_sections[i].name, name) == 0) {
            return &conf_sections[i];
        }
    }
    return NULL;
}

size_t conf_option_index(const struct conf_option *option)
{
    ASSERT(option >= conf_options && option < conf_options + conf_option_count);
    return (size_t)(option - conf_options);
}
