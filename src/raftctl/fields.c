/*
 * Fields of RAFT STATUS in a reply. Any thread.
 */
#include "raftctl/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <raftd/status.h>

static bool is_map(const struct resp_reply *reply)
{
    return reply->type == RESP_REPLY_ARRAY || reply->type == RESP_REPLY_MAP;
}

static bool is_text(const struct resp_reply *reply)
{
    return reply->type == RESP_REPLY_BULK || reply->type == RESP_REPLY_SIMPLE;
}

static bool is_number(const struct resp_reply *reply)
{
    return reply->type == RESP_REPLY_INTEGER || reply->type == RESP_REPLY_BOOLEAN;
}

bool ctl_is_status(const struct resp_reply *reply)
{
    if (!is_map(reply) || reply->count == 0 || reply->count % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < reply->count; i += 2) {
        if (!is_text(&reply->elements[i])) {
            return false;
        }
    }
    return true;
}

const struct resp_reply *ctl_field(const struct resp_reply *map, const char *name)
{
    if (map == NULL || !is_map(map)) {
        return NULL;
    }
    for (size_t i = 0; i + 1 < map->count; i += 2) {
        const struct resp_reply *found = &map->elements[i];
        if (is_text(found) && strcmp(found->text, name) == 0) {
            return &map->elements[i + 1];
        }
    }
    return NULL;
}

const char *ctl_field_text(const struct resp_reply *map, const char *name)
{
    const struct resp_reply *field = ctl_field(map, name);

    return field != NULL && is_text(field) ? field->text : "";
}

uint64_t ctl_field_number(const struct resp_reply *map, const char *name)
{
    const struct resp_reply *field = ctl_field(map, name);

    if (field == NULL || !is_number(field) || field->integer < 0) {
        return 0;
    }
    return (uint64_t)field->integer;
}

bool ctl_field_flag(const struct resp_reply *map, const char *name)
{
    return ctl_field_number(map, name) != 0;
}

/* The kinds of <raftd/status.h>, as far as they are told apart here. */
#define KIND_NUMBER CTL_FIELD_NUMBER
#define KIND_ID CTL_FIELD_ID
#define KIND_FLAG CTL_FIELD_FLAG
#define KIND_HEX CTL_FIELD_TEXT
#define KIND_PHASE CTL_FIELD_TEXT
#define KIND_WORD CTL_FIELD_TEXT
#define KIND_NAME CTL_FIELD_TEXT
#define KIND_SENTENCE CTL_FIELD_TEXT
#define KIND_ADDRESS CTL_FIELD_TEXT
#define FIELD(kind, name, unit, source, meaning) {#name, KIND_##kind},

enum ctl_field_kind ctl_field_kind(const char *name)
{
    static const struct {
        const char *name;
        enum ctl_field_kind kind;
    } fields[] = {RAFTD_STATUS_FIELDS(FIELD) RAFTD_MEMBER_STATUS_FIELDS(FIELD)};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(name, fields[i].name) == 0) {
            return fields[i].kind;
        }
    }
    return CTL_FIELD_UNKNOWN;
}

void ctl_why_not_ready(const struct resp_reply *status, char *text, size_t size)
{
    const char *phase = ctl_field_text(status, "phase");
    const char *waiting_for = ctl_field_text(status, "waiting_for");

    if (ctl_field_flag(status, "ready")) {
        text[0] = 0;
    } else if (strcmp(phase, "running") != 0) {
        snprintf(text, size, "%s", phase);
    } else if (waiting_for[0] != 0) {
        snprintf(text, size, "%s", waiting_for);
    } else {
        snprintf(text, size, "no contact with a quorum for %" PRIu64 " ms",
                 ctl_field_number(status, "quorum_silent_ms"));
    }
}

size_t ctl_member_count(const struct resp_reply *status)
{
    const struct resp_reply *members = ctl_field(status, "members");

    return members != NULL && members->type == RESP_REPLY_ARRAY ? members->count : 0;
}

const struct resp_reply *ctl_member(const struct resp_reply *status, size_t position)
{
    return &ctl_field(status, "members")->elements[position];
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void members_json(struct json *json, const struct resp_reply *status)
{
    json_open(json, "members", '[');
    for (size_t i = 0; i < ctl_member_count(status); i++) {
        ctl_view_json(json, NULL, ctl_member(status, i));
    }
    json_close(json, ']');
}

static void field_json(struct json *json, const struct resp_reply *map, const char *name,
                       const struct resp_reply *value)
{
    if (strcmp(name, "members") == 0) {
        members_json(json, map);
    } else if (is_number(value) && ctl_field_kind(name) == CTL_FIELD_FLAG) {
        json_boolean(json, name, value->integer != 0);
    } else if (is_number(value)) {
        json_integer(json, name, value->integer);
    } else if (is_text(value)) {
        json_bytes(json, name, value->text, value->size_bytes);
    } else {
        json_null(json, name);
    }
}

void ctl_view_json(struct json *json, const char *key, const struct resp_reply *map)
{
    json_open(json, key, '{');
    for (size_t i = 0; is_map(map) && i + 1 < map->count; i += 2) {
        const struct resp_reply *name = &map->elements[i];

        if (is_text(name) && utf8_is_valid(name->text, name->size_bytes)) {
            field_json(json, map, name->text, &map->elements[i + 1]);
        }
    }
    json_close(json, '}');
}
