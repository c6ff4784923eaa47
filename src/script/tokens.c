/*
 * The words of a script: names, numbers, strings and signs; comments and blanks are left out.
 */
#include "script/reading.h"

#include <string.h>

static bool is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static uint8_t peek(const struct reading *reading, size_t ahead)
{
    const struct script_input *input = reading->input;

    return reading->offset + ahead < input->size_bytes ? input->text[reading->offset + ahead] : 0;
}

static void skip_comment(struct reading *reading)
{
    bool block = peek(reading, 2) == '[' && peek(reading, 3) == '[';

    while (reading->offset < reading->input->size_bytes) {
        if (block ? peek(reading, 0) == ']' && peek(reading, 1) == ']' : peek(reading, 0) == '\n') {
            reading->offset += block ? 2 : 0;
            return;
        }
        reading->offset++;
    }
}

static void skip_blanks(struct reading *reading)
{
    while (reading->offset < reading->input->size_bytes) {
        uint8_t byte = peek(reading, 0);

        if (byte == '-' && peek(reading, 1) == '-') {
            skip_comment(reading);
        } else if (byte == ' ' || (byte >= '\t' && byte <= '\r')) {
            reading->offset++;
        } else {
            return;
        }
    }
}

static void read_string(struct reading *reading, struct token *token)
{
    uint8_t quote = peek(reading, 0);
    size_t size = 1;

    while (peek(reading, size) != quote) {
        if (peek(reading, size) == 0 || peek(reading, size) == '\\' ||
            peek(reading, size) == '\n') {
            token->kind = TOKEN_WRONG;
            return;
        }
        size++;
    }
    token->kind = TOKEN_STRING;
    token->data++;
    token->size_bytes = size - 1;
    reading->offset += size + 1;
}

static size_t symbol_size(const struct reading *reading)
{
    static const char *const pairs[] = {"==", "~=", "<=", ">=", ".."};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (peek(reading, 0) == (uint8_t)pairs[i][0] && peek(reading, 1) == (uint8_t)pairs[i][1]) {
            return 2;
        }
    }
    return 1;
}

void script_advance(struct reading *reading)
{
    struct token *token = &reading->token;
    size_t size = 0;
    uint8_t byte;

    skip_blanks(reading);
    byte = peek(reading, 0);
    *token = (struct token){.data = reading->input->text + reading->offset};
    if (reading->offset >= reading->input->size_bytes) {
        token->kind = TOKEN_END;
        return;
    }
    if (byte == '"' || byte == '\'') {
        read_string(reading, token);
        return;
    }
    if (is_letter(byte) || is_digit(byte)) {
        token->kind = is_digit(byte) ? TOKEN_NUMBER : TOKEN_NAME;
        while (is_digit(peek(reading, size)) ||
               (!is_digit(byte) && is_letter(peek(reading, size)))) {
            size++;
        }
    } else {
        token->kind = TOKEN_SYMBOL;
        size = symbol_size(reading);
    }
    token->size_bytes = size;
    reading->offset += size;
}

bool script_text_is(const uint8_t *data, size_t size, const char *text)
{
    return size == strlen(text) && memcmp(data, text, size) == 0;
}

bool script_at(const struct reading *reading, const char *text)
{
    return (reading->token.kind == TOKEN_NAME || reading->token.kind == TOKEN_SYMBOL) &&
           script_text_is(reading->token.data, reading->token.size_bytes, text);
}

bool script_take(struct reading *reading, const char *text)
{
    if (!script_at(reading, text)) {
        return false;
    }
    script_advance(reading);
    return true;
}

void script_expect(struct reading *reading, const char *text)
{
    if (!script_take(reading, text)) {
        reading->failed = true;
    }
}

struct token script_take_name(struct reading *reading)
{
    struct token token = reading->token;

    if (token.kind != TOKEN_NAME) {
        reading->failed = true;
    }
    script_advance(reading);
    return token;
}
