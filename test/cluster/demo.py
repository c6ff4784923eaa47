#!/usr/bin/env python3
"""What ./quickstart shows after the build: three raftd nodes that talk over TLS, a leader that is
killed while a client writes, and no acknowledged write lost.

    test/cluster/demo.py [--once] DIRECTORY

Runs from the build directory, or with top_builddir set to it. Certificates, configurations, logs
and data go to DIRECTORY, which stays. Without --once the nodes run until Ctrl-C. With --once the
exit status is 0 only if every step was seen.

environment: QUICKSTART_PORT  the client port of node 1; the other five ports follow from it
"""
import argparse
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from cluster import RAFTCTL, RAFTD, Cluster, Failure, Ports, die_with_parent, raftctl, \
    wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "quickstart"
IDS = (1, 2, 3)
DEFAULT_PORT = 7380
PORT_TRIES = 8
PORT_MAX = 65535 - 21
STOP_SECONDS = 10
WRITES = 200  # acknowledged before the leader is killed, and again after it
# This file makes a directory the demonstration's own: nothing else is ever deleted.
LOCK = "lock"


class Interrupted(Exception):
    """Somebody pressed Ctrl-C, or sent SIGTERM."""


def step(text):
    bold, plain = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    print("\n%s==> %s%s" % (bold, text, plain))


def say(text):
    print("    %s" % text)


def client_port(first, node_id):
    return first + 10 * (node_id - 1)


def take_directory(directory):
    """Makes the directory, or empties that of the last demonstration. Returns the lock: two
    demonstrations at a time would use the same files."""
    path = os.path.join(directory, LOCK)
    os.makedirs(directory, exist_ok=True)
    if os.listdir(directory) and not os.path.exists(path):
        raise Failure("%s holds files of something else: move them away, or give another directory"
                      % directory)
    lock = open(path, "a", encoding="utf-8")  # closed, and so unlocked, when the process ends
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Failure("another demonstration runs in %s: stop it first" % directory) from None
    old = sorted(name for name in os.listdir(directory) if name != LOCK)
    if old:
        step("Deleting the data of the last demonstration in %s" % os.path.relpath(directory))
    for name in old:
        entry = os.path.join(directory, name)
        if os.path.isdir(entry) and not os.path.islink(entry):
            shutil.rmtree(entry)
        else:
            os.remove(entry)
    return lock


def choose_ports():
    """The client port of node 1 so that all six ports are free."""
    wanted = os.environ.get("QUICKSTART_PORT")
    if wanted and not (wanted.isdigit() and 0 < int(wanted) <= PORT_MAX):
        raise Failure("invalid QUICKSTART_PORT %r: expected a number from 1 to %d" %
                      (wanted, PORT_MAX))
    first = int(wanted or DEFAULT_PORT)
    for _ in range(PORT_TRIES):
        ports = Ports()
        taken = [port for node_id in IDS for port in
                 (client_port(first, node_id), client_port(first, node_id) + 1)
                 if not ports.claim(port)]
        ports.close()
        if not taken:
            return first
        say("port %d is taken" % taken[0])
        if wanted:
            break
        first += 100
        say("trying port %d and those after it" % first)
    raise Failure("found no free ports; choose the first one: QUICKSTART_PORT=... ./quickstart")


class Demonstration(Cluster):
    """Three nodes whose ports follow from one, with the default timing of raftd.conf(5)."""

    TIMES = {}

    def __init__(self, directory, first_port):
        self.first_port = first_port
        self.writer = None
        super().__init__(len(IDS), name=NAME, directory=directory)

    def peer_address(self, node_id):
        return "127.0.0.1:%d" % (client_port(self.first_port, node_id) + 1)

    def client_address(self, node_id):
        return "127.0.0.1:%d" % client_port(self.first_port, node_id)

    def client_ports(self):
        return ",".join(str(node.client_port) for node in self)

    # ---- The steps ------------------------------------------------------------------------

    def show_configuration(self):
        step("A certificate authority, and a certificate for each node")
        certificate = self[1].options["tls.certificate"]
        for line in raftctl("cert", "show", certificate).stdout.splitlines():
            say(line)
        step("A configuration for each node")
        for node in self:
            node.write_ini()
            subprocess.run([RAFTD, "--config", node.ini_path, "--check-config"], check=True,
                           stdout=subprocess.DEVNULL)
            say("node %d: clients on %s, peers on %s (TLS): %s" % (
                node.id, node.endpoint, node.options["listen.peer"],
                os.path.relpath(node.ini_path)))

    def show_start(self):
        step("Starting three nodes")
        self.start()
        leader = self.wait_leader()
        for node in self:
            self.wait_applied(node, leader.status()["commit_index"])
        self.show_status()

    def show_status(self):
        # A node that is down makes this exit with 2; its row says so.
        print(raftctl("status", "--endpoints", self.endpoints(), check=False).stdout, end="")

    @staticmethod
    def wait_applied(node, index):
        def applied():
            status = node.status()
            return status is not None and status["applied_index"] >= index
        wait_until("node %d to apply the log up to index %d" % (node.id, index), applied)

    def show_reading_and_writing(self):
        step("Writing through one node, reading through the others")
        value = "hello, %d" % time.time()
        raftctl("--endpoints", self[1].endpoint, "set", "greeting", value)
        say("wrote through node 1:  greeting = %s" % value)
        for node_id in IDS[1:]:
            found = raftctl("--endpoints", self[node_id].endpoint, "get", "greeting").stdout
            if found != value + "\n":
                raise Failure("node %d answers %r instead of %r" % (node_id, found, value))
            say("read through node %d:   %s" % (node_id, value))

    def writer_path(self, suffix):
        return os.path.join(self.directory, "writer." + suffix)

    def writer_command(self, verb):
        return [sys.executable, os.path.join(HERE, "writer.py"), verb,
                "--ports", self.client_ports(), "--record", self.writer_path("json")]

    def start_writer(self):
        with open(self.writer_path("log"), "wb") as log:
            self.writer = subprocess.Popen(self.writer_command("write"), stdout=log, stderr=log,
                                           stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def writer_log(self):
        with open(self.writer_path("log"), encoding="utf-8") as file:
            return file.read()

    def acknowledged(self):
        found = re.findall(r"^acknowledged (\d+)$", self.writer_log(), re.MULTILINE)
        return int(found[-1]) if found else 0

    def wait_acknowledged(self, count):
        def written():
            if self.writer.poll() is not None:
                raise Failure("the writer ended: %s" % self.writer_log()[-500:])
            return self.acknowledged() >= count
        wait_until("%d acknowledged writes" % count, written)

    def stop_writer(self):
        """What the writer knows in the end."""
        self.writer.terminate()
        if self.writer.wait() != 0:
            raise Failure("the writer failed: %s" % self.writer_log()[-500:])
        with open(self.writer_path("json"), encoding="utf-8") as file:
            return json.load(file)

    def show_a_killed_leader(self):
        step("Killing the leader with SIGKILL while a client writes")
        self.start_writer()
        self.wait_acknowledged(WRITES)
        victim = self.wait_leader()
        before = self.acknowledged()
        say("node %d leads; the writer has %d acknowledged writes; killing node %d" %
            (victim.id, before, victim.id))
        victim.kill()
        leader = self.wait_leader()
        self.wait_acknowledged(before + WRITES)
        record = self.stop_writer()
        say("node %d leads now, in term %d" % (leader.id, leader.status()["term"]))
        say("no write was acknowledged for %d ms, the longest gap" % record["gap_ms"])
        self.show_status()
        step("Restarting node %d" % victim.id)
        victim.start().wait_ready()
        self.wait_applied(victim, leader.status()["commit_index"])
        say("node %d has caught up" % victim.id)
        self.show_status()

    def show_that_nothing_is_lost(self):
        step("Is every acknowledged write there?")
        run = subprocess.run(self.writer_command("verify"), check=False, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for line in run.stdout.splitlines():
            say(line)
        if run.returncode != 0:
            raise Failure("an acknowledged write is lost")

    def keep_running(self):
        step("Running until Ctrl-C")
        ctl = os.path.relpath(RAFTCTL)
        hints = [
            ("redis-cli -p %d" % self[1].client_port,
             "any Redis client, any of the ports %s" % self.client_ports()),
            ("redis-benchmark -p %d -t set,get -q" % self[1].client_port, ""),
            ("export RAFTCTL_ENDPOINTS=%s" % self.endpoints(), ""),
            ("%s status --watch" % ctl, "what the nodes say about themselves"),
            ("%s backup backup.raftd" % ctl, "all keys, in one file"),
            ("kill -9 %d" % self[1].process.pid, "node 1; the others: %s" % ", ".join(
                "%d" % self[node_id].process.pid for node_id in IDS[1:])),
            ("tail -f %s" % os.path.relpath(self[1].log_path), ""),
            ("man %s" % os.path.relpath(os.path.join(HERE, "..", "..", "man", "raftd.8")), ""),
        ]
        for command, comment in hints:
            say("%-40s # %s" % (command, comment) if comment else command)
        running = self.running()
        while running:
            # Sleeps until a process of ours ends, and leaves it to poll() to collect the status.
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            for node in [node for node in running if not node.is_running()]:
                running.remove(node)
                status = node.process.returncode
                say("node %d %s; to start it again: %s --config %s" % (
                    node.id, "ended with exit code %d" % status if status >= 0
                    else "was killed by %s" % signal.Signals(-status).name,
                    os.path.relpath(RAFTD), os.path.relpath(node.ini_path)))
        say("no node is left")

    def stop(self):
        """Stops the nodes in good order, and all that does not stop in time."""
        if self.writer is not None:
            self.writer.kill()
            self.writer.wait()
        for node in self:
            node.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for node in self.running():
            try:
                node.process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                say("node %d did not stop within %d s: killing it" % (node.id, STOP_SECONDS))
        self.close(keep=False)


def show_all(demonstration, once):
    """The exit status."""
    seen = False
    try:
        demonstration.show_configuration()
        demonstration.show_start()
        demonstration.show_reading_and_writing()
        demonstration.show_a_killed_leader()
        demonstration.show_that_nothing_is_lost()
        seen = True
        if not once:
            demonstration.keep_running()
        step("Done")
        return 0
    except Interrupted:
        print()
        say("stopping")
        return 0 if seen else 130
    except (Failure, OSError, subprocess.SubprocessError):
        for node in demonstration:
            if node.process is not None:
                print("---- the end of %s\n%s" % (node.log_path, node.log_tail(15)),
                      file=sys.stderr)
        raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        demonstration.stop()


def interrupt(*_):
    raise Interrupted


def main():
    parser = argparse.ArgumentParser(description="Three nodes that lose their leader and no write.")
    parser.add_argument("--once", action="store_true", help="end after the demonstration")
    parser.add_argument("directory", help="where everything goes")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        directory = os.path.abspath(options.directory)
        with take_directory(directory):
            return show_all(Demonstration(directory, choose_ports()), options.once)
    except Interrupted:
        return 130
    except (Failure, OSError, subprocess.SubprocessError) as problem:
        print("\nquickstart: %s%s" % (problem, getattr(problem, "stderr", None) or ""),
              file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
