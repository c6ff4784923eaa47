/*
 * SHA-1 (FIPS 180-4, section 6.1): only as the name that Redis clients know a script by. Pure; any
 * thread.
 */
#ifndef RAFTD_SCRIPT_SHA1_H
#define RAFTD_SCRIPT_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { SHA1_BYTES = 20, SHA1_HEX_BYTES = 40 };

void sha1(const void *data, size_t size, uint8_t digest[SHA1_BYTES]);
/* The digest in lower-case hexadecimal, without a NUL. */
void sha1_hex(const void *data, size_t size, char hex[SHA1_HEX_BYTES]);

#endif
