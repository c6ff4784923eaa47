#!/usr/bin/env python3
"""Damage in the middle of the log of a stopped node: the start cuts the log there, the node gets the
entries again from the leader, and votes for nobody meanwhile. Nothing that was acknowledged is lost,
and no hand is needed."""
import os
import unittest

from cluster import Cluster, raftctl, wait_until

KEYS = 300


def segments(node):
    return sorted(name for name in os.listdir(node.data_dir)
                  if name.startswith("wal-") and name.endswith(".log"))


def damage_middle(node):
    """Flips a bit in the middle of what the log has written."""
    path = os.path.join(node.data_dir, segments(node)[0])
    with open(path, "r+b") as file:
        end = len(file.read().rstrip(b"\0"))
        place = end // 2
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 4]))


def write(cluster, prefix):
    with cluster.wait_leader().client() as client:
        for number in range(KEYS):
            assert client.call("SET", "%s:%d" % (prefix, number), "v" * 50) == "OK"


class Rot(unittest.TestCase):
    def read_all(self, node, prefix):
        with node.client() as client:
            for number in range(KEYS):
                self.assertEqual(client.call("GET", "%s:%d" % (prefix, number)), b"v" * 50)

    def test_a_start_mends_a_damaged_log_from_the_leader(self):
        with Cluster(3, tls=False) as cluster:
            cluster.start()
            write(cluster, "before")
            leader = cluster.wait_leader()
            rotten = next(node for node in cluster if node is not leader)
            other = next(node for node in cluster if node not in (leader, rotten))
            wait_until("all entries there",
                       lambda: rotten.status()["last_index"] == leader.status()["last_index"])
            rotten.kill()
            damage_middle(rotten)
            rotten.start()
            rotten.wait_log("votes for nobody until")
            rotten.wait_ready()
            wait_until("a whole log", lambda: rotten.status()["damaged_index"] == 0)
            cluster.wait_same_state()
            self.read_all(rotten, "before")
            # It votes again: without its vote there is no leader.
            leader.kill()
            self.assertIn(cluster.wait_leader([rotten, other]), (rotten, other))
            self.read_all(rotten, "before")
            leader.start()
            cluster.wait_leader()
            # And the next start finds nothing to complain about.
            write(cluster, "after")
            rotten.terminate()
            rotten.start()
            rotten.wait_log("is whole again")
            cluster.wait_same_state()
            self.read_all(rotten, "after")

    def test_a_damaged_node_without_a_leader_is_no_voter(self):
        with Cluster(3, tls=False) as cluster:
            cluster.start()
            write(cluster, "before")
            leader = cluster.wait_leader()
            rotten = next(node for node in cluster if node is not leader)
            other = next(node for node in cluster if node not in (leader, rotten))
            wait_until("all entries there",
                       lambda: rotten.status()["last_index"] == leader.status()["last_index"])
            for node in cluster:
                node.kill()
            damage_middle(rotten)
            rotten.start()
            other.start()
            rotten.wait_log("votes for nobody until")
            # Two of three run, and a quorum of votes is not there.
            wait_until("the damage in the status",
                       lambda: (rotten.status_if_alive() or {}).get("damaged_index", 0) != 0)
            text = raftctl("status", "--endpoints", rotten.endpoint, check=False).stdout
            self.assertIn("has damaged its log", text)
            other.wait_log("pre-candidate")
            self.assertEqual(rotten.status()["leader"], 0)
            leader.start()
            cluster.wait_leader()
            wait_until("a whole log", lambda: rotten.status()["damaged_index"] == 0)
            cluster.wait_same_state()
            for node in cluster:
                self.read_all(node, "before")


if __name__ == "__main__":
    unittest.main(verbosity=2)
