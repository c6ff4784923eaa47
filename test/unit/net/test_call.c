/*
 * net/call: questions within a deadline, names with several addresses, servers and name servers
 * that do not answer, answers that come before the question is sent, and certificates of other
 * hosts.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "lib/certificates.h"
#include "names.h"
#include "net/call.h"
#include "pair.h"
#include "sys/clock.h"
#include "sys/thread.h"

enum { LONG_MS = 60000, QUESTION_BYTES = 16 * 1024 * 1024 };

/* ---- A server that answers each line with what it says after "> " ------------------------- */

struct server {
    struct thread thread;
    int listening;
    struct tls_context *tls;
    struct net_address address;
    void (*serve)(struct end *end); /* serves one connection */
};

static void serve_one(void *argument)
{
    struct server *server = argument;
    struct end end = {0};
    int fd = accept4(server->listening, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0) {
        return; /* the test is over */
    }
    ck_assert_int_eq(stream_accept(fd, server->tls, &end.stream, &end.error), 0);
    end_handshake(&end);
    if (end.code == 0) {
        server->serve(&end);
    }
    stream_close(end.stream);
}

static void server_start(struct server *server, void (*serve)(struct end *end),
                         struct tls_context *tls)
{
    server->serve = serve;
    server->tls = tls;
    server->listening = listen_loopback(&server->address);
    ck_assert_int_eq(thread_start(&server->thread, "server", serve_one, server), 0);
}

static void server_stop(struct server *server)
{
    shutdown(server->listening, SHUT_RDWR);
    thread_join(&server->thread);
    close(server->listening);
}

/* Sends every line back until the other side closes the connection. */
static void echo(struct end *end)
{
    char data[64];
    ssize_t count;

    while ((count = end_read(end, data, sizeof(data))) > 0) {
        end_write_all(end, data, (size_t)count);
    }
}

/* Never answers. */
static void stay_silent(struct end *end)
{
    char data[64];

    while (end_read(end, data, sizeof(data)) > 0) {
    }
}

static atomic_bool has_answer;

/* Answers before it has read the whole question, and reads no more. */
static void refuse_early(struct end *end)
{
    char data[64];

    ck_assert_int_gt(end_read(end, data, sizeof(data)), 0);
    end_write_all(end, "no\n", 3);
    while (!atomic_load(&has_answer)) {
        poll(NULL, 0, 1);
    }
}

/* The same, but closes the connection at once. */
static void refuse_and_hang_up(struct end *end)
{
    char data[64];

    ck_assert_int_gt(end_read(end, data, sizeof(data)), 0);
    end_write_all(end, "no\n", 3);
}

/* ---- A client ----------------------------------------------------------------------------- */

struct answer {
    char text[64];
    size_t size_bytes;
};

/* An answer is one line. */
static int receive_line(void *argument, struct stream *stream, struct raftd_error *error)
{
    struct answer *answer = argument;

    for (;;) {
        ssize_t count;

        if (answer->size_bytes > 0 && answer->text[answer->size_bytes - 1] == '\n') {
            answer->text[answer->size_bytes] = 0;
            return 0;
        }
        ck_assert_uint_lt(answer->size_bytes, sizeof(answer->text) - 1);
        count = stream_read(stream, answer->text + answer->size_bytes, 1, error);
        if (count < 0) {
            return (int)count;
        }
        answer->size_bytes += (size_t)count;
    }
}

static void assert_answer(struct net_call *call, const char *question, const char *wanted)
{
    struct answer answer = {0};
    struct raftd_error error = {0};
    int code = net_call_ask(call, question, strlen(question), receive_line, &answer, &error);

    ck_assert_msg(code == 0, "%s", error.message);
    ck_assert_str_eq(answer.text, wanted);
}

static struct net_call *open_call(const struct net_address *address,
                                  const struct net_call_options *options)
{
    struct net_call *call = NULL;
    struct raftd_error error = {0};

    ck_assert_msg(net_call_open(address, options, &call, &error) == 0, "%s", error.message);
    return call;
}

static void assert_cannot_open(const struct net_address *address,
                               const struct net_call_options *options, int code, const char *text)
{
    struct net_call *call = (struct net_call *)(uintptr_t)1;
    struct raftd_error error = {0};

    ck_assert_int_eq(net_call_open(address, options, &call, &error), code);
    ck_assert_ptr_null(call);
    ck_assert_int_eq(error.code, code);
    ck_assert_msg(strstr(error.message, text) != NULL, "\"%s\" does not say \"%s\"", error.message,
                  text);
}

/* ---- Tests -------------------------------------------------------------------------------- */

START_TEST(test_questions_one_after_the_other)
{
    const struct net_call_options options = {.timeout_ms = LONG_MS};
    struct server server;
    struct net_call *call;

    server_start(&server, echo, NULL);
    call = open_call(&server.address, &options);
    assert_answer(call, "one\n", "one\n");
    net_call_restart(call);
    assert_answer(call, "two\n", "two\n");
    net_call_close(call);
    server_stop(&server);
}
END_TEST

START_TEST(test_one_deadline_for_all)
{
    const struct net_call_options options = {.timeout_ms = 1000};
    struct server server;
    struct net_call *call;
    struct answer answer = {0};
    struct raftd_error error = {0};
    uint64_t began_ms = clock_monotonic_ms();

    server_start(&server, stay_silent, NULL);
    call = open_call(&server.address, &options);
    poll(NULL, 0, 800); /* of the 1000 ms */
    ck_assert_int_eq(net_call_ask(call, "?\n", 2, receive_line, &answer, &error),
                     RAFTD_ERROR_TIMEOUT);
    ck_assert_str_eq(error.message, "no answer within 1000 ms");
    ck_assert_uint_ge(clock_monotonic_ms() - began_ms, 1000);
    ck_assert_uint_lt(clock_monotonic_ms() - began_ms, 1700);
    net_call_close(call);
    server_stop(&server);
}
END_TEST

/* Listens on a port of 127.0.0.2 with a full queue, so that a new connection gets no answer.
 * Returns the number of descriptors in fds, which the test closes. */
static size_t listen_and_hang(uint16_t port, int fds[8])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    size_t count = 0;

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    fds[count] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fds[count], (struct sockaddr *)&name, sizeof(name)), 0);
    ck_assert_int_eq(listen(fds[count++], 0), 0);
    while (count < 8) {
        fds[count] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(fds[count++], (struct sockaddr *)&name, sizeof(name));
    }
    return count;
}

/* 127.0.0.2 does not answer, 127.0.0.3 refuses, 127.0.0.1 answers. */
START_TEST(test_every_address_is_tried)
{
    const struct net_call_options options = {.timeout_ms = 3000};
    struct server server;
    struct net_address address;
    struct net_call *call;
    uint64_t began_ms;
    size_t count;
    int fds[8];

    server_start(&server, echo, NULL);
    count = listen_and_hang(server.address.port, fds);
    address = server.address;
    strcpy(address.host, "three-addresses.test");
    began_ms = clock_monotonic_ms();
    call = open_call(&address, &options);
    ck_assert_uint_ge(clock_monotonic_ms() - began_ms,
                      900); /* a third of the time went to the address that does not answer */
    assert_answer(call, "still in time\n", "still in time\n");
    net_call_close(call);
    server_stop(&server);
    for (size_t i = 0; i < count; i++) {
        close(fds[i]);
    }
    wait_for_the_end_of_look_ups();
}
END_TEST

START_TEST(test_every_address_is_in_the_message)
{
    const struct net_call_options options = {.timeout_ms = LONG_MS};
    struct net_address address;
    char text[300];

    close(listen_loopback(&address));
    snprintf(text, sizeof(text), "cannot connect to 127.0.0.1:%u: Connection refused",
             address.port);
    assert_cannot_open(&address, &options, RAFTD_ERROR_UNAVAILABLE, text);
    strcpy(address.host, "three-addresses.test");
    snprintf(text, sizeof(text),
             "cannot connect to 127.0.0.2:%u: Connection refused; "
             "cannot connect to 127.0.0.3:%u: Connection refused; "
             "cannot connect to 127.0.0.1:%u: Connection refused",
             address.port, address.port, address.port);
    assert_cannot_open(&address, &options, RAFTD_ERROR_UNAVAILABLE, text);
    strcpy(address.host, "unknown.test");
    assert_cannot_open(&address, &options, RAFTD_ERROR_UNAVAILABLE,
                       "cannot resolve unknown.test: Name or service not known");
    wait_for_the_end_of_look_ups();
}
END_TEST

START_TEST(test_a_look_up_is_inside_the_deadline)
{
    const struct net_address address = {.host = "slow.test", .port = 7381};
    const struct net_call_options options = {.timeout_ms = 200};
    uint64_t began_ms = clock_monotonic_ms();

    ck_assert_int_eq(pipe(slow_resolver), 0);
    ck_assert_int_eq(pipe(slow_questions), 0);
    assert_cannot_open(&address, &options, RAFTD_ERROR_UNAVAILABLE,
                       "cannot resolve slow.test: no answer within 200 ms");
    ck_assert_uint_lt(clock_monotonic_ms() - began_ms, LONG_MS / 10);
    ck_assert_int_eq(write(slow_resolver[1], "!", 1), 1);
    wait_for_the_end_of_look_ups();
}
END_TEST

static bool is_set(void *argument)
{
    return atomic_load((atomic_bool *)argument);
}

static void set_later(void *argument)
{
    poll(NULL, 0, 150);
    atomic_store((atomic_bool *)argument, true);
}

START_TEST(test_a_call_can_be_cancelled)
{
    atomic_bool stop = false;
    const struct net_call_options options = {
        .timeout_ms = LONG_MS, .is_cancelled = is_set, .argument = &stop};
    struct server server;
    struct net_call *call;
    struct thread setter;
    struct answer answer = {0};
    uint64_t began_ms = clock_monotonic_ms();

    server_start(&server, stay_silent, NULL);
    call = open_call(&server.address, &options);
    ck_assert_int_eq(thread_start(&setter, "setter", set_later, &stop), 0);
    ck_assert_int_eq(net_call_ask(call, "?\n", 2, receive_line, &answer, NULL),
                     RAFTD_ERROR_TIMEOUT);
    ck_assert_uint_lt(clock_monotonic_ms() - began_ms, LONG_MS / 10);
    thread_join(&setter);
    net_call_close(call);
    server_stop(&server);
}
END_TEST

/* The server answers before it has read the question, for example that the question is too long. */
static void (*const early[])(struct end *end) = {refuse_early, refuse_and_hang_up};

START_TEST(test_an_answer_before_the_end_of_the_question)
{
    const struct net_call_options options = {.timeout_ms = LONG_MS};
    uint8_t *question = memory_allocate_zeroed(1, QUESTION_BYTES);
    struct answer answer = {0};
    struct raftd_error error = {0};
    struct server server;
    struct net_call *call;
    int code;

    server_start(&server, early[_i], NULL);
    call = open_call(&server.address, &options);
    code = net_call_ask(call, question, QUESTION_BYTES, receive_line, &answer, &error);
    ck_assert_msg(code == 0, "%s", error.message);
    ck_assert_str_eq(answer.text, "no\n");
    atomic_store(&has_answer, true);
    net_call_close(call);
    server_stop(&server);
    memory_free(question);
}
END_TEST

static void hang_up(struct end *end)
{
    (void)end;
}

START_TEST(test_a_server_that_hangs_up)
{
    const struct net_call_options options = {.timeout_ms = LONG_MS};
    struct raftd_error error = {0};
    struct answer answer = {0};
    struct server server;
    struct net_call *call;

    server_start(&server, hang_up, NULL);
    call = open_call(&server.address, &options);
    ck_assert_int_eq(net_call_ask(call, "?\n", 2, receive_line, &answer, &error),
                     RAFTD_ERROR_CLOSED);
    net_call_close(call);
    server_stop(&server);
}
END_TEST

/* ---- TLS ---------------------------------------------------------------------------------- */

static struct certificates *certificates;
static struct tls_context *server_tls;
static struct tls_context *client_tls;

static void make_contexts(void)
{
    const struct certificate_request request = {.cluster = "demo", .node_id = 1, .ip = "127.0.0.1"};
    struct certificate_files files;
    struct tls_client_files client = {0};
    struct raftd_error error = {0};

    certificates = certificates_create();
    files = certificates_make(certificates, "node-1", &request);
    client.ca = certificates_ca(certificates, "ca");
    client.certificate = files.certificate;
    client.key = files.key;
    server_tls = certificates_node_context(certificates, "demo", 2);
    ck_assert_msg(tls_context_create_client(&client, &client_tls, &error) == 0, "%s",
                  error.message);
}

static void destroy_contexts(void)
{
    tls_context_destroy(client_tls);
    tls_context_destroy(server_tls);
    certificates_destroy(certificates);
}

START_TEST(test_tls_to_the_expected_host)
{
    const struct net_call_options options = {
        .tls = client_tls, .expects_host = true, .timeout_ms = LONG_MS};
    struct server server;
    struct net_call *call;

    server_start(&server, echo, server_tls);
    call = open_call(&server.address, &options);
    assert_answer(call, "secret\n", "secret\n");
    net_call_close(call);
    server_stop(&server);
}
END_TEST

/* The name resolves to 127.0.0.1, where the server shows a certificate that is valid, but not for
 * that name. */
START_TEST(test_tls_to_another_host)
{
    struct net_call_options options = {
        .tls = client_tls, .expects_host = true, .timeout_ms = LONG_MS};
    struct net_address address;
    struct server server;

    server_start(&server, echo, server_tls);
    address = server.address;
    strcpy(address.host, "slow.test");
    ck_assert_int_eq(pipe(slow_resolver), 0);
    ck_assert_int_eq(pipe(slow_questions), 0);
    ck_assert_int_eq(write(slow_resolver[1], "!", 1), 1);
    assert_cannot_open(&address, &options, RAFTD_ERROR_REFUSED,
                       "hostname mismatch (use an address that the certificate names");
    server_stop(&server);
    wait_for_the_end_of_look_ups();
}
END_TEST

/* 127.0.0.2 accepts connections but never begins the TLS handshake; 127.0.0.1 does. */
START_TEST(test_tls_at_the_second_address)
{
    struct net_call_options options = {.tls = client_tls, .timeout_ms = 3000};
    struct sockaddr_in name = {.sin_family = AF_INET};
    struct net_address address;
    struct server server;
    struct net_call *call;
    int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    server_start(&server, echo, server_tls);
    name.sin_port = htons(server.address.port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    ck_assert_int_eq(bind(silent, (struct sockaddr *)&name, sizeof(name)), 0);
    ck_assert_int_eq(listen(silent, 8), 0);
    address = server.address;
    strcpy(address.host, "three-addresses.test");
    call = open_call(&address, &options);
    assert_answer(call, "secret\n", "secret\n");
    net_call_close(call);
    close(silent);
    server_stop(&server);
    wait_for_the_end_of_look_ups();
}
END_TEST

START_TEST(test_client_files_that_are_wrong)
{
    struct tls_client_files files = {.ca = "/nonexistent/ca.pem"};
    struct tls_context *context;
    struct raftd_error error = {0};

    ck_assert_int_eq(tls_context_create_client(&files, &context, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_str_eq(error.message,
                     "cannot read the CA certificates in /nonexistent/ca.pem: No such file or "
                     "directory");
    files.ca = certificates_ca(certificates, "ca");
    ck_assert_int_eq(tls_context_create_client(&files, &context, &error), 0);
    tls_context_destroy(context);
    files.certificate = "/nonexistent/client.pem";
    files.key = "/nonexistent/client-key.pem";
    ck_assert_int_eq(tls_context_create_client(&files, &context, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.message, "the certificate in /nonexistent/client.pem"));
    files.certificate = files.ca;
    ck_assert_int_eq(tls_context_create_client(&files, &context, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.message, "the private key in /nonexistent/client-key.pem"));
    ck_assert_ptr_null(context);
}
END_TEST

UNIT_SUITE(call)
{
    Suite *suite = suite_create("call");
    TCase *plain = tcase_create("plain");
    TCase *secure = tcase_create("tls");

    tcase_add_test(plain, test_questions_one_after_the_other);
    tcase_add_test(plain, test_one_deadline_for_all);
    tcase_add_test(plain, test_every_address_is_tried);
    tcase_add_test(plain, test_every_address_is_in_the_message);
    tcase_add_test(plain, test_a_look_up_is_inside_the_deadline);
    tcase_add_test(plain, test_a_call_can_be_cancelled);
    tcase_add_loop_test(plain, test_an_answer_before_the_end_of_the_question, 0,
                        sizeof(early) / sizeof(early[0]));
    tcase_add_test(plain, test_a_server_that_hangs_up);
    tcase_set_timeout(plain, 30);
    suite_add_tcase(suite, plain);
    tcase_add_unchecked_fixture(secure, make_contexts, destroy_contexts);
    tcase_add_test(secure, test_tls_to_the_expected_host);
    tcase_add_test(secure, test_tls_to_another_host);
    tcase_add_test(secure, test_tls_at_the_second_address);
    tcase_add_test(secure, test_client_files_that_are_wrong);
    tcase_set_timeout(secure, 30);
    suite_add_tcase(suite, secure);
    return suite;
}
