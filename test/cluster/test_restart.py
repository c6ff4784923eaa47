#!/usr/bin/env python3
"""Nodes restart while another one is down: two of three are enough (T55), one alone is not, says
so (T56), keeps saying whom it misses, and stops at once when asked to (T57)."""
import os
import re
import unittest

from cluster import Cluster, raftctl, wait_until
from load import Load
from resp_client import ReplyError

# An orderly stop takes less than a second; a sanitizer makes everything slower.
STOP_SECONDS = 5 if os.environ.get("SANITIZER_CFLAGS") else 1.5


class Restart(unittest.TestCase):
    @staticmethod
    def found_and_stop(cluster):
        """To found a cluster takes all its founders; to go on afterwards, a quorum is enough."""
        cluster.start()
        for node in cluster:
            node.terminate()

    def test_t55_two_of_three_are_enough(self):
        with Cluster(3) as cluster:
            cluster.start()
            with Load(cluster) as load:
                load.wait_progress(10)
            for node in cluster:
                code, seconds = node.terminate()
                self.assertEqual(code, 0)
                self.assertLess(seconds, STOP_SECONDS)
            for node_id in (1, 2):
                cluster[node_id].start()
            for node_id in (1, 2):
                cluster[node_id].wait_ready()
            cluster.wait_leader()
            for node_id in (1, 2):
                load.verify(cluster[node_id])
            self.assertEqual(cluster[1].call("SET", "while-3-is-down", "yes"), "OK")
            # The third comes back and learns what it missed.
            cluster[3].start().wait_ready()
            self.assertEqual(cluster[3].call("GET", "while-3-is-down"), b"yes")
            cluster.wait_same_state()

    def test_t50_what_one_member_accepts_reaches_those_with_smaller_limits(self):
        with Cluster(3) as cluster:
            cluster[3].options["limits.max_request_bytes"] = "4K"
            cluster[3].options["raft.max_batch_bytes"] = "4K"
            cluster.start()
            value = "x" * 3000000
            self.assertEqual(cluster[1].call("SET", "large", value), "OK")
            self.assertEqual(cluster[3].call("STRLEN", "large"), len(value))
            with self.assertRaises((ReplyError, OSError)):
                cluster[3].call("SET", "large", value)
            self.assertEqual(cluster[3].terminate()[0], 0)
            cluster[3].start().wait_ready()
            self.assertEqual(cluster[3].call("STRLEN", "large"), len(value))
            cluster.wait_same_state()

    def test_t56_one_alone_waits_and_says_for_whom(self):
        with Cluster(3) as cluster:
            self.found_and_stop(cluster)
            lone = cluster[3].start()
            self.assertFalse(lone.wait_answering()["ready"])
            wait_until("the health check", lambda: lone.status()["phase"] == "health check")
            # The port is open, and yet it does not pretend to serve.
            for command in (["PING"], ["GET", "key"], ["SET", "key", "value"]):
                with self.assertRaises(ReplyError) as refused:
                    lone.call(*command)
                self.assertEqual(refused.exception.code, "LOADING")
            result = raftctl("ready", "--endpoints", lone.endpoint, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertEqual(result.stdout, "%s: not ready (health check)\n" % lone.endpoint)
            # It says whom it misses, and why, and says it again.
            pattern = r"(?i)miss.*\b1\b.*\b2\b|wait.*\b1\b.*\b2\b"
            lone.wait_log(pattern)
            wait_until("it to be said again", lambda: len(re.findall(pattern, lone.log())) >= 2)
            code, seconds = lone.terminate()
            self.assertEqual(code, 0)
            self.assertLess(seconds, STOP_SECONDS)

    def test_one_alone_becomes_ready_when_another_comes(self):
        with Cluster(3) as cluster:
            self.found_and_stop(cluster)
            lone = cluster[2].start()
            self.assertFalse(lone.wait_answering()["ready"])
            cluster[3].start()
            for node_id in (2, 3):
                cluster[node_id].wait_ready()
            self.assertEqual(lone.call("SET", "key", "value"), "OK")
            self.assertEqual(cluster[3].call("GET", "key"), b"value")


if __name__ == "__main__":
    unittest.main(verbosity=2)
