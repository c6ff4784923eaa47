/*
 * How a founder asks the other founders, and how it answers them. See founding.c.
 */
#ifndef RAFTD_NODE_FOUNDING_H
#define RAFTD_NODE_FOUNDING_H

#include <stdbool.h>

#include <raftd/error.h>

struct raftd_node;
struct wire_found;

/*
 * Run thread. Asks the other founders until this node may decide, and writes the decision. Returns
 * 0 also if the node was asked to stop: then the directory still belongs to no cluster. Waits as
 * long as it takes, and says for whom in the log and in the status.
 */
int founding_run(struct raftd_node *node, struct raftd_error *error);

/* Reception thread: the answer to another founder; see reception.h. */
bool founding_answer(struct raftd_node *node, const struct wire_found *question,
                     struct wire_found *reply, const char **host);

#endif
