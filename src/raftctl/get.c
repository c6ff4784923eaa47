/*
 * raftctl get, of one key or of all keys with a prefix. Main thread.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "raftctl/output.h"
#include "raftctl/scan.h"

/* So few that values of 32 MiB fit into one answer, which has at most 512 MiB. */
enum { VALUES_AT_ONCE = 16 };

/* ---- One key ------------------------------------------------------------------------------ */

static void print_value(const struct ctl_options *options, const char *key,
                        const struct resp_reply *reply)
{
    bool on_terminal = isatty(STDOUT_FILENO) != 0;
    bool found = reply->type == RESP_REPLY_BULK;
    struct json json;

    if (options->format == CTL_JSON) {
        json_begin(&json, stdout);
        json_open(&json, NULL, '{');
        json_text(&json, "key", key);
        json_boolean(&json, "found", found);
        if (found) {
            json_bytes(&json, "value", reply->text, reply->size_bytes);
        }
        json_close(&json, '}');
    } else if (!found) {
        fputs(on_terminal ? "(nil)" : "", stdout);
    } else if (on_terminal) {
        print_quoted(stdout, reply->text, reply->size_bytes);
    } else {
        fwrite(reply->text, 1, reply->size_bytes, stdout);
    }
    putchar('\n');
    if (!found && options->format == CTL_TABLE) {
        ctl_complain("there is no key \"%s\"", key);
    }
}

static int get_one(const struct ctl_options *options, const char *key)
{
    const char *const words[] = {"GET", key, NULL};
    int code;
    struct resp_reply *reply = ctl_request_words(options, words, false, &code);

    if (reply == NULL) {
        return code;
    }
    if (reply->type == RESP_REPLY_BULK || reply->type == RESP_REPLY_NIL) {
        code = reply->type == RESP_REPLY_BULK ? CTL_OK : CTL_NO;
        print_value(options, key, reply);
    } else {
        code = ctl_strange_reply();
    }
    memory_free(reply);
    return code;
}

/* ---- A prefix ----------------------------------------------------------------------------- */

struct getting {
    const struct ctl_options *options;
    struct ctl_session session;
    struct json json;
    size_t found;
};

static void print_pair(struct getting *getting, const struct resp_reply *key,
                       const struct resp_reply *value)
{
    if (getting->options->format == CTL_JSON) {
        json_open(&getting->json, NULL, '{');
        json_bytes(&getting->json, "key", key->text, key->size_bytes);
        json_bytes(&getting->json, "value", value->text, value->size_bytes);
        json_close(&getting->json, '}');
        return;
    }
    print_quoted(stdout, key->text, key->size_bytes);
    putchar(' ');
    print_quoted(stdout, value->text, value->size_bytes);
    putchar('\n');
}

/* Keys that were deleted since the page was made are left out. */
static int get_some(struct getting *getting, const struct resp_reply *keys, size_t count)
{
    struct ctl_request request = {0};
    struct resp_reply *values;
    int code;

    ctl_request_add(&request, "MGET");
    for (size_t i = 0; i < count; i++) {
        ctl_request_add_bytes(&request, keys[i].text, keys[i].size_bytes);
    }
    values = ctl_request_send(&request, getting->options, &getting->session, &code);
    if (values == NULL) {
        return code;
    }
    if (values->type != RESP_REPLY_ARRAY || values->count != count) {
        code = ctl_strange_reply();
    }
    for (size_t i = 0; code == CTL_OK && i < count; i++) {
        if (values->elements[i].type == RESP_REPLY_BULK) {
            print_pair(getting, &keys[i], &values->elements[i]);
            getting->found++;
        }
    }
    memory_free(values);
    return code;
}

static int get_page(void *argument, const struct resp_reply *keys)
{
    struct getting *getting = argument;
    int code = CTL_OK;

    for (size_t i = 0; code == CTL_OK && i < keys->count; i += VALUES_AT_ONCE) {
        size_t left = keys->count - i;

        code = get_some(getting, keys->elements + i, left < VALUES_AT_ONCE ? left : VALUES_AT_ONCE);
    }
    return code;
}

static int get_prefix(const struct ctl_options *options, const char *prefix)
{
    struct getting getting = {.options = options};
    struct buffer pattern = {0};
    int code;

    scan_pattern_of_prefix(&pattern, prefix);
    if (options->format == CTL_JSON) {
        json_begin(&getting.json, stdout);
        json_open(&getting.json, NULL, '[');
    }
    code = scan_keys(options, &getting.session, &pattern, get_page, &getting);
    if (options->format == CTL_JSON) {
        json_close(&getting.json, ']');
        putchar('\n');
    }
    if (code == CTL_OK && getting.found == 0) {
        code = CTL_NO;
        if (options->format == CTL_TABLE) {
            ctl_complain("there is no key that begins with \"%s\"", prefix);
        }
    }
    ctl_session_close(&getting.session);
    buffer_free(&pattern);
    return code;
}

int ctl_get(const struct ctl_options *options, char **arguments)
{
    return options->prefix ? get_prefix(options, arguments[0]) : get_one(options, arguments[0]);
}
