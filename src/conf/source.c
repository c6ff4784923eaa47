/*
 * The places of options and the reports of mistakes. See source.h.
 */
#include "conf/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

void source_init(struct conf_source *source, const char *path, conf_report *report, void *argument)
{
    ASSERT(report != NULL);
    memset(source, 0, sizeof(*source));
    source->path = path;
    source->report = report;
    source->argument = argument;
}

/* Writes the place of a mistake ("FILE:LINE: ") to text. Returns its length. */
static size_t write_place(const struct conf_source *source, uint32_t line, char *text, size_t size)
{
    int length;

    if (line == CONF_LINE_SETTING) {
        length = snprintf(text, size, "--set: ");
    } else if (source->path == NULL) {
        length = 0;
    } else if (line == 0) {
        length = snprintf(text, size, "%s: ", source->path);
    } else {
        length = snprintf(text, size, "%s:%u: ", source->path, line);
    }
    ASSERT(length >= 0);
    return (size_t)length < size ? (size_t)length : size - 1;
}

__attribute__((format(printf, 4, 0))) static void tell(struct conf_source *source, uint32_t line,
                                                       const char *name, const char *format,
                                                       va_list arguments)
{
    char text[CONF_REPORT_MAX];
    size_t used;
    int length;

    source->mistakes++;
    if (source->mistakes > CONF_MISTAKES_MAX + 1) {
        return;
    }
    text[0] = 0;
    used = write_place(source, line, text, sizeof(text));
    if (source->mistakes == CONF_MISTAKES_MAX + 1) {
        snprintf(text + used, sizeof(text) - used, "there are more mistakes; correct these first");
        source->report(source->argument, text);
        return;
    }
    length = snprintf(text + used, sizeof(text) - used, "%s", name);
    used += (size_t)length < sizeof(text) - used ? (size_t)length : sizeof(text) - used - 1;
    vsnprintf(text + used, sizeof(text) - used, format, arguments);
    source->report(source->argument, text);
}

void source_tell(struct conf_source *source, uint32_t line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(source, line, "", format, arguments);
    va_end(arguments);
}

void source_tell_option(struct conf_source *source, uint32_t line, const char *section,
                        const char *key, const char *format, ...)
{
    char name[CONF_REPORT_MAX / 2];
    va_list arguments;

    snprintf(name, sizeof(name), "[%s] %s: ", section, key);
    va_start(arguments, format);
    tell(source, line, name, format, arguments);
    va_end(arguments);
}

struct conf_place *source_option(struct conf_source *source, const struct conf_option *option)
{
    ASSERT(option->type != CONF_TYPE_PEER);
    return &source->options[conf_option_index(option)];
}

struct conf_place *source_peer(struct conf_source *source, uint16_t id)
{
    for (size_t i = 0; i < source->peer_count; i++) {
        if (source->peers[i].id == id) {
            return &source->peers[i].place;
        }
    }
    return NULL;
}

void source_add_peer(struct conf_source *source, uint16_t id, struct conf_place place)
{
    struct conf_place *known = source_peer(source, id);

    if (known != NULL) {
        *known = place;
    } else if (source->peer_count < CONF_PEERS_MAX) {
        source->peers[source->peer_count].id = id;
        source->peers[source->peer_count].place = place;
        source->peer_count++;
    }
}
