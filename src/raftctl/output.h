/*
 * How raftctl prints: tables for people, JSON for programs, and bytes of any kind with escapes, so
 * that they cannot control the terminal. Main thread.
 */
#ifndef RAFTD_RAFTCTL_OUTPUT_H
#define RAFTD_RAFTCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 16, TABLE_TITLE_BYTES = 32 };

/* A table. It is printed at the end, because a column is as wide as its widest cell. */
struct table;

/* titles: `columns` strings, copied; a title that starts with '>' aligns its column right. */
struct table *table_create(const char *const *titles, size_t columns);
void table_destroy(struct table *table);
/* Appends the next cell, row by row. The text is copied. Bytes that are not printable ASCII are
 * printed as \xNN. */
void table_text(struct table *table, const char *text);
void table_number(struct table *table, uint64_t number);
void table_print(const struct table *table, FILE *file);

/* A JSON document on one line. The functions write the commas; the caller closes every bracket. */
struct json {
    FILE *file;
    bool needs_comma;
};

void json_begin(struct json *json, FILE *file);
/* key is NULL inside an array and at the top. */
void json_open(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                 /* '}' or ']' */
/* If the bytes are not UTF-8, they are written as base64, and the key gets the end "_base64". */
void json_bytes(struct json *json, const char *key, const void *data, size_t size);
void json_text(struct json *json, const char *key, const char *text);
void json_integer(struct json *json, const char *key, int64_t value);
void json_boolean(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates). */
bool utf8_is_valid(const void *data, size_t size);

/* Prints text; bytes that are not printable ASCII as \xNN. */
void print_plain(FILE *file, const char *text);
/* "raftctl: ..." and a newline on standard error. */
void ctl_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints bytes in quotes, with escapes for all that is not printable ASCII, as redis-cli does. */
void print_quoted(FILE *file, const void *data, size_t size);

#endif
