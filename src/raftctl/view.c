/*
 * RAFT STATUS of many endpoints at once.
 */
#include "raftctl/view.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "raftctl/connection.h"
#include "sys/thread.h"

/* ---- Asking ------------------------------------------------------------------------------- */

struct inquiry {
    struct thread thread;
    const struct ctl_options *options;
    struct ctl_answer *answer;
};

/* A map of RESP2: names and values by turns. */
static bool is_map(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 || reply->elements % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < reply->elements; i += 2) {
        int type = reply->element[i]->type;
        if (type != REDIS_REPLY_STRING && type != REDIS_REPLY_STATUS) {
            return false;
        }
    }
    return true;
}

/* Keeps a status, or turns the reply into the error it is. */
static void take_reply(struct ctl_answer *answer, redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        error_set(&answer->error, RAFTD_ERROR_REFUSED, "%s", reply->str);
        answer->refused = true;
    } else if (!is_map(reply)) {
        error_set(&answer->error, RAFTD_ERROR_PROTOCOL, "RAFT STATUS answers no map");
    } else {
        answer->status = reply;
        return;
    }
    freeReplyObject(reply);
}

static void ask(void *argument)
{
    struct inquiry *inquiry = argument;
    struct ctl_answer *answer = inquiry->answer;
    struct connection *connection = NULL;
    const char *command[] = {"RAFT", "STATUS"};
    const size_t sizes[] = {4, 6};
    redisReply *reply = NULL;

    if (connection_open(answer->endpoint, inquiry->options, &connection, &answer->error) == 0 &&
        connection_command(connection, 2, command, sizes, &reply, &answer->error) == 0) {
        take_reply(answer, reply);
    }
    connection_close(connection);
}

/* Asks the answers from position `first` on. */
static void ask_from(struct ctl_view *view, size_t first, const struct ctl_options *options)
{
    size_t count = view->count - first;
    struct inquiry *inquiries = memory_allocate_zeroed(count + 1, sizeof(*inquiries));

    for (size_t i = 0; i < count; i++) {
        inquiries[i].options = options;
        inquiries[i].answer = &view->answers[first + i];
        if (thread_start(&inquiries[i].thread, "ask", ask, &inquiries[i]) != 0) {
            /* No thread to be had: ask this one right here instead. */
            ask(&inquiries[i]);
            inquiries[i].options = NULL;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (inquiries[i].options != NULL) {
            thread_join(&inquiries[i].thread);
        }
    }
    memory_free(inquiries);
}

static bool has_endpoint(const struct ctl_view *view, const char *endpoint)
{
    for (size_t i = 0; i < view->count; i++) {
        if (strcmp(view->answers[i].endpoint, endpoint) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a node with this id answered, under whatever endpoint. */
static bool has_answer_of(const struct ctl_view *view, size_t asked, uint64_t id)
{
    for (size_t i = 0; i < asked; i++) {
        if (view->answers[i].status != NULL &&
            ctl_field_number(view->answers[i].status, "id") == id) {
            return true;
        }
    }
    return false;
}

static void add_endpoint(struct ctl_view *view, const char *endpoint)
{
    if (view->count < 2 * CTL_ENDPOINTS_MAX && !has_endpoint(view, endpoint) &&
        strlen(endpoint) < CTL_ENDPOINT_MAX) {
        strcpy(view->answers[view->count++].endpoint, endpoint);
    }
}

static void add_members(struct ctl_view *view)
{
    size_t asked = view->count;

    for (size_t i = 0; i < asked; i++) {
        const redisReply *status = view->answers[i].status;
        for (size_t n = 0; n < ctl_member_count(status); n++) {
            const redisReply *member = ctl_member(status, n);
            const char *endpoint = ctl_field_text(member, "client_address");
            if (endpoint[0] != '\0' &&
                !has_answer_of(view, asked, ctl_field_number(member, "id"))) {
                add_endpoint(view, endpoint);
            }
        }
    }
}

void ctl_view_ask(struct ctl_view *view, const struct ctl_options *options)
{
    size_t listed;

    for (size_t i = 0; i < options->endpoint_count; i++) {
        add_endpoint(view, options->endpoints[i]);
    }
    listed = view->count;
    ask_from(view, 0, options);
    if (options->whole_cluster) {
        add_members(view);
        ask_from(view, listed, options);
    }
}

void ctl_view_free(struct ctl_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->answers[i].status != NULL) {
            freeReplyObject(view->answers[i].status);
        }
    }
    view->count = 0;
}

int ctl_view_exit(const struct ctl_view *view)
{
    int code = CTL_OK;

    for (size_t i = 0; i < view->count; i++) {
        if (view->answers[i].status != NULL) {
            continue;
        }
        if (view->answers[i].error.code == RAFTD_ERROR_SYSTEM) {
            return CTL_LOCAL;
        }
        if (!view->answers[i].refused) {
            return CTL_UNREACHABLE;
        }
        code = CTL_REFUSED;
    }
    return code;
}

/* ---- Fields ------------------------------------------------------------------------------- */

const redisReply *ctl_field(const redisReply *map, const char *name)
{
    if (map == NULL || map->type != REDIS_REPLY_ARRAY) {
        return NULL;
    }
    for (size_t i = 0; i + 1 < map->elements; i += 2) {
        const redisReply *found = map->element[i];
        if ((found->type == REDIS_REPLY_STRING || found->type == REDIS_REPLY_STATUS) &&
            strcmp(found->str, name) == 0) {
            return map->element[i + 1];
        }
    }
    return NULL;
}

const char *ctl_field_text(const redisReply *map, const char *name)
{
    const redisReply *field = ctl_field(map, name);

    if (field == NULL || (field->type != REDIS_REPLY_STRING && field->type != REDIS_REPLY_STATUS)) {
        return "";
    }
    return field->str;
}

uint64_t ctl_field_number(const redisReply *map, const char *name)
{
    const redisReply *field = ctl_field(map, name);

    if (field == NULL || field->type != REDIS_REPLY_INTEGER || field->integer < 0) {
        return 0;
    }
    return (uint64_t)field->integer;
}

bool ctl_field_flag(const redisReply *map, const char *name)
{
    return ctl_field_number(map, name) != 0;
}

size_t ctl_member_count(const redisReply *status)
{
    const redisReply *members = ctl_field(status, "members");

    return members != NULL && members->type == REDIS_REPLY_ARRAY ? members->elements : 0;
}

const redisReply *ctl_member(const redisReply *status, size_t position)
{
    return ctl_field(status, "members")->element[position];
}

/* ---- JSON --------------------------------------------------------------------------------- */

/* RESP2 has no booleans: these fields are 0 or 1 there. */
static bool is_flag_name(const char *name)
{
    static const char *const names[] = {"ready", "voter",     "learner",
                                        "self",  "connected", "replicating"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void members_json(struct json *json, const redisReply *status)
{
    json_open(json, "members", '[');
    for (size_t i = 0; i < ctl_member_count(status); i++) {
        ctl_view_json(json, NULL, ctl_member(status, i));
    }
    json_close(json, ']');
}

static void field_json(struct json *json, const redisReply *map, const char *name,
                       const redisReply *value)
{
    if (strcmp(name, "members") == 0) {
        members_json(json, map);
    } else if (value->type == REDIS_REPLY_INTEGER && is_flag_name(name)) {
        json_boolean(json, name, value->integer != 0);
    } else if (value->type == REDIS_REPLY_INTEGER) {
        json_integer(json, name, value->integer);
    } else if (value->type == REDIS_REPLY_STRING || value->type == REDIS_REPLY_STATUS) {
        json_bytes(json, name, value->str, value->len);
    } else {
        json_null(json, name);
    }
}

void ctl_view_json(struct json *json, const char *key, const redisReply *map)
{
    json_open(json, key, '{');
    if (map->type == REDIS_REPLY_ARRAY) {
        for (size_t i = 0; i + 1 < map->elements; i += 2) {
            const redisReply *name = map->element[i];
            if ((name->type == REDIS_REPLY_STRING || name->type == REDIS_REPLY_STATUS) &&
                utf8_is_valid(name->str, name->len)) {
                field_json(json, map, name->str, map->element[i + 1]);
            }
        }
    }
    json_close(json, '}');
}
