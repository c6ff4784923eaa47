/*
 * hiredis, unmodified, for test_clients.py: counts up through whichever of some ports answers, and
 * goes to the next one where the connection breaks; prints how many were acknowledged.
 *
 *     client_hiredis COUNT PORT [PORT ...]       says "half" half-way and waits for a line
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

struct client {
    char **ports;
    int port_count;
    int at;
    redisContext *context;
};

static void reconnect(struct client *client)
{
    struct timeval timeout = {.tv_sec = 10};

    do {
        if (client->context != NULL) {
            redisFree(client->context);
        }
        client->at = (client->at + 1) % client->port_count;
        client->context =
            redisConnectWithTimeout("127.0.0.1", atoi(client->ports[client->at]), timeout);
    } while (client->context == NULL || client->context->err != 0);
    redisSetTimeout(client->context, timeout);
}

/* True: done for certain. An error that says so, or a broken connection, is tried again. */
static bool increment(struct client *client)
{
    redisReply *reply = redisCommand(client->context, "INCR %s", "hiredis");
    bool done;

    if (reply == NULL) {
        reconnect(client);
        return false;
    }
    done = reply->type == REDIS_REPLY_INTEGER;
    freeReplyObject(reply);
    return done;
}

/* Everything of one pipeline is answered in order. */
static bool pipeline_is_in_order(struct client *client)
{
    static const int types[] = {REDIS_REPLY_STATUS, REDIS_REPLY_STATUS, REDIS_REPLY_STATUS,
                                REDIS_REPLY_ARRAY, REDIS_REPLY_STRING};
    bool right = true;

    redisAppendCommand(client->context, "SET %s %b", "hiredis:binary", "a\0b", (size_t)3);
    redisAppendCommand(client->context, "MULTI");
    redisAppendCommand(client->context, "APPEND hiredis:binary c");
    redisAppendCommand(client->context, "EXEC");
    redisAppendCommand(client->context, "GET hiredis:binary");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        void *answer = NULL;
        const redisReply *reply;

        if (redisGetReply(client->context, &answer) != REDIS_OK) {
            return false;
        }
        reply = answer;
        right = right && reply->type == types[i];
        if (types[i] == REDIS_REPLY_STRING) {
            right = right && reply->len == 4 && memcmp(reply->str, "a\0bc", 4) == 0;
        }
        freeReplyObject(answer);
    }
    return right;
}

int main(int argc, char **argv)
{
    struct client client = {.ports = argv + 2, .port_count = argc - 2, .at = -1};
    long wanted = argc > 2 ? atol(argv[1]) : 0;
    long acknowledged = 0;

    if (client.port_count <= 0) {
        return EXIT_FAILURE;
    }
    reconnect(&client);
    while (acknowledged < wanted) {
        if (increment(&client) && ++acknowledged == wanted / 2) {
            puts("half");
            fflush(stdout);
            if (getchar() == EOF) {
                return EXIT_FAILURE;
            }
        }
    }
    printf("%ld %s\n", acknowledged, pipeline_is_in_order(&client) ? "in order" : "out of order");
    redisFree(client.context);
    return EXIT_SUCCESS;
}
