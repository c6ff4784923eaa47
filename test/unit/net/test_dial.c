/*
 * net/stream: connecting to names and to addresses that do not answer, and slow look-ups.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "names.h"
#include "pair.h"

static struct net_address closed_port(void)
{
    struct net_address address;

    close(listen_loopback(&address));
    return address;
}

START_TEST(test_nobody_listens)
{
    struct net_address address = closed_port();
    struct end client = {0};
    char wanted[300];

    client.code = stream_dial(&address, NULL, &client.stream, &client.error);
    if (client.code == 0) {
        end_handshake(&client);
    }
    snprintf(wanted, sizeof(wanted), "cannot connect to 127.0.0.1:%u: Connection refused",
             address.port);
    assert_says(&client, RAFTD_ERROR_SYSTEM, wanted);
    stream_close(client.stream);
}
END_TEST

START_TEST(test_every_address_of_a_name_is_tried)
{
    struct net_address address;
    int listening = listen_loopback(&address);
    struct end client = {0};
    char text[64];

    strcpy(address.host, "three-addresses.test");
    client.code = stream_dial(&address, NULL, &client.stream, &client.error);
    ck_assert_msg(client.code == 0, "%s", client.error.message);
    end_handshake(&client);
    ck_assert_msg(client.code == 0, "%s", client.error.message);
    stream_peer_text(client.stream, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "127.0.0.1:"));
    stream_close(client.stream);
    close(listening);
}
END_TEST

/* A listener at another address of this host, with the same port. */
static int listen_beside(const char *host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(inet_pton(AF_INET, host, &address.sin_addr), 1);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    return fd;
}

/* N10: a first address that accepts connections and says nothing keeps no later one from its turn.
 */
START_TEST(test_n10_each_try_begins_with_another_address)
{
    static const char *const wanted[] = {"127.0.0.2:", "127.0.0.1:", "127.0.0.1:", "127.0.0.2:"};
    struct net_address address;
    int listening = listen_loopback(&address);
    int beside = listen_beside("127.0.0.2", address.port);

    strcpy(address.host, "three-addresses.test");
    for (unsigned i = 0; i < 4; i++) {
        struct end client = {0};
        char text[64];

        client.code = stream_dial(&address, NULL, &client.stream, &client.error);
        ck_assert_msg(client.code == 0, "%s", client.error.message);
        stream_skip_addresses(client.stream, i);
        end_handshake(&client);
        ck_assert_msg(client.code == 0, "%s", client.error.message);
        stream_peer_text(client.stream, text, sizeof(text));
        ck_assert_msg(strncmp(text, wanted[i], strlen(wanted[i])) == 0, "try %u: %s", i, text);
        stream_close(client.stream);
    }
    close(beside);
    close(listening);
}
END_TEST

START_TEST(test_none_of_the_addresses_of_a_name_answers)
{
    struct net_address address = closed_port();
    struct end client = {0};

    strcpy(address.host, "three-addresses.test");
    client.code = stream_dial(&address, NULL, &client.stream, &client.error);
    if (client.code == 0) {
        end_handshake(&client);
    }
    assert_says(&client, RAFTD_ERROR_SYSTEM, "cannot connect to three-addresses.test:");
    assert_says(&client, RAFTD_ERROR_SYSTEM, "Connection refused");
    stream_close(client.stream);
}
END_TEST

START_TEST(test_a_name_that_nobody_knows)
{
    const struct net_address address = {.host = "unknown.test", .port = 7381};
    struct end client = {0};

    client.code = stream_dial(&address, NULL, &client.stream, &client.error);
    ck_assert_int_eq(client.code, 0);
    end_handshake(&client);
    assert_says(&client, RAFTD_ERROR_SYSTEM, "cannot resolve unknown.test: Name or service not");
    stream_close(client.stream);
    wait_for_the_end_of_look_ups();
}
END_TEST

/* If a name server does not answer, stream_dial() and stream_handshake() do not wait for it. */
START_TEST(test_a_slow_resolver_is_waited_for_like_a_socket)
{
    struct net_address address;
    int listening = listen_loopback(&address);
    struct end client = {0};

    strcpy(address.host, "slow.test");
    ck_assert_int_eq(pipe(slow_resolver), 0);
    ck_assert_int_eq(pipe(slow_questions), 0);
    ck_assert_int_eq(stream_dial(&address, NULL, &client.stream, &client.error), 0);
    ck_assert_int_eq(stream_handshake(client.stream, &client.error), RAFTD_ERROR_AGAIN);
    ck_assert_int_eq(stream_wants(client.stream), POLLIN);
    ck_assert_int_eq(write(slow_resolver[1], "!", 1), 1);
    end_handshake(&client);
    ck_assert_msg(client.code == 0, "%s", client.error.message);
    stream_close(client.stream);
    close(listening);
    wait_for_the_end_of_look_ups();
}
END_TEST

/* Closing the stream, for example when the node stops, does not wait either (T57). */
START_TEST(test_a_stream_can_be_closed_while_its_name_is_looked_up)
{
    const struct net_address address = {.host = "slow.test", .port = 7381};
    struct end client = {0};

    ck_assert_int_eq(pipe(slow_resolver), 0);
    ck_assert_int_eq(pipe(slow_questions), 0);
    ck_assert_int_eq(stream_dial(&address, NULL, &client.stream, &client.error), 0);
    ck_assert_int_eq(stream_handshake(client.stream, &client.error), RAFTD_ERROR_AGAIN);
    wait_for(slow_questions[0], POLLIN);
    stream_close(
        client
            .stream); /* the resolver hangs, so a stream_close() that waited would wait for ever */
    ck_assert_int_eq(write(slow_resolver[1], "!", 1), 1);
    wait_for_the_end_of_look_ups();
}
END_TEST

UNIT_SUITE(dial)
{
    Suite *suite = suite_create("dial");
    TCase *dialling = tcase_create("dialling");

    tcase_add_test(dialling, test_nobody_listens);
    tcase_add_test(dialling, test_every_address_of_a_name_is_tried);
    tcase_add_test(dialling, test_n10_each_try_begins_with_another_address);
    tcase_add_test(dialling, test_none_of_the_addresses_of_a_name_answers);
    tcase_add_test(dialling, test_a_name_that_nobody_knows);
    tcase_add_test(dialling, test_a_slow_resolver_is_waited_for_like_a_socket);
    tcase_add_test(dialling, test_a_stream_can_be_closed_while_its_name_is_looked_up);
    suite_add_tcase(suite, dialling);
    return suite;
}
