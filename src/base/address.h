/*
 * The syntax of addresses as people write them: "127.0.0.1:7380", "[::1]:7380",
 * "node-1.example:7381". Pure: these functions look at the text only, keep nothing, may run on any
 * thread, and never resolve a name.
 */
#ifndef RAFTD_BASE_ADDRESS_H
#define RAFTD_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/* The size of the array for a host, with its terminating NUL. */
enum { ADDRESS_HOST_BYTES = 256 };

/*
 * Splits "HOST:PORT" into host and port. An IPv6 host has to be in brackets; the result has no
 * brackets. Port 0 is accepted: the caller decides whether it makes sense.
 * On false, *problem is a constant text that says what is wrong ("the port is missing"), and the
 * contents of host and *port are undefined.
 */
bool address_split(const char *text, char host[ADDRESS_HOST_BYTES], uint16_t *port,
                   const char **problem);

/* True for an IPv4 or IPv6 loopback address and for "localhost". False for every other name, even
 * for a name that resolves to a loopback address. */
bool address_is_loopback_host(const char *host);
/* True for 0.0.0.0 and ::. A socket can listen on these, but no client can connect to them. */
bool address_is_wildcard_host(const char *host);
/* True for an IPv4 or IPv6 address, false for a name. */
bool address_is_ip_host(const char *host);
/* True if both are the same IP address, however they are spelled, or the same name; the case of
 * letters does not matter. A name and an address are never the same: nothing is resolved. */
bool address_is_same_host(const char *host, const char *other);

#endif
