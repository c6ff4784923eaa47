/*
 * Reads configuration files and settings of the command line into a struct conf. Runs on the
 * thread that calls conf_load(); keeps nothing.
 *
 * inih splits a line into key and value. inih accepts much that is probably a mistake: it takes a
 * colon for an equals sign, ignores what follows "[section]", and drops lines that it does not
 * understand without a word. So this file checks each line before inih gets it, handles sections
 * and comments itself, and gives inih only lines that look like "key = value". pending_line
 * remembers the line that inih has; if inih asks for the next line before it has returned a key
 * and a value for this one, the line is reported as a mistake.
 */
#include "conf/load.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "conf/validate.h"
#include "conf/value.h"

enum { NAMES_BYTES = 512 };

/* ---- one option ---- */

/* Writes the names of all sections ("node, cluster, listen"), or of the keys of one section. */
static void list_names(const char *section, char *names, size_t size)
{
    size_t used = 0;

    names[0] = 0;
    for (size_t i = 0; section == NULL && i < conf_section_count && used < size; i++) {
        used += (size_t)snprintf(names + used, size - used, "%s%s", used == 0 ? "" : ", ",
                                 conf_sections[i].name);
    }
    for (size_t i = 0; section != NULL && i < conf_option_count && used < size; i++) {
        if (strcmp(conf_options[i].section, section) == 0) {
            used += (size_t)snprintf(names + used, size - used, "%s%s", used == 0 ? "" : ", ",
                                     conf_options[i].key);
        }
    }
}

static bool is_repeated(struct conf_source *source, const struct conf_place *known, uint32_t line,
                        const char *section, const char *key)
{
    if (known == NULL || known->line == 0 || line == CONF_LINE_SETTING) {
        return false;
    }
    source_tell_option(source, line, section, key,
                       "found a second time, expected once; the first time is in line %u",
                       known->line);
    return true;
}

static void tell_value(struct conf_source *source, uint32_t line, const char *section,
                       const char *key, const char *value, const char *wanted)
{
    char quoted[CONF_QUOTE_MAX];

    conf_quote(value, quoted);
    source_tell_option(source, line, section, key, "found %s, expected %s", quoted, wanted);
}

static void set_peer(struct conf *conf, struct conf_source *source, const char *key,
                     const char *value, uint32_t line)
{
    struct conf_place place = {.line = line};
    char wanted[CONF_WANTED_MAX];
    bool has_id;
    uint16_t id;

    has_id = conf_peer_id_parse(key, &id);
    if (has_id && is_repeated(source, source_peer(source, id), line, "peers", key)) {
        return;
    }
    if (has_id) {
        place.is_broken = !conf_peer_parse(conf, key, value, wanted);
        if (place.is_broken) {
            tell_value(source, line, "peers", key, value, wanted);
        }
        source_add_peer(source, id, place);
    } else {
        char quoted[CONF_QUOTE_MAX];

        place.is_broken = true;
        conf_quote(key, quoted);
        source_tell(source, line, "[peers] found the key %s, expected a node id from 1 to %d",
                    quoted, UINT16_MAX);
    }
    source->peers_are_broken = source->peers_are_broken || place.is_broken;
}

static void set_option(struct conf *conf, struct conf_source *source, const char *section,
                       const char *key, const char *value, uint32_t line)
{
    const struct conf_option *option = conf_option_find(section, key);
    struct conf_place *place;
    char wanted[CONF_WANTED_MAX];
    char text[NAMES_BYTES];

    if (option == NULL) {
        char quoted[CONF_QUOTE_MAX];

        conf_quote(key, quoted);
        list_names(section, text, sizeof(text));
        source_tell(source, line, "[%s] found the unknown key %s, expected one of %s", section,
                    quoted, text);
        return;
    }
    if (option->type == CONF_TYPE_PEER) {
        set_peer(conf, source, key, value, line);
        return;
    }
    place = source_option(source, option);
    if (is_repeated(source, place, line, section, key)) {
        return;
    }
    place->line = line;
    place->is_broken = !conf_value_parse(conf, option, value, wanted);
    if (place->is_broken) {
        tell_value(source, line, section, key, value, wanted);
    }
}

/* ---- lines ---- */

/* The text that is being read. On the stack of load_text(). */
struct input {
    struct conf *conf;
    struct conf_source *source;
    const char *text;
    size_t size;                        /* bytes of text */
    size_t offset;                      /* where the next line begins */
    uint32_t line;                      /* the number of the last line read; 0 = none yet */
    bool told_carriage_return;          /* CR LF is reported only once */
    const struct conf_section *section; /* that the lines belong to; NULL before the first */
    /* The line of the section had a mistake. It is reported, so keys that follow are ignored: they
     * would only cause more reports of the same mistake. */
    bool skipping;
    uint32_t pending_line; /* number of the line that inih has not returned yet; 0 = none */
    char pending[CONF_LINE_BYTES_MAX + 1]; /* the text of that line */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Removes the blanks at both ends of a line. False if the line cannot be used; the mistake has been
 * reported. */
static bool check_line(struct input *input, const char **start, size_t *length)
{
    const char *line = *start;
    size_t size = *length;

    if (size > 0 && line[size - 1] == '\r') {
        size--;
        if (!input->told_carriage_return) {
            source_tell(input->source, input->line,
                        "found a line that ends in CR LF, expected LF alone: convert the file with "
                        "dos2unix or sed -i 's/\\r$//'");
            input->told_carriage_return = true;
        }
    }
    if (size > CONF_LINE_BYTES_MAX) {
        source_tell(input->source, input->line, "found a line of %zu bytes, expected at most %d",
                    size, CONF_LINE_BYTES_MAX);
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)line[i];

        if ((c < ' ' && c != '\t') || c == 0x7f) {
            source_tell(input->source, input->line,
                        "found the control character 0x%02x in column %zu, expected text%s", c,
                        i + 1, c == 0 ? " (UTF-8, not UTF-16)" : "");
            return false;
        }
    }
    while (size > 0 && is_blank(line[size - 1])) {
        size--;
    }
    while (size > 0 && is_blank(*line)) {
        line++;
        size--;
    }
    *start = line;
    *length = size;
    return true;
}

/* Handles the line "[name]", which a comment may follow. */
static void open_section(struct input *input, const char *line, size_t length)
{
    const char *end = memchr(line, ']', length);
    char name[CONF_LINE_BYTES_MAX + 1];
    char quoted[CONF_QUOTE_MAX];
    char names[NAMES_BYTES];
    size_t rest;

    input->skipping = true;
    memcpy(name, line, length);
    name[length] = 0;
    if (end == NULL) {
        conf_quote(name, quoted);
        source_tell(input->source, input->line,
                    "found %s, expected ] after the name of the section", quoted);
        return;
    }
    rest = (size_t)(end - line) + 1;
    while (rest < length && is_blank(line[rest])) {
        rest++;
    }
    if (rest < length && line[rest] != ';' && line[rest] != '#') {
        conf_quote(name + rest, quoted);
        source_tell(input->source, input->line,
                    "found %s after a section, expected it on a line of its own", quoted);
        return;
    }
    name[end - line] = 0;
    input->section = conf_section_find(name + 1);
    if (input->section == NULL) {
        conf_quote(name + 1, quoted);
        list_names(NULL, names, sizeof(names));
        source_tell(input->source, input->line, "found the unknown section %s, expected one of %s",
                    quoted, names);
        return;
    }
    input->skipping = false;
}

/* Reports the last line that inih got, if inih did not return a key and a value for it. */
static void tell_pending(struct input *input)
{
    char quoted[CONF_QUOTE_MAX];

    if (input->pending_line != 0) {
        conf_quote(input->pending, quoted);
        source_tell(input->source, input->pending_line,
                    "found %s, expected KEY = VALUE, [SECTION] or a comment", quoted);
        input->pending_line = 0;
    }
}

/* inih calls this in place of fgets(): returns the next line that looks like "key = value". */
static char *next_line(char *buffer, int size, void *argument)
{
    struct input *input = argument;

    ASSERT(size > CONF_LINE_BYTES_MAX);
    tell_pending(input);
    while (input->offset < input->size) {
        const char *line = input->text + input->offset;
        const char *end = memchr(line, '\n', input->size - input->offset);
        size_t length = end != NULL ? (size_t)(end - line) : input->size - input->offset;

        input->offset += length + (end != NULL ? 1 : 0);
        input->line++;
        if (!check_line(input, &line, &length) || length == 0 || *line == ';' || *line == '#') {
            continue;
        }
        if (*line == '[') {
            open_section(input, line, length);
            continue;
        }
        memcpy(input->pending, line, length);
        input->pending[length] = 0;
        input->pending_line = input->line;
        if (input->pending[strcspn(input->pending, "=:")] != '=') {
            tell_pending(input); /* inih would accept a colon as an equals sign */
            continue;
        }
        memcpy(buffer, input->pending, length + 1);
        return buffer;
    }
    return NULL;
}

/* inih calls this with each key and value. Its section is always empty: inih never gets the line
 * of a section, so input->section is the right one. */
static int take_pair(void *argument, const char *section, const char *key, const char *value)
{
    struct input *input = argument;
    char quoted[CONF_QUOTE_MAX];

    (void)section;
    ASSERT(input->pending_line == input->line);
    if (value == NULL) {
        return 1; /* a key without "=": only if inih was compiled to allow that */
    }
    input->pending_line = 0;
    if (input->skipping) {
        return 1;
    }
    if (input->section == NULL) {
        conf_quote(key, quoted);
        source_tell(input->source, input->line,
                    "found the key %s before the first section, expected a [SECTION] before it",
                    quoted);
        return 1;
    }
    set_option(input->conf, input->source, input->section->name, key, value, input->line);
    return 1;
}

/* inih cuts lines after 200 bytes, unless this variable says otherwise. It is one variable for the
 * whole process. */
static void raise_line_limit(void)
{
    if (ini_max_line < CONF_LINE_BYTES_MAX + 3) {
        ini_max_line = CONF_LINE_BYTES_MAX + 3;
    }
}

void load_text(struct conf *conf, struct conf_source *source, const char *text, size_t size)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct input input = {.conf = conf, .source = source, .text = text, .size = size};

    if (size >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        source_tell(source, 1,
                    "found a byte order mark at the start of the file, expected none: remove it "
                    "with sed -i '1s/^\\xef\\xbb\\xbf//'");
        input.offset = 3;
    }
    pthread_once(&once, raise_line_limit);
    ini_parse_stream(next_line, &input, take_pair, &input);
}

/* ---- the file ---- */

static int cannot_read(struct conf_source *source, const char *problem)
{
    source_tell(source, 0, "cannot be read: %s", problem);
    return RAFTD_ERROR_SYSTEM;
}

/* Reads at most one byte more than is allowed: enough to notice that a file is too large, also one
 * that grows while it is read. */
static int read_all(int fd, struct conf_source *source, struct buffer *bytes)
{
    while (bytes->size_bytes <= CONF_FILE_BYTES_MAX) {
        size_t chunk = CONF_FILE_BYTES_MAX + 1 - bytes->size_bytes;
        uint8_t *end;
        ssize_t count;

        chunk = chunk < 65536 ? chunk : 65536;
        end = buffer_extend(bytes, chunk);
        count = read(fd, end, chunk);
        bytes->size_bytes -= chunk - (count > 0 ? (size_t)count : 0);
        if (count == 0) {
            return 0;
        }
        if (count < 0 && errno != EINTR) {
            return cannot_read(source, strerror(errno));
        }
    }
    source_tell(source, 0,
                "found more than %d bytes, expected at most that many: is this the right file?",
                CONF_FILE_BYTES_MAX);
    return RAFTD_ERROR_INVALID;
}

static int read_file(struct conf_source *source, struct buffer *bytes)
{
    struct stat status;
    /* O_NONBLOCK: otherwise open() of a pipe without a writer would wait for ever. */
    int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int code;

    if (fd < 0) {
        return cannot_read(source, strerror(errno));
    }
    if (fstat(fd, &status) != 0) {
        code = cannot_read(source, strerror(errno));
    } else if (S_ISDIR(status.st_mode)) {
        code = cannot_read(source, "it is a directory, expected a file");
    } else if (!S_ISREG(status.st_mode)) {
        code = cannot_read(source, "it is not a regular file");
    } else {
        code = read_all(fd, source, bytes);
    }
    close(fd);
    return code;
}

/* ---- the command line ---- */

/* Sets an option from "section.key=value". False if the text does not have this form or there is
 * no such section; any other mistake has been reported. */
static bool set_from_text(struct conf *conf, struct conf_source *source, const char *setting)
{
    const char *dot = strchr(setting, '.');
    const char *equals = strchr(setting, '=');
    char section[32];
    char key[64];

    if (dot == NULL || equals == NULL || dot > equals ||
        (size_t)(dot - setting) >= sizeof(section) || (size_t)(equals - dot - 1) >= sizeof(key)) {
        return false;
    }
    snprintf(section, sizeof(section), "%.*s", (int)(dot - setting), setting);
    snprintf(key, sizeof(key), "%.*s", (int)(equals - dot - 1), dot + 1);
    if (conf_section_find(section) == NULL) {
        return false;
    }
    set_option(conf, source, section, key, equals + 1, CONF_LINE_SETTING);
    return true;
}

static void apply_setting(struct conf *conf, struct conf_source *source, const char *setting)
{
    char quoted[CONF_QUOTE_MAX];

    if (!set_from_text(conf, source, setting)) {
        conf_quote(setting, quoted);
        source_tell(source, CONF_LINE_SETTING,
                    "found %s, expected SECTION.KEY=VALUE with an option of raftd.conf(5)", quoted);
    }
}

int conf_load_with(struct conf *conf, const char *path, const char *const *settings,
                   size_t setting_count, conf_report *report, void *argument)
{
    struct conf_source source;
    struct buffer bytes = {0};
    int code = 0;

    source_init(&source, path, report, argument);
    if (path != NULL) {
        code = read_file(&source, &bytes);
    }
    if (code == 0) {
        load_text(conf, &source, (const char *)bytes.data, bytes.size_bytes);
        for (size_t i = 0; i < setting_count; i++) {
            apply_setting(conf, &source, settings[i]);
        }
        validate(conf, &source);
        code = source.mistakes > 0 ? RAFTD_ERROR_INVALID : 0;
    }
    buffer_free(&bytes);
    return code;
}

int conf_load(struct conf *conf, const char *path, conf_report *report, void *argument)
{
    return conf_load_with(conf, path, NULL, 0, report, argument);
}
