/*
 * Reads replies of the Redis protocol. See reply.h. Pure; a reader is used by one thread at a time.
 *
 * A reply is read in two passes. The first pass runs while the bytes arrive: it only counts
 * elements and bytes of text, and checks the limits. When the last element has arrived, the size of
 * the reply in memory is known. Then one block of memory is allocated, for all elements and after
 * them all texts, and the second pass over the same bytes fills it. So a reply that a server
 * announces but does not send costs no memory.
 */
#include "resp/reply.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/number.h"

/* One element of a reply; of an aggregate only its first line. */
struct item {
    enum resp_reply_type type;
    bool is_attribute;
    int64_t integer;
    size_t text_offset_bytes;
    size_t text_bytes;
    size_t count; /* elements of an aggregate; of a map twice the number of pairs */
    size_t end_bytes;
};

void resp_reader_init(struct resp_reader *reader, const struct resp_reply_limits *limits)
{
    ASSERT(limits->bytes_max > 0 && limits->bytes_max <= SIZE_MAX / 4);
    ASSERT(limits->elements_max > 0 &&
           limits->elements_max <= SIZE_MAX / 4 / sizeof(struct resp_reply));
    ASSERT(limits->depth_max > 0 && limits->depth_max <= RESP_REPLY_DEPTH_MAX);
    *reader = (struct resp_reader){.limits = limits};
}

static enum resp_read_result failed(struct resp_reader *reader, const char *text)
{
    snprintf(reader->error, sizeof(reader->error), "%s", text);
    return RESP_READ_FAILED;
}

static enum resp_read_result too_many_bytes(struct resp_reader *reader)
{
    snprintf(reader->error, sizeof(reader->error), "the reply has more than %zu bytes",
             reader->limits->bytes_max);
    return RESP_READ_FAILED;
}

static enum resp_read_result incomplete(struct resp_reader *reader, size_t needed_bytes)
{
    reader->needed_bytes = needed_bytes;
    return RESP_READ_INCOMPLETE;
}

/* Reads the line after the byte of the type. Sets the text of the item, without CRLF, and its
 * end. */
static enum resp_read_result read_line(struct resp_reader *reader, const uint8_t *data, size_t size,
                                       struct item *item)
{
    size_t start = reader->position_bytes + 1;
    size_t from = reader->scanned_bytes > start ? reader->scanned_bytes : start;
    const uint8_t *end = from < size ? memchr(data + from, '\r', size - from) : NULL;
    size_t length = (end != NULL ? (size_t)(end - data) : size) - start;

    if (length > RESP_REPLY_LINE_BYTES_MAX) {
        return failed(reader, "a line of the reply has more than 65536 bytes");
    }
    if (end == NULL || start + length + 1 == size) {
        /* A CR that is the last byte has to be found again when its LF has come. */
        reader->scanned_bytes = start + length;
        return incomplete(reader, size + 1);
    }
    if (end[1] != '\n') {
        return failed(reader, "a line of the reply ends without CRLF");
    }
    item->text_offset_bytes = start;
    item->text_bytes = length;
    item->end_bytes = start + length + 2;
    return RESP_READ_DONE;
}

/* Reads the line as a number. False: it is not a number. */
static bool take_number(const uint8_t *data, struct item *item)
{
    bool is_number = number_parse(data + item->text_offset_bytes, item->text_bytes, &item->integer);

    item->text_bytes = 0;
    return is_number;
}

static enum resp_read_result read_integer(struct resp_reader *reader, const uint8_t *data,
                                          struct item *item)
{
    const uint8_t *text = data + item->text_offset_bytes;

    if (item->text_bytes > 1 && text[0] == '+' && text[1] != '-') { /* RESP3 allows a plus sign */
        item->text_offset_bytes++;
        item->text_bytes--;
    }
    item->type = RESP_REPLY_INTEGER;
    return take_number(data, item) ? RESP_READ_DONE
                                   : failed(reader, "an integer of the reply is not a number");
}

/* Reads "$", "!" or "=", whose line has the length of the bytes that follow; "-1" means nil. */
static enum resp_read_result read_bulk(struct resp_reader *reader, const uint8_t *data, size_t size,
                                       struct item *item)
{
    uint8_t mark = data[reader->position_bytes];
    size_t start = item->end_bytes;
    size_t length;

    if (!take_number(data, item) || item->integer < -1) {
        return failed(reader, "the length of a string of the reply is not a number");
    }
    if (item->integer == -1) {
        item->integer = 0;
        item->type = RESP_REPLY_NIL;
        return RESP_READ_DONE;
    }
    item->type = mark == '!' ? RESP_REPLY_ERROR : RESP_REPLY_BULK;
    if ((uint64_t)item->integer > reader->limits->bytes_max ||
        start + (size_t)item->integer + 2 > reader->limits->bytes_max) {
        return too_many_bytes(reader);
    }
    length = (size_t)item->integer;
    item->integer = 0;
    if (size < start + length + 2) {
        return incomplete(reader, start + length + 2);
    }
    if (data[start + length] != '\r' || data[start + length + 1] != '\n') {
        return failed(reader, "a string of the reply ends without CRLF");
    }
    item->text_offset_bytes = start;
    item->text_bytes = length;
    item->end_bytes = start + length + 2;
    if (mark == '=') {
        if (length < 4 || data[start + 3] != ':') {
            return failed(reader, "a verbatim string of the reply has no format");
        }
        item->text_offset_bytes += 4;
        item->text_bytes -= 4;
    }
    return RESP_READ_DONE;
}

/* Reads the line of an aggregate, which has the number of its elements or pairs; "-1" means nil. */
static enum resp_read_result read_count(struct resp_reader *reader, const uint8_t *data,
                                        struct item *item)
{
    size_t left = reader->limits->elements_max - reader->elements;
    uint8_t mark = data[reader->position_bytes];
    bool has_pairs = mark == '%' || mark == '|';

    if (!take_number(data, item) || item->integer < -1) {
        return failed(reader, "the number of elements of an array of the reply is not a number");
    }
    if (item->integer == -1) {
        item->integer = 0;
        item->type = RESP_REPLY_NIL;
        return mark == '*' ? RESP_READ_DONE
                           : failed(reader, "a map or set of the reply has -1 elements");
    }
    if ((uint64_t)item->integer > (has_pairs ? left / 2 : left)) {
        snprintf(reader->error, sizeof(reader->error), "the reply has more than %zu elements",
                 reader->limits->elements_max);
        return RESP_READ_FAILED;
    }
    item->count = (size_t)item->integer * (has_pairs ? 2 : 1);
    item->integer = 0;
    item->is_attribute = mark == '|';
    item->type = mark == '*'   ? RESP_REPLY_ARRAY
                 : mark == '~' ? RESP_REPLY_SET
                 : mark == '>' ? RESP_REPLY_PUSH
                               : RESP_REPLY_MAP;
    return RESP_READ_DONE;
}

/* Whether the line is not empty and has only bytes that are in `allowed`. */
static bool line_is_of(const uint8_t *data, const struct item *item, const char *allowed)
{
    for (size_t i = 0; i < item->text_bytes; i++) {
        uint8_t byte = data[item->text_offset_bytes + i];

        if (byte == 0 || strchr(allowed, byte) == NULL) {
            return false;
        }
    }
    return item->text_bytes > 0;
}

static enum resp_read_result read_number_text(struct resp_reader *reader, const uint8_t *data,
                                              struct item *item)
{
    bool is_double = data[reader->position_bytes] == ',';

    item->type = is_double ? RESP_REPLY_DOUBLE : RESP_REPLY_BIG_NUMBER;
    return line_is_of(data, item, is_double ? "0123456789+-.eEinfa" : "0123456789+-")
               ? RESP_READ_DONE
               : failed(reader,
                        "a number of the reply contains characters that a number cannot contain");
}

/* Reads "#t", "#f" or "_". */
static enum resp_read_result read_constant(struct resp_reader *reader, const uint8_t *data,
                                           struct item *item)
{
    bool is_nil = data[reader->position_bytes] == '_';
    uint8_t byte = item->text_bytes == 1 ? data[item->text_offset_bytes] : 0;

    if (is_nil ? item->text_bytes != 0 : byte != 't' && byte != 'f') {
        return failed(reader, "a boolean or null of the reply has an invalid value");
    }
    item->type = is_nil ? RESP_REPLY_NIL : RESP_REPLY_BOOLEAN;
    item->integer = byte == 't';
    item->text_bytes = 0;
    return RESP_READ_DONE;
}

static enum resp_read_result read_item(struct resp_reader *reader, const uint8_t *data, size_t size,
                                       struct item *item)
{
    enum resp_read_result result;
    uint8_t mark;

    *item = (struct item){0};
    if (reader->position_bytes == size) {
        return incomplete(reader, size + 1);
    }
    mark = data[reader->position_bytes];
    if (mark == 0 || strchr("+-:$!=*%~>|,(#_", mark) == NULL) {
        snprintf(reader->error, sizeof(reader->error),
                 "found the byte 0x%02x, expected the start of an element of the reply", mark);
        return RESP_READ_FAILED;
    }
    result = read_line(reader, data, size, item);
    if (result != RESP_READ_DONE) {
        return result;
    }
    switch (mark) {
    case '+':
    case '-':
        item->type = mark == '+' ? RESP_REPLY_SIMPLE : RESP_REPLY_ERROR;
        return RESP_READ_DONE;
    case ':':
        return read_integer(reader, data, item);
    case '$':
    case '!':
    case '=':
        return read_bulk(reader, data, size, item);
    case ',':
    case '(':
        return read_number_text(reader, data, item);
    case '#':
    case '_':
        return read_constant(reader, data, item);
    default:
        return read_count(reader, data, item);
    }
}

/* Counts an element that is complete, and the aggregates that become complete with it. True: the
 * whole reply is complete. */
static bool finish_element(struct resp_reader *reader)
{
    while (reader->depth > 0) {
        struct resp_reply_frame *frame = &reader->frames[reader->depth - 1];

        frame->left--;
        if (frame->left > 0) {
            return false;
        }
        reader->depth--;
        if (frame->is_attribute) {
            return false; /* the element that the attribute belongs to follows */
        }
    }
    return true;
}

/* Moves the position to the end of the item. An aggregate gets a frame; `elements` is where its
 * elements go. True: the whole reply is complete. */
static bool pass_item(struct resp_reader *reader, const struct item *item,
                      struct resp_reply *elements)
{
    reader->position_bytes = item->end_bytes;
    reader->scanned_bytes = item->end_bytes;
    if (item->count > 0) {
        reader->frames[reader->depth++] = (struct resp_reply_frame){
            .left = item->count, .next = elements, .is_attribute = item->is_attribute};
        return false;
    }
    return !item->is_attribute && finish_element(reader);
}

/* ---- First pass --------------------------------------------------------------------------- */

static enum resp_read_result check_limits(struct resp_reader *reader, const struct item *item)
{
    if (item->end_bytes > reader->limits->bytes_max) {
        return too_many_bytes(reader);
    }
    if (reader->elements > reader->limits->elements_max) {
        snprintf(reader->error, sizeof(reader->error), "the reply has more than %zu elements",
                 reader->limits->elements_max);
        return RESP_READ_FAILED;
    }
    if (item->count > 0 && reader->depth == reader->limits->depth_max) {
        snprintf(reader->error, sizeof(reader->error),
                 "the reply has arrays nested more than %zu deep", reader->limits->depth_max);
        return RESP_READ_FAILED;
    }
    return RESP_READ_DONE;
}

static enum resp_read_result count_elements(struct resp_reader *reader, const uint8_t *data,
                                            size_t size)
{
    for (;;) {
        struct item item;
        enum resp_read_result result = read_item(reader, data, size, &item);

        if (result == RESP_READ_DONE) {
            reader->elements++;
            reader->text_bytes += item.text_bytes + 1;
            result = check_limits(reader, &item);
        }
        if (result != RESP_READ_DONE || pass_item(reader, &item, NULL)) {
            return result;
        }
    }
}

/* ---- Second pass -------------------------------------------------------------------------- */

/* The memory of a reply while it is filled. */
struct filling {
    struct resp_reply *free_elements; /* the next element that is not in use */
    char *free_text;                  /* where the next text goes */
};

/* Returns the element that the item is stored in: the next one of its aggregate. The root and
 * attributes, which belong to no aggregate, get the next free element. */
static struct resp_reply *take_place(struct resp_reader *reader, struct filling *filling,
                                     const struct item *item)
{
    if (item->is_attribute || reader->depth == 0) {
        return filling->free_elements++;
    }
    return reader->frames[reader->depth - 1].next++;
}

static void fill_place(struct resp_reply *place, struct filling *filling, const uint8_t *data,
                       const struct item *item)
{
    *place = (struct resp_reply){
        .type = item->type,
        .integer = item->integer,
        .text = filling->free_text,
        .size_bytes = item->text_bytes,
        .elements = item->count > 0 ? filling->free_elements : NULL,
        .count = item->count,
    };
    memcpy(filling->free_text, data + item->text_offset_bytes, item->text_bytes);
    filling->free_text[item->text_bytes] = '\0';
    filling->free_text += item->text_bytes + 1;
    filling->free_elements += item->count;
}

/*
 * The second pass. memory_free() needs the address of the allocation, so the root has to be its
 * first element. But attributes may come before the root and take elements as well. Therefore the
 * allocation begins with one more element, which becomes a copy of the root.
 */
static struct resp_reply *fill(const struct resp_reader *counted, const uint8_t *data)
{
    size_t elements = counted->elements + 1;
    struct resp_reply *memory =
        memory_allocate(elements * sizeof(struct resp_reply) + counted->text_bytes);
    struct filling filling = {.free_elements = memory + 1,
                              .free_text = (char *)(memory + elements)};
    struct resp_reader reader = {.limits = counted->limits};
    struct resp_reply *place;
    struct item item;
    bool is_root;

    do {
        enum resp_read_result result = read_item(&reader, data, counted->position_bytes, &item);

        ASSERT(result == RESP_READ_DONE);
        is_root = reader.depth == 0 && !item.is_attribute;
        place = take_place(&reader, &filling, &item);
        fill_place(place, &filling, data, &item);
        if (is_root) {
            memory[0] = *place;
        }
    } while (!pass_item(&reader, &item, filling.free_elements - item.count));
    ASSERT(filling.free_elements == memory + elements);
    ASSERT(filling.free_text == (char *)(memory + elements) + counted->text_bytes);
    return memory;
}

enum resp_read_result resp_read(struct resp_reader *reader, const uint8_t *data, size_t size,
                                struct resp_reply **reply)
{
    enum resp_read_result result;

    ASSERT(size >= reader->position_bytes);
    *reply = NULL;
    result = count_elements(reader, data, size);
    if (result == RESP_READ_DONE) {
        size_t consumed_bytes = reader->position_bytes;

        *reply = fill(reader, data);
        *reader = (struct resp_reader){.limits = reader->limits, .consumed_bytes = consumed_bytes};
    }
    return result;
}
