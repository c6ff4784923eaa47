/*
 * The syntax of addresses: checks and takes apart text such as "127.0.0.1:7380". Pure: it keeps
 * nothing, may run on any thread, and never resolves a name or opens a socket.
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* The limits of RFC 1035, section 2.3.4, without the bytes that hold the lengths. */
enum { HOST_NAME_LENGTH_MAX = 253, HOST_LABEL_LENGTH_MAX = 63 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Letters, digits and hyphens (RFC 952). The underscore is no legal character of a host name, but
 * many private networks use it, so it is accepted. */
static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
}

/* A host name is a sequence of labels with dots between them. No label is empty, too long, or has
 * a hyphen at its start or end. */
static bool is_host_name(const char *host)
{
    size_t label = 0;

    if (strlen(host) > HOST_NAME_LENGTH_MAX) {
        return false;
    }
    for (const char *p = host; *p != '\0'; p++) {
        if (*p == '.') {
            if (label == 0 || p[-1] == '-') {
                return false;
            }
            label = 0;
        } else if (!is_name_character(*p) || (*p == '-' && label == 0) ||
                   ++label > HOST_LABEL_LENGTH_MAX) {
            return false;
        } else if (p[1] == '\0' && *p == '-') {
            return false;
        }
    }
    return label > 0;
}

/* A host whose last label has digits only is meant as an IPv4 address: no top-level domain has
 * digits only. So "127.0.0" and "10.0.0.256" are reported as typing errors and are not looked up
 * as names. */
static bool looks_like_ipv4(const char *host)
{
    const char *dot = strrchr(host, '.');
    const char *label = dot != NULL ? dot + 1 : host;

    return *label != '\0' && strspn(label, "0123456789") == strlen(label);
}

static bool is_ipv4(const char *host)
{
    struct in_addr binary;

    return inet_pton(AF_INET, host, &binary) == 1;
}

static bool is_ipv6(const char *host)
{
    struct in6_addr binary;

    return inet_pton(AF_INET6, host, &binary) == 1;
}

static bool parse_port(const char *text, uint16_t *port)
{
    uint32_t value = 0;

    if (*text == '\0' || strlen(text) > 5) {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (!is_digit(*text)) {
            return false;
        }
        value = value * 10 + (uint32_t)(*text - '0');
    }
    if (value > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)value;
    return true;
}

/* A sentence about what is wrong with the host; NULL if it is valid. */
static const char *host_problem(const char *host, bool in_brackets)
{
    if (*host == '\0') {
        return "the host is missing";
    }
    if (in_brackets) {
        return is_ipv6(host) ? NULL : "the text in brackets is not an IPv6 address";
    }
    if (strchr(host, ':') != NULL) {
        return is_ipv6(host) ? "an IPv6 address has to be in brackets, as in [::1]:7380"
                             : "there is more than one colon";
    }
    if (looks_like_ipv4(host)) {
        return is_ipv4(host) ? NULL : "the host is not a valid IPv4 address";
    }
    return is_host_name(host) ? NULL : "the host is not a valid host name";
}

bool address_split(const char *text, char host[ADDRESS_HOST_BYTES], uint16_t *port,
                   const char **problem)
{
    bool in_brackets = text[0] == '[';
    const char *start = in_brackets ? text + 1 : text;
    const char *end = in_brackets ? strchr(start, ']') : strrchr(start, ':');
    const char *colon = in_brackets && end != NULL ? end + 1 : end;
    size_t length;

    if (in_brackets && end == NULL) {
        *problem = "the bracket is not closed";
        return false;
    }
    if (colon == NULL || *colon != ':') {
        *problem = "the port is missing";
        return false;
    }
    length = (size_t)(end - start);
    if (length >= ADDRESS_HOST_BYTES) {
        *problem = "the host is too long";
        return false;
    }
    memcpy(host, start, length);
    host[length] = '\0';
    *problem = host_problem(host, in_brackets);
    if (*problem == NULL && !parse_port(colon + 1, port)) {
        *problem = "the port is not a number from 0 to 65535";
    }
    return *problem == NULL;
}

bool address_is_loopback_host(const char *host)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;

    if (inet_pton(AF_INET, host, &ipv4) == 1) {
        return ntohl(ipv4.s_addr) >> 24 == 127;
    }
    if (inet_pton(AF_INET6, host, &ipv6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&ipv6) ||
               (IN6_IS_ADDR_V4MAPPED(&ipv6) && ipv6.s6_addr[12] == 127);
    }
    return strcasecmp(host, "localhost") == 0;
}

bool address_is_wildcard_host(const char *host)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;

    if (inet_pton(AF_INET, host, &ipv4) == 1) {
        return ipv4.s_addr == 0;
    }
    if (inet_pton(AF_INET6, host, &ipv6) == 1) {
        return IN6_IS_ADDR_UNSPECIFIED(&ipv6) ||
               (IN6_IS_ADDR_V4MAPPED(&ipv6) && ipv6.s6_addr32[3] == 0);
    }
    return false;
}

bool address_is_ip_host(const char *host)
{
    return is_ipv4(host) || is_ipv6(host);
}

bool address_is_same_host(const char *host, const char *other)
{
    struct in6_addr ipv6;
    struct in6_addr other_ipv6;
    struct in_addr ipv4;
    struct in_addr other_ipv4;

    if (inet_pton(AF_INET, host, &ipv4) == 1 && inet_pton(AF_INET, other, &other_ipv4) == 1) {
        return ipv4.s_addr == other_ipv4.s_addr;
    }
    if (inet_pton(AF_INET6, host, &ipv6) == 1 && inet_pton(AF_INET6, other, &other_ipv6) == 1) {
        return memcmp(&ipv6, &other_ipv6, sizeof(ipv6)) == 0;
    }
    return strcasecmp(host, other) == 0;
}
