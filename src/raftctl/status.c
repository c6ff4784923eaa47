/*
 * raftctl status: what the nodes say about themselves, for people and for programs. Main thread.
 */
#include "raftctl/raftctl.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "raftctl/columns.h"
#include "raftctl/output.h"
#include "raftctl/view.h"
#include "raftctl/watch.h"

static void show_endpoint(struct table *table, const struct ctl_row *row)
{
    table_text(table, row->answer->endpoint);
}

static void show_ready(struct table *table, const struct ctl_row *row)
{
    char text[64];

    if (row->status == NULL) {
        table_text(table, "-");
    } else if (ctl_field_flag(row->status, "ready")) {
        table_text(table, "yes");
    } else {
        snprintf(text, sizeof(text), "no (%s)", ctl_field_text(row->status, "phase"));
        table_text(table, text);
    }
}

static void show_errors(struct table *table, const struct ctl_row *row)
{
    table_text(table, row->status != NULL ? "" : row->answer->error.message);
}

static void print_endpoints(FILE *file, const struct ctl_view *view)
{
    static const struct ctl_column columns[] = {
        {"endpoint", show_endpoint},
        {"id", NULL},
        {"role", NULL},
        {"leader", NULL},
        {"term", NULL},
        {"last_index", NULL},
        {"commit_index", NULL},
        {"applied_index", NULL},
        {"ready", show_ready},
        {"version", NULL},
        {"errors", show_errors},
    };
    size_t count = sizeof(columns) / sizeof(columns[0]);
    struct table *table = ctl_columns_table(columns, count);

    for (size_t i = 0; i < view->count; i++) {
        const struct ctl_answer *answer = &view->answers[i];
        struct ctl_row row = {answer, answer->status, answer->status};

        ctl_columns_row(table, columns, count, &row);
    }
    table_print(table, file);
    table_destroy(table);
}

/* How many entries of the leader's log the member does not have. */
static void show_lag(struct table *table, const struct ctl_row *row)
{
    uint64_t last = ctl_field_number(row->status, "last_index");
    uint64_t match = ctl_field_number(row->figures, "match_index");

    table_number(table, last > match ? last - match : 0);
}

static void show_silence(struct table *table, const struct ctl_row *row)
{
    if (ctl_field_flag(row->figures, "self")) {
        table_text(table, "-");
    } else {
        table_number(table, ctl_field_number(row->figures, "silent_ms"));
    }
}

static void show_round_trip(struct table *table, const struct ctl_row *row)
{
    uint64_t us = ctl_field_number(row->figures, "round_trip_us");
    char text[32] = "-";

    if (us != 0) {
        snprintf(text, sizeof(text), "%" PRIu64 ".%02" PRIu64 " ms", us / 1000, us % 1000 / 10);
    }
    table_text(table, text);
}

static bool has_answer(const struct ctl_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->answers[i].status != NULL) {
            return true;
        }
    }
    return false;
}

static void print_peers(FILE *file, const struct ctl_view *view)
{
    static const struct ctl_column columns[] = {
        {"id", NULL},
        {"kind", ctl_show_kind},
        {"address", NULL},
        {"link", ctl_show_link},
        {"match_index", NULL},
        {">lag", show_lag},
        {"silent_ms", show_silence},
        {">round trip", show_round_trip},
        {"trouble", NULL},
    };
    const struct ctl_answer *leader = ctl_view_leader(view);

    if (leader == NULL) {
        fprintf(file, "\n%s; only a leader knows how far the others are.\n",
                has_answer(view) ? "No endpoint that answered is the leader"
                                 : "No endpoint answered");
        return;
    }
    fprintf(file, "\nMembers as the leader, node %" PRIu64 ", sees them:\n",
            ctl_field_number(leader->status, "id"));
    ctl_columns_members(file, leader->status, columns, sizeof(columns) / sizeof(columns[0]));
}

/* The settings with which the leader and the others wait for an election should be equal. */
static void print_settings(FILE *file, const struct ctl_view *view)
{
    const struct ctl_answer *leader = ctl_view_leader(view);
    uint64_t own_ms = 0;

    for (size_t i = 0; leader != NULL && i < ctl_member_count(leader->status); i++) {
        const struct resp_reply *member = ctl_member(leader->status, i);

        if (ctl_field_flag(member, "self")) {
            own_ms = ctl_field_number(member, "election_timeout_ms");
        }
    }
    for (size_t i = 0; own_ms != 0 && i < ctl_member_count(leader->status); i++) {
        const struct resp_reply *member = ctl_member(leader->status, i);
        uint64_t its_ms = ctl_field_number(member, "election_timeout_ms");

        if (its_ms != 0 && its_ms != own_ms) {
            fprintf(file,
                    "WARNING: election_timeout_ms is %" PRIu64 " on the leader, but %" PRIu64
                    " on node %" PRIu64 ": give all members the same value.\n",
                    own_ms, its_ms, ctl_field_number(member, "id"));
        }
    }
}

/* Members that deny to have what they acknowledged. */
static void print_lost(FILE *file, const struct ctl_view *view)
{
    const struct ctl_answer *leader = ctl_view_leader(view);

    for (size_t i = 0; leader != NULL && i < ctl_member_count(leader->status); i++) {
        const struct resp_reply *member = ctl_member(leader->status, i);

        if (ctl_field_flag(member, "lost_log")) {
            fprintf(file,
                    "WARNING: node %" PRIu64 " denies to have entries that it acknowledged: its "
                    "data were lost or set back. It does not count; run raftctl member replace.\n",
                    ctl_field_number(member, "id"));
        }
    }
}

/* Members whose disk has damaged their log. */
static void print_damaged(FILE *file, const struct ctl_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct resp_reply *status = view->answers[i].status;
        uint64_t index = ctl_field_number(status, "damaged_index");

        if (index != 0) {
            fprintf(file,
                    "WARNING: the disk of node %" PRIu64 " has damaged its log at index %" PRIu64
                    ". The node does not vote until the log is mended; check the disk.\n",
                    ctl_field_number(status, "id"), index);
        }
    }
}

static void print_sent(FILE *file, const struct resp_reply *leader)
{
    for (size_t i = 0; i < ctl_member_count(leader); i++) {
        const struct resp_reply *member = ctl_member(leader, i);
        uint64_t total = ctl_field_number(member, "snapshot_total_bytes");

        if (total > 0) {
            fprintf(file,
                    "Node %" PRIu64 " is behind the log: %" PRIu64 " of %" PRIu64
                    " MiB of a snapshot have been sent to it.\n",
                    ctl_field_number(member, "id"),
                    ctl_field_number(member, "snapshot_done_bytes") >> 20, total >> 20);
        }
    }
}

/* A line for each snapshot that is being saved, sent or received. */
static void print_snapshots(FILE *file, const struct ctl_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct resp_reply *status = view->answers[i].status;
        uint64_t saving = ctl_field_number(status, "snapshot_saving_index");
        uint64_t receiving = ctl_field_number(status, "snapshot_receiving_bytes");

        if (saving > 0) {
            fprintf(file,
                    "Node %" PRIu64 " saves a snapshot of index %" PRIu64 ": %" PRIu64
                    " MiB so far.\n",
                    ctl_field_number(status, "id"), saving,
                    ctl_field_number(status, "snapshot_saving_bytes") >> 20);
        }
        if (receiving > 0) {
            fprintf(file, "Node %" PRIu64 " receives a snapshot: %" PRIu64 " of %" PRIu64 " MiB.\n",
                    ctl_field_number(status, "id"),
                    ctl_field_number(status, "snapshot_received_bytes") >> 20, receiving >> 20);
        }
        print_sent(file, status);
    }
}

/* Nodes that wait for something, and endpoints that do not belong to one cluster. */
static void print_founding(FILE *file, const struct ctl_view *view)
{
    const struct ctl_answer *first = NULL;

    for (size_t i = 0; i < view->count; i++) {
        const struct ctl_answer *answer = &view->answers[i];
        const char *waiting_for = ctl_field_text(answer->status, "waiting_for");
        const char *cluster = ctl_field_text(answer->status, "cluster_id");
        bool is_running = strcmp(ctl_field_text(answer->status, "phase"), "running") == 0;
        char why[512];

        ctl_why_not_ready(answer->status, why, sizeof(why));
        if (why[0] != 0 && is_running) {
            fprintf(file, "WARNING: node %" PRIu64 " is not ready: %s\n",
                    ctl_field_number(answer->status, "id"), why);
        } else if (waiting_for[0] != 0) {
            fprintf(file, "Node %" PRIu64 " waits until all founders have answered; missing: %s\n",
                    ctl_field_number(answer->status, "id"), waiting_for);
        }
        if (cluster[strspn(cluster, "0")] == 0) {
            continue; /* no answer, or no cluster yet */
        }
        if (first == NULL) {
            first = answer;
        } else if (strcmp(cluster, ctl_field_text(first->status, "cluster_id")) != 0) {
            fprintf(file,
                    "WARNING: %s belongs to the cluster with id %s, but %s to another one, with id "
                    "%s: these are two clusters, although they may have one name.\n",
                    first->endpoint, ctl_field_text(first->status, "cluster_id"), answer->endpoint,
                    cluster);
        }
    }
}

static void print_status_json(FILE *file, const struct ctl_view *view)
{
    struct json json;

    json_begin(&json, file);
    json_open(&json, NULL, '[');
    for (size_t i = 0; i < view->count; i++) {
        const struct ctl_answer *answer = &view->answers[i];
        json_open(&json, NULL, '{');
        json_text(&json, "endpoint", answer->endpoint);
        if (answer->status != NULL) {
            json_null(&json, "error");
            ctl_view_json(&json, "status", answer->status);
        } else {
            json_text(&json, "error", answer->error.message);
            json_null(&json, "status");
        }
        json_close(&json, '}');
    }
    json_close(&json, ']');
    fputc('\n', file);
}

static int show_status(const struct ctl_options *options, FILE *file)
{
    struct ctl_view *view = memory_allocate_zeroed(1, sizeof(*view));
    int code;

    ctl_view_ask(view, options);
    if (options->format == CTL_JSON) {
        print_status_json(file, view);
    } else {
        print_endpoints(file, view);
        print_peers(file, view);
        print_settings(file, view);
        print_lost(file, view);
        print_damaged(file, view);
        print_snapshots(file, view);
        print_founding(file, view);
    }
    code = ctl_view_exit(view);
    ctl_view_free(view);
    memory_free(view);
    return code;
}

int ctl_status(const struct ctl_options *options, char **arguments)
{
    (void)arguments;
    return options->watch ? watch_run(options, show_status) : show_status(options, stdout);
}
