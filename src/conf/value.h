/*
 * Converts the value of one option between text and its field in struct conf, and describes which
 * values an option accepts. Pure; any thread. Included by src/conf and its tests only.
 */
#ifndef RAFTD_CONF_VALUE_H
#define RAFTD_CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/options.h"

enum { CONF_WANTED_MAX = 256, CONF_QUOTE_MAX = 128 };

/*
 * Parses text and stores the value in conf. On false, conf is unchanged, and wanted describes what
 * is accepted ("a number from 1 to 65535"). Not for CONF_TYPE_PEER.
 */
bool conf_value_parse(struct conf *conf, const struct conf_option *option, const char *text,
                      char wanted[CONF_WANTED_MAX]);

/* The same for one line of [peers]. Replaces the address of a peer that is there already. */
bool conf_peer_parse(struct conf *conf, const char *key, const char *text,
                     char wanted[CONF_WANTED_MAX]);
/* Parses a key of [peers]. False if it is not a node id. */
bool conf_peer_id_parse(const char *key, uint16_t *id);

/* Writes the value in the form that conf_value_parse() accepts. Returns its length; if that is size
 * or more, the text was cut. Not for CONF_TYPE_PEER. */
size_t conf_value_format(const struct conf *conf, const struct conf_option *option, char *text,
                         size_t size);

/* Writes a number of bytes with the largest suffix that loses nothing: "1", "64K", "8M". Returns
 * the length, as conf_value_format() does. */
size_t conf_bytes_format(uint64_t bytes, char *text, size_t size);

/* Describes which values an option accepts: "a number from 1 to 65535". */
void conf_wanted(const struct conf_option *option, char *wanted, size_t size);

/* Writes text in double quotes for a message. Escapes control characters and cuts a long text. */
void conf_quote(const char *text, char quoted[CONF_QUOTE_MAX]);

#endif
