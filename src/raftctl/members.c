/* raftctl members and ready: which nodes belong to the cluster, and which endpoints serve. Main
 * thread. */
#include "raftctl/raftctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "raftctl/columns.h"
#include "raftctl/endpoint.h"
#include "raftctl/output.h"
#include "raftctl/view.h"

static void show_client_address(struct table *table, const struct ctl_row *row)
{
    const char *address = ctl_field_text(row->figures, "client_address");

    table_text(table, address[0] != '\0' ? address : "-");
}

static void print_members(const struct resp_reply *status)
{
    static const struct ctl_column columns[] = {
        {"id", NULL},
        {"kind", ctl_show_kind},
        {"address", NULL},
        {"client_address", show_client_address},
        {"link", ctl_show_link},
        {"trouble", NULL},
    };

    fputs("Cluster ", stdout);
    print_plain(stdout, ctl_field_text(status, "cluster_name"));
    printf(" as node %" PRIu64 " sees it:\n", ctl_field_number(status, "id"));
    ctl_columns_members(stdout, status, columns, sizeof(columns) / sizeof(columns[0]));
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

/* The status to show: the leader's if the leader answered, else the first one. */
static const struct resp_reply *best_status(const struct ctl_view *view)
{
    const struct ctl_answer *leader = ctl_view_leader(view);

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
    char why[sizeof(answer->error.message)];
    char text[sizeof(why) + 64];

    if (answer->status == NULL) {
        snprintf(text, sizeof(text), "%s", answer->error.message);
    } else if (ctl_field_flag(answer->status, "ready")) {
        snprintf(text, sizeof(text), "ready");
    } else {
        ctl_why_not_ready(answer->status, why, sizeof(why));
        snprintf(text, sizeof(text), "not ready (%s)", why);
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
