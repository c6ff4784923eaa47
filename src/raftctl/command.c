/* Finds the command that the words of a command line name. Pure. */
#include "raftctl/command.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 32, DISTANCE_MAX = 2 };

/* Whether the name is made of the first words; how many of them. */
static size_t words_of_name(const char *name, char *const *words)
{
    const char *blank = strchr(name, ' ');
    size_t length;

    if (blank == NULL) {
        return strcmp(name, words[0]) == 0 ? 1 : 0;
    }
    length = (size_t)(blank - name);
    if (strlen(words[0]) != length || memcmp(name, words[0], length) != 0 || words[1] == NULL) {
        return 0;
    }
    return strcmp(blank + 1, words[1]) == 0 ? 2 : 0;
}

const struct ctl_command *ctl_command_find(const struct ctl_commands *commands, char *const *words,
                                           size_t *used)
{
    const struct ctl_command *found = NULL;

    *used = 0;
    for (size_t i = 0; i < commands->count && words[0] != NULL; i++) {
        const struct ctl_command *command = &commands->rows[i];
        size_t count = words_of_name(command->name, words);

        if (count == 0 && command->older != NULL) {
            count = words_of_name(command->older, words);
        }
        if (count > *used) {
            *used = count;
            found = command;
        }
    }
    return found;
}

const char *ctl_command_second_word(const struct ctl_command *command, const char *first)
{
    size_t length = strlen(first);

    return strncmp(command->name, first, length) == 0 && command->name[length] == ' '
               ? command->name + length + 1
               : NULL;
}

bool ctl_command_is_group(const struct ctl_commands *commands, const char *word)
{
    for (size_t i = 0; i < commands->count; i++) {
        if (ctl_command_second_word(&commands->rows[i], word) != NULL) {
            return true;
        }
    }
    return false;
}

/* ---- What may have been meant ------------------------------------------------------------- */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters have to be inserted, removed, replaced, or swapped with their neighbour to make
 * one text of the other. */
static size_t distance(const char *from, const char *to)
{
    size_t rows[3][NAME_BYTES + 1];
    size_t from_length = strlen(from);
    size_t to_length = strlen(to);

    if (from_length > NAME_BYTES || to_length > NAME_BYTES) {
        return NAME_BYTES;
    }
    for (size_t j = 0; j <= to_length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= from_length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= to_length; j++) {
            size_t replaced = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);

            row[j] = smaller(smaller(above[j], row[j - 1]) + 1, replaced);
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
                row[j] = smaller(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[from_length % 3][to_length];
}

static bool is_second_word(const char *name, const char *word)
{
    const char *blank = strchr(name, ' ');

    return blank != NULL && strcmp(blank + 1, word) == 0;
}

/* The distance between the words and a name. A name of two words is compared with two words. */
static size_t distance_of_words(const char *name, char *const *words)
{
    char text[2 * NAME_BYTES];

    if (strchr(name, ' ') == NULL || words[1] == NULL) {
        return distance(words[0], name);
    }
    snprintf(text, sizeof(text), "%s %s", words[0], words[1]);
    return distance(text, name);
}

const struct ctl_command *ctl_command_suggest(const struct ctl_commands *commands,
                                              char *const *words)
{
    const struct ctl_command *best = NULL;
    size_t best_distance = DISTANCE_MAX + 1;
    bool is_group = words[1] != NULL && ctl_command_is_group(commands, words[0]);
    size_t length = strlen(words[0]);

    for (size_t i = 0; i < commands->count; i++) {
        const struct ctl_command *command = &commands->rows[i];
        size_t found = distance_of_words(command->name, words);

        if (is_group && ctl_command_second_word(command, words[0]) == NULL) {
            continue; /* the first word is right */
        }
        if (!is_group && length >= 2 && found > 1 &&
            strncmp(command->name, words[0], length) == 0) {
            found = 1; /* the name was cut short */
        }
        if (is_second_word(command->name, words[0])) {
            found = 1;
        }
        if (found < best_distance && found < strlen(command->name)) {
            best_distance = found;
            best = command;
        }
    }
    return best;
}
