/*
 * TLS contexts: made once from the configured files and immutable from then on, so that all threads
 * share them. A connection object (SSL) belongs to the thread that owns its stream.
 */
#include "net/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/tls_openssl.h"
#include "sys/log.h"

struct tls_context {
    SSL_CTX *handle;
    BIO_METHOD *socket_method;
    struct tls_advice advice;
};

static const struct tls_advice advice_for_nodes = {
    .ca = "check [tls] ca on both sides",
    .renew = "renew [tls] certificate",
    .send = "set [tls] certificate and key",
};

/* Checks that the file is there and readable. OpenSSL's own message about a missing file is hard to
 * understand. */
static int check_file(const char *option, const char *path, bool secret, struct raftd_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;
    int code = 0;

    if (fd < 0 || fstat(fd, &status) != 0) {
        code = error_set(error, RAFTD_ERROR_SYSTEM, "[tls] %s: cannot open %s: %s", option, path,
                         strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        code = error_set(error, RAFTD_ERROR_INVALID, "[tls] %s: %s is not a regular file", option,
                         path);
    } else if (secret && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        code = error_set(error, RAFTD_ERROR_INVALID,
                         "[tls] %s: %s can be read by others (mode %04o); run: chmod 600 %s",
                         option, path, (unsigned)(status.st_mode & 07777), path);
    }
    if (fd >= 0) {
        close(fd);
    }
    return code;
}

/* OpenSSL calls this when the key needs a pass phrase. Its own callback would ask for it at the
 * terminal, and a daemon would wait for ever. */
static int refuse_pass_phrase(char *text, int size, int for_writing, void *asked)
{
    (void)text;
    (void)size;
    (void)for_writing;
    *(bool *)asked = true;
    return -1;
}

static int load_certificates(SSL_CTX *handle, const char *ca_path, const char *certificate_path,
                             struct raftd_error *error)
{
    int code = check_file("ca", ca_path, false, error);

    if (code != 0) {
        return code;
    }
    if (SSL_CTX_load_verify_file(handle, ca_path) != 1) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "[tls] ca: cannot load PEM certificates from %s: %s", ca_path,
                         tls_take_reason());
    }
    code = check_file("certificate", certificate_path, false, error);
    if (code != 0) {
        return code;
    }
    if (SSL_CTX_use_certificate_chain_file(handle, certificate_path) != 1) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "[tls] certificate: cannot load a PEM certificate from %s: %s",
                         certificate_path, tls_take_reason());
    }
    return 0;
}

/* Call this after the certificate is loaded: OpenSSL compares the key with it at once. */
static int load_key(SSL_CTX *handle, const char *certificate_path, const char *key_path,
                    struct raftd_error *error)
{
    bool encrypted = false;
    int code = check_file("key", key_path, true, error);
    unsigned long queued;

    if (code != 0) {
        return code;
    }
    SSL_CTX_set_default_passwd_cb(handle, refuse_pass_phrase);
    SSL_CTX_set_default_passwd_cb_userdata(handle, &encrypted);
    code = SSL_CTX_use_PrivateKey_file(handle, key_path, SSL_FILETYPE_PEM);
    SSL_CTX_set_default_passwd_cb_userdata(handle, NULL);
    if (code == 1) {
        return 0;
    }
    if (encrypted) {
        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_INVALID,
                         "[tls] key: %s is protected by a pass phrase, which raftd cannot ask for; "
                         "store the key without a pass phrase",
                         key_path);
    }
    queued = ERR_peek_last_error();
    if (ERR_GET_LIB(queued) == ERR_LIB_X509 &&
        (ERR_GET_REASON(queued) == X509_R_KEY_VALUES_MISMATCH ||
         ERR_GET_REASON(queued) == X509_R_KEY_TYPE_MISMATCH)) {
        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_INVALID,
                         "[tls] key: %s does not belong to the certificate in %s", key_path,
                         certificate_path);
    }
    return error_set(error, RAFTD_ERROR_INVALID, "[tls] key: cannot load a PEM key from %s: %s",
                     key_path, tls_take_reason());
}

/* A certificate with wrong dates does not stop the node from starting: its peers refuse the
 * connection and say why. A warning here tells the operator earlier. */
static void warn_about_dates(SSL_CTX *handle, const char *certificate_path)
{
    const X509 *certificate = SSL_CTX_get0_certificate(handle);

    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
        LOG_WARNING("[tls] certificate: %s has expired: the other nodes will refuse it",
                    certificate_path);
    } else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
        LOG_WARNING("[tls] certificate: %s is not valid yet: check this machine's clock",
                    certificate_path);
    }
}

/*
 * OpenSSL parses the extensions of a certificate when they are needed for the first time, and
 * stores the result in the certificate. All threads that share this context also share its
 * certificates, so they would write to them during their first handshakes. X509_check_purpose()
 * makes OpenSSL parse the extensions now, on one thread; from then on the context is only read.
 * Its result is ignored: whether a certificate is good is decided in each handshake.
 */
static void settle_certificates(SSL_CTX *handle)
{
    const STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(handle));

    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

        if (certificate != NULL) {
            X509_check_purpose(certificate, -1, 0);
        }
    }
    X509_check_purpose(SSL_CTX_get0_certificate(handle), -1, 0);
    ERR_clear_error();
}

static void set_options(SSL_CTX *handle)
{
    SSL_CTX_set_min_proto_version(handle, TLS1_3_VERSION);
    SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_mode(handle, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(handle, 1);
    SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    /* Connections last for days. Resuming a session would save nothing and needs memory. */
    SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(handle, 0);
}

/* Makes a context without certificates and key. */
static int context_make(const struct tls_advice *advice, struct tls_context **context,
                        struct raftd_error *error)
{
    struct tls_context *made = memory_allocate_zeroed(1, sizeof(*made));

    ERR_clear_error();
    made->handle = SSL_CTX_new(TLS_method());
    made->socket_method = tls_socket_method();
    if (made->handle == NULL || made->socket_method == NULL) {
        tls_context_destroy(made);
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot set up TLS: %s", tls_take_reason());
    }
    set_options(made->handle);
    made->advice = *advice;
    SSL_CTX_set_app_data(made->handle, &made->advice);
    *context = made;
    return 0;
}

int tls_context_create(const char *ca_path, const char *certificate_path, const char *key_path,
                       struct tls_context **context, struct raftd_error *error)
{
    struct tls_context *made = NULL;
    int code = context_make(&advice_for_nodes, &made, error);

    *context = NULL;
    if (code == 0) {
        code = load_certificates(made->handle, ca_path, certificate_path, error);
    }
    if (code == 0) {
        code = load_key(made->handle, certificate_path, key_path, error);
    }
    if (code != 0) {
        tls_context_destroy(made);
        return code;
    }
    settle_certificates(made->handle);
    warn_about_dates(made->handle, certificate_path);
    *context = made;
    return 0;
}

int tls_context_create_client(const struct tls_client_files *files, struct tls_context **context,
                              struct raftd_error *error)
{
    struct tls_context *made = NULL;
    int code = context_make(&files->advice, &made, error);

    *context = NULL;
    if (code == 0) {
        code = tls_load_client_files(made->handle, files, error);
    }
    if (code != 0) {
        tls_context_destroy(made);
        return code;
    }
    *context = made;
    return 0;
}

void tls_context_destroy(struct tls_context *context)
{
    if (context != NULL) {
        SSL_CTX_free(context->handle);
        BIO_meth_free(context->socket_method);
        memory_free(context);
    }
}

SSL *tls_connection(struct tls_context *context, int fd, bool server)
{
    BIO *bio;
    SSL *ssl;

    ERR_clear_error();
    bio = tls_socket_open(context->socket_method, fd);
    ssl = bio != NULL ? SSL_new(context->handle) : NULL;
    if (ssl == NULL) {
        BIO_free(bio);
        return NULL;
    }
    SSL_set_bio(ssl, bio, bio); /* takes over the only reference to bio */
    if (server) {
        SSL_set_accept_state(ssl);
    } else {
        SSL_set_connect_state(ssl);
    }
    return ssl;
}
