/*
 * TLS 1.3 with certificates on both sides, over OpenSSL; nothing above src/net sees OpenSSL.
 * A context is immutable after creation and shared by all threads.
 */
#ifndef RAFTD_NET_TLS_H
#define RAFTD_NET_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/error.h>

struct tls_context;

/*
 * PEM files; the key without a pass phrase and with a mode that shuts out everybody else. Errors
 * name the option, the file and the remedy. Outlives every stream that was made with it.
 */
int tls_context_create(const char *ca_path, const char *certificate_path, const char *key_path,
                       struct tls_context **context, struct raftd_error *error);

/* The PEM files of a program that only connects, such as raftctl. */
struct tls_client_files {
    const char *ca;          /* the CAs that sign the servers' certificates */
    const char *certificate; /* NULL = show none */
    const char *key;         /* NULL where certificate is NULL */
};
/*
 * A context for one thread that only dials. What files may be is not checked beyond what OpenSSL
 * needs: a key may come from a pipe, and OpenSSL asks for a pass phrase at the terminal.
 * RAFTD_ERROR_SYSTEM with a message that names the file.
 */
int tls_context_create_client(const struct tls_client_files *files, struct tls_context **context,
                              struct raftd_error *error);
void tls_context_destroy(struct tls_context *context);

#endif
