#!/usr/bin/env python3
"""doc/examples/register.c as a cluster of one and of three: what was acknowledged is read at every
level, snapshots are saved and restored, and a node without a majority answers stale reads alone."""
import os
import select
import signal
import subprocess
import sys
import unittest

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                                                   "..")
sys.path.insert(0, os.path.join(TOP, "test", "cluster"))
from cluster import BUILD, PATIENCE_SECONDS, Cluster, Failure, die_with_parent, wait_until  # noqa: E402

REGISTER = os.path.join(BUILD, "doc", "examples", "register")
LEVELS = ("read", "read lease", "read stale", "read stale 60000")


class Register:
    """The program on one node of a cluster that only writes configurations and certificates."""

    def __init__(self, node):
        self.node = node
        node.write_ini()
        with open(node.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [REGISTER, node.ini_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=log, bufsize=0, cwd=node.directory, preexec_fn=die_with_parent)
        node.process = self.process  # so that the cluster ends it at the latest

    def call(self, line):
        """One command, one line of an answer."""
        self.process.stdin.write(line.encode() + b"\n")
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE_SECONDS)
        if not readable:
            raise Failure("node %d did not answer %r; its log ends:\n%s" %
                          (self.node.id, line, self.node.log_tail()))
        return self.process.stdout.readline().decode().rstrip("\n")

    def end(self):
        """The exit status after the end of its input."""
        self.process.stdin.close()
        code = self.process.wait(PATIENCE_SECONDS)
        self.process.stdout.close()
        return code

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def snapshots(self):
        return [name for name in os.listdir(self.node.data_dir) if name.startswith("snapshot-")]


class Alone(unittest.TestCase):
    def test_it_writes_reads_and_comes_back(self):
        with Cluster(1, tls=False) as cluster:
            for name in ("peers.1", "tls.peer"):  # no other node can reach it, so it founds at once
                del cluster[1].options[name]
            register = Register(cluster[1])
            self.assertEqual(register.call("read"), "0 ")
            self.assertEqual(register.call("write hello, world"), "ok 1")
            for level in LEVELS:
                self.assertEqual(register.call(level), "1 hello, world")
            self.assertIn("error", register.call("nonsense"))
            self.assertIn("longer than 4096", register.call("write " + 5000 * "x"))
            self.assertNotIn("error", register.call("snapshot"))
            wait_until("a snapshot on the disk", register.snapshots)
            self.assertEqual(register.end(), 0)

            register = Register(cluster[1])
            self.assertIn("snapshot", cluster[1].log())
            self.assertEqual(register.call("read"), "1 hello, world")
            self.assertEqual(register.call("write again"), "ok 2")
            register.kill()

            register = Register(cluster[1])
            self.assertEqual(register.call("read"), "2 again")
            self.assertEqual(register.end(), 0)

    def test_a_mistake_is_explained(self):
        with Cluster(1, tls=False, options={"raft.heartbeat_ms": "often"}) as cluster:
            register = Register(cluster[1])
            self.assertEqual(register.process.wait(PATIENCE_SECONDS), 1)
            self.assertIn("heartbeat_ms", cluster[1].log())
            register.kill()


class Three(unittest.TestCase):
    OPTIONS = {"raft.request_timeout_ms": 3000, "snapshot.log_entries": 20,
               "snapshot.log_bytes": "4K", "snapshot.keep_entries": 0}

    def test_levels_and_a_snapshot_for_who_was_away(self):
        with Cluster(3, options=self.OPTIONS) as cluster:
            registers = {node.id: Register(node) for node in cluster}
            version = 0
            for writer in registers.values():
                version += 1
                self.assertEqual(writer.call("write from %d" % writer.node.id), "ok %d" % version)
                expected = "%d from %d" % (version, writer.node.id)
                for reader in registers.values():
                    self.assertEqual(reader.call("read"), expected)
                    self.assertEqual(reader.call("read lease"), expected)
                    self.assertEqual(reader.call("read stale"), expected)

            registers[3].kill()
            for number in range(100):
                version += 1
                wait_until("write %d" % number, lambda: self.wrote(registers[1], version))
            registers[3] = Register(cluster[3])
            self.assertEqual(registers[3].call("read"), "%d text" % version)
            wait_until("a snapshot at node 3", registers[3].snapshots)

            # Changes are told on standard error, whatever the program does.
            self.assertRegex(cluster[2].log(), r"this node is (leader|follower), the leader is "
                                               r"node [123]\n")
            self.assertIn("the cluster has 3 members\n", cluster[2].log())
            self.assertIn("serving\n", cluster[2].log())

            # One of three: what it has is all that it can tell, and only where that is enough.
            registers[1].kill()
            registers[2].kill()
            self.assertEqual(registers[3].call("read stale"), "%d text" % version)
            self.assertIn("error", registers[3].call("read"))
            self.assertIn("error", registers[3].call("read lease"))
            self.assertIn("error", registers[3].call("read stale 1"))
            self.assertIn("not serving\n", cluster[3].log())
            registers[1] = Register(cluster[1])
            wait_until("a majority again",
                       lambda: registers[3].call("read") == "%d text" % version)
            for node_id in (1, 3):
                self.assertEqual(registers[node_id].end(), 0)

    @staticmethod
    def wrote(register, version):
        """Writes until the text has this version: an outcome may be unknown after a kill."""
        found = register.call("read")
        return found == "%d text" % version or register.call("write text") == "ok %d" % version


if __name__ == "__main__":
    unittest.main(verbosity=2)
