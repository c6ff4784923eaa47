/*
 * What nodes say about themselves: asks endpoints for RAFT STATUS, all at the same time, and
 * finds fields in the answers. The main thread owns everything; each asking thread fills in
 * exactly one answer and is joined before anybody reads it.
 */
#ifndef RAFTD_RAFTCTL_VIEW_H
#define RAFTD_RAFTCTL_VIEW_H

#include <hiredis/hiredis.h>

#include "raftctl/output.h"
#include "raftctl/raftctl.h"

struct ctl_answer {
    char endpoint[CTL_ENDPOINT_MAX];
    redisReply *status;       /* a map as a flat array; NULL = see error */
    struct raftd_error error; /* what went wrong, without the endpoint */
    bool refused;             /* the error is the node's own answer */
};

/* All answers of one call; zero-initialised is empty. */
struct ctl_view {
    struct ctl_answer answers[2 * CTL_ENDPOINTS_MAX];
    size_t count;
};

/*
 * Asks every endpoint of the options; with options->whole_cluster then every member that they
 * name and that has not answered yet. Takes at most a few times options->timeout_ms.
 */
void ctl_view_ask(struct ctl_view *view, const struct ctl_options *options);
void ctl_view_free(struct ctl_view *view);
/* CTL_OK, or of the first endpoint with trouble: CTL_UNREACHABLE if it did not answer, CTL_LOCAL if
 * it could not be asked; CTL_REFUSED if all that is wrong are error answers. */
int ctl_view_exit(const struct ctl_view *view);

/* Fields of a map; NULL map or field: NULL, "" or 0. The text is borrowed from the reply. */
const redisReply *ctl_field(const redisReply *map, const char *name);
const char *ctl_field_text(const redisReply *map, const char *name);
uint64_t ctl_field_number(const redisReply *map, const char *name);
bool ctl_field_flag(const redisReply *map, const char *name);
/* The members of a status: how many, and each as a map. */
size_t ctl_member_count(const redisReply *status);
const redisReply *ctl_member(const redisReply *status, size_t position);

/* The map as a JSON object under the key: every field that the node sent. */
void ctl_view_json(struct json *json, const char *key, const redisReply *map);

#endif
