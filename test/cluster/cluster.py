"""Real raftd processes on loopback, for tests: certificates by raftctl, INI files, free ports,
start, kill, pause, restart, and waiting for what a node says about itself.

    with Cluster(3) as cluster:
        cluster.start()
        leader = cluster.wait_leader()
        leader.kill()

Processes are stopped by their own ids only, and die with the test. Everything lives in one
temporary directory, which stays (its place is printed, with the end of each log) where a test
failed. RAFTD_TEST_ROUNDS shortens or lengthens the tests that repeat themselves.
"""
import contextlib
import ctypes
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from resp_client import Client, ReplyError

BUILD = os.path.abspath(os.environ.get("top_builddir") or os.environ.get("builddir") or ".")
RAFTD = os.environ.get("RAFTD", os.path.join(BUILD, "raftd"))
RAFTCTL = os.environ.get("RAFTCTL", os.path.join(BUILD, "raftctl"))

# How long anything may take that is not about time; sanitizers and a busy machine are slow.
PATIENCE_SECONDS = float(os.environ.get("RAFTD_TEST_PATIENCE", "60"))
POLL_SECONDS = 0.02

# Below the range that outgoing connections take their ports from, so that a restarted node
# finds its port free.
PORTS = range(20000, 32000)

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def rounds(default):
    """How often to repeat: RAFTD_TEST_ROUNDS, or the default."""
    return max(1, int(os.environ.get("RAFTD_TEST_ROUNDS", default)))


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Failure(AssertionError):
    """What was waited for did not come."""


def preloaded(library):
    """The environment of a process that loads a library of test/cluster before all others. The
    dynamic linker only warns if the library is missing, and the test would then pass without the
    fault that it is about. AddressSanitizer has to be told that it need not be the first."""
    path = os.path.join(BUILD, "test", "cluster", library)
    if not os.path.exists(path):
        raise Failure("%s is missing; build it with: make test/cluster/%s" % (path, library))
    asan = os.environ.get("ASAN_OPTIONS", "")
    return {"LD_PRELOAD": path,
            "ASAN_OPTIONS": ":".join(filter(None, [asan, "verify_asan_link_order=0"]))}


def wait_until(what, condition, seconds=None):
    """Polls until condition() gives something true, and returns that."""
    deadline = time.monotonic() + (PATIENCE_SECONDS if seconds is None else seconds)
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Failure("waited in vain for %s" % (what() if callable(what) else what))
        time.sleep(POLL_SECONDS)


class Ports:
    """Free TCP ports. A UDP socket on the same number keeps other tests off while this lives."""

    def __init__(self):
        self.guards = []

    def claim(self, port):
        """Whether this port is free; then it is kept."""
        guard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                guard.bind(("127.0.0.1", port))
                probe.bind(("127.0.0.1", port))
            except OSError:
                guard.close()
                return False
        self.guards.append(guard)
        return True

    def take(self):
        for _ in range(1000):
            port = random.choice(PORTS)
            if self.claim(port):
                return port
        raise Failure("no free port in %d..%d" % (PORTS.start, PORTS.stop))

    def close(self):
        for guard in self.guards:
            guard.close()
        self.guards = []


def raftctl(*arguments, check=True, timeout=60, env=None):
    """Runs raftctl; returns the CompletedProcess with text output."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("RAFTCTL_")}
    environment.update(env or {})
    result = subprocess.run([RAFTCTL, *map(str, arguments)], check=False, timeout=timeout, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            stdin=subprocess.DEVNULL, env=environment)
    if check and result.returncode != 0:
        raise Failure("raftctl %s: exit status %d: %s" %
                      (" ".join(map(str, arguments)), result.returncode, result.stderr))
    return result


class Authority:
    """A development CA in a directory of its own, made by raftctl."""

    def __init__(self, directory, name="test-ca"):
        self.directory = directory
        raftctl("cert", "ca", "--dir", directory, "--name", name)

    @property
    def ca(self):
        return os.path.join(self.directory, "ca.pem")

    def node(self, node_id, cluster="test", *options):
        """(certificate, key) of a node."""
        result = raftctl("cert", "node", "--dir", self.directory, "--id", node_id, "--cluster",
                         cluster, "--host", "127.0.0.1", "--host", "localhost", *options)
        return tuple(result.stdout.split("\n")[:2])

    def client(self, name):
        result = raftctl("cert", "client", "--dir", self.directory, "--name", name)
        return tuple(result.stdout.split("\n")[:2])


def flat_map(reply):
    """A map of RESP2, names and values by turns, as a dict of str."""
    if isinstance(reply, dict):
        pairs = reply.items()
    else:
        pairs = zip(reply[::2], reply[1::2])
    return {text_of(name): text_of(value) for name, value in pairs}


def text_of(value):
    return value.decode() if isinstance(value, bytes) else value


class Node:
    """One raftd process and its files; it can be started again and again."""

    def __init__(self, directory, node_id, options):
        """options: {"section.key": value} of its INI file."""
        self.id = node_id
        self.directory = os.path.join(directory, "node-%d" % node_id)
        os.makedirs(self.directory, exist_ok=True)
        self.options = dict(options)
        self.options.setdefault("node.data_dir", os.path.join(self.directory, "data"))
        self.client_port = int(self.options["listen.client"].rsplit(":", 1)[1])
        self.log_path = os.path.join(self.directory, "log")
        self.ini_path = os.path.join(self.directory, "raftd.conf")
        self.process = None
        self.founds_alone = False  # whether the first start says --bootstrap
        self.log_start = 0  # where in the log file the present life begins
        self.environment = {}

    @property
    def endpoint(self):
        return "127.0.0.1:%d" % self.client_port

    @property
    def data_dir(self):
        return self.options["node.data_dir"]

    def write_ini(self):
        sections = {}
        for name, value in self.options.items():
            section, key = name.split(".", 1)
            sections.setdefault(section, []).append("%s = %s\n" % (key, value))
        with open(self.ini_path, "w", encoding="utf-8") as file:
            for section, lines in sections.items():
                file.write("[%s]\n%s\n" % (section, "".join(lines)))

    def start(self, *arguments):
        assert not self.is_running(), "node %d runs already" % self.id
        self.write_ini()
        if self.founds_alone:
            self.founds_alone = False
            arguments = ("--bootstrap", *arguments)
        environment = dict(os.environ)
        environment.pop("NOTIFY_SOCKET", None)
        environment.update(self.environment)
        with open(self.log_path, "ab") as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(
                [RAFTD, "--config", self.ini_path, *arguments], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.directory, env=environment,
                preexec_fn=die_with_parent)
        return self

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.is_running():
            self.process.send_signal(number)

    def pause(self):
        """SIGSTOP, and until the kernel has really stopped it."""
        self.signal(signal.SIGSTOP)
        wait_until("node %d to be stopped" % self.id, lambda: self.kernel_state() == "T")

    def kernel_state(self):
        with open("/proc/%d/stat" % self.process.pid, encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0]

    def resume(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """SIGKILL; returns when the process is gone."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self, seconds=None):
        """SIGTERM; returns (exit code, how long it took)."""
        started = time.monotonic()
        self.signal(signal.SIGTERM)
        code = self.wait_exit(seconds)
        return code, time.monotonic() - started

    def wait_exit(self, seconds=None):
        try:
            return self.process.wait(PATIENCE_SECONDS if seconds is None else seconds)
        except subprocess.TimeoutExpired:
            raise Failure("node %d did not end; its log ends:\n%s" %
                          (self.id, self.log_tail())) from None

    def log(self):
        """What the present life has logged so far."""
        with open(self.log_path, encoding="utf-8", errors="backslashreplace") as file:
            file.seek(self.log_start)
            return file.read()

    def log_tail(self, lines=25):
        return "\n".join(self.log().split("\n")[-lines:])

    def wait_log(self, pattern, seconds=None):
        """The first match of a regular expression in this life's log."""
        return wait_until(lambda: "%r in the log of node %d, which ends:\n%s" %
                          (pattern, self.id, self.log_tail()),
                          lambda: re.search(pattern, self.log()), seconds)

    def client(self, timeout=15):
        return Client(self.client_port, timeout=timeout)

    def call(self, *arguments, timeout=15):
        """One command on a connection of its own."""
        with self.client(timeout) as client:
            return client.call(*arguments)

    def status(self, timeout=5):
        """RAFT STATUS as a dict, or None where the node does not answer."""
        try:
            found = flat_map(self.call("RAFT", "STATUS", timeout=timeout))
        except (OSError, ReplyError):
            return None
        found["members"] = [flat_map(member) for member in found["members"]]
        return found

    def is_ready(self):
        status = self.status()
        return status is not None and bool(status["ready"])

    def wait_answering(self, seconds=None):
        """Until the node answers RAFT STATUS, ready or not."""
        return wait_until(lambda: "an answer of node %d; its log ends:\n%s" %
                          (self.id, self.log_tail()), self.status_if_alive, seconds)

    def status_if_alive(self):
        if not self.is_running():
            raise Failure("node %d ended with exit code %s; its log ends:\n%s" %
                          (self.id, self.process.returncode, self.log_tail()))
        return self.status()

    def wait_ready(self, seconds=None):
        def ready():
            status = self.status_if_alive()
            return status if status is not None and status["ready"] else None
        return wait_until(lambda: "node %d to be ready; its log ends:\n%s" %
                          (self.id, self.log_tail()), ready, seconds)


class Cluster:
    """Some nodes that know one another."""

    # Shorter than the defaults of raftd.conf(5), so that tests wait less for an election.
    TIMES = {"raft.heartbeat_ms": 50, "raft.election_timeout_ms": 500}

    def __init__(self, size=3, tls=True, name="test", options=None, directory=None):
        """options: {"section.key": value} for every node. directory: where all files go; close()
        leaves it there. None: a temporary directory."""
        self.is_temporary = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="raftd-test-")
        self.name = name
        self.ports = Ports()
        self.nodes = {}
        self.authority = None
        try:
            self.authority = Authority(os.path.join(self.directory, "certificates"),
                                       "%s-ca" % name) if tls else None
            self.make_nodes(size, options or {})
        except BaseException:
            self.close(keep=False)
            raise

    def make_nodes(self, size, options):
        self.options = options
        peers = {node_id: self.peer_address(node_id) for node_id in range(1, size + 1)}
        for node_id, address in peers.items():
            mine = self.node_options(node_id, address)
            mine.update({"peers.%d" % peer: peers[peer] for peer in peers})
            mine.update(options)
            self.nodes[node_id] = Node(self.directory, node_id, mine)
            self.nodes[node_id].founds_alone = size == 1

    def peer_address(self, _node_id):
        """Where a new node listens for its peers; subclasses may choose."""
        return "127.0.0.1:%d" % self.ports.take()

    def client_address(self, _node_id):
        """Where a new node listens for clients; subclasses may choose."""
        return "127.0.0.1:%d" % self.ports.take()

    def node_options(self, node_id, address):
        mine = {
            "node.id": node_id,
            "cluster.name": self.name,
            "listen.peer": address,
            "listen.client": self.client_address(node_id),
            **self.TIMES,
        }
        if self.authority is not None:
            certificate, key = self.authority.node(node_id, self.name)
            mine.update({"tls.ca": self.authority.ca, "tls.certificate": certificate,
                         "tls.key": key})
        else:
            mine["tls.peer"] = "off"
        return mine

    def add_node(self, node_id, join=None, options=None):
        """A node more that no other one knows; join: the node that it asks to be let in."""
        mine = self.node_options(node_id, self.peer_address(node_id))
        mine.update(self.options)
        if join is not None:
            mine["node.join"] = join.options["listen.peer"]
        mine.update(options or {})
        self.nodes[node_id] = Node(self.directory, node_id, mine)
        return self.nodes[node_id]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close(keep=kind is not None)

    def __iter__(self):
        return iter(self.nodes.values())

    def __getitem__(self, node_id):
        return self.nodes[node_id]

    def close(self, keep):
        """Ends every process; keep: leave the files and show the ends of the logs."""
        for node in self:
            if node.process is not None:
                node.signal(signal.SIGKILL)
                node.process.wait()
        self.ports.close()
        if not keep:
            if self.is_temporary:
                shutil.rmtree(self.directory, ignore_errors=True)
            return
        for node in self:
            if os.path.exists(node.log_path):
                print("---- the end of %s\n%s" % (node.log_path, node.log_tail()), file=sys.stderr)
        print("---- kept in %s" % self.directory, file=sys.stderr)
        sys.stderr.flush()

    def start(self):
        """Starts every node that does not run, and waits until all are ready."""
        for node in self:
            if not node.is_running():
                node.start()
        for node in self:
            node.wait_ready()
        return self

    def endpoints(self):
        return ",".join(node.endpoint for node in self)

    def running(self):
        return [node for node in self if node.is_running()]

    def leader(self, among=None):
        """The node that calls itself leader in the highest term, if others follow it."""
        found = None
        for node in among if among is not None else self.running():
            status = node.status(timeout=2)
            if status is not None and status["role"] == "leader":
                if found is None or status["term"] > found[0]:
                    found = (status["term"], node)
        return None if found is None else found[1]

    def wait_leader(self, among=None, seconds=None):
        """A leader among these nodes (all that run), which every one of them knows; all of them
        are ready to serve."""
        def agreed():
            nodes = list(among if among is not None else self.running())
            statuses = [node.status(timeout=2) for node in nodes]
            if not all(status is not None and status["ready"] for status in statuses):
                return None
            leaders = {status["leader"] for status in statuses}
            terms = {status["term"] for status in statuses}
            if len(leaders) != 1 or len(terms) != 1 or 0 in leaders:
                return None
            leader = self.nodes[leaders.pop()]
            mine = [status for status in statuses if status["id"] == leader.id]
            return leader if mine and mine[0]["role"] == "leader" else None
        return wait_until("all nodes to agree on a leader", agreed, seconds)

    def wait_same_state(self, seconds=None):
        """Until all running nodes have applied the same index and have the same digest; returns
        the digest."""
        last = {}

        def same():
            last.clear()
            before = {node.id: node.status() for node in self.running()}
            try:
                for node in self.running():
                    last[node.id] = node.call("RAFT", "DIGEST")
            except (OSError, ReplyError) as problem:
                last[node.id] = problem
                return None
            after = {node.id: node.status() for node in self.running()}
            if None in before.values() or None in after.values():
                return None
            applied = {status["applied_index"] for status in [*before.values(), *after.values()]}
            digests = {str(digest) for digest in last.values()}
            return digests.pop() if len(applied) == 1 and len(digests) == 1 else None
        return wait_until(lambda: "the replicas to be equal; their digests are %s" % last, same,
                          seconds)


def ctl_json(*arguments, **options):
    return json.loads(raftctl(*arguments, "-w", "json", **options).stdout)
