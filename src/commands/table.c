/*
 * The table of all commands: finds a command by its name, and answers questions that need only its
 * row. Immutable after command_table_prepare(); any thread.
 */
#include "commands/command.h"

#include <pthread.h>
#include <string.h>

#include "base/assert.h"
#include "commands/call.h"
#include "commands/rows.h"
#include "commands/syntax.h"

enum { COMMANDS_MAX = 192, INDEX_PLACES = 512, NAME_BYTES_MAX = 32 };

static const struct command *const groups[] = {
    commands_of_clients, commands_of_cluster,      commands_of_connection, commands_of_docs,
    commands_of_expiry,  commands_of_info,         commands_of_keys,       commands_of_pubsub,
    commands_of_raft,    commands_of_scripts,      commands_of_sentinel,   commands_of_server,
    commands_of_strings, commands_of_transactions,
};

/* Ascending by name. */
static const struct command *commands[COMMANDS_MAX];
static size_t known_commands;
/* Open addressing by a hash of the lower-case name; 0 = free, else position in the list + 1. */
static uint8_t name_index[INDEX_PLACES];
static pthread_once_t index_once = PTHREAD_ONCE_INIT;

static inline uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

static uint32_t hash_name(const uint8_t *name, size_t size)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ lower(name[i])) * 16777619u;
    }
    return hash ^ hash >> 16;
}

static bool name_equals(const char *name, const uint8_t *text, size_t size)
{
    size_t i = 0;

    while (i < size && name[i] != '\0' && (uint8_t)name[i] == lower(text[i])) {
        i++;
    }
    return i == size && name[i] == '\0';
}

static void gather_commands(void)
{
    for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
        for (const struct command *command = groups[g]; command->name != NULL; command++) {
            size_t place = known_commands++;

            ASSERT(known_commands <= COMMANDS_MAX);
            for (; place > 0 && strcmp(commands[place - 1]->name, command->name) > 0; place--) {
                commands[place] = commands[place - 1];
            }
            commands[place] = command;
        }
    }
}

static void build_index(void)
{
    gather_commands();
    for (size_t i = 0; i < known_commands; i++) {
        const char *name = commands[i]->name;
        uint32_t place = hash_name((const uint8_t *)name, strlen(name)) % INDEX_PLACES;

        ASSERT(strlen(name) <= NAME_BYTES_MAX);
        ASSERT(i == 0 || strcmp(commands[i - 1]->name, name) < 0);
        while (name_index[place] != 0) {
            place = (place + 1) % INDEX_PLACES;
        }
        name_index[place] = (uint8_t)(i + 1);
    }
}

void command_table_prepare(void)
{
    pthread_once(&index_once, build_index);
}

size_t command_count(void)
{
    return known_commands;
}

const struct command *command_at(size_t place)
{
    ASSERT(place < known_commands);
    return commands[place];
}

const struct command *command_find(const void *name, size_t size)
{
    uint32_t place;

    if (size == 0 || size > NAME_BYTES_MAX) {
        return NULL;
    }
    place = hash_name(name, size) % INDEX_PLACES;
    while (name_index[place] != 0) {
        const struct command *command = commands[name_index[place] - 1];

        if (name_equals(command->name, name, size)) {
            return command;
        }
        place = (place + 1) % INDEX_PLACES;
    }
    return NULL;
}

const struct command *command_find_sub(const struct command *container, const void *name,
                                       size_t size)
{
    for (const struct command *sub = container->subcommands; sub != NULL && sub->name != NULL;
         sub++) {
        if (name_equals(sub->name, name, size)) {
            return sub;
        }
    }
    return NULL;
}

const struct command *command_find_full(const void *name, size_t size)
{
    const uint8_t *bar = size > 0 ? memchr(name, '|', size) : NULL;
    const struct command *container;
    size_t front;

    if (bar == NULL) {
        return command_find(name, size);
    }
    front = (size_t)(bar - (const uint8_t *)name);
    container = command_find(name, front);
    return container != NULL ? command_find_sub(container, bar + 1, size - front - 1) : NULL;
}

bool command_takes(const struct command *command, size_t count)
{
    return command->arity >= 0 ? count == (size_t)command->arity : count >= (size_t)-command->arity;
}

/* ---- Synopsis ----------------------------------------------------------------------------- */

static void append_text(struct buffer *text, const char *more)
{
    buffer_append(text, more, strlen(more));
}

static void append_capitals(struct buffer *text, const char *name)
{
    for (; *name != '\0'; name++) {
        bool small = *name >= 'a' && *name <= 'z';

        buffer_append_u8(text, (uint8_t)(small ? *name - 'a' + 'A' : *name));
    }
}

void command_write_synopsis(const struct command *command, struct buffer *text)
{
    if (command->container != NULL) {
        append_capitals(text, command->container);
        append_text(text, " ");
    }
    append_capitals(text, command->name);
    if (command->syntax != NULL) {
        append_text(text, " ");
        syntax_write_synopsis(syntax_of(command->syntax), text);
    }
}
