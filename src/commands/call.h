/*
 * One command as it came in: what is known of it, what the node is to be asked for it, and the
 * words that the files of all groups have in common. A struct call lives on the stack of a
 * worker's thread while the command is carried out. Nothing here knows a particular command.
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
    size_t count;                          /* of arguments */
    struct buffer *reply;        /* where a command that is answered here writes its reply */
    enum resp_protocol protocol; /* of that reply */

    /* Set by a command that the node has to be asked for. */
    int (*submit)(struct call *call, uint64_t tag); /* asks; NULL = `operation` is asked for */
    enum kv_operation operation;                    /* of the state machine */
    uint8_t flags;                                  /* of `operation` */
    enum raftd_read_level read_level;               /* of a read; at first the connection's */
    struct kv_argument *kv_arguments; /* of `operation`; the worker's, with room for `count` + 2 */
    size_t kv_count;                  /* of kv_arguments */
    char number[NUMBER_TEXT_BYTES_MAX]; /* room for an argument that the client did not send */
    struct owed_reply owed; /* how the answer becomes the reply; says whether it is a read */

    bool is_asked;       /* the node was asked: the reply is owed */
    bool in_transaction; /* EXEC carries the command out */
};

/*
 * Runs the command. True: what the node is to be asked is filled in, and nothing else has happened,
 * so that a command that finds no room at the node can be prepared once more later. False: the
 * reply is written.
 */
bool call_prepare(struct call *call);

/* What the node is to be asked: the operation with the command's first `count` arguments. */
void call_ask(struct call *call, enum kv_operation operation, size_t count);
/* One argument more. */
void call_ask_also(struct call *call, const struct resp_argument *argument);
/* The operation with `count` arguments, which `parts` has one after the other: the size and the
 * bytes of each. They are copied. */
void call_ask_parts(struct call *call, enum kv_operation operation, const struct buffer *parts,
                    size_t count);

/* Whether an argument is this word, given in lower case, in whatever case. */
bool argument_is(const struct resp_argument *argument, const char *word);
/* Whether the argument is 0, the number of the only database; false: the error is written. */
bool call_checks_database(struct call *call, const struct resp_argument *argument);

/* Write a reply that many commands have; they return false, as a command does that is answered. */
bool call_ok(struct call *call);
bool call_syntax_error(struct call *call);
bool call_not_an_integer(struct call *call);

#endif
