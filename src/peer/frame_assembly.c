/*
 * Puts the pieces of large frames together; see frame_assembly.h. Owned by one thread; never waits.
 */
#include "peer/frame_assembly.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"

enum { ASSEMBLY_BEGIN_BYTES = 64 * 1024 }; /* memory of a frame that begins */

void frame_assembly_end(struct frame_assembly *assembly, enum wire_class class)
{
    memory_free(assembly->frames[class].data);
    memset(&assembly->frames[class], 0, sizeof(assembly->frames[class]));
}

void frame_assembly_clear(struct frame_assembly *assembly)
{
    frame_assembly_end(assembly, WIRE_ENTRIES);
    frame_assembly_end(assembly, WIRE_BULK);
}

bool frame_assembly_is_open(const struct frame_assembly *assembly, enum wire_class class)
{
    return assembly->frames[class].data != NULL;
}

static int check_type(enum wire_class class, const struct wire_header *header,
                      struct raftd_error *error)
{
    uint8_t expected = class == WIRE_BULK ? WIRE_SNAPSHOT : WIRE_RAFT;

    if (header->type != expected) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "pieces of a frame of type %u in class %d; expected type %u",
                         (unsigned)header->type, (int)class, (unsigned)expected);
    }
    return 0;
}

/* The first piece begins with the header of the frame. */
static int begin(struct frame_assembly *assembly, const struct wire_piece *piece,
                 size_t max_payload_bytes, struct raftd_error *error)
{
    struct wire_header header;
    size_t wanted;
    int code;

    if (piece->size_bytes < WIRE_HEADER_BYTES) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "the first piece of a frame has %zu bytes of it; expected the header of "
                         "%d bytes at least",
                         piece->size_bytes, WIRE_HEADER_BYTES);
    }
    code = wire_header_decode(&header, piece->data, max_payload_bytes, error);
    if (code == 0) {
        code = check_type(piece->class, &header, error);
    }
    if (code != 0) {
        return code;
    }
    wanted = WIRE_HEADER_BYTES + (size_t)header.payload_bytes;
    assembly->frames[piece->class].wanted_bytes = wanted;
    assembly->frames[piece->class].capacity_bytes =
        wanted < ASSEMBLY_BEGIN_BYTES ? wanted : ASSEMBLY_BEGIN_BYTES;
    assembly->frames[piece->class].data =
        memory_allocate(assembly->frames[piece->class].capacity_bytes);
    return 0;
}

/* Makes room for more bytes. The memory doubles, so it is at most twice what has arrived. */
static void grow(struct frame_assembly *assembly, enum wire_class class, size_t size)
{
    size_t wanted = assembly->frames[class].wanted_bytes;
    size_t capacity = assembly->frames[class].capacity_bytes;

    while (capacity < assembly->frames[class].size_bytes + size) {
        capacity = 2 * capacity < wanted ? 2 * capacity : wanted;
    }
    if (capacity > assembly->frames[class].capacity_bytes) {
        assembly->frames[class].data = memory_resize(assembly->frames[class].data, capacity);
        assembly->frames[class].capacity_bytes = capacity;
    }
}

int frame_assembly_add(struct frame_assembly *assembly, const struct wire_piece *piece,
                       size_t max_payload_bytes, struct wire_header *header,
                       const uint8_t **payload, struct raftd_error *error)
{
    enum wire_class class = piece->class;
    size_t left;

    ASSERT(class == WIRE_ENTRIES || class == WIRE_BULK);
    if (assembly->frames[class].data == NULL) {
        int code = begin(assembly, piece, max_payload_bytes, error);

        if (code != 0) {
            return code;
        }
    }
    left = assembly->frames[class].wanted_bytes - assembly->frames[class].size_bytes;
    if (piece->size_bytes > left) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "piece with %zu bytes; the frame lacks only %zu bytes", piece->size_bytes,
                         left);
    }
    grow(assembly, class, piece->size_bytes);
    memcpy(assembly->frames[class].data + assembly->frames[class].size_bytes, piece->data,
           piece->size_bytes);
    assembly->frames[class].size_bytes += piece->size_bytes;
    if (piece->size_bytes < left) {
        return 0;
    }
    *payload = assembly->frames[class].data + WIRE_HEADER_BYTES;
    return wire_header_decode(header, assembly->frames[class].data, max_payload_bytes, error) == 0
               ? 1
               : RAFTD_ERROR_PROTOCOL;
}
