/*
 * Publishing, subscribing, and what keeps a subscriber from missing something without knowing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front/connection.h"
#include "front/delivery.h"
#include "front/notices.h"
#include "front/rig.h"
#include "unit.h"

static struct rig rig;
static int client;
static int other;

static void setup(void)
{
    rig_init(&rig);
    rig.conf.limits.output_buffer_bytes = 512 * 1024;
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

#define MESSAGE(channel, text) "*3\r\n$7\r\nmessage\r\n" channel "\r\n" text "\r\n"

START_TEST(messages_reach_channels_and_patterns)
{
    talk("SUBSCRIBE news\r\n", "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    talk("PSUBSCRIBE n*\r\n", "*3\r\n$10\r\npsubscribe\r\n$2\r\nn*\r\n:2\r\n");
    rig_talk(&rig, other, "PUBLISH news hi\r\n", ":2\r\n");
    rig_expect(&rig, client, MESSAGE("$4\r\nnews", "$2\r\nhi"));
    rig_expect(&rig, client, "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
    rig_talk(&rig, other, "PUBLISH olds hi\r\n", ":0\r\n");
    rig_talk(&rig, other, "PUBSUB CHANNELS\r\n", "*1\r\n$4\r\nnews\r\n");
    rig_talk(&rig, other, "PUBSUB NUMSUB news olds\r\n",
             "*4\r\n$4\r\nnews\r\n:1\r\n$4\r\nolds\r\n:0\r\n");
    rig_talk(&rig, other, "PUBSUB NUMPAT\r\n", ":1\r\n");
    talk("UNSUBSCRIBE\r\n", "*3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    talk("PUNSUBSCRIBE n*\r\n", "*3\r\n$12\r\npunsubscribe\r\n$2\r\nn*\r\n:0\r\n");
    talk("UNSUBSCRIBE\r\n", "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
    rig_talk(&rig, other, "PUBLISH news hi\r\n", ":0\r\n");
    talk("GET a\r\n", "$-1\r\n");
}
END_TEST

START_TEST(a_subscriber_of_resp2_may_say_little_and_one_of_resp3_anything)
{
    talk("SUBSCRIBE c\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    talk("GET a\r\n", "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
                      "QUIT / RESET are allowed in this context\r\n");
    talk("PING\r\n", "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    talk("RESET\r\n", "+RESET\r\n");
    talk("GET a\r\n", "$-1\r\n");
    free(rig_ask(&rig, client, "HELLO 3\r\n"));
    talk("SUBSCRIBE c\r\n", ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    talk("GET a\r\n", "_\r\n");
    talk("PUBLISH c x\r\n", ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n:1\r\n");
}
END_TEST

START_TEST(changes_of_keys_are_told_if_somebody_asked_for_them)
{
    talk("CONFIG GET notify-keyspace-events\r\n",
         "*2\r\n$22\r\nnotify-keyspace-events\r\n$0\r\n\r\n");
    talk("CONFIG SET notify-keyspace-events KEA\r\n", "+OK\r\n");
    talk("PSUBSCRIBE __key*__:*\r\n", "*3\r\n$10\r\npsubscribe\r\n$10\r\n__key*__:*\r\n:1\r\n");
    rig_talk(&rig, other, "SET a 1\r\n", "+OK\r\n");
    rig_expect(
        &rig, client,
        "*4\r\n$8\r\npmessage\r\n$10\r\n__key*__:*\r\n$16\r\n__keyspace@0__:a\r\n$3\r\nset\r\n");
    rig_expect(
        &rig, client,
        "*4\r\n$8\r\npmessage\r\n$10\r\n__key*__:*\r\n$18\r\n__keyevent@0__:set\r\n$1\r\na\r\n");
}
END_TEST

/* The last bytes that the client gets. */
static void read_to_end(char *last, size_t size)
{
    char chunk[2048];
    size_t length = 0;
    ssize_t got;

    do {
        worker_turn(rig.worker, 0);
        got = recv(client, chunk, sizeof(chunk), 0);
        if (got > 0) {
            if (length + (size_t)got >= size) {
                length = 0;
            }
            memcpy(last + length, chunk, (size_t)got);
            length += (size_t)got;
        }
    } while (got != 0);
    last[length] = '\0';
}

START_TEST(t54_a_subscriber_that_does_not_read_is_closed_with_a_reason)
{
    static char message[2048];
    char last[4096];

    rig_talk(&rig, client, "SUBSCRIBE c\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    memset(message, 'x', sizeof(message) - 1);
    for (int i = 0; connection_is_subscribed(rig_connection(&rig, 0)) &&
                    rig_connection(&rig, 0)->state == CONNECTION_OPEN;
         i++) {
        char request[4096];

        ck_assert_int_lt(i, 100000);
        snprintf(request, sizeof(request), "PUBLISH c %s\r\n", message);
        rig_talk(&rig, other, request, ":1\r\n");
    }
    /* What was on its way is whole, and the last line says why nothing follows. */
    read_to_end(last, sizeof(last));
    ck_assert_ptr_nonnull(
        strstr(last, "x\r\n-ERR connection closed: more than limits.output_buffer_bytes"));
    rig_talk(&rig, other, "PUBLISH c x\r\n", ":0\r\n");
}
END_TEST

/*
 * A client may be gone before its worker hears of this. Then writing to the client fails in the
 * middle of a delivery, which walks through the lists of subscribers: the connection must not leave
 * these lists before the delivery is over.
 */
START_TEST(a_subscriber_that_is_gone_does_not_disturb_a_delivery)
{
    static char text[200 * 1024];
    struct linger reset = {.l_onoff = 1};
    struct kv_event published = {.event_class = KV_EVENT_PUBLISH,
                                 .name = "",
                                 .key = {.data = "c", .size_bytes = 1},
                                 .message = {.data = text, .size_bytes = sizeof(text)}};

    talk("SUBSCRIBE c\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    talk("PSUBSCRIBE *\r\n", "*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:2\r\n");
    rig_talk(&rig, other, "SUBSCRIBE d\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\nd\r\n:1\r\n");
    setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(client);
    /* Each of the two messages goes to the client twice: together more than may wait for it. */
    ck_assert_int_eq(notices_observe(&rig.front->notices, &published), 2);
    ck_assert_int_eq(notices_observe(&rig.front->notices, &published), 2);
    delivery_serve(rig.worker);
    rig_settle(&rig);
    ck_assert_ptr_null(rig_connection(&rig, 0));
    published.key.data = "d";
    published.message.size_bytes = 0;
    ck_assert_int_eq(notices_observe(&rig.front->notices, &published), 1);
    rig_expect(&rig, other, MESSAGE("$1\r\nd", "$0\r\n"));
    client = rig_connect(&rig);
}
END_TEST

static void expect_gap(enum notice_gap gap, const char *reason)
{
    struct kv_event lost = {.event_class = KV_EVENT_LOST, .name = ""};
    struct kv_event published = {.event_class = KV_EVENT_PUBLISH,
                                 .name = "",
                                 .key = {.data = "c", .size_bytes = 1},
                                 .message = {.data = "x", .size_bytes = 1}};

    talk("SUBSCRIBE c\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    for (int i = 0; gap == NOTICE_GAP_OVERFLOW && i <= NOTICES_MAX; i++) {
        ck_assert_int_eq(notices_observe(&rig.front->notices, &published), 1);
    }
    if (gap == NOTICE_GAP_SNAPSHOT) {
        notices_observe(&rig.front->notices, &lost);
    }
    rig_expect(&rig, client, reason);
    rig_expect_end(&rig, client);
    /* Who subscribes afterwards is served again. */
    rig_talk(&rig, other, "SUBSCRIBE c\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    ck_assert_int_eq(notices_observe(&rig.front->notices, &published), 1);
    rig_expect(&rig, other, MESSAGE("$1\r\nc", "$1\r\nx"));
}

START_TEST(t54_a_full_ring_closes_the_subscribers_with_a_reason)
{
    expect_gap(
        NOTICE_GAP_OVERFLOW,
        "-ERR connection closed: messages came faster than this node could deliver them, and "
        "some are lost\r\n");
}
END_TEST

START_TEST(t54_a_snapshot_closes_the_subscribers_with_a_reason)
{
    expect_gap(NOTICE_GAP_SNAPSHOT, "-ERR connection closed: this node installed a snapshot, and "
                                    "messages from before it are lost\r\n");
}
END_TEST

/* A pattern that is compared for too long would miss messages without a word. */
START_TEST(t54_a_pattern_that_takes_too_long_is_closed_with_a_reason)
{
    static char request[6000];
    char *end = request + sprintf(request, "PSUBSCRIBE *");

    memset(end, 'a', 1000);
    strcpy(end + 1000, "b*\r\n");
    rig_send(client, request);
    free(rig_ask(&rig, client, ""));
    end = request + sprintf(request, "PUBLISH ");
    memset(end, 'a', 2500);
    strcpy(end + 2500, " x\r\n");
    free(rig_ask(&rig, other, request));
    rig_expect(&rig, client,
               "-ERR connection closed: a pattern of this client takes too long to compare with a "
               "channel\r\n");
    rig_expect_end(&rig, client);
}
END_TEST

UNIT_SUITE(pubsub)
{
    Suite *suite = suite_create("pubsub");
    TCase *tests = tcase_create("pubsub");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, messages_reach_channels_and_patterns);
    tcase_add_test(tests, a_subscriber_of_resp2_may_say_little_and_one_of_resp3_anything);
    tcase_add_test(tests, changes_of_keys_are_told_if_somebody_asked_for_them);
    tcase_add_test(tests, t54_a_subscriber_that_does_not_read_is_closed_with_a_reason);
    tcase_add_test(tests, a_subscriber_that_is_gone_does_not_disturb_a_delivery);
    tcase_add_test(tests, t54_a_full_ring_closes_the_subscribers_with_a_reason);
    tcase_add_test(tests, t54_a_snapshot_closes_the_subscribers_with_a_reason);
    tcase_add_test(tests, t54_a_pattern_that_takes_too_long_is_closed_with_a_reason);
    suite_add_tcase(suite, tests);
    return suite;
}
