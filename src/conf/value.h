/*
 * One option's value between text and struct conf: parsing with limits, formatting, and the
 * words for what is wanted. Pure; nobody outside src/conf includes this.
 */
#ifndef RAFTD_CONF_VALUE_H
#define RAFTD_CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/options.h"

enum { CONF_WANTED_MAX = 256, CONF_QUOTE_MAX = 128 };

/*
 * Puts the text's value into conf. False leaves conf as it was and writes what had been wanted
 * ("a number from 1 to 65535"). Not for CONF_TYPE_PEER.
 */
bool conf_value_parse(struct conf *conf, const struct conf_option *option, const char *text,
                      char wanted[CONF_WANTED_MAX]);

/* The same for one line of [peers]; an id that is there already gets the new address. */
bool conf_peer_parse(struct conf *conf, const char *key, const char *text,
                     char wanted[CONF_WANTED_MAX]);
/* The id that a key of [peers] stands for; false if it is none. */
bool conf_peer_id_parse(const char *key, uint16_t *id);

/* The value as conf_value_parse() takes it; returns its length, size or more if it is cut. Not
 * for CONF_TYPE_PEER. */
size_t conf_value_format(const struct conf *conf, const struct conf_option *option, char *text,
                         size_t size);

/* "1", "64K", "8M" */
size_t conf_bytes_format(uint64_t bytes, char *text, size_t size);

/* What an option takes, in a few words: "a number from 1 to 65535". */
void conf_wanted(const struct conf_option *option, char *wanted, size_t size);

/* The text between double quotes for a message: control characters escaped, long ones cut. */
void conf_quote(const char *text, char quoted[CONF_QUOTE_MAX]);

#endif
