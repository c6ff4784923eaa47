/*
 * The syntax of addresses as people write them: "127.0.0.1:7380", "[::1]:7380",
 * "node-1.example:7381". Pure: looks at the text only, resolves no name.
 */
#ifndef RAFTD_BASE_ADDRESS_H
#define RAFTD_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

enum { ADDRESS_HOST_BYTES = 256 };

/*
 * Takes "HOST:PORT" apart; an IPv6 host has to stand in brackets, which are left out of host.
 * Port 0 is let through: whether it makes sense is the caller's to say. On false *problem is
 * what is wrong, to be put behind the text in a message, and host and port are undefined.
 */
bool address_split(const char *text, char host[ADDRESS_HOST_BYTES], uint16_t *port,
                   const char **problem);

/* An IPv4 or IPv6 loopback address, or "localhost". Other names are not, whatever they resolve
 * to. */
bool address_is_loopback_host(const char *host);
/* 0.0.0.0 or ::, which a socket can listen on and nobody can connect to. */
bool address_is_wildcard_host(const char *host);
/* An IPv4 or IPv6 address, not a name. */
bool address_is_ip_host(const char *host);
/* The same address however it is spelled, or the same name in any case. */
bool address_is_same_host(const char *host, const char *other);

#endif
