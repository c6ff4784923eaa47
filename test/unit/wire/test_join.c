/*
 * wire/join: join requests and replies are decoded as they were encoded, and nothing else is
 * accepted.
 */
#include <string.h>

#include "base/memory.h"
#include "unit.h"
#include "wire/wire.h"

static struct wire_join a_join(void)
{
    return (struct wire_join){.version_min = 1,
                              .version_max = 2,
                              .cluster_id = 0x0123456789abcdef,
                              .identity = 0x71,
                              .node_id = 4,
                              .promote = true,
                              .cluster_name = "demo",
                              .address = "node-4.example:7381"};
}

static struct wire_join_reply a_reply(void)
{
    return (struct wire_join_reply){.version_min = 1,
                                    .version_max = 1,
                                    .cluster_id = 7,
                                    .node_id = 2,
                                    .verdict = WIRE_JOIN_ELSEWHERE,
                                    .leader_id = 3,
                                    .cluster_name = "demo",
                                    .leader_address = "node-3.example:7381",
                                    .text = "it leads"};
}

START_TEST(a_petition_comes_back_and_cut_or_longer_it_does_not)
{
    struct wire_join join = a_join();
    struct wire_join back = {0};
    struct raftd_error error;
    struct wire_frame *frame = wire_join_encode(&join);
    const uint8_t *payload = frame->data + WIRE_HEADER_BYTES;
    size_t size = frame->size_bytes - WIRE_HEADER_BYTES;

    ck_assert_int_eq(wire_join_decode(&back, payload, size, &error), 0);
    ck_assert_uint_eq(back.cluster_id, join.cluster_id);
    ck_assert_uint_eq(back.node_id, 4);
    ck_assert(back.promote && !back.asks_only);
    ck_assert_str_eq(back.cluster_name, "demo");
    ck_assert_str_eq(back.address, "node-4.example:7381");
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = memory_allocate(cut + 1);

        memcpy(copy, payload, cut);
        ck_assert_int_eq(wire_join_decode(&back, copy, cut, &error), RAFTD_ERROR_PROTOCOL);
        memory_free(copy);
    }
    frame->data[WIRE_HEADER_BYTES + 12] = 0; /* no identity */
    ck_assert_int_eq(wire_join_decode(&back, payload, size, &error), RAFTD_ERROR_PROTOCOL);
    frame->data[WIRE_HEADER_BYTES + 12] = 0x71;
    frame->data[WIRE_HEADER_BYTES + 20] = 0; /* node id 0 */
    frame->data[WIRE_HEADER_BYTES + 21] = 0;
    ck_assert_int_eq(wire_join_decode(&back, payload, size, &error), RAFTD_ERROR_PROTOCOL);
    memory_free(frame);
}
END_TEST

START_TEST(an_answer_comes_back_and_an_unknown_verdict_does_not)
{
    struct wire_join_reply reply = a_reply();
    struct wire_join_reply back = {0};
    struct raftd_error error;
    struct wire_frame *frame = wire_join_reply_encode(&reply);
    const uint8_t *payload = frame->data + WIRE_HEADER_BYTES;
    size_t size = frame->size_bytes - WIRE_HEADER_BYTES;

    ck_assert_int_eq(wire_join_reply_decode(&back, payload, size, &error), 0);
    ck_assert_uint_eq(back.verdict, WIRE_JOIN_ELSEWHERE);
    ck_assert_uint_eq(back.leader_id, 3);
    ck_assert_str_eq(back.leader_address, "node-3.example:7381");
    ck_assert_str_eq(back.text, "it leads");
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = memory_allocate(cut + 1);

        memcpy(copy, payload, cut);
        ck_assert_int_eq(wire_join_reply_decode(&back, copy, cut, &error), RAFTD_ERROR_PROTOCOL);
        memory_free(copy);
    }
    frame->data[WIRE_HEADER_BYTES + 14] = WIRE_JOIN_REMOVED + 1;
    ck_assert_int_eq(wire_join_reply_decode(&back, payload, size, &error), RAFTD_ERROR_PROTOCOL);
    frame->data[WIRE_HEADER_BYTES + 14] = 0;
    ck_assert_int_eq(wire_join_reply_decode(&back, payload, size, &error), RAFTD_ERROR_PROTOCOL);
    memory_free(frame);
}
END_TEST

UNIT_SUITE(join)
{
    Suite *suite = suite_create("join");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, a_petition_comes_back_and_cut_or_longer_it_does_not);
    tcase_add_test(tests, an_answer_comes_back_and_an_unknown_verdict_does_not);
    suite_add_tcase(suite, tests);
    return suite;
}
