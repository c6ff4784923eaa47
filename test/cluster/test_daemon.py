#!/usr/bin/env python3
"""The daemon as a process: what it warns of at its start, what it does with limits and descriptors
that it finds, and that every option reaches the node."""
import os
import resource
import signal
import stat
import subprocess
import unittest

from cluster import RAFTD, Cluster, die_with_parent
from resp_client import ReplyError


class Warnings(unittest.TestCase):
    def run_in_vain(self, *settings):
        """Starts a daemon whose data directory cannot be one, so that it never listens; returns
        what it logged before it found out."""
        with Cluster(1) as cluster:
            arguments = ["--set", "node.data_dir=/dev/null"]
            for setting in settings:
                arguments += ["--set", setting]
            result = subprocess.run([RAFTD, *arguments], stdin=subprocess.DEVNULL, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                                    cwd=cluster.directory, check=False)
            self.assertEqual(result.returncode, 5, result.stdout)
            return result.stdout

    def test_clients_without_proof(self):
        log = self.run_in_vain("listen.client=0.0.0.0:7380",
                               "listen.allow_unauthenticated_clients=yes")
        self.assertRegex(log, r"warning \[main\] \[listen\] allow_unauthenticated_clients = yes: "
                              r"everybody who can connect to 0\.0\.0\.0:7380 can read, change and "
                              r"delete")
        # Nobody is warned of what he did not open.
        log = self.run_in_vain("listen.allow_unauthenticated_clients=yes")
        self.assertNotIn("allow_unauthenticated_clients", log)

    def test_peers_in_plain_text(self):
        peers = ["tls.peer=off", "tls.allow_plaintext_peers=yes", "peers.1=127.0.0.1:7381"]
        log = self.run_in_vain(*peers, "peers.2=10.0.0.2:7381")
        self.assertRegex(log, r"warning \[main\] \[tls\] allow_plaintext_peers = yes: "
                              r"everybody who can connect")
        self.assertNotIn("allow_plaintext_peers", self.run_in_vain(*peers, "peers.2=[::1]:7382"))


class Process(unittest.TestCase):
    def start(self, cluster, prepare, *arguments):
        """The one node of a cluster, after prepare() in the child."""
        node = cluster[1]

        def in_child():
            die_with_parent()
            prepare()
        node.write_ini()
        with open(node.log_path, "ab") as log:
            node.log_start = log.tell()
            node.process = subprocess.Popen([RAFTD, "--config", node.ini_path, "--bootstrap",
                                             *arguments],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=node.directory, preexec_fn=in_child)
        node.wait_ready()
        return node

    def test_limit_on_open_files(self):
        with Cluster(1) as cluster:
            hard = min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
            node = self.start(cluster, lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                  (64, hard)))
            # It took what it may have, and said that this is not what it needs.
            self.assertEqual(resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE),
                             (hard, hard))
            node.wait_log(r"warning .*max_clients = 10000 needs 10064 open files, and the limit is "
                          r"%d" % hard)
            node.terminate()
            node = self.start(cluster, lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                  (64, hard)),
                              "--set", "limits.max_clients=%d" % (hard - 64))
            self.assertNotIn("open files", node.log())

    def test_closed_standard_streams_are_not_taken_by_others(self):
        def close_all():
            for descriptor in (0, 1, 2):
                os.close(descriptor)
        with Cluster(1) as cluster:
            node = self.start(cluster, close_all)
            for descriptor in (0, 1, 2):
                status = os.stat("/proc/%d/fd/%d" % (node.process.pid, descriptor))
                self.assertTrue(stat.S_ISCHR(status.st_mode))
                self.assertEqual(status.st_rdev, os.stat("/dev/null").st_rdev)
            self.assertEqual(node.call("SET", "key", "value"), "OK")
            self.assertEqual(node.terminate()[0], 0)

    def test_hangup_is_answered_with_a_message(self):
        with Cluster(1) as cluster:
            cluster.start()
            cluster[1].signal(signal.SIGHUP)
            cluster[1].wait_log(r"SIGHUP: ignored; raftd reads its options only at the start")
            self.assertEqual(cluster[1].call("SET", "key", "value"), "OK")

    def test_options_reach_the_node(self):
        with Cluster(1) as cluster:
            node = cluster[1]
            node.start("--set", "limits.max_request_bytes=64K", "--set", "log.level=warning")
            node.wait_ready()
            self.assertEqual(node.call("SET", "key", "v" * 60000), "OK")
            with self.assertRaises((OSError, ReplyError)):
                node.call("SET", "key", "v" * 70000)
            self.assertEqual(len(node.call("GET", "key")), 60000)
            self.assertNotRegex(node.log(), r"Z info ")


if __name__ == "__main__":
    unittest.main(verbosity=2)
