/*
 * A counter on one raftd node, embedded through libraftd: adds one and prints the sum, which
 * lives on in the data directory. usage: counter DATA_DIR PEER_ADDRESS
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <raftd/client.h>
#include <raftd/node.h>

static void apply(void *sum, const struct raftd_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        *(unsigned *)sum += *(const unsigned char *)entries[i].data;
        if (entries[i].reply != NULL) {
            raftd_reply_write(entries[i].reply, sum, sizeof(unsigned));
        }
    }
}

static void read_sum(void *sum, const struct raftd_query *query, struct raftd_reply *reply)
{
    (void)query;
    raftd_reply_write(reply, sum, sizeof(unsigned));
}

static void *run(void *node)
{
    static struct raftd_error error;
    return raftd_node_run(node, &error) == 0 ? NULL : &error;
}

/* Adds one; again while that was definitely not done, since the node is still starting. */
static int add_one(struct raftd_client *client, unsigned *sum)
{
    struct raftd_completion done;
    do {
        raftd_client_propose(client, "\1", 1, 0);
        raftd_client_submit(client);
        while (!raftd_client_wait(client, 1000) || !raftd_client_next(client, &done)) {
        }
    } while (done.status == RAFTD_ERROR_NOT_READY || done.status == RAFTD_ERROR_UNAVAILABLE);
    if (done.status == 0) {
        memcpy(sum, done.data, sizeof(*sum));
    }
    return done.status;
}

int main(int argc, char **argv)
{
    unsigned sum = 0;
    struct raftd_state_machine machine = {.context = &sum, .apply = apply, .read = read_sum};
    struct raftd_builder *builder = raftd_builder_create();
    struct raftd_error error = {0};
    struct raftd_client *client;
    struct raftd_node *node;
    pthread_t thread;
    void *problem;
    unsigned answer = 0;

    if (argc != 3 || raftd_builder_set(builder, "node.data_dir", argv[1], &error) != 0 ||
        raftd_builder_set(builder, "listen.peer", argv[2], &error) != 0 ||
        raftd_builder_state_machine(builder, &machine) != 0 ||
        raftd_builder_build(builder, &node, &error) != 0 || raftd_client_open(node, &client) != 0) {
        fprintf(stderr, "counter: %s\n", argc == 3 ? error.message : "two arguments are wanted");
        return 1;
    }
    pthread_create(&thread, NULL, run, node);
    if (add_one(client, &answer) == 0) {
        printf("%u\n", answer);
    }
    raftd_client_close(client);
    raftd_node_stop(node);
    pthread_join(thread, &problem);
    raftd_node_destroy(node);
    raftd_builder_destroy(builder);
    return problem == NULL && answer != 0 ? 0 : 1;
}
