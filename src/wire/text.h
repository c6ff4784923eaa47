/*
 * Texts in small frames: a length of two bytes, then bytes that are no control characters. Used
 * by the encoders of this directory only.
 */
#ifndef RAFTD_WIRE_TEXT_H
#define RAFTD_WIRE_TEXT_H

#include "wire/writer.h"

/* The length of a text in an array of `size` bytes, which has to end it. */
size_t wire_text_length(const char *text, size_t size);
void wire_text_write(struct writer *writer, const char *text, size_t length);
/* Fails the reader where the text does not fit, or holds what would garble a line of output. */
void wire_text_read(struct reader *reader, char *text, size_t size);

#endif
