#!/usr/bin/env python3
"""raftctl recover: what is left of a cluster that has lost its quorum for good becomes a new one,
and the dead cannot come back into it."""
import os
import subprocess
import unittest

from cluster import RAFTCTL, Cluster, raftctl, wait_until


def recover(node, *arguments):
    return raftctl("recover", "--data-dir", node.data_dir, *arguments, check=False)


class Recover(unittest.TestCase):
    def force_and_check(self, cluster, survivor, dead):
        looked = recover(survivor)
        self.assertEqual(looked.returncode, 1)
        self.assertIn("ARE LOST", looked.stderr)
        self.assertIn("last index", looked.stdout)
        self.assertFalse(os.path.exists(os.path.join(survivor.data_dir, "old-cluster")))
        result = recover(survivor, "--force-new-cluster")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(any(name.startswith("wal-") for name in
                            os.listdir(os.path.join(survivor.data_dir, "old-cluster"))))
        self.assertFalse(os.path.exists(os.path.join(survivor.data_dir, "new-cluster")))

        survivor.start().wait_ready()
        self.assertEqual(survivor.call("GET", "key"), b"9")
        self.assertEqual(survivor.call("SET", "key", "10"), "OK")
        self.assertEqual([member["id"] for member in survivor.status()["members"]], [survivor.id])

        # The dead have another cluster id: they are refused, and found no quorum of their own.
        dead.start()
        dead.wait_log("cluster id differs|is no member of this cluster|missing")
        self.assertFalse(dead.is_ready())
        self.assertEqual(survivor.call("GET", "key"), b"10")
        dead.kill()

        # Others join, under ids that were never used.
        newcomer = cluster.add_node(7, join=survivor).start()
        newcomer.wait_ready()
        self.assertEqual(newcomer.call("GET", "key"), b"10")

        def answer():
            result = raftctl("--endpoints", survivor.endpoint, "member", "add", dead.id,
                             dead.options["listen.peer"], check=False)
            return None if "CONFLICT" in result.stderr else result
        again = wait_until("the newcomer to be promoted", answer)
        self.assertEqual(again.returncode, 3)
        self.assertIn("never used again", again.stderr)

    def test_from_the_log(self):
        with Cluster(3) as cluster:
            cluster.start()
            for number in range(10):
                self.assertEqual(cluster[1].call("SET", "key", number), "OK")
            cluster.wait_same_state()
            for node in cluster:
                node.kill()
            self.force_and_check(cluster, cluster[2], cluster[3])

    def test_from_a_snapshot_and_the_log_behind_it(self):
        options = {"snapshot.log_entries": 50, "snapshot.keep_entries": 1}
        with Cluster(3, options=options) as cluster:
            cluster.start()
            for number in range(300):
                cluster[1].call("SET", "other:%d" % number, number)
            wait_until("a snapshot", lambda: any(name.startswith("snapshot-") and
                                                 "tmp" not in name
                                                 for name in os.listdir(cluster[2].data_dir)))
            for number in range(10):
                self.assertEqual(cluster[1].call("SET", "key", number), "OK")
            cluster.wait_same_state()
            for node in cluster:
                node.kill()
            self.force_and_check(cluster, cluster[2], cluster[3])
            self.assertEqual(cluster[2].call("GET", "other:299"), b"299")

    def test_the_root_of_a_volume(self):
        # A mount point cannot be renamed, and lost+found stays where it is.
        with Cluster(1) as cluster:
            node = cluster[1]
            cluster.start()
            self.assertEqual(node.call("SET", "key", "value"), "OK")
            node.kill()
            kept = os.path.join(node.data_dir, "lost+found")
            os.mkdir(kept)
            command = "mount --bind '%s' '%s' && exec '%s' recover --data-dir '%s/'" % (
                node.data_dir, node.data_dir, RAFTCTL, node.data_dir)
            result = subprocess.run(["unshare", "-m", "sh", "-c",
                                     command + " --force-new-cluster"], check=False, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if "mount" in result.stderr or "unshare" in result.stderr:
                self.skipTest("no mount namespace: %s" % result.stderr)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertTrue(os.path.isdir(kept))
            node.start().wait_ready()
            self.assertEqual(node.call("GET", "key"), b"value")
            node.kill()
            # A second recovery does not mix its old files with those of the first one.
            again = recover(node, "--force-new-cluster")
            self.assertEqual(again.returncode, 5)
            self.assertIn("earlier recovery: delete it", again.stderr)

    def test_a_directory_in_use_or_without_a_log_is_refused(self):
        with Cluster(1) as cluster:
            cluster.start()
            self.assertEqual(recover(cluster[1], "--force-new-cluster").returncode, 5)
            empty = os.path.join(cluster.directory, "empty")
            os.mkdir(empty)
            result = raftctl("recover", "--data-dir", empty, "--force-new-cluster", check=False)
            self.assertEqual(result.returncode, 5)
            self.assertIn("has no log of a node", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
