/*
 * RAFT: the cluster.
 */
#include "commands/table.h"

#define OF_RAFT .container = "raft", .group = "raft"

static const struct command_argument consistency_levels[] = {
    TOKEN("linearizable", "LINEARIZABLE"), TOKEN("lease", "LEASE"), TOKEN("stale", "STALE"), END};
static const struct command_argument consistency_choice[] = {
    {"level", ARGUMENT_ONEOF, 0, NULL, consistency_levels},
    {"max-lag-ms", ARGUMENT_INTEGER, ARGUMENT_OPTIONAL, NULL, NULL},
    END};
static const struct command_argument consistency_arguments[] = {
    {"choice", ARGUMENT_BLOCK, ARGUMENT_OPTIONAL, NULL, consistency_choice}, END};

static const struct command_argument member_add[] = {
    {"id", ARGUMENT_INTEGER, 0, "ADD", NULL},
    ARGUMENT("address", ARGUMENT_STRING),
    {"learner", ARGUMENT_TOKEN, ARGUMENT_OPTIONAL, "LEARNER", NULL},
    END};
static const struct command_argument member_replace[] = {
    {"old-id", ARGUMENT_INTEGER, 0, "REPLACE", NULL},
    ARGUMENT("new-id", ARGUMENT_INTEGER),
    ARGUMENT("address", ARGUMENT_STRING),
    END};
static const struct command_argument member_move[] = {
    {"id", ARGUMENT_INTEGER, 0, "MOVE", NULL}, ARGUMENT("address", ARGUMENT_STRING), END};
static const struct command_argument member_steps[] = {
    {"add", ARGUMENT_BLOCK, 0, NULL, member_add},
    {"id", ARGUMENT_INTEGER, 0, "PROMOTE", NULL},
    {"id", ARGUMENT_INTEGER, 0, "REMOVE", NULL},
    {"replace", ARGUMENT_BLOCK, 0, NULL, member_replace},
    {"move", ARGUMENT_BLOCK, 0, NULL, member_move},
    END};
static const struct command_argument member_arguments[] = {
    {"step", ARGUMENT_ONEOF, ARGUMENT_MULTIPLE, NULL, member_steps}, END};
static const struct command_argument transfer_arguments[] = {
    {"id", ARGUMENT_INTEGER, ARGUMENT_OPTIONAL, NULL, NULL}, END};

static const struct command_argument backup_arguments[] = {
    ARGUMENT("index", ARGUMENT_INTEGER), ARGUMENT("offset", ARGUMENT_INTEGER), END};

static const struct command raft_commands[] = {
    {
        OF_RAFT,
        .name = "backup",
        .arity = 4,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER | COMMAND_ADMIN,
        .categories = CATEGORY_DANGEROUS,
        .run = run_raft_backup,
        .summary = "Get the size of a snapshot file of this node, and up to 256 KiB of it from "
                   "an offset on: what raftctl backup asks for",
        .complexity = "O(1)",
        .syntax = backup_arguments,
    },
    {
        OF_RAFT,
        .name = "consistency",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER,
        .run = run_raft_consistency,
        .summary = "Choose what reads on this connection promise, and how old a stale answer may "
                   "be; without arguments: get both",
        .complexity = "O(1)",
        .syntax = consistency_arguments,
    },
    {
        OF_RAFT,
        .name = "digest",
        .arity = 2,
        .kind = COMMAND_IS_READ,
        .flags = COMMAND_READONLY,
        .categories = CATEGORY_KEYSPACE,
        .run = run_raft_digest,
        .summary = "Get 16 hexadecimal digits over all keys, values and revisions: equal on all "
                   "nodes at the same applied index",
        .complexity = "O(N) where N is the number of keys",
    },
    HELP_OF("raft", "raft"),
    {
        OF_RAFT,
        .name = "member",
        .arity = -4,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE | COMMAND_ADMIN,
        .categories = CATEGORY_DANGEROUS,
        .run = run_raft_member,
        .summary = "Change the members of the cluster, all steps together or none; answers when "
                   "the change is committed",
        .complexity = "O(N) where N is the number of members",
        .syntax = member_arguments,
    },
    {
        OF_RAFT,
        .name = "members",
        .arity = 2,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER,
        .run = run_raft_members,
        .summary = "Get the members of the cluster as this node sees them",
        .complexity = "O(N) where N is the number of members",
    },
    {
        OF_RAFT,
        .name = "ready",
        .arity = 2,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER,
        .run = run_raft_ready,
        .summary = "Whether this node serves requests: 1 or 0",
        .complexity = "O(1)",
    },
    {
        OF_RAFT,
        .name = "snapshot",
        .arity = 2,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER | COMMAND_ADMIN,
        .categories = CATEGORY_DANGEROUS,
        .run = run_raft_snapshot,
        .summary = "Have this node save a snapshot; the index that it will at least contain",
        .complexity = "O(1); the work is done meanwhile",
    },
    {
        OF_RAFT,
        .name = "status",
        .arity = 2,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER,
        .run = run_raft_status,
        .summary = "Get role, leader, term, indexes and members as this node sees them",
        .complexity = "O(N) where N is the number of members",
    },
    {
        OF_RAFT,
        .name = "transfer",
        .arity = -2,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE | COMMAND_ADMIN,
        .categories = CATEGORY_DANGEROUS,
        .run = run_raft_transfer,
        .summary = "Hand leadership over to a member, or to the best of them; answers when it has "
                   "begun",
        .complexity = "O(1)",
        .syntax = transfer_arguments,
    },
    END,
};

const struct command commands_of_raft[] = {
    {
        .name = "raft",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = 0,
        .subcommands = raft_commands,
        .group = "raft",
        .summary = "A container for commands about the cluster",
        .complexity = "Depends on subcommand",
    },
    END,
};
