#!/usr/bin/env python3
"""Readiness is the truth at all times: a node that has lost its quorum says so within two election
time-outs, everywhere where it is asked, and says when the quorum is back."""
import re
import time
import unittest

from cluster import Cluster, raftctl, wait_until
from resp_client import ReplyError

# Long, so that the slack is a small part of it. The machine that runs the test may be busy; without
# that it would be 0.
TIMES = {"raft.election_timeout_ms": 2000, "raft.heartbeat_ms": 200}
TIMEOUT_SECONDS = TIMES["raft.election_timeout_ms"] / 1000
SLACK_SECONDS = 1.0


def code_of(node, *command):
    try:
        node.call(*command)
    except ReplyError as error:
        return error.code
    return None


class Readiness(unittest.TestCase):
    def check_lost(self, node, since):
        wait_until("node %d to say that it is not ready" % node.id,
                   lambda: node.call("RAFT", "READY") == 0)
        self.assertLess(time.monotonic() - since, 2 * TIMEOUT_SECONDS + SLACK_SECONDS)
        self.assertEqual(code_of(node, "PING"), "CLUSTERDOWN")
        status = node.status()
        self.assertFalse(status["ready"])
        self.assertEqual(status["phase"], "running")
        self.assertGreater(status["quorum_silent_ms"], 0)
        result = raftctl("ready", "--endpoints", node.endpoint, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"not ready \(no contact with a quorum for \d+ ms\)")
        result = raftctl("status", "--endpoints", node.endpoint)
        self.assertRegex(result.stdout, r"WARNING: node %d is not ready: no contact with a quorum "
                                        r"for \d+ ms\n" % node.id)
        # It is alive all the same: that is another question.
        self.assertEqual(node.call("ECHO", "alive"), b"alive")
        node.wait_log(r"warning.*not ready: no leader with a quorum was heard for \d+ ms; "
                      r"not connected: node")

    def test_the_rest_of_a_cluster_without_a_quorum(self):
        with Cluster(3, options=TIMES) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            followers = [node for node in cluster if node is not leader]
            for survivor in (leader, followers[0]):
                dead = [node for node in cluster if node is not survivor]
                since = time.monotonic()
                for node in dead:
                    node.kill()
                self.check_lost(survivor, since)
                dead[0].start().wait_ready()
                survivor.wait_ready()
                survivor.wait_log(r"ready again: back after \d+\.\d s")
                self.assertEqual(survivor.call("PING"), "PONG")
                self.assertEqual(survivor.call("SET", "key", "value"), "OK")
                dead[1].start().wait_ready()
                survivor.terminate()
                survivor.start().wait_ready()
                cluster.wait_leader()

    def test_leader_with_a_follower_and_no_quorum(self):
        # The follower hears its leader until the leader notices, and counts from then on.
        with Cluster(5, options=TIMES) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            others = [node for node in cluster if node is not leader]
            since = time.monotonic()
            for node in others[1:]:
                node.kill()
            self.check_lost(others[0], since)
            self.check_lost(leader, since)

    def test_ready_means_that_a_linearizable_read_is_answered(self):
        with Cluster(3) as cluster:
            cluster.start()
            self.assertEqual(cluster[1].call("SET", "key", "value"), "OK")
            for _ in range(3):
                for node in cluster:
                    node.terminate()
                for node in cluster:
                    node.start()
                node = cluster[2]
                node.wait_ready()
                began = time.monotonic()
                self.assertEqual(node.call("GET", "key"), b"value")
                # A read that has to wait for an election takes longer than an election time-out.
                self.assertLess(time.monotonic() - began, TIMEOUT_SECONDS)

    def test_a_planned_change_of_leaders_is_no_interruption(self):
        with Cluster(3) as cluster:
            cluster.start()
            for _ in range(3):
                leader = cluster.wait_leader()
                raftctl("handover", "--endpoints", leader.endpoint)
                wait_until("another leader", lambda: cluster.wait_leader() is not leader)
            for node in cluster:
                self.assertIsNone(re.search("not ready: no leader", node.log()), node.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
