/*
 * RAFT: the cluster.
 */
#include "commands/table.h"

#define ON_RAFT IN_GROUP("raft", 0)
#define ON_RAFT_DANGEROUS IN_GROUP("raft", CATEGORY_DANGEROUS)

static const struct command raft_commands[] = {
    {SUBCOMMAND("raft", "backup"), .arity = 4, KIND(BARRIER, ABOUT_SERVER | COMMAND_ADMIN),
     ON_RAFT_DANGEROUS, .run = run_raft_backup, .syntax = "#index #offset",
     DOCS("O(1)", "Get the size of a snapshot file of this node, and up to 256 KiB of it from an "
                  "offset on: what raftctl backup asks for")},
    {SUBCOMMAND("raft", "consistency"), .arity = -2, IS_LOCAL, ON_RAFT, .run = run_raft_consistency,
     .syntax = "[choice(level(LINEARIZABLE | LEASE | STALE) [#max-lag-ms])]",
     DOCS("O(1)", "Choose what reads on this connection promise, and how old a stale answer may "
                  "be; without arguments: get both")},
    {SUBCOMMAND("raft", "digest"), .arity = 2, READS, IN_GROUP("raft", CATEGORY_KEYSPACE),
     .run = run_raft_digest,
     DOCS("O(N) where N is the number of keys",
          "Get 16 hexadecimal digits over all keys, values and revisions: equal on all nodes at "
          "the same applied index")},
    {SUBCOMMAND("raft", "handover"), .arity = -2, KIND(CHANGE, COMMAND_WRITE | COMMAND_ADMIN),
     ON_RAFT_DANGEROUS, .run = run_raft_handover, .syntax = "[#id]",
     DOCS("O(1)",
          "Hand leadership over to a member, or to the best of them; answers when it has begun")},
    HELP_OF("raft", "raft"),
    {SUBCOMMAND("raft", "member"), .arity = -4, KIND(CHANGE, COMMAND_WRITE | COMMAND_ADMIN),
     ON_RAFT_DANGEROUS, .run = run_raft_member,
     .syntax = "step(add(ADD #id address [LEARNER]) | PROMOTE #id | REMOVE #id | "
               "replace(REPLACE #old-id #new-id address) | move(MOVE #id address))...",
     DOCS("O(N) where N is the number of members",
          "Change the members of the cluster, all steps together or none; answers when the change "
          "is committed")},
    {SUBCOMMAND("raft", "members"), .arity = 2, KIND(BARRIER, ABOUT_SERVER), ON_RAFT,
     .run = run_raft_members,
     DOCS("O(N) where N is the number of members",
          "Get the members of the cluster as this node sees them")},
    {SUBCOMMAND("raft", "ready"), .arity = 2, KIND(BARRIER, ABOUT_SERVER), ON_RAFT,
     .run = run_raft_ready, DOCS("O(1)", "Whether this node serves requests: 1 or 0")},
    {SUBCOMMAND("raft", "snapshot"), .arity = 2, KIND(BARRIER, ABOUT_SERVER | COMMAND_ADMIN),
     ON_RAFT_DANGEROUS, .run = run_raft_snapshot,
     DOCS("O(1); the work is done meanwhile",
          "Have this node save a snapshot; the index that it will at least contain")},
    {SUBCOMMAND("raft", "status"), .arity = 2, KIND(BARRIER, ABOUT_SERVER), ON_RAFT,
     .run = run_raft_status,
     DOCS("O(N) where N is the number of members",
          "Get role, leader, term, indexes and members as this node sees them")},
    {SUBCOMMAND("raft", "transfer"), .arity = -2, KIND(CHANGE, COMMAND_WRITE | COMMAND_ADMIN),
     ON_RAFT_DANGEROUS, .run = run_raft_handover, .syntax = "[#id]",
     DOCS("O(1)", "The same as RAFT HANDOVER, by its older name")},
    END,
};

const struct command commands_of_raft[] = {
    CONTAINER("raft", raft_commands, "raft", "A container for commands about the cluster"),
    END,
};
