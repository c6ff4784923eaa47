/*
 * Translates failures of OpenSSL into messages for an operator. Runs on the thread that owns the
 * stream; keeps nothing.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "base/error.h"
#include "net/tls_openssl.h"

const char *tls_take_reason(void)
{
    unsigned long queued = ERR_peek_error();
    const char *reason = ERR_SYSTEM_ERROR(queued) ? strerror(ERR_GET_REASON(queued))
                                                  : ERR_reason_error_string(queued);

    ERR_clear_error();
    return reason != NULL ? reason : "OpenSSL gives no reason";
}

/* Why this side refused the other side's certificate; NULL = use OpenSSL's own text. */
static const char *explain_verify(long result)
{
    switch (result) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return "is signed by an unknown CA (check [tls] ca on both sides)";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "has expired (renew it there)";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "is not valid yet (check the clocks of both machines)";
    case X509_V_ERR_INVALID_PURPOSE:
        return "is made for another purpose (its extended key usage has to be serverAuth and "
               "clientAuth)";
    default:
        return NULL;
    }
}

/* What a TLS error means; NULL = use OpenSSL's own text. "Our" is this side. */
static const char *explain_reason(int reason)
{
    switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "the other side sent no certificate (set [tls] certificate and key there)";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_TOO_SMALL:
    case SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
        return "the other side speaks plain text or an unknown protocol on a TLS port";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "one side speaks TLS 1.3 and the other side only an older version";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return "the other side does not know the CA of our certificate (check [tls] ca on both "
               "sides)";
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        return "the other side finds our certificate's signature wrong (check [tls] ca on both "
               "sides)";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return "the other side says our certificate has expired (renew [tls] certificate)";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return "the other side wants a certificate, and this side sent none (set [tls] certificate "
               "and key)";
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        return "the other side says our certificate is made for another purpose (its extended key "
               "usage has to be serverAuth and clientAuth)";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        return "the other side refuses our certificate (if it is not valid yet, check the clocks)";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        return "the other side says our certificate is revoked";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        return "the other side refuses our certificate";
    default:
        return NULL;
    }
}

static int protocol_failure(SSL *ssl, const char *doing, struct raftd_error *error)
{
    unsigned long queued = ERR_peek_last_error();
    int reason = ERR_GET_LIB(queued) == ERR_LIB_SSL ? ERR_GET_REASON(queued) : 0;
    long verified = SSL_get_verify_result(ssl);
    const char *explained;

    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_CLOSED,
                         "%s: the other side closed the connection unexpectedly%s", doing,
                         SSL_is_init_finished(ssl) ? "" : " (does it speak TLS on this port?)");
    }
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
        explained = explain_verify(verified);
        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_REFUSED, "%s: the other side's certificate %s%s", doing,
                         explained != NULL ? "" : "is not valid: ",
                         explained != NULL ? explained : X509_verify_cert_error_string(verified));
    }
    explained = explain_reason(reason);
    if (explained != NULL) {
        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_REFUSED, "%s: %s", doing, explained);
    }
    return error_set(error, RAFTD_ERROR_REFUSED, "%s: %s", doing, tls_take_reason());
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
        return error_set(error, RAFTD_ERROR_CLOSED, "%s: %s", doing,
                         saved != 0 ? strerror(saved)
                                    : "the other side closed the connection unexpectedly");
    default:
        return protocol_failure(ssl, doing, error);
    }
}
