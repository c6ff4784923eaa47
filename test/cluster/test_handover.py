#!/usr/bin/env python3
"""Planned handovers of leadership under load: no write fails, whichever node it was sent to, and no
write is lost or carried out twice."""
import contextlib
import sys
import threading
import unittest

from cluster import Cluster, raftctl, rounds

WRITERS = 4
HANDOVERS = 20


class Writer(threading.Thread):
    """Counts a key up through one node, one command after the other, until it is told to stop."""
    def __init__(self, node, key, stop):
        super().__init__(daemon=True)
        self.node, self.key, self.stop = node, key, stop
        self.acknowledged, self.errors = 0, []

    def run(self):
        with contextlib.closing(self.node.client()) as client:
            self.count_up(client)

    def count_up(self, client):
        while not self.stop.is_set():
            try:
                value = client.call("INCR", self.key)
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append(str(error))
                return
            self.acknowledged += 1
            if value != self.acknowledged:
                self.errors.append("%s after %d" % (value, self.acknowledged))
                return


class HandoverTest(unittest.TestCase):
    def test_no_write_fails(self):
        with Cluster(3) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            stop = threading.Event()
            writers = [Writer(cluster[1 + i % 3], "counter-%d" % i, stop) for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            for _ in range(rounds(HANDOVERS)):
                target = next(node for node in cluster if node.id != leader.id)
                raftctl("--endpoints", cluster.endpoints(), "handover", str(target.id))
                leader = cluster.wait_leader()
            stop.set()
            for writer in writers:
                writer.join(30)
                self.assertEqual(writer.errors, [], writer.key)
                self.assertGreater(writer.acknowledged, 0)
            for writer in writers:
                self.assertEqual(leader.call("GET", writer.key), str(writer.acknowledged).encode())


if __name__ == "__main__":
    sys.exit(unittest.main())
