/*
 * How the parts of a member that run before its threads exist tell a person what they found: a
 * sentence and its level. The host writes the sentence to its log.
 */
#ifndef RAFTD_MEMBER_NOTES_H
#define RAFTD_MEMBER_NOTES_H

enum member_note { MEMBER_NOTE_INFO, MEMBER_NOTE_WARNING, MEMBER_NOTE_ERROR };

struct member_notes {
    /* Called with each sentence; NULL = nobody wants to know. */
    void (*note)(void *argument, enum member_note level, const char *text);
    void *argument;
};

/* Formats a sentence and hands it over. */
void member_note(const struct member_notes *notes, enum member_note level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
