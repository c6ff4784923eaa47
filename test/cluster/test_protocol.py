#!/usr/bin/env python3
"""The Redis protocol of a real node: every command once over a socket, pipelines, RESP3, what
hostile and slow clients get, and that the node lives through all of it."""
import random
import select
import socket
import threading
import time
import unittest

from cluster import Cluster, wait_until
from resp_client import Client, ReplyError, encode

REQUEST = 1 << 20  # the limit of one, in bytes

cluster = None


def setUpModule():
    global cluster
    cluster = Cluster(1, tls=False, options={
        "limits.max_clients": 40,
        "limits.output_buffer_bytes": "4M",
        "limits.max_request_bytes": "1M",
        "limits.client_workers": 2,
    })
    cluster.start()


def tearDownModule():
    cluster.close(keep=False)


class ProtocolTest(unittest.TestCase):
    def setUp(self):
        self.node = cluster[1]
        self.client = self.connect()
        self.client.call("FLUSHALL")

    def connect(self):
        client = self.node.client()
        self.addCleanup(client.close)
        return client

    def error_of(self, *arguments):
        with self.assertRaises(ReplyError) as caught:
            self.client.call(*arguments)
        return caught.exception.text


class Commands(ProtocolTest):
    def test_strings(self):
        call = self.client.call
        binary = bytes(range(256)) * 4
        self.assertEqual(call("SET", "k", binary), "OK")
        self.assertEqual(call("GET", "k"), binary)
        self.assertEqual(call("STRLEN", "k"), 1024)
        self.assertEqual(call("GETRANGE", "k", -3, -1), b"\xfd\xfe\xff")
        self.assertIsNone(call("SET", "k", "x", "NX"))
        self.assertEqual(call("SET", "k", "new", "XX", "GET"), binary)
        self.assertEqual(call("APPEND", "k", "er"), 5)
        self.assertEqual(call("SETRANGE", "k", 7, "!"), 8)
        self.assertEqual(call("GETSET", "k", "1"), b"newer\0\0!")
        self.assertEqual([call("INCR", "k"), call("INCRBY", "k", 40), call("DECR", "k"),
                          call("DECRBY", "k", -1)], [2, 42, 41, 42])
        self.assertEqual(call("SETNX", "k", 1), 0)
        self.assertEqual(call("GETDEL", "k"), b"42")
        self.assertIsNone(call("GET", "k"))
        self.assertEqual(call("MSET", "a", 1, "b", 2), "OK")
        self.assertEqual(call("MGET", "a", "nope", "b"), [b"1", None, b"2"])
        self.assertEqual(call("SET", "", "empty key"), "OK")
        self.assertEqual(call("GET", ""), b"empty key")

    def test_keys(self):
        call = self.client.call
        names = {b"key:%d" % i for i in range(1000)}
        self.client.pipeline([("SET", name, "x") for name in names])
        self.assertEqual(call("DBSIZE"), 1000)
        self.assertEqual(set(call("KEYS", "*")), names)
        self.assertEqual(set(call("KEYS", "key:99?")), {b"key:99%d" % i for i in range(10)})
        found, cursor, rounds = [], b"0", 0
        while rounds == 0 or cursor != b"0":
            cursor, some = call("SCAN", cursor, "COUNT", 50)
            found += some
            rounds += 1
        self.assertEqual(set(found), names)
        self.assertGreater(rounds, 5)
        self.assertEqual(call("EXISTS", "key:1", "key:2", "nope", "key:1"), 3)
        self.assertEqual(call("TYPE", "key:1"), "string")
        self.assertEqual(call("DEL", "key:1", "key:2", "nope"), 2)
        self.assertEqual(call("UNLINK", "key:3"), 1)
        self.assertEqual(call("DBSIZE"), 997)
        self.assertEqual(call("FLUSHDB", "ASYNC"), "OK")
        self.assertEqual(call("DBSIZE"), 0)

    def test_errors(self):
        self.assertEqual(self.error_of("NOPE", "a b", "c"),
                         "ERR unknown command 'NOPE', with args beginning with: 'a b' 'c' ")
        self.assertEqual(self.error_of("GET"), "ERR wrong number of arguments for 'get' command")
        self.client.call("SET", "k", "text")
        self.assertEqual(self.error_of("INCR", "k"), "ERR value is not an integer or out of range")
        self.client.call("SET", "k", 2 ** 63 - 1)
        self.assertEqual(self.error_of("INCR", "k"), "ERR increment or decrement would overflow")
        self.assertEqual(self.error_of("SETRANGE", "k", -1, "x"), "ERR offset is out of range")
        self.assertEqual(self.error_of("SELECT", 1), "ERR DB index is out of range")

    def test_the_command_table_is_served(self):
        table = self.client.call("COMMAND")
        self.assertEqual(len(table), self.client.call("COMMAND", "COUNT"))
        names = {entry[0].decode() for entry in table}
        self.assertEqual(names, {name.decode() for name in self.client.call("COMMAND", "LIST")})
        docs = self.client.call("COMMAND", "DOCS")
        self.assertEqual({name.decode() for name in docs[::2]}, names)
        # Everything in it is really there: called without arguments it is at most misused.
        for name in sorted(names - {"quit", "reset", "flushall", "flushdb", "multi", "exec", "discard"}):
            reply = self.client.pipeline([(name,)])[0]
            if isinstance(reply, ReplyError):
                self.assertIn("wrong number of arguments", reply.text)
        for entry in table:
            for sub in entry[9]:
                words = sub[0].decode().split("|")
                if words[-1] in ("reply", "handover", "transfer", "snapshot", "backup"):
                    continue
                reply = self.client.pipeline([tuple(words)])[0]
                if isinstance(reply, ReplyError):
                    self.assertIn("wrong number of arguments", reply.text)

    def test_about_the_node(self):
        status = self.node.status()
        self.assertEqual((status["role"], status["id"], status["leader"]), ("leader", 1, 1))
        self.assertEqual(status["members"][0]["self"], 1)
        self.assertEqual(self.client.call("RAFT", "READY"), 1)
        self.assertEqual(len(self.client.call("RAFT", "MEMBERS")), 1)
        self.assertEqual(len(self.client.call("RAFT", "DIGEST")), 16)
        self.client.call("SET", "k", 1)
        info = self.client.call("INFO").decode()
        for line in ("# Server", "# Clients", "# Raft", "# Keyspace", "raft_role:leader",
                     "db0:keys=1,expires=0,avg_ttl=0", "maxclients:40", "loading:0"):
            self.assertIn(line + "\r\n", info)
        self.assertEqual(self.client.call("CONFIG", "GET", "save"), [b"save", b""])
        self.assertEqual(self.client.call("CONFIG", "GET", "limits.max_clients"),
                         [b"limits.max_clients", b"40"])


class Sessions(ProtocolTest):
    def test_resp3(self):
        hello = self.client.call("HELLO", 3, "SETNAME", "three")
        self.assertEqual((hello[b"server"], hello[b"proto"]), (b"raftd", 3))
        self.assertEqual(self.client.call("CLIENT", "GETNAME"), b"three")
        self.assertIsNone(self.client.call("GET", "none"))
        status = self.client.call("RAFT", "STATUS")
        self.assertIs(status[b"ready"], True)
        self.assertIs(status[b"members"][0][b"voter"], True)
        self.assertIn(b"# Raft", self.client.call("INFO", "raft"))
        self.assertEqual(self.client.call("RESET"), "RESET")
        self.assertIsInstance(self.client.call("RAFT", "STATUS"), list)
        self.assertIsNone(self.client.call("CLIENT", "GETNAME"))

    def test_client_list(self):
        other = self.connect()
        other.call("CLIENT", "SETNAME", "other")
        mine = self.client.call("CLIENT", "ID")
        listed = self.client.call("CLIENT", "LIST").decode().splitlines()
        names = [dict(field.split("=", 1) for field in line.split(" "))["name"] for line in listed]
        self.assertIn("other", names)
        self.assertIn("id=%d " % mine, self.client.call("CLIENT", "INFO").decode())
        other.call("QUIT")
        self.assertEqual(other.socket.recv(1), b"")

    def test_inline_commands(self):
        self.client.send_raw(b"SET k 'a \\'b'\r\n\r\nGET k\nget \"k\"\r\n")
        self.assertEqual([self.client.receive() for _ in range(3)], ["OK", b"a 'b", b"a 'b"])

    def test_replies_switched_off(self):
        self.client.send("CLIENT", "REPLY", "OFF")
        for _ in range(10):
            self.client.send("INCR", "n")
        self.client.send("CLIENT", "REPLY", "ON")
        self.assertEqual(self.client.receive(), "OK")
        self.assertEqual(self.client.call("GET", "n"), b"10")

    def test_half_closed(self):
        self.client.send_raw(encode("SET", "k", "v") + encode("GET", "k"))
        self.client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual([self.client.receive(), self.client.receive()], ["OK", b"v"])
        self.assertEqual(self.client.socket.recv(1), b"")


class Pipelines(ProtocolTest):
    def test_reads_see_the_writes_before_them(self):
        commands, wanted = [], []
        for i in range(300):
            commands += [("SET", "k", i), ("GET", "k"), ("PING", i)]
            wanted += ["OK", b"%d" % i, b"%d" % i]
        self.assertEqual(self.client.pipeline(commands), wanted)

    def test_a_random_pipeline_against_a_model(self):
        chance = random.Random(7)
        model, commands, wanted = {}, [], []
        for _ in range(3000):
            key = "k%d" % chance.randrange(5)
            kind = chance.choice(["INCR", "GET", "GET", "DEL", "EXISTS", "ECHO"])
            commands.append((kind, key))
            if kind == "INCR":
                model[key] = model.get(key, 0) + 1
                wanted.append(model[key])
            elif kind == "GET":
                wanted.append(b"%d" % model[key] if key in model else None)
            elif kind == "DEL":
                wanted.append(1 if model.pop(key, None) is not None else 0)
            elif kind == "EXISTS":
                wanted.append(1 if key in model else 0)
            else:
                wanted.append(key.encode())
        self.assertEqual(self.client.pipeline(commands), wanted)

    def test_more_than_the_node_takes_at_once(self):
        count = 20000
        data = encode("INCR", "n") * count

        # From a second thread, since the node stops reading while too much is under way.
        sender = threading.Thread(target=self.client.send_raw, args=(data,))
        sender.start()
        replies = self.client.receive_many(count)
        sender.join()
        self.assertEqual(replies, list(range(1, count + 1)))

    def test_many_connections_at_once(self):
        clients = [self.connect() for _ in range(20)]
        for client in clients:
            client.send_raw(encode("INCR", "shared") * 100)
        replies = [reply for client in clients for reply in client.receive_many(100)]
        self.assertEqual(sorted(replies), list(range(1, 2001)))


class Hostility(ProtocolTest):
    def tearDown(self):
        # Whatever was done to it: the node still serves others.
        self.assertEqual(self.connect().call("PING"), "PONG")

    def refused(self, data):
        """The error that some bytes get, after which the connection ends."""
        client = self.connect()
        client.send_raw(data)
        reply = client.receive()
        self.assertIsInstance(reply, ReplyError)
        self.assertEqual(client.input.read(1), b"")
        return reply.text

    def test_headers_that_lie(self):
        for data, text in (
                (b"*100000\r\n", "invalid multibulk length"),
                (b"*100000000000000000000\r\n", "invalid multibulk length"),
                (b"*1\r\n$536870912\r\n", "invalid bulk length: a request has at most %d bytes "
                                          "(limits.max_request_bytes)" % REQUEST),
                (b"*1\r\n$-2\r\n", "invalid bulk length"),
                (b"*1\r\n:1\r\n", "expected '$', got ':'"),
                (b"*2\r\n$3\r\nGET\r\n$2000000\r\n",
                 "invalid bulk length: a request has at most %d bytes (limits.max_request_bytes)" %
                 REQUEST),
                (b"GET 'k\r\n", "unbalanced quotes in request"),
                (b"x" * 70000, "too big inline request")):
            self.assertEqual(self.refused(data), "ERR Protocol error: " + text)

    def test_noise(self):
        chance = random.Random(11)
        for _ in range(60):
            client = self.connect()
            noise = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 2000)))
            try:
                client.send_raw(b"*3\r\n" + noise if chance.random() < 0.5 else noise)
            except OSError:
                pass
            client.close()

    def test_gone_in_the_middle(self):
        for cut in range(1, 60, 3):
            client = self.connect()
            client.send_raw((encode("INCR", "gone") * 20)[:cut * 7])
            client.close()

    def test_one_byte_at_a_time(self):
        data = encode("SET", "k", "v\r\n") + encode("GET", "k")
        for i in range(len(data)):
            self.client.send_raw(data[i:i + 1])
        self.assertEqual([self.client.receive(), self.client.receive()], ["OK", b"v\r\n"])

    def test_a_client_that_does_not_read(self):
        self.client.call("SET", "big", b"x" * 500000)
        slow = self.connect()
        try:
            slow.send_raw(encode("GET", "big") * 100)
        except OSError:
            pass  # closed before it had sent all
        self.node.wait_log("bytes of replies wait for it to read them, more than "
                           "limits.output_buffer_bytes")
        with self.assertRaises(OSError):
            slow.receive_many(100)

    def test_t54_a_subscriber_that_does_not_read_is_told(self):
        slow, fast = self.connect(), self.connect()
        # Or the kernel would read for it, as much as it likes to.
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        for client in (slow, fast):
            client.call("SUBSCRIBE", "channel")
        # Whoever reads misses nothing; whoever does not gets a beginning without a gap, and why
        # there is no more.
        for number in range(400):
            self.client.call("PUBLISH", "channel", b"%d %s" % (number, b"x" * 50000))
            self.assertEqual(int(fast.receive()[2].split()[0]), number)
        self.node.wait_log("subscriber .* closed: more than limits.output_buffer_bytes of messages")
        number = 0
        while isinstance(message := slow.receive(), list):
            self.assertEqual(int(message[2].split()[0]), number)
            number += 1
        self.assertIn("wait for the client to read them; later messages are lost", message.text)
        self.assertGreater(number, 0)
        with self.assertRaises(OSError):
            slow.receive()

    def test_too_many_clients(self):
        clients = []
        try:
            with self.assertRaises((OSError, ReplyError)) as caught:
                for _ in range(60):
                    clients.append(self.node.client())
                    readable, _, _ = select.select([clients[-1].socket], [], [], 0)
                    if readable or clients[-1].pipeline([("PING",)]) != ["PONG"]:
                        raise clients[-1].receive()
            # Told so, unless the reset that follows was faster.
            if isinstance(caught.exception, ReplyError):
                self.assertEqual(caught.exception.text, "ERR max number of clients reached")
            self.assertGreater(len(clients), 30)
            self.assertEqual(self.client.call("PING"), "PONG")
        finally:
            for client in clients:
                client.close()
        wait_until("places for clients to be free again", self.is_served)

    def is_served(self):
        try:
            return self.node.call("PING") == "PONG"
        except (OSError, ReplyError):
            return False

    def test_a_value_as_large_as_allowed(self):
        value = b"v" * (1024 * 1024 - 100)
        self.assertEqual(self.client.call("SET", "large", value), "OK")
        self.assertEqual(self.client.call("GET", "large"), value)

    def test_idle_connections_cost_nothing(self):
        idle = [self.connect() for _ in range(20)]
        with open("/proc/%d/stat" % self.node.process.pid, encoding="utf-8") as file:
            before = sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))
        time.sleep(2)  # the thing measured: what happens while nothing happens
        with open("/proc/%d/stat" % self.node.process.pid, encoding="utf-8") as file:
            after = sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))
        self.assertLess(after - before, 50)  # hundredths of a second, of 200
        for client in idle:
            self.assertEqual(client.call("PING"), "PONG")


class TheEnd(unittest.TestCase):
    def test_stopping_closes_clients(self):
        with Cluster(1, tls=False) as own:
            own.start()
            client = Client(own[1].client_port)
            self.assertEqual(client.call("SET", "k", "v"), "OK")
            own[1].process.terminate()
            self.assertEqual(own[1].process.wait(10), 0)
            with self.assertRaises(OSError):
                client.call("GET", "k")
            client.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
