/*
 * A replicated counter: the smallest program around libraftd. It runs one raftd node inside itself,
 * adds one to the counter, prints the new value and ends. The counter lives in the log under
 * DATA_DIR, so the next run continues where this one ended.
 *
 *     cc counter.c -o counter $(pkg-config --cflags --libs raftd)
 *     ./counter DATA_DIR PEER_ADDRESS          for example: ./counter data 127.0.0.1:7381
 *
 * The node is a cluster of one; register.c, beside this file, is for clusters of any size.
 */
#include <stdio.h>
#include <string.h>

#include <raftd/client.h>
#include <raftd/node.h>

enum { START_TIMEOUT_MS = 10000 };

/*
 * Every node calls this for every committed entry, in the order of the log; after a restart again
 * for the whole log. So the sum is the same on all nodes, and the program needs no file for it.
 */
static void apply(void *context, const struct raftd_entry *entries, size_t count)
{
    int *sum = context;

    for (size_t i = 0; i < count; i++) {
        *sum += 1;
        raftd_reply_write(entries[i].reply, sum, sizeof(*sum));
    }
}

int main(int argc, char **argv)
{
    int sum = 0;
    struct raftd_state_machine machine = {.context = &sum, .apply = apply};
    struct raftd_builder *builder = NULL;
    struct raftd_node *node = NULL;
    struct raftd_client *client = NULL;
    struct raftd_completion completion;
    struct raftd_error error = {0};
    int sum_now;
    int code;

    if (argc != 3) {
        fprintf(stderr, "usage: %s DATA_DIR PEER_ADDRESS\n", argv[0]);
        return 2;
    }
    builder = raftd_builder_create();
    code = raftd_builder_set(builder, "node.data_dir", argv[1], &error);
    if (code != 0) {
        goto end;
    }
    code = raftd_builder_set(builder, "listen.peer", argv[2], &error);
    if (code != 0) {
        goto end;
    }
    code = raftd_builder_state_machine(builder, &machine);
    if (code != 0) {
        goto end;
    }
    code = raftd_builder_build(builder, &node, &error);
    if (code != 0) {
        goto end;
    }
    code = raftd_node_start(node, START_TIMEOUT_MS, &error);
    if (code != 0) {
        goto end;
    }
    code = raftd_client_open(node, &client);
    if (code != 0) {
        goto end;
    }
    /* Whatever the command says, apply() adds one for it. */
    code = raftd_client_call(client, "+1", 2, &completion);
    if (code != 0) {
        goto end;
    }
    /* What apply() replied; the bytes are valid until the next call on this client. */
    memcpy(&sum_now, completion.data, sizeof(sum_now));
    printf("%d\n", sum_now);

end:
    if (code != 0) {
        /* Not every function explains itself in the error; every one returns a code. */
        fprintf(stderr, "%s: %s\n", argv[0],
                error.code != 0 ? error.message : raftd_code_text(code));
    }
    raftd_client_close(client);
    raftd_node_destroy(node);
    raftd_builder_destroy(builder);
    return code == 0 ? 0 : 1;
}
