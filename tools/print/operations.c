/*
 * Prints the table of operations as a list of doc/state-machine.md. tools/check-operations
 * compares it.
 */
#include <stdio.h>

#include "kv/operations.h"

#define FLAG(operation, name, value) {#name, value},
#define ROW(number, name, count_min, count_max, flags, arguments, answer, since)                   \
    {number, #name, arguments, answer, since, {flags(FLAG){NULL, 0}}},

int main(void)
{
    static const struct {
        int number;
        const char *name;
        const char *arguments;
        const char *answer;
        const char *since;
        struct {
            const char *name; /* NULL behind the last */
            int value;
        } flags[9];
    } rows[] = {KV_COMMANDS(ROW) KV_QUERIES(ROW)};

    puts("| number | operation | arguments | flags | answer | since |\n"
         "| --- | --- | --- | --- | --- | --- |");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("| %d | %s | %s%s|", rows[i].number, rows[i].name, rows[i].arguments,
               rows[i].arguments[0] != '\0' ? " " : "");
        for (int k = 0; rows[i].flags[k].name != NULL; k++) {
            printf(" %s=%d", rows[i].flags[k].name, rows[i].flags[k].value);
        }
        printf(" | %s | %s |\n", rows[i].answer, rows[i].since);
    }
    return 0;
}
