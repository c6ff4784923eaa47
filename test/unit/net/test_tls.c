/*
 * net/tls: contexts from files that are valid, wrong, missing, or readable for everybody.
 */
#include "unit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/certificates.h"

static struct certificates *certificates;
static struct certificate_files good;
static const char *ca;

static void make_files(void)
{
    const struct certificate_request request = {.cluster = "demo", .node_id = 1};

    certificates = certificates_create();
    ca = certificates_ca(certificates, "ca");
    good = certificates_make(certificates, "good", &request);
}

static void remove_files(void)
{
    certificates_destroy(certificates);
}

/* The context is refused with a message that has all of these parts (NULL = no more parts). */
static void assert_refused(const char *ca_path, const char *certificate, const char *key, int code,
                           const char *const parts[3])
{
    struct tls_context *context;
    struct raftd_error error = {0};

    ck_assert_int_eq(tls_context_create(ca_path, certificate, key, &context, &error), code);
    ck_assert_ptr_null(context);
    for (int i = 0; i < 3 && parts[i] != NULL; i++) {
        ck_assert_msg(strstr(error.message, parts[i]) != NULL, "\"%s\" does not say \"%s\"",
                      error.message, parts[i]);
    }
}

static const char *write_file(const char *name, const char *text)
{
    const char *path = certificates_path(certificates, name);
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    ck_assert_int_eq(chmod(path, 0600), 0);
    return path;
}

START_TEST(test_good_files_make_a_context)
{
    struct tls_context *context;
    struct raftd_error error;

    ck_assert_int_eq(tls_context_create(ca, good.certificate, good.key, &context, &error), 0);
    ck_assert_ptr_nonnull(context);
    tls_context_destroy(context);
    tls_context_destroy(NULL);
}
END_TEST

START_TEST(test_missing_files_are_named)
{
    const char *missing = certificates_path(certificates, "missing.pem");
    const char *parts[] = {"cannot open", missing, "No such file or directory"};

    assert_refused(missing, good.certificate, good.key, RAFTD_ERROR_SYSTEM, parts);
    assert_refused(ca, missing, good.key, RAFTD_ERROR_SYSTEM, parts);
    assert_refused(ca, good.certificate, missing, RAFTD_ERROR_SYSTEM, parts);
}
END_TEST

START_TEST(test_a_directory_is_no_file)
{
    const char *directory = certificates_directory(certificates);
    const char *parts[] = {"[tls] ca", directory, "not a regular file"};

    assert_refused(directory, good.certificate, good.key, RAFTD_ERROR_INVALID, parts);
}
END_TEST

START_TEST(test_a_key_that_others_can_read)
{
    static const mode_t modes[] = {0640, 0604, 0644, 0620, 0601};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        const char *parts[] = {"[tls] key", good.key, "chmod 600"};

        ck_assert_int_eq(chmod(good.key, modes[i]), 0);
        assert_refused(ca, good.certificate, good.key, RAFTD_ERROR_INVALID, parts);
    }
    ck_assert_int_eq(chmod(good.key, 0600), 0);
}
END_TEST

START_TEST(test_files_that_hold_something_else)
{
    const char *nonsense = write_file("nonsense.pem", "this is not PEM\n");
    const char *empty = write_file("empty.pem", "");
    const char *ca_parts[] = {"[tls] ca", nonsense, NULL};
    const char *certificate_parts[] = {"[tls] certificate", empty, NULL};
    const char *key_parts[] = {"[tls] key", nonsense, NULL};

    assert_refused(nonsense, good.certificate, good.key, RAFTD_ERROR_INVALID, ca_parts);
    assert_refused(ca, empty, good.key, RAFTD_ERROR_INVALID, certificate_parts);
    assert_refused(ca, good.certificate, nonsense, RAFTD_ERROR_INVALID, key_parts);
}
END_TEST

START_TEST(test_the_key_of_another_certificate)
{
    const struct certificate_request request = {.cluster = "demo", .node_id = 2};
    struct certificate_files other = certificates_make(certificates, "other", &request);
    const char *parts[] = {"does not belong to the certificate", other.key, good.certificate};

    assert_refused(ca, good.certificate, other.key, RAFTD_ERROR_INVALID, parts);
}
END_TEST

/* OpenSSL's own callback would ask for the pass phrase at the terminal and wait. */
START_TEST(test_a_key_with_a_pass_phrase)
{
    static const unsigned char phrase[] = "secret";
    const char *path = certificates_path(certificates, "encrypted-key.pem");
    const char *parts[] = {"[tls] key", path, "pass phrase"};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    FILE *file = fopen(path, "w");

    ck_assert_int_eq(
        PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), phrase, sizeof(phrase) - 1, NULL, NULL),
        1);
    fclose(file);
    EVP_PKEY_free(key);
    ck_assert_int_eq(chmod(path, 0600), 0);
    assert_refused(ca, good.certificate, path, RAFTD_ERROR_INVALID, parts);
}
END_TEST

/* The node starts with a warning, and its peers report what is wrong. */
START_TEST(test_an_expired_certificate_makes_a_context)
{
    const struct certificate_request request = {.cluster = "demo", .node_id = 1, .expired = true};
    struct certificate_files files = certificates_make(certificates, "expired", &request);
    struct tls_context *context;
    struct raftd_error error;

    ck_assert_int_eq(tls_context_create(ca, files.certificate, files.key, &context, &error), 0);
    tls_context_destroy(context);
}
END_TEST

UNIT_SUITE(tls)
{
    Suite *suite = suite_create("tls");
    TCase *tests = tcase_create("contexts");

    tcase_add_checked_fixture(tests, make_files, remove_files);
    tcase_add_test(tests, test_good_files_make_a_context);
    tcase_add_test(tests, test_missing_files_are_named);
    tcase_add_test(tests, test_a_directory_is_no_file);
    tcase_add_test(tests, test_a_key_that_others_can_read);
    tcase_add_test(tests, test_files_that_hold_something_else);
    tcase_add_test(tests, test_the_key_of_another_certificate);
    tcase_add_test(tests, test_a_key_with_a_pass_phrase);
    tcase_add_test(tests, test_an_expired_certificate_makes_a_context);
    suite_add_tcase(suite, tests);
    return suite;
}
