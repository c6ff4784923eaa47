#!/usr/bin/env python3
"""What reads promise, with real nodes that are stopped and woken: a leader that slept through its
lease answers nothing from its memory, on lease connections either (T23, T24); a stale read is never
older than its bound, and none at all where the bound cannot be kept; each connection has its own
level, and the configuration the one that they begin with."""
import bisect
import threading
import time
import unittest

from cluster import Cluster, rounds, wait_until
from load import DEFINITE, narrate
from resp_client import Client, ReplyError

PAUSES = rounds(4)
LAG_MS = 300
ELECTION_TIMEOUT_SECONDS = 0.5
OPTIONS = {"raft.request_timeout_ms": 2000}


class Writer(threading.Thread):
    """Counts up through whichever node takes it; remembers when each value was acknowledged."""

    def __init__(self, cluster):
        super().__init__(name="writer", daemon=True)
        self.nodes = list(cluster)
        self.turn = 0
        self.stopped = threading.Event()
        self.client = None
        self.trouble = None
        self.times = []   # of the acknowledgement, ascending,
        self.values = []  # of what was acknowledged then, ascending

    def run(self):
        try:
            while not self.stopped.is_set():
                self.step()
        except Exception as problem:  # pylint: disable=broad-except
            self.trouble = repr(problem)
        self.drop()

    def step(self):
        try:
            if self.client is None:
                node = self.nodes[self.turn % len(self.nodes)]
                self.client = Client(node.client_port, timeout=1)
            value = self.client.call("INCR", "counter")
            self.values.append(value)
            self.times.append(time.monotonic())
            return
        except ReplyError as error:
            if error.code not in DEFINITE + ("TIMEOUT",):
                raise
        except OSError:
            pass
        self.drop()
        self.stopped.wait(0.02)

    def drop(self):
        self.turn += 1
        if self.client is not None:
            self.client.close()
            self.client = None

    def floor(self, moment):
        """The newest value that was acknowledged before a moment."""
        place = bisect.bisect_right(self.times, moment)
        return self.values[place - 1] if place > 0 else 0


class Reader(threading.Thread):
    """Reads through one node at one level; remembers when it asked and what it got."""

    def __init__(self, node, level):
        super().__init__(name="reader", daemon=True)
        self.node = node
        self.level = level  # arguments of RAFT CONSISTENCY, none: as configured
        self.stopped = threading.Event()
        self.client = None
        self.trouble = None
        self.found = []  # (when it was asked, value)

    def run(self):
        try:
            while not self.stopped.is_set():
                self.step()
        except Exception as problem:  # pylint: disable=broad-except
            self.trouble = repr(problem)
        if self.client is not None:
            self.client.close()

    def step(self):
        try:
            if self.client is None:
                self.client = Client(self.node.client_port, timeout=20)
                if self.level:
                    self.client.call("RAFT", "CONSISTENCY", *self.level)
            asked = time.monotonic()
            value = int(self.client.call("GET", "counter") or 0)
            self.found.append((asked, value))
            self.stopped.wait(0.001)
        except ReplyError as error:
            if error.code not in DEFINITE + ("TIMEOUT",):
                raise
            self.stopped.wait(0.01)


class LevelsUnderPauses(unittest.TestCase):
    def judge(self, level, lag_ms, options=None):
        """Stops leaders and followers while all read; nobody gets what is older than lag_ms."""
        with Cluster(3, options={**OPTIONS, **(options or {})}) as cluster:
            cluster.start()
            writer = Writer(cluster)
            readers = [Reader(node, level) for node in cluster for _ in range(2)]
            for thread in (writer, *readers):
                thread.start()
            try:
                for number in range(PAUSES):
                    self.pause(cluster, writer, readers, number)
            finally:
                for thread in (writer, *readers):
                    thread.stopped.set()
                for thread in (writer, *readers):
                    thread.join(30)
            self.assertEqual([each.trouble for each in (writer, *readers) if each.trouble], [])
            for reader in readers:
                for asked, value in reader.found:
                    floor = writer.floor(asked - lag_ms / 1000)
                    self.assertGreaterEqual(value, floor, "read on node %d" % reader.node.id)
            narrate("%d reads, %d writes", sum(len(each.found) for each in readers),
                    len(writer.values))

    def pause(self, cluster, writer, readers, number):
        leader = cluster.wait_leader()
        others = [node for node in cluster if node is not leader]
        victim = leader if number % 2 == 0 else others[0]
        self.wait_progress(writer, readers)
        victim.pause()
        paused = time.monotonic()
        rest = [node for node in cluster if node is not victim]
        cluster.wait_leader(rest)
        self.wait_progress(writer, [each for each in readers if each.node is not victim])
        wait_until("two election timeouts to pass",
                   lambda: time.monotonic() - paused > 2 * ELECTION_TIMEOUT_SECONDS)
        victim.resume()
        cluster.wait_leader()
        self.wait_progress(writer, readers)

    @staticmethod
    def wait_progress(writer, readers):
        writes = len(writer.values) + 20
        reads = {reader: len(reader.found) + 20 for reader in readers}
        wait_until(lambda: "progress; %s" % [each.trouble for each in (writer, *readers)],
                   lambda: writer.trouble or (len(writer.values) >= writes and all(
                       len(each.found) >= count or each.trouble for each, count in reads.items())))

    def test_t24_lease(self):
        self.judge(("lease",), 0)

    def test_lease_by_configuration(self):
        self.judge((), 0, {"redis.consistency": "lease"})

    def test_stale_within_its_bound(self):
        self.judge(("stale", LAG_MS), LAG_MS)

    def test_stale_within_the_bound_of_the_configuration(self):
        self.judge((), LAG_MS, {"redis.consistency": "stale", "redis.max_lag_ms": LAG_MS})


def read_at(node, *level):
    """GET at a level, on a connection of its own: the value, or the code of the error."""
    with node.client(20) as client:
        client.call("RAFT", "CONSISTENCY", *level)
        client.send("GET", "key")
        reply = client.receive()
        return reply.code if isinstance(reply, ReplyError) else reply


class CutOff(unittest.TestCase):
    def test_what_a_follower_alone_answers(self):
        with Cluster(3, options=OPTIONS) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            follower, other = [node for node in cluster if node is not leader]
            leader.call("SET", "key", "old")
            self.assertEqual(follower.call("GET", "key"), b"old")
            # It sleeps while the others go on, then they do: what they did it cannot ask for.
            follower.pause()
            leader.call("SET", "key", "new")
            leader.pause()
            other.pause()
            follower.resume()
            refused = DEFINITE + ("TIMEOUT",)
            self.assertIn(read_at(follower, "stale", 0), (b"old", b"new"))
            self.assertIn(read_at(follower, "stale", 3600000), (b"old", b"new"))
            for level in (("stale", 1), ("lease",), ("linearizable",)):
                self.assertIn(read_at(follower, *level), refused, level)
            with follower.client(20) as loose, follower.client(20) as strict:
                loose.call("READONLY")
                loose.call("RAFT", "CONSISTENCY", "stale", 0)
                strict.send("GET", "key")
                self.assertIn(loose.call("GET", "key"), (b"old", b"new"))
                self.assertIn(strict.receive().code, refused)
                loose.call("READWRITE")
                loose.send("GET", "key")
                self.assertIn(loose.receive().code, refused)
            leader.resume()
            other.resume()
            cluster.wait_leader()
            for level in (("stale", 1), ("lease",), ("linearizable",)):
                wait_until("an answer at %s" % (level,),
                           lambda level=level: read_at(follower, *level) == b"new")

    def test_follower_answers_by_the_leaders_lease(self):
        with Cluster(3, options=OPTIONS) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            follower, other = [node for node in cluster if node is not leader]
            with follower.client() as client:
                client.call("RAFT", "CONSISTENCY", "lease")
                for number in range(50):
                    leader.call("SET", "key", number)
                    self.assertEqual(client.call("GET", "key"), b"%d" % number)
                # Without a quorum there is no lease for longer than an election timeout.
                other.kill()
                leader.pause()
                client.send("GET", "key")
                self.assertIn(client.receive().code, DEFINITE + ("TIMEOUT",))
                leader.resume()
                cluster.wait_leader([leader, follower])
                wait_until("an answer", lambda: read_at(follower, "lease") == b"49")


if __name__ == "__main__":
    unittest.main(verbosity=2)
