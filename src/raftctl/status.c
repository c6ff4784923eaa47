/*
 * raftctl status, members and ready: what the nodes say about themselves, for people and for
 * programs.
 */
#include "raftctl/raftctl.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "raftctl/endpoint.h"
#include "raftctl/output.h"
#include "raftctl/view.h"

/* ---- Status ------------------------------------------------------------------------------- */

/* An index, or a dash where it is not known. */
static void table_optional(struct table *table, uint64_t number, bool known)
{
    if (known) {
        table_number(table, number);
    } else {
        table_text(table, "-");
    }
}

static void add_endpoint_row(struct table *table, const struct ctl_answer *answer)
{
    const struct resp_reply *status = answer->status;
    bool known = status != NULL;
    uint64_t leader = ctl_field_number(status, "leader");

    table_text(table, answer->endpoint);
    table_optional(table, ctl_field_number(status, "id"), known);
    table_text(table, known ? ctl_field_text(status, "role") : "-");
    table_optional(table, leader, leader != 0);
    table_optional(table, ctl_field_number(status, "term"), known);
    table_optional(table, ctl_field_number(status, "last_index"), known);
    table_optional(table, ctl_field_number(status, "commit_index"), known);
    table_optional(table, ctl_field_number(status, "applied_index"), known);
    if (!known) {
        table_text(table, "-");
    } else if (ctl_field_flag(status, "ready")) {
        table_text(table, "yes");
    } else {
        char text[64];
        snprintf(text, sizeof(text), "no (%s)", ctl_field_text(status, "phase"));
        table_text(table, text);
    }
    table_text(table, known ? ctl_field_text(status, "version") : "-");
    table_text(table, known ? "" : answer->error.message);
}

static void print_endpoints(const struct ctl_view *view)
{
    static const char *const titles[] = {"ENDPOINT", ">ID",     "ROLE",    ">LEADER",
                                         ">TERM",    ">LAST",   ">COMMIT", ">APPLIED",
                                         "READY",    "VERSION", "ERRORS"};
    struct table *table = table_create(titles, sizeof(titles) / sizeof(titles[0]));

    for (size_t i = 0; i < view->count; i++) {
        add_endpoint_row(table, &view->answers[i]);
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

static const char *member_kind(const struct resp_reply *member)
{
    if (ctl_field_flag(member, "outgoing")) {
        return "leaving";
    }
    if (ctl_field_flag(member, "voter")) {
        return "voter";
    }
    if (ctl_field_flag(member, "joining")) {
        return "joining";
    }
    return ctl_field_flag(member, "learner") ? "learner" : "-";
}

static const char *member_link(const struct resp_reply *member)
{
    if (ctl_field_flag(member, "self")) {
        return "itself";
    }
    return ctl_field_flag(member, "connected") ? "up" : "down";
}

static void add_peer_row(struct table *table, const struct resp_reply *leader,
                         const struct resp_reply *member)
{
    bool self = ctl_field_flag(member, "self");
    uint64_t last = ctl_field_number(leader, "last_index");
    uint64_t match = ctl_field_number(member, "match_index");
    uint64_t round_trip_us = ctl_field_number(member, "round_trip_us");
    char round_trip[32] = "-";

    if (round_trip_us != 0) {
        snprintf(round_trip, sizeof(round_trip), "%" PRIu64 ".%02" PRIu64 " ms",
                 round_trip_us / 1000, round_trip_us % 1000 / 10);
    }
    table_number(table, ctl_field_number(member, "id"));
    table_text(table, member_kind(member));
    table_text(table, ctl_field_text(member, "address"));
    table_text(table, member_link(member));
    table_number(table, match);
    table_number(table, last > match ? last - match : 0);
    table_optional(table, ctl_field_number(member, "silent_ms"), !self);
    table_text(table, round_trip);
    table_text(table, ctl_field_text(member, "trouble"));
}

static void print_peers(const struct ctl_view *view)
{
    static const char *const titles[] = {">ID",  "KIND",       "ADDRESS",     "LINK",   ">MATCH",
                                         ">LAG", ">SILENT MS", ">ROUND TRIP", "TROUBLE"};
    const struct ctl_answer *leader = find_leader(view);
    struct table *table;

    if (leader == NULL) {
        printf("\nNo endpoint that answered is the leader; only a leader knows how far the others "
               "are.\n");
        return;
    }
    printf("\nMembers as the leader, node %" PRIu64 ", sees them:\n",
           ctl_field_number(leader->status, "id"));
    table = table_create(titles, sizeof(titles) / sizeof(titles[0]));
    for (size_t i = 0; i < ctl_member_count(leader->status); i++) {
        add_peer_row(table, leader->status, ctl_member(leader->status, i));
    }
    table_print(table, stdout);
    table_destroy(table);
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

static void print_members(const struct resp_reply *status)
{
    static const char *const titles[] = {">ID",  "KIND",   "ADDRESS", "CLIENT ADDRESS",
                                         "LINK", "TROUBLE"};
    struct table *table = table_create(titles, sizeof(titles) / sizeof(titles[0]));

    for (size_t i = 0; i < ctl_member_count(status); i++) {
        const struct resp_reply *member = ctl_member(status, i);
        const char *client = ctl_field_text(member, "client_address");
        table_number(table, ctl_field_number(member, "id"));
        table_text(table, member_kind(member));
        table_text(table, ctl_field_text(member, "address"));
        table_text(table, client[0] != '\0' ? client : "-");
        table_text(table, member_link(member));
        table_text(table, ctl_field_text(member, "trouble"));
    }
    fputs("Cluster ", stdout);
    print_plain(stdout, ctl_field_text(status, "cluster_name"));
    printf(" as node %" PRIu64 " sees it:\n", ctl_field_number(status, "id"));
    table_print(table, stdout);
    table_destroy(table);
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
