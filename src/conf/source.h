/*
 * Remembers for each option the line that set it, and reports mistakes. Some mistakes show only
 * when the whole file has been read, such as two options that contradict each other; with this
 * memory their reports can name a line as well. A struct conf_source is on the stack of the
 * function that loads a configuration. Included by src/conf and its tests only.
 */
#ifndef RAFTD_CONF_SOURCE_H
#define RAFTD_CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/options.h"

enum {
    CONF_MISTAKES_MAX = 100, /* after these, one more report says that there are others */
    CONF_REPORT_MAX = 2048,  /* bytes of one report; a longer one is cut */
};

/* Stands for the line number of an option that was set on the command line. */
#define CONF_LINE_SETTING UINT32_MAX

struct conf_place {
    uint32_t line; /* number of the line that set the option, from 1; 0 = the option is not set */
    /* The option is set, but its value could not be used and was reported. conf has another value
     * then, so checks of several options leave this option out. */
    bool is_broken;
};

struct conf_source {
    const char *path; /* borrowed; NULL = no file */
    conf_report *report;
    void *argument;                              /* argument of report() */
    size_t mistakes;                             /* reported so far, or left out as too many */
    struct conf_place options[CONF_OPTIONS_MAX]; /* by conf_option_index() */
    struct {
        uint16_t id;
        struct conf_place place;
    } peers[CONF_PEERS_MAX]; /* the lines of [peers], in the order of the file */
    size_t peer_count;
    bool peers_are_broken; /* at least one line of [peers] could not be used */
};

void source_init(struct conf_source *source, const char *path, conf_report *report, void *argument);

/* Reports one mistake as "PATH:LINE: text"; without a line number if line is 0. */
void source_tell(struct conf_source *source, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reports one mistake of an option as "PATH:LINE: [section] key: text". */
void source_tell_option(struct conf_source *source, uint32_t line, const char *section,
                        const char *key, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The place of an option; not for CONF_TYPE_PEER. */
struct conf_place *source_option(struct conf_source *source, const struct conf_option *option);
/* The place of the line of a peer; NULL if there is no such line. */
struct conf_place *source_peer(struct conf_source *source, uint16_t id);
/* Stores the place of the line of a peer, in place of an earlier one for the same id. */
void source_add_peer(struct conf_source *source, uint16_t id, struct conf_place place);

#endif
