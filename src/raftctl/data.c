/*
 * raftctl get, set and del.
 */
#include "raftctl/raftctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "raftctl/output.h"
#include "raftctl/request.h"

/* A reply of a type that the command never gives. */
static int strange_reply(void)
{
    ctl_complain("the answer is of a type that this command never gives: is it raftd?");
    return CTL_REFUSED;
}

/* ---- The commands ------------------------------------------------------------------------- */

static void print_value(const struct ctl_options *options, const char *key,
                        const struct resp_reply *reply)
{
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
        fputs(isatty(STDOUT_FILENO) ? "(nil)" : "", stdout);
    } else if (isatty(STDOUT_FILENO)) {
        print_quoted(stdout, reply->text, reply->size_bytes);
    } else {
        fwrite(reply->text, 1, reply->size_bytes, stdout);
    }
    putchar('\n');
}

int ctl_get(const struct ctl_options *options, char **arguments)
{
    int code;
    struct resp_reply *reply = ctl_request(options, "GET", arguments, false, &code);

    if (reply == NULL) {
        return code;
    }
    if (reply->type == RESP_REPLY_BULK || reply->type == RESP_REPLY_NIL) {
        code = reply->type == RESP_REPLY_BULK ? CTL_OK : CTL_NO;
        print_value(options, arguments[0], reply);
    } else {
        code = strange_reply();
    }
    memory_free(reply);
    return code;
}

int ctl_set(const struct ctl_options *options, char **arguments)
{
    struct json json;
    int code;
    struct resp_reply *reply = ctl_request(options, "SET", arguments, true, &code);

    if (reply == NULL) {
        return code;
    }
    if (reply->type != RESP_REPLY_SIMPLE) {
        code = strange_reply();
    } else if (options->format == CTL_JSON) {
        json_begin(&json, stdout);
        json_open(&json, NULL, '{');
        json_text(&json, "key", arguments[0]);
        json_boolean(&json, "ok", true);
        json_close(&json, '}');
        putchar('\n');
    } else {
        puts("OK");
    }
    memory_free(reply);
    return code;
}

int ctl_del(const struct ctl_options *options, char **arguments)
{
    struct json json;
    int code;
    struct resp_reply *reply = ctl_request(options, "DEL", arguments, true, &code);

    if (reply == NULL) {
        return code;
    }
    if (reply->type != RESP_REPLY_INTEGER) {
        code = strange_reply();
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
