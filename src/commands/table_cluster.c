/*
 * The commands by which clients find the leader: CLUSTER, SENTINEL, ROLE and what goes with them.
 */
#include "commands/table.h"

#define ON_CLUSTER IN_GROUP("cluster", 0)
#define ON_SENTINEL IN_GROUP("sentinel", 0)

static const struct command cluster_commands[] = {
    {SUBCOMMAND("cluster", "countkeysinslot"), .arity = 3, READS, ON_CLUSTER,
     .run = run_cluster_countkeysinslot, .syntax = "#slot",
     DOCS("O(N) where N is the number of all keys", "Count the keys that are in a slot")},
    HELP_OF("cluster", "cluster"),
    {SUBCOMMAND("cluster", "info"), .arity = 2, IS_LOCAL, ON_CLUSTER, .run = run_cluster_info,
     DOCS("O(1)", "Get the state of the cluster in the words of a Redis cluster")},
    {SUBCOMMAND("cluster", "keyslot"), .arity = 3, IS_LOCAL, ON_CLUSTER, .run = run_cluster_keyslot,
     .syntax = "@key", DOCS("O(N) where N is the length of the key", "Get the slot of a key")},
    {SUBCOMMAND("cluster", "myid"), .arity = 2, IS_LOCAL, ON_CLUSTER, .run = run_cluster_myid,
     DOCS("O(1)", "Get the id of this node: 40 hexadecimal digits")},
    {SUBCOMMAND("cluster", "nodes"), .arity = 2, IS_LOCAL, ON_CLUSTER, .run = run_cluster_nodes,
     DOCS("O(N) where N is the number of nodes",
          "Get the nodes in the words of a Redis cluster: the leader is the master of all slots")},
    {SUBCOMMAND("cluster", "shards"), .arity = 2, IS_LOCAL, ON_CLUSTER, .run = run_cluster_shards,
     DOCS("O(N) where N is the number of nodes", "Get the one shard: the leader is its master")},
    {SUBCOMMAND("cluster", "slots"), .arity = 2, IS_LOCAL, ON_CLUSTER, .run = run_cluster_slots,
     DOCS("O(N) where N is the number of nodes", "Get the nodes of all slots, the leader first")},
    END,
};

static const struct command sentinel_commands[] = {
    {SUBCOMMAND("sentinel", "ckquorum"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_ckquorum, .syntax = "master-name",
     DOCS("O(N) where N is the number of nodes", "Whether this node sees a majority of the nodes")},
    {SUBCOMMAND("sentinel", "get-master-addr-by-name"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_master_address, .syntax = "master-name",
     DOCS("O(1)", "Get host and port of the leader; the name is that of the cluster")},
    HELP_OF("sentinel", "sentinel"),
    {SUBCOMMAND("sentinel", "master"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_master, .syntax = "master-name",
     DOCS("O(1)", "Get what a Sentinel says of the leader")},
    {SUBCOMMAND("sentinel", "masters"), .arity = 2, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_masters,
     DOCS("O(1)", "Get what a Sentinel says of the leader, if there is one")},
    {SUBCOMMAND("sentinel", "myid"), .arity = 2, IS_LOCAL, ON_SENTINEL, .run = run_cluster_myid,
     DOCS("O(1)", "Get the id of this node: 40 hexadecimal digits")},
    {SUBCOMMAND("sentinel", "replicas"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_replicas, .syntax = "master-name",
     DOCS("O(N) where N is the number of nodes", "Get what a Sentinel says of the followers")},
    {SUBCOMMAND("sentinel", "sentinels"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_sentinels, .syntax = "master-name",
     DOCS("O(N) where N is the number of nodes",
          "Get what a Sentinel says of the other Sentinels, which are the other nodes")},
    {SUBCOMMAND("sentinel", "slaves"), .arity = 3, IS_LOCAL, ON_SENTINEL,
     .run = run_sentinel_replicas, .syntax = "master-name",
     DOCS("O(N) where N is the number of nodes", "The same as SENTINEL REPLICAS")},
    END,
};

const struct command commands_of_cluster[] = {
    CONTAINER("cluster", cluster_commands, "cluster",
              "A container for what clients of a Redis cluster ask"),
    {COMMAND("readonly"), .arity = 1, IS_LOCAL_FAST, IN_GROUP("cluster", CATEGORY_CONNECTION),
     .run = run_readonly,
     DOCS("O(1)", "From now on reads may be stale by redis.max_lag_ms: as RAFT CONSISTENCY stale")},
    {COMMAND("readwrite"), .arity = 1, IS_LOCAL_FAST, IN_GROUP("cluster", CATEGORY_CONNECTION),
     .run = run_readwrite,
     DOCS("O(1)", "Go back to the consistency of reads that the configuration says")},
    {COMMAND("role"), .arity = 1, IS_LOCAL_FAST, IN_GROUP("server", CATEGORY_DANGEROUS),
     .run = run_role,
     DOCS("O(N) where N is the number of nodes",
          "Whether this node is the master, that is the leader, or who is")},
    CONTAINER("sentinel", sentinel_commands, "sentinel",
              "A container for what clients ask a Sentinel"),
    END,
};
