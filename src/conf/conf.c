/*
 * Defaults, reading and writing of single options, and lists of options. All functions work from
 * the table in options.c. They keep nothing; one thread at a time uses a struct conf.
 */
#include "conf/conf.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "conf/options.h"
#include "conf/source.h"
#include "conf/validate.h"
#include "conf/value.h"

enum { NAME_MAX_BYTES = 80 }; /* "section.key" */

void conf_defaults(struct conf *conf)
{
    char wanted[CONF_WANTED_MAX];

    memset(conf, 0, sizeof(*conf));
    for (size_t i = 0; i < conf_option_count; i++) {
        const struct conf_option *option = &conf_options[i];

        if (option->type != CONF_TYPE_PEER && option->initial[0] != 0) {
            bool is_set = conf_value_parse(conf, option, option->initial, wanted);

            ASSERT(is_set); /* otherwise a default in the table breaks the table's own limits */
        }
    }
}

/* Splits "section.key" and finds the option; false if there is no such option. */
static bool find_by_name(const char *name, const struct conf_option **option, const char **key)
{
    const char *dot = strchr(name, '.');
    char section[NAME_MAX_BYTES];

    if (dot == NULL || (size_t)(dot - name) >= sizeof(section)) {
        return false;
    }
    memcpy(section, name, (size_t)(dot - name));
    section[dot - name] = 0;
    *key = dot + 1;
    *option = conf_option_find(section, *key);
    return *option != NULL;
}

static int unknown_option(const char *name, struct raftd_error *error)
{
    char quoted[CONF_QUOTE_MAX];

    conf_quote(name, quoted);
    return error_set(error, RAFTD_ERROR_INVALID,
                     "unknown option %s: expected SECTION.KEY as listed in raftd.conf(5)", quoted);
}

int conf_set(struct conf *conf, const char *name, const char *value, struct raftd_error *error)
{
    const struct conf_option *option;
    const char *key;
    char wanted[CONF_WANTED_MAX];
    char quoted[CONF_QUOTE_MAX];
    bool is_set;

    if (!find_by_name(name, &option, &key)) {
        return unknown_option(name, error);
    }
    is_set = option->type == CONF_TYPE_PEER ? conf_peer_parse(conf, key, value, wanted)
                                            : conf_value_parse(conf, option, value, wanted);
    if (!is_set) {
        conf_quote(value, quoted);
        return error_set(error, RAFTD_ERROR_INVALID, "[%s] %.*s: found %s, expected %s",
                         option->section, NAME_MAX_BYTES, key, quoted, wanted);
    }
    return 0;
}

static const struct conf_peer *find_peer(const struct conf *conf, const char *key)
{
    uint16_t id;

    if (!conf_peer_id_parse(key, &id)) {
        return NULL;
    }
    for (size_t i = 0; i < conf->peer_count; i++) {
        if (conf->peers[i].id == id) {
            return &conf->peers[i];
        }
    }
    return NULL;
}

int conf_get(const struct conf *conf, const char *name, char *value, size_t size)
{
    const struct conf_option *option;
    const char *key;
    size_t length;

    if (!find_by_name(name, &option, &key)) {
        return RAFTD_ERROR_INVALID;
    }
    if (option->type == CONF_TYPE_PEER) {
        const struct conf_peer *peer = find_peer(conf, key);

        if (peer == NULL) {
            return RAFTD_ERROR_INVALID;
        }
        length = (size_t)snprintf(value, size, "%s", peer->address);
    } else {
        length = conf_value_format(conf, option, value, size);
    }
    return length < size ? 0 : RAFTD_ERROR_INVALID;
}

static void list_peers(const struct conf *conf, conf_found *found, void *argument)
{
    char name[NAME_MAX_BYTES];

    for (size_t i = 0; i < conf->peer_count; i++) {
        snprintf(name, sizeof(name), "peers.%u", conf->peers[i].id);
        found(argument, name, conf->peers[i].address);
    }
}

/* Calls back with every option, or only with those whose value is not the default. */
static void walk(const struct conf *conf, bool only_changed, conf_found *found, void *argument)
{
    struct conf defaults;
    char name[NAME_MAX_BYTES];
    char value[CONF_TEXT_MAX];
    char initial[CONF_TEXT_MAX];

    conf_defaults(&defaults);
    for (size_t i = 0; i < conf_option_count; i++) {
        const struct conf_option *option = &conf_options[i];

        if (option->type == CONF_TYPE_PEER) {
            list_peers(conf, found, argument);
            continue;
        }
        conf_value_format(conf, option, value, sizeof(value));
        conf_value_format(&defaults, option, initial, sizeof(initial));
        if (!only_changed || strcmp(value, initial) != 0) {
            snprintf(name, sizeof(name), "%s.%s", option->section, option->key);
            found(argument, name, value);
        }
    }
}

void conf_each(const struct conf *conf, conf_found *found, void *argument)
{
    walk(conf, true, found, argument);
}

void conf_list(const struct conf *conf, conf_found *found, void *argument)
{
    walk(conf, false, found, argument);
}

int conf_validate(const struct conf *conf, conf_report *report, void *argument)
{
    struct conf_source source;

    source_init(&source, NULL, report, argument);
    validate(conf, &source);
    return source.mistakes > 0 ? RAFTD_ERROR_INVALID : 0;
}
