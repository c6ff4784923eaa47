"""Clients that keep a cluster busy while a test hurts it, and remember what was promised.

Each client is one thread with one connection at a time. It starts with the node it was given and
moves on to the next when that fails. What is acknowledged is remembered; what has an unknown
outcome is remembered as such; what was definitely refused may not show up later.
"""
import os
import random
import threading
import time

from cluster import Failure, wait_until
from resp_client import Client, ReplyError

# Errors that promise that the command was not applied, and will not be.
DEFINITE = ("LOADING", "TRYAGAIN", "CLUSTERDOWN")
PAUSE_SECONDS = 0.01


class LoadClient(threading.Thread):
    """One client: SETs of new keys, SETs of one register, INCRs of one counter."""

    def __init__(self, name, ports, first):
        super().__init__(name=name, daemon=True)
        self.ports = ports
        self.turn = first
        self.stopped = threading.Event()
        self.client = None
        self.trouble = None  # an answer that must never come
        # Written by this thread; the test reads the counts while it runs, the rest afterwards.
        self.number = 0
        self.acknowledged = []      # numbers of keys NAME:n = n
        self.unknown = []
        self.refused = []
        self.register_done = 0      # newest acknowledged value of NAME:register
        self.register_last = 0      # newest value ever sent
        self.register_refused = set()
        self.increments_done = 0
        self.increments_unknown = 0
        self.increment_last = 0     # newest value an INCR answered

    def acknowledgements(self):
        return len(self.acknowledged)

    def run(self):
        try:
            while not self.stopped.is_set():
                self.step()
        except Exception as problem:  # pylint: disable=broad-except
            self.trouble = repr(problem)
        self.drop()

    def drop(self):
        if self.client is not None:
            self.client.close()
            self.client = None
            self.turn += 1

    def attempt(self, *command):
        """("done", reply), ("refused", None) or ("unknown", None)."""
        try:
            if self.client is None:
                self.client = Client(self.ports[self.turn % len(self.ports)], timeout=8)
        except OSError:
            self.turn += 1
            self.stopped.wait(PAUSE_SECONDS)
            return "refused", None
        try:
            return "done", self.client.call(*command)
        except ReplyError as error:
            self.drop()
            self.stopped.wait(PAUSE_SECONDS)
            if error.code in DEFINITE:
                return "refused", None
            if error.code == "TIMEOUT":
                return "unknown", None
            raise
        except OSError:
            self.drop()
            return "unknown", None

    def step(self):
        self.write_key()
        if self.number % 3 == 0:
            self.increment()
        if self.number % 3 == 1:
            self.write_register()

    def write_key(self):
        self.number += 1
        outcome, reply = self.attempt("SET", "%s:%d" % (self.name, self.number), self.number)
        if outcome == "done" and reply != "OK":
            self.trouble = "SET answered %r" % (reply,)
        {"done": self.acknowledged, "unknown": self.unknown,
         "refused": self.refused}[outcome].append(self.number)

    def write_register(self):
        self.register_last += 1
        outcome, _ = self.attempt("SET", self.name + ":register", self.register_last)
        if outcome == "done":
            self.register_done = self.register_last
        elif outcome == "refused":
            self.register_refused.add(self.register_last)

    def increment(self):
        outcome, reply = self.attempt("INCR", self.name + ":counter")
        if outcome == "done":
            self.increments_done += 1
            if reply <= self.increment_last:
                self.trouble = "INCR answered %d after %d" % (reply, self.increment_last)
            self.increment_last = reply
        elif outcome == "unknown":
            self.increments_unknown += 1


class Load:
    """Several clients, spread over the nodes."""

    def __init__(self, nodes, clients_per_node=2):
        nodes = list(nodes)
        ports = [node.client_port for node in nodes]
        self.clients = [LoadClient("client%d" % number, ports, number)
                        for number in range(clients_per_node * len(nodes))]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.stopped.set()
        for client in self.clients:
            client.join(30)

    def check_trouble(self):
        for client in self.clients:
            if client.trouble is not None:
                raise Failure("%s: %s" % (client.name, client.trouble))

    def count(self):
        return sum(client.acknowledgements() for client in self.clients)

    def wait_progress(self, each=1, seconds=None):
        """Until every client has had so many more writes acknowledged."""
        wanted = {client: client.acknowledgements() + each for client in self.clients}

        def all_went_on():
            self.check_trouble()
            return all(client.acknowledgements() >= count for client, count in wanted.items())
        wait_until("every client to get on", all_went_on, seconds)

    def verify(self, node):
        """Holds what the node has against what was promised. All clients have ended."""
        self.check_trouble()
        with node.client(timeout=60) as connection:
            for client in self.clients:
                verify_keys(connection, client, node)
                verify_register(connection, client, node)
                verify_counter(connection, client, node)


def read_keys(connection, name, numbers):
    found = {}
    for start in range(0, len(numbers), 500):
        batch = numbers[start:start + 500]
        replies = connection.pipeline([("GET", "%s:%d" % (name, number)) for number in batch])
        found.update(zip(batch, replies))
    return found


def verify_keys(connection, client, node):
    for number, value in read_keys(connection, client.name, client.acknowledged).items():
        if value != b"%d" % number:
            raise Failure("node %d: acknowledged %s:%d is %r" %
                          (node.id, client.name, number, value))
    for number, value in read_keys(connection, client.name, client.refused).items():
        if value is not None:
            raise Failure("node %d: %s:%d was refused for certain, but is %r" %
                          (node.id, client.name, number, value))


def verify_register(connection, client, node):
    value = int(connection.call("GET", client.name + ":register") or 0)
    if not client.register_done <= value <= client.register_last or \
            value in client.register_refused:
        raise Failure("node %d: register of %s is %d; acknowledged %d, last sent %d" %
                      (node.id, client.name, value, client.register_done, client.register_last))


def verify_counter(connection, client, node):
    value = int(connection.call("GET", client.name + ":counter") or 0)
    most = client.increments_done + client.increments_unknown
    if not client.increments_done <= value <= most:
        raise Failure("node %d: counter of %s is %d after %d acknowledged and %d unknown INCRs" %
                      (node.id, client.name, value, client.increments_done,
                       client.increments_unknown))


def pick_victim(cluster, generator):
    """A node to hurt: the leader, two times out of three."""
    leader = cluster.leader()
    if leader is not None and generator.random() < 2 / 3:
        return leader
    return generator.choice(list(cluster))


def narrate(text, *values):
    """A line of the test's own log."""
    print("%8.3f  %s" % (time.monotonic() % 100000, text % values), flush=True)


def seeded():
    """A generator whose seed is in the log, so that a run's choices can be had again."""
    seed = int(os.environ.get("RAFTD_TEST_SEED", random.randrange(1 << 32)))
    narrate("RAFTD_TEST_SEED=%d", seed)
    return random.Random(seed)
