/*
 * raftctl get, set and del. Endpoints are tried in order: the next one is asked only where the
 * one before has certainly not carried out the command, so that nothing is written twice.
 */
#include "cmd/raftctl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "cmd/raftctl_connection.h"
#include "cmd/raftctl_output.h"

/* A Redis command. Owned by the caller of one of the functions below. */
struct request {
    const char **arguments;
    size_t *sizes;
    int count;
    bool writes;
};

static struct request request_make(const char *name, char **arguments, bool writes)
{
    struct request request = {.count = 1, .writes = writes};

    while (arguments[request.count - 1] != NULL) {
        request.count++;
    }
    request.arguments = memory_allocate((size_t)request.count * sizeof(request.arguments[0]));
    request.sizes = memory_allocate((size_t)request.count * sizeof(request.sizes[0]));
    for (int i = 0; i < request.count; i++) {
        request.arguments[i] = i == 0 ? name : arguments[i - 1];
        request.sizes[i] = strlen(request.arguments[i]);
    }
    return request;
}

static void request_free(struct request *request)
{
    memory_free(request->arguments);
    memory_free(request->sizes);
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The three errors that promise that nothing was done, and that another node may do it. */
static bool is_definite_refusal(const char *text)
{
    return has_prefix(text, "LOADING ") || has_prefix(text, "TRYAGAIN ") ||
           has_prefix(text, "CLUSTERDOWN ");
}

/* What happened at one endpoint: an exit code, and whether to go on to the next endpoint. */
struct outcome {
    int code;
    bool try_next;
};

static struct outcome judge_failure(const struct request *request, const char *endpoint,
                                    const struct raftd_error *error)
{
    bool sent = error->code == RAFTD_ERROR_TIMEOUT || error->code == RAFTD_ERROR_PROTOCOL;

    if (sent && request->writes) {
        ctl_complain("%s: %s; it is not known whether the command was or will be applied", endpoint,
                     error->message);
        return (struct outcome){.code = CTL_UNKNOWN};
    }
    ctl_complain("%s: %s", endpoint, error->message);
    if (error->code == RAFTD_ERROR_SYSTEM) {
        return (struct outcome){.code = CTL_LOCAL};
    }
    return (struct outcome){.code = CTL_UNREACHABLE, .try_next = true};
}

static struct outcome judge_error_reply(const struct request *request, const char *endpoint,
                                        const redisReply *reply)
{
    ctl_complain("%s: %s", endpoint, reply->str);
    if (is_definite_refusal(reply->str)) {
        return (struct outcome){.code = CTL_REFUSED, .try_next = true};
    }
    if (has_prefix(reply->str, "TIMEOUT ")) {
        return request->writes ? (struct outcome){.code = CTL_UNKNOWN}
                               : (struct outcome){.code = CTL_REFUSED, .try_next = true};
    }
    return (struct outcome){.code = CTL_REFUSED};
}

static struct outcome try_endpoint(const struct request *request, const char *endpoint,
                                   const struct ctl_options *options, redisReply **reply)
{
    struct connection *connection = NULL;
    struct raftd_error error = {0};
    struct outcome outcome = {.code = CTL_OK};
    int code = connection_open(endpoint, options, &connection, &error);

    if (code == 0) {
        code = connection_command(connection, request->count, request->arguments, request->sizes,
                                  reply, &error);
    }
    if (code != 0) {
        outcome = judge_failure(request, endpoint, &error);
    } else if ((*reply)->type == REDIS_REPLY_ERROR) {
        outcome = judge_error_reply(request, endpoint, *reply);
        freeReplyObject(*reply);
        *reply = NULL;
    }
    connection_close(connection);
    return outcome;
}

/* The first reply that is no error, or NULL and the exit code of the last attempt. */
static redisReply *run(struct request *request, const struct ctl_options *options, int *code)
{
    redisReply *reply = NULL;
    struct outcome outcome = {.code = CTL_UNREACHABLE, .try_next = true};

    for (size_t i = 0; i < options->endpoint_count && outcome.try_next; i++) {
        outcome = try_endpoint(request, options->endpoints[i], options, &reply);
    }
    request_free(request);
    *code = outcome.code;
    return reply;
}

/* A reply of a type that the command never gives. */
static int strange_reply(void)
{
    ctl_complain("the answer is of a type that this command never gives: is it raftd?");
    return CTL_REFUSED;
}

/* ---- The commands ------------------------------------------------------------------------- */

static void print_value(const struct ctl_options *options, const char *key, const redisReply *reply)
{
    bool found = reply->type == REDIS_REPLY_STRING;
    struct json json;

    if (options->format == CTL_JSON) {
        json_begin(&json, stdout);
        json_open(&json, NULL, '{');
        json_text(&json, "key", key);
        json_boolean(&json, "found", found);
        if (found) {
            json_bytes(&json, "value", reply->str, reply->len);
        }
        json_close(&json, '}');
    } else if (!found) {
        fputs(isatty(STDOUT_FILENO) ? "(nil)" : "", stdout);
    } else if (isatty(STDOUT_FILENO)) {
        print_quoted(stdout, reply->str, reply->len);
    } else {
        fwrite(reply->str, 1, reply->len, stdout);
    }
    putchar('\n');
}

int ctl_get(const struct ctl_options *options, char **arguments)
{
    struct request request = request_make("GET", arguments, false);
    int code;
    redisReply *reply = run(&request, options, &code);

    if (reply == NULL) {
        return code;
    }
    if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_NIL) {
        code = reply->type == REDIS_REPLY_STRING ? CTL_OK : CTL_NO;
        print_value(options, arguments[0], reply);
    } else {
        code = strange_reply();
    }
    freeReplyObject(reply);
    return code;
}

int ctl_set(const struct ctl_options *options, char **arguments)
{
    struct request request = request_make("SET", arguments, true);
    struct json json;
    int code;
    redisReply *reply = run(&request, options, &code);

    if (reply == NULL) {
        return code;
    }
    if (reply->type != REDIS_REPLY_STATUS) {
        code = strange_reply();
    } else if (options->format == CTL_JSON) {
        json_begin(&json, stdout);
        json_open(&json, NULL, '{');
        json_text(&json, "key", arguments[0]);
        json_boolean(&json, "ok", true);
        json_close(&json, '}');
        putchar('\n');
    } else {
        puts("OK");
    }
    freeReplyObject(reply);
    return code;
}

int ctl_del(const struct ctl_options *options, char **arguments)
{
    struct request request = request_make("DEL", arguments, true);
    struct json json;
    int code;
    redisReply *reply = run(&request, options, &code);

    if (reply == NULL) {
        return code;
    }
    if (reply->type != REDIS_REPLY_INTEGER) {
        code = strange_reply();
    } else if (options->format == CTL_JSON) {
        json_begin(&json, stdout);
        json_open(&json, NULL, '{');
        json_integer(&json, "deleted", reply->integer);
        json_close(&json, '}');
        putchar('\n');
    } else {
        printf("%lld\n", reply->integer);
    }
    freeReplyObject(reply);
    return code;
}
