/*
 * TLS for a program that only connects: loads its files, and sets the host that the other side's
 * certificate has to be valid for. Runs on the thread that owns the context or the stream; keeps
 * nothing.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/address.h"
#include "base/error.h"
#include "net/tls_openssl.h"

static int cannot_read(struct raftd_error *error, const char *what, const char *path)
{
    return error_set(error, RAFTD_ERROR_SYSTEM, "cannot read the %s in %s: %s", what, path,
                     tls_take_reason());
}

int tls_load_client_files(SSL_CTX *handle, const struct tls_client_files *files,
                          struct raftd_error *error)
{
    if (SSL_CTX_load_verify_file(handle, files->ca) != 1) {
        return cannot_read(error, "CA certificates", files->ca);
    }
    if (files->certificate == NULL) {
        return 0;
    }
    if (SSL_CTX_use_certificate_chain_file(handle, files->certificate) != 1) {
        return cannot_read(error, "certificate", files->certificate);
    }
    if (SSL_CTX_use_PrivateKey_file(handle, files->key, SSL_FILETYPE_PEM) != 1) {
        return cannot_read(error, "private key", files->key);
    }
    return 0;
}

bool tls_expect_host(SSL *ssl, const char *host)
{
    unsigned char binary[sizeof(struct in6_addr)];
    char name[ADDRESS_HOST_BYTES]; /* SSL_set_tlsext_host_name() casts const away, and copies */

    if (inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    }
    /* The name is also sent in the first message of the handshake, for proxies that need it to find
     * the server. */
    if (snprintf(name, sizeof(name), "%s", host) >= (int)sizeof(name)) {
        return false;
    }
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}
