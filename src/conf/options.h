/*
 * The table of options: whatever there is to know about an option is stated here once. The
 * parser, conf_set(), the option list of raftd.conf(5) and the sample are made from it. Constant
 * data; nobody outside src/conf includes this.
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
    CONF_TYPE_PATH,    /* of a file or directory */
    CONF_TYPE_ADDRESS, /* HOST:PORT */
    CONF_TYPE_PEER,    /* the whole section [peers]: the key is a node id, the value an address */
};

enum { CONF_CHOICES_MAX = 4 };

struct conf_option {
    const char *section;
    const char *key; /* CONF_TYPE_PEER: "ID" */
    enum conf_type type;
    const char *unit;    /* of a number, NULL = none */
    const char *initial; /* the default as text; "" = not given, allowed where this is "" */
    uint64_t min;        /* numbers: limits, both included */
    uint64_t max;
    uint64_t multiple;                     /* BYTES: has to be one of this, 0 = of anything */
    const char *choices[CONF_CHOICES_MAX]; /* ENUM: by value; unused ones are NULL */
    const char *without;                   /* what holds where an optional value is not given */
    const char *description;               /* one line, a sentence */
    size_t offset;                         /* of the field in struct conf */
    size_t size_bytes;                     /* of the field */
};

struct conf_section {
    const char *name;
    const char *description; /* one line */
};

extern const struct conf_option conf_options[];
extern const size_t conf_option_count;
/* In the order in which conf_options has them. */
extern const struct conf_section conf_sections[];
extern const size_t conf_section_count;

enum { CONF_OPTIONS_MAX = 64 }; /* a bound on conf_option_count for tables beside it */

/* NULL if there is none. A key of [peers] finds the one option of that section. */
const struct conf_option *conf_option_find(const char *section, const char *key);
const struct conf_section *conf_section_find(const char *name);
size_t conf_option_index(const struct conf_option *option);

#endif
