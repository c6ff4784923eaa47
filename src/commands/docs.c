/* COMMAND: information about the table of commands. The thread of the connection's worker. */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "commands/call.h"
#include "commands/rows.h"
#include "commands/syntax.h"
#include "kv/glob.h"

/* The first version that had all of these commands. */
#define SINCE "0.1.0"

enum { NAME_BYTES = 64, GLOB_BUDGET = 1000 * 1000 };

struct word {
    const char *text;
    bool applies;
};

/* Writes the words that apply as a set of simple strings, each with the prefix. */
static void write_words(struct call *call, const char *prefix, const struct word *words,
                        size_t count)
{
    size_t applying = 0;

    for (size_t i = 0; i < count; i++) {
        applying += words[i].applies ? 1 : 0;
    }
    resp_write_set(call->reply, call->protocol, applying);
    for (size_t i = 0; i < count; i++) {
        if (words[i].applies) {
            char text[NAME_BYTES];
            size_t size = strlen(prefix);

            memcpy(text, prefix, size);
            memcpy(text + size, words[i].text, strlen(words[i].text));
            resp_write_simple(call->reply, text, size + strlen(words[i].text));
        }
    }
}

enum { CATEGORIES = 14 };

static void list_categories(const struct command *command, struct word words[CATEGORIES])
{
    int flags = command->flags;
    int categories = command->categories;
    const struct word found[CATEGORIES] = {
        {"keyspace", (categories & CATEGORY_KEYSPACE) != 0},
        {"read", (flags & COMMAND_READONLY) != 0},
        {"write", (flags & COMMAND_WRITE) != 0},
        {"hash", (categories & CATEGORY_HASH) != 0},
        {"string", (categories & CATEGORY_STRING) != 0},
        {"bitmap", (categories & CATEGORY_BITMAP) != 0},
        {"pubsub", (categories & CATEGORY_PUBSUB) != 0},
        {"admin", (flags & COMMAND_ADMIN) != 0},
        {"fast", (flags & COMMAND_FAST) != 0},
        {"slow", (flags & COMMAND_FAST) == 0},
        {"dangerous", (categories & CATEGORY_DANGEROUS) != 0 || (flags & COMMAND_ADMIN) != 0},
        {"connection", (categories & CATEGORY_CONNECTION) != 0},
        {"transaction", (categories & CATEGORY_TRANSACTION) != 0},
        {"scripting", (categories & CATEGORY_SCRIPTING) != 0},
    };

    memcpy(words, found, sizeof(found));
}

static void write_flags(struct call *call, int flags)
{
    const struct word words[] = {
        {"write", (flags & COMMAND_WRITE) != 0},
        {"readonly", (flags & COMMAND_READONLY) != 0},
        {"admin", (flags & COMMAND_ADMIN) != 0},
        {"loading", (flags & COMMAND_LOADING) != 0},
        {"stale", (flags & COMMAND_STALE) != 0},
        {"fast", (flags & COMMAND_FAST) != 0},
        {"pubsub", (flags & COMMAND_PUBSUB) != 0},
        {"no_multi", (flags & COMMAND_NO_MULTI) != 0},
        {"movablekeys", (flags & COMMAND_MOVABLE_KEYS) != 0},
    };

    write_words(call, "", words, sizeof(words) / sizeof(words[0]));
}

/* One specification: the keys stand at a fixed place, some steps apart. */
static void write_key_specification(struct call *call, const struct command *command)
{
    const char *access = command->key_access;
    size_t words = 1;

    if (command->first_key == 0) {
        resp_write_array(call->reply, 0);
        return;
    }
    for (const char *at = access; *at != '\0'; at++) {
        words += *at == ' ' ? 1 : 0;
    }
    resp_write_array(call->reply, 1);
    resp_write_map(call->reply, call->protocol, 3);
    resp_write_text(call->reply, "flags");
    resp_write_set(call->reply, call->protocol, words);
    while (words-- > 0) {
        size_t size = strcspn(access, " ");

        resp_write_simple(call->reply, access, size);
        access += size + 1;
    }
    resp_write_text(call->reply, "begin_search");
    resp_write_map(call->reply, call->protocol, 2);
    resp_write_text(call->reply, "type");
    resp_write_text(call->reply, "index");
    resp_write_text(call->reply, "spec");
    resp_write_map(call->reply, call->protocol, 1);
    resp_write_text(call->reply, "index");
    resp_write_integer(call->reply, command->first_key);
    resp_write_text(call->reply, "find_keys");
    resp_write_map(call->reply, call->protocol, 2);
    resp_write_text(call->reply, "type");
    resp_write_text(call->reply, "range");
    resp_write_text(call->reply, "spec");
    resp_write_map(call->reply, call->protocol, 3);
    resp_write_text(call->reply, "lastkey");
    resp_write_integer(call->reply, command->last_key > 0 ? command->last_key - command->first_key
                                                          : command->last_key);
    resp_write_text(call->reply, "keystep");
    resp_write_integer(call->reply, command->key_step);
    resp_write_text(call->reply, "limit");
    resp_write_integer(call->reply, 0);
}

static size_t count_subcommands(const struct command *command)
{
    size_t count = 0;

    while (command->subcommands != NULL && command->subcommands[count].name != NULL) {
        count++;
    }
    return count;
}

static void write_info(struct call *call, const struct command *command)
{
    struct word categories[CATEGORIES];
    size_t subcommands = count_subcommands(command);

    resp_write_array(call->reply, 10);
    resp_write_text(call->reply, command->full_name);
    resp_write_integer(call->reply, command->arity);
    write_flags(call, command->flags);
    resp_write_integer(call->reply, command->first_key);
    resp_write_integer(call->reply, command->last_key);
    resp_write_integer(call->reply, command->key_step);
    list_categories(command, categories);
    write_words(call, "@", categories, CATEGORIES);
    resp_write_array(call->reply, 0); /* tips: none */
    write_key_specification(call, command);
    resp_write_array(call->reply, subcommands);
    for (size_t i = 0; i < subcommands; i++) {
        write_info(call, &command->subcommands[i]);
    }
}

static bool run_command(struct call *call)
{
    resp_write_array(call->reply, command_count());
    for (size_t i = 0; i < command_count(); i++) {
        write_info(call, command_at(i));
    }
    return false;
}

static bool run_command_count(struct call *call)
{
    resp_write_integer(call->reply, (int64_t)command_count());
    return false;
}

static bool run_command_info(struct call *call)
{
    if (call->count == 2) {
        return run_command(call);
    }
    resp_write_array(call->reply, call->count - 2);
    for (size_t i = 2; i < call->count; i++) {
        const struct command *command =
            command_find_full(call->arguments[i].data, call->arguments[i].size_bytes);

        if (command != NULL) {
            write_info(call, command);
        } else {
            resp_write_nil(call->reply, call->protocol);
        }
    }
    return false;
}

/* ---- COMMAND DOCS ------------------------------------------------------------------------- */

static void write_arguments(struct call *call, struct syntax line);

/* A token has no name of its own; its name is the word in lower case. */
static void write_argument_name(struct call *call, const struct syntax_argument *argument)
{
    const struct syntax *name = argument->type == SYNTAX_TOKEN ? &argument->token : &argument->name;
    char text[NAME_BYTES];

    ASSERT(name->size <= sizeof(text));
    for (size_t i = 0; i < name->size; i++) {
        char c = name->text[i];

        text[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    resp_write_bulk(call->reply, text, name->size);
}

static void write_argument(struct call *call, const struct syntax_argument *argument)
{
    static const char *const types[] = {
        [SYNTAX_KEY] = "key",          [SYNTAX_STRING] = "string", [SYNTAX_INTEGER] = "integer",
        [SYNTAX_PATTERN] = "pattern",  [SYNTAX_ONEOF] = "oneof",   [SYNTAX_BLOCK] = "block",
        [SYNTAX_TOKEN] = "pure-token",
    };
    bool is_key = argument->type == SYNTAX_KEY;
    bool has_flags = argument->optional || argument->multiple;
    const struct word flags[] = {
        {"optional", argument->optional},
        {"multiple", argument->multiple},
    };

    resp_write_map(call->reply, call->protocol,
                   2u + (is_key ? 1 : 0) + (argument->token.size > 0 ? 1 : 0) +
                       (has_flags ? 1 : 0) + (argument->parts.size > 0 ? 1 : 0));
    resp_write_text(call->reply, "name");
    write_argument_name(call, argument);
    resp_write_text(call->reply, "type");
    resp_write_text(call->reply, types[argument->type]);
    if (is_key) {
        resp_write_text(call->reply, "key_spec_index");
        resp_write_integer(call->reply, 0);
    }
    if (argument->token.size > 0) {
        resp_write_text(call->reply, "token");
        resp_write_bulk(call->reply, argument->token.text, argument->token.size);
    }
    if (has_flags) {
        resp_write_text(call->reply, "flags");
        write_words(call, "", flags, 2);
    }
    if (argument->parts.size > 0) {
        write_arguments(call, argument->parts);
    }
}

static void write_arguments(struct call *call, struct syntax line)
{
    struct syntax_argument argument;

    resp_write_text(call->reply, "arguments");
    resp_write_array(call->reply, syntax_count(line));
    while (syntax_next(&line, &argument)) {
        write_argument(call, &argument);
    }
}

/* Writes the command's name, then a map of its documentation. */
static void write_docs(struct call *call, const struct command *command)
{
    size_t subcommands = count_subcommands(command);

    resp_write_text(call->reply, command->full_name);
    resp_write_map(call->reply, call->protocol,
                   4u + (command->syntax != NULL ? 1 : 0) + (subcommands > 0 ? 1 : 0));
    resp_write_text(call->reply, "summary");
    resp_write_text(call->reply, command->summary);
    resp_write_text(call->reply, "since");
    resp_write_text(call->reply, SINCE);
    resp_write_text(call->reply, "group");
    resp_write_text(call->reply, command->group);
    resp_write_text(call->reply, "complexity");
    resp_write_text(call->reply, command->complexity);
    if (command->syntax != NULL) {
        write_arguments(call, syntax_of(command->syntax));
    }
    if (subcommands > 0) {
        resp_write_text(call->reply, "subcommands");
        resp_write_map(call->reply, call->protocol, subcommands);
        for (size_t i = 0; i < subcommands; i++) {
            write_docs(call, &command->subcommands[i]);
        }
    }
}

static bool run_command_docs(struct call *call)
{
    size_t found = 0;

    if (call->count == 2) {
        resp_write_map(call->reply, call->protocol, command_count());
        for (size_t i = 0; i < command_count(); i++) {
            write_docs(call, command_at(i));
        }
        return false;
    }
    for (size_t i = 2; i < call->count; i++) {
        found += command_find_full(call->arguments[i].data, call->arguments[i].size_bytes) != NULL;
    }
    resp_write_map(call->reply, call->protocol, found);
    for (size_t i = 2; i < call->count; i++) {
        const struct command *command =
            command_find_full(call->arguments[i].data, call->arguments[i].size_bytes);

        if (command != NULL) {
            write_docs(call, command);
        }
    }
    return false;
}

/* ---- COMMAND GETKEYS, COMMAND LIST -------------------------------------------------------- */

/* "numkeys key ..." from the third argument on: EVAL and its relatives. */
static bool write_movable_keys(struct call *call, const struct resp_argument *arguments,
                               size_t count)
{
    int64_t keys;

    if (!number_parse(arguments[2].data, arguments[2].size_bytes, &keys) || keys < 0 ||
        keys > (int64_t)count - 3) {
        keys = 0; /* Redis, too, answers that the command has no keys */
    }
    resp_write_array(call->reply, (size_t)keys);
    for (int64_t i = 0; i < keys; i++) {
        resp_write_bulk(call->reply, arguments[3 + i].data, arguments[3 + i].size_bytes);
    }
    return false;
}

static bool run_command_getkeys(struct call *call)
{
    const struct resp_argument *arguments = call->arguments + 2;
    size_t count = call->count - 2;
    const struct command *command = command_find(arguments[0].data, arguments[0].size_bytes);
    size_t last;
    size_t step;

    if (command != NULL && command->subcommands != NULL && count > 1) {
        command = command_find_sub(command, arguments[1].data, arguments[1].size_bytes);
    }
    if (command == NULL) {
        resp_write_error_format(call->reply, "ERR Invalid command specified");
        return false;
    }
    if (command->first_key == 0 && (command->flags & COMMAND_MOVABLE_KEYS) == 0) {
        resp_write_error_format(call->reply, "ERR The command has no key arguments");
        return false;
    }
    if (!command_takes(command, count)) {
        resp_write_error_format(call->reply,
                                "ERR Invalid number of arguments specified for command");
        return false;
    }
    if ((command->flags & COMMAND_MOVABLE_KEYS) != 0) {
        return write_movable_keys(call, arguments, count);
    }
    step = (size_t)command->key_step;
    last = command->last_key > 0 ? (size_t)command->last_key : count - (size_t)-command->last_key;
    resp_write_array(call->reply, (last - (size_t)command->first_key) / step + 1);
    for (size_t i = (size_t)command->first_key; i <= last; i += step) {
        resp_write_bulk(call->reply, arguments[i].data, arguments[i].size_bytes);
    }
    return false;
}

enum list_filter { LIST_ALL, LIST_NONE, LIST_CATEGORY, LIST_PATTERN };

static bool is_listed(const struct command *command, enum list_filter filter,
                      const struct resp_argument *value)
{
    struct word categories[CATEGORIES];
    uint64_t budget = GLOB_BUDGET;

    if (filter == LIST_PATTERN) {
        return glob_match(value->data, value->size_bytes, command->full_name,
                          strlen(command->full_name), &budget);
    }
    if (filter == LIST_CATEGORY) {
        list_categories(command, categories);
        for (size_t i = 0; i < CATEGORIES; i++) {
            if (categories[i].applies && argument_is(value, categories[i].text)) {
                return true;
            }
        }
    }
    return filter == LIST_ALL;
}

/* Appends the names to `list`; without a filter, subcommands are left out, as in Redis. */
static size_t list_names(struct buffer *list, enum list_filter filter,
                         const struct resp_argument *value)
{
    size_t count = 0;

    for (size_t i = 0; i < command_count(); i++) {
        const struct command *command = command_at(i);
        size_t subcommands = filter == LIST_ALL ? 0 : count_subcommands(command);

        if (is_listed(command, filter, value)) {
            resp_write_text(list, command->name);
            count++;
        }
        for (size_t k = 0; k < subcommands; k++) {
            if (is_listed(&command->subcommands[k], filter, value)) {
                resp_write_text(list, command->subcommands[k].full_name);
                count++;
            }
        }
    }
    return count;
}

static bool run_command_list(struct call *call)
{
    enum list_filter filter = LIST_ALL;
    const struct resp_argument *value = NULL;
    struct buffer list = {0};
    size_t count;

    if (call->count == 5 && argument_is(&call->arguments[2], "filterby")) {
        const struct resp_argument *kind = &call->arguments[3];

        value = &call->arguments[4];
        filter = argument_is(kind, "pattern")  ? LIST_PATTERN
                 : argument_is(kind, "aclcat") ? LIST_CATEGORY
                 : argument_is(kind, "module") ? LIST_NONE
                                               : LIST_ALL;
    }
    if (call->count != 2 && filter == LIST_ALL) {
        return call_syntax_error(call);
    }
    count = list_names(&list, filter, value);
    resp_write_array(call->reply, count);
    resp_write_raw(call->reply, list.data, list.size_bytes);
    buffer_free(&list);
    return false;
}

/* ---- HELP ---- */

static void write_simple(struct call *call, const char *before, const char *text,
                         const char *behind)
{
    struct buffer line = {0};

    buffer_append(&line, before, strlen(before));
    buffer_append(&line, text, strlen(text));
    buffer_append(&line, behind, strlen(behind));
    resp_write_simple(call->reply, line.data, line.size_bytes);
    buffer_free(&line);
}

bool docs_help(struct call *call)
{
    const char *name = call->command->container;
    const struct command *container = command_find(name, strlen(name));
    struct buffer synopsis = {0};

    resp_write_array(call->reply, 1 + 2 * count_subcommands(container));
    command_write_synopsis(container, &synopsis);
    buffer_append_u8(&synopsis, '\0');
    write_simple(call, "", (const char *)synopsis.data,
                 " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (const struct command *sub = container->subcommands; sub->name != NULL; sub++) {
        size_t skip = strlen(name) + 1;

        synopsis.size_bytes = 0;
        command_write_synopsis(sub, &synopsis);
        resp_write_simple(call->reply, synopsis.data + skip, synopsis.size_bytes - skip);
        write_simple(call, "    ", sub->summary, ".");
    }
    buffer_free(&synopsis);
    return false;
}

/* ---- Rows ---- */

#define ON_COMMANDS IN_GROUP("server", CATEGORY_CONNECTION)

static const struct command command_commands[] = {
    {SUBCOMMAND("command", "count"), .arity = 2, IS_LOCAL, ON_COMMANDS, .run = run_command_count,
     DOCS("O(1)", "Get the total number of commands")},
    {SUBCOMMAND("command", "docs"), .arity = -2, IS_LOCAL, ON_COMMANDS, .run = run_command_docs,
     .syntax = "[command-name...]",
     DOCS("O(N) where N is the number of commands to look up", "Get documentation about commands")},
    {SUBCOMMAND("command", "getkeys"), .arity = -3, IS_LOCAL, ON_COMMANDS,
     .run = run_command_getkeys, .syntax = "command arg...",
     DOCS("O(N) where N is the number of arguments to the command",
          "Extract the keys from a full command")},
    HELP_OF("command", "server"),
    {SUBCOMMAND("command", "info"), .arity = -2, IS_LOCAL, ON_COMMANDS, .run = run_command_info,
     .syntax = "[command-name...]",
     DOCS("O(N) where N is the number of commands to look up", "Get details about commands")},
    {SUBCOMMAND("command", "list"), .arity = -2, IS_LOCAL, ON_COMMANDS, .run = run_command_list,
     .syntax = "[FILTERBY filterby(MODULE module-name | ACLCAT category | PATTERN ~pattern)]",
     DOCS("O(N) where N is the number of commands", "Get the names of all commands")},
    END,
};

const struct command commands_of_docs[] = {
    {COMMAND("command"), .arity = -1, IS_LOCAL, ON_COMMANDS, .run = run_command,
     .subcommands = command_commands,
     DOCS("O(N) where N is the number of commands", "Get details about all commands")},
    END,
};
