/*
 * wire/frame: headers, hellos and probes are decoded as they were encoded, and nothing else is
 * accepted.
 */
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "wire/wire.h"

enum { MAX_PAYLOAD_BYTES = 1 << 20 };

static const struct wire_hello hello_sample = {
    .version_min = 1,
    .version_max = 3,
    .cluster_id = 0x1122334455667788,
    .node_id = 7,
    .wanted_id = 65535,
    .process_id = UINT64_MAX,
    .cluster_name = "demo",
    .client_address = "127.0.0.1:7380",
    .refusal = "cluster id differs",
};

static const uint8_t *payload_of(const struct wire_frame *frame)
{
    return frame->data + WIRE_HEADER_BYTES;
}

static size_t payload_size(const struct wire_frame *frame)
{
    return frame->size_bytes - WIRE_HEADER_BYTES;
}

/* Decodes a copy of exactly this size, so that a sanitizer reports a read past the end. */
static int decode_hello(struct wire_hello *hello, const uint8_t *payload, size_t size)
{
    uint8_t *copy = memory_allocate(size);
    int code;

    memcpy(copy, payload, size);
    code = wire_hello_decode(hello, copy, size, NULL);
    memory_free(copy);
    return code;
}

START_TEST(header_says_type_version_and_length)
{
    const struct wire_probe probe = {.nonce = 1};
    struct wire_frame *frame = wire_probe_encode(WIRE_PROBE, &probe);
    struct wire_header header;

    ck_assert_int_eq(wire_header_decode(&header, frame->data, MAX_PAYLOAD_BYTES, NULL), 0);
    ck_assert_uint_eq(header.type, WIRE_PROBE);
    ck_assert_uint_eq(header.version, WIRE_VERSION_MAX);
    ck_assert_uint_eq(header.payload_bytes, payload_size(frame));
    memory_free(frame);
}
END_TEST

START_TEST(header_of_a_stranger_is_refused)
{
    static const uint8_t good[WIRE_HEADER_BYTES] = {9, 0, 0, 0, WIRE_PROBE, WIRE_VERSION_MAX, 0, 0};
    static const struct {
        size_t offset;
        uint8_t value;
        const char *says;
    } breaks[] = {
        {4, 0, "unknown type 0"},
        {4, WIRE_FOUND_REPLY + 1, "unknown type 12"},
        {4, 255, "unknown type 255"},
        {5, 0, "protocol version 0"},
        {5, 1, "protocol version 1"},
        {4, WIRE_HELLO, "protocol version 2"}, /* a greeting has version 1 */
        {5, 3, "protocol version 3"},
        {6, 1, "padding"},
        {7, 1, "padding"},
        {0, 10, "10 bytes; the limit is 9"},
        {3, 255, "the limit is 9"},
    };
    struct wire_header header;
    struct raftd_error error;

    ck_assert_int_eq(wire_header_decode(&header, good, MAX_PAYLOAD_BYTES, &error), 0);
    for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
        uint8_t bad[WIRE_HEADER_BYTES];

        memcpy(bad, good, sizeof(bad));
        bad[breaks[i].offset] = breaks[i].value;
        ck_assert_int_eq(wire_header_decode(&header, bad, MAX_PAYLOAD_BYTES, &error),
                         RAFTD_ERROR_PROTOCOL);
        ck_assert_msg(strstr(error.message, breaks[i].says) != NULL, "\"%s\" lacks \"%s\"",
                      error.message, breaks[i].says);
    }
}
END_TEST

START_TEST(header_is_held_to_the_callers_limit)
{
    uint8_t data[WIRE_HEADER_BYTES] = {0, 0, 0, 0, WIRE_RAFT, WIRE_VERSION_MAX, 0, 0};
    struct wire_header header;

    store_u32(data, MAX_PAYLOAD_BYTES);
    ck_assert_int_eq(wire_header_decode(&header, data, MAX_PAYLOAD_BYTES, NULL), 0);
    store_u32(data, MAX_PAYLOAD_BYTES + 1);
    ck_assert_int_eq(wire_header_decode(&header, data, MAX_PAYLOAD_BYTES, NULL),
                     RAFTD_ERROR_PROTOCOL);
    store_u32(data, UINT32_MAX);
    ck_assert_int_eq(wire_header_decode(&header, data, MAX_PAYLOAD_BYTES, NULL),
                     RAFTD_ERROR_PROTOCOL);
}
END_TEST

/* A node of protocol version 1 sends no identity, and can read why it is refused. */
START_TEST(identity_is_in_no_hello_of_version_1_and_in_no_refusal)
{
    static const struct {
        uint16_t version_max;
        const char *refusal;
        bool has_identity;
    } hellos[] = {{1, "", false}, {2, "", true}, {3, "", true}, {2, "why not", false}};

    for (size_t i = 0; i < sizeof(hellos) / sizeof(hellos[0]); i++) {
        struct wire_hello hello = hello_sample;
        struct wire_hello found;
        struct wire_frame *frame;

        hello.version_max = hellos[i].version_max;
        hello.identity = 4711;
        hello.boot_count = 12;
        hello.term = 13;
        hello.last_index = 14;
        strcpy(hello.refusal, hellos[i].refusal);
        frame = wire_hello_encode(WIRE_HELLO, &hello);
        ck_assert_uint_eq(payload_size(frame),
                          30 + strlen(hello.cluster_name) + strlen(hello.client_address) +
                              strlen(hello.refusal) + (hellos[i].has_identity ? 32 : 0));
        ck_assert_int_eq(decode_hello(&found, payload_of(frame), payload_size(frame)), 0);
        ck_assert_uint_eq(found.identity, hellos[i].has_identity ? 4711 : 0);
        ck_assert_uint_eq(found.boot_count, hellos[i].has_identity ? 12 : 0);
        ck_assert_uint_eq(found.term, hellos[i].has_identity ? 13 : 0);
        ck_assert_uint_eq(found.last_index, hellos[i].has_identity ? 14 : 0);
        memory_free(frame);
    }
}
END_TEST

/* Only a refusal, and a hello of version 1, may leave open which directory its sender has. */
START_TEST(a_hello_without_an_identity_is_refused)
{
    struct wire_hello hello = hello_sample;
    struct wire_hello found;
    struct wire_frame *frame;

    hello.refusal[0] = 0;
    frame = wire_hello_encode(WIRE_HELLO, &hello);
    ck_assert_int_eq(decode_hello(&found, payload_of(frame), payload_size(frame)),
                     RAFTD_ERROR_PROTOCOL);
    memory_free(frame);
}
END_TEST

START_TEST(hello_comes_back_as_it_went)
{
    static const enum wire_frame_type types[] = {WIRE_HELLO, WIRE_HELLO_REPLY};

    for (size_t i = 0; i < 2; i++) {
        struct wire_frame *frame = wire_hello_encode(types[i], &hello_sample);
        struct wire_hello hello;

        ck_assert_uint_eq(frame->data[4], types[i]);
        ck_assert_int_eq(decode_hello(&hello, payload_of(frame), payload_size(frame)), 0);
        ck_assert_uint_eq(hello.version_min, hello_sample.version_min);
        ck_assert_uint_eq(hello.version_max, hello_sample.version_max);
        ck_assert_uint_eq(hello.cluster_id, hello_sample.cluster_id);
        ck_assert_uint_eq(hello.node_id, hello_sample.node_id);
        ck_assert_uint_eq(hello.wanted_id, hello_sample.wanted_id);
        ck_assert_uint_eq(hello.process_id, hello_sample.process_id);
        ck_assert_str_eq(hello.cluster_name, hello_sample.cluster_name);
        ck_assert_str_eq(hello.client_address, hello_sample.client_address);
        ck_assert_str_eq(hello.refusal, hello_sample.refusal);
        memory_free(frame);
    }
}
END_TEST

START_TEST(hello_with_the_longest_texts_passes_its_own_limit)
{
    struct wire_hello hello = hello_sample;
    struct wire_hello back;
    struct wire_header header;
    struct wire_frame *frame;

    memset(hello.cluster_name, 'n', sizeof(hello.cluster_name) - 1);
    memset(hello.client_address, 'a', sizeof(hello.client_address) - 1);
    memset(hello.refusal, 'r', sizeof(hello.refusal) - 1);
    frame = wire_hello_encode(WIRE_HELLO_REPLY, &hello);
    ck_assert_int_eq(wire_header_decode(&header, frame->data, MAX_PAYLOAD_BYTES, NULL), 0);
    ck_assert_int_eq(decode_hello(&back, payload_of(frame), payload_size(frame)), 0);
    ck_assert_str_eq(back.refusal, hello.refusal);
    memory_free(frame);
}
END_TEST

START_TEST(hello_cut_anywhere_or_with_a_byte_more_is_refused)
{
    struct wire_frame *frame = wire_hello_encode(WIRE_HELLO, &hello_sample);
    uint8_t longer[WIRE_HELLO_MAX_BYTES] = {0};
    struct wire_hello hello;

    for (size_t size = 0; size < payload_size(frame); size++) {
        ck_assert_int_eq(decode_hello(&hello, payload_of(frame), size), RAFTD_ERROR_PROTOCOL);
    }
    memcpy(longer, payload_of(frame), payload_size(frame));
    ck_assert_int_eq(decode_hello(&hello, longer, payload_size(frame) + 1), RAFTD_ERROR_PROTOCOL);
    memory_free(frame);
}
END_TEST

START_TEST(hello_with_impossible_values_is_refused)
{
    enum { VERSION_MAX_OFFSET = 2, NODE_ID_OFFSET = 12, NAME_OFFSET = 24 };
    static const struct {
        size_t offset;
        uint8_t value;
    } breaks[] = {
        {VERSION_MAX_OFFSET, 0}, /* below version_min */
        {NODE_ID_OFFSET, 0},     /* node id 0 */
        {NAME_OFFSET, 200},      /* a text that is longer than its field and than the payload */
        {NAME_OFFSET, 64},       /* a text that is one byte too long for its field */
        {NAME_OFFSET + 2, 0},    /* a NUL, a line end and a DEL inside a text */
        {NAME_OFFSET + 3, '\n'}, {NAME_OFFSET + 4, 0x7f},
    };
    struct wire_frame *frame = wire_hello_encode(WIRE_HELLO, &hello_sample);

    for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
        uint8_t payload[WIRE_HELLO_MAX_BYTES];
        struct wire_hello hello;

        memcpy(payload, payload_of(frame), payload_size(frame));
        payload[breaks[i].offset] = breaks[i].value;
        ck_assert_int_eq(decode_hello(&hello, payload, payload_size(frame)), RAFTD_ERROR_PROTOCOL);
    }
    memory_free(frame);
}
END_TEST

START_TEST(probe_comes_back_as_it_went)
{
    for (int ready = 0; ready < 2; ready++) {
        const struct wire_probe probe = {.nonce = 0x8877665544332211, .ready = ready == 1};
        struct wire_frame *frame = wire_probe_encode(WIRE_PROBE_REPLY, &probe);
        struct wire_probe back;

        ck_assert_uint_eq(frame->data[4], WIRE_PROBE_REPLY);
        ck_assert_int_eq(wire_probe_decode(&back, payload_of(frame), payload_size(frame), NULL), 0);
        ck_assert_uint_eq(back.nonce, probe.nonce);
        ck_assert_int_eq(back.ready, ready);
        memory_free(frame);
    }
}
END_TEST

START_TEST(probe_of_wrong_size_or_with_a_third_truth_is_refused)
{
    uint8_t payload[10] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 0};
    struct wire_probe probe;

    ck_assert_int_eq(wire_probe_decode(&probe, payload, 9, NULL), 0);
    for (size_t size = 0; size <= sizeof(payload); size++) {
        if (size != 9) {
            ck_assert_int_eq(wire_probe_decode(&probe, payload, size, NULL), RAFTD_ERROR_PROTOCOL);
        }
    }
    payload[8] = 2;
    ck_assert_int_eq(wire_probe_decode(&probe, payload, 9, NULL), RAFTD_ERROR_PROTOCOL);
}
END_TEST

UNIT_SUITE(frame)
{
    Suite *suite = suite_create("frame");
    TCase *header = tcase_create("header");
    TCase *hello = tcase_create("hello");
    TCase *probe = tcase_create("probe");

    tcase_add_test(header, header_says_type_version_and_length);
    tcase_add_test(header, header_of_a_stranger_is_refused);
    tcase_add_test(header, header_is_held_to_the_callers_limit);
    suite_add_tcase(suite, header);
    tcase_add_test(hello, hello_comes_back_as_it_went);
    tcase_add_test(hello, a_hello_without_an_identity_is_refused);
    tcase_add_test(hello, identity_is_in_no_hello_of_version_1_and_in_no_refusal);
    tcase_add_test(hello, hello_with_the_longest_texts_passes_its_own_limit);
    tcase_add_test(hello, hello_cut_anywhere_or_with_a_byte_more_is_refused);
    tcase_add_test(hello, hello_with_impossible_values_is_refused);
    suite_add_tcase(suite, hello);
    tcase_add_test(probe, probe_comes_back_as_it_went);
    tcase_add_test(probe, probe_of_wrong_size_or_with_a_third_truth_is_refused);
    suite_add_tcase(suite, probe);
    return suite;
}
