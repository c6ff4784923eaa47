/*
 * Decides whether a certificate is valid for a node, by its subject alternative names. Runs on the
 * thread that owns the stream; keeps nothing.
 *
 * A certificate names a node by the URI raftd://CLUSTER/NODE-ID. URIs are compared byte by byte.
 * That is enough because each node has only one spelling: [cluster] name has only characters that
 * a URI never percent-encodes (letters, digits and - . _).
 */
#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "net/tls_openssl.h"

static const char uri_prefix[] = "raftd://";

/*
 * Looks for raftd URIs among the names of a certificate. False if there are none. Otherwise found
 * is the wanted URI if the certificate has it, else the first one. A name with a NUL inside is
 * ignored: the part before the NUL could look like a name that the certificate does not have.
 */
static bool find_uri(const GENERAL_NAMES *names, const char *wanted, char *found, size_t size)
{
    bool any = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const char *text;
        size_t length;

        if (name->type != GEN_URI) {
            continue;
        }
        text = (const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
        length = (size_t)ASN1_STRING_length(name->d.uniformResourceIdentifier);
        if (length < sizeof(uri_prefix) - 1 || memchr(text, 0, length) != NULL ||
            strncmp(text, uri_prefix, sizeof(uri_prefix) - 1) != 0) {
            continue;
        }
        if (!any || (length == strlen(wanted) && memcmp(text, wanted, length) == 0)) {
            snprintf(found, size, "%.*s", (int)length, text);
        }
        any = true;
    }
    return any;
}

static bool host_matches(X509 *certificate, const char *host)
{
    unsigned char ip[sizeof(struct in6_addr)];

    if (host[0] == 0) {
        return false;
    }
    if (inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1) {
        return X509_check_ip_asc(certificate, host, 0) == 1;
    }
    /* No wildcards: such a certificate would be valid for every node of a domain. */
    return X509_check_host(certificate, host, 0,
                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS,
                           NULL) == 1;
}

bool tls_speaks_for(SSL *ssl, const char *cluster_name, uint16_t node_id, const char *host,
                    struct raftd_error *error)
{
    X509 *certificate = SSL_get1_peer_certificate(ssl);
    GENERAL_NAMES *names;
    char wanted[128];
    char found[128] = "";
    bool speaks;

    snprintf(wanted, sizeof(wanted), "%s%s/%u", uri_prefix, cluster_name, node_id);
    if (certificate == NULL) {
        error_set(error, RAFTD_ERROR_REFUSED,
                  "the other side sent no certificate, expected one for %s", wanted);
        return false;
    }
    names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    if (names != NULL && find_uri(names, wanted, found, sizeof(found))) {
        speaks = strcmp(found, wanted) == 0;
    } else {
        snprintf(found, sizeof(found), "neither a node nor the host %.64s", host);
        speaks = host_matches(certificate, host);
    }
    if (!speaks) {
        error_set(error, RAFTD_ERROR_REFUSED, "certificate names %s, expected %s", found, wanted);
    }
    GENERAL_NAMES_free(names);
    X509_free(certificate);
    return speaks;
}
