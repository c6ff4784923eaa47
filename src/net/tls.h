/*
 * TLS 1.3 with certificates on both sides, by OpenSSL. Only src/net (and the certificate commands
 * of raftctl) include OpenSSL's headers. A context is immutable after it is made, and all threads
 * share it.
 */
#ifndef RAFTD_NET_TLS_H
#define RAFTD_NET_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/error.h>

struct tls_context;

/*
 * Makes a context from three PEM files. The key must have no pass phrase, and only its owner may
 * have access to its file. Errors name the option, the file and the remedy. The context must live
 * longer than every stream that was made with it.
 */
int tls_context_create(const char *ca_path, const char *certificate_path, const char *key_path,
                       struct tls_context **context, struct raftd_error *error);

/* What messages about a failed handshake tell the user to do, in the words of the program. */
struct tls_advice {
    const char *ca;    /* one side does not know the CA of the other side's certificate */
    const char *renew; /* this side's certificate has expired */
    const char *send;  /* this side sent no certificate */
};

/* The PEM files of a program that only connects, such as raftctl. */
struct tls_client_files {
    const char *ca;          /* the authorities that sign the servers' certificates */
    const char *certificate; /* NULL = the program shows no certificate */
    const char *key;         /* NULL if certificate is NULL */
    struct tls_advice advice;
};
/*
 * Makes a context for a program with one thread that only connects. Unlike tls_context_create(), it
 * leaves all checks of the files to OpenSSL: the key may come from a pipe, and OpenSSL asks for a
 * pass phrase at the terminal. Returns 0, or RAFTD_ERROR_SYSTEM with a message that names the file.
 */
int tls_context_create_client(const struct tls_client_files *files, struct tls_context **context,
                              struct raftd_error *error);
void tls_context_destroy(struct tls_context *context); /* NULL is allowed */

#endif
