#!/usr/bin/env python3
"""Data directories that are lost, set back, or new under an old name, with real processes: none of
them takes part in a cluster that remembers another one (T61, T62)."""
import os
import shutil
import time
import unittest

from cluster import Cluster, Node, raftctl, wait_until

REMEDY = r"raftctl member replace"


def member_of(node, member_id):
    return next((m for m in node.status()["members"] if m["id"] == member_id), None)


def assert_stays_out(case, node, seconds=3):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        case.assertFalse(node.is_running() and node.is_ready(), node.log_tail())
        time.sleep(0.1)


class Identity(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(3, tls=False)
        self.addCleanup(self.cluster.close, keep=False)

    def start(self):
        self.cluster.start()
        for node in self.cluster:
            node.wait_ready()
        return self.cluster.wait_leader()

    def test_founders_wait_for_all_and_say_for_whom(self):
        nodes = list(self.cluster)
        nodes[0].start()
        nodes[1].start()
        nodes[0].wait_log(r"missing: node 3 at ")
        status = nodes[0].wait_answering()
        self.assertEqual(status["phase"], "founding")
        self.assertIn("node 3 at ", status["waiting_for"])
        shown = raftctl("--endpoints", nodes[0].endpoint, "status", check=False).stdout
        self.assertIn("missing: node 3 at ", shown)
        self.assertFalse(status["ready"])
        nodes[2].start()
        for node in nodes:
            node.wait_ready()
        self.assertEqual(len({node.status()["cluster_id"] for node in nodes}), 1)

    def test_t61_a_wiped_member_stays_out(self):
        leader = self.start()
        wiped, away = [node for node in self.cluster if node is not leader]
        away.kill()
        for i in range(50):
            leader.call("SET", "k%d" % i, i)
        wiped.kill()
        shutil.rmtree(wiped.data_dir)
        wiped.start()
        wiped.wait_log(REMEDY, 30)
        leader.wait_log(r"node %d has lost its data.*%s" % (wiped.id, REMEDY), 30)
        trouble = [peer["trouble"] for peer in leader.status()["members"] if peer["id"] == wiped.id]
        self.assertRegex(trouble[0], REMEDY)
        leader.kill()
        away.start()
        assert_stays_out(self, wiped)
        leader.start()
        away.wait_ready()
        self.assertEqual(leader.wait_ready()["ready"], 1)
        self.assertEqual(away.call("GET", "k49"), b"49")

    def test_t61_a_member_that_was_set_back_stays_out(self):
        leader = self.start()
        back = [node for node in self.cluster if node is not leader][0]
        back.terminate()
        shutil.copytree(back.data_dir, back.data_dir + ".old")
        back.start()
        back.wait_ready()
        for i in range(50):
            leader.call("SET", "k%d" % i, i)
        back.terminate()
        shutil.rmtree(back.data_dir)
        os.rename(back.data_dir + ".old", back.data_dir)
        back.start()
        leader.wait_log(r"node %d has lost data.*%s" % (back.id, REMEDY), 30)
        assert_stays_out(self, back)

    def test_t61_a_copy_of_a_running_node_stays_out(self):
        # The copy has the right count of starts: the node has not been restarted since.
        leader = self.start()
        back, other = [node for node in self.cluster if node is not leader]
        shutil.copytree(back.data_dir, back.data_dir + ".old")
        for i in range(50):
            leader.call("SET", "k%d" % i, i)
        self.cluster.wait_same_state()
        back.kill()
        shutil.rmtree(back.data_dir)
        os.rename(back.data_dir + ".old", back.data_dir)
        back.start()
        leader.wait_log(r"node %d has lost data.*%s" % (back.id, REMEDY), 30)
        # The others learn it, and remember it when all have been restarted.
        for node in (leader, other):
            node.wait_log(r"node %d is marked as lost" % back.id, 30)
        self.assertTrue(member_of(leader, back.id)["lost_log"])
        for node in (leader, other, back):
            node.terminate()
        back.start()
        other.start()
        assert_stays_out(self, back)
        assert_stays_out(self, other, 0)
        self.assertRegex(other.log(), r"node %d has lost data that it had" % back.id)
        leader.start().wait_ready()
        other.wait_ready()
        self.assertEqual(other.call("GET", "k49"), b"49")
        # The remedy that is named works.
        new = self.cluster.add_node(7, join=leader)
        raftctl("--endpoints", other.endpoint, "member", "replace", back.id, new.id,
                new.options["listen.peer"])
        new.start().wait_ready()
        wait_until("the replacement", lambda: member_of(other, back.id) is None and
                   member_of(other, new.id)["voter"])

    def test_t62_two_generations_do_not_mix(self):
        self.start().call("SET", "k", "old")
        one, two, three = self.cluster
        for node in (one, two, three):
            node.terminate()
        for node in (two, three):
            shutil.rmtree(node.data_dir)
            node.start()
        two.wait_log(r"missing: node 1 at ")
        one.start()
        two.wait_log(REMEDY, 30)
        assert_stays_out(self, two)
        assert_stays_out(self, one, 1)


class GrownCluster(unittest.TestCase):
    """A first node, and others that joined it (37c)."""

    def test_the_first_node_does_not_found_again(self):
        cluster = Cluster(3, tls=False)
        self.addCleanup(cluster.close, keep=False)
        nodes = list(cluster)
        for node in nodes:
            for name in [name for name in node.options if name.startswith("peers.")]:
                del node.options[name]
        first, second, third = nodes
        first.start()
        self.assertNotEqual(first.wait_exit(), 0)
        self.assertRegex(first.log(), r"--bootstrap")
        first.start("--bootstrap")
        first.wait_ready()
        for node in (second, third):
            node.start("--join", first.options["listen.peer"])
            node.wait_ready()
        wait_until("three voters", lambda: sum(
            m["voter"] for m in second.status()["members"]) == 3)
        second.call("SET", "k", "old")
        second.terminate()
        second.start("--join", first.options["listen.peer"])
        second.wait_log(r"\[node\] join = .* is ignored")
        second.wait_ready()
        first.kill()
        shutil.rmtree(first.data_dir)
        first.start()
        self.assertNotEqual(first.wait_exit(), 0)
        wait_until("a write without the first node",
                   lambda: second.status() and second.call("SET", "later", 1) == "OK")


class TwoClusters(unittest.TestCase):
    """Two clusters of one name, whose endpoints are given together by mistake."""

    def test_raftctl_status_says_that_they_are_two(self):
        with Cluster(1, tls=False) as one, Cluster(1, tls=False) as other:
            nodes = (one[1], other[1])
            for node in nodes:
                node.start().wait_ready()
            ids = [node.status()["cluster_id"] for node in nodes]
            self.assertNotEqual(*ids)
            shown = raftctl("--endpoints", nodes[0].endpoint + "," + nodes[1].endpoint,
                            "status").stdout
            self.assertIn("WARNING: %s belongs to the cluster with id %s, but %s to another one, "
                          "with id %s: these are two clusters" %
                          (nodes[0].endpoint, ids[0], nodes[1].endpoint, ids[1]), shown)
            shown = raftctl("--endpoints", nodes[0].endpoint + "," + nodes[0].endpoint,
                            "status").stdout
            self.assertNotIn("two clusters", shown)


class SoleFounder(unittest.TestCase):
    """A first node with itself alone in [peers], which stays there when others have joined; and one
    with the default peer address, at which others on the same machine may have joined."""

    def test_a_certificate_founds_only_when_told_to(self):
        with Cluster(1) as cluster:
            node = cluster[1]
            node.founds_alone = False
            for name in ("peers.1", "listen.peer"):
                del node.options[name]
            node.start()
            self.assertEqual(node.wait_exit(), 3)
            self.assertRegex(node.log(), r"can reach this one at 127\.0\.0\.1:7381, .*--bootstrap")
            # Without a certificate it has no peer port, and nobody can have joined.
            for name in ("tls.ca", "tls.certificate", "tls.key"):
                del node.options[name]
            node.start().wait_ready()

    def test_peers_of_one_found_only_when_told_to(self):
        with Cluster(1, tls=False) as cluster:
            node = cluster[1]
            node.founds_alone = False
            node.start()
            self.assertNotEqual(node.wait_exit(), 0)
            self.assertRegex(node.log(), r"start it once with --bootstrap")
            node.start("--bootstrap")
            node.wait_ready()
            self.assertEqual(node.call("SET", "k", "old"), "OK")
            node.kill()
            shutil.rmtree(node.data_dir)
            node.start()
            self.assertNotEqual(node.wait_exit(), 0)
            self.assertRegex(node.log(), r"lost its data")


class Restored(unittest.TestCase):
    """A cluster that raftctl restore has made: its members are bound to no directory at first."""

    def restore(self, path, node):
        members = ["--member=%d=%s" % (other.id, other.options["listen.peer"])
                   for other in self.cluster]
        raftctl("restore", path, "--data-dir", node.data_dir, "--id", node.id, "--cluster", "test",
                "--cluster-id", "5eed", *members)

    def test_t61_a_directory_that_is_restored_again_stays_out(self):
        self.cluster = Cluster(3, tls=False)
        self.addCleanup(self.cluster.close, keep=False)
        self.cluster.start()
        self.cluster[1].call("SET", "k", "old")
        path = os.path.join(self.cluster.directory, "backup")
        raftctl("--endpoints", self.cluster[1].endpoint, "backup", path)
        for node in self.cluster:
            node.terminate()
            shutil.rmtree(node.data_dir)
            self.restore(path, node)
        self.cluster.start()
        leader = self.cluster.wait_leader()
        again, other = [node for node in self.cluster if node is not leader]
        leader.wait_log(r"node %d is bound to its data directory" % again.id)
        leader.call("SET", "k", "new")
        for node in self.cluster:  # what they remember of each other's starts is gone
            node.terminate()
        shutil.rmtree(again.data_dir)
        self.restore(path, again)
        again.start()
        leader.start()
        leader.wait_log(r"node %d has lost its data.*%s" % (again.id, REMEDY), 30)
        assert_stays_out(self, again)
        other.start().wait_ready()
        assert_stays_out(self, again)
        self.assertEqual(other.call("GET", "k"), b"new")


if __name__ == "__main__":
    unittest.main()
