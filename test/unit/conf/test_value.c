/*
 * conf/value: which values an option accepts, which it refuses, and with which message. The limits
 * of every option in the table are tried from both sides.
 */
#include "conf/value.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static bool parse(const char *section, const char *key, const char *text, struct conf *conf,
                  char wanted[CONF_WANTED_MAX])
{
    const struct conf_option *option = conf_option_find(section, key);

    ck_assert_ptr_nonnull(option);
    wanted[0] = 0;
    return conf_value_parse(conf, option, text, wanted);
}

static const struct {
    const char *section;
    const char *key;
    const char *text;
    const char *wanted;
} refused[] = {
    {"node", "id", "", "a number from 1 to 65535"},
    {"node", "id", "0", "a number from 1 to 65535"},
    {"node", "id", "65536", "a number from 1 to 65535"},
    {"node", "id", "70000", "a number from 1 to 65535"},
    {"node", "id", "65537", "a number from 1 to 65535"}, /* 1 if it were cut to 16 bits */
    {"node", "id", "-1", "a number from 1 to 65535"},
    {"node", "id", "+1", "a number from 1 to 65535"},
    {"node", "id", "01", "a number from 1 to 65535"},
    {"node", "id", "0x1", "a number from 1 to 65535"},
    {"node", "id", "1x", "a number from 1 to 65535"},
    {"node", "id", "1 ", "a number from 1 to 65535"},
    {"node", "id", "1.0", "a number from 1 to 65535"},
    {"node", "id", "one", "a number from 1 to 65535"},
    {"node", "id", "1K", "a number from 1 to 65535"},
    {"node", "id", "18446744073709551617", "a number from 1 to 65535"}, /* 2^64 + 1 */
    {"node", "data_dir", "", "a path"},
    {"node", "data_dir", "\"/var/lib/raftd\"", "a path without quotes around it"},
    {"node", "data_dir", "a\nb", "a path without control characters"},
    {"cluster", "name", "", "1 to 63 letters, digits, dots, hyphens and underscores"},
    {"cluster", "name", "two words", "1 to 63 letters, digits, dots, hyphens and underscores"},
    {"cluster", "name", "a/b", "1 to 63 letters, digits, dots, hyphens and underscores"},
    {"listen", "client", "", "an address HOST:PORT (the port is missing)"},
    {"listen", "client", "7380", "an address HOST:PORT (the port is missing)"},
    {"listen", "client", "127.0.0.1:0", "an address HOST:PORT (port 0 is not a valid port)"},
    {"listen", "client", "10.0.0.256:7380",
     "an address HOST:PORT (the host is not a valid IPv4 address)"},
    {"advertise", "client", "0.0.0.0:7380",
     "an address HOST:PORT (nobody can connect to a wildcard address)"},
    {"advertise", "peer", "[::]:7381",
     "an address HOST:PORT (nobody can connect to a wildcard address)"},
    {"tls", "peer", "on", "off or required"},
    {"tls", "peer", "Required", "off or required"},
    {"tls", "peer", "", "off or required"},
    {"tls", "allow_plaintext_peers", "true", "yes or no"},
    {"tls", "allow_plaintext_peers", "1", "yes or no"},
    {"log", "level", "verbose", "error, warning, info or debug"},
    {"raft", "max_batch_bytes", "1MB", "a size from 4K to 64M"},
    {"raft", "max_batch_bytes", "1MiB", "a size from 4K to 64M"},
    {"raft", "max_batch_bytes", "1m", "a size from 4K to 64M"},
    {"raft", "max_batch_bytes", "M", "a size from 4K to 64M"},
    {"raft", "max_batch_bytes", "1 M", "a size from 4K to 64M"},
    {"raft", "max_batch_bytes", "1.5M", "a size from 4K to 64M"},
    {"raft", "max_batch_bytes", "65M", "a size from 4K to 64M"},
    {"raft", "max_batch_bytes", "17179869184G", "a size from 4K to 64M"},    /* 2^64 */
    {"raft", "max_batch_bytes", "17179869185G", "a size from 4K to 64M"},    /* 2^64 + 1 GiB */
    {"raft", "max_batch_bytes", "17592186044424M", "a size from 4K to 64M"}, /* 2^64 + 8 MiB */
    {"storage", "segment_bytes", "65537", "a size from 64K to 4G, a multiple of 4096"},
};

START_TEST(refuses_and_says_what_is_wanted)
{
    struct conf conf;
    struct conf before;
    char wanted[CONF_WANTED_MAX];

    conf_defaults(&conf);
    before = conf;
    ck_assert_msg(!parse(refused[_i].section, refused[_i].key, refused[_i].text, &conf, wanted),
                  "[%s] %s = \"%s\"", refused[_i].section, refused[_i].key, refused[_i].text);
    ck_assert_str_eq(wanted, refused[_i].wanted);
    ck_assert_msg(memcmp(&conf, &before, sizeof(conf)) == 0, "a refused value changed something");
}
END_TEST

static void check_limit(const struct conf_option *option, uint64_t value, bool is_taken)
{
    struct conf conf;
    char text[32];
    char again[32];
    char wanted[CONF_WANTED_MAX];

    conf_defaults(&conf);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    ck_assert_msg(conf_value_parse(&conf, option, text, wanted) == is_taken,
                  "[%s] %s = %s should%s be taken", option->section, option->key, text,
                  is_taken ? "" : " not");
    if (is_taken) {
        struct conf copy;

        conf_value_format(&conf, option, again, sizeof(again));
        conf_defaults(&copy);
        ck_assert(conf_value_parse(&copy, option, again, wanted));
        ck_assert_msg(memcmp(&conf, &copy, sizeof(conf)) == 0, "%s is told as %s", text, again);
    }
}

START_TEST(limits_of_every_number_hold_on_both_sides)
{
    for (size_t i = 0; i < conf_option_count; i++) {
        const struct conf_option *option = &conf_options[i];
        uint64_t step = option->multiple > 0 ? option->multiple : 1;

        if (option->type != CONF_TYPE_U16 && option->type != CONF_TYPE_U32 &&
            option->type != CONF_TYPE_BYTES) {
            continue;
        }
        check_limit(option, option->min, true);
        check_limit(option, option->max, true);
        check_limit(option, option->min + step, true);
        check_limit(option, option->max + step, false);
        if (option->min > 0) {
            check_limit(option, option->min - 1, false);
        }
    }
}
END_TEST

START_TEST(sizes_count_in_1024s)
{
    static const struct {
        const char *text;
        uint64_t bytes;
        const char *told;
    } sizes[] = {{"4096", 4096, "4K"},          {"5000", 5000, "5000"},
                 {"64K", 65536, "64K"},         {"1024K", 1 << 20, "1M"},
                 {"8M", 8 << 20, "8M"},         {"67108864", 64 << 20, "64M"},
                 {"1536K", 1536 << 10, "1536K"}};
    const struct conf_option *option = conf_option_find("raft", "max_batch_bytes");
    char wanted[CONF_WANTED_MAX];
    char told[32];
    struct conf conf;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        conf_defaults(&conf);
        ck_assert_msg(conf_value_parse(&conf, option, sizes[i].text, wanted), "%s", wanted);
        ck_assert_uint_eq(conf.raft.max_batch_bytes, sizes[i].bytes);
        conf_value_format(&conf, option, told, sizeof(told));
        ck_assert_str_eq(told, sizes[i].told);
    }
}
END_TEST

START_TEST(texts_fill_their_field_and_no_more)
{
    const struct conf_option *option = conf_option_find("cluster", "name");
    char name[80] = {0};
    char wanted[CONF_WANTED_MAX];
    struct conf conf;

    conf_defaults(&conf);
    memset(name, 'n', 63);
    ck_assert(conf_value_parse(&conf, option, name, wanted));
    ck_assert_str_eq(conf.cluster.name, name);
    name[63] = 'n';
    ck_assert(!conf_value_parse(&conf, option, name, wanted));
    ck_assert_str_eq(wanted, "at most 63 bytes");
    /* A shorter text leaves nothing of the longer text before it. */
    ck_assert(conf_value_parse(&conf, option, "x", wanted));
    for (size_t i = 1; i < sizeof(conf.cluster.name); i++) {
        ck_assert_int_eq(conf.cluster.name[i], 0);
    }
}
END_TEST

START_TEST(optional_texts_can_be_taken_back)
{
    struct conf conf;
    char wanted[CONF_WANTED_MAX];

    conf_defaults(&conf);
    ck_assert(parse("tls", "ca", "/etc/raftd/ca.pem", &conf, wanted));
    ck_assert(parse("tls", "ca", "", &conf, wanted));
    ck_assert_str_eq(conf.tls.ca, "");
    ck_assert(parse("advertise", "client", "[2001:db8::1]:7380", &conf, wanted));
    ck_assert(parse("advertise", "client", "", &conf, wanted));
    ck_assert_str_eq(conf.advertise.client, "");
}
END_TEST

START_TEST(peers_are_kept_in_order_and_replaced)
{
    struct conf conf;
    char wanted[CONF_WANTED_MAX];

    conf_defaults(&conf);
    ck_assert(conf_peer_parse(&conf, "30", "node-30:7381", wanted));
    ck_assert(conf_peer_parse(&conf, "1", "10.0.0.1:7381", wanted));
    ck_assert(conf_peer_parse(&conf, "65535", "[::1]:7381", wanted));
    ck_assert(conf_peer_parse(&conf, "2", "10.0.0.2:7381", wanted));
    ck_assert(conf_peer_parse(&conf, "30", "10.0.0.30:7381", wanted));
    ck_assert_uint_eq(conf.peer_count, 4);
    ck_assert_uint_eq(conf.peers[0].id, 1);
    ck_assert_uint_eq(conf.peers[1].id, 2);
    ck_assert_uint_eq(conf.peers[2].id, 30);
    ck_assert_str_eq(conf.peers[2].address, "10.0.0.30:7381");
    ck_assert_uint_eq(conf.peers[3].id, 65535);
}
END_TEST

START_TEST(peers_are_bounded)
{
    struct conf conf;
    char wanted[CONF_WANTED_MAX];
    char id[16];
    char address[32];

    conf_defaults(&conf);
    for (int i = 1; i <= CONF_PEERS_MAX; i++) {
        snprintf(id, sizeof(id), "%d", i);
        snprintf(address, sizeof(address), "10.0.0.%d:7381", i);
        ck_assert(conf_peer_parse(&conf, id, address, wanted));
    }
    ck_assert(!conf_peer_parse(&conf, "33", "10.0.0.33:7381", wanted));
    ck_assert_str_eq(wanted, "no more than 32 peers");
    ck_assert(conf_peer_parse(&conf, "32", "10.0.0.99:7381", wanted));
    ck_assert_uint_eq(conf.peer_count, CONF_PEERS_MAX);
}
END_TEST

START_TEST(peers_refuse_what_is_no_id_and_no_address)
{
    static const char *const ids[] = {"", "0", "65536", "70000", "-1", "01", "1 ", "x"};
    struct conf conf;
    char wanted[CONF_WANTED_MAX];

    conf_defaults(&conf);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        ck_assert_msg(!conf_peer_parse(&conf, ids[i], "10.0.0.1:7381", wanted), "%s", ids[i]);
        ck_assert_str_eq(wanted, "a node id from 1 to 65535");
    }
    ck_assert(!conf_peer_parse(&conf, "1", "0.0.0.0:7381", wanted));
    ck_assert(!conf_peer_parse(&conf, "1", "10.0.0.1:0", wanted));
    ck_assert(!conf_peer_parse(&conf, "1", "", wanted));
    ck_assert_uint_eq(conf.peer_count, 0);
}
END_TEST

START_TEST(quotes_for_terminals)
{
    char quoted[CONF_QUOTE_MAX];
    char longer[4096];

    conf_quote("plain", quoted);
    ck_assert_str_eq(quoted, "\"plain\"");
    conf_quote("\x1b[2J\x7f", quoted);
    ck_assert_str_eq(quoted, "\"\\x1b[2J\\x7f\"");
    memset(longer, 1, sizeof(longer) - 1);
    for (size_t length = 0; length < 400; length++) {
        longer[length] = 0;
        conf_quote(longer, quoted);
        ck_assert_uint_lt(strlen(quoted), CONF_QUOTE_MAX);
        ck_assert_int_eq(quoted[strlen(quoted) - 1], '"');
        longer[length] = 1;
    }
    ck_assert_str_eq(quoted + strlen(quoted) - 4, "...\"");
}
END_TEST

UNIT_SUITE(value)
{
    Suite *suite = suite_create("value");
    TCase *tests = tcase_create("value");

    tcase_add_loop_test(tests, refuses_and_says_what_is_wanted, 0,
                        (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_test(tests, limits_of_every_number_hold_on_both_sides);
    tcase_add_test(tests, sizes_count_in_1024s);
    tcase_add_test(tests, texts_fill_their_field_and_no_more);
    tcase_add_test(tests, optional_texts_can_be_taken_back);
    tcase_add_test(tests, peers_are_kept_in_order_and_replaced);
    tcase_add_test(tests, peers_are_bounded);
    tcase_add_test(tests, peers_refuse_what_is_no_id_and_no_address);
    tcase_add_test(tests, quotes_for_terminals);
    suite_add_tcase(suite, tests);
    return suite;
}
