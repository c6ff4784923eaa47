/*
 * Tables, JSON and escaped bytes. Main thread.
 */
#include "raftctl/output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/memory.h"

struct table {
    char titles[TABLE_COLUMNS_MAX][TABLE_TITLE_BYTES]; /* without '>' */
    bool right[TABLE_COLUMNS_MAX];
    size_t widths[TABLE_COLUMNS_MAX];
    size_t columns;
    char **cells; /* owned, row by row */
    size_t cell_count;
    size_t cell_capacity;
};

struct table *table_create(const char *const *titles, size_t columns)
{
    struct table *table = memory_allocate_zeroed(1, sizeof(*table));

    ASSERT(columns > 0 && columns <= TABLE_COLUMNS_MAX);
    table->columns = columns;
    for (size_t i = 0; i < columns; i++) {
        table->right[i] = titles[i][0] == '>';
        snprintf(table->titles[i], sizeof(table->titles[i]), "%s",
                 titles[i] + (table->right[i] ? 1 : 0));
        table->widths[i] = strlen(table->titles[i]);
    }
    return table;
}

void table_destroy(struct table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        memory_free(table->cells[i]);
    }
    memory_free(table->cells);
    memory_free(table);
}

/* A copy in printable ASCII, so that each byte is one column wide. The caller frees it. */
static char *escape_plain(const char *text)
{
    size_t size = strlen(text);
    char *escaped = memory_allocate(4 * size + 1);
    char *end = escaped;

    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte >= 0x20 && byte < 0x7f) {
            *end++ = (char)byte;
        } else {
            snprintf(end, 5, "\\x%02x", byte);
            end += 4;
        }
    }
    *end = '\0';
    return escaped;
}

void table_text(struct table *table, const char *text)
{
    size_t column = table->cell_count % table->columns;
    char *cell = escape_plain(text);
    size_t width = strlen(cell);

    table->cells = memory_grow(table->cells, &table->cell_capacity, table->cell_count + 1,
                               sizeof(table->cells[0]));
    table->cells[table->cell_count++] = cell;
    if (width > table->widths[column]) {
        table->widths[column] = width;
    }
}

void table_number(struct table *table, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    table_text(table, text);
}

static void print_rule(const struct table *table, FILE *file)
{
    for (size_t i = 0; i < table->columns; i++) {
        fputc('+', file);
        for (size_t n = 0; n < table->widths[i] + 2; n++) {
            fputc('-', file);
        }
    }
    fputs("+\n", file);
}

static void print_cell(const struct table *table, FILE *file, size_t column, const char *text)
{
    int width = (int)table->widths[column];

    fprintf(file, table->right[column] ? "| %*s " : "| %-*s ", width, text);
}

void table_print(const struct table *table, FILE *file)
{
    ASSERT(table->cell_count % table->columns == 0);
    print_rule(table, file);
    for (size_t i = 0; i < table->columns; i++) {
        print_cell(table, file, i, table->titles[i]);
    }
    fputs("|\n", file);
    print_rule(table, file);
    for (size_t i = 0; i < table->cell_count; i++) {
        print_cell(table, file, i % table->columns, table->cells[i]);
        if ((i + 1) % table->columns == 0) {
            fputs("|\n", file);
        }
    }
    print_rule(table, file);
}

/* ---- UTF-8 -------------------------------------------------------------------------------- */

/* Length of the well-formed sequence at the start of data (RFC 3629, section 4), 0 = none. */
static size_t utf8_sequence(const uint8_t *data, size_t size)
{
    uint8_t first = data[0];
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    size_t length;

    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        low = first == 0xe0 ? 0xa0 : 0x80;
        high = first == 0xed ? 0x9f : 0xbf;
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        low = first == 0xf0 ? 0x90 : 0x80;
        high = first == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (size < length || data[1] < low || data[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool utf8_is_valid(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    size_t offset = 0;

    while (offset < size) {
        size_t length = utf8_sequence(bytes + offset, size - offset);
        if (length == 0) {
            return false;
        }
        offset += length;
    }
    return true;
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void json_string(FILE *file, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    fputc('"', file);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];
        if (byte == '"' || byte == '\\') {
            fprintf(file, "\\%c", byte);
        } else if (byte < 0x20 || byte == 0x7f) {
            fprintf(file, "\\u%04x", byte);
        } else {
            fputc(byte, file);
        }
    }
    fputc('"', file);
}

static void json_base64(FILE *file, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    fputc('"', file);
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        fputc(digits[group >> 18], file);
        fputc(digits[group >> 12 & 63], file);
        fputc(left > 1 ? digits[group >> 6 & 63] : '=', file);
        fputc(left > 2 ? digits[group & 63] : '=', file);
    }
    fputc('"', file);
}

static void json_start_value(struct json *json, const char *key, const char *suffix)
{
    if (json->needs_comma) {
        fputc(',', json->file);
    }
    if (key != NULL) {
        char name[128];
        snprintf(name, sizeof(name), "%s%s", key, suffix);
        json_string(json->file, name, strlen(name));
        fputc(':', json->file);
    }
    json->needs_comma = true;
}

void json_begin(struct json *json, FILE *file)
{
    json->file = file;
    json->needs_comma = false;
}

void json_open(struct json *json, const char *key, char bracket)
{
    json_start_value(json, key, "");
    fputc(bracket, json->file);
    json->needs_comma = false;
}

void json_close(struct json *json, char bracket)
{
    fputc(bracket, json->file);
    json->needs_comma = true;
}

void json_bytes(struct json *json, const char *key, const void *data, size_t size)
{
    if (utf8_is_valid(data, size)) {
        json_start_value(json, key, "");
        json_string(json->file, data, size);
    } else {
        json_start_value(json, key, "_base64");
        json_base64(json->file, data, size);
    }
}

void json_text(struct json *json, const char *key, const char *text)
{
    json_bytes(json, key, text, strlen(text));
}

void json_integer(struct json *json, const char *key, int64_t value)
{
    json_start_value(json, key, "");
    fprintf(json->file, "%" PRId64, value);
}

void json_boolean(struct json *json, const char *key, bool value)
{
    json_start_value(json, key, "");
    fputs(value ? "true" : "false", json->file);
}

void json_null(struct json *json, const char *key)
{
    json_start_value(json, key, "");
    fputs("null", json->file);
}

/* ---- Terminals ---------------------------------------------------------------------------- */

void print_plain(FILE *file, const char *text)
{
    char *escaped = escape_plain(text);

    fputs(escaped, file);
    memory_free(escaped);
}

void ctl_complain(const char *format, ...)
{
    char text[1024];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    fputs("raftctl: ", stderr);
    print_plain(stderr, text);
    fputc('\n', stderr);
}

void print_quoted(FILE *file, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    static const char named[] = "\a\b\t\n\r";
    static const char letters[] = "abtnr";

    fputc('"', file);
    for (size_t i = 0; i < size; i++) {
        const char *place = bytes[i] != 0 ? strchr(named, bytes[i]) : NULL;
        if (bytes[i] == '"' || bytes[i] == '\\') {
            fprintf(file, "\\%c", bytes[i]);
        } else if (place != NULL) {
            fprintf(file, "\\%c", letters[place - named]);
        } else if (bytes[i] < 0x20 || bytes[i] >= 0x7f) {
            fprintf(file, "\\x%02x", bytes[i]);
        } else {
            fputc(bytes[i], file);
        }
    }
    fputc('"', file);
}
