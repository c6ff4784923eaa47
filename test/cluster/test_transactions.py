#!/usr/bin/env python3
"""EXEC whose outcome is in doubt: the leader dies between taking a transaction and answering it, in
every way that there is, and clients watch one key through all nodes while leaders are killed. What
EXEC answered with its replies took place, once and as a whole; what it answered with nil, or an
error that promises so, did not; TIMEOUT and a broken connection are either, but never a half (T51,
T52, T53)."""
import threading
import time
import unittest

from cluster import Cluster, rounds, wait_until
from load import DEFINITE, narrate, pick_victim, seeded
from resp_client import Client, ReplyError

DOUBTS = rounds(12)
KILLS = rounds(8)
REQUEST_TIMEOUT_MS = 3000

DONE, NOT_DONE, IN_DOUBT = "done", "not done", "in doubt"


def outcome_of(reply):
    """What an answer to EXEC promises."""
    if isinstance(reply, list):
        return DONE
    if reply is None:
        return NOT_DONE
    if reply.code == "TIMEOUT":
        return IN_DOUBT
    # EXECABORT: one of the commands before it was refused.
    if reply.code in DEFINITE + ("EXECABORT",):
        return NOT_DONE
    raise reply


def receive_outcome(client, commands):
    """The outcome of a transaction that was sent, commands and all."""
    try:
        for _ in range(commands + 1):
            client.receive()
        return outcome_of(client.receive())
    except OSError:
        return IN_DOUBT


class Books:
    """What was promised of each transaction, by its name."""

    def __init__(self):
        self.mutex = threading.Lock()
        self.outcomes = {}

    def note(self, name, outcome):
        with self.mutex:
            assert name not in self.outcomes
            self.outcomes[name] = outcome

    def count(self, outcome):
        with self.mutex:
            return list(self.outcomes.values()).count(outcome)

    def problem(self, found):
        """What contradicts the promises in the list of names of those that took place."""
        for name, outcome in self.outcomes.items():
            times = found.count(name)
            if times > 1 or (times == 1) < (outcome == DONE) or (times == 1) > (outcome != NOT_DONE):
                return "%s was promised to be %s and is there %d times" % (name, outcome, times)
        return None


def names_in(value):
    return (value or b"").decode().split()


class DoubtfulExec(unittest.TestCase):
    """One transaction at a time, each with a leader that goes at the worst moment."""

    def test_never_half(self):
        books = Books()
        generator = seeded()
        with Cluster(3, options={"raft.request_timeout_ms": REQUEST_TIMEOUT_MS}) as cluster:
            cluster.start()
            ways = [self.alone_and_killed, self.stopped_and_killed, self.stopped_and_woken,
                    self.killed_at_once]
            for number in range(DOUBTS):
                way = ways[number % len(ways)]
                leader = cluster.wait_leader()
                name = "%s-%d" % (way.__name__, number)
                outcome = way(cluster, leader, generator, name)
                books.note(name, outcome)
                narrate("%s: %s", name, outcome)
                cluster.start()
                self.check(cluster, books)
            narrate("%d done, %d in doubt, %d not done", books.count(DONE), books.count(IN_DOUBT),
                    books.count(NOT_DONE))

    def check(self, cluster, books):
        cluster.wait_leader()
        seen = set()
        for node in cluster:
            one, other = node.call("MGET", "one", "other")
            self.assertEqual(one, other, "half a transaction on node %d" % node.id)
            seen.add(one)
        self.assertEqual(len(seen), 1)
        problem = books.problem(names_in(seen.pop()))
        self.assertIsNone(problem, problem)

    @staticmethod
    def send(client, name):
        text = name + " "
        for command in (("MULTI",), ("APPEND", "one", text), ("SET", "last", name),
                        ("APPEND", "other", text), ("EXEC",)):
            client.send(*command)

    def alone_and_killed(self, cluster, leader, generator, name):
        """The leader has it in its log and nobody else has; it dies with the doubt."""
        others = [node for node in cluster if node is not leader]
        with leader.client(30) as client:
            client.call("PING")
            for node in others:
                node.pause()
            before = leader.status()["last_index"]
            self.send(client, name)
            wait_until("the entry to be in the leader's log",
                       lambda: leader.status()["last_index"] > before)
            if generator.random() < 0.5:
                wait_until("the entry to be on its disk",
                           lambda: leader.status()["durable_index"] > before)
            leader.kill()
            for node in others:
                node.resume()
            return receive_outcome(client, 3)

    def stopped_and_killed(self, cluster, leader, generator, name):
        """A follower hands it to a leader that never wakes up."""
        return self.through_follower(cluster, leader, generator, name, leader.kill)

    def stopped_and_woken(self, cluster, leader, generator, name):
        """The leader wakes up when there is another one, with the transaction at its door."""
        return self.through_follower(cluster, leader, generator, name, leader.resume)

    def through_follower(self, cluster, leader, generator, name, end):
        others = [node for node in cluster if node is not leader]
        with generator.choice(others).client(30) as client:
            client.call("ECHO", "here")  # PING asks for a quorum as well
            leader.pause()
            self.send(client, name)
            cluster.wait_leader(others)
            end()
            return receive_outcome(client, 3)

    def killed_at_once(self, cluster, leader, generator, name):
        """Accepted, sent, perhaps committed: nobody knows how far it got."""
        node = generator.choice(list(cluster))
        with node.client(30) as client:
            client.call("PING")
            self.send(client, name)
            time.sleep(generator.uniform(0, 0.004))  # how far it gets is up to chance
            leader.kill()
            return receive_outcome(client, 3)


class Counter(threading.Thread):
    """Counts one key up by WATCH, GET, MULTI, SET, EXEC, through one node only."""

    def __init__(self, name, node, books):
        super().__init__(name=name, daemon=True)
        self.node = node
        self.books = books
        self.stopped = threading.Event()
        self.client = None
        self.number = 0
        self.trouble = None

    def run(self):
        try:
            while not self.stopped.is_set():
                self.step()
        except Exception as problem:  # pylint: disable=broad-except
            self.trouble = repr(problem)
        self.close()

    def step(self):
        try:
            if self.client is None:
                self.client = Client(self.node.client_port, timeout=20)
            self.client.call("WATCH", "counter")
            value = int(self.client.call("GET", "counter") or 0) + 1
        except ReplyError as error:
            if error.code not in DEFINITE + ("TIMEOUT",):
                raise
            self.client.call("UNWATCH")
            self.stopped.wait(0.01)
            return
        except OSError:
            self.close()
            self.stopped.wait(0.05)
            return
        self.number += 1
        self.books.note("%s.%d=%d" % (self.name, self.number, value), self.execute(value))

    def execute(self, value):
        name = "%s.%d=%d " % (self.name, self.number, value)
        try:
            for command in (("MULTI",), ("SET", "counter", value), ("APPEND", "steps", name),
                            ("EXEC",)):
                self.client.send(*command)
        except OSError:
            self.close()
            return IN_DOUBT
        outcome = receive_outcome(self.client, 2)
        if outcome == IN_DOUBT:
            self.close()
        return outcome

    def close(self):
        if self.client is not None:
            self.client.close()
            self.client = None


class WatchThroughAllNodes(unittest.TestCase):
    def test_no_step_is_lost_or_taken_twice(self):
        books = Books()
        generator = seeded()
        with Cluster(3, options={"raft.request_timeout_ms": REQUEST_TIMEOUT_MS}) as cluster:
            cluster.start()
            counters = [Counter("c%d%s" % (node.id, letter), node, books)
                        for node in cluster for letter in "ab"]
            for counter in counters:
                counter.start()
            try:
                for number in range(KILLS):
                    self.wait_progress(counters, books)
                    victim = cluster.leader() or pick_victim(cluster, generator)
                    victim.kill()
                    narrate("kill %d of %d: node %d; %d steps done", number + 1, KILLS, victim.id,
                            books.count(DONE))
                    self.wait_progress(counters, books)
                    victim.start().wait_ready()
            finally:
                for counter in counters:
                    counter.stopped.set()
                for counter in counters:
                    counter.join(30)
            self.assertEqual([each.trouble for each in counters if each.trouble], [])
            self.judge(cluster, books)

    @staticmethod
    def wait_progress(counters, books):
        wanted = books.count(DONE) + 30
        wait_until(lambda: "steps; %s" % [each.trouble for each in counters if each.trouble],
                   lambda: books.count(DONE) >= wanted or any(each.trouble for each in counters))

    def judge(self, cluster, books):
        cluster.wait_same_state()
        for node in cluster:
            counter, steps = node.call("MGET", "counter", "steps")
            steps = names_in(steps)
            problem = books.problem(steps)
            self.assertIsNone(problem, problem)
            # Each step found what the one before it had left: nothing came in between.
            values = [int(step.split("=")[1]) for step in steps]
            self.assertEqual(values, list(range(1, len(values) + 1)))
            self.assertEqual(int(counter), len(values))
        narrate("%d steps done, %d in doubt, %d overtaken by another", books.count(DONE),
                books.count(IN_DOUBT), books.count(NOT_DONE))
        self.assertGreater(books.count(NOT_DONE), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
