/*
 * Addresses as people write them: "127.0.0.1:7380", "[::1]:7380", "node-1.example:7381".
 */
#ifndef RAFTD_NET_ADDRESS_H
#define RAFTD_NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <raftd/error.h>

struct net_address {
    char host[256]; /* without brackets */
    uint16_t port;
};

/* Text to address; RAFTD_ERROR_INVALID with a message that says what is wrong. Resolves nothing. */
int net_address_parse(struct net_address *address, const char *text, struct raftd_error *error);
void net_address_format(const struct net_address *address, char *text, size_t size);
/* A loopback IP literal or "localhost". Other names are not, whatever they resolve to. */
bool net_address_is_loopback(const struct net_address *address);

#endif
