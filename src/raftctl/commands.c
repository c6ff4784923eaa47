/*
 * The table of commands: the only place that lists them. Main thread.
 */
#include "raftctl/commands.h"

#include <stdio.h>
#include <string.h>

#include "raftctl/completion.h"
#include "raftctl/help.h"
#include "raftctl/output.h"
#include "raftctl/raftctl.h"

#define LIFE (OPTION_BIT(OPTION_DAYS) | OPTION_BIT(OPTION_NOT_AFTER))
#define RESTORE                                                                                    \
    (OPTION_BIT(OPTION_DATA_DIRECTORY) | OPTION_BIT(OPTION_ID) | OPTION_BIT(OPTION_CLUSTER) |      \
     OPTION_BIT(OPTION_MEMBER))

static int run_help(const struct ctl_options *options, char **arguments);
static int run_completion(const struct ctl_options *options, char **arguments);

static int run_version(const struct ctl_options *options, char **arguments)
{
    (void)options;
    (void)arguments;
    puts("raftctl " PACKAGE_VERSION);
    return CTL_OK;
}

static const struct ctl_command rows[] = {
    {.name = "status",
     .group = "Nodes",
     .syntax = "[--all] [--watch [--interval SECONDS]]",
     .summary = "Show what each node says about itself",
     .text = "A table with a row for each endpoint. If one of them is the leader, a second table\n"
             "shows each member as the leader sees it. Only the leader knows how far the other\n"
             "members are.\n",
     .examples = "raftctl status --endpoints node-1:7380,node-2:7380,node-3:7380\n"
                 "raftctl status --all --watch\n",
     .options = OPTIONS_CLIENT | OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_WATCH) |
                OPTION_BIT(OPTION_INTERVAL),
     .run = ctl_status},
    {.name = "members",
     .group = "Nodes",
     .syntax = "",
     .summary = "List the members of the cluster",
     .text = "Each member has an address for the other nodes and an address for clients.\n",
     .examples = "raftctl members -w json\n",
     .options = OPTIONS_CLIENT,
     .run = ctl_members},
    {.name = "ready",
     .group = "Nodes",
     .syntax = "",
     .summary = "Print for each endpoint whether it serves requests",
     .text = "Exit status: 0 if all endpoints are ready, 1 if one is not ready, 2 if one does not\n"
             "answer.\n",
     .examples = "raftctl ready && echo 'all nodes serve'\n",
     .options = OPTIONS_CLIENT,
     .run = ctl_ready},

    {.name = "get",
     .group = "Keys",
     .syntax = "KEY | --prefix PREFIX",
     .summary = "Print the value of a key, or all keys with a prefix and their values",
     .text = "If there is no such key, the exit status is 1.\n",
     .examples = "raftctl get greeting\n"
                 "raftctl get --prefix user:\n",
     .arguments_min = 1,
     .arguments_max = 1,
     .options = OPTIONS_CLIENT | OPTION_BIT(OPTION_PREFIX),
     .run = ctl_get},
    {.name = "set",
     .group = "Keys",
     .syntax = "KEY VALUE|- [--ttl SECONDS] [--nx]",
     .summary = "Set a key",
     .text =
         "If VALUE is \"-\", the value is all of standard input: every byte, unchanged, at most\n"
         "512 MiB. With --nx, a key that exists is not changed, and the exit status is 1.\n"
         "Without --ttl, the key does not expire.\n",
     .examples = "raftctl set greeting hello\n"
                 "raftctl set --ttl 60 --nx job:17 worker-3\n"
                 "raftctl set picture - < picture.png\n"
                 "raftctl set -- balance -5\n",
     .arguments_min = 2,
     .arguments_max = 2,
     .options = OPTIONS_CLIENT | OPTION_BIT(OPTION_TTL) | OPTION_BIT(OPTION_NX),
     .run = ctl_set},
    {.name = "del",
     .group = "Keys",
     .syntax = "KEY ...",
     .summary = "Delete keys, and print how many there were",
     .text = "",
     .examples = "raftctl del job:17 job:18\n",
     .arguments_min = 1,
     .arguments_max = ARGUMENTS_ANY,
     .options = OPTIONS_CLIENT,
     .run = ctl_del},
    {.name = "scan",
     .group = "Keys",
     .syntax = "[PREFIX|PATTERN]",
     .summary = "List keys",
     .text =
         "An argument that contains one of the characters * ? [ \\ is a pattern, as for SCAN in\n"
         "raftd-commands(7). Any other argument is a prefix. The keys come page by page, in no\n"
         "order. A key that is set or deleted meanwhile may be listed or not.\n",
     .examples = "raftctl scan\n"
                 "raftctl scan user:\n"
                 "raftctl scan 'user:*:name'\n",
     .arguments_max = 1,
     .options = OPTIONS_CLIENT,
     .run = ctl_scan},

    {.name = "member list",
     .group = "Members",
     .syntax = "",
     .summary = "The same as members",
     .text = "",
     .examples = "",
     .options = OPTIONS_CLIENT,
     .run = ctl_members},
    {.name = "member add",
     .group = "Members",
     .syntax = "ID ADDRESS [--learner]",
     .summary = "Add a node to the cluster",
     .text =
         "ADDRESS is the address at which the other nodes connect to the new node. The new node\n"
         "is first a learner; it becomes a voter when it has caught up. Afterwards start it with\n"
         "raftd --join.\n",
     .examples = "raftctl member add 4 node-4:7381\n",
     .arguments_min = 2,
     .arguments_max = 2,
     .options = OPTIONS_CLIENT | OPTION_BIT(OPTION_LEARNER),
     .run = ctl_member_add},
    {.name = "member promote",
     .group = "Members",
     .syntax = "ID",
     .summary = "Make a learner a voter",
     .text = "This is refused until the learner has caught up with the leader.\n",
     .examples = "raftctl member promote 4\n",
     .arguments_min = 1,
     .arguments_max = 1,
     .options = OPTIONS_CLIENT,
     .run = ctl_member_promote},
    {.name = "member remove",
     .group = "Members",
     .syntax = "ID",
     .summary = "Remove a node from the cluster",
     .text = "The id of the node is never accepted again. The command is refused if the remaining\n"
             "nodes would have no quorum.\n",
     .examples = "raftctl member remove 2\n",
     .arguments_min = 1,
     .arguments_max = 1,
     .options = OPTIONS_CLIENT,
     .run = ctl_member_remove},
    {.name = "member replace",
     .group = "Members",
     .syntax = "OLD NEW ADDRESS",
     .summary = "Replace a node by a new node",
     .text =
         "Use this for a machine that is dead or has lost its disk. OLD and NEW are ids; ADDRESS\n"
         "is the peer address of the new node. Afterwards start the new node with raftd --join.\n",
     .examples = "raftctl member replace 2 5 node-5:7381\n",
     .arguments_min = 3,
     .arguments_max = 3,
     .options = OPTIONS_CLIENT,
     .run = ctl_member_replace},
    {.name = "member move",
     .group = "Members",
     .syntax = "ID ADDRESS",
     .summary = "Tell the other nodes the new peer address of a node",
     .text = "",
     .examples = "raftctl member move 2 node-2b:7381\n",
     .arguments_min = 2,
     .arguments_max = 2,
     .options = OPTIONS_CLIENT,
     .run = ctl_member_move},
    {.name = "handover",
     .older = "transfer",
     .group = "Members",
     .syntax = "[ID]",
     .summary = "Hand leadership over to another voter",
     .text = "Without ID, the leader chooses the voter. The command waits until the other node\n"
             "leads, and prints its id. A leader gives a handover up after one election time-out;\n"
             "the command asks it again until its own time is over. If leadership did not move\n"
             "by then, the exit status is 1.\n",
     .examples = "raftctl handover\n"
                 "raftctl handover 3\n",
     .arguments_max = 1,
     .options = OPTIONS_CLIENT,
     .run = ctl_handover},

    {.name = "snapshot",
     .group = "Backups",
     .syntax = "",
     .summary = "Tell a node to save a snapshot of its data",
     .text = "",
     .examples = "raftctl snapshot --endpoints node-1:7380\n",
     .options = OPTIONS_CLIENT,
     .run = ctl_snapshot},
    {.name = "backup",
     .group = "Backups",
     .syntax = "FILE [--stale]",
     .summary = "Copy the data of a node into a file, while it serves",
     .text =
         "The node is the first endpoint that confirms with the leader that it has every write\n"
         "which was acknowledged until now. With --stale, it is the first endpoint to which a\n"
         "connection can be made, and newer writes may be missing in the backup.\n",
     .examples = "raftctl backup /backup/demo-2027-01-31\n",
     .arguments_min = 1,
     .arguments_max = 1,
     .argument_kind = VALUE_FILE,
     .options = OPTIONS_CLIENT | OPTION_BIT(OPTION_STALE),
     .run = ctl_backup},
    {.name = "backup verify",
     .group = "Backups",
     .syntax = "FILE",
     .summary = "Check that a backup is complete and undamaged",
     .text = "",
     .examples = "raftctl backup verify /backup/demo-2027-01-31\n",
     .arguments_min = 1,
     .arguments_max = 1,
     .argument_kind = VALUE_FILE,
     .options = OPTION_BIT(OPTION_WRITE),
     .run = ctl_backup_verify},
    {.name = "restore",
     .group = "Backups",
     .syntax = "FILE --data-dir DIR --id NUMBER --cluster NAME [--cluster-id HEX] "
               "--member ID=HOST:PORT ...",
     .summary = "Make the data directory of a member of a new cluster from a backup",
     .text =
         "Run it once for each member, with the same FILE, --cluster and --member options. The\n"
         "first run draws the id of the new cluster; give it to the others as --cluster-id.\n",
     .examples = "raftctl restore demo-2027-01-31 --data-dir /var/lib/raftd --id 1 \\\n"
                 "    --cluster demo --member 1=node-1:7381 --member 2=node-2:7381\n",
     .arguments_min = 1,
     .arguments_max = 1,
     .argument_kind = VALUE_FILE,
     .options = RESTORE | OPTION_BIT(OPTION_CLUSTER_ID),
     .required = RESTORE,
     .run = ctl_restore},
    {.name = "recover",
     .group = "Backups",
     .syntax = "--data-dir DIR [--force-new-cluster]",
     .summary = "Make a new cluster from the data of one node, if the quorum is lost",
     .text = "Acknowledged writes can be lost: read raftctl(1) first. The node must not run.\n"
             "Without --force-new-cluster, the command only prints the last term and index.\n",
     .examples = "raftctl recover --data-dir /var/lib/raftd\n",
     .options = OPTION_BIT(OPTION_DATA_DIRECTORY) | OPTION_BIT(OPTION_FORCE),
     .required = OPTION_BIT(OPTION_DATA_DIRECTORY),
     .run = ctl_recover},
    {.name = "dump",
     .group = "Backups",
     .syntax = "[FILE] [--stale]",
     .summary = "Print the keys of a backup or snapshot file, or of a node",
     .text = "",
     .examples = "raftctl dump demo-2027-01-31 -w json\n",
     .arguments_max = 1,
     .argument_kind = VALUE_FILE,
     .options = OPTIONS_CLIENT | OPTION_BIT(OPTION_STALE),
     .run = ctl_dump},
    {.name = "wal",
     .group = "Backups",
     .syntax = "FILE ...",
     .summary = "Print the content of log files of a data directory",
     .text = "",
     .examples = "raftctl wal /var/lib/raftd/wal-*.log\n",
     .arguments_min = 1,
     .arguments_max = ARGUMENTS_ANY,
     .argument_kind = VALUE_FILE,
     .run = ctl_wal},

    {.name = "cert ca",
     .group = "Certificates",
     .syntax = "--dir DIR [--name NAME] [--days NUMBER | --not-after TIME]",
     .summary = "Make a certificate authority (CA)",
     .text = "",
     .examples = "raftctl cert ca --dir certs\n",
     .options = OPTION_BIT(OPTION_DIRECTORY) | OPTION_BIT(OPTION_NAME) | LIFE,
     .required = OPTION_BIT(OPTION_DIRECTORY),
     .run = ctl_cert_ca},
    {.name = "cert node",
     .group = "Certificates",
     .syntax = "--dir DIR --id NUMBER --cluster NAME [--host HOST ...] "
               "[--days NUMBER | --not-after TIME]",
     .summary = "Make the certificate of a node",
     .text = "",
     .examples =
         "raftctl cert node --dir certs --id 1 --cluster demo --host node-1 --host 10.0.0.1\n",
     .options = OPTION_BIT(OPTION_DIRECTORY) | OPTION_BIT(OPTION_ID) | OPTION_BIT(OPTION_CLUSTER) |
                OPTION_BIT(OPTION_HOST) | LIFE,
     .required = OPTION_BIT(OPTION_DIRECTORY) | OPTION_BIT(OPTION_ID) | OPTION_BIT(OPTION_CLUSTER),
     .run = ctl_cert_node},
    {.name = "cert client",
     .group = "Certificates",
     .syntax = "--dir DIR --name NAME [--days NUMBER | --not-after TIME]",
     .summary = "Make the certificate of a client",
     .text = "",
     .examples = "raftctl cert client --dir certs --name ann\n",
     .options = OPTION_BIT(OPTION_DIRECTORY) | OPTION_BIT(OPTION_NAME) | LIFE,
     .required = OPTION_BIT(OPTION_DIRECTORY) | OPTION_BIT(OPTION_NAME),
     .run = ctl_cert_client},
    {.name = "cert show",
     .group = "Certificates",
     .syntax = "FILE",
     .summary = "Print what a certificate says",
     .text = "",
     .examples = "raftctl cert show certs/node-1.pem\n",
     .arguments_min = 1,
     .arguments_max = 1,
     .argument_kind = VALUE_FILE,
     .run = ctl_cert_show},

    {.name = "help",
     .group = "raftctl itself",
     .syntax = "[COMMAND]",
     .summary = "Explain a command, or list all of them",
     .text = "COMMAND --help does the same.\n",
     .examples = "raftctl help member add\n",
     .arguments_max = 2,
     .run = run_help},
    {.name = "version",
     .group = "raftctl itself",
     .syntax = "",
     .summary = "Print the version",
     .text = "",
     .examples = "",
     .run = run_version},
    {.name = "completion",
     .group = "raftctl itself",
     .syntax = "bash|zsh",
     .summary = "Print a script that completes commands and options in a shell",
     .text = "\"make install\" puts these scripts where bash and zsh look for them.\n",
     .examples = "source <(raftctl completion bash)\n",
     .arguments_min = 1,
     .arguments_max = 1,
     .argument_kind = VALUE_SHELL,
     .run = run_completion},
};

static const struct ctl_commands commands = {.rows = rows, .count = sizeof(rows) / sizeof(rows[0])};

const struct ctl_commands *ctl_commands(void)
{
    return &commands;
}

static int run_help(const struct ctl_options *options, char **arguments)
{
    (void)options;
    return help_print_words(stdout, &commands, arguments) ? CTL_OK : CTL_USAGE;
}

static int run_completion(const struct ctl_options *options, char **arguments)
{
    (void)options;
    if (strcmp(arguments[0], "bash") == 0) {
        completion_print_bash(stdout, &commands);
    } else if (strcmp(arguments[0], "zsh") == 0) {
        completion_print_zsh(stdout, &commands);
    } else {
        ctl_complain("completion: found \"%s\", expected bash or zsh", arguments[0]);
        return CTL_USAGE;
    }
    return CTL_OK;
}
