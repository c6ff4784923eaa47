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
void tls_context_destroy(struct tls_context *context);

#endif
