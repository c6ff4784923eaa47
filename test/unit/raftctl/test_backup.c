/*
 * Which questions a backup asks, and of whom. The test stands in for the nodes: endpoint_*() are
 * here, and no connection is made.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "raftctl/endpoint.h"
#include "raftctl/files/backup_file.h"
#include "unit.h"

struct endpoint {
    const char *name;
};

static struct endpoint opened;
static const char *cut_off; /* the node that answers no linearizable read */
static char asked[512];     /* "NODE: WORD WORD...;" for each question */

int endpoint_open(const char *text, const struct ctl_options *options, struct endpoint **endpoint,
                  struct raftd_error *error)
{
    (void)options;
    (void)error;
    ck_assert_ptr_null(opened.name);
    opened.name = text;
    *endpoint = &opened;
    return 0;
}

void endpoint_close(struct endpoint *endpoint)
{
    endpoint->name = NULL;
}

void endpoint_complain(const char *text, const char *message)
{
    fprintf(stderr, "%s: %s\n", text, message);
}

static struct resp_reply *make_reply(enum resp_reply_type type, const char *text)
{
    struct resp_reply *reply = memory_allocate_zeroed(1, sizeof(*reply));

    reply->type = type;
    reply->text = text;
    reply->size_bytes = strlen(text);
    return reply;
}

/* No node saves a snapshot here: what matters is whether it is asked to. */
int endpoint_ask(struct endpoint *endpoint, const char *const *words, struct resp_reply **reply,
                 struct raftd_error *error)
{
    size_t size = strlen(asked);

    (void)error;
    size += (size_t)snprintf(asked + size, sizeof(asked) - size, "%s:", endpoint->name);
    for (size_t i = 0; words[i] != NULL; i++) {
        size += (size_t)snprintf(asked + size, sizeof(asked) - size, " %s", words[i]);
    }
    snprintf(asked + size, sizeof(asked) - size, ";");
    if (strcmp(words[0], "DBSIZE") == 0) {
        *reply = cut_off != NULL && strcmp(cut_off, endpoint->name) == 0
                     ? make_reply(RESP_REPLY_ERROR, "CLUSTERDOWN no quorum")
                     : make_reply(RESP_REPLY_INTEGER, "");
    } else if (strcmp(words[1], "SNAPSHOT") == 0) {
        *reply = make_reply(RESP_REPLY_ERROR, "ERR not here");
    } else {
        *reply = make_reply(RESP_REPLY_SIMPLE, "OK");
    }
    return 0;
}

static int fetch(const char *node_cut_off, bool stale, size_t endpoints)
{
    struct ctl_options options = {
        .endpoints = {"a:1", "b:2"}, .endpoint_count = endpoints, .stale = stale};
    struct ctl_backup backup;

    cut_off = node_cut_off;
    asked[0] = 0;
    return ctl_backup_fetch(&options, "/nonexistent/backup", &backup);
}

START_TEST(r15_a_node_that_confirms_nothing_is_asked_for_nothing_more)
{
    ck_assert_int_eq(fetch("a:1", false, 1), CTL_REFUSED);
    ck_assert_str_eq(asked, "a:1: RAFT CONSISTENCY LINEARIZABLE;a:1: DBSIZE;");
    ck_assert_ptr_null(opened.name);
}
END_TEST

START_TEST(r15_the_next_node_is_asked_and_saves_after_it_has_confirmed)
{
    ck_assert_int_eq(fetch("a:1", false, 2), CTL_REFUSED); /* it cannot save */
    ck_assert_str_eq(asked, "a:1: RAFT CONSISTENCY LINEARIZABLE;a:1: DBSIZE;"
                            "b:2: RAFT CONSISTENCY LINEARIZABLE;b:2: DBSIZE;b:2: RAFT SNAPSHOT;");
    ck_assert_ptr_null(opened.name);
}
END_TEST

START_TEST(with_stale_no_node_has_to_confirm)
{
    ck_assert_int_eq(fetch("a:1", true, 2), CTL_REFUSED);
    ck_assert_str_eq(asked, "a:1: RAFT STATUS;a:1: RAFT SNAPSHOT;");
    ck_assert_ptr_null(opened.name);
}
END_TEST

UNIT_SUITE(backup)
{
    Suite *suite = suite_create("backup");
    TCase *tests = tcase_create("backup");

    tcase_add_test(tests, r15_a_node_that_confirms_nothing_is_asked_for_nothing_more);
    tcase_add_test(tests, r15_the_next_node_is_asked_and_saves_after_it_has_confirmed);
    tcase_add_test(tests, with_stale_no_node_has_to_confirm);
    suite_add_tcase(suite, tests);
    return suite;
}
