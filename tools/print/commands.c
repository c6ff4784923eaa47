/*
 * Writes what raftd-commands(7) lists: the commands from their table, or, if the argument is
 * "status", the fields of RAFT STATUS from theirs. Not installed; tools/check-commands runs it.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <raftd/status.h>

#include "commands/command.h"

enum { COLUMNS_MAX = 80 };

/* The groups of the table, in the order of the manual. */
static const struct {
    const char *name;
    const char *title;
} groups[] = {
    {"string", "Strings"},
    {"bitmap", "Bits"},
    {"generic", "Keys"},
    {"connection", "The connection"},
    {"server", "The server"},
    {"transactions", "Transactions"},
    {"scripting", "Scripts"},
    {"hash", "Reentrant locks"},
    {"pubsub", "Publishing and subscribing"},
    {"raft", "The cluster"},
    {"cluster", "As a Redis cluster"},
    {"sentinel", "As a Sentinel"},
};

/* The words that name the command are set off; brackets and bars of the rest are quoted, since
 * mdoc would take them for its own. */
static void print_synopsis(const struct command *command)
{
    struct buffer text = {0};
    size_t name;

    command_write_synopsis(command, &text);
    buffer_append_u8(&text, '\0');
    name = strlen(command->name);
    if (command->container != NULL) {
        name += strlen(command->container) + 1;
    }
    printf(".It Ic \"%.*s\"", (int)name, (const char *)text.data);
    if (text.data[name] != '\0') {
        printf(" No \"%s\"", (const char *)text.data + name + 1);
    }
    putchar('\n');
    buffer_free(&text);
}

/* A sentence in lines of the width that manual pages have. */
static void print_sentence(const char *text)
{
    size_t width = 0;

    for (size_t word; *text != '\0'; text += word + (text[word] == ' ' ? 1 : 0)) {
        word = strcspn(text, " ");
        if (width > 0 && width + 1 + word >= COLUMNS_MAX) {
            putchar('\n');
            width = 0;
        }
        printf("%s%.*s", width > 0 ? " " : "", (int)word, text);
        width += word + (width > 0 ? 1 : 0);
    }
    puts(".");
}

static void print_command(const struct command *command)
{
    print_synopsis(command);
    print_sentence(command->summary);
    if (strcmp(command->complexity, "O(1)") != 0) {
        print_sentence(command->complexity);
    }
    if ((command->flags & COMMAND_LOADING) != 0) {
        puts("Answered also while the node is not ready.");
    }
}

static void print_group(const char *group)
{
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *command = command_at(i);

        if (strcmp(command->group, group) != 0) {
            continue;
        }
        if (command->run != NULL || command->subcommands == NULL) {
            print_command(command);
        }
        for (const struct command *sub = command->subcommands; sub != NULL && sub->name != NULL;
             sub++) {
            print_command(sub);
        }
    }
}

static void print_field(const char *name, const char *unit, const char *meaning)
{
    char text[256];

    snprintf(text, sizeof(text), "%s", meaning);
    text[0] = (char)toupper((unsigned char)text[0]);
    printf(".It Va %s\n", name);
    print_sentence(text);
    if (unit[0] != '\0') {
        printf("Unit: %s.\n", unit);
    }
}

#define PRINT(kind, name, unit, source, meaning) print_field(#name, unit, meaning);

static void print_status(void)
{
    puts(".Bl -tag -width Ds");
    RAFTD_STATUS_FIELDS(PRINT)
    print_field("members", "", "array with a map for each member of the cluster");
    puts(".El\n.Pp\nThe fields of a member:\n.Bl -tag -width Ds");
    RAFTD_MEMBER_STATUS_FIELDS(PRINT)
    puts(".El");
}

static void print_commands(void)
{
    command_table_prepare();
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        printf(".Ss %s\n.Bl -tag -width Ds\n", groups[i].title);
        print_group(groups[i].name);
        puts(".El");
    }
}

int main(int count, char **arguments)
{
    if (count > 1 && strcmp(arguments[1], "status") == 0) {
        print_status();
    } else {
        print_commands();
    }
    return 0;
}
