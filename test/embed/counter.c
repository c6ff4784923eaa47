/*
 * A counter on one raftd node, embedded through libraftd: adds one and prints the sum, which
 * lives on in the data directory. usage: counter DATA_DIR PEER_ADDRESS
 */
#include <stdio.h>

#include <raftd/client.h>
#include <raftd/node.h>

static void count_up(void *sum, const struct raftd_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ++*(int *)sum;
        raftd_reply_write(entries[i].reply, sum, sizeof(int));
    }
}

int main(int argc, char **argv)
{
    int sum = 0;
    struct raftd_state_machine machine = {.context = &sum, .apply = count_up};
    struct raftd_builder *builder = raftd_builder_create();
    struct raftd_node *node;
    struct raftd_client *client;
    struct raftd_completion done;
    struct raftd_error error = {.message = "two arguments are wanted"};

    if (argc != 3 || raftd_builder_set(builder, "node.data_dir", argv[1], &error) != 0 ||
        raftd_builder_set(builder, "listen.peer", argv[2], &error) != 0 ||
        raftd_builder_state_machine(builder, &machine) != 0 ||
        raftd_builder_build(builder, &node, &error) != 0 ||
        raftd_node_start(node, 10000, &error) != 0 || raftd_client_open(node, &client) != 0 ||
        raftd_client_call(client, "+1", 2, &done) != 0) {
        fprintf(stderr, "counter: %s\n", error.message);
        return 1;
    }
    printf("%d\n", *(const int *)done.data);
    raftd_client_close(client);
    raftd_node_destroy(node);
    raftd_builder_destroy(builder);
    return 0;
}
