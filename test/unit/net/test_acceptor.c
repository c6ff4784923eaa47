/*
 * net/acceptor: each socket reaches the function of its listener, ports are known, the acceptor
 * waits when there are no descriptors left, and it stops at once.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/acceptor.h"
#include "pair.h"
#include "sys/clock.h"

static const struct net_address any_port = {.host = "127.0.0.1", .port = 0};

/* The numbers of accepted descriptors can be read from this pipe. */
struct visitors {
    int in;
    int out;
};

static void open_visitors(struct visitors *visitors)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    visitors->out = ends[0];
    visitors->in = ends[1];
}

static void close_visitors(struct visitors *visitors)
{
    close(visitors->in);
    close(visitors->out);
}

static void visit(void *argument, int fd)
{
    const struct visitors *visitors = argument;

    if (write(visitors->in, &fd, sizeof(fd)) != (ssize_t)sizeof(fd)) {
        close(fd);
    }
}

static int next_visitor(const struct visitors *visitors)
{
    int fd;

    wait_for(visitors->out, POLLIN);
    ck_assert_int_eq(read(visitors->out, &fd, sizeof(fd)), sizeof(fd));
    return fd;
}

static struct acceptor *start_acceptor(struct visitors *visitors)
{
    struct acceptor *acceptor = acceptor_create();
    struct raftd_error error;

    ck_assert_int_eq(acceptor_listen(acceptor, &any_port, visit, visitors, &error), 0);
    ck_assert_int_eq(acceptor_start(acceptor, &error), 0);
    return acceptor;
}

/* Returns a blocking socket that is connected to the port, or -1. */
static int connect_to(uint16_t port)
{
    const struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

START_TEST(test_a_socket_is_handed_over_ready_for_use)
{
    struct visitors visitors;
    struct acceptor *acceptor;
    char byte = 'x';
    int client;
    int server;

    open_visitors(&visitors);
    acceptor = start_acceptor(&visitors);
    ck_assert_uint_ne(acceptor_port(acceptor, 0), 0);
    client = connect_to(acceptor_port(acceptor, 0));
    ck_assert_int_ge(client, 0);
    server = next_visitor(&visitors);
    ck_assert_int_ne(fcntl(server, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(server, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_eq(write(client, &byte, 1), 1);
    wait_for(server, POLLIN);
    /* The receiver owns the socket, so the socket stays open without the acceptor. */
    acceptor_destroy(acceptor);
    ck_assert_int_eq(read(server, &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
    close(client);
    close(server);
    close_visitors(&visitors);
}
END_TEST

START_TEST(test_each_port_has_its_own_receiver)
{
    struct acceptor *acceptor = acceptor_create();
    struct visitors visitors[2];
    struct raftd_error error;

    for (int i = 0; i < 2; i++) {
        open_visitors(&visitors[i]);
        ck_assert_int_eq(acceptor_listen(acceptor, &any_port, visit, &visitors[i], &error), 0);
    }
    ck_assert_int_eq(acceptor_start(acceptor, &error), 0);
    ck_assert_uint_ne(acceptor_port(acceptor, 0), acceptor_port(acceptor, 1));
    ck_assert_uint_eq(acceptor_port(acceptor, 2), 0);
    for (int i = 1; i >= 0; i--) {
        int client = connect_to(acceptor_port(acceptor, (size_t)i));

        close(next_visitor(&visitors[i]));
        close(client);
    }
    acceptor_destroy(acceptor);
    close_visitors(&visitors[0]);
    close_visitors(&visitors[1]);
}
END_TEST

START_TEST(test_a_crowd_comes_in_whole)
{
    enum { CROWD = 200 };
    struct visitors visitors;
    struct acceptor *acceptor;
    int clients[CROWD];

    open_visitors(&visitors);
    acceptor = start_acceptor(&visitors);
    for (int i = 0; i < CROWD; i++) {
        clients[i] = connect_to(acceptor_port(acceptor, 0));
        ck_assert_int_ge(clients[i], 0);
    }
    for (int i = 0; i < CROWD; i++) {
        close(next_visitor(&visitors));
        close(clients[i]);
    }
    acceptor_destroy(acceptor);
    close_visitors(&visitors);
}
END_TEST

START_TEST(test_a_port_in_use_is_named_with_the_remedy)
{
    struct visitors visitors;
    struct acceptor *acceptor;
    struct acceptor *second = acceptor_create();
    struct net_address address = any_port;
    struct raftd_error error;
    char wanted[100];

    open_visitors(&visitors);
    acceptor = start_acceptor(&visitors);
    address.port = acceptor_port(acceptor, 0);
    ck_assert_int_eq(acceptor_listen(second, &address, visit, &visitors, &error),
                     RAFTD_ERROR_SYSTEM);
    snprintf(wanted, sizeof(wanted), "cannot listen on 127.0.0.1:%u: Address already in use",
             address.port);
    ck_assert_msg(strstr(error.message, wanted) != NULL, "\"%s\"", error.message);
    ck_assert_msg(strstr(error.message, "choose another port") != NULL, "\"%s\"", error.message);
    acceptor_destroy(second);
    acceptor_destroy(acceptor);
    close_visitors(&visitors);
}
END_TEST

START_TEST(test_an_address_of_another_machine)
{
    /* RFC 5737 reserves this network for documentation, so no machine has this address. */
    const struct net_address address = {.host = "192.0.2.1", .port = 0};
    struct acceptor *acceptor = acceptor_create();
    struct raftd_error error;

    ck_assert_int_eq(acceptor_listen(acceptor, &address, visit, NULL, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_msg(strstr(error.message, "this machine has no such address") != NULL, "\"%s\"",
                  error.message);
    acceptor_destroy(acceptor);
}
END_TEST

/* A node that was killed leaves connections in the state TIME_WAIT. When it starts again, it has to
 * get its port back at once. */
START_TEST(test_a_port_can_be_had_again_at_once)
{
    struct visitors visitors;
    struct acceptor *acceptor;
    struct net_address address = any_port;
    struct raftd_error error;
    int client;

    open_visitors(&visitors);
    acceptor = start_acceptor(&visitors);
    address.port = acceptor_port(acceptor, 0);
    client = connect_to(address.port);
    close(next_visitor(&visitors)); /* the side that closes first has TIME_WAIT */
    acceptor_destroy(acceptor);
    close(client);
    ck_assert_int_eq(connect_to(address.port), -1);
    acceptor = acceptor_create();
    ck_assert_int_eq(acceptor_listen(acceptor, &address, visit, &visitors, &error), 0);
    acceptor_destroy(acceptor);
    close_visitors(&visitors);
}
END_TEST

static uint64_t processor_us(void)
{
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* Lowers the limit of open files to the number of files that are open. Returns the old limit. */
static rlim_t use_up_descriptors(void)
{
    struct rlimit limit;
    rlim_t before;
    int next = dup(STDERR_FILENO);

    ck_assert_int_ge(next, 0);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)next;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return before;
}

static void give_descriptors_back(rlim_t before)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = before;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* The listening socket stays readable all the time, but no connection can be accepted. */
START_TEST(test_out_of_descriptors_it_waits_and_does_not_spin)
{
    struct visitors visitors;
    struct acceptor *acceptor;
    struct pollfd nothing;
    uint64_t before_us;
    rlim_t limit;
    int client;

    open_visitors(&visitors);
    acceptor = start_acceptor(&visitors);
    client = connect_to(acceptor_port(acceptor, 0));
    close(next_visitor(&visitors));
    close(client);
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    limit = use_up_descriptors();
    {
        const struct sockaddr_in name = {.sin_family = AF_INET,
                                         .sin_port = htons(acceptor_port(acceptor, 0)),
                                         .sin_addr = {htonl(INADDR_LOOPBACK)}};

        ck_assert_int_eq(connect(client, (const struct sockaddr *)&name, sizeof(name)), 0);
    }
    before_us = processor_us();
    nothing = (struct pollfd){.fd = visitors.out, .events = POLLIN};
    ck_assert_int_eq(poll(&nothing, 1, 500), 0);
    ck_assert_uint_lt(processor_us() - before_us, 150000);
    give_descriptors_back(limit);
    close(next_visitor(&visitors));
    close(client);
    acceptor_destroy(acceptor);
    close_visitors(&visitors);
}
END_TEST

START_TEST(test_it_stops_at_once_even_when_nobody_came)
{
    uint64_t before_ms = clock_monotonic_ms();

    for (int i = 0; i < 20; i++) {
        struct visitors visitors;

        open_visitors(&visitors);
        acceptor_destroy(start_acceptor(&visitors));
        close_visitors(&visitors);
    }
    ck_assert_uint_lt(clock_monotonic_ms() - before_ms, 10000);
    acceptor_destroy(acceptor_create()); /* never started */
    acceptor_destroy(NULL);
}
END_TEST

UNIT_SUITE(acceptor)
{
    Suite *suite = suite_create("acceptor");
    TCase *tests = tcase_create("acceptor");

    tcase_add_test(tests, test_a_socket_is_handed_over_ready_for_use);
    tcase_add_test(tests, test_each_port_has_its_own_receiver);
    tcase_add_test(tests, test_a_crowd_comes_in_whole);
    tcase_add_test(tests, test_a_port_in_use_is_named_with_the_remedy);
    tcase_add_test(tests, test_an_address_of_another_machine);
    tcase_add_test(tests, test_a_port_can_be_had_again_at_once);
    tcase_add_test(tests, test_out_of_descriptors_it_waits_and_does_not_spin);
    tcase_add_test(tests, test_it_stops_at_once_even_when_nobody_came);
    suite_add_tcase(suite, tests);
    return suite;
}
