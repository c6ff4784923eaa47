/*
 * base/address: valid addresses, and the typing errors that people make.
 */
#include "base/address.h"

#include <string.h>

#include "unit.h"

static const struct {
    const char *text;
    const char *host;
    uint16_t port;
} good[] = {
    {"127.0.0.1:7380", "127.0.0.1", 7380},
    {"0.0.0.0:1", "0.0.0.0", 1},
    {"[::1]:7380", "::1", 7380},
    {"[::]:65535", "::", 65535},
    {"[fe80::a:b]:7381", "fe80::a:b", 7381},
    {"localhost:7380", "localhost", 7380},
    {"node-1.example.org:7381", "node-1.example.org", 7381},
    {"node_1:0", "node_1", 0},
    {"1.example:07380", "1.example", 7380},
};

START_TEST(splits_host_and_port)
{
    char host[ADDRESS_HOST_BYTES];
    const char *problem = "untouched";
    uint16_t port;

    ck_assert_msg(address_split(good[_i].text, host, &port, &problem), "%s: %s", good[_i].text,
                  problem);
    ck_assert_str_eq(host, good[_i].host);
    ck_assert_uint_eq(port, good[_i].port);
}
END_TEST

static const struct {
    const char *text;
    const char *problem; /* a part of the text */
} bad[] = {
    {"", "port is missing"},
    {"127.0.0.1", "port is missing"},
    {"[::1]", "port is missing"},
    {"[::1]7380", "port is missing"},
    {"[::1:7380", "bracket is not closed"},
    {":7380", "host is missing"},
    {"[]:7380", "host is missing"},
    {"::1:7380", "has to be in brackets"},
    {"a:b:7380", "more than one colon"},
    {"[localhost]:7380", "not an IPv6 address"},
    {"[127.0.0.1]:7380", "not an IPv6 address"},
    {"[::1::]:7380", "not an IPv6 address"},
    {"127.0.0:7380", "not a valid IPv4 address"},
    {"10.0.0.256:7380", "not a valid IPv4 address"},
    {"host name:7380", "not a valid host name"},
    {"-host:7380", "not a valid host name"},
    {"host-:7380", "not a valid host name"},
    {"a-.b:7380", "not a valid host name"},
    {"a..b:7380", "not a valid host name"},
    {"a.:7380", "not a valid host name"},
    {"a/b:7380", "not a valid host name"},
    {"host:", "port is not a number"},
    {"host:x", "port is not a number"},
    {"host:-1", "port is not a number"},
    {"host:+1", "port is not a number"},
    {"host: 1", "port is not a number"},
    {"host:1 ", "port is not a number"},
    {"host:65536", "port is not a number"},
    {"host:4294974676", "port is not a number"},
};

START_TEST(says_what_is_wrong)
{
    char host[ADDRESS_HOST_BYTES];
    const char *problem = NULL;
    uint16_t port;

    ck_assert_msg(!address_split(bad[_i].text, host, &port, &problem), "%s", bad[_i].text);
    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strstr(problem, bad[_i].problem) != NULL, "%s: %s", bad[_i].text, problem);
}
END_TEST

/* Writes a host name with labels of one length and dots between them, then a port. */
static void make_name(char *text, size_t label_size, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        text[i] = i % (label_size + 1) == label_size ? '.' : 'a';
    }
    strcpy(text + size, ":1");
}

START_TEST(bounds_host_names)
{
    char text[1100];
    char host[ADDRESS_HOST_BYTES];
    const char *problem;
    uint16_t port;

    make_name(text, 63, 253);
    ck_assert(address_split(text, host, &port, &problem));
    ck_assert_uint_eq(strlen(host), 253);
    make_name(text, 64, 253);
    ck_assert(!address_split(text, host, &port, &problem));
    make_name(text, 63, 254);
    ck_assert(!address_split(text, host, &port, &problem));
    make_name(text, 63, ADDRESS_HOST_BYTES - 2);
    ck_assert(!address_split(text, host, &port, &problem));
    make_name(text, 63, 1000);
    ck_assert(!address_split(text, host, &port, &problem));
    ck_assert_str_eq(problem, "the host is too long");
}
END_TEST

START_TEST(knows_loopback)
{
    ck_assert(address_is_loopback_host("127.0.0.1"));
    ck_assert(address_is_loopback_host("127.255.1.2"));
    ck_assert(address_is_loopback_host("::1"));
    ck_assert(address_is_loopback_host("0:0:0:0:0:0:0:1"));
    ck_assert(address_is_loopback_host("::ffff:127.0.0.1"));
    ck_assert(address_is_loopback_host("localhost"));
    ck_assert(address_is_loopback_host("LocalHost"));
    ck_assert(!address_is_loopback_host("0.0.0.0"));
    ck_assert(!address_is_loopback_host("128.0.0.1"));
    ck_assert(!address_is_loopback_host("::"));
    ck_assert(!address_is_loopback_host("::ffff:10.0.0.1"));
    ck_assert(!address_is_loopback_host("localhost.example"));
    ck_assert(!address_is_loopback_host("127.0.0.1.example"));
    ck_assert(!address_is_loopback_host(""));
}
END_TEST

START_TEST(knows_wildcards)
{
    ck_assert(address_is_wildcard_host("0.0.0.0"));
    ck_assert(address_is_wildcard_host("::"));
    ck_assert(address_is_wildcard_host("0:0::0"));
    ck_assert(address_is_wildcard_host("::ffff:0.0.0.0"));
    ck_assert(!address_is_wildcard_host("127.0.0.1"));
    ck_assert(!address_is_wildcard_host("::1"));
    ck_assert(!address_is_wildcard_host("localhost"));
}
END_TEST

START_TEST(compares_hosts)
{
    ck_assert(address_is_same_host("10.0.0.1", "10.0.0.1"));
    ck_assert(address_is_same_host("::1", "0:0:0:0:0:0:0:1"));
    ck_assert(address_is_same_host("2001:DB8::a", "2001:db8:0::A"));
    ck_assert(address_is_same_host("Node-1.example", "node-1.EXAMPLE"));
    ck_assert(!address_is_same_host("10.0.0.1", "10.0.0.2"));
    ck_assert(!address_is_same_host("10.0.0.1", "node-1"));
    ck_assert(!address_is_same_host("::1", "127.0.0.1"));
    ck_assert(!address_is_same_host("node-1", "node-10"));
    ck_assert(address_is_ip_host("10.0.0.1") && address_is_ip_host("::1"));
    ck_assert(!address_is_ip_host("node-1") && !address_is_ip_host("10.0.0"));
}
END_TEST

UNIT_SUITE(address)
{
    Suite *suite = suite_create("address");
    TCase *tests = tcase_create("address");

    tcase_add_loop_test(tests, splits_host_and_port, 0, (int)(sizeof(good) / sizeof(good[0])));
    tcase_add_loop_test(tests, says_what_is_wrong, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tests, bounds_host_names);
    tcase_add_test(tests, knows_loopback);
    tcase_add_test(tests, knows_wildcards);
    tcase_add_test(tests, compares_hosts);
    suite_add_tcase(suite, tests);
    return suite;
}
