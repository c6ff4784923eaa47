#!/usr/bin/env python3
"""Disks that hang (T46): every sync of one node waits, without an error. A leader with such a disk
hands over; what clients are told stays true; and the node goes on when its disk does."""
import os
import time
import unittest

from cluster import Cluster, rounds, wait_until
from file_steps import FileSteps
from load import Load, narrate

STALL_MS = 300


def cluster_of_three():
    cluster = Cluster(3, tls=False, options={"raft.disk_stall_ms": STALL_MS})
    steps = {}
    for node in cluster:
        steps[node.id] = FileSteps(os.path.join(cluster.directory, "steps-of-%d" % node.id))
        node.environment = steps[node.id].environment
    return cluster, steps


class Disk(unittest.TestCase):
    def test_t46_a_leader_whose_disk_hangs_hands_over(self):
        cluster, steps = cluster_of_three()
        with cluster:
            cluster.start()
            with Load(cluster) as load:
                load.wait_progress(10)
                for number in range(rounds(3)):
                    leader = cluster.wait_leader()
                    others = [node for node in cluster if node is not leader]
                    before = [(len(client.unknown), client.ports[client.turn % len(client.ports)])
                              for client in load.clients]
                    started = time.monotonic()
                    steps[leader.id].hang("wal-")
                    successor = wait_until("another leader", lambda: cluster.leader(others))
                    narrate("round %d: node %d leads %.0f ms after the disk of node %d hung", number,
                            successor.id, 1000 * (time.monotonic() - started), leader.id)
                    # The cluster goes on without that disk, and clients of that node, too.
                    load.wait_progress(10)
                    self.assertIsNotNone(leader.status())
                    steps[leader.id].stop()
                    cluster.wait_leader()
                    # That node itself cannot know what became of a command: it may not even learn
                    # of the next term without its disk. Everybody else is told.
                    for client, (count, port) in zip(load.clients, before):
                        self.assertLessEqual(len(client.unknown) - count,
                                             1 if port == leader.client_port else 0)
            cluster.wait_same_state()
            for node in cluster:
                load.verify(node)

    def test_a_follower_whose_disk_hangs_holds_up_nobody(self):
        cluster, steps = cluster_of_three()
        with cluster:
            cluster.start()
            with Load(cluster) as load:
                load.wait_progress(10)
                leader = cluster.wait_leader()
                lagging = next(node for node in cluster if node is not leader)
                term = leader.status()["term"]
                steps[lagging.id].hang("wal-")
                load.wait_progress(20)
                steps[lagging.id].stop()
                cluster.wait_leader()
                self.assertEqual(leader.status()["term"], term)
            cluster.wait_same_state()
            for node in cluster:
                load.verify(node)


if __name__ == "__main__":
    unittest.main(verbosity=2)
