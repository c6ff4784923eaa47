/*
 * A node that joins another one, both in this process: what it is afterwards.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lone.h"
#include "unit.h"

/* An address at which no program listens. */
static void free_address(char address[32])
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(name);
    int file = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(bind(file, (struct sockaddr *)&name, sizeof(name)), 0);
    ck_assert_int_eq(getsockname(file, (struct sockaddr *)&name, &size), 0);
    close(file);
    snprintf(address, 32, "127.0.0.1:%u", ntohs(name.sin_port));
}

static void found(struct lone *first, const char *address)
{
    lone_init(first);
    lone_set(first, "peers.1", address);
    lone_set(first, "listen.peer", address);
    lone_set(first, "tls.peer", "off");
    lone_set(first, "raft.request_timeout_ms", "600000");
    lone_set(first, "raft.election_timeout_ms", "20000"); /* node 1 stays the leader meanwhile */
    lone_serve(first);
}

static bool has_two_voters(const struct raftd_status *status, uint64_t unused)
{
    (void)unused;
    return status->ready && status->member_count == 2 && status->members[0].voter &&
           status->members[1].voter && !status->joint;
}

static void join(struct lone *second, const char *address, const char *contact)
{
    lone_init(second);
    lone_set(second, "node.id", "2");
    lone_set(second, "node.join", contact);
    lone_set(second, "listen.peer", address);
    lone_set(second, "tls.peer", "off");
    lone_set(second, "raft.election_timeout_ms", "20000");
    lone_build(second);
    lone_run(second);
    lone_wait(second, has_two_voters, 0);
}

/*
 * While a node joins, it takes part in consensus before it is ready. Afterwards it is like any
 * other node: when it is out of service it acknowledges nothing, so the two voters have no quorum.
 */
START_TEST(a_joined_node_out_of_service_takes_no_part)
{
    char addresses[2][32];
    struct lone first, second;

    free_address(addresses[0]);
    free_address(addresses[1]);
    found(&first, addresses[0]);
    join(&second, addresses[1], addresses[0]);
    ck_assert_int_eq(lone_add(&first, 1, NULL), 0);
    raftd_node_set_ready(second.node, false);
    lone_propose(&first, 1, 7);
    ck_assert(!raftd_client_wait(first.client, 500));
    raftd_node_set_ready(second.node, true);
    ck_assert_int_eq(lone_next(&first).status, 0);
    lone_free(&second);
    lone_free(&first);
}
END_TEST

UNIT_SUITE(join)
{
    Suite *suite = suite_create("join");
    TCase *tcase = tcase_create("joining");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_joined_node_out_of_service_takes_no_part);
    suite_add_tcase(suite, tcase);
    return suite;
}
