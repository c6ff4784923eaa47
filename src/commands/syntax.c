/*
 * Reads the syntax lines of the rows. A recursive descent without memory of its own: an argument
 * that has parts only points at their text, and the reader of those parts begins a line of its own.
 */
#include "commands/syntax.h"

#include <string.h>

#include "base/assert.h"

static char peek(const struct syntax *rest)
{
    return rest->size > 0 ? rest->text[0] : '\0';
}

static void skip(struct syntax *rest, size_t count)
{
    ASSERT(count <= rest->size);
    rest->text += count;
    rest->size -= count;
}

/* Spaces, and the bars between the arguments of a ONEOF. */
static void skip_separators(struct syntax *rest)
{
    while (peek(rest) == ' ' || peek(rest) == '|') {
        skip(rest, 1);
    }
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_in_word(char c)
{
    return is_capital(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

static struct syntax take_word(struct syntax *rest)
{
    struct syntax word = {.text = rest->text};

    while (is_in_word(peek(rest))) {
        word.size++;
        skip(rest, 1);
    }
    ASSERT(word.size > 0);
    return word;
}

/* The text between the bracket at the start of the line and its closing bracket. */
static struct syntax take_inside(struct syntax *rest)
{
    char open = peek(rest);
    char close = open == '[' ? ']' : ')';
    struct syntax inside;
    size_t depth = 1;

    skip(rest, 1);
    inside.text = rest->text;
    while (depth > 0) {
        ASSERT(rest->size > 0);
        depth += peek(rest) == open ? 1 : 0;
        depth -= peek(rest) == close ? 1 : 0;
        skip(rest, 1);
    }
    inside.size = (size_t)(rest->text - inside.text) - 1;
    return inside;
}

/* Whether a bar stands between the arguments, not inside one of them. */
static bool is_choice(struct syntax line)
{
    size_t depth = 0;

    for (size_t i = 0; i < line.size; i++) {
        depth += line.text[i] == '(' || line.text[i] == '[' ? 1 : 0;
        depth -= line.text[i] == ')' || line.text[i] == ']' ? 1 : 0;
        if (depth == 0 && line.text[i] == '|') {
            return true;
        }
    }
    return false;
}

static enum syntax_type take_sign(struct syntax *rest)
{
    enum syntax_type type = peek(rest) == '@'   ? SYNTAX_KEY
                            : peek(rest) == '#' ? SYNTAX_INTEGER
                            : peek(rest) == '~' ? SYNTAX_PATTERN
                                                : SYNTAX_STRING;

    skip(rest, type != SYNTAX_STRING ? 1 : 0);
    return type;
}

/*
 * Takes the word in front of an argument. If no argument follows, the word itself is the argument.
 */
static bool take_token(struct syntax *rest, struct syntax_argument *argument)
{
    char next;

    argument->token = take_word(rest);
    next = rest->size > 1 ? rest->text[1] : '\0';
    if (peek(rest) != ' ' || next == '|' || next == '[' || is_capital(next)) {
        argument->type = SYNTAX_TOKEN;
        return false;
    }
    skip(rest, 1);
    return true;
}

static void take_argument(struct syntax *rest, struct syntax_argument *argument)
{
    static const char dots[] = "...";

    if (!is_capital(peek(rest)) || take_token(rest, argument)) {
        argument->type = take_sign(rest);
        argument->name = take_word(rest);
        if (peek(rest) == '(') {
            argument->parts = take_inside(rest);
            argument->type = is_choice(argument->parts) ? SYNTAX_ONEOF : SYNTAX_BLOCK;
        }
    }
    if (rest->size >= strlen(dots) && memcmp(rest->text, dots, strlen(dots)) == 0) {
        argument->multiple = true;
        skip(rest, strlen(dots));
    }
}

struct syntax syntax_of(const char *line)
{
    return (struct syntax){.text = line, .size = line != NULL ? strlen(line) : 0};
}

bool syntax_next(struct syntax *rest, struct syntax_argument *argument)
{
    *argument = (struct syntax_argument){0};
    skip_separators(rest);
    if (rest->size == 0) {
        return false;
    }
    if (peek(rest) == '[') {
        struct syntax inside = take_inside(rest);

        argument->optional = true;
        take_argument(&inside, argument);
        ASSERT(inside.size == 0); /* one argument, not several */
    } else {
        take_argument(rest, argument);
    }
    ASSERT(rest->size == 0 || peek(rest) == ' ');
    return true;
}

size_t syntax_count(struct syntax line)
{
    struct syntax_argument argument;
    size_t count = 0;

    while (syntax_next(&line, &argument)) {
        count++;
    }
    return count;
}

/* ---- Synopsis ----------------------------------------------------------------------------- */

static void append_text(struct buffer *text, const char *more)
{
    buffer_append(text, more, strlen(more));
}

static void write_list(struct buffer *text, struct syntax line, const char *between);

static void write_inside(struct buffer *text, const struct syntax_argument *argument)
{
    if (argument->type == SYNTAX_ONEOF || argument->type == SYNTAX_BLOCK) {
        write_list(text, argument->parts, argument->type == SYNTAX_ONEOF ? " | " : " ");
    } else {
        buffer_append(text, argument->name.text, argument->name.size);
    }
}

static void write_argument(struct buffer *text, const struct syntax_argument *argument)
{
    bool group = argument->type == SYNTAX_ONEOF && !argument->optional;

    append_text(text, argument->optional ? "[" : group ? "(" : "");
    buffer_append(text, argument->token.text, argument->token.size);
    append_text(text, argument->token.size > 0 && argument->type != SYNTAX_TOKEN ? " " : "");
    write_inside(text, argument);
    if (argument->multiple) {
        append_text(text, " [");
        write_inside(text, argument);
        append_text(text, " ...]");
    }
    append_text(text, argument->optional ? "]" : group ? ")" : "");
}

static void write_list(struct buffer *text, struct syntax line, const char *between)
{
    struct syntax_argument argument;
    bool first = true;

    while (syntax_next(&line, &argument)) {
        append_text(text, first ? "" : between);
        write_argument(text, &argument);
        first = false;
    }
}

void syntax_write_synopsis(struct syntax line, struct buffer *text)
{
    write_list(text, line, " ");
}
