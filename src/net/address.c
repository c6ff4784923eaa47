/*
 * Converts addresses between text and struct net_address, by the syntax of base/address.h. Any
 * thread; keeps nothing and resolves no name.
 */
#include "net/address.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/error.h"

_Static_assert(sizeof(((struct net_address *)0)->host) == ADDRESS_HOST_BYTES, "one size of host");

int net_address_parse(struct net_address *address, const char *text, struct raftd_error *error)
{
    const char *problem = NULL;

    *address = (struct net_address){0};
    if (!address_split(text, address->host, &address->port, &problem)) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "invalid address \"%s\": expected HOST:PORT, %s", text, problem);
    }
    return 0;
}

void net_address_format(const struct net_address *address, char *text, size_t size)
{
    bool bracketed = strchr(address->host, ':') != NULL;

    snprintf(text, size, bracketed ? "[%s]:%u" : "%s:%u", address->host, address->port);
}

bool net_address_is_loopback(const struct net_address *address)
{
    return address_is_loopback_host(address->host);
}
