/*
 * Puts the member's answers into the rings of the clients, and wakes them once a turn. Core thread;
 * never waits.
 */
#include "node/core_loop.h"

void answers_deliver(struct core_loop *loop)
{
    struct member_answer answer;

    while (member_next_answer(loop->member, &answer)) {
        client_complete(answer.client, answer.tag, answer.status, answer.index, &answer.reply);
        reply_reset(&answer.reply);
    }
}

void answers_wake(struct core_loop *loop)
{
    size_t places = node_client_places(loop->node);

    for (size_t i = 0; i < places; i++) {
        struct raftd_client *client =
            atomic_load_explicit(&loop->node->clients[i], memory_order_acquire);

        if (client != NULL && client_take_wake(client)) {
            client_wake(client);
        }
    }
}
