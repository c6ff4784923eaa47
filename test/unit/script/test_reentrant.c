/*
 * Scripts about reentrant locks: in the shapes that clients have for them, and not in others.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/rig.h"
#include "resp/writer.h"
#include "unit.h"

enum { WORDS_MAX = 12 };

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

/* The number of keys, the keys, the arguments: up to NULL. */
struct words {
    const char *text[WORDS_MAX];
};

static void send_eval(const char *command, const char *script, const struct words *words)
{
    struct buffer request = {0};
    size_t count = 0;

    while (words->text[count] != NULL) {
        count++;
    }
    resp_write_array(&request, 2 + count);
    resp_write_text(&request, command);
    resp_write_text(&request, script);
    for (size_t i = 0; i < count; i++) {
        resp_write_text(&request, words->text[i]);
    }
    rig_send_bytes(client, request.data, request.size_bytes);
    buffer_free(&request);
}

static void eval(const char *script, const struct words *words, const char *reply)
{
    send_eval("EVAL", script, words);
    rig_expect(&rig, client, reply);
}

#define CHANNEL_WORDS(who)                                                                         \
    {                                                                                              \
        {                                                                                          \
            "2", "lock", "channel", who, "90000", "free", "publish"                                \
        }                                                                                          \
    }
#define LATCH_WORDS(who, latch)                                                                    \
    {                                                                                              \
        {                                                                                          \
            "3", "lock", "channel", latch, who, "90000", "free", "PUBLISH", "70000"                \
        }                                                                                          \
    }

static const struct words mine = {{"1", "lock", "me", "90000"}};
static const struct words yours = {{"1", "lock", "you", "90000"}};
static const struct words my_channel = CHANNEL_WORDS("me");
static const struct words your_channel = CHANNEL_WORDS("you");

static const char *const locks[] = {
    "if redis.call('exists', KEYS[1]) == 1 and redis.call('hexists', KEYS[1], ARGV[1]) == 0 then "
    "return redis.call('pttl', KEYS[1]) end redis.call('hincrby', KEYS[1], ARGV[1], 1) "
    "redis.call('pexpire', KEYS[1], ARGV[2]) return nil",
    "local is_free = redis.call('EXISTS', KEYS[1]) == 0; if is_free or redis.call('HEXISTS', "
    "KEYS[1], ARGV[1]) == 1 then if redis.call('hincrby', KEYS[1], ARGV[1], '1') > 0 then "
    "redis.call('pexpire', KEYS[1], ARGV[2]); end; return false; end; return redis.call('pttl', "
    "KEYS[1]);",
    "if redis.call('hexists', KEYS[1], ARGV[1]) == 1 then redis.call('hincrby', KEYS[1], ARGV[1], "
    "1) redis.call('pexpire', KEYS[1], ARGV[2]) return elseif redis.call('exists', KEYS[1]) == 0 "
    "then redis.call('hincrby', KEYS[1], ARGV[1], 1) redis.call('pexpire', KEYS[1], ARGV[2]) "
    "return end return redis.call('pttl', KEYS[1])",
};

/* Whether the client named and no other holds the lock, and how often; 0: nobody. */
static void check_held(const char *count)
{
    if (strcmp(count, "0") == 0) {
        talk("EXISTS lock\r\nHEXISTS lock me\r\nHGET lock me\r\n", ":0\r\n:0\r\n$-1\r\n");
        return;
    }
    talk("HGET lock me\r\n", "$1\r\n");
    rig_expect(&rig, client, count);
    rig_expect(&rig, client, "\r\n");
    talk("HEXISTS lock me\r\nHGET lock you\r\nHEXISTS lock you\r\n", ":1\r\n$-1\r\n:0\r\n");
}

START_TEST(a_lock_is_taken_as_often_as_its_holder_wants)
{
    for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
        talk("DEL lock\r\n", i == 0 ? ":0\r\n" : ":1\r\n");
        eval(locks[i], &mine, "$-1\r\n");
        check_held("1");
        talk("TTL lock\r\n", ":90\r\n");
        eval(locks[i], &yours, ":90000\r\n");
        eval(locks[i], &mine, "$-1\r\n");
        check_held("2");
    }
    talk("HELLO 3\r\n", "%");
    free(rig_ask(&rig, client, ""));
    eval(locks[0], &mine, "_\r\n");
    talk("SET lock text\r\n", "+OK\r\n");
    eval(locks[0], &mine, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    talk("HGET lock me\r\n",
         "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
}
END_TEST

#define COUNT_DOWN "local left = redis.call('hincrby', KEYS[1], ARGV[1], -1) "

static const char *const unlocks[] = {
    "if redis.call('hexists', KEYS[1], ARGV[1]) ~= 1 then return nil end " COUNT_DOWN
    "if left <= 0 then redis.call('del', KEYS[1]) redis.call(ARGV[4], KEYS[2], ARGV[3]) return 1 "
    "end redis.call('pexpire', KEYS[1], ARGV[2]) return 0",
    "if redis.call('hexists', KEYS[1], ARGV[1]) == 0 then return false; end; " COUNT_DOWN
    "if left > 0 then redis.call('pexpire', KEYS[1], ARGV[2]); return 0; else redis.call('publish',"
    " KEYS[2], ARGV[3]); redis.call('del', KEYS[1]); return 1; end; return nil;",
};

START_TEST(it_is_released_as_often_and_those_who_wait_are_told)
{
    rig_talk(&rig, other, "SUBSCRIBE channel\r\n",
             "*3\r\n$9\r\nsubscribe\r\n$7\r\nchannel\r\n:1\r\n");
    for (size_t i = 0; i < sizeof(unlocks) / sizeof(unlocks[0]); i++) {
        eval(unlocks[i], &my_channel, "$-1\r\n");
        eval(locks[0], &mine, "$-1\r\n");
        eval(locks[0], &mine, "$-1\r\n");
        eval(unlocks[i], &your_channel, "$-1\r\n");
        check_held("2");
        eval(unlocks[i], &my_channel, ":0\r\n");
        check_held("1");
        eval(unlocks[i], &my_channel, ":1\r\n");
        check_held("0");
        rig_expect(&rig, other, "*3\r\n$7\r\nmessage\r\n$7\r\nchannel\r\n$4\r\nfree\r\n");
    }
    /* Without a channel, as one who waits by trying again has it. */
    eval(locks[0], &mine, "$-1\r\n");
    eval("if redis.call('hexists', KEYS[1], ARGV[1]) == 0 then return nil end " COUNT_DOWN
         "if left > 0 then redis.call('pexpire', KEYS[1], ARGV[2]) return 0 end "
         "redis.call('del', KEYS[1]) return 1",
         &mine, ":1\r\n");
    check_held("0");
}
END_TEST

START_TEST(a_release_with_a_latch_takes_place_once)
{
    static const struct words first = LATCH_WORDS("me", "first");
    static const struct words second = LATCH_WORDS("me", "second");
    static const struct words third = LATCH_WORDS("me", "third");
    static const char unlock[] =
        "local before = redis.call('get', KEYS[3]) if before then return tonumber(before) end "
        "if redis.call('hexists', KEYS[1], ARGV[1]) == 0 then return nil end " COUNT_DOWN
        "if left > 0 then redis.call('pexpire', KEYS[1], ARGV[2]) "
        "redis.call('set', KEYS[3], 0, 'px', ARGV[5]) return 0 else redis.call('del', KEYS[1]) "
        "redis.call(ARGV[4], KEYS[2], ARGV[3]) redis.call('set', KEYS[3], '1', 'PX', ARGV[5]) "
        "return 1 end";

    eval(unlock, &third, "$-1\r\n");
    eval(locks[0], &mine, "$-1\r\n");
    eval(locks[0], &mine, "$-1\r\n");
    eval(unlock, &first, ":0\r\n");
    eval(unlock, &first, ":0\r\n");
    check_held("1");
    eval(unlock, &second, ":1\r\n");
    eval(locks[0], &mine, "$-1\r\n");
    eval(unlock, &second, ":1\r\n");
    check_held("1");
    talk("TTL second\r\nEXISTS third\r\n", ":70\r\n:0\r\n");
}
END_TEST

START_TEST(it_is_renewed)
{
    static const struct words longer = {{"1", "lock", "me", "500000"}};
    static const struct words many = {{"3", "lock", "none", "lock", "600000", "me", "me", "you"}};
    static const struct words one = {{"1", "lock", "700000", "me"}};
    static const char renew[] = "if redis.call('hexists', KEYS[1], ARGV[1]) == 0 then return 0 end "
                                "return redis.call('pexpire', KEYS[1], ARGV[2])";
    static const char renew_all[] =
        "local found = {} for i = 1, #KEYS, 1 do local held = redis.call('hexists', KEYS[i], "
        "ARGV[1 "
        "+ i]) if held == 1 then redis.call('pexpire', KEYS[i], ARGV[1]) table.insert(found, 1) "
        "else table.insert(found, 0) end end return found";

    eval(renew, &mine, ":0\r\n");
    eval(locks[0], &mine, "$-1\r\n");
    eval(renew, &longer, ":1\r\n");
    talk("TTL lock\r\n", ":500\r\n");
    eval(renew, &yours, ":0\r\n");
    talk("TTL lock\r\n", ":500\r\n");
    eval(renew_all, &many, "*3\r\n:1\r\n:0\r\n:0\r\n");
    talk("TTL lock\r\nEXISTS none\r\n", ":600\r\n:0\r\n");
    eval(renew_all, &one, "*1\r\n:1\r\n");
    talk("TTL lock\r\n", ":700\r\n");
}
END_TEST

START_TEST(anybody_may_break_it)
{
    static const char force[] = "if redis.call('del', KEYS[1]) == 0 then return 0 end "
                                "redis.call('publish', KEYS[2], ARGV[3]) return 1";

    eval(force, &my_channel, ":0\r\n");
    eval(locks[0], &mine, "$-1\r\n");
    eval(locks[0], &mine, "$-1\r\n");
    rig_talk(&rig, other, "SUBSCRIBE channel\r\n",
             "*3\r\n$9\r\nsubscribe\r\n$7\r\nchannel\r\n:1\r\n");
    eval(force, &your_channel, ":1\r\n");
    rig_expect(&rig, other, "*3\r\n$7\r\nmessage\r\n$7\r\nchannel\r\n$4\r\nfree\r\n");
    check_held("0");
}
END_TEST

#define HOLDS "redis.call('hexists', KEYS[1], ARGV[1]) == 1"
#define TAKE "redis.call('hincrby', KEYS[1], ARGV[1], 1) redis.call('pexpire', KEYS[1], ARGV[2]) "
#define OR_WAIT "return nil end return redis.call('pttl', KEYS[1])"
#define FREE_OR_MINE "if redis.call('exists', KEYS[1]) == 0 or " HOLDS " then "
#define MINE_ONLY "if redis.call('hexists', KEYS[1], ARGV[1]) == 0 then return nil end "
#define GIVE COUNT_DOWN "if left > 0 then redis.call('pexpire', KEYS[1], ARGV[2]) return 0 end "
#define LATCHED "local l = redis.call('get', KEYS[2]) if l then return tonumber(l) end "
#define GIVE_LATCHED                                                                               \
    COUNT_DOWN "if left > 0 then redis.call('pexpire', KEYS[1], ARGV[2]) redis.call('set', "       \
               "KEYS[2], 0, 'px', 5) return 0 end redis.call('del', KEYS[1]) redis.call('set', "   \
               "KEYS[2], 1, 'px', 5) return 1"
#define EACH "local t = {} for i = 1, #KEYS do "
#define HELD_IN_TURN "redis.call('hexists', KEYS[i], ARGV[1]) == 1"
#define RENEW_OR_NOT                                                                               \
    "if " HELD_IN_TURN " then redis.call('pexpire', KEYS[i], ARGV[2]) table.insert(t, 1) else "    \
    "table.insert(t, 0) end "

/* Each is one step away from a lock script, and means something else. */
static const char *const strangers[] = {
    /* Taking it: twice as much, for ever, from everybody, and answering something else. */
    FREE_OR_MINE
    "redis.call('hincrby', KEYS[1], ARGV[1], 2) redis.call('pexpire', KEYS[1], ARGV[2])"
    " " OR_WAIT,
    FREE_OR_MINE "redis.call('hincrby', KEYS[1], ARGV[1], 1) " OR_WAIT,
    TAKE "return nil",
    FREE_OR_MINE TAKE "return 1 end return redis.call('pttl', KEYS[1])",
    FREE_OR_MINE TAKE "return nil end return 0",
    FREE_OR_MINE TAKE "return nil end return redis.call('pttl', KEYS[1]) + 1",
    FREE_OR_MINE TAKE TAKE OR_WAIT,
    FREE_OR_MINE
    "redis.call('hincrby', KEYS[1], ARGV[2], 1) redis.call('pexpire', KEYS[1], ARGV[2])"
    " " OR_WAIT,
    "if redis.call('exists', KEYS[1]) == 0 then " TAKE OR_WAIT,
    "local free = redis.call('exists', KEYS[1]) == 0 if free or " HOLDS
    " then redis.call('hincrby', KEYS[1], ARGV[1], 1) if free and " HOLDS
    " then return nil end redis.call('pexpire', KEYS[1], ARGV[2]) " OR_WAIT,
    "if redis.call('exists', KEYS[1]) == 0 then " TAKE "return nil end if " HOLDS
    " then redis.call('hincrby', KEYS[1], ARGV[1], 1) redis.call('pexpire', KEYS[1], 5) " OR_WAIT,
    /* Releasing it: whoever holds it, without looking, too early, with other answers. */
    COUNT_DOWN "if left > 0 then return 0 end redis.call('del', KEYS[1]) return 1",
    MINE_ONLY COUNT_DOWN "redis.call('del', KEYS[1]) return 1",
    MINE_ONLY GIVE "return 1",
    "if redis.call('exists', KEYS[1]) == 0 then return 5 end " MINE_ONLY GIVE
    "redis.call('del', KEYS[1]) return 1",
    MINE_ONLY GIVE "redis.call('del', KEYS[1]) return 2",
    MINE_ONLY "if redis.call('hincrby', KEYS[1], ARGV[1], -1) == 1 then return 0 end "
              "redis.call('del', KEYS[1]) return 1",
    MINE_ONLY COUNT_DOWN "if left > 0 then redis.call('pexpire', KEYS[1], ARGV[2]) return 5 end "
                         "redis.call('del', KEYS[1]) return 1",
    MINE_ONLY COUNT_DOWN "if left > 0 then return left end redis.call('del', KEYS[1]) return 1",
    MINE_ONLY GIVE "redis.call('del', KEYS[1]) redis.call('pexpire', KEYS[1], ARGV[2]) return 1",
    MINE_ONLY GIVE "redis.call('del', KEYS[1]) return redis.call('publish', KEYS[2], ARGV[2])",
    MINE_ONLY "redis.call('publish', KEYS[2], 'free') " GIVE "redis.call('del', KEYS[1]) return 1",
    "if redis.call('del', KEYS[1]) == 1 then redis.call('publish', KEYS[2], 'free') end return 1",
    /* With a latch that is not one. */
    LATCHED MINE_ONLY GIVE "redis.call('del', KEYS[1]) return 1",
    LATCHED FREE_OR_MINE TAKE OR_WAIT,
    "local l = redis.call('get', KEYS[2]) if l == '5' then return 0 end if l then return "
    "tonumber(l) "
    "end " MINE_ONLY GIVE_LATCHED,
    "local l = redis.call('get', KEYS[2]) if l == '1' then return 1 end " MINE_ONLY GIVE
    "redis.call('del', KEYS[1]) return 1",
    LATCHED MINE_ONLY COUNT_DOWN
    "if left > 0 then redis.call('pexpire', KEYS[1], ARGV[2]) redis.call('set', KEYS[2], 1, 'px', "
    "5)"
    " return 0 end redis.call('del', KEYS[1]) redis.call('set', KEYS[2], 1, 'px', 5) return 1",
    LATCHED MINE_ONLY GIVE "redis.call('del', KEYS[1]) redis.call('set', KEYS[2], 1, 'px', 5) "
                           "return 1",
    /* Renewing: others', what is not there, or in turns that know of each other. */
    "if redis.call('exists', KEYS[1]) == 0 then return 0 end redis.call('pexpire', KEYS[1], 9) "
    "return 1",
    "if " HOLDS " then redis.call('pexpire', KEYS[1], ARGV[2]) return 2 end return 0",
    EACH "redis.call('pexpire', KEYS[i], 9) table.insert(t, 1) end return t",
    "local t = {} local n = 0 for i = 1, #KEYS do n = n + 1 " RENEW_OR_NOT "end return t",
    EACH RENEW_OR_NOT "if i == 1 then return t end end return t",
    EACH "if " HELD_IN_TURN " then redis.call('pexpire', KEYS[i], 9) return 1 end "
         "table.insert(t, 0) end return t",
    EACH "if " HELD_IN_TURN " then redis.call('pexpire', KEYS[i], 9) table.insert(t, 1) end end "
         "return t",
    EACH "if " HELD_IN_TURN " then redis.call('pexpire', KEYS[i], i) table.insert(t, 1) else "
         "table.insert(t, 0) end end return t",
    EACH "if " HELD_IN_TURN " then if i == 1 then redis.call('pexpire', KEYS[i], 9) end "
         "table.insert(t, 1) else table.insert(t, 0) end end return t",
    EACH "if " HELD_IN_TURN " then redis.call('pexpire', KEYS[i], 9) table.insert(t, i == 1 and 0 "
         "or 1) else table.insert(t, 0) end end return t",
    EACH RENEW_OR_NOT "end redis.call('del', KEYS[1]) return t",
    EACH RENEW_OR_NOT "end for i = 1, #KEYS do " RENEW_OR_NOT "end return t",
    "local u = {} " EACH RENEW_OR_NOT "end return u",
    "for i = 1, #KEYS do end return {}",
    "return {}",
};

START_TEST(other_scripts_are_refused_and_do_nothing)
{
    static const struct words two = {{"2", "lock", "second", "me", "90000"}};

    eval(locks[0], &mine, "$-1\r\n");
    eval(locks[0], &mine, "$-1\r\n");
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        eval(strangers[i], &two, "-ERR raftd does not run this script: ");
        free(rig_ask(&rig, client, ""));
        check_held("2");
        talk("TTL lock\r\nEXISTS second\r\n", ":90\r\n:0\r\n");
    }
    send_eval("EVAL_RO", locks[0], &mine);
    rig_expect(&rig, client, "-ERR Write commands are not allowed from read-only scripts\r\n");
}
END_TEST

START_TEST(a_lock_is_taken_in_a_transaction)
{
    talk("MULTI\r\n", "+OK\r\n");
    eval(locks[0], &mine, "+QUEUED\r\n");
    eval(unlocks[0], &my_channel, "+QUEUED\r\n");
    talk("HGET lock me\r\nEXEC\r\n", "+QUEUED\r\n*3\r\n$-1\r\n:1\r\n$-1\r\n");
}
END_TEST

UNIT_SUITE(reentrant)
{
    Suite *suite = suite_create("reentrant");
    TCase *tests = tcase_create("reentrant");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_lock_is_taken_as_often_as_its_holder_wants);
    tcase_add_test(tests, it_is_released_as_often_and_those_who_wait_are_told);
    tcase_add_test(tests, a_release_with_a_latch_takes_place_once);
    tcase_add_test(tests, it_is_renewed);
    tcase_add_test(tests, anybody_may_break_it);
    tcase_add_test(tests, other_scripts_are_refused_and_do_nothing);
    tcase_add_test(tests, a_lock_is_taken_in_a_transaction);
    suite_add_tcase(suite, tests);
    return suite;
}
