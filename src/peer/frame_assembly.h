/*
 * Puts the pieces of large frames together. One frame of each class is put together at a time. Its
 * memory grows with the bytes that have arrived: a header that announces a large frame costs
 * nothing by itself, and no frame is larger than the limit of the node. Owned by one thread.
 */
#ifndef RAFTD_PEER_FRAME_ASSEMBLY_H
#define RAFTD_PEER_FRAME_ASSEMBLY_H

#include "wire/wire.h"

/* A struct of zeros is empty and valid. */
struct frame_assembly {
    struct {
        uint8_t *data; /* owned; NULL = no frame has begun */
        size_t size_bytes;
        size_t capacity_bytes;
        size_t wanted_bytes; /* the whole frame, with its header */
    } frames[WIRE_CLASSES];
};

void frame_assembly_clear(struct frame_assembly *assembly);
/* Whether a frame of this class has begun and is not complete. */
bool frame_assembly_is_open(const struct frame_assembly *assembly, enum wire_class class);

/*
 * Adds a piece. 1: the frame is complete; header and payload are valid until frame_assembly_end().
 * 0: more pieces have to come. RAFTD_ERROR_PROTOCOL: no correct peer sends this piece.
 */
int frame_assembly_add(struct frame_assembly *assembly, const struct wire_piece *piece,
                       size_t max_payload_bytes, struct wire_header *header,
                       const uint8_t **payload, struct raftd_error *error);
/* Frees the frame of this class. */
void frame_assembly_end(struct frame_assembly *assembly, enum wire_class class);

#endif
