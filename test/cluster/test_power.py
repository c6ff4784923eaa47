#!/usr/bin/env python3
"""The power of all nodes fails at once: every node has an ext4 file system of its own, all nodes are
frozen, the file systems are cut off without a flush, the processes are killed, and the nodes start
again on what was on the disks. Every write that was acknowledged is there, in linearizable reads
through every node, and nothing that was never written.

    test_power.py [--cuts N]    N power cuts; without it 5, or RAFTD_TEST_ROUNDS, and then the check
                                that this test finds nodes that do not sync
    test_power.py --planted FUNCTION:PATTERN
                                that check alone, with nodes whose fsync or fdatasync does nothing
                                for files with PATTERN in their path (fdatasync:wal-,
                                fsync:snapshot-, fsync:data); exit status 0: it was found

Skipped where no ext4 file system can be mounted: needs root, loop devices, mount and mkfs.ext4.
"""
import argparse
import os
import sys
import time
import unittest
import zlib

import disks
from cluster import Cluster, Failure, rounds, wait_until
from file_steps import FileSteps
from load import LoadClient, narrate, seeded

CUTS = rounds(5)
PLANTED = None
PLANTED_CUTS = 5
CLIENTS = 8
SLOTS = 64  # keys of each client, which it overwrites in turn
SIZES = [1] * 8 + [100] * 8 + [3000] * 4 + [20000] * 2 + [300000]

# Small, so that every life of a node changes files of the log and takes snapshots.
OPTIONS = {"storage.segment_bytes": "4M", "limits.max_request_bytes": "1M",
           "storage.reserve_bytes": "16M", "snapshot.log_entries": "1000",
           "snapshot.log_bytes": "4M", "snapshot.keep_entries": "100"}
VOLUME_BYTES = "512M"
# One file of the log and no snapshot, so that nothing else syncs what the log does not.
PLANTED_OPTIONS = {"limits.max_request_bytes": "1M", "storage.reserve_bytes": "16M"}


def value_of(name, number):
    """What client NAME writes with its write of this number. It says so from end to end."""
    size = SIZES[zlib.crc32(b"%s %d" % (name.encode(), number)) % len(SIZES)]
    word = b"%s %d " % (name.encode(), number)
    return word + word * (size // len(word))


class Record:
    """What one client was promised, over all lives of the cluster."""

    def __init__(self, name):
        self.name = name
        self.number = 0         # of the newest write
        self.sent = {}          # slot -> numbers that may be there
        self.newest = {}        # slot -> the newest number that was acknowledged
        self.acknowledged = 0
        self.increments = 0     # acknowledged INCRs of its counter
        self.increments_unknown = 0

    def key(self, slot):
        return "%s:%d" % (self.name, slot)

    @property
    def counter(self):
        return self.name + ":counter"

    def keys(self):
        return {self.key(slot).encode() for slot in self.sent} | {self.counter.encode()}

    def problem(self, slot, value):
        """What is wrong with the value that was read, as ("lost" or "invented", text), or None."""
        newest = self.newest.get(slot, 0)
        if value is None:
            return ("lost", "%s is missing, acknowledged: write %d" %
                    (self.key(slot), newest)) if newest else None
        word = value[:40].split(b" ")
        number = int(word[1]) if len(word) > 1 and word[1].isdigit() else -1
        if number not in self.sent[slot] or value != value_of(self.name, number):
            return "invented", "%s is %r, which nobody wrote" % (self.key(slot), value[:60])
        if number < newest:
            return "lost", "%s has write %d, acknowledged: %d" % (self.key(slot), number, newest)
        return None


class Writer(LoadClient):
    """A client for one life of the cluster."""

    def __init__(self, record, ports, first):
        super().__init__(record.name, ports, first)
        self.record = record
        self.done = 0

    def acknowledgements(self):
        return self.done

    def step(self):
        record = self.record
        record.number += 1
        slot = record.number % SLOTS
        # Before it is sent: only a refusal says that this value cannot be there.
        record.sent.setdefault(slot, set()).add(record.number)
        outcome, reply = self.attempt("SET", record.key(slot), value_of(self.name, record.number))
        if outcome == "done":
            assert reply == "OK", "SET answered %r" % (reply,)
            record.newest[slot] = record.number
            record.acknowledged += 1
            self.done += 1
        elif outcome == "refused":
            record.sent[slot].discard(record.number)
        if record.number % 5 == 0:
            self.increment_counter()

    def increment_counter(self):
        outcome, _ = self.attempt("INCR", self.record.counter)
        self.record.increments += outcome == "done"
        self.record.increments_unknown += outcome == "unknown"


class Writers:
    """The clients of one life; they end with the block."""

    def __init__(self, records, cluster):
        ports = [node.client_port for node in cluster]
        self.writers = [Writer(record, ports, number) for number, record in enumerate(records)]

    def __enter__(self):
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *_):
        for writer in self.writers:
            writer.stopped.set()
        for writer in self.writers:
            writer.join(30)
            if writer.trouble is not None:
                raise Failure("%s: %s" % (writer.name, writer.trouble))

    def wait_progress(self):
        wait_until("an acknowledgement for every client",
                   lambda: all(writer.done or writer.trouble for writer in self.writers))


class Hall:
    """Three nodes, each with a disk of its own, on one power supply."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.volumes = {}
        for node in cluster:
            self.volumes[node.id] = disks.Ext4(node.directory, "volume", VOLUME_BYTES)
            self.volumes[node.id].mount()
            # Not the volume itself: the node has to sync the directory in which it makes its own.
            node.options["node.data_dir"] = os.path.join(self.volumes[node.id].path, "data")

    def cut_power(self):
        """All nodes stop at once; what they had not synced is lost."""
        for node in self.cluster:
            node.pause()
        for volume in self.volumes.values():
            volume.cut_power()
        for node in self.cluster:
            node.kill()

    def restore_power(self):
        for volume in self.volumes.values():
            volume.unmount()
            volume.mount()

    def close(self):
        for node in self.cluster:
            if node.is_running():
                node.kill()
        for volume in self.volumes.values():
            volume.unmount()


def verify(records, node):
    """(values that were read, problems as of Record.problem) through one node."""
    problems = []
    count = 0
    with node.client(timeout=60) as connection:
        for record in records:
            slots = sorted(record.sent)
            values = connection.pipeline([("GET", record.key(slot)) for slot in slots])
            problems += filter(None, map(record.problem, slots, values))
            value = int(connection.call("GET", record.counter) or 0)
            if not 0 <= value - record.increments <= record.increments_unknown:
                problems.append(("lost" if value < record.increments else "invented",
                                 "%s is %d after %d acknowledged and %d unknown INCRs" %
                                 (record.counter, value, record.increments,
                                  record.increments_unknown)))
            count += len(slots) + 1
        known = set().union(*(record.keys() for record in records))
        problems += [("invented", "the key %r, which nobody wrote" % key)
                     for key in connection.call("KEYS", "*") if key not in known]
    return count, problems


class Power(unittest.TestCase):
    def test_power_cuts_lose_nothing(self):
        generator = seeded()
        with Cluster(3, options=OPTIONS) as cluster:
            self.run_cuts(cluster, generator, CUTS)

    def test_nodes_that_do_not_sync_are_found_out(self):
        """The mistake that this test is for, planted: syncs do nothing and report success. Without
        syncs of the log's records, writes are lost; without others, nodes may refuse to start."""
        generator = seeded()
        function, pattern = (PLANTED or "fdatasync:wal-").split(":")
        options = OPTIONS if PLANTED else PLANTED_OPTIONS
        with Cluster(3, tls=False, options=options) as cluster:
            all_steps = {node: FileSteps(os.path.join(cluster.directory, "steps-of-%d" % node.id))
                         for node in cluster}
            for node, steps in all_steps.items():
                node.environment = steps.environment

            def plant():
                for steps in all_steps.values():
                    steps.skip(function, pattern)
            with self.assertRaisesRegex(Failure, "" if PLANTED else "[1-9][0-9]* are lost") as found:
                self.run_cuts(cluster, generator, PLANTED_CUTS, plant)
            narrate("found: %s", str(found.exception)[:600])

    def run_cuts(self, cluster, generator, cuts, plant=lambda: None):
        """plant: what is done each time when all nodes are ready."""
        records = [Record("client%d" % number) for number in range(CLIENTS)]
        hall = Hall(cluster)
        try:
            for number in range(1, cuts + 1):
                self.cut(hall, records, generator, "cut %d of %d" % (number, cuts), plant)
        finally:
            hall.close()
        narrate("%d cuts, %d writes were acknowledged, 0 were lost", cuts,
                sum(record.acknowledged for record in records))

    def cut(self, hall, records, generator, name, plant):
        cluster = hall.cluster
        if not cluster.running() and generator.random() < 0.5:
            # The power fails again before the nodes are ready: while they found their cluster,
            # recover, or repair what the last cut left.
            for node in cluster:
                node.start()
            time.sleep(generator.uniform(0, 0.8))
            hall.cut_power()
            hall.restore_power()
        started = time.monotonic()
        cluster.start()
        ready_seconds = time.monotonic() - started
        plant()
        with Writers(records, cluster) as writers:
            writers.wait_progress()
            time.sleep(generator.uniform(0, 1))  # when the power fails is up to chance
            hall.cut_power()
        hall.restore_power()
        started = time.monotonic()
        cluster.start()
        self.judge(records, cluster, name)
        narrate("%s: %d writes acknowledged so far, 0 lost; ready after %.1f s, checked after "
                "%.1f s", name, sum(record.acknowledged for record in records), ready_seconds,
                time.monotonic() - started)
        if generator.random() < 0.5:
            hall.cut_power()
            hall.restore_power()

    @staticmethod
    def judge(records, cluster, name):
        for node in cluster:
            count, problems = verify(records, node)
            if problems:
                lost = sum(kind == "lost" for kind, _ in problems)
                raise Failure("%s: of %d values read through node %d, %d are lost and %d were "
                              "never written:\n%s" %
                              (name, count, node.id, lost, len(problems) - lost,
                               "\n".join(text for _, text in problems[:20])))
        cluster.wait_same_state()


def main():
    global CUTS, PLANTED  # pylint: disable=global-statement
    parser = argparse.ArgumentParser()
    parser.add_argument("--cuts", type=int)
    parser.add_argument("--planted", metavar="FUNCTION:PATTERN")
    options = parser.parse_args()
    disks.need_mounts()
    tests = None
    if options.cuts is not None:
        CUTS = options.cuts
        tests = "Power.test_power_cuts_lose_nothing"
    if options.planted is not None:
        PLANTED = options.planted
        tests = "Power.test_nodes_that_do_not_sync_are_found_out"
    unittest.main(argv=sys.argv[:1], defaultTest=tests, verbosity=2)


if __name__ == "__main__":
    main()
