/*
 * One Redis command to the cluster. Endpoints are tried in order: the next one is asked only
 * where the one before has certainly not carried out the command, so that nothing is done twice.
 */
#include "raftctl/request.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "raftctl/endpoint.h"
#include "raftctl/output.h"

/* A Redis command. Owned by the caller of one of the functions below. */
struct request {
    const char **arguments;
    size_t *sizes;
    size_t count;
    bool writes;
};

static struct request request_make(size_t count, bool writes)
{
    return (struct request){
        .arguments = memory_allocate(count * sizeof(const char *)),
        .sizes = memory_allocate(count * sizeof(size_t)),
        .writes = writes,
    };
}

static void request_add(struct request *request, const char *word)
{
    request->arguments[request->count] = word;
    request->sizes[request->count++] = strlen(word);
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
        char text[sizeof(error->message) + 80];

        snprintf(text, sizeof(text),
                 "%s; it is not known whether the command was or will be applied", error->message);
        endpoint_complain(endpoint, text);
        return (struct outcome){.code = CTL_UNKNOWN};
    }
    endpoint_complain(endpoint, error->message);
    if (error->code == RAFTD_ERROR_SYSTEM) {
        return (struct outcome){.code = CTL_LOCAL};
    }
    return (struct outcome){.code = CTL_UNREACHABLE, .try_next = true};
}

static struct outcome judge_error_reply(const struct request *request, const char *endpoint,
                                        const struct resp_reply *reply)
{
    ctl_complain("%s: %s", endpoint, reply->text);
    if (is_definite_refusal(reply->text)) {
        return (struct outcome){.code = CTL_REFUSED, .try_next = true};
    }
    if (has_prefix(reply->text, "TIMEOUT ")) {
        return request->writes ? (struct outcome){.code = CTL_UNKNOWN}
                               : (struct outcome){.code = CTL_REFUSED, .try_next = true};
    }
    return (struct outcome){.code = CTL_REFUSED};
}

static struct outcome try_endpoint(const struct request *request, const char *endpoint,
                                   const struct ctl_options *options, struct resp_reply **reply)
{
    struct endpoint *opened = NULL;
    struct raftd_error error = {0};
    struct outcome outcome = {.code = CTL_OK};
    int code = endpoint_open(endpoint, options, &opened, &error);

    if (code == 0) {
        code = endpoint_command(opened, request->count, request->arguments, request->sizes, reply,
                                &error);
    }
    if (code != 0) {
        outcome = judge_failure(request, endpoint, &error);
    } else if ((*reply)->type == RESP_REPLY_ERROR) {
        outcome = judge_error_reply(request, endpoint, *reply);
        memory_free(*reply);
        *reply = NULL;
    }
    endpoint_close(opened);
    return outcome;
}

/* Frees the request. */
static struct resp_reply *run(struct request *request, const struct ctl_options *options, int *code)
{
    struct resp_reply *reply = NULL;
    struct outcome outcome = {.code = CTL_UNREACHABLE, .try_next = true};

    for (size_t i = 0; i < options->endpoint_count && outcome.try_next; i++) {
        outcome = try_endpoint(request, options->endpoints[i], options, &reply);
    }
    request_free(request);
    *code = outcome.code;
    return reply;
}

struct resp_reply *ctl_request(const struct ctl_options *options, const char *name,
                               char **arguments, bool writes, int *code)
{
    size_t count = 0;
    struct request request;

    while (arguments[count] != NULL) {
        count++;
    }
    request = request_make(count + 1, writes);
    request_add(&request, name);
    for (size_t i = 0; i < count; i++) {
        request_add(&request, arguments[i]);
    }
    return run(&request, options, code);
}

struct resp_reply *ctl_request_words(const struct ctl_options *options, const char *const *words,
                                     bool writes, int *code)
{
    size_t count = 0;
    struct request request;

    while (words[count] != NULL) {
        count++;
    }
    request = request_make(count, writes);
    for (size_t i = 0; i < count; i++) {
        request_add(&request, words[i]);
    }
    return run(&request, options, code);
}
