/*
 * Texts in small frames: a length of two bytes, then the bytes, without control characters and
 * without a terminating NUL. Pure. Included by the .c files of src/wire only.
 */
#ifndef RAFTD_WIRE_TEXT_H
#define RAFTD_WIRE_TEXT_H

#include "wire/writer.h"

/* The length of a NUL-terminated text in an array of `size` bytes. Asserts that there is a NUL. */
size_t wire_text_length(const char *text, size_t size);
void wire_text_write(struct writer *writer, const char *text, size_t length);
/* Reads a text into an array of `size` bytes and terminates it. Sets reader->failed if the text is
 * longer than that, or has a control character: such a text could forge a line of the log. */
void wire_text_read(struct reader *reader, char *text, size_t size);

#endif
