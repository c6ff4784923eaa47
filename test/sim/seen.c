/*
 * Counters of what happened. See seen.h.
 */
#include "sim/seen.h"

#include "base/assert.h"

#define SEEN_TEXT(name, text) [name] = text,
static const char *const texts[SEEN_KINDS] = {SEEN(SEEN_TEXT)};
#undef SEEN_TEXT

const char *seen_text(enum seen kind)
{
    ASSERT(kind < SEEN_KINDS);
    return texts[kind];
}

void seen_add(struct seen_counts *sum, const struct seen_counts *more)
{
    for (size_t i = 0; i < SEEN_KINDS; i++) {
        sum->counts[i] += more->counts[i];
    }
    for (size_t fault = 0; fault < FAULT_CLASSES; fault++) {
        for (size_t role = 0; role < SEEN_ROLES; role++) {
            sum->roles[fault][role] += more->roles[fault][role];
        }
    }
}

size_t seen_missing(const struct seen_counts *sum)
{
    size_t missing = 0;

    for (size_t i = 0; i < SEEN_KINDS; i++) {
        missing += sum->counts[i] == 0;
    }
    return missing;
}

void seen_print(FILE *out, const struct seen_counts *sum)
{
    fputs("seen to happen:\n", out);
    for (size_t i = 0; i < SEEN_KINDS; i++) {
        fprintf(out, "  %10llu  %s\n", (unsigned long long)sum->counts[i], texts[i]);
    }
}
