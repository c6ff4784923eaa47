/*
 * Addresses as people write them: "127.0.0.1:7380", "[::1]:7380", "node-1.example:7381". Any
 * thread; nothing here resolves a name.
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

/* Returns 0, or RAFTD_ERROR_INVALID with a message that has the text and says what is wrong. */
int net_address_parse(struct net_address *address, const char *text, struct raftd_error *error);
/* Writes "HOST:PORT", with an IPv6 host in brackets; cuts what does not fit. */
void net_address_format(const struct net_address *address, char *text, size_t size);
/* True for a loopback IP address and for "localhost". False for every other name, even for one
 * that resolves to a loopback address. */
bool net_address_is_loopback(const struct net_address *address);

#endif
