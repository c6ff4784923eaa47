/*
 * How the node's answer to a command is to be written: kept with the command while it is under
 * way.
 */
#ifndef RAFTD_FRONT_RENDERING_H
#define RAFTD_FRONT_RENDERING_H

#include <stdint.h>

enum renderer {
    RENDER_REPLY,
    RENDER_CONFIG, /* attached: the pairs of CONFIG GET that are known, to which one is added */
    RENDER_EXEC,   /* the replies of a transaction; what is its own stands with the connection */
    RENDER_INFO,
    RENDER_OBJECT,
    RENDER_SENTENCE, /* what the node says of a change of members or leadership */
    RENDER_SCRIPT,   /* attached: what the script answers in which case */
    RENDER_SLOT,     /* how many of the keys are in a hash slot */
    RENDER_WATCH,    /* attached: the keys whose revisions come */
};

/* What OBJECT asks about a key. */
enum render_object { OBJECT_ENCODING, OBJECT_FREQUENCY, OBJECT_IDLE_TIME, OBJECT_REFERENCES };

struct rendering {
    uint8_t renderer; /* enum renderer */
    uint8_t protocol; /* enum resp_protocol, of the time the command came */
    uint32_t detail;  /* INFO: sections; SLOT: the slot; OBJECT: what; CONFIG: pairs attached */
    uint32_t attached_bytes;
    uint8_t *attached; /* owned by whoever has the struct; NULL = nothing */
};

#endif
