#!/usr/bin/env python3
"""SIGKILL before every file operation, and in the middle of every write, of a node that saves a
snapshot, of a leader that sends one, of a follower that receives and installs one, and of raftctl
restore. Whatever the step: the next start goes on with everything that was acknowledged."""
import os
import shutil
import subprocess
import time
import unittest

from cluster import POLL_SECONDS, RAFTCTL, Cluster, raftctl, wait_until
from file_steps import FileSteps, chosen
from load import narrate

OPTIONS = {
    "storage.segment_bytes": "128K",
    "limits.max_request_bytes": "64K",
    "raft.max_batch_bytes": "64K",
    "snapshot.log_entries": 1000000,
    "snapshot.log_bytes": "1024G",
    "snapshot.keep_entries": 0,
    "snapshot.compress": "no",
}
KEYS = 80
VALUE_BYTES = 8000  # 640 KB: three blocks, five chunks


def fill(node, mark):
    """Writes every key anew; what they hold then."""
    written = {}
    with node.client() as client:
        for number in range(KEYS):
            key, value = "key-%d" % number, "%s-%d-" % (mark, number)
            written[key] = value + "x" * (VALUE_BYTES - len(value))
            client.call("SET", key, written[key])
    return written


def check(test, node, written, more=0):
    with node.client() as client:
        found = client.pipeline([("GET", key) for key in written])
        for key, value in zip(written, found):
            test.assertEqual(value, written[key].encode(), key)
        test.assertEqual(client.call("DBSIZE"), len(written) + more)


def watched(cluster, node):
    """File operations of this node can be counted from its next start on."""
    steps = FileSteps(os.path.join(cluster.directory, "steps-of-%d" % node.id))
    node.environment = steps.environment
    return steps


def is_quiet(node, steps):
    """Whether the node does nothing to its files while it answers some questions."""
    count = len(steps.seen())
    for _ in range(10):
        status = node.status()
        if status is None or status["snapshot_saving_index"] != 0:
            return False
        time.sleep(POLL_SECONDS)
    return len(steps.seen()) == count


def compact(nodes):
    """The log of these nodes begins behind a snapshot of everything."""
    for node in nodes:
        index = node.call("RAFT", "SNAPSHOT")
        wait_until("node %d to drop its log" % node.id,
                   lambda: node.status()["log_base_index"] >= index)


class Steps(unittest.TestCase):
    def assert_steps(self, steps, wanted):
        """The figure that all rests on: the steps that are to be hit are among those counted."""
        seen = {(what, name[:len("snapshot-")]) if name.startswith("snapshot-") else
                (what, name[:len("wal-")]) if name.startswith("wal-") else (what, "directory")
                for what, name in steps.seen()}
        for step in wanted:
            self.assertIn(step, seen, steps.seen())

    def test_a_node_that_saves(self):
        with Cluster(1, tls=False, options=OPTIONS) as cluster:
            node = cluster[1]
            steps = watched(cluster, node)
            cluster.start()
            count = self.save_at(node, steps, 0)
            self.assert_steps(steps, [("create", "snapshot-"), ("pwrite", "snapshot-"),
                                      ("fsync", "snapshot-"), ("rename", "snapshot-"),
                                      ("fsync", "directory"), ("rename", "wal-")])
            wanted = chosen(count, 8)
            for number in wanted:
                self.save_at(node, steps, number)
            self.assert_hits(wanted)

    def save_at(self, node, steps, number):
        """Saves a snapshot, dies at the step, starts and has everything. How many there were."""
        written = fill(node, "save-%d" % number)
        steps.kill_at("snapshot-", number)
        try:
            index = node.call("RAFT", "SNAPSHOT")
            wait_until("the snapshot or the end", lambda: not node.is_running() or
                       (node.status() or {"snapshot_index": 0})["snapshot_index"] >= index)
        except OSError:
            pass  # it died with the answer
        count = self.finish(node, steps, number)
        node.start().wait_ready()
        check(self, node, written)
        return count

    def finish(self, node, steps, number):
        """Ends the node if the step did not: it had less to do this time. How many there were."""
        wait_until("the step or the last one",
                   lambda: not node.is_running() or is_quiet(node, steps))
        if node.is_running():
            self.assertLess(len(steps.seen()), number or 10000)
        else:
            self.hits += 1
        count = len(steps.seen())
        steps.stop()
        node.kill()
        return count

    def setUp(self):
        self.hits = 0

    def assert_hits(self, wanted):
        """Most kills came at the step they were meant for."""
        narrate("%d of %d kills at their step, of %d steps", self.hits, len(wanted), wanted[-1])
        self.assertGreaterEqual(self.hits, len(wanted) * 3 // 4)

    def test_a_follower_that_receives_and_installs(self):
        with Cluster(3, tls=False, options=OPTIONS) as cluster:
            cluster.start()
            lagging = next(node for node in cluster if node is not cluster.wait_leader())
            steps = watched(cluster, lagging)
            count = self.receive_at(cluster, lagging, lagging, steps, 0)
            self.assert_steps(steps, [("create", "snapshot-"), ("pwrite", "snapshot-"),
                                      ("fsync", "snapshot-"), ("rename", "snapshot-"),
                                      ("fsync", "directory"), ("pwrite", "wal-"),
                                      ("fdatasync", "wal-")])
            wanted = chosen(count, 6)
            for number in wanted:
                self.receive_at(cluster, lagging, lagging, steps, number)
            self.assert_hits(wanted)

    def test_a_leader_that_sends(self):
        with Cluster(3, tls=False, options=OPTIONS) as cluster:
            every_steps = {node.id: watched(cluster, node) for node in cluster}
            cluster.start()
            leader = cluster.wait_leader()
            lagging = next(node for node in cluster if node is not leader)
            steps = every_steps[leader.id]
            count = self.receive_at(cluster, lagging, leader, steps, 0)
            self.assert_steps(steps, [("open", "snapshot-"), ("pread", "snapshot-")])
            wanted = chosen(count, 4)
            for number in wanted:
                leader = cluster.wait_leader()
                lagging = next(node for node in cluster if node is not leader)
                self.receive_at(cluster, lagging, leader, every_steps[leader.id], number)
            self.assert_hits(wanted)

    def receive_at(self, cluster, lagging, victim, steps, number):
        """One node is behind the log and gets a snapshot; the victim dies at a step of that."""
        lagging.kill()
        others = [node for node in cluster if node is not lagging]
        leader = cluster.wait_leader(others)
        written = fill(leader, "receive-%d" % number)
        compact(others)
        steps.kill_at("snapshot-receive" if victim is lagging else "snapshot-0", number)
        lagging.start()
        wait_until("the snapshot or the end", lambda: not victim.is_running() or
                   "installed the snapshot" in lagging.log())
        count = self.finish(victim, steps, number)
        victim.start()
        for node in cluster:
            node.wait_ready()
        cluster.wait_leader()
        cluster.wait_same_state()
        check(self, lagging, written)
        return count


class Restore(unittest.TestCase):
    """raftctl restore either is done, or says that it was not when the node is started; and then
    it can be done again. Never does a node found an empty cluster over it."""

    def test_kills(self):
        with Cluster(1, tls=False, options=OPTIONS) as cluster:
            node = cluster[1]
            cluster.start()
            written = fill(node, "restore")
            backup = os.path.join(cluster.directory, "backup")
            raftctl("backup", backup, "--endpoints", node.endpoint)
            node.kill()
            steps = FileSteps(os.path.join(cluster.directory, "steps-of-restore"))
            node.options["node.data_dir"] += "-restored"
            count = self.restore_at(node, backup, steps, 0, written)
            narrate("%d steps", count)
            for number in range(1, count + 1):
                self.restore_at(node, backup, steps, number, written)

    def restore_at(self, node, backup, steps, number, written):
        shutil.rmtree(node.data_dir, ignore_errors=True)
        command = [RAFTCTL, "restore", backup, "--data-dir", node.data_dir, "--id", "1",
                   "--cluster", "test", "--member", "1=" + node.options["listen.peer"]]
        steps.kill_at(os.path.basename(node.data_dir) + "/", number)
        result = subprocess.run(command, env=dict(os.environ, **steps.environment), check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, -9 if number > 0 else 0, result.stderr)
        count = len(steps.seen())
        steps.stop()
        if not os.listdir(node.data_dir):
            self.assertEqual(number, 1)  # nothing was begun
            return count
        node.start()
        wait_until("the node to serve or to refuse",
                   lambda: not node.is_running() or node.is_ready())
        if not node.is_running():
            self.assertGreater(number, 0)
            self.assertRegex(node.log(), "restore .* again|again .*restore")
            shutil.rmtree(node.data_dir)
            raftctl(*command[1:])
            node.start().wait_ready()
        check(self, node, written)
        node.kill()
        return count


class Recover(unittest.TestCase):
    """raftctl recover either is done, or was not begun, or the node says what to do."""

    def test_kills(self):
        with Cluster(1, tls=False, options=OPTIONS) as cluster:
            node = cluster[1]
            cluster.start()
            written = fill(node, "recover")
            node.call("RAFT", "SNAPSHOT")
            wait_until("the snapshot", lambda: node.status()["snapshot_index"] > 0)
            node.kill()
            shutil.copytree(node.data_dir, node.data_dir + "-saved")
            steps = FileSteps(os.path.join(cluster.directory, "steps-of-recover"))
            count = self.recover_at(node, steps, 0, written)
            narrate("%d steps", count)
            for number in range(1, count + 1):
                self.recover_at(node, steps, number, written)

    def recover_at(self, node, steps, number, written):
        data = node.data_dir
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(data + "-saved", data)
        command = [RAFTCTL, "recover", "--data-dir", data, "--force-new-cluster"]
        steps.kill_at(os.path.basename(data), number)
        result = subprocess.run(command, env=dict(os.environ, **steps.environment), check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, -9 if number > 0 else 0, result.stderr)
        count = len(steps.seen())
        steps.stop()
        node.start()
        wait_until("the node to serve or to refuse",
                   lambda: not node.is_running() or node.is_ready())
        if not node.is_running():
            # It began to move files. Only the same command can finish that.
            self.assertIn("which finishes it", node.log())
            looked = raftctl("recover", "--data-dir", data, check=False)
            self.assertEqual(looked.returncode, 5)
            self.assertIn("was interrupted", looked.stderr)
            raftctl(*command[1:])
            node.start().wait_ready()
        check(self, node, written)
        node.kill()
        if not os.path.exists(os.path.join(data, "old-cluster")):
            # It had not begun, so it can be repeated, whatever it left.
            raftctl(*command[1:])
            node.start().wait_ready()
            check(self, node, written)
            node.kill()
        self.assertFalse(os.path.exists(os.path.join(data, "new-cluster")))
        return count


if __name__ == "__main__":
    unittest.main(verbosity=2)
