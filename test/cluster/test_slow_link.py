#!/usr/bin/env python3
"""Large values over slow links between the nodes: they are committed, nobody loses his office over
them (R6), what waits for a slow follower is bounded (R5), and small writes and reads go on.

    test_slow_link.py [--megabits M --bytes N]
                                three writes of N bytes over links of M Mbit/s, by hand
"""
import argparse
import contextlib
import os
import sys
import threading
import time
import unittest

from cluster import wait_until
from load import narrate
from resp_client import ReplyError
from slow_link import SlowCluster

LARGE_BYTES = 8000000
MIB = 1 << 20
# The time-outs of raftd.conf(5), and requests that are allowed to take as long as they need.
OPTIONS = {"raft.heartbeat_ms": 100, "raft.election_timeout_ms": 1000,
           "raft.request_timeout_ms": 600000}
BY_HAND = None
# A sanitizer makes everything slower and keeps freed memory.
SANITIZER = bool(os.environ.get("SANITIZER_CFLAGS"))
SLOWER = 4 if SANITIZER else 1


def resident_bytes(node):
    with open("/proc/%d/status" % node.process.pid, encoding="utf-8") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


class Watch:
    """Looks at something every so often until the block ends."""

    def __init__(self, look, every_seconds=0.05):
        self.look = look
        self.every_seconds = every_seconds
        self.found = []
        self.trouble = None
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        try:
            while not self.stopped.is_set():
                self.found.append(self.look())
                self.stopped.wait(self.every_seconds)
        except (OSError, ReplyError) as trouble:
            self.trouble = trouble

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join(60)


class Seconds:
    """How long a command takes each time, on one connection."""

    def __init__(self, node, *command):
        self.client = node.client(timeout=120)
        self.command = command

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def __call__(self):
        started = time.monotonic()
        self.client.call(*self.command)
        return time.monotonic() - started


class SlowLinks(unittest.TestCase):
    def lead_with(self, cluster, node):
        """Makes this node the leader and returns the term."""
        def leads():
            leader = cluster.wait_leader()
            if leader is not node:
                with contextlib.suppress(ReplyError):  # it has not caught up yet
                    leader.call("RAFT", "TRANSFER", node.id)
            return leader is node
        wait_until("node %d to lead" % node.id, leads)
        return node.status()["term"]

    def check_office(self, cluster, leader, term):
        self.assertIs(cluster.wait_leader(), leader)
        self.assertEqual(leader.status()["term"], term, "there was an election")

    def write_all(self, megabits, size, count, options=()):
        """Large values through the leader and a follower, over links that are all slow."""
        with SlowCluster(3, options={**OPTIONS, **dict(options)}) as cluster:
            cluster.start()
            leader = cluster[1]
            term = self.lead_with(cluster, leader)
            cluster.set_rates(megabits)
            for number in range(count):
                through = cluster[1 + number % 2]
                started = time.monotonic()
                with Seconds(leader, "GET", "small") as read, Watch(read, 0.2) as reads:
                    reply = through.call("SET", "large-%d" % number, b"x" * size, timeout=300)
                seconds = time.monotonic() - started
                narrate("%d bytes at %g Mbit/s through node %d: %s after %.1f s; %d reads "
                        "meanwhile took at most %.2f s; term %d, was %d", size, megabits,
                        through.id, reply, seconds, len(reads.found), max(reads.found),
                        leader.status()["term"], term)
                self.assertEqual(reply, "OK")
                self.assertIsNone(reads.trouble)
                self.assertGreater(seconds, 0.8 * 8 * size / (megabits * 1e6), "the link is fast")
                # A linearizable read needs a round of heartbeats, which waits for no entry.
                self.assertLess(max(reads.found), SLOWER * (1.0 + 0.2 * seconds))
            self.check_office(cluster, leader, term)
            cluster.set_rates(None)
            cluster.wait_same_state()

    def test_r6_eight_megabytes_at_40_megabits(self):
        self.write_all(40, LARGE_BYTES, 2)

    def test_r6_the_largest_request_at_1_megabit(self):
        self.write_all(1, MIB // 2 - 1000, 2, {"limits.max_request_bytes": "512K"})

    def test_by_hand(self):
        if BY_HAND is None:
            self.skipTest("needs --megabits and --bytes")
        self.write_all(*BY_HAND, 3, {"limits.max_request_bytes": "64M",
                                     "limits.output_buffer_bytes": "128M",
                                     "storage.segment_bytes": "256M"})

    def test_r5_what_waits_for_a_slow_follower_is_bounded(self):
        with SlowCluster(3, options=OPTIONS) as cluster:
            cluster.start()
            leader = cluster[1]
            term = self.lead_with(cluster, leader)
            # What a value of this size costs where nothing is slow.
            for _ in range(3):
                self.assertEqual(leader.call("SET", "large", b"w" * LARGE_BYTES), "OK")
            cluster.wait_same_state()
            before = resident_bytes(leader)
            slow = cluster[3]
            slow.kill()
            self.assertEqual(leader.call("SET", "large", b"x" * LARGE_BYTES), "OK")
            sent = cluster.links[3].lines[0].sent_bytes
            cluster.links[3].set_rate(8)
            slow.start()  # the leader has to find out what this follower has
            with Watch(lambda: resident_bytes(leader)) as memory:
                slow.wait_answering()
                with Seconds(leader, "SET", "small", "v") as write_small:
                    small = [write_small() for _ in range(50)]
                wait_until(lambda: "the slow follower to have all of it; the leader had %d MiB, "
                           "and now at most %d MiB" % (before // MIB, max(memory.found) // MIB),
                           lambda: slow.status()["applied_index"] ==
                           leader.status()["applied_index"])
            sent = cluster.links[3].lines[0].sent_bytes - sent
            most = max(memory.found)
            narrate("the leader has %d MiB before and at most %d MiB; %d bytes went to the slow "
                    "follower; small writes took up to %.3f s", before // MIB, most // MIB, sent,
                    max(small))
            self.check_office(cluster, leader, term)
            if not SANITIZER:
                self.assertLess(most - before, 4 * LARGE_BYTES)
            self.assertLess(sent, 2 * LARGE_BYTES)
            self.assertLess(max(small), SLOWER * 1.0)
            cluster.wait_same_state()

    def test_three_clients_write_large_values_at_100_megabits(self):
        with SlowCluster(3, options=OPTIONS) as cluster:
            cluster.start()
            leader = cluster[1]
            term = self.lead_with(cluster, leader)
            cluster.set_rates(100)
            replies = []

            def write(number):
                for _ in range(2):
                    try:
                        replies.append(leader.call("SET", "large-%d" % number, b"x" * LARGE_BYTES,
                                                   timeout=300))
                    except (OSError, ReplyError) as trouble:
                        replies.append(trouble)
            writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
            with Seconds(leader, "SET", "small", "v") as write_small, \
                    Watch(write_small) as small:
                for writer in writers:
                    writer.start()
                for writer in writers:
                    writer.join()
            narrate("large: %s; %d small writes took up to %.2f s", replies, len(small.found),
                    max(small.found))
            self.assertEqual(replies, ["OK"] * 6)
            self.assertIsNone(small.trouble)
            self.assertLess(max(small.found), SLOWER * 5)
            self.check_office(cluster, leader, term)
            cluster.set_rates(None)
            cluster.wait_same_state()


def main():
    global BY_HAND  # pylint: disable=global-statement
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabits", type=float)
    parser.add_argument("--bytes", type=int)
    options = parser.parse_args()
    tests = None
    if options.megabits is not None and options.bytes is not None:
        BY_HAND = (options.megabits, options.bytes)
        tests = "SlowLinks.test_by_hand"
    unittest.main(argv=sys.argv[:1], defaultTest=tests, verbosity=2)


if __name__ == "__main__":
    main()
