/*
 * Asks many endpoints for RAFT STATUS at the same time: each on a thread of its own, which ends
 * before ctl_view_ask() returns. Never prints anything.
 */
#include "raftctl/view.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "raftctl/endpoint.h"
#include "sys/thread.h"

/* ---- Asking ------------------------------------------------------------------------------- */

struct inquiry {
    struct thread thread;
    const struct ctl_options *options;
    struct ctl_answer *answer;
};

/* Keeps the reply if it is a status, else makes an error of it. */
static void take_reply(struct ctl_answer *answer, struct resp_reply *reply)
{
    if (reply->type == RESP_REPLY_ERROR) {
        error_set(&answer->error, RAFTD_ERROR_REFUSED, "%s", reply->text);
        answer->refused = true;
    } else if (!ctl_is_status(reply)) {
        error_set(&answer->error, RAFTD_ERROR_PROTOCOL, "the answer to RAFT STATUS is not a map");
    } else {
        answer->status = reply;
        return;
    }
    memory_free(reply);
}

static void ask(void *argument)
{
    struct inquiry *inquiry = argument;
    struct ctl_answer *answer = inquiry->answer;
    const char *const words[] = {"RAFT", "STATUS", NULL};
    struct endpoint *endpoint = NULL;
    struct resp_reply *reply = NULL;

    if (endpoint_open(answer->endpoint, inquiry->options, &endpoint, &answer->error) == 0 &&
        endpoint_ask(endpoint, words, &reply, &answer->error) == 0) {
        take_reply(answer, reply);
    }
    endpoint_close(endpoint);
}

/* Asks the endpoints from position `first` on, and waits for all of them. */
static void ask_from(struct ctl_view *view, size_t first, const struct ctl_options *options)
{
    size_t count = view->count - first;
    struct inquiry *inquiries = memory_allocate_zeroed(count + 1, sizeof(*inquiries));

    for (size_t i = 0; i < count; i++) {
        inquiries[i].options = options;
        inquiries[i].answer = &view->answers[first + i];
        if (thread_start(&inquiries[i].thread, "ask", ask, &inquiries[i]) != 0) {
            /* There is no thread for this endpoint: ask it on this thread. */
            ask(&inquiries[i]);
            inquiries[i].options = NULL;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (inquiries[i].options != NULL) {
            thread_join(&inquiries[i].thread);
        }
    }
    memory_free(inquiries);
}

static bool has_endpoint(const struct ctl_view *view, const char *endpoint)
{
    for (size_t i = 0; i < view->count; i++) {
        if (strcmp(view->answers[i].endpoint, endpoint) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether one of the first `asked` answers is of the node with this id. */
static bool has_answer_of(const struct ctl_view *view, size_t asked, uint64_t id)
{
    for (size_t i = 0; i < asked; i++) {
        if (view->answers[i].status != NULL &&
            ctl_field_number(view->answers[i].status, "id") == id) {
            return true;
        }
    }
    return false;
}

static void add_endpoint(struct ctl_view *view, const char *endpoint)
{
    if (view->count < 2 * CTL_ENDPOINTS_MAX && !has_endpoint(view, endpoint) &&
        strlen(endpoint) < CTL_ENDPOINT_MAX) {
        strcpy(view->answers[view->count++].endpoint, endpoint);
    }
}

static void add_members(struct ctl_view *view)
{
    size_t asked = view->count;

    for (size_t i = 0; i < asked; i++) {
        const struct resp_reply *status = view->answers[i].status;
        for (size_t n = 0; n < ctl_member_count(status); n++) {
            const struct resp_reply *member = ctl_member(status, n);
            const char *endpoint = ctl_field_text(member, "client_address");
            if (endpoint[0] != '\0' &&
                !has_answer_of(view, asked, ctl_field_number(member, "id"))) {
                add_endpoint(view, endpoint);
            }
        }
    }
}

void ctl_view_ask(struct ctl_view *view, const struct ctl_options *options)
{
    size_t listed;

    for (size_t i = 0; i < options->endpoint_count; i++) {
        add_endpoint(view, options->endpoints[i]);
    }
    listed = view->count;
    ask_from(view, 0, options);
    if (options->whole_cluster) {
        add_members(view);
        ask_from(view, listed, options);
    }
}

void ctl_view_free(struct ctl_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->answers[i].status != NULL) {
            memory_free(view->answers[i].status);
        }
    }
    view->count = 0;
}

int ctl_view_exit(const struct ctl_view *view)
{
    int code = CTL_OK;

    for (size_t i = 0; i < view->count; i++) {
        if (view->answers[i].status != NULL) {
            continue;
        }
        if (view->answers[i].error.code == RAFTD_ERROR_SYSTEM) {
            return CTL_LOCAL;
        }
        if (!view->answers[i].refused) {
            return CTL_UNREACHABLE;
        }
        code = CTL_REFUSED;
    }
    return code;
}

const struct ctl_answer *ctl_view_leader(const struct ctl_view *view)
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
