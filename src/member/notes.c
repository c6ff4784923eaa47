/*
 * Sentences for a person; see notes.h. Pure, but for the call to the host.
 */
#include "member/notes.h"

#include <stdarg.h>
#include <stdio.h>

enum { NOTE_BYTES = 1024 };

void member_note(const struct member_notes *notes, enum member_note level, const char *format, ...)
{
    char text[NOTE_BYTES];
    va_list arguments;

    if (notes == NULL || notes->note == NULL) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    notes->note(notes->argument, level, text);
}
