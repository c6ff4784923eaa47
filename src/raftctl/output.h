/*
 * How raftctl prints: aligned tables for people, JSON for programs, and bytes of any kind as
 * something a terminal can be trusted with. One thread.
 */
#ifndef RAFTD_RAFTCTL_OUTPUT_H
#define RAFTD_RAFTCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 16, TABLE_TITLE_BYTES = 32 };

/* A table that is collected first, since columns are as wide as their widest cell. */
struct table;

/* titles: `columns` strings, copied; a title that starts with '>' aligns its column right. */
struct table *table_create(const char *const *titles, size_t columns);
void table_destroy(struct table *table);
/* Appends the next cell, row by row. The text is copied; bytes a terminal might act on become
 * \xNN. */
void table_text(struct table *table, const char *text);
void table_number(struct table *table, uint64_t number);
void table_print(const struct table *table, FILE *file);

/* A JSON document on one line. Commas are its own business; the caller nests correctly. */
struct json {
    FILE *file;
    bool needs_comma;
};

void json_begin(struct json *json, FILE *file);
/* key is NULL inside an array and at the top. */
void json_open(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                 /* '}' or ']' */
/* Text that is not UTF-8 is written under the key with "_base64" behind it instead. */
void json_bytes(struct json *json, const char *key, const void *data, size_t size);
void json_text(struct json *json, const char *key, const char *text);
void json_integer(struct json *json, const char *key, int64_t value);
void json_boolean(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates). */
bool utf8_is_valid(const void *data, size_t size);

/* Text of a message: bytes that a terminal might act on become \xNN. */
void print_plain(FILE *file, const char *text);
/* "raftctl: ..." and a newline on standard error. */
void ctl_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Quoted, with backslash escapes for all that is not printable ASCII, as redis-cli prints. */
void print_quoted(FILE *file, const void *data, size_t size);

#endif
