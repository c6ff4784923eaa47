/*
 * The reception: one thread that gets the connections accepted on the peer port. It does the TLS
 * handshake, reads the peer's hello, and gives the connection to the link of that peer; or answers
 * a node that asks to join. At most RECEPTION_PENDING_MAX connections wait here, each for a limited
 * time, so that a connection that sends nothing does no harm.
 */
#ifndef RAFTD_PEER_RECEPTION_H
#define RAFTD_PEER_RECEPTION_H

#include "peer/link.h"
#include "peer/link_table.h"

struct reception;

/*
 * What decides whether other nodes may join: functions of the node, which the reception thread
 * calls. None of them waits.
 */
struct reception_gate {
    void *context;
    /*
     * Answers a question whose sender is verified. True: the answer is in *reply. False: the
     * sender is being made a member first, and next() gives the answer with this tag.
     */
    bool (*judge)(void *context, const struct wire_join *join, uint64_t tag,
                  struct wire_join_reply *reply);
    /* The next answer that judge() promised; false = none has come yet. */
    bool (*next)(void *context, uint64_t *tag, struct wire_join_reply *reply);
    /* Before poll(): false if next() has an answer already. Else *fd (-1 = none) becomes readable
     * when an answer comes, and awake() has to be called after the sleep. */
    bool (*sleep)(void *context, int *fd);
    void (*awake)(void *context);
    /* Whether the node belongs to a cluster, so that links can take connections. */
    bool (*is_whole)(void *context);
    /*
     * What this node says to a founder that asks (member/founding.h). *host: the host that the
     * founder's certificate has to name, valid until the next call. False: the sender is no
     * founder as far as this node knows.
     */
    bool (*found)(void *context, const struct wire_found *question, struct wire_found *reply,
                  const char **host);
};

enum { RECEPTION_PENDING_MAX = 64, RECEPTION_TIMEOUT_MS = 5000 };

/* The links are borrowed; the reception has to be destroyed before them. NULL if the process has no
 * file descriptor left. */
struct reception *reception_create(const struct link_shared *shared, struct link_table *links);
int reception_start(struct reception *reception);
void reception_destroy(struct reception *reception); /* stops the thread first */

/* Before reception_start(): who decides whether others may join; borrowed. Without it, all are
 * refused. */
void reception_set_gate(struct reception *reception, const struct reception_gate *gate);

/* The acceptor thread, see acceptor_listen(). Takes the socket. */
void reception_accept(void *reception, int fd);

#endif
