/*
 * TLS contexts, and what OpenSSL's failures mean to an operator. A context is immutable after
 * creation; connection objects belong to the thread that owns their stream.
 */
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/tls_openssl.h"

struct tls_context {
    SSL_CTX *handle;
};

/* The newest entry of OpenSSL's queue as text; empties the queue. */
static const char *openssl_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return reason != NULL ? reason : "no reason given";
}

static int check_key_mode(const char *path, struct raftd_error *error)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "[tls] key: cannot look at %s: %s", path,
                         strerror(errno));
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "[tls] key: %s can be read by others (mode %03o); run: chmod 600 %s", path,
                         (unsigned)(status.st_mode & 0777), path);
    }
    return 0;
}

static int load_files(SSL_CTX *handle, const char *ca_path, const char *certificate_path,
                      const char *key_path, struct raftd_error *error)
{
    int code = check_key_mode(key_path, error);

    if (code != 0) {
        return code;
    }
    if (SSL_CTX_load_verify_locations(handle, ca_path, NULL) != 1) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "[tls] ca: cannot load PEM certificates from %s: %s", ca_path,
                         openssl_reason());
    }
    if (SSL_CTX_use_certificate_chain_file(handle, certificate_path) != 1) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "[tls] certificate: cannot load a PEM certificate from %s: %s",
                         certificate_path, openssl_reason());
    }
    if (SSL_CTX_use_PrivateKey_file(handle, key_path, SSL_FILETYPE_PEM) != 1) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "[tls] key: cannot use the PEM key in %s with the certificate in %s: %s",
                         key_path, certificate_path, openssl_reason());
    }
    if (SSL_CTX_check_private_key(handle) != 1) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "[tls] key: %s does not belong to the certificate in %s: %s", key_path,
                         certificate_path, openssl_reason());
    }
    return 0;
}

static void set_options(SSL_CTX *handle)
{
    SSL_CTX_set_min_proto_version(handle, TLS1_3_VERSION);
    SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_mode(handle, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(handle, 1);
    /* Connections last for days; resuming one saves nothing and costs state. */
    SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(handle, 0);
}

int tls_context_create(const char *ca_path, const char *certificate_path, const char *key_path,
                       struct tls_context **context, struct raftd_error *error)
{
    SSL_CTX *handle;
    int code;

    *context = NULL;
    ERR_clear_error();
    handle = SSL_CTX_new(TLS_method());
    if (handle == NULL) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot set up TLS: %s", openssl_reason());
    }
    set_options(handle);
    code = load_files(handle, ca_path, certificate_path, key_path, error);
    if (code != 0) {
        SSL_CTX_free(handle);
        return code;
    }
    *context = memory_allocate_zeroed(1, sizeof(**context));
    (*context)->handle = handle;
    return 0;
}

void tls_context_destroy(struct tls_context *context)
{
    if (context != NULL) {
        SSL_CTX_free(context->handle);
        memory_free(context);
    }
}

SSL *tls_connection(struct tls_context *context, int fd, bool server)
{
    SSL *ssl;

    ERR_clear_error();
    ssl = SSL_new(context->handle);
    if (ssl == NULL) {
        return NULL;
    }
    if (SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    if (server) {
        SSL_set_accept_state(ssl);
    } else {
        SSL_set_connect_state(ssl);
    }
    return ssl;
}

/* What a reason code says about the other side; NULL if nothing in particular. */
static const char *explain_reason(int reason)
{
    switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "the other side gave no certificate (set [tls] certificate and key there)";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_TOO_SMALL:
    case SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
        return "the other side speaks plain text or an unknown protocol on a TLS port";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "the other side does not speak TLS 1.3";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return "the other side does not know the CA of our certificate (check [tls] ca on both "
               "sides)";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return "the other side says our certificate has expired";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return "the other side wants a certificate and got none from us (set [tls] certificate "
               "and key)";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        return "the other side refuses our certificate";
    default:
        return NULL;
    }
}

static int protocol_failure(SSL *ssl, const char *doing, struct raftd_error *error)
{
    unsigned long queued = ERR_peek_last_error();
    int reason = ERR_GET_REASON(queued);
    long verified = SSL_get_verify_result(ssl);
    const char *explained = explain_reason(reason);

    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_CLOSED, "%s: the other side hung up", doing);
    }
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_REFUSED, "%s: the other side's certificate: %s", doing,
                         X509_verify_cert_error_string(verified));
    }
    if (explained != NULL) {
        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_REFUSED, "%s: %s", doing, explained);
    }
    return error_set(error, RAFTD_ERROR_REFUSED, "%s: %s", doing, openssl_reason());
}

int tls_failure(SSL *ssl, int result, const char *doing, struct raftd_error *error)
{
    int saved = errno;

    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_ZERO_RETURN:
        return error_set(error, RAFTD_ERROR_CLOSED, "%s: the other side closed the connection",
                         doing);
    case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        if (saved == 0) {
            return error_set(error, RAFTD_ERROR_CLOSED, "%s: the other side hung up", doing);
        }
        return error_set(error, RAFTD_ERROR_CLOSED, "%s: %s", doing, strerror(saved));
    default:
        return protocol_failure(ssl, doing, error);
    }
}
