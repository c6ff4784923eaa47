/*
 * SCAN from its first page to its last one, and raftctl scan. Main thread.
 */
#include "raftctl/scan.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "raftctl/output.h"

enum { CURSOR_BYTES = 24 };

static const char special[] = "*?[\\";

/* About as many keys are in a page. */
static const char page_keys[] = "100";

void scan_pattern_of_prefix(struct buffer *pattern, const char *prefix)
{
    for (; *prefix != '\0'; prefix++) {
        if (strchr(special, *prefix) != NULL) {
            buffer_append_u8(pattern, '\\');
        }
        buffer_append_u8(pattern, (uint8_t)*prefix);
    }
    buffer_append_u8(pattern, '*');
}

/* Whether it is a page: the next cursor and an array of keys. */
static bool is_page(const struct resp_reply *reply)
{
    const struct resp_reply *keys;

    if (reply->type != RESP_REPLY_ARRAY || reply->count != 2 ||
        reply->elements[0].type != RESP_REPLY_BULK ||
        reply->elements[0].size_bytes >= CURSOR_BYTES ||
        reply->elements[1].type != RESP_REPLY_ARRAY) {
        return false;
    }
    keys = &reply->elements[1];
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->elements[i].type != RESP_REPLY_BULK) {
            return false;
        }
    }
    return true;
}

static struct resp_reply *ask_page(const struct ctl_options *options, struct ctl_session *session,
                                   const char *cursor, const struct buffer *pattern, int *code)
{
    struct ctl_request request = {0};

    ctl_request_add(&request, "SCAN");
    ctl_request_add(&request, cursor);
    if (pattern != NULL) {
        ctl_request_add(&request, "MATCH");
        ctl_request_add_bytes(&request, pattern->data, pattern->size_bytes);
    }
    ctl_request_add(&request, "COUNT");
    ctl_request_add(&request, page_keys);
    return ctl_request_send(&request, options, session, code);
}

int scan_keys(const struct ctl_options *options, struct ctl_session *session,
              const struct buffer *pattern,
              int (*page)(void *argument, const struct resp_reply *keys), void *argument)
{
    char cursor[CURSOR_BYTES] = "0";
    int code;

    do {
        struct resp_reply *reply = ask_page(options, session, cursor, pattern, &code);

        if (reply == NULL) {
            return code;
        }
        if (is_page(reply)) {
            memcpy(cursor, reply->elements[0].text, reply->elements[0].size_bytes + 1);
            code = page(argument, &reply->elements[1]);
        } else {
            code = ctl_strange_reply();
        }
        memory_free(reply);
        if (ferror(stdout) != 0) {
            return code; /* the reader of the output has gone */
        }
    } while (code == CTL_OK && strcmp(cursor, "0") != 0);
    return code;
}

/* ---- raftctl scan ------------------------------------------------------------------------- */

struct listing {
    struct json *json; /* NULL = text */
    bool on_terminal;
};

static int print_keys(void *argument, const struct resp_reply *keys)
{
    struct listing *listing = argument;

    for (size_t i = 0; i < keys->count; i++) {
        const struct resp_reply *key = &keys->elements[i];

        if (listing->json != NULL) {
            json_open(listing->json, NULL, '{');
            json_bytes(listing->json, "key", key->text, key->size_bytes);
            json_close(listing->json, '}');
            continue;
        }
        if (listing->on_terminal) {
            print_quoted(stdout, key->text, key->size_bytes);
        } else {
            fwrite(key->text, 1, key->size_bytes, stdout);
        }
        putchar('\n');
    }
    return CTL_OK;
}

int ctl_scan(const struct ctl_options *options, char **arguments)
{
    struct ctl_session session = {0};
    struct buffer pattern = {0};
    struct json json;
    struct listing listing = {.on_terminal = isatty(STDOUT_FILENO) != 0};
    int code;

    if (arguments[0] != NULL && strpbrk(arguments[0], special) != NULL) {
        buffer_append(&pattern, arguments[0], strlen(arguments[0]));
    } else if (arguments[0] != NULL) {
        scan_pattern_of_prefix(&pattern, arguments[0]);
    }
    if (options->format == CTL_JSON) {
        listing.json = &json;
        json_begin(&json, stdout);
        json_open(&json, NULL, '[');
    }
    code =
        scan_keys(options, &session, arguments[0] != NULL ? &pattern : NULL, print_keys, &listing);
    if (options->format == CTL_JSON) {
        json_close(&json, ']');
        putchar('\n');
    }
    ctl_session_close(&session);
    buffer_free(&pattern);
    return code;
}
