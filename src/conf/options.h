/*
 * The table of options. Each option is described here once; the parser, conf_set(), the option
 * list of raftd.conf(5) and the sample configuration are made from the table. Constant data; any
 * thread. Included by src/conf and its tests only.
 */
#ifndef RAFTD_CONF_OPTIONS_H
#define RAFTD_CONF_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum conf_type {
    CONF_TYPE_U16,
    CONF_TYPE_U32,
    CONF_TYPE_BYTES,   /* uint64_t; K, M and G are 1024, 1024^2 and 1024^3 */
    CONF_TYPE_BOOL,    /* yes or no */
    CONF_TYPE_ENUM,    /* int, the position in choices */
    CONF_TYPE_NAME,    /* letters, digits, dots, hyphens and underscores */
    CONF_TYPE_PATH,    /* path of a file or directory */
    CONF_TYPE_ADDRESS, /* HOST:PORT */
    CONF_TYPE_PEER,    /* the whole section [peers]: the key is a node id, the value an address */
};

enum { CONF_CHOICES_MAX = 4 };

struct conf_option {
    const char *section;
    const char *key; /* CONF_TYPE_PEER: "ID" */
    enum conf_type type;
    const char *unit;    /* unit of a number; NULL = none */
    const char *initial; /* the default, as text; "" = none, and the value "" is allowed */
    uint64_t min;        /* limits of a number, both included */
    uint64_t max;
    uint64_t multiple; /* CONF_TYPE_BYTES: the value must be a multiple of this; 0 = any value */
    const char
        *choices[CONF_CHOICES_MAX]; /* CONF_TYPE_ENUM: the word of each value; NULL = unused */
    const char *without;     /* for an option without a default: what is used if it is not set */
    const char *description; /* some sentences, each with a full stop */
    size_t offset;           /* of the field in struct conf */
    size_t size_bytes;       /* of the field in struct conf */
};

struct conf_section {
    const char *name;
    const char *description; /* some sentences, each with a full stop */
};

extern const struct conf_option conf_options[];
extern const size_t conf_option_count;
/* In the same order as in conf_options. */
extern const struct conf_section conf_sections[];
extern const size_t conf_section_count;

/* At least conf_option_count; the size of arrays that have an element for each option. */
enum { CONF_OPTIONS_MAX = 64 };

/* NULL if there is no such option. In the section [peers] every key finds the only option there. */
const struct conf_option *conf_option_find(const char *section, const char *key);
/* NULL if there is no such section. */
const struct conf_section *conf_section_find(const char *name);
/* The position of an option in conf_options. */
size_t conf_option_index(const struct conf_option *option);

#endif
