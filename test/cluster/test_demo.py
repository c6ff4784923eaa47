#!/usr/bin/env python3
"""The demonstration of ./quickstart: it ends well, stops all that it started, and deletes only the
data of an earlier demonstration, after it has said so."""
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from cluster import BUILD, PORTS, Ports, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
IDS = (1, 2, 3)


def free_row():
    """A port so that it, the next one, and those 10 and 20 above both are free."""
    while True:
        ports = Ports()
        first = random.choice(PORTS[:-21])
        free = all([ports.claim(first + offset) for offset in (0, 1, 10, 11, 20, 21)])
        ports.close()
        if free:
            return first


class Demo(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="raftd-test-")
        self.run_directory = os.path.join(self.directory, "run")
        self.output = os.path.join(self.directory, "output")
        self.addCleanup(lambda: subprocess.run(["rm", "-rf", self.directory], check=True))

    def start(self, *arguments, port=None):
        environment = dict(os.environ, QUICKSTART_PORT=str(port or free_row()))
        with open(self.output, "w", encoding="utf-8") as output:
            return subprocess.Popen(
                [sys.executable, os.path.join(HERE, "demo.py"), *arguments, self.run_directory],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)

    def text(self):
        with open(self.output, encoding="utf-8") as output:
            return output.read()

    def wait(self, process):
        """The exit status; shows the output where a test fails after this."""
        status = process.wait(180)
        print(self.text(), file=sys.stderr)
        return status

    def node_processes(self):
        """The processes whose command line names a file of this run."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % name, "rb") as file:
                    command = file.read().decode(errors="replace").split("\0")
            except OSError:
                continue
            if any(word.startswith(self.run_directory + "/") for word in command):
                found.append(int(name))
        return found

    def test_it_runs_until_interrupted_and_again(self):
        first = self.start()
        wait_until("the demonstration to have shown all", lambda: first.poll() is not None or
                   "no node is left" in self.text() or "man " in self.text(), 180)
        self.assertIsNone(first.poll(), self.text())
        self.assertEqual(len(self.node_processes()), len(IDS))
        first_text = self.text()

        second = self.start("--once")
        self.assertEqual(self.wait(second), 1)
        self.assertIn("another demonstration runs in", self.text())
        self.assertEqual(len(self.node_processes()), len(IDS))

        first.send_signal(signal.SIGINT)
        self.assertEqual(first.wait(60), 0)
        self.assertEqual(self.node_processes(), [])
        self.assertNotIn("Deleting", first_text)
        for node_id in IDS:
            with open(os.path.join(self.run_directory, "node-%d" % node_id, "log"),
                      encoding="utf-8") as log:
                self.assertIn("stopping", log.read())

        third = self.start("--once")
        self.assertEqual(self.wait(third), 0)
        text = self.text()
        self.assertIn("Deleting the data of the last demonstration", text)
        self.assertEqual(text.count("acknowledged writes are there"), len(IDS))
        self.assertEqual(self.node_processes(), [])

    def test_a_directory_of_something_else_is_left_alone(self):
        os.makedirs(self.run_directory)
        precious = os.path.join(self.run_directory, "node-1")
        with open(precious, "w", encoding="utf-8") as file:
            file.write("precious\n")
        self.assertEqual(self.wait(self.start("--once")), 1)
        self.assertIn("holds files of something else", self.text())
        self.assertEqual(os.listdir(self.run_directory), ["node-1"])

    def test_the_first_block_of_the_readme(self):
        if shutil.which("redis-cli") is None:
            self.skipTest("no redis-cli")
        with open(os.path.join(HERE, "..", "..", "README.md"), encoding="utf-8") as file:
            block = re.search(r"^(?:    .*\n)+", file.read(), re.MULTILINE).group(0)
        lines = [line.strip() for line in block.splitlines()]
        self.assertEqual(lines.pop(0), "./quickstart build")
        port = free_row()
        os.symlink(BUILD, os.path.join(self.directory, "build"))
        # The port in the block may be in use on this machine.
        script = "\n".join(lines).replace("7380", str(port)).replace(
            "build/raftd", "build/raftd --set listen.client=127.0.0.1:%d" % port)
        run = subprocess.run(["bash", "-c", script + "\nkill $!; wait"], cwd=self.directory,
                             check=False, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(run.stdout, "OK\n", run.stderr)

    def test_ports_that_are_taken_or_wrong_are_named(self):
        port = free_row()
        ports = Ports()
        self.addCleanup(ports.close)
        self.assertTrue(ports.claim(port + 10))
        self.assertEqual(self.wait(self.start("--once", port=port)), 1)
        self.assertIn("port %d is taken" % (port + 10), self.text())
        self.assertEqual(self.wait(self.start("--once", port="many")), 1)
        self.assertIn("invalid QUICKSTART_PORT 'many'", self.text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
