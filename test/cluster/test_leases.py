#!/usr/bin/env python3
"""Leases of a leader whose members wait for other times before they elect another one (R1): the
leader counts each promise as long as the voter that made it, and the difference is told."""
import sys
import unittest

from cluster import Cluster, raftctl, rounds, wait_until
from load import narrate
from resp_client import ReplyError

PAUSES = rounds(2)
LEADER_TIMEOUT_MS = 8000
OTHERS_TIMEOUT_MS = 500


class Leases(unittest.TestCase):
    def make(self):
        cluster = Cluster(3, tls=False, options={"redis.consistency": "lease"})
        cluster[1].options["raft.election_timeout_ms"] = LEADER_TIMEOUT_MS
        cluster[1].options["raft.priority"] = 1
        for node in list(cluster)[1:]:
            node.options["raft.election_timeout_ms"] = OTHERS_TIMEOUT_MS
        return cluster

    @staticmethod
    def wait_leads(cluster, wanted):
        wait_until(lambda: "node %d to lead" % wanted.id,
                   lambda: cluster.wait_leader() is wanted, 60)

    def test_r1_a_paused_leader_counts_the_promises_of_the_others(self):
        with self.make() as cluster:
            cluster.start()
            old = cluster[1]
            for number in range(PAUSES):
                self.wait_leads(cluster, old)
                self.pause_and_wake(cluster, old, b"%d" % number)

    def pause_and_wake(self, cluster, old, value):
        """The leader sleeps for longer than the others wait, and for less than its own time-out. A
        read lies in its socket when it wakes up."""
        others = [node for node in cluster if node is not old]
        with old.client() as client:
            self.assertEqual(client.call("SET", "key", b"before " + value), "OK")
            for _ in range(10):
                self.assertEqual(client.call("GET", "key"), b"before " + value)
            old.pause()
            client.send("GET", "key")
            new = cluster.wait_leader(others, 6)
            self.assertEqual(new.call("SET", "key", b"after " + value), "OK")
            old.resume()
            try:
                answer = client.receive()
            except ReplyError as error:
                answer = error
        narrate("node %d leads; node %d woke up and answered %r", new.id, old.id, answer)
        self.assertNotEqual(answer, b"before " + value)

    def test_r1_the_difference_is_told(self):
        with self.make() as cluster:
            cluster.start()
            self.wait_leads(cluster, cluster[1])
            cluster[1].wait_log(r"election_timeout_ms is %d here, but %d on node" %
                                (LEADER_TIMEOUT_MS, OTHERS_TIMEOUT_MS))
            members = cluster[1].status()["members"]
            self.assertEqual([member["election_timeout_ms"] for member in members],
                             [LEADER_TIMEOUT_MS, OTHERS_TIMEOUT_MS, OTHERS_TIMEOUT_MS])
            shown = raftctl("status", "--endpoints", cluster.endpoints()).stdout
            self.assertIn("WARNING: election_timeout_ms is %d on the leader, but %d on node 2" %
                          (LEADER_TIMEOUT_MS, OTHERS_TIMEOUT_MS), shown)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv[:1])
