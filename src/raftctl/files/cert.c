/*
 * Makes keys and certificates with OpenSSL. Main thread.
 *
 * The certificate of a node has the URI raftd://CLUSTER/ID as a subject alternative name; the other
 * nodes compare this URI with the id of the node. The certificate of a client has neither a URI nor
 * a host, so a client can never pose as a node.
 */
#include "raftctl/files/cert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

enum { SERIAL_BITS = 159, HOST_MAX = 253, NAME_MAX_BYTES = 63 };

static int openssl_error(struct raftd_error *error, const char *what)
{
    const char *text = ERR_reason_error_string(ERR_get_error());

    ERR_clear_error();
    return error_set(error, RAFTD_ERROR_SYSTEM, "%s: %s", what,
                     text != NULL ? text : "unknown OpenSSL error");
}

/* ---- What may be in a certificate --------------------------------------------------------- */

/* Names go into URIs, file names and log lines: letters, digits and - . _ only. */
static int check_name(const char *what, const char *name, struct raftd_error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._";
    size_t size = strlen(name);

    if (size == 0 || size > NAME_MAX_BYTES || name[0] == '.' || strspn(name, allowed) != size) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "%s: found \"%s\", expected 1 to %d letters, digits, - . or _, and no "
                         "dot at the start",
                         what, name, NAME_MAX_BYTES);
    }
    return 0;
}

static bool is_ip(const char *host)
{
    unsigned char binary[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1;
}

static int check_host(const char *host, struct raftd_error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._";
    size_t size = strlen(host);

    if (!is_ip(host) &&
        (size == 0 || size > HOST_MAX || host[0] == '.' || strspn(host, allowed) != size)) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "--host: found \"%s\", expected a host name or an IP address without "
                         "brackets and port",
                         host);
    }
    return 0;
}

static int check_request(const struct cert_request *request, struct raftd_error *error)
{
    int code = 0;

    if (request->kind == CERT_NODE) {
        code = check_name("--cluster", request->cluster, error);
    } else {
        code = check_name("--name", request->name, error);
    }
    for (size_t i = 0; i < request->host_count && code == 0; i++) {
        code = check_host(request->hosts[i], error);
    }
    if (code == 0 && request->not_after <= request->not_before) {
        code = error_set(error, RAFTD_ERROR_INVALID, "the end of validity is before its start");
    }
    return code;
}

/* ---- Files -------------------------------------------------------------------------------- */

static int join_path(char path[CERT_PATH_MAX], const char *directory, const char *name,
                     const char *suffix, struct raftd_error *error)
{
    int size = snprintf(path, CERT_PATH_MAX, "%s/%s%s", directory, name, suffix);

    if (size < 0 || size >= CERT_PATH_MAX) {
        return error_set(error, RAFTD_ERROR_INVALID, "--dir: the path is longer than %d bytes",
                         CERT_PATH_MAX - 1);
    }
    return 0;
}

static int file_names(const struct cert_request *request, struct cert_files *files,
                      struct raftd_error *error)
{
    char name[NAME_MAX_BYTES + 16] = "ca";
    int code;

    if (request->kind == CERT_NODE) {
        snprintf(name, sizeof(name), "node-%u", (unsigned)request->node_id);
    } else if (request->kind == CERT_CLIENT) {
        snprintf(name, sizeof(name), "client-%s", request->name);
    }
    code = join_path(files->certificate, request->directory, name, ".pem", error);
    return code != 0 ? code : join_path(files->key, request->directory, name, "-key.pem", error);
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno != EINTR) {
            return -1;
        }
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return fsync(fd);
}

/* Makes a new file with exactly this mode and content. If this fails, there is no file. */
static int write_new_file(const char *path, mode_t mode, BIO *content, struct raftd_error *error)
{
    char *data = NULL;
    long size = BIO_get_mem_data(content, &data);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    int failed;

    if (fd < 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot create %s: %s%s", path, strerror(errno),
                         errno == EEXIST ? " (to replace the file, remove it first)" : "");
    }
    failed = write_all(fd, data, (size_t)size) != 0 || fchmod(fd, mode) != 0 ? errno : 0;
    if (close(fd) != 0 && failed == 0) {
        failed = errno;
    }
    if (failed != 0) {
        unlink(path);
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot write %s: %s", path, strerror(failed));
    }
    return 0;
}

static int write_files(const struct cert_files *files, EVP_PKEY *key, X509 *certificate,
                       struct raftd_error *error)
{
    BIO *key_text = BIO_new(BIO_s_mem());
    BIO *certificate_text = BIO_new(BIO_s_mem());
    int code;

    if (key_text == NULL || certificate_text == NULL ||
        PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_X509(certificate_text, certificate) != 1) {
        code = openssl_error(error, "write PEM");
        goto out;
    }
    code = write_new_file(files->key, 0600, key_text, error);
    if (code != 0) {
        goto out;
    }
    code = write_new_file(files->certificate, 0644, certificate_text, error);
    if (code != 0) {
        unlink(files->key);
    }
out:
    /* The key's bytes must not stay in freed memory. */
    if (key_text != NULL) {
        char *data = NULL;
        long size = BIO_get_mem_data(key_text, &data);
        if (size > 0) {
            OPENSSL_cleanse(data, (size_t)size);
        }
    }
    BIO_free(key_text);
    BIO_free(certificate_text);
    return code;
}

/* Reads the certificate and the key of the CA in the directory. The caller frees both. */
static int read_ca(const struct cert_request *request, X509 **certificate, EVP_PKEY **key,
                   struct raftd_error *error)
{
    char path[CERT_PATH_MAX];
    FILE *file = NULL;
    int code = join_path(path, request->directory, "ca", ".pem", error);

    if (code != 0) {
        return code;
    }
    file = fopen(path, "re");
    if (file == NULL) {
        return error_set(error, RAFTD_ERROR_SYSTEM,
                         "cannot read the CA's certificate %s: %s (raftctl cert ca --dir %s "
                         "makes one)",
                         path, strerror(errno), request->directory);
    }
    *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    if (*certificate == NULL) {
        return openssl_error(error, path);
    }
    code = join_path(path, request->directory, "ca", "-key.pem", error);
    if (code != 0) {
        return code;
    }
    file = fopen(path, "re");
    if (file == NULL) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot read the CA's key %s: %s", path,
                         strerror(errno));
    }
    *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    if (*key == NULL) {
        return openssl_error(error, path);
    }
    if (X509_check_private_key(*certificate, *key) != 1) {
        ERR_clear_error();
        return error_set(error, RAFTD_ERROR_SYSTEM,
                         "the key %s does not belong to the certificate in the same directory",
                         path);
    }
    return 0;
}

/* ---- The certificate ---------------------------------------------------------------------- */

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool done = number != NULL &&
                BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;

    BN_free(number);
    return done;
}

static bool add_name_part(X509_NAME *name, int nid, const char *text)
{
    return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_ASC, (const unsigned char *)text, -1, -1,
                                      0) == 1;
}

static bool set_subject(X509 *certificate, const struct cert_request *request)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    char name[32];

    if (request->kind != CERT_NODE) {
        return add_name_part(subject, NID_commonName, request->name);
    }
    snprintf(name, sizeof(name), "raftd node %u", (unsigned)request->node_id);
    return add_name_part(subject, NID_organizationName, request->cluster) &&
           add_name_part(subject, NID_commonName, name);
}

static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return done;
}

/* Adds text to the alternative names; an IP address in its binary form. */
static bool push_name(GENERAL_NAMES *names, int type, const char *text)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = NULL;

    if (type == GEN_IPADD) {
        value = a2i_IPADDRESS(text);
    } else {
        value = ASN1_IA5STRING_new();
        if (value != NULL && ASN1_STRING_set(value, text, -1) != 1) {
            ASN1_STRING_free(value);
            value = NULL;
        }
    }
    if (name == NULL || value == NULL) {
        ASN1_STRING_free(value);
        GENERAL_NAME_free(name);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, value);
    if (sk_GENERAL_NAME_push(names, name) == 0) {
        GENERAL_NAME_free(name);
        return false;
    }
    return true;
}

static bool add_node_names(X509 *certificate, const struct cert_request *request)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    char uri[NAME_MAX_BYTES + 32];
    bool done;

    snprintf(uri, sizeof(uri), "raftd://%s/%u", request->cluster, (unsigned)request->node_id);
    done = names != NULL && push_name(names, GEN_URI, uri);
    for (size_t i = 0; i < request->host_count && done; i++) {
        done = push_name(names, is_ip(request->hosts[i]) ? GEN_IPADD : GEN_DNS, request->hosts[i]);
    }
    done = done && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1;
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    return done;
}

static bool add_extensions(X509 *certificate, X509 *issuer, const struct cert_request *request)
{
    bool is_ca = request->kind == CERT_CA;
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    if (!add_extension(certificate, &context, NID_basic_constraints,
                       is_ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") ||
        !add_extension(certificate, &context, NID_key_usage,
                       is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") ||
        !add_extension(certificate, &context, NID_subject_key_identifier, "hash") ||
        !add_extension(certificate, &context, NID_authority_key_identifier, "keyid:always")) {
        return false;
    }
    if (request->kind == CERT_NODE) {
        return add_extension(certificate, &context, NID_ext_key_usage, "serverAuth,clientAuth") &&
               add_node_names(certificate, request);
    }
    return is_ca || add_extension(certificate, &context, NID_ext_key_usage, "clientAuth");
}

/* A certificate for key, signed by issuer_key. A CA signs its own. NULL = failed. */
static X509 *make_certificate(const struct cert_request *request, EVP_PKEY *key, X509 *issuer,
                              EVP_PKEY *issuer_key)
{
    X509 *certificate = X509_new();

    if (certificate == NULL) {
        return NULL;
    }
    if (issuer == NULL) {
        issuer = certificate;
    }
    if (X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
        ASN1_TIME_set(X509_getm_notBefore(certificate), request->not_before) != NULL &&
        ASN1_TIME_set(X509_getm_notAfter(certificate), request->not_after) != NULL &&
        set_subject(certificate, request) &&
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
        X509_set_pubkey(certificate, key) == 1 && add_extensions(certificate, issuer, request) &&
        X509_sign(certificate, issuer_key, EVP_sha256()) != 0) {
        return certificate;
    }
    X509_free(certificate);
    return NULL;
}

int cert_make(const struct cert_request *request, struct cert_files *files,
              struct raftd_error *error)
{
    X509 *issuer = NULL;
    EVP_PKEY *issuer_key = NULL;
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    int code = check_request(request, error);

    if (code == 0) {
        code = file_names(request, files, error);
    }
    if (code == 0 && mkdir(request->directory, 0755) != 0 && errno != EEXIST) {
        code = error_set(error, RAFTD_ERROR_SYSTEM, "cannot create the directory %s: %s",
                         request->directory, strerror(errno));
    }
    if (code == 0 && request->kind != CERT_CA) {
        code = read_ca(request, &issuer, &issuer_key, error);
    }
    if (code != 0) {
        goto out;
    }
    key = EVP_EC_gen("P-256");
    if (key != NULL) {
        certificate = make_certificate(request, key, issuer, issuer_key != NULL ? issuer_key : key);
    }
    if (certificate == NULL) {
        code = openssl_error(error, "make a certificate");
        goto out;
    }
    code = write_files(files, key, certificate, error);
out:
    X509_free(certificate);
    EVP_PKEY_free(key);
    X509_free(issuer);
    EVP_PKEY_free(issuer_key);
    return code;
}
