/*
 * Certificates for a raftd cluster: a CA for development, a certificate for each node, and
 * certificates for clients. EC P-256 keys, X.509 v3, PEM. Main thread. A key file is created with
 * mode 0600, and a file that exists is never overwritten.
 */
#ifndef RAFTD_RAFTCTL_FILES_CERT_H
#define RAFTD_RAFTCTL_FILES_CERT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <raftd/error.h>

enum cert_kind { CERT_CA, CERT_NODE, CERT_CLIENT };

struct cert_request {
    enum cert_kind kind;
    const char *directory;    /* directory of the CA and the new files; made if it does not exist */
    const char *name;         /* common name of a CA or client; file name of a client */
    const char *cluster;      /* of a node */
    uint16_t node_id;         /* of a node */
    const char *const *hosts; /* hosts of a node: DNS names and IP addresses for its clients */
    size_t host_count;
    time_t not_before;
    time_t not_after;
};

enum { CERT_PATH_MAX = 1024 };

/* The paths of the two files that were made. */
struct cert_files {
    char certificate[CERT_PATH_MAX];
    char key[CERT_PATH_MAX];
};

/*
 * Makes the key and the certificate and writes both files, or neither. RAFTD_ERROR_INVALID: a name
 * that a certificate cannot have. RAFTD_ERROR_SYSTEM: a file exists already, or cannot be read or
 * written.
 */
int cert_make(const struct cert_request *request, struct cert_files *files,
              struct raftd_error *error);

#endif
