/*
 * Where a configuration came from, option by option, and where its mistakes go: it lets a
 * mistake that shows only when all is read name the line that made it. One owner, on the stack
 * of the function that loads. Nobody outside src/conf includes this.
 */
#ifndef RAFTD_CONF_SOURCE_H
#define RAFTD_CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/options.h"

enum {
    CONF_MISTAKES_MAX = 100, /* then one more line says that the rest is not shown */
    CONF_REPORT_MAX = 2048,  /* bytes of one report; a longer one is cut */
};

/* The "line" of what was given on the command line. */
#define CONF_LINE_SETTING UINT32_MAX

struct conf_place {
    uint32_t line;  /* 0 = not given */
    bool is_broken; /* given, but with a mistake that was reported: judge nothing by its value */
};

struct conf_source {
    const char *path; /* borrowed; NULL = no file */
    conf_report *report;
    void *argument;
    size_t mistakes;
    struct conf_place options[CONF_OPTIONS_MAX]; /* by conf_option_index() */
    struct {
        uint16_t id;
        struct conf_place place;
    } peers[CONF_PEERS_MAX];
    size_t peer_count;
    bool peers_are_broken; /* some line of [peers] could not be used */
};

void source_init(struct conf_source *source, const char *path, conf_report *report, void *argument);

/* One mistake: "PATH:LINE: text"; line 0 leaves the line out. */
void source_tell(struct conf_source *source, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One mistake of an option: "PATH:LINE: [section] key: text". */
void source_tell_option(struct conf_source *source, uint32_t line, const char *section,
                        const char *key, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The place of an option other than a peer's. */
struct conf_place *source_option(struct conf_source *source, const struct conf_option *option);
/* The place of a peer's line; NULL if none was given. */
struct conf_place *source_peer(struct conf_source *source, uint16_t id);
void source_add_peer(struct conf_source *source, uint16_t id, struct conf_place place);

#endif
