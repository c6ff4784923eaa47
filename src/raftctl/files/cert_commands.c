/*
 * raftctl cert ca, node, client and show: makes a request of the options, and prints a certificate.
 * Main thread.
 */
#include "raftctl/raftctl.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "raftctl/files/cert.h"
#include "raftctl/output.h"

enum {
    DAY_SECONDS = 24 * 60 * 60,
    /* Clocks differ: a new certificate has to be valid on a machine whose clock is slow. */
    BACKDATE_SECONDS = 60 * 60,
    CA_DAYS = 3650,
    LEAF_DAYS = 825,
};

/* Reads a time such as "2027-01-31T12:00:00Z". False: the text is no such time. */
static bool parse_time(const char *text, time_t *time_found)
{
    struct tm parts = {0};
    struct tm again;
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);

    if (end == NULL || *end != '\0') {
        return false;
    }
    again = parts;
    *time_found = timegm(&again);
    /* timegm() turns 31 February into 3 March: a date that changes is no date. */
    return again.tm_mday == parts.tm_mday && again.tm_mon == parts.tm_mon;
}

static bool set_life(struct cert_request *request, const struct ctl_options *options,
                     uint32_t default_days)
{
    time_t now = time(NULL);
    time_t days = options->days != 0 ? options->days : default_days;

    request->not_before = now - BACKDATE_SECONDS;
    request->not_after = now + days * DAY_SECONDS;
    if (options->not_after == NULL) {
        return true;
    }
    if (!parse_time(options->not_after, &request->not_after)) {
        ctl_complain("--not-after: found \"%s\", expected a time such as 2027-01-31T12:00:00Z",
                     options->not_after);
        return false;
    }
    if (request->not_after <= request->not_before) {
        /* The user wants an expired certificate: it was valid for one day. */
        request->not_before = request->not_after - DAY_SECONDS;
    }
    return true;
}

static int make(struct cert_request *request, const struct ctl_options *options,
                uint32_t default_days)
{
    struct cert_files files;
    struct raftd_error error = {0};

    if (!set_life(request, options, default_days)) {
        return CTL_USAGE;
    }
    request->directory = options->directory;
    if (cert_make(request, &files, &error) != 0) {
        ctl_complain("%s", error.message);
        return error.code == RAFTD_ERROR_INVALID ? CTL_USAGE : CTL_LOCAL;
    }
    printf("%s\n%s\n", files.certificate, files.key);
    return CTL_OK;
}

int ctl_cert_ca(const struct ctl_options *options, char **arguments)
{
    struct cert_request request = {
        .kind = CERT_CA,
        .name = options->name != NULL ? options->name : "raftd-ca",
    };

    (void)arguments;
    return make(&request, options, CA_DAYS);
}

int ctl_cert_node(const struct ctl_options *options, char **arguments)
{
    struct cert_request request = {
        .kind = CERT_NODE,
        .cluster = options->cluster,
        .node_id = options->id,
        .hosts = options->hosts,
        .host_count = options->host_count,
    };

    (void)arguments;
    return make(&request, options, LEAF_DAYS);
}

int ctl_cert_client(const struct ctl_options *options, char **arguments)
{
    struct cert_request request = {.kind = CERT_CLIENT, .name = options->name};

    (void)arguments;
    return make(&request, options, LEAF_DAYS);
}

/* ---- Showing ------------------------------------------------------------------------------ */

static void show_extension(BIO *out, X509 *certificate, int nid, const char *title)
{
    int position = X509_get_ext_by_NID(certificate, nid, -1);

    if (position >= 0) {
        BIO_printf(out, "%-12s", title);
        X509V3_EXT_print(out, X509_get_ext(certificate, position), 0, 0);
        BIO_printf(out, "\n");
    }
}

static void show(BIO *out, X509 *certificate)
{
    int before = X509_cmp_current_time(X509_get0_notBefore(certificate));
    int after = X509_cmp_current_time(X509_get0_notAfter(certificate));

    BIO_printf(out, "%-12s", "subject");
    X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    BIO_printf(out, "\n%-12s", "issuer");
    X509_NAME_print_ex(out, X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253);
    BIO_printf(out, "\n%-12s", "not before");
    ASN1_TIME_print(out, X509_get0_notBefore(certificate));
    BIO_printf(out, "%s\n%-12s", before > 0 ? " (not valid yet)" : "", "not after");
    ASN1_TIME_print(out, X509_get0_notAfter(certificate));
    BIO_printf(out, "%s\n", after < 0 ? " (expired)" : "");
    show_extension(out, certificate, NID_subject_alt_name, "names");
    show_extension(out, certificate, NID_ext_key_usage, "usage");
    show_extension(out, certificate, NID_basic_constraints, "constraints");
}

int ctl_cert_show(const struct ctl_options *options, char **arguments)
{
    FILE *file = fopen(arguments[0], "re");
    X509 *certificate = NULL;
    BIO *out;

    (void)options;
    if (file == NULL) {
        ctl_complain("cannot read %s: %s", arguments[0], strerror(errno));
        return CTL_LOCAL;
    }
    certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    if (certificate == NULL) {
        ctl_complain("%s: found no PEM certificate in the file", arguments[0]);
        ERR_clear_error();
        return CTL_LOCAL;
    }
    out = BIO_new_fp(stdout, BIO_NOCLOSE);
    if (out != NULL) {
        show(out, certificate);
        BIO_free(out);
    }
    X509_free(certificate);
    return out != NULL ? CTL_OK : CTL_LOCAL;
}
