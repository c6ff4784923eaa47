/*
 * One command while it is carried out: its arguments, the request to the node that it may need, and
 * the functions that the commands of all groups use. A struct call lives on the stack of a worker's
 * thread. Nothing here knows a particular command.
 */
#ifndef RAFTD_COMMANDS_CALL_H
#define RAFTD_COMMANDS_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/client.h>

#include "base/bytes.h"
#include "base/number.h"
#include "commands/command.h"
#include "front/owed.h"
#include "kv/kv.h"
#include "resp/parser.h"
#include "resp/writer.h"

struct connection;
struct front;
struct session;
struct worker;

struct call {
    struct front *front;
    struct worker *worker;
    struct connection *connection;
    struct session *session; /* the connection's */
    const struct command *command;
    const struct resp_argument *arguments; /* the command's name comes first */
    size_t count;                          /* number of arguments */
    struct buffer *reply;        /* output of a command that needs no answer of the node */
    enum resp_protocol protocol; /* protocol version of that reply */

    /* The request. Set by a command that needs an answer of the node. */
    int (*submit)(struct call *call, uint64_t tag); /* sends the request; NULL = it asks for
                                                       `operation` */
    enum kv_operation operation;                    /* operation of the state machine */
    uint8_t flags;                                  /* flags of `operation` */
    enum raftd_read_level read_level;               /* level of a read; initially that of the
                                                       connection */
    struct kv_argument *kv_arguments;   /* arguments of `operation`; the worker's, with room for
                                         `count` + 2 */
    size_t kv_count;                    /* number of kv_arguments */
    char number[NUMBER_TEXT_BYTES_MAX]; /* room for an argument that the client did not send */
    struct owed_reply owed; /* how the answer becomes the reply; says whether it is a read */

    bool is_asked;       /* whether the node was asked, so that the reply is owed */
    bool in_transaction; /* whether EXEC carries the command out */
};

/*
 * Runs the command. False: the reply is written. True: the node has to be asked. Then the request
 * is filled in and nothing else has happened, so that the command can be prepared again later if
 * the node has no room for a request now.
 */
bool call_prepare(struct call *call);

/* Fills in the request: the operation with the first `count` arguments of the command. */
void call_ask(struct call *call, enum kv_operation operation, size_t count);
/* Adds one argument to the request. */
void call_ask_also(struct call *call, const struct resp_argument *argument);
/* Fills in the request: the operation with `count` arguments. `parts` contains them one after the
 * other: the size and the bytes of each. They are copied. */
void call_ask_parts(struct call *call, enum kv_operation operation, const struct buffer *parts,
                    size_t count);

/* Whether an argument is this word, in any case. `word` is in lower case. */
bool argument_is(const struct resp_argument *argument, const char *word);
/* Whether the argument is 0, the number of the only database; false: the error is written. */
bool call_checks_database(struct call *call, const struct resp_argument *argument);

/* Each writes a reply that many commands have, and returns false, as the function of an answered
 * command does. */
bool call_ok(struct call *call);
bool call_syntax_error(struct call *call);
bool call_not_an_integer(struct call *call);

#endif
