/*
 * raftctl member and handover: changes of the members and of the leader. Main thread.
 */
#include "raftctl/raftctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/number.h"
#include "raftctl/output.h"
#include "raftctl/request.h"
#include "raftctl/view.h"

enum { ID_MAX = 65535, WAIT_STEP_MS = 50 };

static bool is_id(const char *text)
{
    int64_t number = 0;

    if (!number_parse(text, strlen(text), &number) || number < 1 || number > ID_MAX) {
        ctl_complain("found \"%s\", expected the id of a member, a number from 1 to 65535", text);
        return false;
    }
    return true;
}

/* Sends the words, and prints `done` if the change was made. */
static int change(const struct ctl_options *options, const char *const *words, const char *done)
{
    int code;
    struct resp_reply *reply = ctl_request_words(options, words, true, &code);

    if (reply == NULL) {
        return code;
    }
    if (options->format == CTL_JSON) {
        puts("{\"ok\":true}");
    } else {
        puts(done);
    }
    memory_free(reply);
    return CTL_OK;
}

int ctl_member_add(const struct ctl_options *options, char **arguments)
{
    const char *words[] = {"RAFT",       "MEMBER",     "ADD",
                           arguments[0], arguments[1], options->learner ? "LEARNER" : NULL,
                           NULL};

    if (!is_id(arguments[0])) {
        return CTL_USAGE;
    }
    return change(
        options, words,
        options->learner
            ? "OK: the node is a learner until raftctl member promote; start it with --join"
            : "OK: the node becomes a voter when it has caught up; start it with --join");
}

int ctl_member_promote(const struct ctl_options *options, char **arguments)
{
    const char *words[] = {"RAFT", "MEMBER", "PROMOTE", arguments[0], NULL};

    return is_id(arguments[0]) ? change(options, words, "OK: it votes") : CTL_USAGE;
}

int ctl_member_remove(const struct ctl_options *options, char **arguments)
{
    const char *words[] = {"RAFT", "MEMBER", "REMOVE", arguments[0], NULL};

    return is_id(arguments[0])
               ? change(options, words, "OK: removed; its id will never be accepted again")
               : CTL_USAGE;
}

int ctl_member_replace(const struct ctl_options *options, char **arguments)
{
    const char *words[] = {"RAFT",       "MEMBER",     "REPLACE", arguments[0],
                           arguments[1], arguments[2], NULL};

    return is_id(arguments[0]) && is_id(arguments[1])
               ? change(options, words,
                        "OK: the new node takes the place of the old one when it has caught "
                        "up; start it with --join")
               : CTL_USAGE;
}

int ctl_member_move(const struct ctl_options *options, char **arguments)
{
    const char *words[] = {"RAFT", "MEMBER", "MOVE", arguments[0], arguments[1], NULL};

    return is_id(arguments[0]) ? change(options, words, "OK: moved") : CTL_USAGE;
}

/* ---- handover ----------------------------------------------------------------------------- */

/* The id of the leader, from the answer of the newest term; 0 = no endpoint knows a leader. */
static uint64_t current_leader(const struct ctl_options *options)
{
    struct ctl_view *view = memory_allocate_zeroed(1, sizeof(*view));
    uint64_t leader = 0;
    uint64_t term = 0;

    ctl_view_ask(view, options);
    for (size_t i = 0; i < view->count; i++) {
        const struct resp_reply *status = view->answers[i].status;

        if (status != NULL && ctl_field_number(status, "term") > term) {
            term = ctl_field_number(status, "term");
            leader = ctl_field_number(status, "leader");
        }
    }
    ctl_view_free(view);
    memory_free(view);
    return leader;
}

/* Waits until there is another leader than before, at most options->timeout_ms. The leader gives a
 * handover up after an election timeout. Returns the id of the leader, 0 = not known. */
static uint64_t wait_for_leader(const struct ctl_options *options, uint64_t before)
{
    const struct timespec step = {.tv_nsec = WAIT_STEP_MS * 1000000L};
    uint64_t leader = 0;

    for (uint32_t waited = 0; waited < options->timeout_ms; waited += WAIT_STEP_MS) {
        leader = current_leader(options);
        if (leader != 0 && leader != before) {
            break;
        }
        nanosleep(&step, NULL);
    }
    return leader;
}

int ctl_handover(const struct ctl_options *options, char **arguments)
{
    const char *words[] = {"RAFT", "TRANSFER", arguments[0], NULL};
    uint64_t before;
    uint64_t leader;
    struct resp_reply *reply;
    int code;

    if (arguments[0] != NULL && !is_id(arguments[0])) {
        return CTL_USAGE;
    }
    before = current_leader(options);
    reply = ctl_request_words(options, words, true, &code);
    if (reply == NULL) {
        return code;
    }
    memory_free(reply);
    leader = wait_for_leader(options, before);
    if (leader == 0 || leader == before) {
        ctl_complain("leadership did not move: the other node did not take it over in time");
        return CTL_NO;
    }
    if (options->format == CTL_JSON) {
        printf("{\"leader\":%" PRIu64 "}\n", leader);
    } else {
        printf("node %" PRIu64 " leads\n", leader);
    }
    return CTL_OK;
}
