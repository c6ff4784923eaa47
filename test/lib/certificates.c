/*
 * Certificates for tests. Keys are EC P-256: they are made in no time.
 */
#include "lib/certificates.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

enum { AUTHORITIES_MAX = 8, PATHS_MAX = 64, DAY_SECONDS = 24 * 60 * 60, TEXT_BYTES = 512 };

struct authority {
    char *name;
    EVP_PKEY *key;
    X509 *certificate;
};

struct certificates {
    char directory[256];
    struct authority authorities[AUTHORITIES_MAX];
    size_t authority_count;
    char *paths[PATHS_MAX]; /* handed out */
    size_t path_count;
    long serial;
};

static _Noreturn void fail(const char *doing, const char *what)
{
    fprintf(stderr, "test certificates: cannot %s %s: %s\n", doing, what, strerror(errno));
    abort();
}

static void check(bool good, const char *doing, const char *what)
{
    if (!good) {
        fail(doing, what);
    }
}

struct certificates *certificates_create(void)
{
    struct certificates *certificates = memory_allocate_zeroed(1, sizeof(*certificates));
    const char *parent = getenv("TMPDIR");

    snprintf(certificates->directory, sizeof(certificates->directory), "%s/raftd-test-XXXXXX",
             parent != NULL ? parent : "/tmp");
    check(mkdtemp(certificates->directory) != NULL, "make", certificates->directory);
    certificates->serial = 1;
    return certificates;
}

static void remove_directory(const char *directory)
{
    DIR *listing = opendir(directory);
    const struct dirent *entry;

    check(listing != NULL, "list", directory);
    while ((entry = readdir(listing)) != NULL) {
        if (entry->d_name[0] != '.') {
            unlinkat(dirfd(listing), entry->d_name, 0);
        }
    }
    closedir(listing);
    check(rmdir(directory) == 0, "remove", directory);
}

void certificates_destroy(struct certificates *certificates)
{
    if (certificates == NULL) {
        return;
    }
    for (size_t i = 0; i < certificates->authority_count; i++) {
        memory_free(certificates->authorities[i].name);
        EVP_PKEY_free(certificates->authorities[i].key);
        X509_free(certificates->authorities[i].certificate);
    }
    for (size_t i = 0; i < certificates->path_count; i++) {
        memory_free(certificates->paths[i]);
    }
    remove_directory(certificates->directory);
    memory_free(certificates);
}

const char *certificates_directory(const struct certificates *certificates)
{
    return certificates->directory;
}

const char *certificates_path(struct certificates *certificates, const char *file_name)
{
    char path[TEXT_BYTES];

    snprintf(path, sizeof(path), "%s/%s", certificates->directory, file_name);
    for (size_t i = 0; i < certificates->path_count; i++) {
        if (strcmp(certificates->paths[i], path) == 0) {
            return certificates->paths[i];
        }
    }
    check(certificates->path_count < PATHS_MAX, "remember", path);
    certificates->paths[certificates->path_count] = memory_copy_string(path);
    return certificates->paths[certificates->path_count++];
}

static FILE *create_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    check(file != NULL, "create", path);
    return file;
}

static void write_certificate(const char *path, X509 *certificate)
{
    FILE *file = create_file(path);

    check(PEM_write_X509(file, certificate) == 1, "write", path);
    check(fclose(file) == 0, "close", path);
}

static void write_key(const char *path, EVP_PKEY *key)
{
    FILE *file = create_file(path);

    check(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1, "write", path);
    check(fclose(file) == 0, "close", path);
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    check(extension != NULL, "make the extension", value);
    check(X509_add_ext(certificate, extension, -1) == 1, "add the extension", value);
    X509_EXTENSION_free(extension);
}

/* A certificate with subject, dates, key and serial; without extensions and signature. */
static X509 *blank_certificate(struct certificates *certificates, const char *name, EVP_PKEY *key,
                               long from_seconds, long until_seconds)
{
    X509 *made = X509_new();
    X509_NAME *subject;

    check(key != NULL && made != NULL, "make", name);
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), certificates->serial++);
    X509_gmtime_adj(X509_getm_notBefore(made), from_seconds);
    X509_gmtime_adj(X509_getm_notAfter(made), until_seconds);
    X509_set_pubkey(made, key);
    subject = X509_get_subject_name(made);
    check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                     -1, 0) == 1,
          "name", name);
    return made;
}

static struct authority *find_authority(struct certificates *certificates, const char *ca_name)
{
    for (size_t i = 0; i < certificates->authority_count; i++) {
        if (strcmp(certificates->authorities[i].name, ca_name) == 0) {
            return &certificates->authorities[i];
        }
    }
    return NULL;
}

static const char *file_path(struct certificates *certificates, const char *name,
                             const char *suffix)
{
    char file_name[TEXT_BYTES];

    snprintf(file_name, sizeof(file_name), "%s%s", name, suffix);
    return certificates_path(certificates, file_name);
}

static struct authority *get_authority(struct certificates *certificates, const char *ca_name)
{
    struct authority *authority = find_authority(certificates, ca_name);
    X509 *made;

    if (authority != NULL) {
        return authority;
    }
    check(certificates->authority_count < AUTHORITIES_MAX, "remember", ca_name);
    authority = &certificates->authorities[certificates->authority_count++];
    authority->name = memory_copy_string(ca_name);
    authority->key = EVP_EC_gen("P-256");
    made =
        blank_certificate(certificates, ca_name, authority->key, -7 * DAY_SECONDS, 7 * DAY_SECONDS);
    authority->certificate = made;
    check(X509_set_issuer_name(made, X509_get_subject_name(made)) == 1, "name", ca_name);
    add_extension(made, made, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made, made, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(made, made, NID_subject_key_identifier, "hash");
    check(X509_sign(made, authority->key, EVP_sha256()) > 0, "sign", ca_name);
    write_certificate(file_path(certificates, ca_name, ".pem"), made);
    return authority;
}

const char *certificates_ca(struct certificates *certificates, const char *ca_name)
{
    get_authority(certificates, ca_name);
    return file_path(certificates, ca_name, ".pem");
}

static void add_name(char *names, const char *kind, const char *value)
{
    size_t used = strlen(names);

    if (value != NULL) {
        snprintf(names + used, TEXT_BYTES - used, "%s%s:%s", used > 0 ? "," : "", kind, value);
    }
}

static void add_names(X509 *made, X509 *issuer, const struct certificate_request *request)
{
    char names[TEXT_BYTES] = "";
    char uri[TEXT_BYTES / 2];

    snprintf(uri, sizeof(uri), "raftd://%s/%u", request->cluster != NULL ? request->cluster : "",
             request->node_id);
    add_name(names, "URI", request->cluster != NULL ? uri : request->uri);
    add_name(names, "DNS", request->dns);
    add_name(names, "IP", request->ip);
    if (names[0] != 0) {
        add_extension(made, issuer, NID_subject_alt_name, names);
    }
}

struct certificate_files certificates_make(struct certificates *certificates, const char *name,
                                           const struct certificate_request *request)
{
    const char *ca_name = request->ca_name != NULL ? request->ca_name : "ca";
    struct authority *authority = get_authority(certificates, ca_name);
    struct certificate_files files = {.certificate = file_path(certificates, name, ".pem"),
                                      .key = file_path(certificates, name, "-key.pem")};
    long from_seconds = request->not_yet_valid ? DAY_SECONDS : -2 * DAY_SECONDS;
    long until_seconds = request->expired ? -DAY_SECONDS : 3 * DAY_SECONDS;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *made = blank_certificate(certificates, name, key, from_seconds, until_seconds);

    X509_set_issuer_name(made, X509_get_subject_name(authority->certificate));
    add_extension(made, authority->certificate, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(made, authority->certificate, NID_key_usage, "critical,digitalSignature");
    add_extension(made, authority->certificate, NID_ext_key_usage,
                  request->server_only ? "serverAuth" : "serverAuth,clientAuth");
    add_names(made, authority->certificate, request);
    check(X509_sign(made, authority->key, EVP_sha256()) > 0, "sign", name);
    write_certificate(files.certificate, made);
    write_key(files.key, key);
    X509_free(made);
    EVP_PKEY_free(key);
    return files;
}

struct tls_context *certificates_node_context(struct certificates *certificates,
                                              const char *cluster, uint16_t node_id)
{
    const struct certificate_request request = {
        .cluster = cluster, .node_id = node_id, .ip = "127.0.0.1"};
    struct certificate_files files;
    struct tls_context *context;
    struct raftd_error error;
    char name[TEXT_BYTES];

    snprintf(name, sizeof(name), "%s-%u", cluster, node_id);
    files = certificates_make(certificates, name, &request);
    if (tls_context_create(certificates_ca(certificates, "ca"), files.certificate, files.key,
                           &context, &error) != 0) {
        fail("make a TLS context from", error.message);
    }
    return context;
}
