/*
 * RAFT MEMBER and RAFT HANDOVER: changes of members and of leadership. The node sends them to the
 * leader and answers with a sentence. The thread of the connection's worker.
 */
#include "commands/members.h"

#include <string.h>

#include <raftd/client.h>

#include "commands/call.h"
#include "commands/render.h"
#include "front/worker.h"
#include "net/address.h"

/* The steps of one RAFT MEMBER. */
struct member_request {
    size_t count;
    struct raftd_change_step steps[RAFTD_CHANGE_STEPS_MAX];
    char addresses[RAFTD_CHANGE_STEPS_MAX][272];
};

struct words {
    const struct call *call;
    size_t next;
};

static bool take_id(struct words *words, uint16_t *id)
{
    const struct resp_argument *argument = &words->call->arguments[words->next];
    int64_t number = 0;

    if (words->next >= words->call->count ||
        !number_parse(argument->data, argument->size_bytes, &number) || number < 1 ||
        number > UINT16_MAX) {
        return false;
    }
    words->next++;
    *id = (uint16_t)number;
    return true;
}

static bool take_address(struct words *words, struct member_request *request)
{
    const struct resp_argument *argument = &words->call->arguments[words->next];
    char *address = request->addresses[request->count];

    if (words->next >= words->call->count || argument->size_bytes == 0 ||
        argument->size_bytes >= sizeof(request->addresses[0]) ||
        memchr(argument->data, 0, argument->size_bytes) != NULL) {
        return false;
    }
    memcpy(address, argument->data, argument->size_bytes);
    address[argument->size_bytes] = 0;
    request->steps[request->count].address = address;
    words->next++;
    return true;
}

static bool take_word(struct words *words, const char *word)
{
    if (words->next >= words->call->count ||
        !argument_is(&words->call->arguments[words->next], word)) {
        return false;
    }
    words->next++;
    return true;
}

static bool parse_step(struct words *words, struct member_request *request)
{
    struct raftd_change_step *step = &request->steps[request->count];

    *step = (struct raftd_change_step){0};
    if (take_word(words, "add")) {
        step->kind = RAFTD_CHANGE_ADD;
        if (!take_id(words, &step->id) || !take_address(words, request)) {
            return false;
        }
        if (take_word(words, "learner")) {
            step->kind = RAFTD_CHANGE_ADD_LEARNER;
        }
        return true;
    }
    if (take_word(words, "promote")) {
        step->kind = RAFTD_CHANGE_PROMOTE;
        return take_id(words, &step->id);
    }
    if (take_word(words, "remove")) {
        step->kind = RAFTD_CHANGE_REMOVE;
        return take_id(words, &step->id);
    }
    if (take_word(words, "replace")) {
        step->kind = RAFTD_CHANGE_REPLACE;
        return take_id(words, &step->old_id) && take_id(words, &step->id) &&
               take_address(words, request);
    }
    step->kind = RAFTD_CHANGE_ADDRESS;
    return take_word(words, "move") && take_id(words, &step->id) && take_address(words, request);
}

static bool parse(const struct call *call, struct member_request *request)
{
    struct words words = {.call = call, .next = 2};

    request->count = 0;
    while (words.next < call->count) {
        if (request->count == RAFTD_CHANGE_STEPS_MAX || !parse_step(&words, request)) {
            return false;
        }
        request->count++;
    }
    return request->count > 0;
}

/* The node's sentence about a change of members or of leadership. */
static void finish_sentence(struct connection *connection, const struct owed_reply *owed,
                            const struct raftd_completion *completion, struct buffer *output)
{
    const char *sentence = (const char *)completion->data;
    int size = (int)completion->size_bytes;

    (void)connection;
    if (completion->status == RAFTD_OK) {
        resp_write_raw(output, "+OK\r\n", 5);
    } else if (size > 0 && completion->status == RAFTD_ERROR_CONFLICT) {
        resp_write_error_format(output, "CONFLICT %.*s", size, sentence);
    } else if (size > 0 && completion->status == RAFTD_ERROR_INVALID) {
        resp_write_error_format(output, "ERR %.*s", size, sentence);
    } else {
        render_status(output, completion->status, owed->is_read);
    }
}

/* Whether each address is host:port; if one is not, the error is written. */
static bool has_valid_addresses(struct call *call, const struct member_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        const char *address = request->steps[i].address;
        struct net_address parsed;
        struct raftd_error error;

        if (address != NULL && net_address_parse(&parsed, address, &error) != 0) {
            resp_write_error_format(call->reply, "ERR invalid address '%s': expected host:port",
                                    address);
            return false;
        }
    }
    return true;
}

static int submit_member(struct call *call, uint64_t tag)
{
    struct member_request request;

    if (!parse(call, &request)) {
        return RAFTD_ERROR_INVALID;
    }
    return raftd_client_change(call->worker->client, request.steps, request.count, tag);
}

bool members_change(struct call *call)
{
    struct member_request request;

    if (!parse(call, &request)) {
        resp_write_error_format(call->reply,
                                "ERR syntax error: expected ADD id host:port [LEARNER], PROMOTE "
                                "id, REMOVE id, REPLACE old-id new-id host:port or MOVE id "
                                "host:port, at most %d steps, with ids from 1 to 65535",
                                RAFTD_CHANGE_STEPS_MAX);
        return false;
    }
    if (!has_valid_addresses(call, &request)) {
        return false;
    }
    call->submit = submit_member;
    call->owed.finish = finish_sentence;
    return true;
}

static int submit_handover(struct call *call, uint64_t tag)
{
    struct words words = {.call = call, .next = 2};
    uint16_t id = 0;

    (void)take_id(&words, &id);
    return raftd_client_handover(call->worker->client, id, tag);
}

bool members_hand_over(struct call *call)
{
    struct words words = {.call = call, .next = 2};
    uint16_t id = 0;

    if (call->count > 2 && (!take_id(&words, &id) || call->count > 3)) {
        resp_write_error_format(
            call->reply,
            "ERR syntax error: expected the id of a member, from 1 to 65535, or no argument");
        return false;
    }
    call->submit = submit_handover;
    call->owed.finish = finish_sentence;
    return true;
}
