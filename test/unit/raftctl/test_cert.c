/*
 * Certificates: what is in them, whom they convince, and the files they live in.
 */
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "raftctl/files/cert.h"
#include "unit.h"

static char directory[64];

static void make_directory(void)
{
    strcpy(directory, "/tmp/raftctl-cert-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_file(const char *name)
{
    char path[CERT_PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    unlink(path);
}

static void remove_directory(void)
{
    static const char *const names[] = {"ca.pem",         "ca-key.pem",        "node-1.pem",
                                        "node-1-key.pem", "node-65535.pem",    "node-65535-key.pem",
                                        "client-ann.pem", "client-ann-key.pem"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        remove_file(names[i]);
    }
    ck_assert_int_eq(rmdir(directory), 0);
}

static struct cert_request request_for(enum cert_kind kind)
{
    return (struct cert_request){
        .kind = kind,
        .directory = directory,
        .name = kind == CERT_CLIENT ? "ann" : "test-ca",
        .cluster = "demo",
        .node_id = 1,
        .not_before = time(NULL) - 60,
        .not_after = time(NULL) + 3600,
    };
}

static void make(const struct cert_request *request, struct cert_files *files)
{
    struct raftd_error error = {0};

    ck_assert_msg(cert_make(request, files, &error) == 0, "%s", error.message);
}

static void make_ca(void)
{
    struct cert_request request = request_for(CERT_CA);
    struct cert_files files;

    make(&request, &files);
}

static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "r");
    X509 *certificate;

    ck_assert_ptr_nonnull(file);
    certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    ck_assert_ptr_nonnull(certificate);
    return certificate;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *file = fopen(path, "r");
    EVP_PKEY *key;

    ck_assert_ptr_nonnull(file);
    key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    ck_assert_ptr_nonnull(key);
    return key;
}

/* X509_V_OK or why the certificate at path does not stand for purpose under the CA. */
static int verify(const char *path, int purpose)
{
    char ca_path[CERT_PATH_MAX];
    X509 *certificate = read_certificate(path);
    X509 *ca;
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int result;

    snprintf(ca_path, sizeof(ca_path), "%s/ca.pem", directory);
    ca = read_certificate(ca_path);
    ck_assert_int_eq(X509_STORE_add_cert(store, ca), 1);
    ck_assert_int_eq(X509_STORE_CTX_init(context, store, certificate, NULL), 1);
    X509_STORE_CTX_set_purpose(context, purpose);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
    X509_verify_cert(context);
    result = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(ca);
    X509_free(certificate);
    return result;
}

START_TEST(ca_signs_itself_and_only_signs)
{
    struct cert_request request = request_for(CERT_CA);
    struct cert_files files;
    X509 *certificate;

    make(&request, &files);
    certificate = read_certificate(files.certificate);
    ck_assert_int_eq(X509_check_ca(certificate), 1);
    ck_assert_uint_eq(X509_get_extension_flags(certificate) & EXFLAG_SS, EXFLAG_SS);
    ck_assert_uint_eq(X509_get_key_usage(certificate), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    ck_assert_int_eq(X509_get_pathlen(certificate), 0);
    X509_free(certificate);
}
END_TEST

START_TEST(node_speaks_for_itself_in_both_directions)
{
    const char *hosts[] = {"127.0.0.1", "::1", "node-1.example"};
    struct cert_request request = request_for(CERT_NODE);
    struct cert_files files;
    X509 *certificate;
    GENERAL_NAMES *names;
    const ASN1_STRING *uri;
    int type = 0;

    make_ca();
    request.hosts = hosts;
    request.host_count = 3;
    make(&request, &files);
    ck_assert_int_eq(verify(files.certificate, X509_PURPOSE_SSL_SERVER), X509_V_OK);
    ck_assert_int_eq(verify(files.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);

    certificate = read_certificate(files.certificate);
    ck_assert_int_eq(X509_check_ca(certificate), 0);
    ck_assert_int_eq(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
    ck_assert_int_eq(X509_check_ip_asc(certificate, "::1", 0), 1);
    ck_assert_int_eq(X509_check_ip_asc(certificate, "127.0.0.2", 0), 0);
    ck_assert_int_eq(X509_check_host(certificate, "node-1.example", 0, 0, NULL), 1);
    ck_assert_int_eq(X509_check_host(certificate, "node-2.example", 0, 0, NULL), 0);

    names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    ck_assert_int_eq(sk_GENERAL_NAME_num(names), 4);
    uri = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, 0), &type);
    ck_assert_int_eq(type, GEN_URI);
    ck_assert_int_eq(ASN1_STRING_length(uri), (int)strlen("raftd://demo/1"));
    ck_assert_mem_eq(ASN1_STRING_get0_data(uri), "raftd://demo/1", strlen("raftd://demo/1"));
    GENERAL_NAMES_free(names);
    X509_free(certificate);
}
END_TEST

START_TEST(largest_node_id_fits)
{
    struct cert_request request = request_for(CERT_NODE);
    struct cert_files files;

    make_ca();
    request.node_id = 65535;
    make(&request, &files);
    ck_assert_ptr_nonnull(strstr(files.certificate, "/node-65535.pem"));
    ck_assert_int_eq(verify(files.certificate, X509_PURPOSE_SSL_SERVER), X509_V_OK);
}
END_TEST

START_TEST(client_never_stands_for_a_server_or_a_node)
{
    struct cert_request request = request_for(CERT_CLIENT);
    struct cert_files files;
    X509 *certificate;

    make_ca();
    make(&request, &files);
    ck_assert_int_eq(verify(files.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    ck_assert_int_eq(verify(files.certificate, X509_PURPOSE_SSL_SERVER),
                     X509_V_ERR_INVALID_PURPOSE);
    certificate = read_certificate(files.certificate);
    ck_assert_int_lt(X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1), 0);
    X509_free(certificate);
}
END_TEST

START_TEST(keys_are_p256_and_readable_by_the_owner_only)
{
    struct cert_request request = request_for(CERT_NODE);
    struct cert_files files;
    struct stat info;
    char group[32] = "";
    EVP_PKEY *key;
    X509 *certificate;
    mode_t mask = umask(0);

    make_ca();
    make(&request, &files);
    umask(mask);
    ck_assert_int_eq(stat(files.key, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    key = read_key(files.key);
    ck_assert_int_eq(EVP_PKEY_get_group_name(key, group, sizeof(group), NULL), 1);
    ck_assert_str_eq(group, "prime256v1");
    certificate = read_certificate(files.certificate);
    ck_assert_int_eq(X509_check_private_key(certificate, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(an_expired_one_is_seen_as_expired)
{
    struct cert_request request = request_for(CERT_NODE);
    struct cert_files files;

    make_ca();
    request.not_before = time(NULL) - 7200;
    request.not_after = time(NULL) - 3600;
    make(&request, &files);
    ck_assert_int_eq(verify(files.certificate, X509_PURPOSE_SSL_SERVER),
                     X509_V_ERR_CERT_HAS_EXPIRED);
}
END_TEST

START_TEST(nothing_is_written_over)
{
    struct cert_request request = request_for(CERT_NODE);
    struct cert_files files;
    struct raftd_error error = {0};
    struct stat before;
    struct stat after;

    make_ca();
    make(&request, &files);
    ck_assert_int_eq(stat(files.key, &before), 0);
    ck_assert_int_eq(cert_make(&request, &files, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.message, "node-1-key.pem"));
    ck_assert_int_eq(stat(files.key, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);

    /* The certificate alone is in the way: the new key must not stay behind. */
    ck_assert_int_eq(unlink(files.key), 0);
    ck_assert_int_eq(cert_make(&request, &files, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.message, "node-1.pem"));
    ck_assert_int_eq(access(files.key, F_OK), -1);
}
END_TEST

START_TEST(a_link_is_not_followed)
{
    struct cert_request request = request_for(CERT_NODE);
    struct cert_files files;
    struct raftd_error error = {0};
    char target[CERT_PATH_MAX];
    char link[CERT_PATH_MAX];

    make_ca();
    snprintf(target, sizeof(target), "%s/elsewhere", directory);
    snprintf(link, sizeof(link), "%s/node-1-key.pem", directory);
    ck_assert_int_eq(symlink(target, link), 0);
    ck_assert_int_eq(cert_make(&request, &files, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_int_eq(access(target, F_OK), -1);
}
END_TEST

START_TEST(without_a_ca_there_is_a_hint)
{
    struct cert_request request = request_for(CERT_NODE);
    struct cert_files files;
    struct raftd_error error = {0};

    ck_assert_int_eq(cert_make(&request, &files, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.message, "raftctl cert ca"));
}
END_TEST

START_TEST(a_key_that_is_not_the_cas_is_refused)
{
    struct cert_request request = request_for(CERT_CA);
    struct cert_files files;
    struct raftd_error error = {0};

    char kept[CERT_PATH_MAX];

    /* The key of one CA beside the certificate of another. */
    make(&request, &files);
    snprintf(kept, sizeof(kept), "%s/kept.pem", directory);
    ck_assert_int_eq(rename(files.key, kept), 0);
    ck_assert_int_eq(unlink(files.certificate), 0);
    make(&request, &files);
    ck_assert_int_eq(rename(kept, files.key), 0);
    request = request_for(CERT_NODE);
    ck_assert_int_eq(cert_make(&request, &files, &error), RAFTD_ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.message, "does not belong"));
}
END_TEST

START_TEST(names_that_could_lie_are_refused)
{
    static const char *const bad[] = {"",     ".hidden", "a/b",   "a b",
                                      "a\nb", "demo/2",  "de:mo", "\xc3\xa4"};
    struct cert_request request = request_for(CERT_NODE);
    struct cert_files files;
    struct raftd_error error;

    make_ca();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        request.cluster = bad[i];
        ck_assert_int_eq(cert_make(&request, &files, &error), RAFTD_ERROR_INVALID);
        ck_assert_ptr_nonnull(strstr(error.message, "--cluster"));
    }
    request = request_for(CERT_NODE);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        request.hosts = &bad[i];
        request.host_count = 1;
        ck_assert_int_eq(cert_make(&request, &files, &error), RAFTD_ERROR_INVALID);
        ck_assert_ptr_nonnull(strstr(error.message, "--host"));
    }
}
END_TEST

UNIT_SUITE(raftctl_cert)
{
    Suite *suite = suite_create("raftctl_cert");
    TCase *tests = tcase_create("certificates");

    tcase_add_checked_fixture(tests, make_directory, remove_directory);
    tcase_add_test(tests, ca_signs_itself_and_only_signs);
    tcase_add_test(tests, node_speaks_for_itself_in_both_directions);
    tcase_add_test(tests, largest_node_id_fits);
    tcase_add_test(tests, client_never_stands_for_a_server_or_a_node);
    tcase_add_test(tests, keys_are_p256_and_readable_by_the_owner_only);
    tcase_add_test(tests, an_expired_one_is_seen_as_expired);
    tcase_add_test(tests, nothing_is_written_over);
    tcase_add_test(tests, a_link_is_not_followed);
    tcase_add_test(tests, without_a_ca_there_is_a_hint);
    tcase_add_test(tests, a_key_that_is_not_the_cas_is_refused);
    tcase_add_test(tests, names_that_could_lie_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
