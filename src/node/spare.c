/*
 * The addresses of the links of a node. A link goes to the address in the log. If [peers] names
 * another address for the same member, the link gets this one as a spare: it is dialled when the
 * first one does not answer. So the members find each other again after all addresses have changed
 * while the nodes were down. What answers at an address has to prove that it is this member of this
 * cluster, so a wrong address in [peers] is harmless. The log is not changed: that takes
 * raftctl member move. Any thread that makes links.
 */
#include <string.h>

#include "node/node.h"

struct link *node_make_link(const struct raftd_node *node, uint16_t id,
                            const struct net_address *address)
{
    struct link *link = link_create(&node->link_shared, id, address);

    for (size_t i = 0; link != NULL && i < node->conf.peer_count; i++) {
        struct net_address spare;
        struct raftd_error error;

        if (node->conf.peers[i].id == id &&
            net_address_parse(&spare, node->conf.peers[i].address, &error) == 0 &&
            (spare.port != address->port || strcmp(spare.host, address->host) != 0)) {
            link_set_spare(link, &spare);
        }
    }
    return link;
}
