/*
 * The table of commands, and what is made from it.
 */
#include "commands/command.h"
#include "commands/syntax.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/rig.h"
#include "unit.h"

static struct rig rig;

static void setup(void)
{
    rig_init(&rig);
    rig_start(&rig);
}

static void teardown(void)
{
    rig_stop(&rig);
}

static const struct command *find(const char *name)
{
    return command_find_full(name, strlen(name));
}

/* Calls check for each command and subcommand. */
static void each_command(void (*check)(const struct command *command))
{
    for (size_t i = 0; i < command_count(); i++) {
        check(command_at(i));
        for (const struct command *sub = command_at(i)->subcommands;
             sub != NULL && sub->name != NULL; sub++) {
            check(sub);
        }
    }
}

static void found_by_its_name(const struct command *command)
{
    const char *name = command->full_name;
    char shouted[64];

    ck_assert_uint_lt(strlen(name), sizeof(shouted));
    for (size_t i = 0; i <= strlen(name); i++) {
        shouted[i] = (char)toupper((unsigned char)name[i]);
    }
    ck_assert_ptr_eq(find(name), command);
    ck_assert_ptr_eq(find(shouted), command);
}

START_TEST(every_command_is_found_in_whatever_case)
{
    each_command(found_by_its_name);
    ck_assert_ptr_null(find(""));
    ck_assert_ptr_null(find("ge"));
    ck_assert_ptr_null(find("gett"));
    ck_assert_ptr_null(find("client|"));
    ck_assert_ptr_null(find("client|idd"));
    ck_assert_ptr_null(find("get|id"));
    ck_assert_ptr_null(find("|"));
    ck_assert_ptr_null(command_find("get\0", 4));
    ck_assert_ptr_null(command_find("GE[", 3)); /* '[' is not '{', nor is '@' a '`' */
    ck_assert_ptr_null(find("aVeryLongNameThatIsLongerThanAnyCommandMayBe"));
}
END_TEST

static void well_formed(const struct command *command)
{
    bool is_container = command->subcommands != NULL && command->run == NULL;
    bool on_node = command->kind == COMMAND_IS_READ || command->kind == COMMAND_IS_CHANGE;

    ck_assert_msg(command->summary != NULL && command->complexity != NULL && command->group != NULL,
                  "%s is not documented", command->name);
    ck_assert_msg(command->summary[strlen(command->summary) - 1] != '.', "%s", command->name);
    ck_assert_msg(is_container || command->run != NULL || command->operation != 0,
                  "%s does nothing", command->name);
    ck_assert_msg(command->arity != 0, "%s", command->name);
    ck_assert_msg((command->first_key > 0) == (command->key_access != NULL), "%s", command->name);
    /* What reads or changes data is refused while the node is not ready; and only that is
     * called a write. */
    ck_assert_msg(!on_node || (command->flags & COMMAND_LOADING) == 0, "%s", command->name);
    ck_assert_msg((command->kind == COMMAND_IS_CHANGE) == ((command->flags & COMMAND_WRITE) != 0),
                  "%s", command->name);
    ck_assert_msg((command->kind == COMMAND_IS_READ) == ((command->flags & COMMAND_READONLY) != 0),
                  "%s", command->name);
    if (command->run == NULL && !is_container) {
        ck_assert_msg((command->operation >= KV_GET) == (command->kind == COMMAND_IS_READ), "%s",
                      command->name);
    }
}

START_TEST(every_entry_is_well_formed)
{
    each_command(well_formed);
}
END_TEST

static void expect_synopsis(const char *name, const char *wanted)
{
    struct buffer text = {0};

    command_write_synopsis(find(name), &text);
    buffer_append_u8(&text, '\0');
    ck_assert_str_eq((const char *)text.data, wanted);
    buffer_free(&text);
}

static void read_to_the_end(struct syntax line)
{
    struct syntax_argument argument;

    while (syntax_next(&line, &argument)) {
        bool has_parts = argument.type == SYNTAX_ONEOF || argument.type == SYNTAX_BLOCK;

        ck_assert(argument.type == SYNTAX_TOKEN || argument.name.size > 0);
        ck_assert(argument.type != SYNTAX_TOKEN || argument.token.size > 0);
        ck_assert_int_eq(has_parts, argument.parts.size > 0);
        read_to_the_end(argument.parts);
    }
}

static void syntax_is_readable(const struct command *command)
{
    if (command->syntax != NULL) {
        ck_assert_uint_gt(syntax_count(syntax_of(command->syntax)), 0);
        read_to_the_end(syntax_of(command->syntax));
    }
}

START_TEST(every_syntax_can_be_read)
{
    each_command(syntax_is_readable);
}
END_TEST

START_TEST(synopses_are_made_from_the_arguments)
{
    expect_synopsis("dbsize", "DBSIZE");
    expect_synopsis(
        "set",
        "SET key value [NX | XX | IFEQ ifeq-value] [GET] [EX seconds | PX milliseconds | EXAT "
        "unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]");
    expect_synopsis("mset", "MSET key value [key value ...]");
    expect_synopsis("scan", "SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]");
    expect_synopsis("client|reply", "CLIENT REPLY (ON | OFF | SKIP)");
    expect_synopsis("hello", "HELLO [protover [AUTH username password] [SETNAME clientname]]");
    expect_synopsis("info", "INFO [section [section ...]]");
    expect_synopsis("flushall", "FLUSHALL [ASYNC | SYNC]");
    expect_synopsis("client|setinfo", "CLIENT SETINFO (LIB-NAME libname | LIB-VER libver)");
}
END_TEST

/* ---- COMMAND ------------------------------------------------------------------------------ */

START_TEST(command_info_is_as_redis_has_it)
{
    int client = rig_connect(&rig);

    rig_talk(&rig, client, "COMMAND INFO get nope\r\n",
             "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
             "*3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n"
             "*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n"
             "$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n"
             "$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n"
             "$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n"
             "$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n"
             "$5\r\nlimit\r\n:0\r\n*0\r\n$-1\r\n");
    rig_talk(&rig, client, "COMMAND INFO client|id\r\n",
             "*1\r\n*10\r\n$9\r\nclient|id\r\n:2\r\n*2\r\n+loading\r\n+stale\r\n"
             ":0\r\n:0\r\n:0\r\n*2\r\n+@slow\r\n+@connection\r\n*0\r\n*0\r\n*0\r\n");
    close(client);
}
END_TEST

START_TEST(command_docs_is_as_redis_has_it)
{
    int client = rig_connect(&rig);

    rig_talk(&rig, client, "COMMAND DOCS get nope\r\n",
             "*2\r\n$3\r\nget\r\n*10\r\n$7\r\nsummary\r\n$22\r\nGet the value of a key\r\n"
             "$5\r\nsince\r\n$5\r\n0.1.0\r\n$5\r\ngroup\r\n$6\r\nstring\r\n"
             "$10\r\ncomplexity\r\n$4\r\nO(1)\r\n$9\r\narguments\r\n*1\r\n*6\r\n"
             "$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n"
             "$14\r\nkey_spec_index\r\n:0\r\n");
    close(client);
}
END_TEST

START_TEST(command_knows_its_keys_and_names)
{
    int client = rig_connect(&rig);

    rig_talk(&rig, client, "COMMAND GETKEYS mset a 1 b 2\r\n", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    rig_talk(&rig, client, "COMMAND GETKEYS GET a\r\n", "*1\r\n$1\r\na\r\n");
    rig_talk(&rig, client, "COMMAND GETKEYS del a b c\r\n",
             "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    rig_talk(&rig, client, "COMMAND GETKEYS ping x\r\n",
             "-ERR The command has no key arguments\r\n");
    rig_talk(&rig, client, "COMMAND GETKEYS raft status\r\n",
             "-ERR The command has no key arguments\r\n");
    rig_talk(&rig, client, "COMMAND GETKEYS nope x\r\n", "-ERR Invalid command specified\r\n");
    rig_talk(&rig, client, "COMMAND GETKEYS get a b\r\n",
             "-ERR Invalid number of arguments specified for command\r\n");
    rig_talk(&rig, client, "COMMAND LIST FILTERBY PATTERN *getn*\r\n",
             "*1\r\n$14\r\nclient|getname\r\n");
    rig_talk(&rig, client, "COMMAND LIST FILTERBY MODULE x\r\n", "*0\r\n");
    rig_talk(&rig, client, "COMMAND LIST FILTERBY x y\r\n", "-ERR syntax error\r\n");
    rig_talk(&rig, client, "COMMAND NOPE\r\n",
             "-ERR unknown subcommand 'NOPE'. Try COMMAND HELP.\r\n");
    close(client);
}
END_TEST

/* The end of one reply, or of what there is of it. */
static const char *skip_reply(const char *at)
{
    const char *line_end = strstr(at, "\r\n");
    long number = strtol(at + 1, NULL, 10);

    if (*at == '\0' || line_end == NULL) {
        return "(the end is missing)";
    }
    switch (*at) {
    case '$':
    case '=':
        return number < 0 ? line_end + 2 : line_end + 2 + number + 2;
    case '%':
        number *= 2;
        /* fall through */
    case '*':
    case '~':
        at = line_end + 2;
        for (long i = 0; i < number; i++) {
            at = skip_reply(at);
        }
        return at;
    default:
        ck_assert_msg(strchr("+-:_#", *at) != NULL, "what is '%c'?", *at);
        return line_end + 2;
    }
}

/* A count that does not agree with what follows would derail every client. */
START_TEST(long_replies_are_whole)
{
    static const char *const commands[] = {
        "COMMAND",      "COMMAND INFO", "COMMAND DOCS", "COMMAND LIST",
        "COMMAND HELP", "CLIENT HELP",  "CONFIG HELP",  "RAFT HELP",
        "RAFT STATUS",  "RAFT MEMBERS", "HELLO",        "CONFIG GET *",
        "INFO",         "CLIENT LIST",  "CLIENT INFO",  "COMMAND LIST FILTERBY ACLCAT read",
    };
    int client = rig_connect(&rig);

    for (int protocol = 2; protocol <= 3; protocol++) {
        free(rig_ask(&rig, client, protocol == 2 ? "HELLO 2\r\n" : "HELLO 3\r\n"));
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
            char request[64];
            char *reply;

            strcpy(request, commands[i]);
            strcat(request, "\r\n");
            reply = rig_ask(&rig, client, request);
            ck_assert_msg(strcmp(skip_reply(reply), "") == 0, "%s: \"%s\" is left over or missing",
                          commands[i], skip_reply(reply));
            free(reply);
        }
    }
    close(client);
}
END_TEST

UNIT_SUITE(command)
{
    Suite *suite = suite_create("command");
    TCase *table = tcase_create("table");
    TCase *replies = tcase_create("replies");

    tcase_add_unchecked_fixture(table, command_table_prepare, NULL);
    tcase_add_test(table, every_command_is_found_in_whatever_case);
    tcase_add_test(table, every_entry_is_well_formed);
    tcase_add_test(table, every_syntax_can_be_read);
    tcase_add_test(table, synopses_are_made_from_the_arguments);
    suite_add_tcase(suite, table);
    tcase_add_checked_fixture(replies, setup, teardown);
    tcase_add_test(replies, command_info_is_as_redis_has_it);
    tcase_add_test(replies, command_docs_is_as_redis_has_it);
    tcase_add_test(replies, command_knows_its_keys_and_names);
    tcase_add_test(replies, long_replies_are_whole);
    suite_add_tcase(suite, replies);
    return suite;
}
