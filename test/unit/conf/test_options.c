/*
 * conf/options: the table of options does not contradict itself.
 */
#include "conf/options.h"

#include <string.h>

#include "conf/value.h"
#include "unit.h"

START_TEST(names_are_unique_and_in_order_of_sections)
{
    size_t section = 0;

    for (size_t i = 0; i < conf_option_count; i++) {
        const struct conf_option *option = &conf_options[i];

        while (strcmp(conf_sections[section].name, option->section) != 0) {
            section++;
            ck_assert_msg(section < conf_section_count, "[%s] %s is out of order", option->section,
                          option->key);
        }
        ck_assert_msg(conf_option_find(option->section, option->key) == option,
                      "[%s] %s is there twice", option->section, option->key);
        ck_assert_uint_eq(conf_option_index(option), i);
    }
    ck_assert_uint_eq(section, conf_section_count - 1);
}
END_TEST

/* Two options with the same field would overwrite each other. */
START_TEST(fields_do_not_overlap)
{
    for (size_t i = 0; i < conf_option_count; i++) {
        const struct conf_option *a = &conf_options[i];

        ck_assert_uint_le(a->offset + a->size_bytes, sizeof(struct conf));
        for (size_t j = 0; j < i; j++) {
            const struct conf_option *b = &conf_options[j];

            ck_assert_msg(
                a->offset >= b->offset + b->size_bytes || b->offset >= a->offset + a->size_bytes,
                "[%s] %s and [%s] %s share a field", a->section, a->key, b->section, b->key);
        }
    }
}
END_TEST

static size_t wanted_size(enum conf_type type, size_t size)
{
    switch (type) {
    case CONF_TYPE_U16:
        return sizeof(uint16_t);
    case CONF_TYPE_U32:
        return sizeof(uint32_t);
    case CONF_TYPE_BYTES:
        return sizeof(uint64_t);
    case CONF_TYPE_BOOL:
        return sizeof(bool);
    case CONF_TYPE_ENUM:
        return sizeof(int);
    case CONF_TYPE_ADDRESS:
        return CONF_ADDRESS_MAX;
    case CONF_TYPE_PATH:
        return CONF_TEXT_MAX;
    default:
        return size;
    }
}

START_TEST(types_fit_their_fields_and_limits)
{
    for (size_t i = 0; i < conf_option_count; i++) {
        const struct conf_option *option = &conf_options[i];

        ck_assert_msg(wanted_size(option->type, option->size_bytes) == option->size_bytes,
                      "[%s] %s: the field has %zu bytes", option->section, option->key,
                      option->size_bytes);
        ck_assert_msg(option->description[0] != 0 &&
                          option->description[strlen(option->description) - 1] == '.',
                      "[%s] %s: the description is no sentence", option->section, option->key);
        ck_assert_msg(option->initial[0] != 0 || option->without != NULL,
                      "[%s] %s: what holds if it is not given?", option->section, option->key);
        if (option->type == CONF_TYPE_U16 || option->type == CONF_TYPE_U32 ||
            option->type == CONF_TYPE_BYTES) {
            ck_assert_uint_lt(option->min, option->max);
            ck_assert(option->type != CONF_TYPE_U16 || option->max <= UINT16_MAX);
            ck_assert(option->type != CONF_TYPE_U32 || option->max <= UINT32_MAX);
        }
    }
}
END_TEST

/* The comments in conf.h state the defaults, and other modules rely on them. */
START_TEST(defaults_are_those_of_the_contract)
{
    struct conf conf;

    conf_defaults(&conf);
    ck_assert_uint_eq(conf.node.id, 1);
    ck_assert_str_eq(conf.node.data_dir, "./raftd-data");
    ck_assert_str_eq(conf.cluster.name, "raftd");
    ck_assert_str_eq(conf.listen.peer, "127.0.0.1:7381");
    ck_assert_str_eq(conf.listen.client, "127.0.0.1:7380");
    ck_assert(!conf.listen.allow_unauthenticated_clients);
    ck_assert_str_eq(conf.advertise.peer, "");
    ck_assert_str_eq(conf.advertise.client, "");
    ck_assert_uint_eq(conf.peer_count, 0);
    ck_assert_str_eq(conf.tls.key, "");
    ck_assert_int_eq(conf.tls.peer, CONF_TLS_REQUIRED);
    ck_assert_int_eq(conf.tls.client, CONF_TLS_OFF);
    ck_assert(!conf.tls.allow_plaintext_peers);
    ck_assert_uint_eq(conf.raft.heartbeat_ms, 100);
    ck_assert_uint_eq(conf.raft.election_timeout_ms, 1000);
    ck_assert_uint_eq(conf.raft.max_batch_bytes, 1 << 20);
    ck_assert_uint_eq(conf.raft.max_inflight_messages, 128);
    ck_assert_uint_eq(conf.raft.max_inflight_bytes, 16 << 20);
    ck_assert_uint_eq(conf.raft.max_uncommitted_bytes, 64 << 20);
    ck_assert_uint_eq(conf.raft.log_memory_bytes, 256 << 20);
    ck_assert_uint_eq(conf.raft.request_timeout_ms, 5000);
    ck_assert_uint_eq(conf.storage.segment_bytes, 64 << 20);
    ck_assert_uint_eq(conf.snapshot.log_bytes, 64 << 20);
    ck_assert_uint_eq(conf.snapshot.keep, 2);
    ck_assert(conf.snapshot.compress);
    ck_assert_uint_eq(conf.limits.max_clients, 10000);
    ck_assert_uint_eq(conf.limits.max_request_bytes, 8 << 20);
    ck_assert_uint_eq(conf.limits.max_arguments, 65536);
    ck_assert_uint_eq(conf.limits.output_buffer_bytes, 64 << 20);
    ck_assert_uint_eq(conf.limits.client_workers, 1);
    ck_assert_uint_eq(conf.limits.idle_timeout_seconds, 0);
    ck_assert_int_eq(conf.log.level, CONF_LOG_INFO);
    ck_assert_int_eq(conf.log.target, CONF_LOG_STDERR);
}
END_TEST

UNIT_SUITE(options)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");

    tcase_add_test(tests, names_are_unique_and_in_order_of_sections);
    tcase_add_test(tests, fields_do_not_overlap);
    tcase_add_test(tests, types_fit_their_fields_and_limits);
    tcase_add_test(tests, defaults_are_those_of_the_contract);
    suite_add_tcase(suite, tests);
    return suite;
}
