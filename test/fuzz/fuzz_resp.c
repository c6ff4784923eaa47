/*
 * Requests of the Redis protocol from hostile bytes. However the bytes are cut into pieces, the
 * parser finds the same requests and the same error in them, and what it returns lies inside.
 * The first byte of an input is the size of the pieces.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "resp/parser.h"
#include "resp/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small enough that an input of a few bytes reaches them. */
static const struct resp_limits limits = {.request_bytes_max = 4096, .arguments_max = 64};

/* Writes what was found as text that tells one sequence of requests from another. */
static void describe(struct buffer *found, enum resp_result result,
                     const struct resp_request *request)
{
    if (result == RESP_ERROR) {
        ASSERT(strlen(request->error) < sizeof(request->error));
        resp_write_error(found, request->error, strlen(request->error));
        return;
    }
    ASSERT((result == RESP_EMPTY) == (request->count == 0));
    ASSERT(request->count <= limits.arguments_max);
    resp_write_array(found, request->count);
    for (size_t i = 0; i < request->count; i++) {
        resp_write_bulk(found, request->arguments[i].data, request->arguments[i].size_bytes);
    }
}

/* Each call sees a copy of its own size, so that a sanitizer sees a byte read too many. */
static struct buffer parse_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
    struct buffer found = {0};
    struct resp_parser parser;
    size_t start = 0;
    size_t end = piece < size ? piece : size;

    resp_parser_init(&parser, &limits);
    for (;;) {
        uint8_t *copy = memory_allocate(end - start);
        struct resp_request request;
        enum resp_result result;

        if (end > start) {
            memcpy(copy, data + start, end - start);
        }
        result = resp_parse(&parser, copy, end - start, &request);
        if (result == RESP_INCOMPLETE) {
            ASSERT(request.needed_bytes > end - start);
            ASSERT(request.needed_bytes <= limits.request_bytes_max + RESP_INLINE_BYTES_MAX);
            resp_parser_trim(&parser);
        } else {
            describe(&found, result, &request);
        }
        memory_free(copy);
        if (result == RESP_ERROR || (result == RESP_INCOMPLETE && end == size)) {
            break;
        }
        if (result == RESP_INCOMPLETE) {
            end = size - end > piece ? end + piece : size;
        } else {
            ASSERT(request.consumed_bytes > 0 && request.consumed_bytes <= end - start);
            start += request.consumed_bytes;
        }
    }
    resp_parser_free(&parser);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer whole;
    struct buffer pieces;

    if (size == 0) {
        return 0;
    }
    whole = parse_in_pieces(data + 1, size - 1, size);
    pieces = parse_in_pieces(data + 1, size - 1, (size_t)data[0] + 1);
    ASSERT(whole.size_bytes == pieces.size_bytes);
    ASSERT(whole.size_bytes == 0 || memcmp(whole.data, pieces.data, whole.size_bytes) == 0);
    buffer_free(&whole);
    buffer_free(&pieces);
    return 0;
}
