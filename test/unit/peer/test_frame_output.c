/*
 * The write side of a connection: which frame goes next, in pieces or whole, and how much is on the
 * way; whatever number of bytes the socket takes at a time.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "peer/frame_assembly.h"
#include "peer/frame_output.h"
#include "sys/clock.h"

enum { LARGE_BYTES = 1 << 20, CHUNK_BYTES = 100000, MAX_PAYLOAD_BYTES = 8 << 20 };

struct outlet {
    struct frame_output output;
    struct frame_queue queues[WIRE_CLASSES];
    struct stream *stream;
    int reader;
    bool answers; /* the other side answers probes */
    struct buffer received;
    struct frame_assembly assembly;
    char letters[4096]; /* of the frames that are complete, in the order in which they ended */
    size_t count;
    size_t probes;
    size_t largest_bytes; /* size of the largest frame on the wire */
};

static void outlet_begin(struct outlet *outlet, bool greeted)
{
    int fds[2];
    int size = 4096;

    memset(outlet, 0, sizeof(*outlet));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    ck_assert_int_eq(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    ck_assert_int_eq(stream_accept(fds[0], NULL, &outlet->stream, NULL), 0);
    outlet->reader = fds[1];
    outlet->answers = true;
    for (int class = 0; class < WIRE_CLASSES; class ++) {
        frame_queue_init(&outlet->queues[class], 256, 64 << 20);
    }
    outlet->output.queues = outlet->queues;
    if (greeted) {
        frame_output_begin(&outlet->output, clock_monotonic_us());
    }
}

static void outlet_end(struct outlet *outlet)
{
    frame_output_free(&outlet->output);
    for (int class = 0; class < WIRE_CLASSES; class ++) {
        frame_queue_drop(&outlet->queues[class]);
        ck_assert_uint_eq(atomic_load(&outlet->queues[class].bytes), 0);
        frame_queue_free(&outlet->queues[class]);
    }
    stream_close(outlet->stream);
    close(outlet->reader);
    buffer_free(&outlet->received);
    frame_assembly_clear(&outlet->assembly);
}

/* A frame whose payload is one letter, repeated. */
static struct wire_frame *frame_of(enum wire_frame_type type, size_t size, char letter)
{
    struct wire_frame *frame = memory_allocate(sizeof(*frame) + WIRE_HEADER_BYTES + size);

    frame->size_bytes = WIRE_HEADER_BYTES + size;
    memset(frame->data, 0, WIRE_HEADER_BYTES);
    store_u32(frame->data, (uint32_t)size);
    frame->data[4] = (uint8_t)type;
    frame->data[5] = type == WIRE_HELLO ? WIRE_VERSION_GREETING : WIRE_VERSION_MAX;
    memset(frame->data + WIRE_HEADER_BYTES, letter, size);
    return frame;
}

static void push(struct outlet *outlet, enum wire_class class, size_t size, char letter)
{
    enum wire_frame_type type = class == WIRE_BULK ? WIRE_SNAPSHOT : WIRE_RAFT;

    ck_assert(frame_queue_push(&outlet->queues[class], frame_of(type, size, letter)));
}

static int flush(struct outlet *outlet)
{
    return frame_output_flush(&outlet->output, true, outlet->stream, NULL);
}

static void on_whole(struct outlet *outlet, const struct wire_header *header,
                     const uint8_t *payload)
{
    for (uint32_t i = 1; i < header->payload_bytes; i++) {
        if (payload[i] != payload[0]) {
            ck_abort_msg("'%c' at byte %u of a frame of '%c'", payload[i], i, payload[0]);
        }
    }
    ck_assert_uint_lt(outlet->count, sizeof(outlet->letters) - 1);
    outlet->letters[outlet->count++] = (char)payload[0];
}

static void on_frame(struct outlet *outlet, const struct wire_header *header,
                     const uint8_t *payload)
{
    struct wire_header whole;
    const uint8_t *whole_payload;
    struct wire_probe probe;
    struct wire_piece piece;
    int code;

    switch (header->type) {
    case WIRE_PROBE:
        ck_assert_int_eq(wire_probe_decode(&probe, payload, header->payload_bytes, NULL), 0);
        outlet->probes++;
        if (outlet->answers) {
            pace_answered(&outlet->output.pace, probe.nonce, clock_monotonic_us());
        }
        return;
    case WIRE_PIECE:
        ck_assert_int_eq(wire_piece_decode(&piece, payload, header->payload_bytes, NULL), 0);
        code = frame_assembly_add(&outlet->assembly, &piece, MAX_PAYLOAD_BYTES, &whole,
                                  &whole_payload, NULL);
        ck_assert_int_ge(code, 0);
        if (code == 1) {
            on_whole(outlet, &whole, whole_payload);
            frame_assembly_end(&outlet->assembly, piece.class);
        }
        return;
    default:
        on_whole(outlet, header, payload);
    }
}

static void drain(struct outlet *outlet)
{
    uint8_t data[8192];
    ssize_t count;
    size_t offset = 0;

    while ((count = recv(outlet->reader, data, sizeof(data), 0)) > 0) {
        buffer_append(&outlet->received, data, (size_t)count);
    }
    while (outlet->received.size_bytes - offset >= WIRE_HEADER_BYTES) {
        struct wire_header header;
        const uint8_t *frame = outlet->received.data + offset;

        ck_assert_int_eq(wire_header_decode(&header, frame, MAX_PAYLOAD_BYTES, NULL), 0);
        if (outlet->received.size_bytes - offset - WIRE_HEADER_BYTES < header.payload_bytes) {
            break;
        }
        on_frame(outlet, &header, frame + WIRE_HEADER_BYTES);
        offset += WIRE_HEADER_BYTES + header.payload_bytes;
        if (WIRE_HEADER_BYTES + header.payload_bytes > outlet->largest_bytes) {
            outlet->largest_bytes = WIRE_HEADER_BYTES + header.payload_bytes;
        }
    }
    buffer_consume(&outlet->received, offset);
}

static void flush_all(struct outlet *outlet)
{
    do {
        int code = flush(outlet);

        ck_assert(code == 0 || code == RAFTD_ERROR_AGAIN);
        drain(outlet);
    } while (frame_output_is_due(&outlet->output));
    drain(outlet);
    ck_assert(frame_output_is_empty(&outlet->output));
    ck_assert_uint_eq(outlet->received.size_bytes, 0);
}

START_TEST(small_frames_of_a_class_leave_in_order)
{
    struct outlet outlet;

    outlet_begin(&outlet, true);
    ck_assert_int_eq(flush(&outlet), 0);
    push(&outlet, WIRE_ENTRIES, 10, 'a');
    ck_assert(frame_output_add(&outlet.output, frame_of(WIRE_RAFT, 20, 'x')));
    push(&outlet, WIRE_ENTRIES, 30, 'b');
    flush_all(&outlet);
    ck_assert_str_eq(outlet.letters, "xab");
    outlet_end(&outlet);
}
END_TEST

START_TEST(large_frames_keep_their_place_in_their_class)
{
    struct outlet outlet;

    outlet_begin(&outlet, true);
    push(&outlet, WIRE_ENTRIES, 100, 'a');
    push(&outlet, WIRE_ENTRIES, LARGE_BYTES, 'B');
    push(&outlet, WIRE_ENTRIES, 100, 'c');
    push(&outlet, WIRE_ENTRIES, LARGE_BYTES, 'D');
    push(&outlet, WIRE_ENTRIES, LARGE_BYTES, 'E');
    push(&outlet, WIRE_ENTRIES, 100, 'f');
    flush_all(&outlet);
    ck_assert_str_eq(outlet.letters, "aBcDEf");
    outlet_end(&outlet);
}
END_TEST

/* R6: a heartbeat waits for what is on the way, never for a large entry or a snapshot. */
START_TEST(r6_control_goes_between_the_pieces_of_large_frames)
{
    struct outlet outlet;

    outlet_begin(&outlet, true);
    push(&outlet, WIRE_BULK, CHUNK_BYTES, 'S');
    push(&outlet, WIRE_ENTRIES, LARGE_BYTES, 'E');
    while (flush(&outlet) == 0 && outlet.received.size_bytes == 0 &&
           frame_queue_is_empty(&outlet.queues[WIRE_ENTRIES])) {
        drain(&outlet);
    }
    push(&outlet, WIRE_CONTROL, 50, 'c');
    flush_all(&outlet);
    ck_assert_str_eq(outlet.letters, "cSE");
    ck_assert_uint_le(outlet.largest_bytes, 16384);
    outlet_end(&outlet);
}
END_TEST

/* While the other side answers no probe, no more than a window goes out, except control frames. */
START_TEST(no_more_is_on_the_way_than_the_window)
{
    struct outlet outlet;

    outlet_begin(&outlet, true);
    outlet.answers = false;
    push(&outlet, WIRE_ENTRIES, LARGE_BYTES, 'E');
    flush_all(&outlet);
    ck_assert_uint_le(outlet.output.pace.sent_bytes, PACE_FLOOR_BYTES + 200);
    ck_assert_uint_gt(outlet.probes, 0);
    ck_assert(!frame_output_is_due(&outlet.output)); /* the thread does not spin */
    push(&outlet, WIRE_CONTROL, 50, 'c');
    ck_assert(frame_output_is_due(&outlet.output));
    flush_all(&outlet);
    ck_assert_str_eq(outlet.letters, "c");
    outlet_end(&outlet);
}
END_TEST

/* While entries wait all the time, snapshots get one byte of nine. */
START_TEST(bulk_does_not_starve_behind_entries)
{
    struct outlet outlet;
    const char *place;

    outlet_begin(&outlet, true);
    for (int i = 0; i < 40; i++) {
        push(&outlet, WIRE_ENTRIES, CHUNK_BYTES, 'e');
    }
    push(&outlet, WIRE_BULK, CHUNK_BYTES, 'S');
    push(&outlet, WIRE_BULK, CHUNK_BYTES, 'S');
    flush_all(&outlet);
    ck_assert_uint_eq(outlet.count, 42);
    place = strchr(outlet.letters, 'S');
    ck_assert_int_ge(place - outlet.letters, 5);
    ck_assert_int_le(place - outlet.letters, 9);
    place = strchr(place + 1, 'S');
    ck_assert_int_ge(place - outlet.letters, 14);
    ck_assert_int_le(place - outlet.letters, 18);
    outlet_end(&outlet);
}
END_TEST

/* However many control frames there are, entries get their turn. */
START_TEST(entries_do_not_starve_behind_control)
{
    struct outlet outlet;

    outlet_begin(&outlet, true);
    push(&outlet, WIRE_ENTRIES, 1000, 'E');
    for (int i = 0; i < 100; i++) {
        push(&outlet, WIRE_CONTROL, 1000, 'c');
    }
    flush_all(&outlet);
    ck_assert_uint_eq(outlet.count, 101);
    ck_assert_ptr_nonnull(strchr(outlet.letters, 'E'));
    ck_assert_int_lt(strchr(outlet.letters, 'E') - outlet.letters, 64);
    outlet_end(&outlet);
}
END_TEST

/* After a write that it could not finish, TLS requires the same bytes again, even if none of them
 * has left. */
START_TEST(bytes_whose_write_was_tried_go_first)
{
    struct outlet outlet;
    uint8_t byte = 0;

    outlet_begin(&outlet, true);
    while (stream_write(outlet.stream, &byte, 1, NULL) == 1) {
    }
    push(&outlet, WIRE_ENTRIES, 100, 'a');
    ck_assert_int_eq(flush(&outlet), RAFTD_ERROR_AGAIN);
    ck_assert(frame_output_add(&outlet.output, frame_of(WIRE_RAFT, 20, 'p')));
    push(&outlet, WIRE_CONTROL, 100, 'c');
    while (recv(outlet.reader, &byte, 1, 0) == 1) {
    }
    flush_all(&outlet);
    ck_assert_str_eq(outlet.letters, "apc");
    outlet_end(&outlet);
}
END_TEST

/* The reserve: however many frames wait, there is room for a probe; not for many of them. */
START_TEST(there_is_room_for_probes_and_an_end_to_it)
{
    struct outlet outlet;
    size_t probes = 0;

    outlet_begin(&outlet, true);
    for (size_t i = 0; i < 200; i++) {
        push(&outlet, WIRE_CONTROL, 1000, 'c');
    }
    ck_assert_int_eq(flush(&outlet), RAFTD_ERROR_AGAIN);
    while (probes < 100000 && frame_output_add_probe(&outlet.output, true)) {
        probes++;
    }
    ck_assert_uint_ge(probes, FRAME_OUTPUT_RESERVE / 17);
    ck_assert_uint_lt(probes, FRAME_OUTPUT_BYTES / 17);
    flush_all(&outlet);
    outlet_end(&outlet);
}
END_TEST

/* Before the greeting is over, nothing but the greeting leaves. */
START_TEST(queues_wait_for_the_end_of_the_greeting)
{
    struct outlet outlet;

    outlet_begin(&outlet, false);
    push(&outlet, WIRE_CONTROL, 100, 'c');
    ck_assert(frame_output_add(&outlet.output, frame_of(WIRE_HELLO, 20, 'h')));
    flush_all(&outlet);
    ck_assert_str_eq(outlet.letters, "h");
    frame_output_begin(&outlet.output, clock_monotonic_us());
    flush_all(&outlet);
    ck_assert_str_eq(outlet.letters, "hc");
    outlet_end(&outlet);
}
END_TEST

START_TEST(a_closed_socket_is_an_error)
{
    struct outlet outlet;

    outlet_begin(&outlet, true);
    close(outlet.reader);
    outlet.reader = -1;
    push(&outlet, WIRE_ENTRIES, 100, 'a');
    ck_assert_int_eq(flush(&outlet), RAFTD_ERROR_CLOSED);
    frame_output_clear(&outlet.output);
    ck_assert(frame_output_is_empty(&outlet.output));
    outlet_end(&outlet);
}
END_TEST

/* ---- The queues ---- */

START_TEST(a_queue_is_bounded_in_bytes)
{
    struct frame_queue queue;
    struct wire_frame *frame;

    frame_queue_init(&queue, 16, 10000);
    ck_assert(frame_queue_push(&queue, frame_of(WIRE_RAFT, 9000, 'a')));
    ck_assert(frame_queue_push(&queue, frame_of(WIRE_RAFT, 5000, 'b'))); /* the last one */
    ck_assert(!frame_queue_push(&queue, frame_of(WIRE_RAFT, 1, 'c')));
    frame = frame_queue_take(&queue);
    ck_assert(!frame_queue_push(&queue, frame_of(WIRE_RAFT, 1, 'd'))); /* taken, not written yet */
    frame_queue_release(&queue, frame->size_bytes);
    memory_free(frame);
    ck_assert(frame_queue_push(&queue, frame_of(WIRE_RAFT, 1, 'e')));
    frame_queue_free(&queue);
}
END_TEST

START_TEST(a_queue_is_bounded_in_frames)
{
    struct frame_queue queue;

    frame_queue_init(&queue, 4, 10000);
    for (int i = 0; i < 4; i++) {
        ck_assert(frame_queue_push(&queue, frame_of(WIRE_RAFT, 1, 'a')));
    }
    ck_assert(!frame_queue_push(&queue, frame_of(WIRE_RAFT, 1, 'c')));
    frame_queue_drop(&queue);
    ck_assert(frame_queue_push(&queue, frame_of(WIRE_RAFT, 1, 'd')));
    frame_queue_free(&queue);
}
END_TEST

UNIT_SUITE(frame_output)
{
    Suite *suite = suite_create("frame_output");
    TCase *tcase = tcase_create("frames out");
    TCase *queue = tcase_create("queues");

    tcase_add_test(tcase, small_frames_of_a_class_leave_in_order);
    tcase_add_test(tcase, large_frames_keep_their_place_in_their_class);
    tcase_add_test(tcase, r6_control_goes_between_the_pieces_of_large_frames);
    tcase_add_test(tcase, no_more_is_on_the_way_than_the_window);
    tcase_add_test(tcase, bulk_does_not_starve_behind_entries);
    tcase_add_test(tcase, entries_do_not_starve_behind_control);
    tcase_add_test(tcase, bytes_whose_write_was_tried_go_first);
    tcase_add_test(tcase, there_is_room_for_probes_and_an_end_to_it);
    tcase_add_test(tcase, queues_wait_for_the_end_of_the_greeting);
    tcase_add_test(tcase, a_closed_socket_is_an_error);
    suite_add_tcase(suite, tcase);
    tcase_add_test(queue, a_queue_is_bounded_in_bytes);
    tcase_add_test(queue, a_queue_is_bounded_in_frames);
    suite_add_tcase(suite, queue);
    return suite;
}
