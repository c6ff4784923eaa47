/*
 * Lock scripts: in the shapes that clients have for them, and not in others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/connection.h"
#include "front/rig.h"
#include "resp/writer.h"
#include "script/script.h"
#include "script/sha1.h"
#include "unit.h"

static struct rig rig;
static int client;
static int other;

static void setup(void)
{
    rig_init(&rig);
    rig_start(&rig);
    client = rig_connect(&rig);
    other = rig_connect(&rig);
}

static void teardown(void)
{
    close(client);
    close(other);
    rig_stop(&rig);
}

static void talk(const char *request, const char *reply)
{
    rig_talk(&rig, client, request, reply);
}

/* EVAL with one key and up to three arguments, as a request of bulk strings. */
static void eval(const char *script, const char *const arguments[3], const char *reply)
{
    struct buffer request = {0};
    size_t count = 0;

    while (count < 3 && arguments[count] != NULL) {
        count++;
    }
    resp_write_array(&request, 4 + count);
    resp_write_text(&request, "EVAL");
    resp_write_text(&request, script);
    resp_write_text(&request, "1");
    resp_write_text(&request, "lock");
    for (size_t i = 0; i < count; i++) {
        resp_write_text(&request, arguments[i]);
    }
    rig_send_bytes(client, request.data, request.size_bytes);
    buffer_free(&request);
    rig_expect(&rig, client, reply);
}

static const char *const mine[3] = {"me", "5000", "1"};
static const char *const foreign[3] = {"you", "5000", "1"};

/* What each does where the lock is mine, somebody else's or nobody's. */
static const struct shape {
    const char *script;
    const char *equal, *other, *missing;
    bool deletes;
} shapes[] = {
    {"if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return "
     "0 "
     "end",
     ":1\r\n", ":0\r\n", ":0\r\n", true},
    {"-- free it\nif ARGV[1] == redis.call(\"GET\",KEYS[1])\nthen\n  return "
     "redis.call(\"DEL\",KEYS[1]);\n"
     "end;\nreturn 0;",
     ":1\r\n", ":0\r\n", ":0\r\n", true},
    {"local held = redis.call('get', KEYS[1]) if held == false then return -1 elseif held ~= "
     "ARGV[1] "
     "then return 0 end redis.call('unlink', KEYS[1]) return redis.status_reply('OK')",
     "+OK\r\n", ":0\r\n", ":-1\r\n", true},
    {"local n = 0 for i, k in ipairs(KEYS) do if redis.call('get', k) == ARGV[1] then "
     "redis.pcall('del', k) n = n + 1 end end return n",
     ":1\r\n", ":0\r\n", ":0\r\n", true},
    {"local all = redis.call('mget', unpack(KEYS)) for i, _ in ipairs(KEYS) do if all[i] ~= "
     "ARGV[1] "
     "then return false end end for _, k in ipairs(KEYS) do if redis.call('del', k) ~= 1 then "
     "return "
     "redis.error_reply('gone ' + k) end end return redis.status_reply('OK')",
     "+OK\r\n", "$-1\r\n", "$-1\r\n", true},
    {"if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('pexpire',KEYS[1],ARGV[2]) else "
     "return 0 end",
     ":1\r\n", ":0\r\n", ":0\r\n", false},
    {"if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end redis.call('set', KEYS[1], "
     "ARGV[1], "
     "'PX', ARGV[2]) return #KEYS",
     ":1\r\n", ":0\r\n", ":0\r\n", false},
    {"if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PTTL', KEYS[1]) else return "
     "-3 "
     "end",
     ":-1\r\n", ":-3\r\n", ":-3\r\n", false},
};

START_TEST(lock_scripts_do_what_they_say)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        const struct shape *shape = &shapes[i];

        talk("DEL lock\r\nSET lock me\r\nDEL lock\r\n", ":");
        free(rig_ask(&rig, client, ""));
        eval(shape->script, mine, shape->missing);
        talk("SET lock me\r\n", "+OK\r\n");
        eval(shape->script, foreign, shape->other);
        talk("GET lock\r\n", "$2\r\nme\r\n");
        eval(shape->script, mine, shape->equal);
        talk("EXISTS lock\r\n", shape->deletes ? ":0\r\n" : ":1\r\n");
    }
}
END_TEST

START_TEST(a_time_to_live_is_replaced_or_added_to)
{
    static const char extend[] =
        "local t = redis.call('get', KEYS[1]) if not t or t ~= ARGV[1] then return 0 end local "
        "left = "
        "redis.call('pttl', KEYS[1]) if not left then left = 0 end if left < 0 then return 0 end "
        "local ttl = ARGV[2] if ARGV[3] == \"0\" then ttl = ARGV[2] + left end "
        "redis.call('pexpire', KEYS[1], ttl) return 1";
    static const char *const add[3] = {"me", "5000", "0"};

    talk("SET lock me\r\n", "+OK\r\n");
    eval(extend, mine, ":0\r\n"); /* it lives for ever, and stays so */
    eval(extend, add, ":0\r\n");
    talk("TTL lock\r\n", ":-1\r\n");
    talk("SET lock me EX 100\r\n", "+OK\r\n");
    eval(extend, add, ":1\r\n");
    talk("TTL lock\r\n", ":105\r\n");
    eval(extend, mine, ":1\r\n");
    talk("TTL lock\r\n", ":5\r\n");
    eval(extend, foreign, ":0\r\n");
    talk("DEL lock\r\n", ":1\r\n");
    eval(extend, add, ":0\r\n");
}
END_TEST

START_TEST(a_lock_is_taken_or_kept)
{
    static const char take[] = "if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then "
                               "return 1 else return 0 end";
    static const char touch[] =
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], "
        "ARGV[2]) "
        "else local rv = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) if type(rv) == "
        "'table' then return 1 else return 0 end end";

    eval(take, mine, ":1\r\n");
    eval(take, mine, ":0\r\n");
    talk("TTL lock\r\n", ":5\r\n");
    eval(touch, foreign, ":0\r\n");
    eval(touch, mine, ":1\r\n");
    talk("DEL lock\r\n", ":1\r\n");
    eval(touch, mine, ":1\r\n");
    talk("GET lock\r\n", "$2\r\nme\r\n");
}
END_TEST

/* As an administrator breaks a lock, or somebody gives several the same time to live. */
START_TEST(a_key_is_deleted_or_kept_whatever_it_holds)
{
    static const char expire[] =
        "local found = 0 for i = 1, #KEYS, 1 do local set if ARGV[3] ~= '' then set = "
        "redis.call('pexpire', KEYS[i], ARGV[2]) else set = redis.call('pexpire', KEYS[i], "
        "ARGV[2], ARGV[3]) end if set == 1 then found = set end end return found";
    static const char delete[] =
        "if redis.call('del', KEYS[1]) == 1 then return 'gone' end return 'none'";

    eval(expire, mine, ":0\r\n");
    eval(delete, mine, "$4\r\nnone\r\n");
    talk("SET lock somebody\r\n", "+OK\r\n");
    eval(expire, mine, ":1\r\n");
    talk("TTL lock\r\n", ":5\r\n");
    eval(expire, foreign, ":1\r\n");
    talk("GET lock\r\n", "$8\r\nsomebody\r\n");
    eval(delete, mine, "$4\r\ngone\r\n");
    talk("SET lock me\r\n", "+OK\r\n");
    eval(delete, mine, "$4\r\ngone\r\n");
    talk("EXISTS lock\r\n", ":0\r\n");
}
END_TEST

static const char *const strangers[] = {
    "return redis.call('incr', KEYS[1])",
    "redis.call('set', KEYS[1], ARGV[1]) return 1",
    "redis.call('del', KEYS[1]) return redis.call('get', KEYS[1])",
    "local held = redis.call('get', KEYS[1]) redis.call('del', KEYS[1]) return held",
    "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) redis.call('del', "
    "KEYS[1]) end",
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[2]) end",
    "if redis.call('get', KEYS[1]) ~= ARGV[1] then return redis.call('del', KEYS[1]) end",
    "if redis.call('get', KEYS[1]) == ARGV[1] or redis.call('get', KEYS[1]) == ARGV[2] then return "
    "redis.call('del', KEYS[1]) end",
    "while true do end",
    "return {1, 2}",
    "return cjson.encode(KEYS)",
    "if",
    "'",
    "((((((((((((((((((((((((((((((((((((((((",
    "return ########################################KEYS",
    "if if if if if if if if if if if if if if if if if if if if if if if if if if if if if if",
    "",
};

START_TEST(other_scripts_are_refused_and_do_nothing)
{
    talk("SET lock me\r\n", "+OK\r\n");
    for (size_t i = 0; i + 1 < sizeof(strangers) / sizeof(strangers[0]); i++) {
        eval(strangers[i], mine, "-ERR raftd does not run this script: ");
        free(rig_ask(&rig, client, ""));
        talk("GET lock\r\n", "$2\r\nme\r\n");
    }
}
END_TEST

START_TEST(scripts_are_known_by_their_digest)
{
    static const uint8_t abc[SHA1_BYTES] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81,
                                            0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50,
                                            0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
    uint8_t digest[SHA1_BYTES];
    char *id;
    char request[256];

    sha1("abc", 3, digest);
    ck_assert_mem_eq(digest, abc, sizeof(abc));
    talk("EVALSHA a9993e364706816aba3e25717850c26c9cd0d89d 0\r\n",
         "-NOSCRIPT No matching script. Please use EVAL.\r\n");
    id = rig_ask(&rig, client,
                 "SCRIPT LOAD \"if redis.call('get', KEYS[1]) == ARGV[1] then return "
                 "redis.call('del', KEYS[1]) else return 0 end\"\r\n");
    ck_assert_int_eq(strncmp(id, "$40\r\n", 5), 0);
    talk("SET lock me\r\n", "+OK\r\n");
    snprintf(request, sizeof(request), "EVALSHA %.40s 1 lock me\r\n", id + 5);
    talk(request, ":1\r\n");
    snprintf(request, sizeof(request), "SCRIPT EXISTS %.40s x\r\n", id + 5);
    talk(request, "*2\r\n:1\r\n:0\r\n");
    talk("SCRIPT FLUSH\r\n", "+OK\r\n");
    talk(request, "*2\r\n:0\r\n:0\r\n");
    free(id);
    talk("EVAL_RO \"return redis.call('del', KEYS[1])\" 1 lock\r\n",
         "-ERR Write commands are not allowed from read-only scripts\r\n");
    talk("EVAL_RO \"return redis.call('set', KEYS[1], 'x', 'NX')\" 1 lock\r\n",
         "-ERR Write commands are not allowed from read-only scripts\r\n");
    talk("EVAL_RO \"if redis.call('get', KEYS[1]) == ARGV[1] then return 1 else return 0 end\" 1 "
         "lock "
         "me\r\n",
         ":0\r\n");
    talk("EVAL x y\r\n", "-ERR value is not an integer or out of range\r\n");
    talk("EVAL x 2 a\r\n", "-ERR Number of keys can't be greater than number of args\r\n");
    talk("EVAL x -1\r\n", "-ERR Number of keys can't be negative\r\n");
    talk("SCRIPT LOAD \"return math.random()\"\r\n",
         "-ERR raftd does not run this script: it runs only scripts that take, keep or release a "
         "lock; see raftd-commands(7)\r\n");
}
END_TEST

START_TEST(a_lock_script_is_part_of_a_transaction)
{
    talk("SET lock me\r\nMULTI\r\n", "+OK\r\n+OK\r\n");
    eval(shapes[0].script, mine, "+QUEUED\r\n");
    talk("GET lock\r\nEXEC\r\n", "+QUEUED\r\n*2\r\n:1\r\n$-1\r\n");
}
END_TEST

UNIT_SUITE(script)
{
    Suite *suite = suite_create("script");
    TCase *tests = tcase_create("script");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lock_scripts_do_what_they_say);
    tcase_add_test(tests, a_time_to_live_is_replaced_or_added_to);
    tcase_add_test(tests, a_lock_is_taken_or_kept);
    tcase_add_test(tests, a_key_is_deleted_or_kept_whatever_it_holds);
    tcase_add_test(tests, other_scripts_are_refused_and_do_nothing);
    tcase_add_test(tests, scripts_are_known_by_their_digest);
    tcase_add_test(tests, a_lock_script_is_part_of_a_transaction);
    suite_add_tcase(suite, tests);
    return suite;
}
