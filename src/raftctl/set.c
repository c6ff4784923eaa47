/*
 * raftctl set and del. Main thread.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "raftctl/output.h"
#include "raftctl/request.h"

enum {
    READ_BYTES = 64 * 1024,
    /* The highest possible limits.max_request_bytes: no node takes more. */
    VALUE_BYTES_MAX = 512 * 1024 * 1024,
};

/* All of standard input; an exit code. */
static int read_value(struct buffer *value)
{
    for (;;) {
        ssize_t count = read(STDIN_FILENO, buffer_extend(value, READ_BYTES), READ_BYTES);

        value->size_bytes -= READ_BYTES - (size_t)(count > 0 ? count : 0);
        if (count == 0) {
            return CTL_OK;
        }
        if (count < 0 && errno != EINTR) {
            ctl_complain("cannot read the value from standard input: %s", strerror(errno));
            return CTL_LOCAL;
        }
        if (value->size_bytes > VALUE_BYTES_MAX) {
            ctl_complain("the value on standard input has more than %d bytes, which is the most "
                         "that limits.max_request_bytes can allow",
                         VALUE_BYTES_MAX);
            return CTL_LOCAL;
        }
    }
}

static void print_set(const struct ctl_options *options, const char *key, bool done)
{
    struct json json;

    if (options->format == CTL_JSON) {
        json_begin(&json, stdout);
        json_open(&json, NULL, '{');
        json_text(&json, "key", key);
        json_boolean(&json, "ok", done);
        json_close(&json, '}');
        putchar('\n');
    } else if (done) {
        puts("OK");
    } else {
        ctl_complain("the key \"%s\" exists already: it was not changed", key);
    }
}

/* value: the bytes of standard input; NULL = the second argument is the value. */
static int send_set(const struct ctl_options *options, char **arguments, const struct buffer *value)
{
    struct ctl_request request = {.writes = true};
    struct resp_reply *reply;
    char ttl[24];
    int code;

    ctl_request_add(&request, "SET");
    ctl_request_add(&request, arguments[0]);
    if (value != NULL) {
        ctl_request_add_bytes(&request, value->data, value->size_bytes);
    } else {
        ctl_request_add(&request, arguments[1]);
    }
    if (options->ttl_s != 0) {
        snprintf(ttl, sizeof(ttl), "%" PRIu64, options->ttl_s);
        ctl_request_add(&request, "EX");
        ctl_request_add(&request, ttl);
    }
    if (options->only_new) {
        ctl_request_add(&request, "NX");
    }
    reply = ctl_request_send(&request, options, NULL, &code);
    if (reply == NULL) {
        return code;
    }
    if (reply->type == RESP_REPLY_SIMPLE || (reply->type == RESP_REPLY_NIL && options->only_new)) {
        code = reply->type == RESP_REPLY_SIMPLE ? CTL_OK : CTL_NO;
        print_set(options, arguments[0], code == CTL_OK);
    } else {
        code = ctl_strange_reply();
    }
    memory_free(reply);
    return code;
}

int ctl_set(const struct ctl_options *options, char **arguments)
{
    struct buffer value = {0};
    int code;

    if (strcmp(arguments[1], "-") != 0) {
        return send_set(options, arguments, NULL);
    }
    code = read_value(&value);
    if (code == CTL_OK) {
        code = send_set(options, arguments, &value);
    }
    buffer_free(&value);
    return code;
}

int ctl_del(const struct ctl_options *options, char **arguments)
{
    struct ctl_request request = {.writes = true};
    struct resp_reply *reply;
    struct json json;
    int code;

    ctl_request_add(&request, "DEL");
    while (*arguments != NULL) {
        ctl_request_add(&request, *arguments++);
    }
    reply = ctl_request_send(&request, options, NULL, &code);
    if (reply == NULL) {
        return code;
    }
    if (reply->type != RESP_REPLY_INTEGER) {
        code = ctl_strange_reply();
    } else if (options->format == CTL_JSON) {
        json_begin(&json, stdout);
        json_open(&json, NULL, '{');
        json_integer(&json, "deleted", reply->integer);
        json_close(&json, '}');
        putchar('\n');
    } else {
        printf("%" PRId64 "\n", reply->integer);
    }
    memory_free(reply);
    return code;
}
