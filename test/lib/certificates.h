/*
 * Certificates for tests: authorities and node certificates made with OpenSSL's API into a
 * temporary directory that goes away with them. Good ones, and every kind of bad one.
 * One thread. A failure ends the process with a message: a test cannot go on without them.
 */
#ifndef RAFTD_TEST_LIB_CERTIFICATES_H
#define RAFTD_TEST_LIB_CERTIFICATES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/tls.h"

struct certificates;

struct certificates *certificates_create(void);
void certificates_destroy(struct certificates *certificates); /* removes the files */

/* The directory, and the path of a file in it (owned by the struct, valid until destroyed). */
const char *certificates_directory(const struct certificates *certificates);
const char *certificates_path(struct certificates *certificates, const char *file_name);

/* The PEM file of an authority; made on first use of its name. "ca" and "other-ca", say. */
const char *certificates_ca(struct certificates *certificates, const char *ca_name);

/* What a node's certificate says. Zeroes are good values: no such name, valid for a day. */
struct certificate_request {
    const char *ca_name; /* who signs; NULL = "ca" */
    const char *cluster; /* with node_id: URI raftd://CLUSTER/ID; NULL = no URI */
    uint16_t node_id;
    const char *uri;    /* a URI as it is, instead of cluster and node_id */
    const char *dns;    /* NULL = no DNS name */
    const char *ip;     /* NULL = no IP address */
    bool expired;       /* until yesterday */
    bool not_yet_valid; /* from tomorrow on */
    bool server_only;   /* extended key usage without clientAuth */
};

struct certificate_files {
    const char *certificate;
    const char *key; /* mode 0600 */
};

/* NAME.pem and NAME-key.pem in the directory. */
struct certificate_files certificates_make(struct certificates *certificates, const char *name,
                                           const struct certificate_request *request);

/* A TLS context of a good node: its certificate by "ca", for 127.0.0.1. The caller destroys it. */
struct tls_context *certificates_node_context(struct certificates *certificates,
                                              const char *cluster, uint16_t node_id);

#endif
