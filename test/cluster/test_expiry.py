#!/usr/bin/env python3
"""Keys with a time to live while leaders are killed and stopped (T47): none goes before its time,
whoever is asked; all go; and every node that was there tells of them in the same order. Nor does
setting a wall clock move the end of a key."""
import os
import socket
import threading
import time
import unittest

from cluster import Cluster, Node, Failure, preloaded, rounds, wait_until
from load import DEFINITE, narrate, seeded
from resp_client import Client, ReplyError

DISTURBANCES = rounds(6)
KEYS_A_ROUND = 120
LIFE_MS = (300, 2500)
# Times are whole milliseconds: of the moment when a key was set, and of the one when it goes.
ROUNDING_SECONDS = 0.002


class Ears(threading.Thread):
    """Hears of expired keys on one node, while that lives."""

    def __init__(self, node):
        super().__init__(name="ears", daemon=True)
        self.node = node
        self.client = node.client(timeout=None)
        self.client.call("SUBSCRIBE", "__keyevent@0__:expired")
        self.heard = []  # (when, key)
        self.trouble = None

    def run(self):
        try:
            while True:
                message = self.client.receive()
                if isinstance(message, ReplyError):
                    self.trouble = message.text
                    return
                self.heard.append((time.monotonic(), message[2]))
        except (OSError, ValueError):
            pass

    def keys(self):
        return [key for _, key in self.heard]


class Expiry(unittest.TestCase):
    def test_t47_no_key_goes_before_its_time(self):
        generator = seeded()
        with Cluster(3) as cluster:
            cluster.start()
            cluster.wait_leader().call("CONFIG", "SET", "notify-keyspace-events", "Ex")
            for number in range(DISTURBANCES):
                self.round(cluster, generator, number)
            cluster.wait_same_state()
            self.assertEqual({node.call("DBSIZE") for node in cluster}, {0})

    def round(self, cluster, generator, number):
        leader = cluster.wait_leader()
        others = [node for node in cluster if node is not leader]
        ears = [Ears(node) for node in others]
        for each in ears:
            each.start()
        ends = {}
        for i in range(KEYS_A_ROUND):
            if i == KEYS_A_ROUND // 2:
                if number % 2 == 0:
                    leader.kill()
                else:
                    leader.pause()
            key = b"key:%d:%d" % (number, i)
            life_ms = generator.randint(*LIFE_MS)
            ends[key] = self.set_key(generator.choice(others), key, life_ms)
        if number % 2 == 1:
            leader.resume()
        self.look(others, ends, generator)
        wait_until(lambda: "all keys to expire; heard of %s of %d" % (
            [len(each.heard) for each in ears], len(ends)),
                   lambda: all(set(each.keys()) >= set(ends) for each in ears))
        for each in ears:
            each.client.socket.shutdown(socket.SHUT_RDWR)
            each.join()
            each.client.close()
        self.judge(ears, ends)
        if number % 2 == 0:
            leader.start().wait_ready()
        narrate("round %d of %d: %d keys, the last heard of %.0f ms after its end", number + 1,
                DISTURBANCES, len(ends),
                max(1000 * (when - ends[key]) for when, key in ears[0].heard))

    @staticmethod
    def set_key(node, key, life_ms):
        """Until it is there; returns the earliest moment at which it may go."""
        def attempt():
            sent = time.monotonic()
            try:
                node.call("SET", key, "value", "PX", life_ms)
                return sent + life_ms / 1000
            except ReplyError as error:
                if error.code not in DEFINITE + ("TIMEOUT",):
                    raise
                return None
        return wait_until("the key to be set", attempt)

    def look(self, nodes, ends, generator):
        """Reads keys until half of them are gone: what is missing has had its time."""
        keys = sorted(ends)
        clients = [Client(node.client_port, timeout=30) for node in nodes]
        gone = set()
        deadline = time.monotonic() + 60
        while len(gone) < len(keys) // 2:
            if time.monotonic() > deadline:
                raise Failure("keys do not go")
            key = generator.choice(keys)
            client = generator.choice(clients)
            client.send("GET", key)
            reply = client.receive()
            if reply is None:
                self.assertGreaterEqual(time.monotonic() + ROUNDING_SECONDS, ends[key])
                gone.add(key)
            elif isinstance(reply, ReplyError) and reply.code not in DEFINITE + ("TIMEOUT",):
                raise reply
        for client in clients:
            client.close()

    def judge(self, ears, ends):
        self.assertEqual([each.trouble for each in ears if each.trouble], [])
        first, second = (each.keys() for each in ears)
        self.assertEqual(first, second)
        self.assertEqual(len(first), len(set(first)), "a key expired twice")
        for each in ears:
            for when, key in each.heard:
                self.assertGreaterEqual(when + ROUNDING_SECONDS, ends[key], key)


class IdleTime(unittest.TestCase):
    """Time in which nothing is written counts, also when all nodes are stopped after it."""

    def test_r14_idle_time_counts_after_a_restart_of_all(self):
        with Cluster(3) as cluster:
            cluster.start()
            for ends, slack_ms in ((Node.terminate, 300), (Node.kill, 1300)):
                node = cluster[1]
                self.assertEqual(node.call("SET", "life", "1", "EX", 600), "OK")
                time.sleep(3.2)
                before_ms = node.call("PTTL", "life")
                for each in cluster:
                    ends(each)
                cluster.start()
                # The others had a leader for some time after the first one was stopped. Nobody
                # led after the second one was: from there on the time stands still.
                after_ms = node.call("PTTL", "life")
                self.assertLessEqual(after_ms, before_ms + slack_ms)
                self.assertLess(before_ms, 600000 - 3000)

    def test_an_idle_cluster_without_deadlines_writes_nothing(self):
        with Cluster(1) as cluster:
            cluster.start()
            self.assertEqual(cluster[1].call("SET", "key", "value"), "OK")
            index = cluster[1].status()["last_index"]
            time.sleep(2.5)
            self.assertEqual(cluster[1].status()["last_index"], index)
            self.assertEqual(cluster[1].call("SET", "key", "value", "EX", 600), "OK")
            time.sleep(3.5)
            # Once a second, not more often.
            written = cluster[1].status()["last_index"] - index - 1
            self.assertTrue(2 <= written <= 4, written)


class WallClock:
    """The wall clock of one node, moved by wall_clock.c."""

    def __init__(self, node):
        self.path = os.path.join(node.directory, "wall-clock")
        self.moved_ms = 0
        node.environment = dict(preloaded("wall_clock.so"), RAFTD_WALL_CLOCK=self.path)

    def move(self, hours):
        self.moved_ms += hours * 3600 * 1000
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write("%d\n" % self.moved_ms)
        os.rename(self.path + ".new", self.path)

    def now_ms(self):
        return int(time.time() * 1000) + self.moved_ms


class WallClocks(unittest.TestCase):
    """Three nodes that disagree by hours, and clocks that are set while a node leads."""
    LIFE_MS = 600000
    # Between asking for the clock and the leader's looking at it.
    SLACK_MS = 20000

    def test_t47_a_wall_clock_that_is_set_moves_no_deadline(self):
        with Cluster(3) as cluster:
            clocks = {node.id: WallClock(node) for node in cluster}
            for node, hours in zip(cluster, (0, 1, -1)):
                clocks[node.id].move(hours)
            cluster.start()
            leader = cluster.wait_leader()
            started = time.monotonic()
            clock = clocks[leader.id]
            leader.call("SET", "relative", "value", "PX", self.LIFE_MS)
            leader.call("SET", "absolute", "value", "PXAT", clock.now_ms() + self.LIFE_MS)
            for hours in (3, -7):
                clock.move(hours)
                self.assertLess(abs(int(leader.call("TIME")[0]) - clock.now_ms() / 1000), 60)
                leader.call("SET", "other", "value")  # an entry with the leader's new clock
                self.check(cluster, started)
            self.check_that_time_passes(leader)
            leader.kill()
            for clock in clocks.values():
                clock.move(24)  # whoever is next is far ahead of the last one
            new = cluster.wait_leader()
            self.check(cluster, started)
            self.check_that_time_passes(new)
            leader.start().wait_ready()
            self.check(cluster, started)

    def check(self, cluster, started):
        for node in cluster.running():
            for key in ("relative", "absolute"):
                left_ms = node.call("PTTL", key)
                passed_ms = 1000 * (time.monotonic() - started)
                self.assertGreaterEqual(left_ms, self.LIFE_MS - passed_ms - self.SLACK_MS, key)
                self.assertLessEqual(left_ms, self.LIFE_MS + self.SLACK_MS, key)

    @staticmethod
    def check_that_time_passes(node):
        node.call("SET", "soon", "value", "PX", 100)
        wait_until("a key to go", lambda: node.call("EXISTS", "soon") == 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
