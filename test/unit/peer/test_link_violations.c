/*
 * A link whose peer misbehaves: the test itself, which dials as node 1. It is silent, sends single
 * bytes, or frames that no peer may send.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peers.h"
#include "unit.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "peer/link_private.h"
#include "sys/clock.h"

static void assert_contains(const char *text, const char *wanted)
{
    ck_assert_msg(strstr(text, wanted) != NULL, "\"%s\" is not in \"%s\"", wanted, text);
}

static int greeted(struct peers *peers)
{
    struct wire_hello hello = peers_hello(peers);
    struct wire_hello reply;
    int fd = peers_connect(peers);

    ck_assert(peers_greet(peers, fd, &hello, &reply));
    ck_assert_str_eq(reply.refusal, "");
    ck_assert_uint_eq(reply.node_id, 2);
    return fd;
}

static bool node_2_is_up(struct peers *peers)
{
    return peers->ends[2].ups == 1;
}

static bool node_2_is_down(struct peers *peers)
{
    return peers->ends[2].downs == 1;
}

START_TEST(silence_ends_a_connection)
{
    struct peers peers;
    uint64_t begin_ms;
    int fd;

    peers_init(&peers, false);
    peers_start_listener(&peers);
    begin_ms = clock_monotonic_ms();
    fd = greeted(&peers);
    ck_assert(peers_wait(&peers, node_2_is_down));
    ck_assert_uint_ge(clock_monotonic_ms() - begin_ms, 390);
    ck_assert(peers_is_closed(&peers, fd));
    assert_contains(peers_health(&peers, 2).trouble, "the peer sent nothing for");
    close(fd);
    peers_free(&peers);
}
END_TEST

START_TEST(a_frame_in_single_bytes_is_one_frame)
{
    struct raft_message message = {.type = RAFT_MESSAGE_READ, .from = 1, .to = 2, .term = 5};
    struct wire_frame *frame = wire_message_encode(&message);
    struct peers peers;
    int fd;

    peers_init(&peers, false);
    peers_start_listener(&peers);
    fd = greeted(&peers);
    for (size_t i = 0; i < frame->size_bytes; i++) {
        ck_assert_int_eq(write(fd, frame->data + i, 1), 1);
        peers_wait_ms(&peers, 1);
    }
    ck_assert(peers_wait(&peers, node_2_is_up));
    while (peers.ends[2].messages == 0) {
        peers_wait_ms(&peers, 1);
    }
    memory_free(frame);
    close(fd);
    ck_assert(peers_wait(&peers, node_2_is_down));
    peers_free(&peers);
}
END_TEST

/* Frames that end the connection, each with the text that the log contains then. */
static struct wire_frame *from_somebody_else(void)
{
    struct raft_message message = {.type = RAFT_MESSAGE_READ, .from = 3, .to = 2, .term = 5};

    return wire_message_encode(&message);
}

static struct wire_frame *to_somebody_else(void)
{
    struct raft_message message = {.type = RAFT_MESSAGE_READ, .from = 1, .to = 3, .term = 5};

    return wire_message_encode(&message);
}

static struct wire_frame *second_hello(void)
{
    struct wire_hello hello = {.version_min = 1, .version_max = 1, .node_id = 1};

    return wire_hello_encode(WIRE_HELLO, &hello);
}

static struct wire_frame *unasked_answer(void)
{
    struct wire_probe probe = {.nonce = 1};

    return wire_probe_encode(WIRE_PROBE_REPLY, &probe);
}

static struct wire_frame *answer_from_the_future(void)
{
    struct wire_probe probe = {.nonce = UINT64_MAX};

    return wire_probe_encode(WIRE_PROBE_REPLY, &probe);
}

static struct wire_frame *too_long(void)
{
    struct wire_frame *frame = unasked_answer();

    store_u32(frame->data, (8 << 20) + 1);
    frame->data[4] = WIRE_RAFT;
    return frame;
}

static struct wire_frame *unknown_type(void)
{
    struct wire_frame *frame = unasked_answer();

    frame->data[4] = 77;
    return frame;
}

static struct wire_frame *malformed(void)
{
    struct wire_frame *frame = from_somebody_else();

    frame->data[WIRE_HEADER_BYTES] = 99;
    return frame;
}

/* A piece with these bytes of a frame; class_byte may be any. */
static struct wire_frame *piece_of(uint8_t class_byte, const void *data, size_t size)
{
    struct wire_frame *frame = memory_allocate(sizeof(*frame) + WIRE_PIECE_HEAD_BYTES + size);

    frame->size_bytes = WIRE_PIECE_HEAD_BYTES + size;
    wire_piece_head(frame->data, WIRE_ENTRIES, size);
    frame->data[WIRE_HEADER_BYTES] = class_byte;
    memcpy(frame->data + WIRE_PIECE_HEAD_BYTES, data, size);
    return frame;
}

/* The first bytes of a frame of this type whose header announces this payload. */
static struct wire_frame *piece_that_announces(enum wire_class class, uint8_t type,
                                               uint32_t payload_bytes, size_t size)
{
    uint8_t data[WIRE_PIECE_DATA_MAX] = {0};

    store_u32(data, payload_bytes);
    data[4] = type;
    data[5] = WIRE_VERSION_MAX;
    return piece_of((uint8_t) class, data, size);
}

static struct wire_frame *piece_of_control(void)
{
    return piece_that_announces(WIRE_CONTROL, WIRE_RAFT, 1000, 100);
}

static struct wire_frame *piece_of_unknown_class(void)
{
    return piece_that_announces((enum wire_class)77, WIRE_RAFT, 1000, 100);
}

static struct wire_frame *piece_without_header(void)
{
    return piece_that_announces(WIRE_ENTRIES, WIRE_RAFT, 1000, 7);
}

static struct wire_frame *piece_without_data(void)
{
    struct wire_frame *frame = piece_of(WIRE_ENTRIES, "x", 1);

    store_u32(frame->data, 1);
    frame->size_bytes--;
    return frame;
}

static struct wire_frame *piece_of_a_piece(void)
{
    return piece_that_announces(WIRE_ENTRIES, WIRE_PIECE, 1000, 100);
}

static struct wire_frame *piece_of_the_wrong_class(void)
{
    return piece_that_announces(WIRE_BULK, WIRE_RAFT, 1000, 100);
}

static struct wire_frame *piece_of_too_long_a_frame(void)
{
    return piece_that_announces(WIRE_ENTRIES, WIRE_RAFT, (8 << 20) + 1, 100);
}

static struct wire_frame *piece_longer_than_its_frame(void)
{
    return piece_that_announces(WIRE_ENTRIES, WIRE_RAFT, 50, 100);
}

static struct wire_frame *piece_of_a_malformed_frame(void)
{
    return piece_that_announces(WIRE_ENTRIES, WIRE_RAFT, 50, 58);
}

static struct wire_frame *piece_too_long(void)
{
    struct wire_frame *frame = piece_of_control();

    store_u32(frame->data, WIRE_PIECE_FIXED_BYTES + WIRE_PIECE_DATA_MAX + 1);
    return frame;
}

static const struct {
    struct wire_frame *(*make)(void);
    const char *log;
} violations[] = {
    {from_somebody_else, "raft message from node 3 to node 2 on the link of peer 1"},
    {to_somebody_else, "raft message from node 1 to node 3 on the link of peer 1"},
    {second_hello, "the peer sent a second hello"},
    {unasked_answer, "the peer answered a probe that was never sent"},
    {answer_from_the_future, "the peer answered a probe that was never sent"},
    {too_long, "the limit is 8388608"},
    {unknown_type, "unknown type 77"},
    {malformed, "raft message of unknown type"},
    {piece_of_control, "piece of unknown class 0"},
    {piece_of_unknown_class, "piece of unknown class 77"},
    {piece_without_header, "the first piece of a frame has 7 bytes"},
    {piece_without_data, "piece of 1 bytes"},
    {piece_of_a_piece, "pieces of a frame of type 9 in class 1; expected type 5"},
    {piece_of_the_wrong_class, "pieces of a frame of type 5 in class 2; expected type 6"},
    {piece_of_too_long_a_frame, "the limit is 8388608"},
    {piece_longer_than_its_frame, "piece with 100 bytes; the frame lacks only 58 bytes"},
    {piece_of_a_malformed_frame, "raft message of unknown type, 50 bytes"},
    {piece_too_long, "the limit is 16376"},
};

START_TEST(a_violation_ends_the_connection)
{
    struct peers peers;
    int fd;

    peers_init(&peers, false);
    peers_capture_log();
    peers_start_listener(&peers);
    fd = greeted(&peers);
    ck_assert(peers_write_frame(fd, violations[_i].make()));
    ck_assert(peers_wait(&peers, node_2_is_down));
    ck_assert(peers_is_closed(&peers, fd));
    ck_assert_uint_eq(peers.ends[2].messages, 0);
    assert_contains(peers_log(), violations[_i].log);
    assert_contains(peers_log(), "peer 1 at 127.0.0.1:");
    close(fd);
    peers_free(&peers);
}
END_TEST

/* A header that announces much costs nothing, and what was begun on a connection ends with it. */
START_TEST(pieces_of_a_cut_connection_are_forgotten)
{
    struct peers peers;
    int fd;

    peers_init(&peers, false);
    peers_start_listener(&peers);
    fd = greeted(&peers);
    ck_assert(peers_wait(&peers, node_2_is_up));
    ck_assert(peers_write_frame(fd, piece_that_announces(WIRE_ENTRIES, WIRE_RAFT, 8 << 20, 10000)));
    ck_assert(peers_write_frame(fd, piece_that_announces(WIRE_BULK, WIRE_SNAPSHOT, 100000, 10000)));
    close(fd);
    ck_assert(peers_wait(&peers, node_2_is_down));
    ck_assert(!frame_assembly_is_open(&peers.ends[2].link->assembly, WIRE_ENTRIES));
    ck_assert(!frame_assembly_is_open(&peers.ends[2].link->assembly, WIRE_BULK));
    ck_assert_uint_eq(peers.ends[2].messages, 0);
    peers_free(&peers);
}
END_TEST

/* R6: the line is full of a large entry and the peer reads slowly. A heartbeat overtakes it, and
 * little memory is used for it meanwhile. */
START_TEST(r6_a_heartbeat_overtakes_a_large_entry)
{
    struct raft_message beat = {.type = RAFT_MESSAGE_APPEND, .from = 1, .to = 2};
    struct wire_header header;
    uint8_t payload[PEERS_PAYLOAD_MAX];
    struct wire_hello hello;
    struct peers peers;
    size_t entry_bytes = 0;
    int fd;

    peers_init(&peers, false);
    peers.ends[1].shared.timing.silence_timeout_ms = 60000;
    peers.ends[1].shared.timing.probe_interval_ms = 60000;
    peers_start_dialler(&peers);
    fd = peers_accept(&peers);
    ck_assert(peers_read_frame(&peers, fd, &header, payload));
    hello = peers_hello(&peers);
    hello.node_id = 2;
    hello.wanted_id = 1;
    ck_assert(peers_write_frame(fd, wire_hello_encode(WIRE_HELLO_REPLY, &hello)));
    while (peers.ends[1].ups == 0) {
        peers_wait_ms(&peers, 1);
    }
    ck_assert(peers_send(&peers, 1, 0, 4000000));
    link_wake(peers.ends[1].link);
    peers_wait_ms(&peers, 100); /* everything that may leave has left */
    ck_assert(link_send(peers.ends[1].link, wire_message_class(&beat), wire_message_encode(&beat)));
    link_wake(peers.ends[1].link);
    do {
        ck_assert(peers_read_frame(&peers, fd, &header, payload));
        entry_bytes += header.type == WIRE_PIECE ? header.payload_bytes : 0;
    } while (header.type != WIRE_RAFT);
    ck_assert_uint_gt(entry_bytes, 0);
    ck_assert_uint_le(entry_bytes, PACE_FLOOR_BYTES + 64);
    close(fd);
    peers_free(&peers);
}
END_TEST

static bool node_2_has_changed_over(struct peers *peers)
{
    return peers->ends[2].ups == 2 && peers->ends[2].downs == 1;
}

START_TEST(a_new_connection_replaces_the_old_one)
{
    struct peers peers;
    int old;
    int new;

    peers_init(&peers, false);
    peers_start_listener(&peers);
    old = greeted(&peers);
    ck_assert(peers_wait(&peers, node_2_is_up));
    new = greeted(&peers);
    ck_assert(peers_wait(&peers, node_2_has_changed_over));
    ck_assert(peers_is_closed(&peers, old));
    close(old);
    close(new);
    peers_free(&peers);
}
END_TEST

UNIT_SUITE(link_violations)
{
    Suite *suite = suite_create("link violations");
    TCase *dialler = tcase_create("a dialler that misbehaves");

    tcase_set_timeout(dialler, 30);
    tcase_add_test(dialler, silence_ends_a_connection);
    tcase_add_test(dialler, a_frame_in_single_bytes_is_one_frame);
    tcase_add_loop_test(dialler, a_violation_ends_the_connection, 0,
                        sizeof(violations) / sizeof(violations[0]));
    tcase_add_test(dialler, pieces_of_a_cut_connection_are_forgotten);
    tcase_add_test(dialler, r6_a_heartbeat_overtakes_a_large_entry);
    tcase_add_test(dialler, a_new_connection_replaces_the_old_one);
    suite_add_tcase(suite, dialler);
    return suite;
}
