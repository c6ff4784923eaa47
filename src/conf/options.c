/*
 * The table of all options of raftd. Constant data; any thread. To add an option, add a row here
 * and its field in struct conf, then run `tools/check-options --write` in the build directory: that
 * brings the manual page and the sample configuration up to date.
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
    {"cluster", "The cluster to which this node belongs."},
    {"listen", "The addresses on which this node accepts connections."},
    {"advertise",
     "The addresses that others use to connect to this node, if they differ from those "
     "in [listen]."},
    {"peers", "The first voters of the cluster, this node included. Without this section, the node "
              "founds a cluster of its own, or joins one. The section is used only to found a "
              "cluster, which needs every node of the section once: when there is a log, the "
              "log says who the members are."},
    {"tls", "Certificates and keys, and which connections need them."},
    {"raft", "Time-outs and limits of the consensus between the nodes."},
    {"storage", "The log on disk."},
    {"snapshot", "When this node saves its state as a snapshot, and how much of the log it keeps."},
    {"limits", "Limits for clients."},
    {"redis", "How commands are answered, unless a client asks for something else."},
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
     .description = "The number of this node, different from that of every other node of its "
                    "cluster. The number of a removed node is never used again.",
     FIELD(node.id)},
    {.section = "node",
     .key = "data_dir",
     .type = CONF_TYPE_PATH,
     .initial = "./raftd-data",
     .description = "The directory of the log and the snapshots. It is created if it is missing. "
                    "Two nodes never share a directory.",
     FIELD(node.data_dir)},
    {.section = "node",
     .key = "join",
     .type = CONF_TYPE_ADDRESS,
     .initial = "",
     .without = "the node does not join a cluster but founds one",
     .description = "The peer address of any member of a cluster that this node is to join. It is "
                    "used only while the data directory does not make the node a member of a "
                    "cluster.",
     FIELD(node.join)},
    {.section = "node",
     .key = "auto_promote",
     .type = CONF_TYPE_BOOL,
     .initial = "yes",
     .description = "Whether this node, after it has joined a cluster and caught up, becomes a "
                    "voter. Otherwise it stays a learner, which serves reads but does not vote.",
     FIELD(node.auto_promote)},
    {.section = "node",
     .key = "bootstrap",
     .type = CONF_TYPE_BOOL,
     .initial = "no",
     .description = "Whether this node founds a cluster of its own although other nodes can reach "
                    "it. It is used only while the data directory belongs to no cluster, and it "
                    "has to be given on the command line, once: raftd --bootstrap. In a file it "
                    "would found a second cluster whenever the disk of this node is lost.",
     FIELD(node.bootstrap)},

    {.section = "cluster",
     .key = "name",
     .type = CONF_TYPE_NAME,
     .initial = "raftd",
     .description = "The name of the cluster. It must be the same on all nodes.",
     FIELD(cluster.name)},

    {.section = "listen",
     .key = "peer",
     .type = CONF_TYPE_ADDRESS,
     .initial = "127.0.0.1:7381",
     .description = "The address on which this node accepts connections of the other nodes.",
     FIELD(listen.peer)},
    {.section = "listen",
     .key = "client",
     .type = CONF_TYPE_ADDRESS,
     .initial = "127.0.0.1:7380",
     .description = "The address on which this node accepts connections of clients, with the "
                    "Redis protocol.",
     FIELD(listen.client)},
    {.section = "listen",
     .key = "allow_unauthenticated_clients",
     .type = CONF_TYPE_BOOL,
     .initial = "no",
     .description = "Whether the client address may be other than loopback although clients need "
                    "no certificate. Then everybody who can reach the address can read and change "
                    "all data.",
     FIELD(listen.allow_unauthenticated_clients)},

    {.section = "advertise",
     .key = "peer",
     .type = CONF_TYPE_ADDRESS,
     .initial = "",
     .without = "the address of this node in [peers], and without [peers] that in [listen]",
     .description = "The address that the other nodes use to connect to this node, if a forwarder "
                    "stands between them.",
     FIELD(advertise.peer)},
    {.section = "advertise",
     .key = "client",
     .type = CONF_TYPE_ADDRESS,
     .initial = "",
     .without = "the address in [listen]",
     .description = "The address that clients use to connect to this node. The other nodes and "
                    "the command RAFT MEMBERS tell it to clients.",
     FIELD(advertise.client)},

    {.section = "peers",
     .key = "ID",
     .type = CONF_TYPE_PEER,
     .initial = "",
     .min = 1,
     .max = UINT16_MAX,
     .without = "this node alone",
     .description = "The peer address of the node with this ID. There is one line for each node, "
                    "and the lines are the same on all nodes.",
     FIELD(peers)},

    {.section = "tls",
     .key = "ca",
     .type = CONF_TYPE_PATH,
     .initial = "",
     .without = "none",
     .description = "PEM file with the certificates of the authorities (CA) that sign the "
                    "certificates of nodes and clients.",
     FIELD(tls.ca)},
    {.section = "tls",
     .key = "certificate",
     .type = CONF_TYPE_PATH,
     .initial = "",
     .without = "none",
     .description = "PEM file with the certificate of this node, followed by the intermediate "
                    "certificates up to the authority, if there are any.",
     FIELD(tls.certificate)},
    {.section = "tls",
     .key = "key",
     .type = CONF_TYPE_PATH,
     .initial = "",
     .without = "none",
     .description = "PEM file with the private key of the certificate. Only the owner of the file "
                    "may have access to it (mode 0600).",
     FIELD(tls.key)},
    {.section = "tls",
     .key = "peer",
     .type = CONF_TYPE_ENUM,
     .initial = "required",
     .choices = {[CONF_TLS_OFF] = "off", [CONF_TLS_REQUIRED] = "required"},
     .description = "Whether the connections between nodes use TLS 1.3, with certificates on both "
                    "sides.",
     FIELD(tls.peer)},
    {.section = "tls",
     .key = "client",
     .type = CONF_TYPE_ENUM,
     .initial = "off",
     .choices = {[CONF_TLS_OFF] = "off", [CONF_TLS_REQUIRED] = "required"},
     .description = "Whether clients have to use TLS 1.3 and present a certificate.",
     FIELD(tls.client)},
    {.section = "tls",
     .key = "allow_plaintext_peers",
     .type = CONF_TYPE_BOOL,
     .initial = "no",
     .description = "Whether peer = off is accepted for addresses other than loopback. Then "
                    "everybody on the network between the nodes can read and change everything.",
     FIELD(tls.allow_plaintext_peers)},

    {.section = "raft",
     .key = "heartbeat_ms",
     .type = CONF_TYPE_U32,
     .unit = "milliseconds",
     .initial = "100",
     .min = 1,
     .max = 60000,
     .description = "How often a leader sends a message to each other node while it has no "
                    "entries to send. Less than half of election_timeout_ms. A leader "
                    "sends more of them where another voter's election_timeout_ms is shorter than "
                    "three times this value.",
     FIELD(raft.heartbeat_ms)},
    {.section = "raft",
     .key = "election_timeout_ms",
     .type = CONF_TYPE_U32,
     .unit = "milliseconds",
     .initial = "1000",
     .min = 10,
     .max = 600000,
     .description = "How long a follower waits for a message of the leader before it starts an "
                    "election. Each wait is a random time between this value and twice this value.",
     FIELD(raft.election_timeout_ms)},
    {.section = "raft",
     .key = "max_batch_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "1M",
     .min = 4 * KIB,
     .max = 64 * MIB,
     .description = "How many bytes of entries one message to another node may have. A single "
                    "entry that is larger is sent alone.",
     FIELD(raft.max_batch_bytes)},
    {.section = "raft",
     .key = "max_inflight_messages",
     .type = CONF_TYPE_U32,
     .initial = "128",
     .min = 1,
     .max = 4096,
     .description = "How many messages with entries may be on their way to one node, sent but not "
                    "answered. A node whose disk hangs takes no more entries when 192 log writes "
                    "are under way, so of more messages some are sent twice then.",
     FIELD(raft.max_inflight_messages)},
    {.section = "raft",
     .key = "max_inflight_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "16M",
     .min = 4 * KIB,
     .max = 4 * GIB,
     .description = "How many bytes of entries may be on their way to one node, sent but not "
                    "answered. At least max_batch_bytes.",
     FIELD(raft.max_inflight_bytes)},
    {.section = "raft",
     .key = "max_uncommitted_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "64M",
     .min = 4 * KIB,
     .max = 16 * GIB,
     .description = "How many bytes of entries may wait for a quorum. While there are more, the "
                    "leader accepts no further commands. Never more than half of reserve_bytes, "
                    "unless that is 0.",
     FIELD(raft.max_uncommitted_bytes)},
    {.section = "raft",
     .key = "log_memory_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "256M",
     .min = 0,
     .max = 1024 * GIB,
     .description =
         "How many bytes of entries the log may have in memory. When it has more, the "
         "data of the oldest entries that were applied stay on the disk only, and are "
         "read from there for a node that is behind. A start keeps no more than this of what "
         "a snapshot contains; a node that needs older entries gets the snapshot. Entries after "
         "the newest snapshot that are not applied yet are in memory whatever they take, at a "
         "start all of them; see [snapshot] log_bytes. Commands of at most 256 bytes are not given "
         "up, nor the 64 bytes or so that describe each entry, so a log of small commands can "
         "have more. 0: all entries of the log are in memory. The number of entries depends on "
         "[snapshot] keep_entries, where it is also said how much is kept for nodes that are "
         "behind.",
     FIELD(raft.log_memory_bytes)},
    {.section = "raft",
     .key = "priority",
     .type = CONF_TYPE_U16,
     .initial = "0",
     .min = 0,
     .max = 100,
     .description = "Leadership moves to the voter with the highest priority among those that are "
                    "up to date. After the disk of a node has hung for disk_stall_ms, its "
                    "priority counts as 0 for 20 election time-outs, and longer each time that "
                    "this happens again.",
     FIELD(raft.priority)},
    {.section = "raft",
     .key = "disk_stall_ms",
     .type = CONF_TYPE_U32,
     .unit = "milliseconds",
     .initial = "3000",
     .min = 0,
     .max = 600000,
     .description = "A leader whose disk finishes no write for this time hands leadership over to "
                    "another voter. 0: it never does so for this reason.",
     FIELD(raft.disk_stall_ms)},
    {.section = "raft",
     .key = "request_timeout_ms",
     .type = CONF_TYPE_U32,
     .unit = "milliseconds",
     .initial = "5000",
     .min = 10,
     .max = 600000,
     .description = "How long a command waits for its outcome. After this time the client is told "
                    "TIMEOUT: the outcome is unknown; or CLUSTERDOWN: no leader took the command, "
                    "which had no effect. A large value needs its time on a slow link: 8 "
                    "MB take 64 s at 1 Mbit/s, and twice as long through a follower, which first "
                    "sends them to the leader.",
     FIELD(raft.request_timeout_ms)},

    {.section = "storage",
     .key = "reserve_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "256M",
     .min = 0,
     .max = 1024 * GIB,
     .description = "The free space that is to stay on the file system of data_dir. When less is "
                    "left, a leader hands leadership over to a voter that has more. If there is "
                    "no such voter, the leader refuses commands that write, with the error OOM, "
                    "until there is more space again; reads go on. When a quarter of this value "
                    "is left, a node writes no more commands of its leader to its log, but still "
                    "hears its leader and votes. The last sixteenth is kept for terms and votes. "
                    "Three sixteenths of this value are allocated in a file, so that no other "
                    "program can take them: see raftd(8), Disk space. 0: the free space is not "
                    "checked.",
     FIELD(storage.reserve_bytes)},
    {.section = "storage",
     .key = "segment_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "64M",
     .min = 64 * KIB,
     .max = 4 * GIB,
     .multiple = 4096,
     .description =
         "The size of one file of the log. At least twice max_request_bytes. A node does "
         "not start if the file system of data_dir is smaller than reserve_bytes and "
         "three of these files.",
     FIELD(storage.segment_bytes)},

    {.section = "snapshot",
     .key = "log_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "64M",
     .min = 4 * KIB,
     .max = 1024 * GIB,
     .description =
         "A snapshot is taken when the log since the last snapshot has this size and "
         "is at least as large as the content of that snapshot. If the content is larger than "
         "four times [raft] log_memory_bytes, a log of that size is enough.",
     FIELD(snapshot.log_bytes)},
    {.section = "snapshot",
     .key = "log_entries",
     .type = CONF_TYPE_U32,
     .unit = "entries",
     .initial = "1000000",
     .min = 1,
     .max = UINT32_MAX,
     .description = "A snapshot is also taken when the log since the last snapshot has so many "
                    "entries and at least a quarter of the size of that snapshot's content. "
                    "Depending on its id, a node takes each snapshot up to an eighth later than "
                    "these two limits say, so that not all nodes save at the same time.",
     FIELD(snapshot.log_entries)},
    {.section = "snapshot",
     .key = "keep_entries",
     .type = CONF_TYPE_U32,
     .unit = "entries",
     .initial = "10000",
     .min = 0,
     .max = UINT32_MAX,
     .description = "How many entries before a snapshot stay in the log. A follower that is "
                    "behind by fewer entries than this gets entries and not the whole snapshot. "
                    "What a follower lacks that answers and catches up stays as well, up to about "
                    "four times the size of the newest snapshot's content, and only while the log "
                    "has at most eight times [raft] log_memory_bytes in memory, or twice the size "
                    "of that content if log_memory_bytes is 0, and while there is room for that "
                    "content besides twice reserve_bytes. None of these while less than "
                    "reserve_bytes is free.",
     FIELD(snapshot.keep_entries)},
    {.section = "snapshot",
     .key = "keep",
     .type = CONF_TYPE_U32,
     .unit = "files",
     .initial = "2",
     .min = 1,
     .max = 1000,
     .description = "How many snapshot files are kept. Older files are removed, unless they are "
                    "being sent. The log goes back to the snapshot before the newest one, for the "
                    "case that the newest one is damaged.",
     FIELD(snapshot.keep)},
    {.section = "snapshot",
     .key = "compress",
     .type = CONF_TYPE_BOOL,
     .initial = "yes",
     .description = "Whether the parts of a snapshot are stored compressed, where that makes them "
                    "smaller.",
     FIELD(snapshot.compress)},

    {.section = "limits",
     .key = "max_clients",
     .type = CONF_TYPE_U32,
     .initial = "10000",
     .min = 1,
     .max = 1000000,
     .description = "How many clients may be connected at a time. A further client gets an error "
                    "and is disconnected.",
     FIELD(limits.max_clients)},
    {.section = "limits",
     .key = "max_request_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "8M",
     .min = 4 * KIB,
     .max = 512 * MIB,
     .description = "The size of the largest command, with all its arguments.",
     FIELD(limits.max_request_bytes)},
    {.section = "limits",
     .key = "max_arguments",
     .type = CONF_TYPE_U32,
     .initial = "65536",
     .min = 16,
     .max = 1048576,
     .description = "How many arguments one command may have, its name included.",
     FIELD(limits.max_arguments)},
    {.section = "limits",
     .key = "output_buffer_bytes",
     .type = CONF_TYPE_BYTES,
     .unit = "bytes",
     .initial = "64M",
     .min = 4 * KIB,
     .max = 16 * GIB,
     .description = "How many bytes of replies may wait for one client to read them. A client "
                    "with more is disconnected.",
     FIELD(limits.output_buffer_bytes)},
    {.section = "limits",
     .key = "client_workers",
     .type = CONF_TYPE_U32,
     .unit = "threads",
     .initial = "1",
     .min = 1,
     .max = 16,
     .description = "How many threads serve clients. One is the fastest if there are few cores. "
                    "More are useful if cores are idle.",
     FIELD(limits.client_workers)},
    {.section = "limits",
     .key = "idle_timeout_seconds",
     .type = CONF_TYPE_U32,
     .unit = "seconds",
     .initial = "0",
     .min = 0,
     .max = 31536000,
     .description = "A client that sends no command for this time is disconnected. 0: never.",
     FIELD(limits.idle_timeout_seconds)},

    {.section = "redis",
     .key = "consistency",
     .type = CONF_TYPE_ENUM,
     .initial = "linearizable",
     .choices =
         {[CONF_LINEARIZABLE] = "linearizable", [CONF_LEASE] = "lease", [CONF_STALE] = "stale"},
     .description = "What reads promise on a connection, until its client chooses with RAFT "
                    "CONSISTENCY, READONLY or READWRITE. See raftd-commands(7).",
     FIELD(redis.consistency)},
    {.section = "redis",
     .key = "max_lag_ms",
     .type = CONF_TYPE_U32,
     .unit = "milliseconds",
     .initial = "1000",
     .min = 0,
     .max = 86400000,
     .description = "How old the data of a stale read may be, unless the client says otherwise. "
                    "0: any age.",
     FIELD(redis.max_lag_ms)},
    {.section = "redis",
     .key = "redirect",
     .type = CONF_TYPE_ENUM,
     .initial = "proxy",
     .choices = {[CONF_REDIRECT_PROXY] = "proxy", [CONF_REDIRECT_MOVED] = "moved"},
     .description = "What a node that is not the leader does with commands on keys. With proxy it "
                    "executes them with the help of the leader. With moved it answers MOVED, as a "
                    "Redis cluster does.",
     FIELD(redis.redirect)},

    {.section = "log",
     .key = "level",
     .type = CONF_TYPE_ENUM,
     .initial = "info",
     .choices = {[CONF_LOG_ERROR] = "error",
                 [CONF_LOG_WARNING] = "warning",
                 [CONF_LOG_INFO] = "info",
                 [CONF_LOG_DEBUG] = "debug"},
     .description = "The least important messages that are written.",
     FIELD(log.level)},
    {.section = "log",
     .key = "target",
     .type = CONF_TYPE_ENUM,
     .initial = "stderr",
     .choices = {[CONF_LOG_STDERR] = "stderr", [CONF_LOG_SYSLOG] = "syslog"},
     .description = "Where messages are written.",
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
