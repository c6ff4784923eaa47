#!/usr/bin/env python3
"""raftctl against servers that say what the test wants: what it prints, its exit codes, which
endpoints it asks, and how it takes silence, lies and TLS gone wrong."""
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from cluster import RAFTCTL, Authority, Cluster, Ports, raftctl, wait_until
from resp_client import encode

OK, NO, UNREACHABLE, REFUSED, UNKNOWN, LOCAL, USAGE = 0, 1, 2, 3, 4, 5, 64
SILENCE = object()  # a handler's answer: none at all
HANG_UP = object()  # close the connection instead


def resp(value):
    """A Python value as RESP2."""
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, (bool, int)):
        return b":%d\r\n" % int(value)
    if isinstance(value, Exception):
        return b"-%s\r\n" % str(value).encode()
    if isinstance(value, dict):
        value = [part for pair in value.items() for part in pair]
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(resp(element) for element in value)
    if isinstance(value, bytes):
        return b"$%d\r\n%s\r\n" % (len(value), value)
    return b"$%d\r\n%s\r\n" % (len(value.encode()), value.encode())


def refused(endpoint):
    """What raftctl says about an endpoint where nothing listens."""
    return "cannot connect to %s: Connection refused" % endpoint


class Server:
    """A RESP server on a port of its own; handler(arguments) gives raw bytes."""

    def __init__(self, handler, tls=None):
        self.handler = handler
        self.tls = tls
        self.commands = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def close(self):
        # Only once nobody accepts on it any more: its number may be another socket's next.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as lines:
                while True:
                    arguments = self.read(lines)
                    if arguments is None:
                        return
                    self.commands.append(arguments)
                    answer = self.handler(arguments)
                    if answer is HANG_UP:
                        return
                    if answer is not SILENCE:
                        connection.sendall(answer)
        except OSError:
            pass

    @staticmethod
    def read(lines):
        head = lines.readline()
        if not head.startswith(b"*"):
            return None
        arguments = []
        for _ in range(int(head[1:])):
            size = int(lines.readline()[1:])
            arguments.append(lines.read(size + 2)[:size])
        return arguments


def member(node_id, leader=False, **fields):
    found = {
        "id": node_id, "voter": 1, "learner": 0, "self": 0, "connected": 1,
        "replicating": int(leader), "match_index": 0, "silent_ms": 0, "round_trip_us": 0,
        "address": "127.0.0.1:%d" % (7400 + node_id), "client_address": "", "trouble": "",
    }
    found.update(fields)
    return found


def status(node_id=1, **fields):
    found = {
        "cluster_id": 77, "cluster_name": "demo", "version": "0.1.0", "id": node_id, "leader": 1,
        "role": "leader" if node_id == 1 else "follower", "phase": "running", "ready": 1,
        "term": 3, "last_index": 120, "durable_index": 120, "commit_index": 119,
        "applied_index": 118, "members": [member(node_id, self=1, match_index=120)],
    }
    found.update(fields)
    return found


class Ctl(unittest.TestCase):
    """Servers that end with the test, and what raftctl says about them."""

    def serve(self, answer, tls=None):
        """answer: a value for every command, or a function of the arguments."""
        def handler(arguments):
            value = answer(arguments) if callable(answer) else answer
            return value if value in (SILENCE, HANG_UP) or isinstance(value, bytearray) \
                else resp(value)
        server = Server(handler, tls)
        self.addCleanup(server.close)
        return server

    def nobody(self):
        """An endpoint where nothing listens."""
        ports = Ports()
        self.addCleanup(ports.close)
        return "127.0.0.1:%d" % ports.take()

    def ask(self, *arguments, code=OK, env=None):
        """Runs raftctl, wants the exit code; returns (standard output, standard error)."""
        result = raftctl(*arguments, check=False, env=env)
        self.assertEqual(result.returncode, code, "raftctl %s\n%s%s" %
                         (arguments, result.stdout, result.stderr))
        self.assertNotIn("Sanitizer", result.stderr)
        return result.stdout, result.stderr


class Status(Ctl):
    def test_table_of_a_cluster(self):
        peers = [member(1, True, self=1, match_index=120, silent_ms=0),
                 member(2, True, match_index=100, silent_ms=12, round_trip_us=1234),
                 member(3, True, connected=0, match_index=0, silent_ms=99000,
                        trouble="connect: Connection refused")]
        one = self.serve(status(1, members=peers))
        two = self.serve(status(2, ready=0, phase="health check", leader=0))
        dead = self.nobody()
        out, err = self.ask("status", "--endpoints",
                            "%s,%s,%s" % (one.endpoint, two.endpoint, dead), code=UNREACHABLE)
        self.assertEqual(err, "")
        out = re.sub(r"127\.0\.0\.1:(2|3|4|5|6)\d{4}", "127.0.0.1:<port>", out)
        self.assertEqual(out, """\
+-----------------+----+----------+--------+------+------+--------+---------+-------------------+---------+-------------------------------------------------------+
| ENDPOINT        | ID | ROLE     | LEADER | TERM | LAST | COMMIT | APPLIED | READY             | VERSION | ERRORS                                                |
+-----------------+----+----------+--------+------+------+--------+---------+-------------------+---------+-------------------------------------------------------+
| 127.0.0.1:<port> |  1 | leader   |      1 |    3 |  120 |    119 |     118 | yes               | 0.1.0   |                                                       |
| 127.0.0.1:<port> |  2 | follower |      - |    3 |  120 |    119 |     118 | no (health check) | 0.1.0   |                                                       |
| 127.0.0.1:<port> |  - | -        |      - |    - |    - |      - |       - | -                 | -       | cannot connect to 127.0.0.1:<port>: Connection refused |
+-----------------+----+----------+--------+------+------+--------+---------+-------------------+---------+-------------------------------------------------------+

Members as the leader, node 1, sees them:
+----+-------+----------------+--------+-------+-----+-----------+------------+-----------------------------+
| ID | KIND  | ADDRESS        | LINK   | MATCH | LAG | SILENT MS | ROUND TRIP | TROUBLE                     |
+----+-------+----------------+--------+-------+-----+-----------+------------+-----------------------------+
|  1 | voter | 127.0.0.1:7401 | itself |   120 |   0 |         - |          - |                             |
|  2 | voter | 127.0.0.1:7402 | up     |   100 |  20 |        12 |    1.23 ms |                             |
|  3 | voter | 127.0.0.1:7403 | down   |     0 | 120 |     99000 |          - | connect: Connection refused |
+----+-------+----------------+--------+-------+-----+-----------+------------+-----------------------------+
""")

    def test_json_has_every_field(self):
        sent = status(1, members=[member(1, self=1), member(2)])
        server = self.serve(sent)
        dead = self.nobody()
        out, _ = self.ask("status", "-w", "json", "--endpoints", server.endpoint + "," + dead,
                          code=UNREACHABLE)
        found = json.loads(out)
        self.assertEqual(found[0]["endpoint"], server.endpoint)
        self.assertIsNone(found[0]["error"])
        got = found[0]["status"]
        self.assertIs(got["ready"], True)
        self.assertIs(got["members"][1]["self"], False)
        self.assertEqual(got, sent)
        self.assertEqual(found[1], {"endpoint": dead, "error": refused(dead), "status": None})

    def test_all_finds_the_other_members(self):
        two = self.serve(status(2))
        one = self.serve(status(1, members=[member(1, self=1, client_address="ignored:1"),
                                            member(2, client_address=two.endpoint)]))
        out, _ = self.ask("status", "--all", "-w", "json", "--endpoints", one.endpoint)
        self.assertEqual([row["endpoint"] for row in json.loads(out)],
                         [one.endpoint, two.endpoint])

    def test_silent_nodes_are_waited_for_together(self):
        silent = [self.serve(SILENCE).endpoint for _ in range(5)]
        started = time.monotonic()
        out, _ = self.ask("status", "--timeout-ms", "700", "--endpoints", ",".join(silent),
                          code=UNREACHABLE)
        self.assertLess(time.monotonic() - started, 5 * 0.7)
        self.assertEqual(out.count("no answer within 700 ms"), 5)

    def test_leader_of_the_newest_term_counts(self):
        old = self.serve(status(1, term=3))
        new = self.serve(status(2, term=4, role="leader"))
        out, _ = self.ask("status", "--endpoints", old.endpoint + "," + new.endpoint)
        self.assertIn("Members as the leader, node 2, sees them", out)

    def test_without_a_leader_it_says_so(self):
        server = self.serve(status(2))
        out, _ = self.ask("status", "--endpoints", server.endpoint)
        self.assertIn("No endpoint that answered is the leader", out)
        out, _ = self.ask("status", "--endpoints", self.nobody(), code=UNREACHABLE)
        self.assertIn("No endpoint answered", out)

    def test_error_reply_is_shown(self):
        server = self.serve(Exception("ERR unknown command 'RAFT'"))
        out, _ = self.ask("status", "--endpoints", server.endpoint, code=REFUSED)
        self.assertIn("ERR unknown command 'RAFT'", out)

    def test_a_server_that_is_none(self):
        for answer in (bytearray(b"HTTP/1.1 400 Bad Request\r\n\r\n"), 7, [1, 2, 3], [],
                       bytearray(b"*2147483647\r\n"), HANG_UP):
            server = self.serve(answer)
            out, _ = self.ask("status", "--timeout-ms", "500", "--endpoints", server.endpoint,
                              code=UNREACHABLE)
            self.assertRegex(out, r"not RESP|is not a map|no answer within|closed the connection")

    def test_hostile_text_does_not_reach_the_terminal(self):
        evil = "\x1b]0;owned\x07\r\n"
        server = self.serve(status(1, version=evil, members=[member(1, trouble=evil)]))
        out, _ = self.ask("status", "--endpoints", server.endpoint)
        self.assertNotIn("\x1b", out)
        self.assertNotIn("\x07", out)
        self.assertIn(r"\x1b]0;owned\x07\x0d\x0a", out)
        out, _ = self.ask("status", "-w", "json", "--endpoints", server.endpoint)
        self.assertEqual(json.loads(out)[0]["status"]["version"], evil)


class Members(Ctl):
    def test_table(self):
        server = self.serve(status(1, members=[
            member(1, self=1, client_address="127.0.0.1:7380"),
            member(2, voter=0, learner=1, connected=0, trouble="resolve: no such host")]))
        out, _ = self.ask("members", "--endpoints", server.endpoint)
        self.assertEqual(out, """\
Cluster demo as node 1 sees it:
+----+---------+----------------+----------------+--------+-----------------------+
| ID | KIND    | ADDRESS        | CLIENT ADDRESS | LINK   | TROUBLE               |
+----+---------+----------------+----------------+--------+-----------------------+
|  1 | voter   | 127.0.0.1:7401 | 127.0.0.1:7380 | itself |                       |
|  2 | learner | 127.0.0.1:7402 | -              | down   | resolve: no such host |
+----+---------+----------------+----------------+--------+-----------------------+
""")

    def test_json_from_the_first_that_answers(self):
        dead = self.nobody()
        server = self.serve(status(2, members=[member(1), member(2, self=1)]))
        out, err = self.ask("members", "-w", "json", "--endpoints", dead + "," + server.endpoint)
        self.assertEqual([found["id"] for found in json.loads(out)], [1, 2])
        self.assertEqual(err, "raftctl: %s\n" % refused(dead))

    def test_nobody_answers(self):
        out, _ = self.ask("members", "--endpoints", self.nobody(), code=UNREACHABLE)
        self.assertEqual(out, "")


class Handover(Ctl):
    """A node that leads, and does with orders to hand over what the test wants."""

    def node(self, leaders):
        """leaders: who leads after each order, the last one for ever."""
        orders = []

        def answer(arguments):
            if arguments[1] == b"TRANSFER":
                orders.append(arguments)
                return "OK"
            done = leaders[min(len(orders), len(leaders)) - 1] if orders else 1
            return status(1, term=3 + len(orders), leader=done)
        return self.serve(answer), orders

    def test_it_asks_again_when_the_leader_has_given_up(self):
        node, orders = self.node([1, 1, 2])
        out, _ = self.ask("--endpoints", node.endpoint, "--timeout-ms", 60000, "handover", 2)
        self.assertEqual((out, len(orders)), ("node 2 leads\n", 3))

    def test_it_wants_the_member_that_was_named(self):
        node, orders = self.node([3, 2])
        out, _ = self.ask("--endpoints", node.endpoint, "--timeout-ms", 60000, "handover", 2)
        self.assertEqual((out, len(orders)), ("node 2 leads\n", 2))
        node, orders = self.node([3])
        out, _ = self.ask("--endpoints", node.endpoint, "handover")
        self.assertEqual((out, len(orders)), ("node 3 leads\n", 1))

    def test_in_the_end_it_says_who_leads(self):
        node, orders = self.node([1])
        _, err = self.ask("--endpoints", node.endpoint, "--timeout-ms", 1500, "handover", 2,
                          code=NO)
        self.assertIn("within 1500 ms (orders to the leader: %d): node 1 leads" % len(orders), err)
        self.assertGreater(len(orders), 1)

    def test_it_does_not_wait_for_a_node_that_is_busy(self):
        node, _ = self.node([1, 2])
        busy = self.serve(SILENCE)
        out, _ = self.ask("--endpoints", node.endpoint + "," + busy.endpoint, "--timeout-ms",
                          30000, "handover", 2)
        self.assertEqual(out, "node 2 leads\n")


class Ready(Ctl):
    def test_exit_codes(self):
        ready = self.serve(status(1))
        waiting = self.serve(status(2, ready=0, phase="connect"))
        dead = self.nobody()
        out, _ = self.ask("ready", "--endpoints", ready.endpoint)
        self.assertEqual(out, "%s: ready\n" % ready.endpoint)
        out, _ = self.ask("ready", "--endpoints", ready.endpoint + "," + waiting.endpoint, code=NO)
        self.assertEqual(out, "%s: ready\n%s: not ready (connect)\n" %
                         (ready.endpoint, waiting.endpoint))
        out, _ = self.ask("ready", "--endpoints", waiting.endpoint + "," + dead, code=UNREACHABLE)
        self.assertIn("%s: %s" % (dead, refused(dead)), out)

    def test_json(self):
        waiting = self.serve(status(2, ready=0, phase="connect"))
        dead = self.nobody()
        out, _ = self.ask("ready", "-w", "json", "--endpoints", waiting.endpoint + "," + dead,
                          code=UNREACHABLE)
        self.assertEqual(json.loads(out), [
            {"endpoint": waiting.endpoint, "ready": False, "phase": "connect", "error": None},
            {"endpoint": dead, "ready": False, "phase": None,
             "error": refused(dead)}])


class Data(Ctl):
    def test_get_writes_the_very_bytes(self):
        value = bytes(range(256))
        server = self.serve(value)
        result = subprocess.run([RAFTCTL, "--endpoints", server.endpoint, "get", "key"],
                                stdout=subprocess.PIPE, check=True)
        self.assertEqual(result.stdout, value + b"\n")
        self.assertEqual(server.commands, [[b"GET", b"key"]])

    def test_get_of_a_large_value(self):
        value = b"x" * 3000000
        server = self.serve(value)
        out, _ = self.ask("get", "key", "--endpoints", server.endpoint)
        self.assertEqual(len(out), len(value) + 1)

    def test_get_of_nothing_is_no(self):
        server = self.serve(None)
        out, _ = self.ask("get", "key", "--endpoints", server.endpoint, code=NO)
        self.assertEqual(out, "\n")

    def test_get_as_json(self):
        server = self.serve(lambda arguments: {b"text": "a\"b\n\u00e4", b"bytes": b"\xff\x00",
                                               b"nothing": None}[arguments[1]])
        out, _ = self.ask("get", "text", "-w", "json", "--endpoints", server.endpoint)
        self.assertEqual(json.loads(out), {"key": "text", "found": True, "value": "a\"b\n\u00e4"})
        out, _ = self.ask("get", "bytes", "-w", "json", "--endpoints", server.endpoint)
        self.assertEqual(json.loads(out), {"key": "bytes", "found": True, "value_base64": "/wA="})
        out, _ = self.ask("get", "nothing", "-w", "json", "--endpoints", server.endpoint, code=NO)
        self.assertEqual(json.loads(out), {"key": "nothing", "found": False})

    def test_get_of_nothing_says_so(self):
        server = self.serve(None)
        out, err = self.ask("get", "key", "--endpoints", server.endpoint, code=NO)
        self.assertEqual((out, err), ("\n", "raftctl: there is no key \"key\"\n"))
        _, err = self.ask("get", "key", "-w", "json", "--endpoints", server.endpoint, code=NO)
        self.assertEqual(err, "")

    def test_get_with_a_prefix(self):
        def answer(arguments):
            if arguments[0] == b"SCAN":
                self.assertEqual(arguments[2:4], [b"MATCH", b"a\\*b*"])
                return ["7", ["a*b1", "a*b2"]] if arguments[1] == b"0" else ["0", [b"a*b\xff", "gone"]]
            self.assertEqual(arguments[0], b"MGET")
            values = {b"a*b1": "one", b"a*b2": b"t\x00", b"a*b\xff": "", b"gone": None}
            return [values[key] for key in arguments[1:]]
        server = self.serve(answer)
        out, _ = self.ask("get", "--prefix", "a*b", "--endpoints", server.endpoint)
        self.assertEqual(out, '"a*b1" "one"\n"a*b2" "t\\x00"\n"a*b\\xff" ""\n')
        out, _ = self.ask("get", "--prefix", "a*b", "-w", "json", "--endpoints", server.endpoint)
        self.assertEqual(json.loads(out), [{"key": "a*b1", "value": "one"},
                                           {"key": "a*b2", "value": "t\0"},
                                           {"key_base64": "YSpi/w==", "value": ""}])
        empty = self.serve(lambda arguments: ["0", []])
        out, err = self.ask("get", "--prefix", "x", "--endpoints", empty.endpoint, code=NO)
        self.assertEqual((out, err), ("", "raftctl: there is no key that begins with \"x\"\n"))
        out, _ = self.ask("get", "--prefix", "x", "-w", "json", "--endpoints", empty.endpoint,
                          code=NO)
        self.assertEqual(json.loads(out), [])

    def test_scan(self):
        pages = {b"0": ["17", ["one", "two"]], b"17": ["5", []], b"5": ["0", [b"\xff\n"]]}
        server = self.serve(lambda arguments: pages[arguments[1]])
        result = subprocess.run([RAFTCTL, "--endpoints", server.endpoint, "scan"],
                                stdout=subprocess.PIPE, check=True)
        self.assertEqual(result.stdout, b"one\ntwo\n\xff\n\n")
        self.assertEqual(server.commands, [[b"SCAN", cursor, b"COUNT", b"100"]
                                           for cursor in (b"0", b"17", b"5")])
        out, _ = self.ask("-w", "json", "--endpoints", server.endpoint, "scan")
        self.assertEqual(json.loads(out), [{"key": "one"}, {"key": "two"}, {"key_base64": "/wo="}])
        self.assertEqual(self.on_a_terminal("scan", "--endpoints", server.endpoint),
                         '"one"\r\n"two"\r\n"\\xff\\n"\r\n')

    def test_scan_of_a_prefix_or_pattern(self):
        server = self.serve(lambda arguments: ["0", []])
        for argument, pattern in (("user:", b"user:*"), ("user:*:name", b"user:*:name"),
                                  ("a?", b"a?"), ("[ab]c", b"[ab]c"), ("", b"*")):
            self.ask("scan", argument, "--endpoints", server.endpoint)
            self.assertEqual(server.commands.pop(),
                             [b"SCAN", b"0", b"MATCH", pattern, b"COUNT", b"100"])

    def test_all_pages_come_from_one_node(self):
        def answer(arguments):
            return ["1", ["a"]] if arguments[1] == b"0" else Exception("CLUSTERDOWN no leader")
        refusing = self.serve(Exception("LOADING not ready"))
        first = self.serve(answer)
        second = self.serve(["0", ["b"]])
        endpoints = ",".join(server.endpoint for server in (refusing, first, second))
        out, err = self.ask("scan", "--endpoints", endpoints, code=REFUSED)
        self.assertEqual(out, "a\n")
        self.assertIn("CLUSTERDOWN no leader", err)
        self.assertEqual(second.commands, [])

    def test_a_scan_of_something_else(self):
        for answer in ("OK", ["0"], ["0", "x"], ["0", [1]], [["0"], []], ["0" * 30, []]):
            server = self.serve(lambda arguments, answer=answer: answer)
            _, err = self.ask("scan", "--endpoints", server.endpoint, code=REFUSED)
            self.assertIn("does raftd listen", err)

    def test_set_from_standard_input(self):
        server = self.serve(bytearray(b"+OK\r\n"))
        value = bytes(range(256)) * 1000 + b"\n"
        subprocess.run([RAFTCTL, "--endpoints", server.endpoint, "set", "key", "-"], input=value,
                       check=True, stdout=subprocess.DEVNULL)
        subprocess.run([RAFTCTL, "--endpoints", server.endpoint, "set", "key", "-"], input=b"",
                       check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(server.commands, [[b"SET", b"key", value], [b"SET", b"key", b""]])

    def test_set_from_an_endless_input(self):
        with open("/dev/zero", "rb") as endless:
            result = subprocess.run([RAFTCTL, "--endpoints", self.nobody(), "set", "key", "-"],
                                    stdin=endless, stderr=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, LOCAL)
        self.assertIn(b"more than 536870912 bytes", result.stderr)
        self.assertIn(b"limits.max_request_bytes", result.stderr)

    def test_set_with_a_time_to_live_and_only_new(self):
        server = self.serve(lambda arguments: None if b"NX" in arguments else bytearray(b"+OK\r\n"))
        out, _ = self.ask("set", "key", "v", "--ttl", "60", "--endpoints", server.endpoint)
        self.assertEqual(out, "OK\n")
        out, err = self.ask("set", "key", "v", "--ttl", "60", "--nx", "--endpoints",
                            server.endpoint, code=NO)
        self.assertEqual((out, err),
                         ("", "raftctl: the key \"key\" exists already: it was not changed\n"))
        out, _ = self.ask("set", "key", "v", "--nx", "-w", "json", "--endpoints", server.endpoint,
                          code=NO)
        self.assertEqual(json.loads(out), {"key": "key", "ok": False})
        self.assertEqual(server.commands, [[b"SET", b"key", b"v", b"EX", b"60"],
                                           [b"SET", b"key", b"v", b"EX", b"60", b"NX"],
                                           [b"SET", b"key", b"v", b"NX"]])
        for ttl in ("0", "-1", "x", "1.5", "99999999999"):
            self.ask("set", "key", "v", "--ttl", ttl, code=USAGE)

    def test_a_long_value_that_is_refused_early(self):
        def refuse(connection):
            connection.recv(1000)
            connection.sendall(b"-ERR Protocol error: too big request\r\n")
            time.sleep(30)
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        threading.Thread(target=lambda: refuse(listener.accept()[0]), daemon=True).start()
        result = subprocess.run([RAFTCTL, "--endpoints", "127.0.0.1:%d" % listener.getsockname()[1],
                                 "set", "key", "-"], input=b"x" * 20000000, stderr=subprocess.PIPE,
                                check=False)
        self.assertEqual(result.returncode, REFUSED)
        self.assertIn(b"ERR Protocol error: too big request", result.stderr)

    def on_a_terminal(self, *arguments):
        ours, theirs = pty.openpty()
        with subprocess.Popen([RAFTCTL, *arguments], stdin=subprocess.DEVNULL, stdout=theirs) as run:
            os.close(theirs)
            out = b""
            try:
                while True:
                    data = os.read(ours, 4096)
                    if not data:
                        break
                    out += data
            except OSError:
                pass  # that is how a terminal says that the other side is gone
            run.wait()
        os.close(ours)
        return out.decode()

    def test_a_terminal_sees_escapes(self):
        server = self.serve(b"\x1b[2J\"\x00")
        self.assertEqual(self.on_a_terminal("get", "key", "--endpoints", server.endpoint),
                         "\"\\x1b[2J\\\"\\x00\"\r\n")
        server = self.serve(None)
        self.assertEqual(self.on_a_terminal("get", "key", "--endpoints", server.endpoint),
                         "(nil)\r\n")

    def test_set_and_del(self):
        server = self.serve(lambda arguments: bytearray(b"+OK\r\n") if arguments[0] == b"SET" else 2)
        out, _ = self.ask("--endpoints", server.endpoint, "set", "--", "key", "-1")
        self.assertEqual(out, "OK\n")
        out, _ = self.ask("--endpoints", server.endpoint, "del", "a", "b", "c")
        self.assertEqual(out, "2\n")
        self.assertEqual(server.commands, [[b"SET", b"key", b"-1"], [b"DEL", b"a", b"b", b"c"]])
        out, _ = self.ask("-w", "json", "--endpoints", server.endpoint, "del", "a")
        self.assertEqual(json.loads(out), {"deleted": 2})
        out, _ = self.ask("-w", "json", "--endpoints", server.endpoint, "set", "a", "")
        self.assertEqual(json.loads(out), {"key": "a", "ok": True})

    def test_definite_refusals_go_on_to_the_next_endpoint(self):
        for code in ("LOADING", "TRYAGAIN", "CLUSTERDOWN"):
            first = self.serve(Exception(code + " not now"))
            second = self.serve(bytearray(b"+OK\r\n"))
            endpoints = ",".join([self.nobody(), first.endpoint, second.endpoint])
            out, err = self.ask("set", "key", "value", "--endpoints", endpoints)
            self.assertEqual(out, "OK\n")
            self.assertIn("%s: %s not now" % (first.endpoint, code), err)
            self.assertIn("Connection refused", err)

    def test_the_leader_that_a_node_names_is_asked(self):
        leader = self.serve(bytearray(b"+OK\r\n"))
        follower = self.serve(Exception("MOVED 866 " + leader.endpoint))
        self.assertEqual(self.ask("set", "key", "value", "--endpoints", follower.endpoint),
                         ("OK\n", ""))
        gone = self.serve(Exception("MOVED 866 " + self.nobody()))
        out, err = self.ask("set", "key", "value", "--endpoints",
                            gone.endpoint + "," + leader.endpoint)
        self.assertEqual(out, "OK\n")
        self.assertIn("Connection refused", err)
        circle = self.serve(lambda arguments: Exception("MOVED 866 " + circle.endpoint))
        _, err = self.ask("set", "key", "value", "--endpoints", circle.endpoint, code=REFUSED)
        self.assertIn("MOVED 866", err)
        self.assertEqual(len(circle.commands), 4)
        strange = self.serve(Exception("MOVED"))
        _, err = self.ask("set", "key", "value", "--endpoints", strange.endpoint, code=REFUSED)
        self.assertIn("MOVED", err)

    def test_with_a_prefix_each_page_comes_from_the_node_that_scans(self):
        leader = self.serve(lambda arguments: ["value"] * len(arguments[1:]))
        pages = {b"0": ["7", ["a1"]], b"7": ["0", ["a2"]]}
        follower = self.serve(lambda arguments: pages[arguments[1]] if arguments[0] == b"SCAN"
                              else Exception("MOVED 866 " + leader.endpoint))
        out, err = self.ask("get", "--prefix", "a", "--endpoints", follower.endpoint)
        self.assertEqual((out, err), ('"a1" "value"\n"a2" "value"\n', ""))
        self.assertEqual([words[0] for words in leader.commands], [b"MGET", b"MGET"])

    def test_an_unknown_outcome_is_never_tried_again(self):
        for answer in (Exception("TIMEOUT no outcome in time"), HANG_UP, SILENCE):
            first = self.serve(answer)
            second = self.serve(bytearray(b"+OK\r\n"))
            for command in (["set", "key", "value"], ["del", "key"]):
                out, err = self.ask("--timeout-ms", "500", "--endpoints",
                                    first.endpoint + "," + second.endpoint, *command, code=UNKNOWN)
                self.assertEqual(out, "")
                self.assertRegex(err, "TIMEOUT|not known whether")
            self.assertEqual(second.commands, [])

    def test_a_read_may_be_asked_again(self):
        for answer in (Exception("TIMEOUT no outcome in time"), HANG_UP, SILENCE):
            first = self.serve(answer)
            second = self.serve("value")
            out, _ = self.ask("--timeout-ms", "500", "--endpoints",
                              first.endpoint + "," + second.endpoint, "get", "key")
            self.assertEqual(out, "value\n")

    def test_other_errors_end_it(self):
        first = self.serve(Exception("WRONGTYPE no"))
        second = self.serve(bytearray(b"+OK\r\n"))
        _, err = self.ask("set", "key", "value", "--endpoints",
                          first.endpoint + "," + second.endpoint, code=REFUSED)
        self.assertEqual(err, "raftctl: %s: WRONGTYPE no\n" % first.endpoint)
        self.assertEqual(second.commands, [])

    def test_nobody_there(self):
        _, err = self.ask("set", "key", "value", "--endpoints", self.nobody(), code=UNREACHABLE)
        self.assertIn("Connection refused", err)

    def test_a_full_disk_is_no_success(self):
        server = self.serve("value")
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([RAFTCTL, "--endpoints", server.endpoint, "get", "key"],
                                    stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, LOCAL)
        self.assertIn(b"cannot write the answer", result.stderr)


class Pipe(Ctl):
    """A reader that goes away is no mistake."""

    def run_into_closed_pipe(self, *arguments):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            return subprocess.run([RAFTCTL, *arguments], stdout=writer, stderr=subprocess.PIPE,
                                  check=False, timeout=30)
        finally:
            os.close(writer)

    def test_it_ends_like_other_programs(self):
        server = self.serve(lambda arguments: ["1", ["key"] * 100]  # a scan without an end
                            if arguments[0] == b"SCAN" else ["value"] * (len(arguments) - 1))
        for arguments in (["--help"], ["scan"], ["get", "--prefix", "k"], ["help", "status"]):
            result = self.run_into_closed_pipe(*arguments, "--endpoints", server.endpoint) \
                if arguments[0] in ("scan", "get") else self.run_into_closed_pipe(*arguments)
            self.assertEqual(result.returncode, -signal.SIGPIPE, arguments)
            self.assertEqual(result.stderr, b"")

    def test_status_watch(self):
        server = self.serve(status(1))
        result = self.run_into_closed_pipe("status", "--watch", "--endpoints", server.endpoint)
        self.assertEqual(result.returncode, -signal.SIGPIPE)
        self.assertEqual(result.stderr, b"")


class Watch(Ctl):
    def test_into_a_file(self):
        server = self.serve(status(1))
        with subprocess.Popen([RAFTCTL, "status", "--watch", "--interval", "1", "--endpoints",
                               server.endpoint], stdout=subprocess.PIPE,
                              universal_newlines=True) as process:
            text = ""
            while text.count("| ENDPOINT") < 3:
                text += process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            self.assertEqual(process.wait(), OK)
        self.assertNotIn("\x1b", text)
        self.assertIn("+\n\n+", text)

    def test_as_json(self):
        server = self.serve(status(1))
        with subprocess.Popen([RAFTCTL, "status", "--watch", "--interval", "1", "-w", "json",
                               "--endpoints", server.endpoint], stdout=subprocess.PIPE,
                              universal_newlines=True) as process:
            for _ in range(2):
                found = json.loads(process.stdout.readline())
                self.assertEqual(found[0]["endpoint"], server.endpoint)
            process.terminate()
            process.stdout.read()
            self.assertEqual(process.wait(), OK)

    def watch_on_a_terminal(self, endpoint, until, timeout_ms=20000):
        """What came to the terminal until a text was in it and then Ctrl-C was typed; and the exit
        code."""
        ours, theirs = pty.openpty()
        mode = termios.tcgetattr(theirs)
        mode[3] &= ~termios.ECHO  # else "^C" comes before or after what the program writes
        termios.tcsetattr(theirs, termios.TCSANOW, mode)
        with subprocess.Popen([RAFTCTL, "status", "--watch", "--interval", "1", "--timeout-ms",
                               str(timeout_ms), "--endpoints", endpoint], stdin=theirs,
                              stdout=theirs, start_new_session=True,
                              preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) as process:
            os.close(theirs)
            out = b""
            try:
                while until not in out:
                    out += os.read(ours, 4096)
                os.write(ours, b"\x03")
                while True:
                    data = os.read(ours, 4096)
                    if not data:
                        break
                    out += data
            except OSError:
                pass  # that is how a terminal says that the other side is gone
            code = process.wait()
        os.close(ours)
        return out, code

    def test_on_a_terminal(self):
        server = self.serve(status(1))
        out, code = self.watch_on_a_terminal(server.endpoint, b"Members as the leader")
        self.assertEqual(code, OK)
        self.assertTrue(out.startswith(b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H"))
        self.assertIn(b"until Ctrl-C", out)
        self.assertTrue(out.endswith(b"\x1b[?7h\x1b[?25h\x1b[?1049l"), out[-40:])

    def test_ctrl_c_while_a_node_is_silent(self):
        silent = self.serve(SILENCE)
        started = time.monotonic()
        out, _ = self.watch_on_a_terminal(silent.endpoint, b"\x1b[?7l", 60000)
        self.assertLess(time.monotonic() - started, 20)
        self.assertTrue(out.endswith(b"\x1b[?1049l"))

    def test_interval_belongs_to_watch(self):
        _, err = self.ask("status", "--interval", "1", code=USAGE)
        self.assertIn("--interval needs --watch", err)
        self.ask("status", "--watch", "--interval", "0", code=USAGE)


class CommandLine(Ctl):
    def test_endpoints_from_the_environment(self):
        server = self.serve("value")
        out, _ = self.ask("get", "key", env={"RAFTCTL_ENDPOINTS": server.endpoint})
        self.assertEqual(out, "value\n")
        out, _ = self.ask("get", "key", "--endpoints", server.endpoint,
                          env={"RAFTCTL_ENDPOINTS": self.nobody()})
        self.assertEqual(out, "value\n")

    def test_mistakes(self):
        for arguments in (
                [], ["frobnicate"], ["cert"], ["cert", "frobnicate"], ["get"], ["get", "a", "b"],
                ["set", "a"], ["del"], ["status", "extra"], ["status", "--frobnicate"],
                ["get", "--dir", "x", "key"], ["status", "-w", "xml"], ["get", "--all", "key"],
                ["status", "--timeout-ms", "0"], ["status", "--timeout-ms", "1x"],
                ["status", "--timeout-ms", "99999999999999999999"], ["status", "--endpoints", ""],
                ["status", "--endpoints", "a:1,,b:1"], ["status", "--endpoints", ",".join(["a:1"] * 33)],
                ["status", "--tls-cert", "x", "--tls-key", "y"],
                ["status", "--tls-ca", "x", "--tls-cert", "y"], ["cert", "ca"],
                ["cert", "node", "--dir", "x", "--cluster", "c"],
                ["cert", "node", "--dir", "x", "--cluster", "c", "--id", "0"],
                ["cert", "node", "--dir", "x", "--cluster", "c", "--id", "65536"],
                ["cert", "node", "--dir", "x", "--cluster", "c", "--id", "-1"],
                ["cert", "node", "--dir", "x", "--cluster", "c/d", "--id", "1"],
                ["cert", "ca", "--dir", "x", "--days", "0"],
                ["cert", "ca", "--dir", "x", "--not-after", "tomorrow"],
                ["cert", "ca", "--dir", "x", "--not-after", "2027-02-30T00:00:00Z"],
                ["cert", "ca", "--dir", "x", "--days", "1", "--not-after", "2027-02-01T00:00:00Z"],
                ["cert", "client", "--dir", "x"]):
            with self.subTest(arguments=arguments):
                out, err = self.ask(*arguments, code=USAGE)
                self.assertEqual(out, "")
                self.assertNotEqual(err, "")
        self.assertFalse(os.path.exists("x"))

    def test_an_unknown_option_is_told_where_to_look(self):
        for arguments in (["status", "--frobnicate"], ["set", "balance", "-5"], ["set", "a", "--ttl"]):
            _, err = self.ask(*arguments, code=USAGE)
            self.assertIn("raftctl help COMMAND lists the options", err)
            self.assertIn("write -- before an argument that begins with a dash", err)

    def test_members_that_make_no_sense(self):
        for member in ("1", "1=", "1=127.0.0.1", "1=127.0.0.1:0", "1=:7381", "x=127.0.0.1:7381",
                       "0=127.0.0.1:7381", "2=127.0.0.1:7381"):
            with self.subTest(member=member):
                _, err = self.ask("restore", "none", "--data-dir", "none", "--id", "1", "--cluster",
                                  "c", "--member", member, code=USAGE)
                self.assertRegex(err, "expected")
        self.assertFalse(os.path.exists("none"))

    def test_endpoints_that_make_no_sense(self):
        for endpoint in ("127.0.0.1", "127.0.0.1:", ":7380", "127.0.0.1:0", "127.0.0.1:65536",
                         "::1:7380", "[::1]"):
            with self.subTest(endpoint=endpoint):
                _, err = self.ask("status", "--endpoints", endpoint, code=USAGE)
                self.assertIn("--endpoints: found \"%s\", expected HOST:PORT: " % endpoint, err)
                _, err = self.ask("get", "x", code=USAGE, env={"RAFTCTL_ENDPOINTS": endpoint})
                self.assertIn("\"%s\"" % endpoint, err)

    def test_version_and_help(self):
        out, _ = self.ask("--version")
        self.assertRegex(out, r"^raftctl \d+\.\d+\.\d+\n$")
        out, _ = self.ask("--help")
        self.assertTrue(out.startswith("usage: raftctl"))

    def test_help_of_each_command(self):
        out, _ = self.ask("--help")
        self.assertEqual(self.ask("help")[0], out)
        commands = re.findall(r"(?m)^    ([a-z]+(?: [a-z]+)?)  +[A-Z]", out)
        self.assertIn("member add", commands)
        self.assertIn("completion", commands)
        for command in commands:
            with self.subTest(command=command):
                text, err = self.ask("help", *command.split())
                self.assertEqual(err, "")
                self.assertTrue(text.startswith("usage: raftctl " + command), text)
                self.assertEqual(self.ask(*command.split(), "--help")[0], text)
                self.assertEqual(self.ask("-h", *command.split())[0], text)
        self.assertEqual(self.ask("transfer", "--help")[0], self.ask("handover", "--help")[0])

    def test_help_of_a_group(self):
        out, _ = self.ask("help", "cert")
        self.assertEqual(re.findall("(?m)^usage: raftctl cert ([a-z]+)", out),
                         ["ca", "node", "client", "show"])
        _, err = self.ask("cert", code=USAGE)
        self.assertIn("expected one of these words after it: ca, node, client, show", err)

    def test_what_was_meant(self):
        for words, meant in ((["stauts"], "status"), (["member", "ad"], "member add"),
                             (["promote", "3"], "member promote"), (["hand", "3"], "handover"),
                             (["snaphsot"], "snapshot"), (["cert", "nodes"], "cert node")):
            _, err = self.ask(*words, code=USAGE)
            self.assertIn("did you mean \"%s\"?" % meant, err)
        for words in (["frobnicate"], ["x"], ["member", "frobnicate"]):
            _, err = self.ask(*words, code=USAGE)
            self.assertNotIn("did you mean", err)
        self.ask("help", "stauts", code=USAGE)

    def test_version(self):
        self.assertEqual(self.ask("version")[0], self.ask("--version")[0])

    def test_every_client_option_has_a_variable(self):
        server = self.serve("value")
        everything = {"RAFTCTL_ENDPOINTS": server.endpoint, "RAFTCTL_WRITE": "json",
                      "RAFTCTL_TIMEOUT_MS": "5000"}
        out, _ = self.ask("get", "key", env=everything)
        self.assertEqual(json.loads(out), {"key": "key", "found": True, "value": "value"})
        self.assertEqual(self.ask("get", "key", "-w", "table", env=everything)[0], "value\n")
        silent = self.serve(SILENCE)
        started = time.monotonic()
        self.ask("get", "key", code=UNREACHABLE,
                 env={"RAFTCTL_ENDPOINTS": silent.endpoint, "RAFTCTL_TIMEOUT_MS": "300"})
        self.assertLess(time.monotonic() - started, 4)

    def test_a_bad_variable_is_named(self):
        for variable, value in (("RAFTCTL_TIMEOUT_MS", "soon"), ("RAFTCTL_WRITE", "xml"),
                                ("RAFTCTL_ENDPOINTS", "127.0.0.1"), ("RAFTCTL_TLS_CERT", "x")):
            with self.subTest(variable=variable):
                _, err = self.ask("ready", code=USAGE, env={variable: value})
                self.assertIn(variable, err)
        # An option, or a command that does not use it, makes the variable unimportant.
        self.ask("version", env={"RAFTCTL_WRITE": "xml"})
        server = self.serve("value")
        self.ask("get", "key", "-w", "table", "--endpoints", server.endpoint,
                 env={"RAFTCTL_WRITE": "xml", "RAFTCTL_ENDPOINTS": "no"})

    def test_an_empty_variable_is_none(self):
        server = self.serve("value")
        out, _ = self.ask("get", "key", "--endpoints", server.endpoint,
                          env={"RAFTCTL_TLS_CA": "", "RAFTCTL_TIMEOUT_MS": "", "RAFTCTL_WRITE": ""})
        self.assertEqual(out, "value\n")


class Completion(Ctl):
    def complete(self, *words):
        """What bash offers for the last of the words."""
        script = self.ask("completion", "bash")[0] + """
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_raftctl
printf '%s\\n' "${COMPREPLY[@]}"
"""
        result = subprocess.run(["bash", "-uc", script, "bash", "raftctl", *words], check=True,
                                stdout=subprocess.PIPE, universal_newlines=True,
                                cwd=self.directory)
        return result.stdout.split()

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="raftd-test-")
        self.addCleanup(shutil.rmtree, self.directory)

    def test_commands(self):
        self.assertEqual(self.complete("stat"), ["status"])
        self.assertEqual(self.complete("mem"), ["members", "member"])
        self.assertEqual(self.complete("member", "re"), ["remove", "replace"])
        self.assertEqual(self.complete("help", "hand"), ["handover"])
        self.assertEqual(self.complete("completion", ""), ["bash", "zsh"])
        every = self.complete("")
        out, _ = self.ask("help")
        for command in re.findall(r"(?m)^    ([a-z]+)(?: [a-z]+)?  +[A-Z]", out):
            self.assertIn(command, every)

    def test_options(self):
        self.assertIn("--learner", self.complete("member", "add", "--"))
        self.assertNotIn("--learner", self.complete("member", "remove", "--"))
        self.assertEqual(self.complete("set", "--t"), ["--timeout-ms", "--tls-ca", "--tls-cert",
                                                       "--tls-key", "--ttl"])
        self.assertEqual(self.complete("--endpoints", "a", ":", "1", "stat"), ["status"])
        self.assertEqual(self.complete("status", "-w", "j"), ["json"])
        self.assertEqual(self.complete("--wri"), [])
        self.assertIn("--version", self.complete("--"))

    def test_files_and_directories(self):
        os.mkdir(os.path.join(self.directory, "data"))
        with open(os.path.join(self.directory, "dump"), "w", encoding="utf-8"):
            pass
        self.assertEqual(sorted(self.complete("wal", "d")), ["data", "dump"])
        self.assertEqual(self.complete("recover", "--data-dir", "d"), ["data"])
        self.assertEqual(sorted(self.complete("status", "--tls-ca", "d")), ["data", "dump"])
        self.assertEqual(self.complete("get", "d"), [])

    def test_zsh_reads_its_script(self):
        script, _ = self.ask("completion", "zsh")
        self.assertTrue(script.startswith("#compdef raftctl\n"))
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        path = os.path.join(self.directory, "_raftctl")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        subprocess.run(["zsh", "-fn", path], check=True)


class Tls(Ctl):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="raftd-test-")
        cls.ours = Authority(os.path.join(cls.directory, "ours"))
        cls.theirs = Authority(os.path.join(cls.directory, "theirs"), "another-ca")
        cls.node = cls.ours.node(1)
        cls.client = cls.ours.client("ann")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.directory)

    def tls_server(self, certificate=None, authority=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(*(certificate or self.node))
        context.load_verify_locations((authority or self.ours).ca)
        context.verify_mode = ssl.CERT_REQUIRED
        return self.serve("value", context)

    def get(self, endpoint, authority=None, certificate=None, code=OK):
        options = ["--tls-ca", (authority or self.ours).ca]
        if certificate is not None:
            options += ["--tls-cert", certificate[0], "--tls-key", certificate[1]]
        return self.ask("--timeout-ms", "3000", "--endpoints", endpoint, *options, "get", "key",
                        code=code)

    def test_speaks_tls(self):
        server = self.tls_server()
        out, _ = self.get(server.endpoint, certificate=self.client)
        self.assertEqual(out, "value\n")
        out, _ = self.get(server.endpoint.replace("127.0.0.1", "localhost"),
                          certificate=self.client)
        self.assertEqual(out, "value\n")

    def test_files_from_the_environment(self):
        server = self.tls_server()
        out, _ = self.ask("--endpoints", server.endpoint, "get", "key",
                          env={"RAFTCTL_TLS_CA": self.ours.ca, "RAFTCTL_TLS_CERT": self.client[0],
                               "RAFTCTL_TLS_KEY": self.client[1]})
        self.assertEqual(out, "value\n")

    def test_server_of_another_ca(self):
        server = self.tls_server(certificate=self.theirs.node(1))
        _, err = self.get(server.endpoint, certificate=self.client, code=UNREACHABLE)
        self.assertIn("the other side's certificate is signed by an unknown CA "
                      "(check --tls-ca here and [tls] ca there)", err)
        self.assertEqual(server.commands, [])

    def test_server_of_another_host(self):
        elsewhere = raftctl("cert", "node", "--dir", self.ours.directory, "--id", "9", "--cluster",
                            "test", "--host", "node-9.example").stdout.split("\n")[:2]
        server = self.tls_server(certificate=elsewhere)
        for host in ("127.0.0.1", "localhost"):
            _, err = self.get(server.endpoint.replace("127.0.0.1", host), certificate=self.client,
                              code=UNREACHABLE)
            self.assertRegex(err, "%s:.*the other side's certificate .*mismatch .use an address that "
                                  "the certificate names" % host)

    def test_expired_server(self):
        old = self.ours.node(8, "test", "--not-after", "2020-01-01T00:00:00Z")
        server = self.tls_server(certificate=old)
        _, err = self.get(server.endpoint, certificate=self.client, code=UNREACHABLE)
        self.assertIn("expired", err)

    def test_client_certificate_cannot_serve(self):
        server = self.tls_server(certificate=self.client)
        _, err = self.get(server.endpoint, certificate=self.client, code=UNREACHABLE)
        self.assertIn("the other side's certificate is made for another purpose", err)

    def test_without_a_certificate(self):
        server = self.tls_server()
        _, err = self.get(server.endpoint, code=UNREACHABLE)
        self.assertRegex(err, "this side sent none .give --tls-cert and --tls-key|"
                              "did it refuse the certificate")

    def test_certificate_of_another_ca(self):
        server = self.tls_server()
        _, err = self.get(server.endpoint, certificate=self.theirs.client("eve"),
                          code=UNREACHABLE)
        self.assertRegex(err, "does not know the CA of our certificate .check --tls-ca|"
                              "did it refuse the certificate")

    def test_plain_text_to_a_tls_port(self):
        server = self.tls_server()
        _, err = self.ask("--timeout-ms", "3000", "--endpoints", server.endpoint, "get", "key",
                          code=UNREACHABLE)
        self.assertRegex(err, "does it want TLS|not RESP|connection lost")

    def test_tls_to_a_plain_text_port(self):
        server = self.serve(bytearray(b"-ERR Protocol error\r\n"))
        _, err = self.get(server.endpoint, code=UNREACHABLE)
        self.assertRegex(err, "TLS")

    def test_files_that_are_not_there(self):
        server = self.tls_server()
        _, err = self.ask("--endpoints", server.endpoint, "--tls-ca", "/nonexistent", "get", "key",
                          code=LOCAL)
        self.assertIn("/nonexistent", err)
        self.assertNotIn("unknown", err)
        out, _ = self.ask("--endpoints", server.endpoint, "--tls-ca", "/nonexistent", "status",
                          code=LOCAL)
        self.assertIn("/nonexistent", out)

    def test_status_of_a_server_that_is_not_trusted(self):
        server = self.tls_server(certificate=self.theirs.node(2))
        out, _ = self.ask("--endpoints", server.endpoint, "--tls-ca", self.ours.ca, "status",
                          code=UNREACHABLE)
        self.assertIn("the other side's certificate is signed by an unknown CA", out)


class Nodes(unittest.TestCase):
    """Against real nodes: what the servers above only pretend."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3, tls=False, options={"limits.max_request_bytes": "1M"})
        try:
            cls.cluster.start()
            cls.cluster.wait_leader()
        except BaseException:
            cls.cluster.close(keep=False)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.cluster.close(keep=False)

    def setUp(self):
        self.env = {"RAFTCTL_ENDPOINTS": self.cluster.endpoints()}
        self.cluster[1].call("FLUSHALL")

    def ask(self, *arguments, code=OK, value=None):
        environment = {**os.environ, **self.env}
        result = subprocess.run([RAFTCTL, *arguments], env=environment, input=value, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(result.returncode, code, (arguments, result))
        return result.stdout.decode(), result.stderr.decode()

    def test_all_keys_are_scanned_and_got(self):
        wanted = {"key:%d" % i: "value %d" % i for i in range(1234)}
        with self.cluster[1].client() as client:
            client.pipeline([("SET", key, value) for key, value in wanted.items()])
            client.call("SET", "other", "x")
        out, _ = self.ask("scan")
        self.assertEqual(sorted(out.split()), sorted([*wanted, "other"]))
        out, _ = self.ask("scan", "key:")
        self.assertEqual(sorted(out.split()), sorted(wanted))
        out, _ = self.ask("scan", "key:1?3", "-w", "json")
        self.assertEqual(sorted(row["key"] for row in json.loads(out)),
                         ["key:1%d3" % i for i in range(10)])
        out, _ = self.ask("get", "--prefix", "key:", "-w", "json")
        self.assertEqual({row["key"]: row["value"] for row in json.loads(out)}, wanted)
        _, err = self.ask("get", "--prefix", "no:", code=NO)
        self.assertIn("there is no key that begins with", err)

    def test_set(self):
        value = bytes(range(256)) * 100
        self.ask("set", "bytes", "-", value=value)
        self.assertEqual(self.cluster[2].call("GET", "bytes"), value)
        self.ask("set", "lock", "mine", "--nx", "--ttl", "100")
        self.assertEqual(self.cluster[2].call("TTL", "lock"), 100)
        _, err = self.ask("set", "lock", "yours", "--nx", code=NO)
        self.assertIn("exists already", err)
        self.assertEqual(self.cluster[2].call("GET", "lock"), b"mine")
        _, err = self.ask("get", "nothing", code=NO)
        self.assertIn('there is no key "nothing"', err)

    def test_a_value_that_is_too_long(self):
        for size in (1 << 20, 3 << 20, 40 << 20):
            _, err = self.ask("set", "long", "-", value=b"x" * size, code=REFUSED)
            self.assertIn("a request has at most 1048576 bytes (limits.max_request_bytes)", err)
        self.ask("set", "long", "-", value=b"x" * ((1 << 20) - 100))

    def test_handover_says_why_not(self):
        leader = self.cluster.wait_leader().id
        for id_, text in ((leader, "this member is the leader already"),
                          (9, "there is no member with this id")):
            _, err = self.ask("handover", str(id_), code=REFUSED)
            self.assertIn("CONFLICT " + text, err)
        to = leader % 3 + 1
        out, _ = self.ask("handover", str(to))
        self.assertEqual(out, "node %d leads\n" % to)
        out, _ = self.ask("transfer", "-w", "json")
        self.assertNotEqual(json.loads(out)["leader"], to)
        self.cluster[leader].kill()
        self.addCleanup(self.cluster.wait_leader)
        self.addCleanup(self.cluster.start)
        self.cluster.wait_leader()

        def is_silent():
            result = raftctl("handover", leader, check=False, env=self.env)
            return result.returncode == REFUSED and \
                "CONFLICT this member does not answer the leader" in result.stderr
        wait_until("the refusal of a node that is dead", is_silent)

    def test_status_has_booleans(self):
        out, _ = self.ask("status", "-w", "json")
        for row in json.loads(out):
            found = row["status"]
            self.assertIs(found["ready"], True)
            self.assertIs(found["joint"], False)
            for one in found["members"]:
                for name in ("voter", "learner", "joining", "outgoing", "self", "connected",
                             "replicating"):
                    self.assertIsInstance(one[name], bool, name)

    def test_a_name_with_two_addresses(self):
        """localhost is ::1 and 127.0.0.1 on most machines; nodes listen on the latter."""
        port = self.cluster[1].client_port
        out, _ = self.ask("set", "key", "value", "--endpoints", "localhost:%d" % port)
        self.assertEqual(out, "OK\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
