/*
 * LCS: the longest common subsequence of two values. A table of all pairs of places, as Redis
 * makes it, so the work and the memory are bounded: with more than LCS_CELLS_MAX pairs the query
 * is refused.
 */
#include "base/memory.h"
#include "base/number.h"
#include "kv/state.h"

/* Some ten milliseconds. The shorter value has at most the root of it, so 16 bits are enough. */
#define LCS_CELLS_MAX ((uint64_t)1 << 24)

struct lcs {
    const uint8_t *a;
    const uint8_t *b;
    size_t a_size;
    size_t b_size;
    uint16_t *cells; /* owned: the length for each pair of prefixes, a row for each of a's */
};

static uint16_t *cell(const struct lcs *lcs, size_t i, size_t j)
{
    return &lcs->cells[i * (lcs->b_size + 1) + j];
}

static void fill(struct lcs *lcs)
{
    lcs->cells = memory_allocate((lcs->a_size + 1) * (lcs->b_size + 1) * sizeof(lcs->cells[0]));
    for (size_t i = 0; i <= lcs->a_size; i++) {
        for (size_t j = 0; j <= lcs->b_size; j++) {
            if (i == 0 || j == 0) {
                *cell(lcs, i, j) = 0;
            } else if (lcs->a[i - 1] == lcs->b[j - 1]) {
                *cell(lcs, i, j) = (uint16_t)(*cell(lcs, i - 1, j - 1) + 1);
            } else {
                uint16_t up = *cell(lcs, i - 1, j);
                uint16_t left = *cell(lcs, i, j - 1);

                *cell(lcs, i, j) = up > left ? up : left;
            }
        }
    }
}

/* A run of equal bytes that ends before a_end and b_end. */
struct match {
    size_t a_end;
    size_t b_end;
    size_t size;
};

/* From the end of both values to their beginnings, a match at a time; where two ways are as good
 * as each other, the way that Redis takes. */
struct walk {
    size_t i;
    size_t j;
};

static bool next_match(const struct lcs *lcs, struct walk *walk, struct match *match)
{
    *match = (struct match){0};
    while (walk->i > 0 && walk->j > 0) {
        if (lcs->a[walk->i - 1] == lcs->b[walk->j - 1]) {
            if (match->size == 0) {
                match->a_end = walk->i;
                match->b_end = walk->j;
            }
            match->size++;
            walk->i--;
            walk->j--;
        } else if (match->size > 0) {
            return true;
        } else if (*cell(lcs, walk->i - 1, walk->j) > *cell(lcs, walk->i, walk->j - 1)) {
            walk->i--;
        } else {
            walk->j--;
        }
    }
    return match->size > 0;
}

static void answer_string(const struct lcs *lcs, size_t length, struct kv_reply *reply)
{
    struct walk walk = {lcs->a_size, lcs->b_size};
    uint8_t *text = memory_allocate(length + 1);
    size_t start = length;
    struct match match;

    while (next_match(lcs, &walk, &match)) {
        for (size_t i = 1; i <= match.size; i++) {
            text[--start] = lcs->a[match.a_end - i];
        }
    }
    kv_reply_bulk(reply, text, length);
    memory_free(text);
}

static void answer_places(struct kv_reply *reply, size_t end, size_t size)
{
    kv_reply_array(reply, 2);
    kv_reply_integer(reply, (int64_t)(end - size));
    kv_reply_integer(reply, (int64_t)end - 1);
}

static void answer_indexes(const struct lcs *lcs, size_t length, int64_t minimum, bool with_lengths,
                           struct kv_reply *reply)
{
    struct walk walk = {lcs->a_size, lcs->b_size};
    struct match match;
    size_t count = 0;

    while (next_match(lcs, &walk, &match)) {
        count += (int64_t)match.size >= minimum;
    }
    kv_reply_map(reply, 2);
    kv_reply_bulk(reply, "matches", 7);
    kv_reply_array(reply, count);
    walk = (struct walk){lcs->a_size, lcs->b_size};
    while (next_match(lcs, &walk, &match)) {
        if ((int64_t)match.size >= minimum) {
            kv_reply_array(reply, with_lengths ? 3 : 2);
            answer_places(reply, match.a_end, match.size);
            answer_places(reply, match.b_end, match.size);
            if (with_lengths) {
                kv_reply_integer(reply, (int64_t)match.size);
            }
        }
    }
    kv_reply_bulk(reply, "len", 3);
    kv_reply_integer(reply, (int64_t)length);
}

static void set_value(const struct kv_item *item, const uint8_t **data, size_t *size)
{
    *data = item != NULL ? kv_item_value(item) : NULL;
    *size = item != NULL ? item->value_size_bytes : 0;
}

void kv_query_lcs(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                  struct kv_reply *reply)
{
    unsigned flags = request->flags;
    struct lcs lcs = {0};
    int64_t minimum = 0;
    size_t length;

    (void)time_ms;
    set_value(kv_next_item(kv, request), &lcs.a, &lcs.a_size);
    set_value(kv_next_item(kv, request), &lcs.b, &lcs.b_size);
    if (request->count > 0) {
        struct kv_argument text = kv_request_next(request);

        if (!number_parse(text.data, text.size_bytes, &minimum)) {
            kv_reply_error(reply, KV_ERROR_INTEGER);
            return;
        }
    }
    if ((flags & KV_LCS_LENGTH) != 0 && (flags & KV_LCS_INDEXES) != 0) {
        kv_reply_error(reply, "ERR If you want both the length and indexes, please just use IDX.");
        return;
    }
    if (lcs.a_size == 0 || lcs.b_size == 0) {
        lcs.a_size = lcs.b_size = 0;
    }
    if ((uint64_t)(lcs.a_size + 1) * (lcs.b_size + 1) > LCS_CELLS_MAX) {
        kv_reply_error(reply, "ERR Insufficient memory, transient memory for LCS exceeds "
                              "proto-max-bulk-len");
        return;
    }
    fill(&lcs);
    length = *cell(&lcs, lcs.a_size, lcs.b_size);
    if ((flags & KV_LCS_LENGTH) != 0) {
        kv_reply_integer(reply, (int64_t)length);
    } else if ((flags & KV_LCS_INDEXES) != 0) {
        answer_indexes(&lcs, length, minimum, (flags & KV_LCS_MATCH_LENGTHS) != 0, reply);
    } else {
        answer_string(&lcs, length, reply);
    }
    memory_free(lcs.cells);
}
