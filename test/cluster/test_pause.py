#!/usr/bin/env python3
"""SIGSTOP on the leader for three election timeouts while clients read and write one register
through every node, then SIGCONT: the others elect a new leader and go on, the old one answers
nothing stale when it wakes up (T21, T24), and joins them again."""
import threading
import time
import unittest

from cluster import Cluster, rounds, wait_until
from history import History
from load import DEFINITE, narrate
from resp_client import Client, ReplyError

ELECTION_TIMEOUT_SECONDS = 0.5
PAUSES = rounds(3)


class RegisterClient(threading.Thread):
    """Reads, and sometimes writes, one register through one node only."""

    def __init__(self, name, node, history, write_every):
        super().__init__(name=name, daemon=True)
        self.node = node
        self.history = history
        self.write_every = write_every  # 0 = never
        self.stopped = threading.Event()
        self.client = None
        self.number = 0
        self.done = 0
        self.trouble = None

    def run(self):
        try:
            while not self.stopped.is_set():
                self.step()
        except Exception as problem:  # pylint: disable=broad-except
            self.trouble = repr(problem)
        self.close()

    def step(self):
        self.number += 1
        writes = self.write_every and self.number % self.write_every == 0
        value = "%s-%d" % (self.name, self.number) if writes else None
        operation = self.history.begin(self.name, "write" if writes else "read", value)
        try:
            if self.client is None:
                self.client = Client(self.node.client_port, timeout=20)
                return  # begun too early: connecting may have taken long
            if writes:
                self.client.call("SET", "register", value)
                self.history.done(operation)
            else:
                self.history.done(operation, self.client.call("GET", "register"))
            self.done += 1
        except ReplyError as error:
            if error.code == "TIMEOUT":
                self.history.unknown(operation)
            elif error.code not in DEFINITE:
                raise
            self.stopped.wait(0.01)
        except OSError:
            self.history.unknown(operation)
            self.close()
            self.stopped.wait(0.01)

    def close(self):
        if self.client is not None:
            self.client.close()
            self.client = None


class LateReaders:
    """Connections to one node that are open and idle until it is paused: their reads begin when
    others have written what the sleeping node cannot know."""

    def __init__(self, node, history, count=16):
        self.history = history
        self.clients = [Client(node.client_port, timeout=20) for _ in range(count)]
        self.operations = []
        for client in self.clients:
            client.call("CLIENT", "ID")  # accepted, and with its worker

    def begin(self):
        for number, client in enumerate(self.clients):
            self.operations.append(self.history.begin("late%d" % number, "read"))
            client.send("GET", "register")

    def finish(self):
        """How many were answered with a value."""
        answered = 0
        for client, operation in zip(self.clients, self.operations):
            reply = client.receive()
            client.close()
            if not isinstance(reply, ReplyError):
                self.history.done(operation, reply)
                answered += 1
            elif reply.code not in DEFINITE + ("TIMEOUT",):
                raise reply
        return answered


def text_values(history):
    """Bulk replies are bytes; writes were made from str."""
    for operation in history.operations:
        if isinstance(operation.value, bytes):
            operation.value = operation.value.decode()


class Pause(unittest.TestCase):
    def test_paused_leader_serves_nothing_stale(self):
        self.pause_leaders({})

    def test_t24_nor_by_a_lease_that_it_slept_through(self):
        self.pause_leaders({"redis.consistency": "lease"})

    def pause_leaders(self, options):
        with Cluster(3, options=options) as cluster:
            cluster.start()
            history = History()
            clients = [RegisterClient("%s%d" % (kind, node.id), node, history, every)
                       for node in cluster
                       for kind, every in (("writer", 2), ("reader", 0), ("second-reader", 0))]
            for client in clients:
                client.start()
            try:
                for number in range(PAUSES):
                    self.pause_leader(cluster, clients, history, number)
            finally:
                for client in clients:
                    client.stopped.set()
                for client in clients:
                    client.join(30)
            self.assertEqual([client.trouble for client in clients if client.trouble], [])
            self.judge(history)
            cluster.wait_same_state()

    def pause_leader(self, cluster, clients, history, number):
        leader = cluster.wait_leader()
        others = [node for node in cluster if node is not leader]
        self.wait_progress(clients)
        late = LateReaders(leader, history)
        leader.pause()
        paused = time.monotonic()
        narrate("pause %d of %d: stopped node %d (leader)", number + 1, PAUSES, leader.id)
        new = cluster.wait_leader(others)
        # Values that the sleeping node knows nothing of, while requests pile up at its socket.
        self.wait_progress([client for client in clients if client.node is not leader])
        wait_until("three election timeouts to pass",
                   lambda: time.monotonic() - paused > 3 * ELECTION_TIMEOUT_SECONDS)
        late.begin()
        narrate("node %d leads now; waking node %d", new.id, leader.id)
        leader.resume()
        narrate("%d reads that began in its sleep were answered", late.finish())
        cluster.wait_leader()
        self.wait_progress(clients)

    def test_leader_without_followers_acknowledges_nothing(self):
        with Cluster(3) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            others = [node for node in cluster if node is not leader]
            with leader.client() as client:
                self.assertEqual(client.call("SET", "key", "before"), "OK")
                for node in others:
                    node.pause()
                client.send("SET", "key", "after")
                client.send("GET", "key")
                for _ in range(2):
                    reply = client.receive()
                    narrate("alone it answers %r", reply)
                    self.assertIsInstance(reply, ReplyError)
                    self.assertIn(reply.code, DEFINITE + ("TIMEOUT",))
            leader.kill()
            for node in others:
                node.resume()
            cluster.wait_leader(others)
            # The bytes had reached their sockets, so either is right, but both say the same.
            values = {node.call("GET", "key") for node in others}
            self.assertIn(values, [{b"before"}, {b"after"}])

    def outlive(self, written, options):
        """A leader alone has a command in its log. The others elect a new leader, which writes so
        many keys, and the old leader wakes up. Returns the answer to the command, and the value
        that the cluster has in the end: an APPEND, so that a second application would show."""
        options = dict(options, **{"raft.request_timeout_ms": 600000})
        with Cluster(3, options=options) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            others = [node for node in cluster if node is not leader]
            self.assertEqual(leader.call("SET", "key", "before"), "OK")
            with leader.client(timeout=60) as client:
                client.call("CLIENT", "ID")
                last = leader.status()["last_index"]
                for node in others:
                    node.kill()
                client.send("APPEND", "key", "+after")
                wait_until("the command to be appended",
                           lambda: leader.status()["last_index"] > last)
                leader.pause()
                for node in others:
                    node.start()
                new = cluster.wait_leader(others)
                with new.client() as writer:
                    for number in range(written):
                        writer.call("SET", "key-%d" % number, "x" * 200)
                leader.resume()
                reply = client.receive()
            narrate("with %d writes after it: %r", written, reply)
            cluster.wait_same_state()
            values = {node.call("GET", "key") for node in cluster}
            self.assertEqual(len(values), 1, values)
            return reply, values.pop()

    def test_t52_a_command_that_was_overwritten_has_an_answer(self):
        # The first attempt certainly never takes effect, so the node proposes the command again:
        # the client gets the answer of the second attempt, and the command takes effect once.
        reply, value = self.outlive(1, {})
        self.assertEqual(value, b"before+after")
        self.assertEqual(reply, len(value))

    def test_t52_a_command_that_a_snapshot_replaced_has_an_answer(self):
        reply, value = self.outlive(1500, {"storage.segment_bytes": "128K",
                                           "limits.max_request_bytes": "64K",
                                           "raft.max_batch_bytes": "64K",
                                           "snapshot.log_entries": "200",
                                           "snapshot.keep_entries": "20"})
        self.assertEqual(value, b"before")
        # The node cannot know whether the command is in the snapshot: if the node proposed the
        # command again, the command might take effect twice.
        self.assertIsInstance(reply, ReplyError)
        self.assertEqual(reply.code, "TIMEOUT")

    @staticmethod
    def wait_progress(clients):
        wanted = {client: client.done + 20 for client in clients}
        wait_until(lambda: "progress of %s" % {client.name: (client.done, client.trouble)
                                                for client in clients},
                   lambda: all(client.done >= count or client.trouble
                               for client, count in wanted.items()))

    def judge(self, history):
        text_values(history)
        reads = sum(operation.kind == "read" for operation in history.operations)
        narrate("%d reads and %d writes", reads, len(history.operations) - reads)
        self.assertGreater(reads, 100)
        problem = history.problem()
        self.assertIsNone(problem, problem)


if __name__ == "__main__":
    unittest.main(verbosity=2)
