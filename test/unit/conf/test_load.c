/*
 * conf/load: configuration files that are valid, and files with the mistakes that people make.
 */
#include "conf/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "unit/conf/conf_test.h"

static struct mistakes mistakes;

START_TEST(reads_a_file)
{
    struct conf conf;

    ck_assert_int_eq(load(&conf, &mistakes,
                          "# A cluster of three on one machine.\n"
                          "\n"
                          "[node]\n"
                          "    id = 2 ; the second\n"
                          "\tdata_dir=/var/lib/raftd;2\n"
                          "[peers]   ; all of them\n"
                          "1 = 127.0.0.1:7391\n"
                          "2 = [::1]:7381\n"
                          "3 = localhost:7393\n"
                          "[listen] # where\n"
                          "peer = [::1]:7381\n"
                          "[tls]\n"
                          "peer = off\n"
                          "ca =\n"
                          "[node]\n"
                          "[cluster]\n"
                          "name = demo"),
                     0);
    ck_assert_str_eq(mistakes.text, "");
    ck_assert_uint_eq(conf.node.id, 2);
    ck_assert_str_eq(conf.node.data_dir, "/var/lib/raftd;2");
    ck_assert_uint_eq(conf.peer_count, 3);
    ck_assert_str_eq(conf.peers[1].address, "[::1]:7381");
    ck_assert_int_eq(conf.tls.peer, CONF_TLS_OFF);
    ck_assert_str_eq(conf.cluster.name, "demo");
}
END_TEST

START_TEST(an_empty_file_is_all_defaults)
{
    struct conf conf;
    struct conf defaults;

    conf_defaults(&defaults);
    ck_assert_int_eq(load(&conf, &mistakes, ""), 0);
    ck_assert_mem_eq(&conf, &defaults, sizeof(conf));
    ck_assert_int_eq(load(&conf, &mistakes, "\n; nothing\n\n"), 0);
    ck_assert_mem_eq(&conf, &defaults, sizeof(conf));
}
END_TEST

static const struct {
    const char *text;
    const char *wanted;
} wrong[] = {
    {"[node]\nid = 0\n",
     "DIR/test.ini:2: [node] id: found \"0\", expected a number from 1 to 65535"},
    {"[node]\n\n\nid = 70000\n",
     "DIR/test.ini:4: [node] id: found \"70000\", expected a number from 1 to 65535"},
    {"[node]\nid = 1 1\n",
     "DIR/test.ini:2: [node] id: found \"1 1\", expected a number from 1 to 65535"},
    {"[node]\nid = 2\nid = 3\n",
     "DIR/test.ini:3: [node] id: found a second time, expected once; the first time is in line 2"},
    {"[node]\nid = 2\n[log]\n[node]\nid = 2\n",
     "DIR/test.ini:5: [node] id: found a second time, expected once; the first time is in line 2"},
    {"[node]\nid = x\nid = 2\n",
     "DIR/test.ini:2: [node] id: found \"x\", expected a number from 1 to 65535\n"
     "DIR/test.ini:3: [node] id: found a second time, expected once; the first time is in line 2"},
    {"[node]\nnr = 1\n",
     "DIR/test.ini:2: [node] found the unknown key \"nr\", expected one of id, data_dir, join, "
     "auto_promote, bootstrap"},
    {"[node]\nID = 1\n",
     "DIR/test.ini:2: [node] found the unknown key \"ID\", expected one of id, data_dir, join, "
     "auto_promote, bootstrap"},
    {"[nodes]\nid = 1\nname = 2\n",
     "DIR/test.ini:1: found the unknown section \"nodes\", expected one of node, cluster, listen, "
     "advertise, peers, tls, raft, storage, snapshot, limits, redis, log"},
    {"[ node ]\n",
     "DIR/test.ini:1: found the unknown section \" node \", expected one of node, cluster, listen, "
     "advertise, peers, tls, raft, storage, snapshot, limits, redis, log"},
    {"id = 1\n", "DIR/test.ini:1: found the key \"id\" before the first section, expected a "
                 "[SECTION] before it"},
    {"[node] id = 1\n",
     "DIR/test.ini:1: found \"id = 1\" after a section, expected it on a line of its own"},
    {"[node\nid = 5\n",
     "DIR/test.ini:1: found \"[node\", expected ] after the name of the section"},
    {"[node]\nid\n", "DIR/test.ini:2: found \"id\", expected KEY = VALUE, [SECTION] or a comment"},
    {"[node]\nid 5 ; id = 5\n",
     "DIR/test.ini:2: found \"id 5 ; id = 5\", expected KEY = VALUE, [SECTION] or a comment"},
    {"[listen]\nclient 127.0.0.1:7380\n", "DIR/test.ini:2: found \"client 127.0.0.1:7380\", "
                                          "expected KEY = VALUE, [SECTION] or a comment"},
    {"[node]\nid: 5\n",
     "DIR/test.ini:2: found \"id: 5\", expected KEY = VALUE, [SECTION] or a comment"},
    {"[node]\n= 5\n",
     "DIR/test.ini:2: [node] found the unknown key \"\", expected one of id, data_dir, join, "
     "auto_promote, bootstrap"},
    {"[node]\nid = 1\n  2\n",
     "DIR/test.ini:3: found \"2\", expected KEY = VALUE, [SECTION] or a comment"},
    {"\xef\xbb\xbf[node]\nid = 1\n",
     "DIR/test.ini:1: found a byte order mark at the start of the file, expected none: remove it "
     "with sed -i '1s/^\\xef\\xbb\\xbf//'"},
    {"[node]\r\nid = 1\r\n",
     "DIR/test.ini:1: found a line that ends in CR LF, expected LF alone: convert the file with "
     "dos2unix or sed -i 's/\\r$//'"},
    {"[node]\nid = 1\r\n",
     "DIR/test.ini:2: found a line that ends in CR LF, expected LF alone: convert the file with "
     "dos2unix or sed -i 's/\\r$//'"},
    {"[node]\nid = 1\rid = 2\n",
     "DIR/test.ini:2: found the control character 0x0d in column 7, expected text"},
    {"[node]\ndata_dir = /tmp/\x1b[2J\n",
     "DIR/test.ini:2: found the control character 0x1b in column 17, expected text"},
    {"; \x07\n", "DIR/test.ini:1: found the control character 0x07 in column 3, expected text"},
    {"[peers]\n0 = a:1\n",
     "DIR/test.ini:2: [peers] found the key \"0\", expected a node id from 1 to 65535"},
    {"[peers]\n70000 = a:1\n",
     "DIR/test.ini:2: [peers] found the key \"70000\", expected a node id from 1 to 65535"},
    {"[peers]\n1 = 127.0.0.1:7381\n1 = 127.0.0.1:7382\n",
     "DIR/test.ini:3: [peers] 1: found a second time, expected once; the first time is in line 2"},
    {"[peers]\n1 = 127.0.0.1\n",
     "DIR/test.ini:2: [peers] 1: found \"127.0.0.1\", expected an address HOST:PORT (the port is "
     "missing)"},
    {"[peers]\n1 = ::1:7381\n", "DIR/test.ini:2: [peers] 1: found \"::1:7381\", expected an "
                                "address HOST:PORT (an IPv6 address "
                                "has to be in brackets, as in [::1]:7380)"},
};

START_TEST(names_file_line_found_and_wanted)
{
    struct conf conf;

    ck_assert_int_eq(load(&conf, &mistakes, wrong[_i].text), RAFTD_ERROR_INVALID);
    expect_only(&mistakes, wrong[_i].wanted);
}
END_TEST

START_TEST(tells_every_mistake_not_only_the_first)
{
    struct conf conf;

    ck_assert_int_eq(load(&conf, &mistakes,
                          "[node]\n"
                          "id = 0\n"
                          "[raft]\n"
                          "heartbeat_ms = fast\n"
                          "oops\n"
                          "[nowhere]\n"
                          "id = 5\n"
                          "[listen]\n"
                          "client = 10.0.0.1:7380\n"),
                     RAFTD_ERROR_INVALID);
    ck_assert_uint_eq(mistakes.count, 5);
    expect_some(&mistakes, "DIR/test.ini:2: [node] id: ");
    expect_some(&mistakes, "DIR/test.ini:4: [raft] heartbeat_ms: ");
    expect_some(&mistakes, "DIR/test.ini:5: found \"oops\"");
    expect_some(&mistakes, "DIR/test.ini:6: found the unknown section \"nowhere\"");
    expect_some(&mistakes, "DIR/test.ini:9: [listen] client: ");
}
END_TEST

/* A value with a mistake is reported once. Checks of several options do not use the default in its
 * place. */
START_TEST(one_mistake_does_not_make_another)
{
    struct conf conf;

    ck_assert_int_eq(load(&conf, &mistakes,
                          "[node]\nid = 70000\n[peers]\n2 = 127.0.0.1:7381\n3 = 127.0.0.1:7382\n"
                          "[tls]\npeer = of\n"),
                     RAFTD_ERROR_INVALID);
    ck_assert_uint_eq(mistakes.count, 2);
    expect_some(&mistakes, ":2: [node] id: ");
    expect_some(&mistakes, ":7: [tls] peer: ");
    ck_assert_int_eq(
        load(&conf, &mistakes, "[raft]\nheartbeat_ms = 600\nelection_timeout_ms = 5\n"),
        RAFTD_ERROR_INVALID);
    ck_assert_uint_eq(mistakes.count, 1);
    ck_assert_int_eq(
        load(&conf, &mistakes, "[node]\nid=9\n[peers]\n8 = 127.0.0.1:1\n9 = nowhere\n"),
        RAFTD_ERROR_INVALID);
    ck_assert_uint_eq(mistakes.count, 1);
}
END_TEST

START_TEST(finds_nul_bytes)
{
    static const char text[] = "[node]\nid = 1\0"
                               "2\n";
    struct conf conf;
    const char *path = scratch_file("nul.ini", text, sizeof(text) - 1, 0600);

    memset(&mistakes, 0, sizeof(mistakes));
    conf_defaults(&conf);
    ck_assert_int_eq(conf_load(&conf, path, mistakes_add, &mistakes), RAFTD_ERROR_INVALID);
    expect_only(&mistakes, "DIR/nul.ini:2: found the control character 0x00 in column 7, expected "
                           "text (UTF-8, not UTF-16)");
}
END_TEST

/* Lines up to the limit are read completely; inih alone would cut them after 200 bytes. */
START_TEST(bounds_lines)
{
    static char text[8192];
    struct conf conf;
    size_t start;

    strcpy(text, "[node]\ndata_dir = /");
    start = strlen(text);
    memset(text + start, 'd', 900);
    strcpy(text + start + 900, "e\n");
    ck_assert_int_eq(load(&conf, &mistakes, text), 0);
    ck_assert_uint_eq(strlen(conf.node.data_dir), 902);
    ck_assert_int_eq(conf.node.data_dir[901], 'e');

    strcpy(text, ";");
    memset(text + 1, 'c', CONF_LINE_BYTES_MAX - 1);
    strcpy(text + CONF_LINE_BYTES_MAX, "\n");
    ck_assert_int_eq(load(&conf, &mistakes, text), 0);

    strcpy(text + CONF_LINE_BYTES_MAX, "c\n[node]\nid = 2\n");
    ck_assert_int_eq(load(&conf, &mistakes, text), RAFTD_ERROR_INVALID);
    expect_only(&mistakes, "DIR/test.ini:1: found a line of 2001 bytes, expected at most 2000");
    ck_assert_uint_eq(conf.node.id, 2);

    /* A value that is short enough for a line but too long for its field. */
    strcpy(text, "[node]\ndata_dir = /");
    memset(text + start, 'd', CONF_TEXT_MAX);
    strcpy(text + start + CONF_TEXT_MAX, "\n");
    ck_assert_int_eq(load(&conf, &mistakes, text), RAFTD_ERROR_INVALID);
    expect_some(&mistakes, "expected at most 1023 bytes");
}
END_TEST

START_TEST(bounds_files)
{
    size_t size = CONF_FILE_BYTES_MAX;
    char *text = malloc(size + 1);
    struct conf conf;
    const char *path;

    ck_assert_ptr_nonnull(text);
    memset(text, '\n', size + 1);
    memset(&mistakes, 0, sizeof(mistakes));
    conf_defaults(&conf);
    path = scratch_file("large.ini", text, size, 0600);
    ck_assert_int_eq(conf_load(&conf, path, mistakes_add, &mistakes), 0);
    path = scratch_file("larger.ini", text, size + 1, 0600);
    ck_assert_int_eq(conf_load(&conf, path, mistakes_add, &mistakes), RAFTD_ERROR_INVALID);
    expect_only(&mistakes, "DIR/larger.ini: found more than 1048576 bytes, expected at most that "
                           "many: is this the right file?");
    free(text);
}
END_TEST

START_TEST(bounds_what_it_says)
{
    static char text[32768];
    struct conf conf;

    text[0] = 0;
    for (int i = 0; i < 500; i++) {
        strcat(text, "mistake\n");
    }
    ck_assert_int_eq(load(&conf, &mistakes, text), RAFTD_ERROR_INVALID);
    ck_assert_uint_eq(mistakes.count, CONF_MISTAKES_MAX + 1);
    expect_some(&mistakes, "DIR/test.ini:100: ");
    expect_some(&mistakes, "there are more mistakes; correct these first");
}
END_TEST

START_TEST(tells_files_that_cannot_be_read)
{
    struct conf conf;
    char path[256];

    conf_defaults(&conf);
    memset(&mistakes, 0, sizeof(mistakes));
    snprintf(path, sizeof(path), "%s/missing.ini", scratch_directory());
    ck_assert_int_eq(conf_load(&conf, path, mistakes_add, &mistakes), RAFTD_ERROR_SYSTEM);
    expect_only(&mistakes, "DIR/missing.ini: cannot be read: No such file or directory");

    memset(&mistakes, 0, sizeof(mistakes));
    ck_assert_int_eq(conf_load(&conf, scratch_directory(), mistakes_add, &mistakes),
                     RAFTD_ERROR_SYSTEM);
    expect_some(&mistakes, ": cannot be read: it is a directory, expected a file");

    /* The daemon must not wait for a pipe that nobody writes to. */
    memset(&mistakes, 0, sizeof(mistakes));
    snprintf(path, sizeof(path), "%s/pipe", scratch_directory());
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(conf_load(&conf, path, mistakes_add, &mistakes), RAFTD_ERROR_SYSTEM);
    unlink(path);
    expect_only(&mistakes, "DIR/pipe: cannot be read: it is not a regular file");
}
END_TEST

static int load_settings(struct conf *conf, const char *path, const char *const *settings,
                         size_t count)
{
    memset(&mistakes, 0, sizeof(mistakes));
    conf_defaults(conf);
    return conf_load_with(conf, path, settings, count, mistakes_add, &mistakes);
}

START_TEST(settings_go_before_the_file)
{
    static const char text[] = "[node]\nid = 2\ndata_dir = here\n[raft]\nheartbeat_ms = 600\n"
                               "[tls]\npeer = off\n[peers]\n2 = 127.0.0.1:7381\n"
                               "3 = 127.0.0.1:7382\n";
    static const char *const settings[] = {
        "raft.heartbeat_ms=50",   "node.id=3",          "node.id=4",
        "peers.4=127.0.0.1:7384", "peers.3=[::1]:7383", "listen.peer=127.0.0.1:7384",
        "node.data_dir=a=b"};
    struct conf conf;
    const char *path = scratch_file("base.ini", text, sizeof(text) - 1, 0600);

    ck_assert_msg(load_settings(&conf, path, settings, 7) == 0, "%s", mistakes.text);
    ck_assert_uint_eq(conf.node.id, 4);
    ck_assert_uint_eq(conf.raft.heartbeat_ms, 50);
    ck_assert_uint_eq(conf.peer_count, 3);
    ck_assert_str_eq(conf.peers[1].address, "[::1]:7383");
    ck_assert_str_eq(conf.node.data_dir, "a=b");
    /* Without the settings the file has a mistake, so file and settings were checked together. */
    ck_assert_int_eq(load_settings(&conf, path, NULL, 0), RAFTD_ERROR_INVALID);
    expect_some(&mistakes, "DIR/base.ini:5: [raft] heartbeat_ms: ");
}
END_TEST

START_TEST(settings_need_no_file)
{
    static const char *const settings[] = {"node.id=9", "limits.max_clients=10"};
    struct conf conf;

    ck_assert_int_eq(load_settings(&conf, NULL, settings, 2), 0);
    ck_assert_uint_eq(conf.node.id, 9);
    ck_assert_uint_eq(conf.limits.max_clients, 10);
}
END_TEST

static const struct {
    const char *setting;
    const char *wanted;
} wrong_settings[] = {
    {"node.id=0", "--set: [node] id: found \"0\", expected a number from 1 to 65535"},
    {"node.idd=1",
     "--set: [node] found the unknown key \"idd\", expected one of id, data_dir, join, "
     "auto_promote, bootstrap"},
    {"peers.0=a:1", "--set: [peers] found the key \"0\", expected a node id from 1 to 65535"},
    {"raft.heartbeat_ms=500",
     "--set: [raft] heartbeat_ms: found \"500\", expected less than half of "
     "[raft] election_timeout_ms, which is 1000"},
    {"", "--set: found \"\", expected SECTION.KEY=VALUE with an option of raftd.conf(5)"},
    {"id=1", "--set: found \"id=1\", expected SECTION.KEY=VALUE with an option of raftd.conf(5)"},
    {"node.id",
     "--set: found \"node.id\", expected SECTION.KEY=VALUE with an option of raftd.conf(5)"},
    {"nod.id=1", "--set: found \"nod.id=1\", expected SECTION.KEY=VALUE with an option of "
                 "raftd.conf(5)"},
    {"id=node.id", "--set: found \"id=node.id\", expected SECTION.KEY=VALUE with an option of "
                   "raftd.conf(5)"},
};

START_TEST(settings_can_be_wrong)
{
    struct conf conf;

    ck_assert_int_eq(load_settings(&conf, NULL, &wrong_settings[_i].setting, 1),
                     RAFTD_ERROR_INVALID);
    expect_only(&mistakes, wrong_settings[_i].wanted);
}
END_TEST

UNIT_SUITE(load)
{
    Suite *suite = suite_create("load");
    TCase *tests = tcase_create("load");

    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, reads_a_file);
    tcase_add_test(tests, an_empty_file_is_all_defaults);
    tcase_add_loop_test(tests, names_file_line_found_and_wanted, 0,
                        (int)(sizeof(wrong) / sizeof(wrong[0])));
    tcase_add_test(tests, tells_every_mistake_not_only_the_first);
    tcase_add_test(tests, one_mistake_does_not_make_another);
    tcase_add_test(tests, finds_nul_bytes);
    tcase_add_test(tests, bounds_lines);
    tcase_add_test(tests, bounds_files);
    tcase_add_test(tests, bounds_what_it_says);
    tcase_add_test(tests, tells_files_that_cannot_be_read);
    tcase_add_test(tests, settings_go_before_the_file);
    tcase_add_test(tests, settings_need_no_file);
    tcase_add_loop_test(tests, settings_can_be_wrong, 0,
                        (int)(sizeof(wrong_settings) / sizeof(wrong_settings[0])));
    suite_add_tcase(suite, tests);
    return suite;
}
