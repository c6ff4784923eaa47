#!/usr/bin/env python3
"""Disks that are nearly full, on small file systems: leadership, reads and deletions go on, however
many disks are full (R4), and writes go on when there is space again. Skipped where no tmpfs can be
mounted: needs root."""
import contextlib
import os
import re
import subprocess
import time
import unittest

import disks
from cluster import Cluster, raftctl, wait_until
from load import narrate
from resp_client import ReplyError

VOLUME_BYTES = "96M"
OPTIONS = {"storage.reserve_bytes": "16M", "storage.segment_bytes": "1M",
           "limits.max_request_bytes": "256K", "raft.max_batch_bytes": "256K",
           "raft.request_timeout_ms": 1000}
# Less than the reserve; and less than a sixteenth of it outside of what the node holds, when it has
# no room for clients' entries.
LOW_BYTES = 8 << 20
LEFT_BYTES = 512 << 10
HELD_BYTES = 3 << 20  # three sixteenths of the reserve
LOOK_SECONDS = 1.5  # twice a second a node looks at its space, and then the leader has to hear of it
ELECTION_TIMEOUT_SECONDS = 0.5
WATCH_SECONDS = 10 * ELECTION_TIMEOUT_SECONDS
PATIENCE_SECONDS = 20
ANSWER_SECONDS = 4.0 if os.environ.get("SANITIZER_CFLAGS") else 1.0


@contextlib.contextmanager
def cluster_on_volumes():
    with Cluster(3, tls=False, options=OPTIONS) as cluster:
        volumes = {node: disks.Tmpfs(node.directory, "volume", VOLUME_BYTES) for node in cluster}
        try:
            for node, volume in volumes.items():
                volume.mount()
                node.options["node.data_dir"] = os.path.join(volume.path, "data")
            cluster.start()
            yield cluster, volumes
        finally:
            for node, volume in volumes.items():
                if node.is_running():
                    node.kill()
                volume.unmount()


def attempt(node, *command):
    """A reply, or the error that came instead."""
    try:
        return node.call(*command)
    except (ReplyError, OSError) as error:
        return error


def held_bytes(node):
    """The part of the reserve that no other program can take."""
    return os.stat(os.path.join(node.data_dir, "reserve")).st_blocks * 512


def log_bytes(node):
    return sum(os.stat(os.path.join(node.data_dir, name)).st_blocks * 512
               for name in os.listdir(node.data_dir) if name.startswith("wal-"))


class Space(unittest.TestCase):
    def watch(self, cluster, leader, term):
        """For ten election timeouts nobody calls an election, and every node answers reads."""
        end = time.monotonic() + WATCH_SECONDS
        reads = 0
        slowest = 0.0
        answers = set()
        while time.monotonic() < end:
            for node in cluster:
                self.assertTrue(node.is_running(), "node %d ended" % node.id)
                started = time.monotonic()
                self.assertEqual(attempt(node, "GET", "key"), b"value")
                slowest = max(slowest, time.monotonic() - started)
                reads += 1
            # Commands that come while there is no room, and may or may not have a place.
            answers.add(str(attempt(leader, "SET", "other", "x" * 1000))[:40])
        narrate("%d reads took up to %.2f s; term %d, was %d; writes were answered: %s", reads,
                slowest, leader.status()["term"], term, sorted(answers))
        self.assertLess(slowest, ANSWER_SECONDS)
        self.assertIs(cluster.wait_leader(), leader)
        self.assertEqual(leader.status()["term"], term, "there was an election")

    def prepare(self, cluster):
        leader = cluster.wait_leader()
        self.assertEqual(leader.call("SET", "key", "value"), "OK")
        self.assertEqual(leader.call("SET", "to-delete", "value"), "OK")
        # The leader has something to do when its time is up, although nobody asks for it.
        self.assertEqual(leader.call("SET", "short-lived", "value", "EX", 5), "OK")
        cluster.wait_same_state()
        return leader, leader.status()["term"]

    def check_recovery(self, cluster, volumes, full):
        for node in full:
            volumes[node].empty()
        for node in cluster:
            wait_until("writes through node %d" % node.id,
                       lambda node=node: attempt(node, "SET", "after", "value") == "OK")
        wait_until("the end of a time to live",
                   lambda: cluster.wait_leader().call("GET", "short-lived") is None)
        cluster.wait_same_state()

    def test_r4_full_disks_of_a_majority_end_no_leadership(self):
        with cluster_on_volumes() as (cluster, volumes):
            leader, term = self.prepare(cluster)
            full = [node for node in cluster if node is not leader]
            self.fill(cluster, volumes, full)
            self.watch(cluster, leader, term)
            self.check_recovery(cluster, volumes, full)

    def fill(self, cluster, volumes, full):
        """The disks become full one step after the other, and until all members know it nobody
        writes: what a member with a full disk has missed it can read when it has space again."""
        for left_bytes in (LOW_BYTES, LEFT_BYTES):
            for node in full:
                volumes[node].fill(left_bytes)
            known = time.monotonic() + LOOK_SECONDS
            wait_until("all to know it", lambda: time.monotonic() > known)
            for node in cluster:
                self.assertEqual(attempt(node, "GET", "key"), b"value")

    def test_r4_full_disks_of_all_leave_reads(self):
        with cluster_on_volumes() as (cluster, volumes):
            self.prepare(cluster)
            self.fill(cluster, volumes, list(cluster))
            # Meanwhile the leadership may have gone to a node that seemed to have space.
            leader = cluster.wait_leader()
            self.watch(cluster, leader, leader.status()["term"])
            self.assertEqual(attempt(leader, "SET", "other", "x").code, "OOM")
            self.check_recovery(cluster, volumes, list(cluster))

    def test_a_lone_full_disk_is_named_as_the_reason(self):
        """The others go on without this node, which tells its readers what to do."""
        with cluster_on_volumes() as (cluster, volumes):
            leader, term = self.prepare(cluster)
            full = next(node for node in cluster if node is not leader)
            self.fill(cluster, volumes, [full])
            self.assertEqual(attempt(leader, "SET", "key", "newer"), "OK")
            reply = attempt(full, "GET", "key")
            self.assertIsInstance(reply, ReplyError)
            self.assertEqual(reply.code, "CLUSTERDOWN")
            self.assertIn("disk of this node is nearly full", str(reply))
            wait_until("the node to be not ready", lambda: full.call("RAFT", "READY") == 0)
            full.wait_log("not ready: the disk of .node. data_dir is nearly full")
            result = raftctl("ready", "--endpoints", full.endpoint, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn("data_dir is nearly full", result.stdout)
            self.assertRegex(str(attempt(full, "PING")), "^CLUSTERDOWN the disk of .*nearly full")
            volumes[full].empty()
            full.wait_ready()
            self.assertEqual(full.call("GET", "key"), b"newer")
            self.assertEqual(leader.status()["term"], term, "there was an election")

    def test_r4_full_disks_leave_deletions(self):
        with cluster_on_volumes() as (cluster, volumes):
            self.prepare(cluster)
            self.fill(cluster, volumes, list(cluster))
            for node in cluster:
                self.assertEqual(attempt(node, "DEL", "to-delete"), int(node.id == 1))
            self.assertIsNone(cluster.wait_leader().call("GET", "to-delete"))
            self.check_recovery(cluster, volumes, list(cluster))


class OtherProgram(unittest.TestCase):
    """Another program fills the disks to the last byte, and again whenever there is room."""

    def fill(self, volumes):
        for node, volume in volumes.items():
            path = os.path.join(volume.path, "other-%d" % time.monotonic_ns())
            result = subprocess.run(["dd", "if=/dev/zero", "of=" + path, "bs=4k"], check=False,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            self.assertIn("No space left", result.stderr)
            self.assertEqual(volume.free_bytes(), 0)
            self.assertTrue(node.is_running())

    def check_full(self, cluster, keys):
        """What has to go on; and only that."""
        def is_refused():
            reply = attempt(cluster.wait_leader(), "SET", "other", "x")
            return getattr(reply, "code", None) == "OOM"
        wait_until("commands to be refused", is_refused)
        for node in cluster:
            key = keys.pop()
            wait_until("a deletion through node %d" % node.id,
                       lambda node=node, key=key: attempt(node, "DEL", key) in (0, 1))
            wait_until("a read of node %d" % node.id,
                       lambda node=node, key=key: attempt(node, "GET", key) is None)

    def test_r4_what_makes_room_goes_on_when_another_program_takes_all(self):
        keys = ["key-%d" % number for number in range(60)]
        with cluster_on_volumes() as (cluster, volumes):
            leader = cluster.wait_leader()
            for key in keys:
                self.assertEqual(leader.call("SET", key, "x" * 100000), "OK")
            cluster.wait_same_state()
            for node in cluster:
                wait_until("the reserve", lambda node=node: held_bytes(node) == HELD_BYTES)
            before = {node: log_bytes(node) for node in cluster}
            self.fill(volumes)
            self.check_full(cluster, keys)
            # An election, and a start on a full disk.
            for _ in range(3):
                self.fill(volumes)
                leader = cluster.wait_leader()
                leader.kill()
                cluster.wait_leader([node for node in cluster if node is not leader])
                leader.start()
                cluster.wait_leader()
                self.check_full(cluster, keys)
            self.fill(volumes)
            self.assertEqual(cluster.wait_leader().call("FLUSHALL"), "OK")
            self.fill(volumes)
            for node in cluster:
                index = node.call("RAFT", "SNAPSHOT")
                wait_until("the snapshot of node %d" % node.id,
                           lambda node=node, index=index:
                           node.status()["snapshot_index"] >= index)
                wait_until("the log of node %d to shrink" % node.id,
                           lambda node=node: log_bytes(node) < before[node])
            narrate("the logs shrank from %s to %s KiB; the reserves still hold %s",
                    [size >> 10 for size in before.values()],
                    [log_bytes(node) >> 10 for node in cluster],
                    [held_bytes(node) >> 10 for node in cluster])
            for volume in volumes.values():
                for name in os.listdir(volume.path):
                    if name.startswith("other-"):
                        os.unlink(os.path.join(volume.path, name))
            for node in cluster:
                wait_until("writes through node %d" % node.id,
                           lambda node=node: attempt(node, "SET", "after", "value") == "OK")
                wait_until("the reserve", lambda node=node: held_bytes(node) == HELD_BYTES)
            cluster.wait_same_state()


class NearlyFull(unittest.TestCase):
    """T45: less than the reserve is left, and more than what a node needs for its leader's
    commands."""
    RESERVE = {"storage.reserve_bytes": "64M"}
    LEFT_BYTES = 32 << 20

    @staticmethod
    def is_ordered(node, to):
        """Whether the leader hands over; it may just have changed, or not have heard from `to`."""
        try:
            return node.call("RAFT", "TRANSFER", to) == "OK"
        except ReplyError as error:
            if error.code not in ("TRYAGAIN", "CLUSTERDOWN", "CONFLICT"):
                raise
            return False

    @staticmethod
    def can_write(cluster):
        try:
            return all(node.call("SET", "key", node.id) == "OK" for node in cluster)
        except ReplyError as error:
            if error.code not in ("OOM", "TRYAGAIN", "CLUSTERDOWN"):
                raise
            return False

    def test_t45_a_leader_whose_disk_is_full_hands_over(self):
        with cluster_on_volumes() as (cluster, volumes):
            full = cluster[1]
            full.kill()
            full.options.update(self.RESERVE)
            volumes[full].fill(self.LEFT_BYTES)
            full.start().wait_ready()
            for _ in range(2):
                wait_until("a leader with space",
                           lambda: cluster.leader() in (cluster[2], cluster[3]))
                wait_until("writes through all", lambda: self.can_write(cluster))
                wait_until("the order to hand over", lambda: self.is_ordered(cluster[2], 1))
            wait_until("a leader with space", lambda: cluster.leader() in (cluster[2], cluster[3]))

    def test_t45_a_full_disk_refuses_and_recovers(self):
        """Refused clearly, reads go on, and so do writes once there is space."""
        with Cluster(1, options={**OPTIONS, **self.RESERVE}) as cluster:
            node = cluster[1]
            volume = disks.Tmpfs(node.directory, "volume", VOLUME_BYTES)
            volume.mount()
            try:
                node.options["node.data_dir"] = os.path.join(volume.path, "data")
                node.start().wait_ready()
                self.assertEqual(node.call("SET", "key", "2"), "OK")
                volume.fill(self.LEFT_BYTES)

                def refused():
                    reply = attempt(node, "SET", "key", "3")
                    self.assertIn(getattr(reply, "code", reply), ("OK", "OOM"))
                    return reply != "OK"
                wait_until("writes to be refused", refused)
                self.assertIn(node.call("GET", "key"), (b"2", b"3"))
                self.assertEqual(node.status()["role"], "leader")
                volume.empty()
                wait_until("writes to be taken again",
                           lambda: attempt(node, "SET", "key", "4") == "OK")
            finally:
                node.kill()
                volume.unmount()


class SmallVolume(unittest.TestCase):
    """A volume that is too small for the options is a mistake at the start, and the options that the
    message names are enough to write for ever."""

    def test_a_volume_that_is_too_small_is_refused_with_the_remedy(self):
        for size in ("200M", "32M"):
            with Cluster(1, tls=False) as cluster:
                self.check_volume(cluster, size)

    def check_volume(self, cluster, size):
        node = cluster[1]
        volume = disks.Tmpfs(node.directory, "volume", size)
        volume.mount()
        try:
            node.options["node.data_dir"] = os.path.join(volume.path, "data")
            node.start()
            self.assertEqual(node.wait_exit(), 1)
            message = node.log()
            narrate("%s", next(line for line in message.split("\n") if "error" in line)[25:])
            self.assertIn("reserve_bytes", message)
            for section, key in (("storage", "reserve_bytes"), ("storage", "segment_bytes"),
                                 ("snapshot", "log_bytes"), ("limits", "max_request_bytes")):
                node.options["%s.%s" % (section, key)] = re.search(
                    r"%s = (\w+)" % key, message).group(1)
            node.options["raft.max_batch_bytes"] = node.options["limits.max_request_bytes"]
            node.start("--bootstrap").wait_ready()
            self.overwrite(node, 3 * int(size[:-1]) << 20)
        finally:
            node.kill()
            volume.unmount()

    def test_no_file_of_the_log_is_prepared_into_the_reserve(self):
        """The reserve is for votes, deletions and the snapshot that makes room, not for zeros."""
        reserve = 16 << 20
        options = {"storage.reserve_bytes": "16M", "storage.segment_bytes": "32M",
                   "limits.max_request_bytes": "256K", "raft.max_batch_bytes": "256K"}
        with Cluster(1, tls=False, options=options) as cluster:
            node = cluster[1]
            volume = disks.Tmpfs(node.directory, "volume", "160M")
            volume.mount()
            try:
                # Room for the first file; and the one that is prepared behind it would fit, but
                # takes half of the reserve.
                volume.fill((64 << 20) + reserve // 2)
                node.options["node.data_dir"] = os.path.join(volume.path, "data")
                node.start().wait_ready()
                for number in range(200):
                    self.assertEqual(attempt(node, "SET", "key-%d" % number, "x" * 10000), "OK")
                left = volume.free_bytes() + held_bytes(node)
                narrate("%d KiB are left, %d of them reserved", left >> 10, reserve >> 10)
                self.assertGreaterEqual(left, reserve)
            finally:
                node.kill()
                volume.unmount()

    def overwrite(self, node, size):
        """Writes so many bytes to a few keys. The entries of the log that are kept for slow followers
        fill the volume now and then; then a snapshot makes room within seconds."""
        value = "x" * 100000
        written = 0
        refusals = 0
        with node.client(timeout=60) as client:
            last = time.monotonic()
            while written < size:
                replies = client.pipeline([("SET", "key-%d" % number, value)
                                           for number in range(20)])
                for reply in replies:
                    self.assertIn(getattr(reply, "code", reply), ("OK", "OOM"))
                if "OK" in replies:
                    last = time.monotonic()
                refusals += sum(reply != "OK" for reply in replies)
                written += len(value) * replies.count("OK")
                self.assertLess(time.monotonic() - last, PATIENCE_SECONDS, "it stays full")
        narrate("%d MiB written, %d writes refused meanwhile", written >> 20, refusals)


if __name__ == "__main__":
    disks.need_mounts(loop=False)
    unittest.main(verbosity=2)
