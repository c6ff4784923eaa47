/*
 * Certificates for a raftd cluster: a development CA, one certificate per node, and certificates
 * for clients. EC P-256 keys, X.509 v3, PEM. One thread; keeps nothing between calls. A key file
 * is created with mode 0600 and never written over.
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
    const char *directory;    /* where the CA is and the files go; made if it is not there */
    const char *name;         /* common name of a CA or client; file name of a client */
    const char *cluster;      /* node */
    uint16_t node_id;         /* node */
    const char *const *hosts; /* node: DNS names and IP addresses it is reached at */
    size_t host_count;
    time_t not_before;
    time_t not_after;
};

enum { CERT_PATH_MAX = 1024 };

/* Where the files were written. */
struct cert_files {
    char certificate[CERT_PATH_MAX];
    char key[CERT_PATH_MAX];
};

/*
 * Makes the key and the certificate and writes both files, or neither. RAFTD_ERROR_INVALID (a
 * name that cannot be in a certificate), _SYSTEM (a file: is there already, cannot be read or
 * written).
 */
int cert_make(const struct cert_request *request, struct cert_files *files,
              struct raftd_error *error);

#endif
