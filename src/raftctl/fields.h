/*
 * The fields of RAFT STATUS in a reply. The reply is a map, or, in RESP2, an array in which names
 * and values alternate. What these functions return points into the reply. Any thread.
 */
#ifndef RAFTD_RAFTCTL_FIELDS_H
#define RAFTD_RAFTCTL_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raftctl/output.h"
#include "resp/reply.h"

/* Whether the reply has the form of a status. */
bool ctl_is_status(const struct resp_reply *reply);
/* A field of a map. If the map is NULL, or has no such field: NULL, "", 0 or false. */
const struct resp_reply *ctl_field(const struct resp_reply *map, const char *name);
const char *ctl_field_text(const struct resp_reply *map, const char *name);
uint64_t ctl_field_number(const struct resp_reply *map, const char *name);
bool ctl_field_flag(const struct resp_reply *map, const char *name);
/* How a field of that name is shown. */
enum ctl_field_kind {
    CTL_FIELD_UNKNOWN, /* a node of a later version may send such a field */
    CTL_FIELD_NUMBER,
    CTL_FIELD_ID, /* of a node; 0 = none */
    CTL_FIELD_FLAG,
    CTL_FIELD_TEXT,
};
enum ctl_field_kind ctl_field_kind(const char *name);
/* The members of a status: how many, and each as a map. */
size_t ctl_member_count(const struct resp_reply *status);
const struct resp_reply *ctl_member(const struct resp_reply *status, size_t position);

/* Why the node of a status is not ready, as one sentence; "" = it is. */
void ctl_why_not_ready(const struct resp_reply *status, char *text, size_t size);

/* The map as a JSON object under the key: every field that the node sent. */
void ctl_view_json(struct json *json, const char *key, const struct resp_reply *map);

#endif
