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
#include "sys/clock.h"

enum {
    ID_MAX = 65535,
    WAIT_STEP_MS = 50,   /* between two looks who leads */
    ASK_AGAIN_MS = 1000, /* from one order to hand over to the next */
    LOOK_MAX_MS = 500,   /* for an answer of a node that is asked who leads */
};

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

/* What the user wants: another leader. */
struct handover {
    uint64_t before;     /* the leader when the command began; 0 = no endpoint knew one */
    uint64_t target;     /* the member that is to lead; 0 = any other one */
    uint64_t begin_ms;   /* when the command began */
    uint32_t timeout_ms; /* how long it may take */
    uint32_t asked;      /* how often the leader was asked */
};

/* The id of the leader, from the answers of the newest term; 0 = no endpoint knows a leader. A node
 * that is too busy to answer is not waited for. */
static uint64_t current_leader(const struct ctl_options *asked)
{
    struct ctl_options look = *asked;
    struct ctl_view *view = memory_allocate_zeroed(1, sizeof(*view));
    uint64_t leader = 0;
    uint64_t term = 0;

    look.timeout_ms = look.timeout_ms < LOOK_MAX_MS ? look.timeout_ms : LOOK_MAX_MS;
    ctl_view_ask(view, &look);
    for (size_t i = 0; i < view->count; i++) {
        const struct resp_reply *status = view->answers[i].status;
        uint64_t its_term = status != NULL ? ctl_field_number(status, "term") : 0;

        if (its_term > term || (its_term == term && its_term != 0 && leader == 0)) {
            term = its_term;
            leader = ctl_field_number(status, "leader");
        }
    }
    ctl_view_free(view);
    memory_free(view);
    return leader;
}

static bool is_done(const struct handover *handover, uint64_t leader)
{
    if (handover->target != 0) {
        return leader == handover->target;
    }
    return leader != 0 && leader != handover->before;
}

static uint64_t spent_ms(const struct handover *handover)
{
    return clock_monotonic_ms() - handover->begin_ms;
}

/* Looks who leads until the handover is done or the time is over. Returns the last leader that an
 * endpoint knew; 0 = none. */
static uint64_t wait_for_leader(const struct ctl_options *options, const struct handover *handover,
                                uint64_t until_ms)
{
    const struct timespec step = {.tv_nsec = WAIT_STEP_MS * 1000000L};
    uint64_t leader = current_leader(options);

    while (!is_done(handover, leader) && spent_ms(handover) < until_ms) {
        nanosleep(&step, NULL);
        leader = current_leader(options);
    }
    return leader;
}

/*
 * The leader gives a handover up after one of its election time-outs, for example because the other
 * node is too busy to take over in time. So it is asked again, as long as the command has time; to
 * ask a leader that is handing over already changes nothing. Only its first refusal is final: later
 * ones may come because leadership has just moved, or because the other node is busy. Returns an
 * exit code, and in *leader the last leader that an endpoint knew.
 */
static int hand_over(const struct ctl_options *options, const char *const *words,
                     struct handover *handover, uint64_t *leader)
{
    do {
        uint64_t until_ms = spent_ms(handover) + ASK_AGAIN_MS;
        int code;
        struct resp_reply *reply = ctl_request_words(options, words, true, &code);

        handover->asked++;
        if (reply == NULL && handover->asked == 1) {
            return code;
        }
        memory_free(reply);
        until_ms = until_ms < handover->timeout_ms ? until_ms : handover->timeout_ms;
        *leader = wait_for_leader(options, handover, until_ms);
    } while (!is_done(handover, *leader) && spent_ms(handover) < handover->timeout_ms);
    return CTL_OK;
}

static int complain_of_handover(const struct handover *handover, uint64_t leader)
{
    char who[32] = "no node";

    if (leader != 0) {
        snprintf(who, sizeof(who), "node %" PRIu64, leader);
    }
    ctl_complain("leadership did not move as asked within %" PRIu32 " ms (orders to the leader: "
                 "%" PRIu32 "): %s leads, because the other node did not take over in time; see "
                 "raftctl status, or give more time with --timeout-ms",
                 handover->timeout_ms, handover->asked, who);
    return CTL_NO;
}

int ctl_handover(const struct ctl_options *options, char **arguments)
{
    const char *words[] = {"RAFT", "TRANSFER", arguments[0], NULL};
    struct handover handover = {.begin_ms = clock_monotonic_ms(),
                                .timeout_ms = options->timeout_ms};
    int64_t target = 0;
    uint64_t leader;
    int code;

    if (arguments[0] != NULL && !is_id(arguments[0])) {
        return CTL_USAGE;
    }
    if (arguments[0] != NULL) {
        (void)number_parse(arguments[0], strlen(arguments[0]), &target);
        handover.target = (uint64_t)target;
    }
    handover.before = current_leader(options);
    leader = handover.before;
    code = hand_over(options, words, &handover, &leader);
    if (code != CTL_OK) {
        return code;
    }
    if (!is_done(&handover, leader)) {
        return complain_of_handover(&handover, leader);
    }
    if (options->format == CTL_JSON) {
        printf("{\"leader\":%" PRIu64 "}\n", leader);
    } else {
        printf("node %" PRIu64 " leads\n", leader);
    }
    return CTL_OK;
}
