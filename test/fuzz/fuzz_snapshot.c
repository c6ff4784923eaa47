/*
 * A snapshot file that may hold anything: the reader takes it or refuses it, within its memory.
 *
 * The first byte of the input chooses what the rest is:
 *   0         the bytes of the file
 *   otherwise blocks to be put behind a right header with right checksums, so that their content
 *             is reached: each a byte for the encoding, one for the claimed size in units of 16
 *             bytes, one for the stored bytes, and these; odd = with a right trailer
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "sim/fs_memory.h"
#include "store/snapshot_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "fuzz_snapshot: %s\n", #condition);                                    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { NONCE = 99 };

static void put_block(struct buffer *file, const struct snapshot_block *block, const uint8_t *data)
{
    uint8_t header[SNAPSHOT_BLOCK_HEADER_BYTES];

    snapshot_block_encode(block, NONCE, header);
    buffer_append(file, header, sizeof(header));
    buffer_append(file, data, block->stored_bytes);
}

static void put_sealed(struct buffer *file, bool has_trailer, const uint8_t *data, size_t size)
{
    struct snapshot_info info = {.cluster_id = 1, .index = 7, .term = 2, .nonce = NONCE};
    uint8_t end[SNAPSHOT_BLOCK_HEADER_BYTES];
    struct snapshot_trailer trailer = {0};

    raft_membership_add(&info.membership, 1, RAFT_MEMBER_VOTER, "a:1");
    snapshot_header_encode(&info, file);
    while (size >= 3) {
        struct snapshot_block block = {
            .encoding = (enum snapshot_encoding)(data[0] % 3),
            .stored_bytes = data[2] < size - 3 ? data[2] : (uint32_t)(size - 3),
            .size_bytes = data[1] * 16u,
            .number = ++trailer.block_count,
        };

        if (block.encoding == SNAPSHOT_PLAIN) {
            block.size_bytes = block.stored_bytes;
        }
        block.checksum = snapshot_block_checksum(NONCE, block.number, data + 3, block.stored_bytes);
        put_block(file, &block, data + 3);
        trailer.size_bytes += block.size_bytes;
        trailer.chain = snapshot_chain(trailer.chain, block.checksum);
        size -= 3 + block.stored_bytes;
        data += 3 + block.stored_bytes;
    }
    if (has_trailer) {
        snapshot_trailer_encode(&trailer, NONCE, end);
        buffer_append(file, end, sizeof(end));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct raftd_error error = {0};
    struct snapshot_reader *reader;
    struct fs_memory *memory;
    struct buffer file = {0};
    const uint8_t *content;
    size_t part;
    int code;

    if (size == 0) {
        return 0;
    }
    if (data[0] == 0) {
        buffer_append(&file, data + 1, size - 1);
    } else {
        put_sealed(&file, data[0] % 2 == 1, data + 1, size - 1);
    }
    memory = fs_memory_create(1);
    fs_memory_put(memory, "/s", file.data, file.size_bytes);
    code = snapshot_reader_open(fs_memory_table(memory), "", "s", &reader, &error);
    if (code == 0) {
        while ((code = snapshot_reader_next(reader, &content, &part, &error)) > 0) {
            CHECK(part > 0 && part <= SNAPSHOT_BLOCK_MAX_BYTES);
            CHECK(snapshot_reader_done_bytes(reader) <= snapshot_reader_file_bytes(reader));
        }
        snapshot_reader_close(reader);
    }
    CHECK(code == 0 || code == RAFTD_ERROR_CORRUPT || code == RAFTD_ERROR_REFUSED);
    CHECK(code == 0 || error.message[0] != '\0');
    fs_memory_destroy(memory);
    buffer_free(&file);
    return 0;
}
