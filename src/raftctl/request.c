/*
 * One Redis command to the cluster: which endpoint is asked, and what an error means. Main thread.
 */
#include "raftctl/request.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "raftctl/endpoint.h"
#include "raftctl/output.h"

/* How often one request follows MOVED; more is needed only if the leader changes meanwhile. */
enum { REDIRECTS_MAX = 3 };

void ctl_request_add_bytes(struct ctl_request *request, const void *data, size_t size)
{
    request->words = memory_grow(request->words, &request->words_capacity, request->count + 1,
                                 sizeof(request->words[0]));
    request->sizes = memory_grow(request->sizes, &request->sizes_capacity, request->count + 1,
                                 sizeof(request->sizes[0]));
    request->words[request->count] = data;
    request->sizes[request->count++] = size;
}

void ctl_request_add(struct ctl_request *request, const char *word)
{
    ctl_request_add_bytes(request, word, strlen(word));
}

static void request_free(struct ctl_request *request)
{
    memory_free(request->words);
    memory_free(request->sizes);
    *request = (struct ctl_request){0};
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Errors that promise two things: the command was not applied, and another node may apply it. */
static bool is_definite_refusal(const char *text)
{
    return has_prefix(text, "LOADING ") || has_prefix(text, "TRYAGAIN ") ||
           has_prefix(text, "CLUSTERDOWN ") || has_prefix(text, "MOVED ");
}

/* What happened at one endpoint. */
struct outcome {
    int code;
    bool try_next;
};

static struct outcome judge_failure(const struct ctl_request *request, const char *endpoint,
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

static struct outcome judge_error_reply(const struct ctl_request *request, const char *endpoint,
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

static int ask(const struct ctl_request *request, const char *name,
               const struct ctl_options *options, struct endpoint **opened,
               struct resp_reply **reply, struct raftd_error *error)
{
    int code = *opened != NULL ? 0 : endpoint_open(name, options, opened, error);

    return code != 0 ? code
                     : endpoint_command(*opened, request->count, request->words, request->sizes,
                                        reply, error);
}

/* The address in an error such as "MOVED 866 10.0.0.2:7380"; NULL = the reply is another one. */
static const char *moved_to(const struct resp_reply *reply)
{
    const char *space = NULL;

    if (reply->type == RESP_REPLY_ERROR && has_prefix(reply->text, "MOVED ")) {
        space = strchr(reply->text + strlen("MOVED "), ' ');
    }
    return space != NULL ? space + 1 : NULL;
}

/*
 * Asks one endpoint. *opened: the connection to it; if it is NULL, a new one is made.
 *
 * With [redis] redirect = moved, a node that does not lead refuses a command on a key and names the
 * leader. The leader is asked then, over a connection for this one request: the next request of a
 * session has to come back to the first node, because SCAN goes on only at the node where it began.
 */
static struct outcome try_endpoint(const struct ctl_request *request, const char *name,
                                   const struct ctl_options *options, struct endpoint **opened,
                                   struct resp_reply **reply)
{
    struct raftd_error error = {0};
    struct outcome outcome = {.code = CTL_OK};
    struct endpoint *leader = NULL;
    char leader_name[CTL_ENDPOINT_MAX];
    int code = ask(request, name, options, opened, reply, &error);

    for (int i = 0; i < REDIRECTS_MAX && code == 0 && moved_to(*reply) != NULL; i++) {
        snprintf(leader_name, sizeof(leader_name), "%s", moved_to(*reply));
        name = leader_name;
        memory_free(*reply);
        *reply = NULL;
        endpoint_close(leader);
        leader = NULL;
        code = ask(request, name, options, &leader, reply, &error);
    }
    endpoint_close(leader);
    if (code != 0) {
        outcome = judge_failure(request, name, &error);
    } else if ((*reply)->type == RESP_REPLY_ERROR) {
        outcome = judge_error_reply(request, name, *reply);
        memory_free(*reply);
        *reply = NULL;
    }
    return outcome;
}

struct resp_reply *ctl_request_send(struct ctl_request *request, const struct ctl_options *options,
                                    struct ctl_session *session, int *code)
{
    struct ctl_session single = {0};
    struct outcome outcome = {.code = CTL_UNREACHABLE, .try_next = true};
    struct resp_reply *reply = NULL;

    session = session != NULL ? session : &single;
    if (session->endpoint != NULL) {
        outcome = try_endpoint(request, session->name, options, &session->endpoint, &reply);
        outcome.try_next = false;
    }
    for (size_t i = 0; i < options->endpoint_count && outcome.try_next; i++) {
        session->name = options->endpoints[i];
        outcome = try_endpoint(request, session->name, options, &session->endpoint, &reply);
        if (reply == NULL) {
            ctl_session_close(session);
        }
    }
    ctl_session_close(&single);
    request_free(request);
    *code = outcome.code;
    return reply;
}

struct resp_reply *ctl_request_words(const struct ctl_options *options, const char *const *words,
                                     bool writes, int *code)
{
    struct ctl_request request = {.writes = writes};

    while (*words != NULL) {
        ctl_request_add(&request, *words++);
    }
    return ctl_request_send(&request, options, NULL, code);
}

void ctl_session_close(struct ctl_session *session)
{
    endpoint_close(session->endpoint);
    *session = (struct ctl_session){0};
}

int ctl_strange_reply(void)
{
    ctl_complain("the type of the answer is not one that raftd gives to this command; does raftd "
                 "listen at this endpoint?");
    return CTL_REFUSED;
}
