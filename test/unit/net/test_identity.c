/*
 * net/identity: for which node a certificate is valid.
 */
#include "unit.h"

#include <string.h>

#include "lib/certificates.h"
#include "pair.h"

static struct certificates *certificates;
static struct tls_context *judge;

static void make_certificates(void)
{
    certificates = certificates_create();
    judge = certificates_node_context(certificates, "demo", 1);
}

static void remove_certificates(void)
{
    tls_context_destroy(judge);
    certificates_destroy(certificates);
}

/* The names in a certificate, and whether it is valid for node 2 of the cluster "demo" at this
 * host. */
static const struct identity_case {
    struct certificate_request request;
    const char *host;
    bool speaks;
    const char *says;
} cases[] = {
    {{.cluster = "demo", .node_id = 2}, "127.0.0.1", true, ""},
    {{.cluster = "demo", .node_id = 2}, "elsewhere.example", true, ""},
    {{.cluster = "demo", .node_id = 3, .ip = "127.0.0.1"},
     "127.0.0.1",
     false,
     "certificate names raftd://demo/3, expected raftd://demo/2"},
    {{.cluster = "test", .node_id = 2, .ip = "127.0.0.1"},
     "127.0.0.1",
     false,
     "certificate names raftd://test/2, expected raftd://demo/2"},
    /* The wanted URI is the beginning of the URI in the certificate. */
    {{.cluster = "demo", .node_id = 22}, "127.0.0.1", false, "names raftd://demo/22, expected"},
    {{.uri = "raftd://demo/"}, "127.0.0.1", false, "names raftd://demo/, expected"},
    {{.uri = "raftd://demo/02"}, "127.0.0.1", false, "names raftd://demo/02, expected"},
    {{.uri = "raftd://DEMO/2"}, "127.0.0.1", false, "names raftd://DEMO/2, expected"},
    /* Several URIs, one of which is the right one. */
    {{.uri = "raftd://demo/7,URI:raftd://demo/2"}, "127.0.0.1", true, ""},
    {{.uri = "https://example.org/,URI:raftd://demo/2"}, "127.0.0.1", true, ""},
    {{.uri = "raftd://demo/7,URI:raftd://demo/8,IP:127.0.0.1"},
     "127.0.0.1",
     false,
     "names raftd://demo/7, expected raftd://demo/2"},
    /* No raftd URI: the host decides. */
    {{.ip = "127.0.0.1"}, "127.0.0.1", true, ""},
    {{.ip = "127.0.0.1"}, "127.0.0.2", false, "names neither a node nor the host 127.0.0.2"},
    {{.ip = "::1"}, "::1", true, ""},
    {{.ip = "::1"}, "0:0:0:0:0:0:0:1", true, ""},
    {{.dns = "node-2.example"}, "node-2.example", true, ""},
    {{.dns = "node-2.example"}, "NODE-2.Example", true, ""},
    {{.dns = "node-2.example"}, "node-3.example", false, "nor the host node-3.example"},
    {{.dns = "*.nodes.example"}, "b.nodes.example", false, "nor the host b.nodes.example"},
    {{.uri = "https://example.org/", .ip = "127.0.0.1"}, "127.0.0.1", true, ""},
    {{.dns = "node-2.example"}, "", false, "names neither a node"},
    {{.cluster = NULL}, "127.0.0.1", false, "names neither a node"},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

START_TEST(test_a_certificate_speaks_for_its_node_only)
{
    const struct identity_case *one = &cases[_i];
    struct certificate_files files = certificates_make(certificates, "peer", &one->request);
    struct tls_context *context;
    struct raftd_error error = {0};
    struct pair pair;

    ck_assert_int_eq(tls_context_create(certificates_ca(certificates, "ca"), files.certificate,
                                        files.key, &context, &error),
                     0);
    /* First as the certificate of a client, then of a server. */
    for (int i = 0; i < 2; i++) {
        const struct stream *stream;

        pair_open(&pair, i == 0 ? context : judge, i == 0 ? judge : context);
        pair_handshake(&pair);
        ck_assert_int_eq(pair.client.code, 0);
        ck_assert_int_eq(pair.server.code, 0);
        stream = i == 0 ? pair.server.stream : pair.client.stream;
        ck_assert_int_eq(stream_speaks_for(stream, "demo", 2, one->host, &error), one->speaks);
        if (!one->speaks) {
            ck_assert_int_eq(error.code, RAFTD_ERROR_REFUSED);
            ck_assert_msg(strstr(error.message, one->says) != NULL, "\"%s\" does not say \"%s\"",
                          error.message, one->says);
        }
        pair_close(&pair);
    }
    tls_context_destroy(context);
}
END_TEST

START_TEST(test_a_plain_stream_speaks_for_anybody)
{
    struct pair pair;

    pair_open(&pair, NULL, NULL);
    pair_handshake(&pair);
    ck_assert(stream_speaks_for(pair.client.stream, "demo", 2, "127.0.0.1", NULL));
    ck_assert(stream_speaks_for(pair.server.stream, "any", 9, "", NULL));
    pair_close(&pair);
}
END_TEST

UNIT_SUITE(identity)
{
    Suite *suite = suite_create("identity");
    TCase *tests = tcase_create("identity");

    tcase_add_unchecked_fixture(tests, make_certificates, remove_certificates);
    tcase_add_loop_test(tests, test_a_certificate_speaks_for_its_node_only, 0, CASES);
    tcase_add_test(tests, test_a_plain_stream_speaks_for_anybody);
    suite_add_tcase(suite, tests);
    return suite;
}
