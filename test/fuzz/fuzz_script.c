/*
 * Lock scripts from hostile bytes: a script, its key and its arguments, set apart by NUL bytes.
 * Whatever they are, following the script ends, comes to the same twice, and happens only to
 * scripts that SCRIPT LOAD takes.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "script/lua.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTS = 5 };

/* Each part in memory of its own size, so that a sanitizer sees a byte read too many. */
static struct resp_argument take_part(const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size > 0 ? memchr(*data, 0, *size) : NULL;
    size_t length = end != NULL ? (size_t)(end - *data) : *size;
    uint8_t *copy = memory_allocate(length > 0 ? length : 1);

    if (length > 0) {
        memcpy(copy, *data, length);
    }
    *data += length + (end != NULL ? 1 : 0);
    *size -= length + (end != NULL ? 1 : 0);
    return (struct resp_argument){.data = copy, .size_bytes = length};
}

static void follow(const struct script_input *input)
{
    bool known = script_reads(input->text, input->size_bytes);

    for (int state = 0; state < SCRIPT_STATES; state++) {
        struct script_value tokens[2] = {{.kind = SCRIPT_NIL}, {.kind = SCRIPT_NIL}};
        struct script_outcome outcomes[2];
        bool followed[2];

        for (int i = 0; i < 2; i++) {
            followed[i] = script_follow(input, (enum script_state)state, &tokens[i], &outcomes[i]);
        }
        ASSERT(followed[0] == followed[1]);
        ASSERT(outcomes[0].action.kind == outcomes[1].action.kind);
        ASSERT(outcomes[0].result.kind == outcomes[1].result.kind);
        ASSERT(!followed[0] || known);
    }
}

/* The same for a reentrant lock: with two keys, so that loops have turns. */
static void follow_lock(const struct script_input *input)
{
    bool known = script_reads(input->text, input->size_bytes);

    for (int state = 0; state < 2 * SCRIPT_HOLDS; state++) {
        struct script_lock_outcome outcomes[2];
        bool followed[2];

        for (int i = 0; i < 2; i++) {
            struct script_value holders[2] = {{.kind = SCRIPT_NIL}, {.kind = SCRIPT_NIL}};
            struct script_lock_words words = {.holders = holders};

            followed[i] = script_follow_lock(input, (enum script_hold)(state / 2), state % 2 == 0,
                                             &words, &outcomes[i]);
        }
        ASSERT(followed[0] == followed[1]);
        ASSERT(outcomes[0].effects == outcomes[1].effects);
        ASSERT(outcomes[0].result.kind == outcomes[1].result.kind);
        ASSERT(!followed[0] || known);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct resp_argument parts[PARTS];
    struct buffer words = {0};
    struct script_input input;

    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = take_part(&data, &size);
    }
    input = (struct script_input){.text = parts[0].data,
                                  .size_bytes = parts[0].size_bytes,
                                  .keys = &parts[1],
                                  .key_count = 1,
                                  .arguments = &parts[2],
                                  .argument_count = PARTS - 2};
    follow(&input);
    input.key_count = 2;
    input.arguments++;
    input.argument_count--;
    follow_lock(&input);
    script_words(input.text, input.size_bytes, &words);
    buffer_free(&words);
    for (size_t i = 0; i < PARTS; i++) {
        memory_free((void *)(uintptr_t)parts[i].data);
    }
    return 0;
}
