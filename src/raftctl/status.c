/*
 * raftctl status, members and ready: what the nodes say about themselves, for people and for
 * programs.
 */
#include "raftctl/raftctl.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "raftctl/columns.h"
#include "raftctl/endpoint.h"
#include "raftctl/output.h"
#include "raftctl/view.h"

/* ---- Status ------------------------------------------------------------------------------- */

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

static void print_endpoints(const struct ctl_view *view)
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
    table_print(table, stdout);
    table_destroy(table);
}

/* The leader's status: of the answers that call themselves leader, the newest term's. */
static const struct ctl_answer *find_leader(const struct ctl_view *view)
{
    const struct ctl_answer *leader = NULL;

    for (size_t i = 0; i < view->count; i++) {
        const struct ctl_answer *answer = &view->answers[i];
        if (strcmp(ctl_field_text(answer->status, "role"), "leader") == 0 &&
            (leader == NULL ||
             ctl_field_number(answer->status, "term") > ctl_field_number(leader->status, "term"))) {
            leader = answer;
        }
    }
    return leader;
}

static void show_kind(struct table *table, const struct ctl_row *row)
{
    const struct resp_reply *member = row->figures;

    table_text(table, ctl_field_flag(member, "outgoing")  ? "leaving"
                      : ctl_field_flag(member, "voter")   ? "voter"
                      : ctl_field_flag(member, "joining") ? "joining"
                      : ctl_field_flag(member, "learner") ? "learner"
                                                          : "-");
}

static void show_link(struct table *table, const struct ctl_row *row)
{
    table_text(table, ctl_field_flag(row->figures, "self")        ? "itself"
                      : ctl_field_flag(row->figures, "connected") ? "up"
                                                                  : "down");
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

/* A table of a status's members. */
static void print_member_table(const struct resp_reply *status, const struct ctl_column *columns,
                               size_t count)
{
    struct table *table = ctl_columns_table(columns, count);

    for (size_t i = 0; i < ctl_member_count(status); i++) {
        struct ctl_row row = {NULL, status, ctl_member(status, i)};

        ctl_columns_row(table, columns, count, &row);
    }
    table_print(table, stdout);
    table_destroy(table);
}

static void print_peers(const struct ctl_view *view)
{
    static const struct ctl_column columns[] = {
        {"id", NULL},
        {"kind", show_kind},
        {"address", NULL},
        {"link", show_link},
        {"match_index", NULL},
        {">lag", show_lag},
        {"silent_ms", show_silence},
        {">round trip", show_round_trip},
        {"trouble", NULL},
    };
    const struct ctl_answer *leader = find_leader(view);

    if (leader == NULL) {
        printf("\nNo endpoint that answered is the leader; only a leader knows how far the others "
               "are.\n");
        return;
    }
    printf("\nMembers as the leader, node %" PRIu64 ", sees them:\n",
           ctl_field_number(leader->status, "id"));
    print_member_table(leader->status, columns, sizeof(columns) / sizeof(columns[0]));
}

static void print_sent(const struct resp_reply *leader)
{
    for (size_t i = 0; i < ctl_member_count(leader); i++) {
        const struct resp_reply *member = ctl_member(leader, i);
        uint64_t total = ctl_field_number(member, "snapshot_total_bytes");

        if (total > 0) {
            printf("Node %" PRIu64 " is behind the log: %" PRIu64 " of %" PRIu64
                   " MiB of a snapshot have been sent to it.\n",
                   ctl_field_number(member, "id"),
                   ctl_field_number(member, "snapshot_done_bytes") >> 20, total >> 20);
        }
    }
}

/* Snapshots that are under way: a line each, mostly none. */
static void print_snapshots(const struct ctl_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct resp_reply *status = view->answers[i].status;
        uint64_t saving = ctl_field_number(status, "snapshot_saving_index");
        uint64_t receiving = ctl_field_number(status, "snapshot_receiving_bytes");

        if (saving > 0) {
            printf("Node %" PRIu64 " saves a snapshot of index %" PRIu64 ": %" PRIu64
                   " MiB so far.\n",
                   ctl_field_number(status, "id"), saving,
                   ctl_field_number(status, "snapshot_saving_bytes") >> 20);
        }
        if (receiving > 0) {
            printf("Node %" PRIu64 " receives a snapshot: %" PRIu64 " of %" PRIu64 " MiB.\n",
                   ctl_field_number(status, "id"),
                   ctl_field_number(status, "snapshot_received_bytes") >> 20, receiving >> 20);
        }
        print_sent(status);
    }
}

static void print_status_json(const struct ctl_view *view)
{
    struct json json;

    json_begin(&json, stdout);
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
    putchar('\n');
}

int ctl_status(const struct ctl_options *options, char **arguments)
{
    struct ctl_view *view = memory_allocate_zeroed(1, sizeof(*view));
    int code;

    (void)arguments;
    ctl_view_ask(view, options);
    if (options->format == CTL_JSON) {
        print_status_json(view);
    } else {
        print_endpoints(view);
        print_peers(view);
        print_snapshots(view);
    }
    code = ctl_view_exit(view);
    ctl_view_free(view);
    memory_free(view);
    return code;
}

/* ---- Members ------------------------------------------------------------------------------ */

static void show_client_address(struct table *table, const struct ctl_row *row)
{
    const char *address = ctl_field_text(row->figures, "client_address");

    table_text(table, address[0] != '\0' ? address : "-");
}

static void print_members(const struct resp_reply *status)
{
    static const struct ctl_column columns[] = {
        {"id", NULL},        {"kind", show_kind},
        {"address", NULL},   {"client_address", show_client_address},
        {"link", show_link}, {"trouble", NULL},
    };

    fputs("Cluster ", stdout);
    print_plain(stdout, ctl_field_text(status, "cluster_name"));
    printf(" as node %" PRIu64 " sees it:\n", ctl_field_number(status, "id"));
    print_member_table(status, columns, sizeof(columns) / sizeof(columns[0]));
}

static void print_members_json(const struct resp_reply *status)
{
    struct json json;

    json_begin(&json, stdout);
    json_open(&json, NULL, '[');
    for (size_t i = 0; i < ctl_member_count(status); i++) {
        ctl_view_json(&json, NULL, ctl_member(status, i));
    }
    json_close(&json, ']');
    putchar('\n');
}

/* The answer to show: the leader's where there is one, or else the first. */
static const struct resp_reply *best_status(const struct ctl_view *view)
{
    const struct ctl_answer *leader = find_leader(view);

    if (leader != NULL) {
        return leader->status;
    }
    for (size_t i = 0; i < view->count; i++) {
        if (view->answers[i].status != NULL) {
            return view->answers[i].status;
        }
    }
    return NULL;
}

int ctl_members(const struct ctl_options *options, char **arguments)
{
    struct ctl_view *view = memory_allocate_zeroed(1, sizeof(*view));
    const struct resp_reply *status;
    int code = CTL_OK;

    (void)arguments;
    ctl_view_ask(view, options);
    for (size_t i = 0; i < view->count; i++) {
        if (view->answers[i].status == NULL) {
            endpoint_complain(view->answers[i].endpoint, view->answers[i].error.message);
        }
    }
    status = best_status(view);
    if (status == NULL) {
        code = ctl_view_exit(view);
    } else if (options->format == CTL_JSON) {
        print_members_json(status);
    } else {
        print_members(status);
    }
    ctl_view_free(view);
    memory_free(view);
    return code;
}

/* ---- Ready -------------------------------------------------------------------------------- */

static void print_ready_line(const struct ctl_answer *answer)
{
    char text[sizeof(answer->error.message) + 64];

    if (answer->status == NULL) {
        snprintf(text, sizeof(text), "%s", answer->error.message);
    } else if (ctl_field_flag(answer->status, "ready")) {
        snprintf(text, sizeof(text), "ready");
    } else {
        snprintf(text, sizeof(text), "not ready (%s)", ctl_field_text(answer->status, "phase"));
    }
    print_plain(stdout, answer->endpoint);
    fputs(": ", stdout);
    print_plain(stdout, text);
    putchar('\n');
}

static void print_ready_json(const struct ctl_view *view)
{
    struct json json;

    json_begin(&json, stdout);
    json_open(&json, NULL, '[');
    for (size_t i = 0; i < view->count; i++) {
        const struct ctl_answer *answer = &view->answers[i];
        json_open(&json, NULL, '{');
        json_text(&json, "endpoint", answer->endpoint);
        json_boolean(&json, "ready", ctl_field_flag(answer->status, "ready"));
        if (answer->status != NULL) {
            json_text(&json, "phase", ctl_field_text(answer->status, "phase"));
            json_null(&json, "error");
        } else {
            json_null(&json, "phase");
            json_text(&json, "error", answer->error.message);
        }
        json_close(&json, '}');
    }
    json_close(&json, ']');
    putchar('\n');
}

int ctl_ready(const struct ctl_options *options, char **arguments)
{
    struct ctl_view *view = memory_allocate_zeroed(1, sizeof(*view));
    int code;

    (void)arguments;
    ctl_view_ask(view, options);
    if (options->format == CTL_JSON) {
        print_ready_json(view);
    }
    code = ctl_view_exit(view);
    for (size_t i = 0; i < view->count; i++) {
        const struct ctl_answer *answer = &view->answers[i];
        if (options->format == CTL_TABLE) {
            print_ready_line(answer);
        }
        if (code == CTL_OK && !ctl_field_flag(answer->status, "ready")) {
            code = CTL_NO;
        }
    }
    ctl_view_free(view);
    memory_free(view);
    return code;
}
