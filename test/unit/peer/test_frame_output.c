/*
 * The write side of a connection: whatever number of bytes the socket takes at a time, frames
 * arrive complete and one after another.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "peer/frame_output.h"

enum { LARGE_BYTES = 1 << 20 };

struct outlet {
    struct frame_output output;
    struct ring *frames;
    struct stream *stream;
    int reader;
    struct buffer received;
};

static void outlet_begin(struct outlet *outlet)
{
    int fds[2];
    int size = 4096;

    memset(outlet, 0, sizeof(*outlet));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    ck_assert_int_eq(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    ck_assert_int_eq(stream_accept(fds[0], NULL, &outlet->stream, NULL), 0);
    outlet->reader = fds[1];
    outlet->frames = ring_create(256, sizeof(struct wire_frame *));
}

static void outlet_end(struct outlet *outlet)
{
    frame_output_free(&outlet->output);
    ring_destroy(outlet->frames);
    stream_close(outlet->stream);
    close(outlet->reader);
    buffer_free(&outlet->received);
}

/* A frame of one letter, repeated; its first four bytes are its size. */
static struct wire_frame *frame_of(size_t size, char letter)
{
    struct wire_frame *frame = memory_allocate(sizeof(*frame) + size);

    frame->size_bytes = size;
    memset(frame->data, letter, size);
    store_u32(frame->data, (uint32_t)size);
    return frame;
}

static void push(struct outlet *outlet, size_t size, char letter)
{
    struct wire_frame *frame = frame_of(size, letter);

    ck_assert(ring_push(outlet->frames, &frame));
}

static int flush(struct outlet *outlet)
{
    return frame_output_flush(&outlet->output, outlet->frames, outlet->stream, NULL);
}

static void drain(struct outlet *outlet)
{
    uint8_t data[8192];
    ssize_t count;

    while ((count = recv(outlet->reader, data, sizeof(data), 0)) > 0) {
        buffer_append(&outlet->received, data, (size_t)count);
    }
}

static void flush_all(struct outlet *outlet)
{
    int code;

    while ((code = flush(outlet)) == RAFTD_ERROR_AGAIN) {
        drain(outlet);
    }
    ck_assert_int_eq(code, 0);
    drain(outlet);
    ck_assert(frame_output_is_empty(&outlet->output));
}

/* Checks that the received bytes are complete frames of these letters, in this order. */
static void assert_frames(const struct outlet *outlet, const char *letters)
{
    size_t offset = 0;

    for (size_t i = 0; letters[i] != 0; i++) {
        size_t size;

        ck_assert_uint_le(offset + 4, outlet->received.size_bytes);
        size = load_u32(outlet->received.data + offset);
        ck_assert_uint_le(offset + size, outlet->received.size_bytes);
        for (size_t j = 4; j < size; j++) {
            if (outlet->received.data[offset + j] != (uint8_t)letters[i]) {
                ck_abort_msg("frame %zu: '%c' at byte %zu, wanted '%c'", i,
                             outlet->received.data[offset + j], j, letters[i]);
            }
        }
        offset += size;
    }
    ck_assert_uint_eq(offset, outlet->received.size_bytes);
}

START_TEST(small_frames_leave_in_order)
{
    struct outlet outlet;

    outlet_begin(&outlet);
    ck_assert_int_eq(flush(&outlet), 0);
    push(&outlet, 10, 'a');
    ck_assert(frame_output_add(&outlet.output, frame_of(20, 'x')));
    push(&outlet, 30, 'b');
    flush_all(&outlet);
    assert_frames(&outlet, "xab");
    outlet_end(&outlet);
}
END_TEST

START_TEST(large_frames_keep_their_place_among_small_ones)
{
    struct outlet outlet;

    outlet_begin(&outlet);
    push(&outlet, 100, 'a');
    push(&outlet, LARGE_BYTES, 'B');
    push(&outlet, 100, 'c');
    push(&outlet, LARGE_BYTES, 'D');
    push(&outlet, LARGE_BYTES, 'E');
    push(&outlet, 100, 'f');
    flush_all(&outlet);
    assert_frames(&outlet, "aBcDEf");
    outlet_end(&outlet);
}
END_TEST

START_TEST(a_probe_does_not_cut_into_a_frame_half_written)
{
    struct outlet outlet;

    outlet_begin(&outlet);
    push(&outlet, LARGE_BYTES, 'A');
    ck_assert_int_eq(flush(&outlet), RAFTD_ERROR_AGAIN);
    ck_assert(frame_output_add(&outlet.output, frame_of(20, 'p')));
    flush_all(&outlet);
    assert_frames(&outlet, "Ap");
    outlet_end(&outlet);
}
END_TEST

/* After a write that it could not finish, TLS requires the same bytes again, even if none of them
 * has left. */
START_TEST(a_frame_whose_write_was_tried_goes_first)
{
    struct outlet outlet;
    uint8_t byte = 0;

    outlet_begin(&outlet);
    while (stream_write(outlet.stream, &byte, 1, NULL) == 1) {
    }
    push(&outlet, LARGE_BYTES, 'A');
    ck_assert_int_eq(flush(&outlet), RAFTD_ERROR_AGAIN);
    ck_assert(frame_output_add(&outlet.output, frame_of(20, 'p')));
    drain(&outlet);
    buffer_consume(&outlet.received, outlet.received.size_bytes);
    flush_all(&outlet);
    assert_frames(&outlet, "Ap");
    outlet_end(&outlet);
}
END_TEST

START_TEST(more_than_the_buffer_holds_waits_in_the_ring)
{
    enum { COUNT = 50, SIZE = 20000 };
    struct outlet outlet;
    char letters[COUNT + 2] = {0};

    outlet_begin(&outlet);
    for (size_t i = 0; i < COUNT; i++) {
        letters[i] = (char)('a' + i % 26);
        push(&outlet, SIZE, letters[i]);
    }
    ck_assert_int_eq(flush(&outlet), RAFTD_ERROR_AGAIN);
    ck_assert_uint_gt(ring_count(outlet.frames), COUNT - 2 - FRAME_OUTPUT_BYTES / SIZE);
    flush_all(&outlet);
    assert_frames(&outlet, letters);
    outlet_end(&outlet);
}
END_TEST

/* The reserve: however many frames of the ring wait, there is room for a probe; not for many of
 * them. */
START_TEST(there_is_room_for_probes_and_an_end_to_it)
{
    struct outlet outlet;
    size_t probes = 0;

    outlet_begin(&outlet);
    for (size_t i = 0; i < 50; i++) {
        push(&outlet, 20000, 'a');
    }
    ck_assert_int_eq(flush(&outlet), RAFTD_ERROR_AGAIN);
    while (probes < 100000 && frame_output_add(&outlet.output, frame_of(17, 'p'))) {
        probes++;
    }
    ck_assert_uint_ge(probes, FRAME_OUTPUT_RESERVE / 17);
    ck_assert_uint_lt(probes, FRAME_OUTPUT_BYTES / 17);
    flush_all(&outlet);
    outlet_end(&outlet);
}
END_TEST

START_TEST(a_closed_socket_is_an_error)
{
    struct outlet outlet;

    outlet_begin(&outlet);
    close(outlet.reader);
    outlet.reader = -1;
    push(&outlet, 100, 'a');
    ck_assert_int_eq(flush(&outlet), RAFTD_ERROR_CLOSED);
    frame_output_clear(&outlet.output);
    ck_assert(frame_output_is_empty(&outlet.output));
    outlet_end(&outlet);
}
END_TEST

UNIT_SUITE(frame_output)
{
    Suite *suite = suite_create("frame_output");
    TCase *tcase = tcase_create("frames out");

    tcase_add_test(tcase, small_frames_leave_in_order);
    tcase_add_test(tcase, large_frames_keep_their_place_among_small_ones);
    tcase_add_test(tcase, a_probe_does_not_cut_into_a_frame_half_written);
    tcase_add_test(tcase, a_frame_whose_write_was_tried_goes_first);
    tcase_add_test(tcase, more_than_the_buffer_holds_waits_in_the_ring);
    tcase_add_test(tcase, there_is_room_for_probes_and_an_end_to_it);
    tcase_add_test(tcase, a_closed_socket_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
