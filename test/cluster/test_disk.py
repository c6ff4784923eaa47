#!/usr/bin/env python3
"""Disks that hang (T46): every sync of one node waits, without an error. A leader with such a disk
hands over; what clients are told stays true; and the node goes on when its disk does. Disks that are
full (T45): a leader hands over to a node with space."""
import os
import time
import unittest

from cluster import Cluster, rounds, wait_until
from file_steps import FileSteps
from load import Load, narrate
from resp_client import ReplyError

STALL_MS = 300
RESERVE_MAX_BYTES = 1024 << 30  # see raftd.conf(5)


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

    def test_t45_a_leader_whose_disk_is_full_hands_over(self):
        with Cluster(3, tls=False) as cluster:
            free = os.statvfs(cluster.directory)
            # Less than the reserve is left, and more than the quarter of it without which a node
            # takes no entries.
            reserve = 2 * free.f_bavail * free.f_frsize
            if reserve > RESERVE_MAX_BYTES:
                self.skipTest("this disk is too large to be called full")
            cluster[1].options["storage.reserve_bytes"] = reserve
            cluster.start()
            for _ in range(2):
                wait_until("a leader with space",
                           lambda: cluster.leader() in (cluster[2], cluster[3]))
                wait_until("writes through all", lambda: self.can_write(cluster))
                wait_until("the order to hand over", lambda: self.is_ordered(cluster[2], 1))
            wait_until("a leader with space", lambda: cluster.leader() in (cluster[2], cluster[3]))

    @staticmethod
    def is_ordered(node, to):
        """Whether the leader hands over; it may just have changed, or not have heard from `to`."""
        try:
            return node.call("RAFT", "TRANSFER", to) == "OK"
        except ReplyError as error:
            if error.code not in ("TRYAGAIN", "CLUSTERDOWN", "CONFLICT"):
                raise
            return False

    @staticmethod
    def can_write(cluster):
        try:
            return all(node.call("SET", "key", node.id) == "OK" for node in cluster)
        except ReplyError as error:
            if error.code not in ("OOM", "TRYAGAIN", "CLUSTERDOWN"):
                raise
            return False

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
