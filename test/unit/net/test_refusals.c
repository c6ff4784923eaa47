/*
 * net/tls_failure: connections that have to be refused, and the message of each side. An operator
 * has only these messages to find the mistake.
 */
#include "unit.h"

#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/certificates.h"
#include "pair.h"

static struct certificates *certificates;
static struct tls_context *node_1;
static struct tls_context *node_2;

static void make_certificates(void)
{
    certificates = certificates_create();
    node_1 = certificates_node_context(certificates, "demo", 1);
    node_2 = certificates_node_context(certificates, "demo", 2);
}

static void remove_certificates(void)
{
    tls_context_destroy(node_1);
    tls_context_destroy(node_2);
    certificates_destroy(certificates);
}

/* Makes a context that trusts trusted_ca and shows a certificate with the requested properties. */
static struct tls_context *make_context(const char *trusted_ca,
                                        const struct certificate_request *request)
{
    struct certificate_files files = certificates_make(certificates, "bad", request);
    struct tls_context *context;
    struct raftd_error error;
    int code = tls_context_create(certificates_ca(certificates, trusted_ca), files.certificate,
                                  files.key, &context, &error);

    ck_assert_msg(code == 0, "%s", error.message);
    return context;
}

static const struct bad_certificate {
    struct certificate_request request;
    const char *judge_says;   /* the message of the side that checks the certificate */
    const char *refused_says; /* the message of the side that showed the certificate */
} bad_certificates[] = {
    {{.ca_name = "other-ca", .cluster = "demo", .node_id = 1},
     "the other side's certificate is signed by an unknown CA",
     "the other side does not know the CA of our certificate"},
    {{.cluster = "demo", .node_id = 1, .expired = true},
     "the other side's certificate has expired",
     "the other side says that our certificate has expired"},
    {{.cluster = "demo", .node_id = 1, .not_yet_valid = true},
     "the other side's certificate is not valid yet",
     "the other side refuses our certificate (if it is not valid yet"},
};
enum { BAD_CERTIFICATES = sizeof(bad_certificates) / sizeof(bad_certificates[0]) };

/*
 * With TLS 1.3, the handshake of the client ends before the server has seen the client's
 * certificate. The client gets the refusal at its first read.
 */
START_TEST(test_a_client_with_a_bad_certificate)
{
    const struct bad_certificate *bad = &bad_certificates[_i];
    struct tls_context *context = make_context("ca", &bad->request);
    struct pair pair;
    char data[8];

    pair_open(&pair, context, node_2);
    pair_handshake(&pair);
    assert_says(&pair.server, RAFTD_ERROR_REFUSED, bad->judge_says);
    assert_says(&pair.server, RAFTD_ERROR_REFUSED, "TLS handshake: ");
    stream_close(pair.server.stream);
    pair.server.stream = NULL;
    ck_assert_int_eq(pair.client.code, 0);
    end_read(&pair.client, data, sizeof(data));
    assert_says(&pair.client, RAFTD_ERROR_REFUSED, bad->refused_says);
    pair_close(&pair);
    tls_context_destroy(context);
}
END_TEST

/* The client writes first, into a connection that the server has closed already. It still gets the
 * reason from the alert. */
START_TEST(test_a_client_that_writes_before_it_reads_learns_why_as_well)
{
    const struct bad_certificate *bad = &bad_certificates[_i];
    struct tls_context *context = make_context("ca", &bad->request);
    struct pair pair;
    int fd;

    pair_open(&pair, context, node_2);
    pair_handshake(&pair);
    ck_assert_int_eq(pair.client.code, 0);
    stream_close(pair.server.stream);
    pair.server.stream = NULL;
    fd = stream_fd(pair.client.stream);
    while (end_write(&pair.client, "hello", 5) > 0) {
        wait_for(fd, POLLIN | POLLERR | POLLHUP);
    }
    assert_says(&pair.client, RAFTD_ERROR_REFUSED, bad->refused_says);
    pair_close(&pair);
    tls_context_destroy(context);
}
END_TEST

START_TEST(test_a_server_with_a_bad_certificate)
{
    const struct bad_certificate *bad = &bad_certificates[_i];
    struct tls_context *context = make_context("ca", &bad->request);
    struct pair pair;

    pair_open(&pair, node_2, context);
    pair_handshake(&pair);
    assert_says(&pair.client, RAFTD_ERROR_REFUSED, bad->judge_says);
    assert_says(&pair.server, RAFTD_ERROR_REFUSED, bad->refused_says);
    pair_close(&pair);
    tls_context_destroy(context);
}
END_TEST

START_TEST(test_a_client_that_trusts_another_ca)
{
    const struct certificate_request request = {.cluster = "demo", .node_id = 1};
    struct tls_context *context = make_context("other-ca", &request);
    struct pair pair;

    pair_open(&pair, context, node_2);
    pair_handshake(&pair);
    assert_says(&pair.client, RAFTD_ERROR_REFUSED, "is signed by an unknown CA");
    assert_says(&pair.server, RAFTD_ERROR_REFUSED, "does not know the CA of our certificate");
    pair_close(&pair);
    tls_context_destroy(context);
}
END_TEST

/* Two runs of `raftctl cert ca` make two authorities with the same name. */
START_TEST(test_another_ca_of_the_same_name)
{
    struct certificates *others = certificates_create();
    struct tls_context *impostor = certificates_node_context(others, "demo", 1);
    struct pair pair;

    pair_open(&pair, impostor, node_2);
    pair_handshake(&pair);
    assert_says(&pair.client, RAFTD_ERROR_REFUSED, "is signed by an unknown CA");
    ck_assert_int_lt(pair.server.code, 0);
    pair_close(&pair);
    tls_context_destroy(impostor);
    certificates_destroy(others);
}
END_TEST

START_TEST(test_a_certificate_for_servers_only_is_no_client_s)
{
    const struct certificate_request request = {
        .cluster = "demo", .node_id = 1, .server_only = true};
    struct tls_context *context = make_context("ca", &request);
    struct pair pair;
    char data[8];

    pair_open(&pair, context, node_2);
    pair_handshake(&pair);
    assert_says(&pair.server, RAFTD_ERROR_REFUSED, "extended key usage");
    end_read(&pair.client, data, sizeof(data));
    assert_says(&pair.client, RAFTD_ERROR_REFUSED, "is made for another purpose");
    pair_close(&pair);
    tls_context_destroy(context);
}
END_TEST

/* ---- Clients that raftd and raftctl would never be ---- */

/* A client that uses OpenSSL with its defaults on a plain socket, against a server stream. */
static void shake_with_stranger(SSL_CTX *stranger, struct pair *pair, int *client_fd, SSL **client)
{
    int result = 0;

    *client_fd = pair_open_bare_client(pair, node_2);
    *client = SSL_new(stranger);
    SSL_set_fd(*client, *client_fd);
    SSL_set_connect_state(*client);
    pair->server.code = RAFTD_ERROR_AGAIN;
    ck_assert_int_eq(stream_handshake(pair->server.stream, &pair->server.error), RAFTD_ERROR_AGAIN);
    /* The socket of the client must not block: both sides run on this thread. */
    BIO_set_nbio(SSL_get_rbio(*client), 1);
    ck_assert_int_eq(BIO_socket_nbio(*client_fd, 1), 1);
    while (pair->server.code == RAFTD_ERROR_AGAIN) {
        if (result != 1) {
            result = SSL_do_handshake(*client);
        }
        wait_for(stream_fd(pair->server.stream), stream_wants(pair->server.stream));
        pair->server.code = stream_handshake(pair->server.stream, &pair->server.error);
    }
}

START_TEST(test_a_client_without_a_certificate)
{
    SSL_CTX *stranger = SSL_CTX_new(TLS_client_method());
    struct pair pair;
    int client_fd;
    SSL *client;

    shake_with_stranger(stranger, &pair, &client_fd, &client);
    assert_says(&pair.server, RAFTD_ERROR_REFUSED, "the other side sent no certificate");
    SSL_free(client);
    SSL_CTX_free(stranger);
    close(client_fd);
    pair_close(&pair);
}
END_TEST

START_TEST(test_a_client_of_an_older_tls)
{
    SSL_CTX *stranger = SSL_CTX_new(TLS_client_method());
    struct pair pair;
    int client_fd;
    SSL *client;

    SSL_CTX_set_max_proto_version(stranger, TLS1_2_VERSION);
    shake_with_stranger(stranger, &pair, &client_fd, &client);
    assert_says(&pair.server, RAFTD_ERROR_REFUSED,
                "speaks TLS 1.3 and the other side only an older version");
    SSL_free(client);
    SSL_CTX_free(stranger);
    close(client_fd);
    pair_close(&pair);
}
END_TEST

static const char *const plain_texts[] = {
    "PING\r\n",
    "*1\r\n$4\r\nPING\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "\x10\x20\x30\x40\x50\x60\x70\x80 and so on",
    "\x01\x01\x01\x01\x01\x01\x01\x01\x01",
};
enum { PLAIN_TEXTS = sizeof(plain_texts) / sizeof(plain_texts[0]) };

START_TEST(test_plain_text_on_a_tls_port)
{
    const char *text = plain_texts[_i];
    struct pair pair;
    int client = pair_open_bare_client(&pair, node_2);

    ck_assert_int_eq(send(client, text, strlen(text), 0), (ssize_t)strlen(text));
    end_handshake(&pair.server);
    assert_says(&pair.server, RAFTD_ERROR_REFUSED, "plain text");
    close(client);
    pair_close(&pair);
}
END_TEST

START_TEST(test_a_server_that_answers_in_plain_text)
{
    const char *text = plain_texts[_i];
    struct pair pair;
    int server = pair_open_bare_server(&pair, node_1);

    ck_assert_int_eq(send(server, text, strlen(text), 0), (ssize_t)strlen(text));
    end_handshake(&pair.client);
    assert_says(&pair.client, RAFTD_ERROR_REFUSED, "plain text");
    close(server);
    pair_close(&pair);
}
END_TEST

START_TEST(test_a_client_that_hangs_up_during_the_handshake)
{
    struct pair pair;
    int client = pair_open_bare_client(&pair, node_2);

    ck_assert_int_eq(stream_handshake(pair.server.stream, NULL), RAFTD_ERROR_AGAIN);
    ck_assert_int_eq(stream_wants(pair.server.stream), POLLIN);
    close(client);
    end_handshake(&pair.server);
    assert_says(&pair.server, RAFTD_ERROR_CLOSED,
                "TLS handshake: the other side closed the connection unexpectedly");
    pair_close(&pair);
}
END_TEST

START_TEST(test_a_server_that_hangs_up_during_the_handshake)
{
    struct pair pair;
    int server = pair_open_bare_server(&pair, node_1);
    char hello[4096];

    ck_assert_int_eq(stream_handshake(pair.client.stream, NULL), RAFTD_ERROR_AGAIN);
    ck_assert_int_gt(recv(server, hello, sizeof(hello), 0),
                     0); /* with unread bytes, close() would send a reset */
    close(server);
    end_handshake(&pair.client);
    assert_says(&pair.client, RAFTD_ERROR_CLOSED,
                "TLS handshake: the other side closed the connection unexpectedly");
    assert_says(&pair.client, RAFTD_ERROR_CLOSED, "does it speak TLS");
    pair_close(&pair);
}
END_TEST

/* A client sends the first bytes of its hello, of every possible number, and then nothing. The
 * stream waits without blocking; the time-out is the task of the caller. */
START_TEST(test_a_client_that_stops_half_way_blocks_nobody)
{
    struct pair client_side;
    int server = pair_open_bare_server(&client_side, node_1);
    char hello[4096];
    ssize_t size;

    ck_assert_int_eq(stream_handshake(client_side.client.stream, NULL), RAFTD_ERROR_AGAIN);
    size = recv(server, hello, sizeof(hello), 0);
    ck_assert_int_gt(size, 100);
    for (ssize_t length = 1; length < size; length += 37) {
        struct pair pair;
        int client = pair_open_bare_client(&pair, node_2);

        ck_assert_int_eq(send(client, hello, (size_t)length, 0), length);
        wait_for(stream_fd(pair.server.stream), POLLIN);
        ck_assert_int_eq(stream_handshake(pair.server.stream, NULL), RAFTD_ERROR_AGAIN);
        close(client);
        end_handshake(&pair.server);
        ck_assert_int_eq(pair.server.code, RAFTD_ERROR_CLOSED);
        pair_close(&pair);
    }
    close(server);
    pair_close(&client_side);
}
END_TEST

UNIT_SUITE(refusals)
{
    Suite *suite = suite_create("refusals");
    TCase *tests = tcase_create("refusals");

    tcase_add_unchecked_fixture(tests, make_certificates, remove_certificates);
    tcase_add_loop_test(tests, test_a_client_with_a_bad_certificate, 0, BAD_CERTIFICATES);
    tcase_add_loop_test(tests, test_a_client_that_writes_before_it_reads_learns_why_as_well, 0,
                        BAD_CERTIFICATES);
    tcase_add_loop_test(tests, test_a_server_with_a_bad_certificate, 0, BAD_CERTIFICATES);
    tcase_add_test(tests, test_a_client_that_trusts_another_ca);
    tcase_add_test(tests, test_another_ca_of_the_same_name);
    tcase_add_test(tests, test_a_certificate_for_servers_only_is_no_client_s);
    tcase_add_test(tests, test_a_client_without_a_certificate);
    tcase_add_test(tests, test_a_client_of_an_older_tls);
    tcase_add_loop_test(tests, test_plain_text_on_a_tls_port, 0, PLAIN_TEXTS);
    tcase_add_loop_test(tests, test_a_server_that_answers_in_plain_text, 0, PLAIN_TEXTS);
    tcase_add_test(tests, test_a_client_that_hangs_up_during_the_handshake);
    tcase_add_test(tests, test_a_server_that_hangs_up_during_the_handshake);
    tcase_add_test(tests, test_a_client_that_stops_half_way_blocks_nobody);
    suite_add_tcase(suite, tests);
    return suite;
}
