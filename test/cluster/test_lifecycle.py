#!/usr/bin/env python3
"""The life of a daemon as an operator and systemd see it: it starts, says when it is ready, stops
when asked to at whatever step, and every way of ending has its exit code."""
import glob
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from cluster import RAFTD, Cluster, Ports, die_with_parent, wait_until
from load import Load
from resp_client import Client, ReplyError

SLOW = bool(os.environ.get("SANITIZER_CFLAGS"))
STOP_SECONDS = 5 if SLOW else 1.5
SERVE_SECONDS = 10 if SLOW else 1.0


def damage_file(directory):
    """Flips a byte in the first half of what is written in the oldest log file; returns its
    path."""
    paths = sorted(glob.glob(os.path.join(directory, "wal-*.log")))
    assert paths, "no log file in %s" % directory
    with open(paths[0], "r+b") as file:
        used = len(file.read().rstrip(b"\0"))
        assert used > 8192, "only %d bytes are written" % used
        place = used // 2
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 0x20]))
    return paths[0], place


class Stop(unittest.TestCase):
    def stop(self, node, number=signal.SIGTERM):
        started = time.monotonic()
        node.signal(number)
        self.assertEqual(node.wait_exit(), 0, node.log_tail())
        self.assertLess(time.monotonic() - started, STOP_SECONDS)

    def test_while_it_serves(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Cluster(1) as cluster:
                cluster.start()
                self.assertEqual(cluster[1].call("SET", "key", "value"), "OK")
                self.stop(cluster[1], number)

    def test_as_soon_as_it_says_anything(self):
        with Cluster(3) as cluster:
            node = cluster[1].start()
            wait_until("a first line in the log", lambda: node.log().strip())
            self.stop(node)

    def test_leader_and_followers_under_load(self):
        with Cluster(3) as cluster:
            cluster.start()
            with Load(cluster) as load:
                load.wait_progress(20)
                for who in ("follower", "leader"):
                    leader = cluster.wait_leader()
                    node = leader if who == "leader" else \
                        [each for each in cluster if each is not leader][0]
                    self.stop(node)
                    load.wait_progress(5)
                    node.start().wait_ready()
            for node in cluster:
                load.verify(node)

    def test_with_the_others_paused(self):
        # No link says goodbye and no request is answered, and still it ends.
        with Cluster(3) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            others = [node for node in cluster if node is not leader]
            for node in others:
                node.pause()
            with leader.client() as client:
                client.send("SET", "key", "value")
                self.stop(leader)
            for node in others:
                node.resume()

    def test_twice_asked_is_not_twice_done(self):
        with Cluster(1) as cluster:
            cluster.start()
            for _ in range(3):
                cluster[1].signal(signal.SIGTERM)
            self.assertEqual(cluster[1].wait_exit(), 0)

    def test_what_was_acknowledged_is_there_after_a_stop(self):
        with Cluster(1) as cluster:
            for number in range(3):
                cluster.start()
                self.assertEqual(cluster[1].call("INCR", "starts"), number + 1)
                self.stop(cluster[1])


class Alone(unittest.TestCase):
    def test_without_configuration_it_serves_within_a_second(self):
        ports = Ports()
        directory = tempfile.mkdtemp(prefix="raftd-test-")
        port = ports.take()
        try:
            started = time.monotonic()
            with open(os.path.join(directory, "log"), "wb") as log:
                daemon = subprocess.Popen(
                    [RAFTD, "--set", "listen.client=127.0.0.1:%d" % port,
                     "--set", "listen.peer=127.0.0.1:%d" % ports.take()],
                    cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    preexec_fn=die_with_parent)

            def served():
                try:
                    with Client(port) as client:
                        return client.call("SET", "key", "value") == "OK"
                except (OSError, ReplyError):
                    return False
            wait_until("the first answer", served)
            took = time.monotonic() - started
            self.assertTrue(os.path.isdir(os.path.join(directory, "raftd-data")))
            self.assertLess(took, SERVE_SECONDS)
        finally:
            daemon.kill()
            daemon.wait()
            ports.close()
            shutil.rmtree(directory)


class ExitCodes(unittest.TestCase):
    def run_raftd(self, *arguments):
        return subprocess.run([RAFTD, *arguments], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
                              check=False)

    def test_wrong_usage(self):
        for arguments in (["--frobnicate"], ["extra"], ["--config"]):
            self.assertEqual(self.run_raftd(*arguments).returncode, 2, arguments)

    def test_wrong_configuration(self):
        result = self.run_raftd("--config", "/nonexistent/raftd.conf")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nonexistent/raftd.conf", result.stdout)

    def test_data_directory_of_another_daemon(self):
        with Cluster(1) as cluster:
            cluster.start()
            ports = Ports()
            second = dict(cluster[1].options)
            second["listen.client"] = "127.0.0.1:%d" % ports.take()
            second["listen.peer"] = second["peers.1"] = "127.0.0.1:%d" % ports.take()
            arguments = [word for name, value in second.items()
                         for word in ("--set", "%s=%s" % (name, value))]
            result = self.run_raftd(*arguments)
            ports.close()
            self.assertEqual(result.returncode, 3, result.stdout)
            self.assertIn(cluster[1].data_dir, result.stdout)
            self.assertEqual(cluster[1].call("SET", "key", "value"), "OK")

    def test_data_directory_of_another_node(self):
        with Cluster(1) as cluster:
            cluster.start()
            cluster[1].terminate()
            for change in ({"node.id": 2, "peers.2": cluster[1].options["peers.1"]},
                           {"cluster.name": "other"}):
                options = dict(cluster[1].options)
                if "node.id" in change:
                    del options["peers.1"]
                options.update(change)
                options["tls.peer"] = "off"
                arguments = [word for name, value in options.items()
                             for word in ("--set", "%s=%s" % (name, value))]
                result = self.run_raftd(*arguments)
                self.assertEqual(result.returncode, 3, (change, result.stdout))
                self.assertIn(cluster[1].data_dir, result.stdout)

    def test_damaged_log(self):
        with Cluster(1) as cluster:
            cluster.start()
            with cluster[1].client() as client:
                replies = client.pipeline([("SET", "key:%d" % n, "v" * 50) for n in range(2000)])
            self.assertEqual(set(replies), {"OK"})
            cluster[1].terminate()
            path, place = damage_file(cluster[1].data_dir)
            cluster[1].start()
            self.assertEqual(cluster[1].wait_exit(), 4)
            log = cluster[1].log()
            self.assertIn(os.path.basename(path), log)
            self.assertIn(cluster[1].data_dir, log)
            # What is named is where the damaged record starts.
            offset = int(re.search(r"offset (\d+)", log).group(1))
            self.assertLessEqual(offset, place)
            self.assertGreater(offset + (1 << 20), place)

    def test_port_in_use(self):
        for option in ("listen.client", "listen.peer"):
            with Cluster(3) as cluster:
                host, port = cluster[1].options[option].rsplit(":", 1)
                with socket.create_server((host, int(port))):
                    cluster[1].start()
                    self.assertEqual(cluster[1].wait_exit(), 6, cluster[1].log())
                    self.assertIn(port, cluster[1].log())

    def test_data_directory_that_cannot_be(self):
        with Cluster(1) as cluster:
            place = os.path.join(cluster[1].directory, "a-file")
            with open(place, "w", encoding="utf-8"):
                pass
            cluster[1].options["node.data_dir"] = os.path.join(place, "data")
            cluster[1].start()
            self.assertEqual(cluster[1].wait_exit(), 5, cluster[1].log())
            self.assertIn(place, cluster[1].log())

    def test_t18_a_log_write_that_fails_ends_the_leader(self):
        # A limit on file sizes makes its next write fail. It may not go on, answer, or give the
        # index to another entry: the others do, and it follows them when it comes back.
        with Cluster(3) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            others = [node for node in cluster if node is not leader]
            with Load(others) as load:
                load.wait_progress(10)
                with leader.client() as client:
                    resource.prlimit(leader.process.pid, resource.RLIMIT_FSIZE, (0, 0))
                    client.send("SET", "key", "value")
                    self.assertEqual(leader.wait_exit(), 5, leader.log())
                    with self.assertRaises(OSError):
                        client.receive()  # OK, if the others had it on their disks before
                        client.receive()
                self.assertIn(leader.data_dir, leader.log())
                cluster.wait_leader(others)
                load.wait_progress(10)
                leader.start().wait_ready()
                load.wait_progress(10)
            cluster.wait_same_state()
            for node in cluster:
                load.verify(node)


class Notify(unittest.TestCase):
    """The messages of sd_notify(3), over a socket as systemd opens it."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="raftd-test-")
        self.path = os.path.join(self.directory, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.messages = []

    def tearDown(self):
        self.socket.close()
        shutil.rmtree(self.directory)

    def receive(self):
        """Every line that has come so far."""
        while True:
            try:
                self.messages += self.socket.recv(65536).decode().split("\n")
            except BlockingIOError:
                return self.messages

    def test_ready_after_the_quorum_and_stopping_before_the_end(self):
        with Cluster(3) as cluster:
            node = cluster[1]
            node.environment["NOTIFY_SOCKET"] = self.path
            node.start()
            wait_until("a STATUS", lambda: [line for line in self.receive()
                                            if line.startswith("STATUS=")])
            self.assertFalse(node.wait_answering()["ready"])
            self.assertNotIn("READY=1", self.receive())
            for other in (2, 3):  # to found a cluster takes all of them
                cluster[other].start()
            wait_until("READY=1", lambda: "READY=1" in self.receive())
            node.wait_ready()
            self.assertNotIn("STOPPING=1", self.receive())
            node.terminate()
            self.assertIn("STOPPING=1", self.receive())
            self.assertEqual(self.messages.count("READY=1"), 1)

    def test_abstract_socket(self):
        abstract = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        abstract.bind("\0raftd-test-%d" % os.getpid())
        abstract.settimeout(30)
        with abstract, Cluster(1) as cluster:
            cluster[1].environment["NOTIFY_SOCKET"] = "@raftd-test-%d" % os.getpid()
            cluster[1].start()
            received = b""
            while b"READY=1" not in received:
                received += abstract.recv(65536)


if __name__ == "__main__":
    unittest.main(verbosity=2)
