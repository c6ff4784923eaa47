/*
 * Writes the list of commands in raftd-commands(7) from the table. Not installed;
 * tools/check-commands runs it.
 */
#include <stdio.h>
#include <string.h>

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

int main(void)
{
    command_table_prepare();
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        printf(".Ss %s\n.Bl -tag -width Ds\n", groups[i].title);
        print_group(groups[i].name);
        puts(".El");
    }
    return 0;
}
