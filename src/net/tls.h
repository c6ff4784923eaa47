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

/* PEM files. The key file must not be readable by others. Errors name the file and the remedy. */
int tls_context_create(const char *ca_path, const char *certificate_path, const char *key_path,
                       struct tls_context **context, struct raftd_error *error);
void tls_context_destroy(struct tls_context *context);

#endif
