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

static const char usage[] = "its extended key usage has to be serverAuth and clientAuth";

static const char names[] =
    "use an address that the certificate names; raftctl cert show prints these addresses";

/* What a failure means, and what to do. */
struct explanation {
    const char *text;   /* NULL = use OpenSSL's own text */
    const char *advice; /* NULL = none */
};

/* Why this side refused the other side's certificate. */
static struct explanation explain_verify(long result, const struct tls_advice *advice)
{
    switch (result) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return (struct explanation){"is signed by an unknown CA", advice->ca};
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return (struct explanation){"has expired", "renew it there"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return (struct explanation){"is not valid yet", "check the clocks of both machines"};
    case X509_V_ERR_INVALID_PURPOSE:
        return (struct explanation){"is made for another purpose", usage};
    case X509_V_ERR_HOSTNAME_MISMATCH:
        return (struct explanation){"is not valid: hostname mismatch", names};
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return (struct explanation){"is not valid: IP address mismatch", names};
    default:
        return (struct explanation){0};
    }
}

/* What a TLS error means. "Our" is this side. */
static struct explanation explain_reason(int reason, const struct tls_advice *advice)
{
    switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return (struct explanation){"the other side sent no certificate",
                                    "set [tls] certificate and key there"};
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_TOO_SMALL:
    case SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
        return (struct explanation){
            "the other side speaks plain text or an unknown protocol on a TLS port", NULL};
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return (struct explanation){
            "one side speaks TLS 1.3 and the other side only an older version", NULL};
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return (struct explanation){"the other side does not know the CA of our certificate",
                                    advice->ca};
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        return (struct explanation){
            "the other side says that the signature of our certificate is wrong", advice->ca};
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return (struct explanation){"the other side says that our certificate has expired",
                                    advice->renew};
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return (struct explanation){"the other side wants a certificate, and this side sent none",
                                    advice->send};
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        return (struct explanation){
            "the other side says that our certificate is made for another purpose", usage};
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        return (struct explanation){"the other side refuses our certificate",
                                    "if it is not valid yet, check the clocks"};
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        return (struct explanation){"the other side says that our certificate is revoked", NULL};
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        return (struct explanation){"the other side refuses our certificate", NULL};
    default:
        return (struct explanation){0};
    }
}

static int refuse(struct raftd_error *error, const char *doing, const char *subject,
                  const struct explanation *explained)
{
    bool has_advice = explained->advice != NULL;

    return error_set(error, RAFTD_ERROR_REFUSED, "%s: %s%s%s%s%s", doing, subject, explained->text,
                     has_advice ? " (" : "", has_advice ? explained->advice : "",
                     has_advice ? ")" : "");
}

static int protocol_failure(SSL *ssl, const char *doing, struct raftd_error *error)
{
    unsigned long queued = ERR_peek_last_error();
    int reason = ERR_GET_LIB(queued) == ERR_LIB_SSL ? ERR_GET_REASON(queued) : 0;
    long verified = SSL_get_verify_result(ssl);
    const struct tls_advice *advice = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    struct explanation explained;

    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        /* Not SSL_is_init_finished(): after this failure it says no, whatever came before. */
        bool established = SSL_get_state(ssl) == TLS_ST_OK;

        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_CLOSED,
                         "%s: the other side closed the connection unexpectedly%s", doing,
                         established ? "" : " (does it speak TLS on this port?)");
    }
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
        explained = explain_verify(verified, advice);
        ERR_clear_error();
        return explained.text != NULL
                   ? refuse(error, doing, "the other side's certificate ", &explained)
                   : error_set(error, RAFTD_ERROR_REFUSED,
                               "%s: the other side's certificate is not valid: %s", doing,
                               X509_verify_cert_error_string(verified));
    }
    explained = explain_reason(reason, advice);
    if (explained.text != NULL) {
        ERR_clear_error();
        return refuse(error, doing, "", &explained);
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
