#!/usr/bin/env python3
"""Snapshots with real processes: a follower that is down past the compaction point comes back by
one (T16), nodes are killed while they save, send and install, and nothing acknowledged is lost."""
import glob
import os
import random
import re
import unittest

from cluster import Cluster, rounds, wait_until

SMALL = {
    "storage.segment_bytes": "128K",
    "limits.max_request_bytes": "64K",
    "raft.max_batch_bytes": "64K",
    "snapshot.log_entries": "200",
    "snapshot.keep_entries": "20",
}

# Entries beyond some are only on the disk, and no snapshot takes their place.
LITTLE_MEMORY = {
    "storage.segment_bytes": "1M",
    "limits.max_request_bytes": "64K",
    "raft.log_memory_bytes": "64K",
    "snapshot.log_entries": "1000000",
}


def fill(node, keys, size=200, mark="a"):
    """Writes keys and returns what they hold."""
    written = {}
    with node.client() as client:
        for number in range(keys):
            value = "%s-%d-" % (mark, number)
            value += "x" * (size - len(value))
            client.call("SET", "key-%d" % number, value)
            written["key-%d" % number] = value
    return written


def check(test, node, written):
    with node.client() as client:
        for key, value in written.items():
            test.assertEqual(client.call("GET", key), value.encode(), key)


def newest_snapshot(node):
    return max(path for path in glob.glob(os.path.join(node.data_dir, "snapshot-*.raftd"))
               if "damaged" not in path)


def damage(path):
    """Turns a byte in the midst of a file round."""
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 0xFF]))


def damage_value(node, value):
    """Turns a byte of this value round where the log holds it; returns the path of the segment."""
    for path in sorted(glob.glob(os.path.join(node.data_dir, "wal-*.log"))):
        with open(path, "r+b") as file:
            place = file.read().find(value.encode())
            if place >= 0:
                file.seek(place + len(value) // 2)
                file.write(b"y")
                return path
    raise AssertionError("the log of node %d does not hold the value" % node.id)


def wait_compacted(cluster, node_ids, index):
    for node_id in node_ids:
        wait_until(lambda: "node %d to drop its log up to %d: %s" %
                   (node_id, index, cluster[node_id].status()),
                   lambda: cluster[node_id].status()["log_base_index"] >= index)


class Snapshot(unittest.TestCase):
    def test_t16_a_follower_behind_the_log_comes_back_by_a_snapshot(self):
        with Cluster(3, options=SMALL) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            lagging = next(node for node in cluster if node is not leader)
            others = [node.id for node in cluster if node is not lagging]
            before = lagging.status()["last_index"]
            lagging.kill()
            written = fill(leader, 1500)
            wait_compacted(cluster, others, before + 100)
            lagging.start().wait_ready()
            lagging.wait_log("installed the snapshot of index")
            cluster.wait_same_state()
            check(self, lagging, written)
            # What came as a snapshot survives a kill, and a restart of all.
            lagging.kill()
            lagging.start().wait_ready()
            cluster.wait_same_state()
            for node in cluster:
                node.kill()
            cluster.start()
            cluster.wait_leader()
            cluster.wait_same_state()
            check(self, lagging, written)

    def test_r7_a_snapshot_that_is_damaged_on_its_sender_locks_nobody_out(self):
        with Cluster(3, tls=False, options=SMALL) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            lagging = next(node for node in cluster if node is not leader)
            others = [node for node in cluster if node is not lagging]
            before = lagging.status()["last_index"]
            lagging.kill()
            written = fill(leader, 1500)
            wait_compacted(cluster, [node.id for node in others], before + 100)
            for node in others:
                wait_until("no snapshot under way",
                           lambda node=node: node.status()["snapshot_saving_index"] == 0)
                damage(newest_snapshot(node))
            lagging.start().wait_ready()
            lagging.wait_log("installed the snapshot of index")
            cluster.wait_same_state()
            check(self, lagging, written)
            # The sender has noticed: nobody was offered the same file again and again.
            self.assertTrue(os.path.exists(
                os.path.join(leader.data_dir, "snapshot-damaged.raftd")))
            self.assertLessEqual(len(re.findall("sending it the snapshot", leader.log())), 3)

    def test_r12_a_rotten_entry_is_not_sent_and_the_log_is_mended(self):
        """The disk of the leader has damaged an entry that only its disk holds, and that a node
        which was down needs. Nobody gets wrong bytes, and the leader mends its log while it
        lives: in the segment that is written, and in an older one."""
        with Cluster(3, tls=False, options=LITTLE_MEMORY) as cluster:
            cluster.start()
            for mark, key in (("a", 10), ("b", 290)):
                leader = cluster.wait_leader()
                lagging = next(node for node in cluster if node is not leader)
                lagging.kill()
                written = fill(leader, 300, size=6000, mark=mark)
                path = damage_value(leader, written["key-%d" % key])
                lagging.start().wait_ready()
                seconds = leader.wait_log("mended after ([0-9.]+) s").group(1)
                self.assertLess(float(seconds), 30)
                self.assertIn("%s is damaged at offset" % os.path.basename(path), leader.log())
                self.assertIn("this node votes for nobody", leader.log())
                wait_until("the damaged segment to go", lambda path=path: not os.path.exists(path))
                self.assertEqual(leader.status()["damaged_index"], 0)
                cluster.wait_same_state()
                check(self, lagging, written)
                # Without the damage, the log allows a start again.
                leader.kill()
                leader.start().wait_ready()
                cluster.wait_same_state()
                check(self, leader, written)

    def test_r12_the_only_voter_mends_its_log(self):
        """A newcomer needs what the only voter has damaged: there is nobody to hand over to, and
        the voter serves all the time."""
        with Cluster(1, tls=False, options=LITTLE_MEMORY) as cluster:
            cluster.start()
            voter = cluster[1]
            written = fill(voter, 300, size=6000)
            damage_value(voter, written["key-10"])
            newcomer = cluster.add_node(2, join=voter)
            newcomer.start().wait_ready()
            voter.wait_log("mended after")
            self.assertNotIn("follower in term", voter.log().split("damaged at offset")[1])
            cluster.wait_same_state()
            check(self, newcomer, written)

    def test_segments_and_snapshots_do_not_pile_up(self):
        with Cluster(1, tls=False, options=SMALL) as cluster:
            cluster.start()
            for mark in "abcdef":
                written = fill(cluster[1], 1000, mark=mark)
            data = cluster[1].data_dir
            wait_until("the log to shrink", lambda: cluster[1].status()["log_segments"] <= 24)
            self.assertLessEqual(len(glob.glob(os.path.join(data, "snapshot-*"))), 3)
            self.assertEqual(cluster[1].terminate()[0], 0)
            cluster.start()
            check(self, cluster[1], written)

    def test_on_request(self):
        with Cluster(1, tls=False) as cluster:
            cluster.start()
            fill(cluster[1], 10)
            index = cluster[1].call("RAFT", "SNAPSHOT")
            wait_until("the snapshot", lambda: cluster[1].status()["snapshot_index"] >= index)

    def test_kills_while_snapshots_are_saved_sent_and_installed(self):
        """The transfer takes some moments: its steps are hit by chance, over some rounds."""
        chance = random.Random(int(os.environ.get("RAFTD_TEST_SEED", "1")))
        with Cluster(3, options=SMALL) as cluster:
            cluster.start()
            for number in range(rounds(6)):
                leader = cluster.wait_leader()
                lagging = chance.choice([node for node in cluster if node is not leader])
                others = [node.id for node in cluster if node is not lagging]
                before = lagging.status()["last_index"]
                lagging.kill()
                written = fill(leader, 600, size=8000, mark="r%d" % number)
                wait_compacted(cluster, others, before + 1)
                lagging.start()
                step = chance.choice(["receiving the snapshot", "received the snapshot",
                                      "installed the snapshot", "sender", "saving"])
                if step == "sender":
                    leader.wait_log("sending it the snapshot")
                    victim = leader
                elif step == "saving":
                    victim = leader
                    leader.call("RAFT", "SNAPSHOT")
                else:
                    lagging.wait_log(step)
                    victim = lagging
                victim.kill()
                victim.start()
                for node in cluster:
                    node.wait_ready()
                cluster.wait_leader()
                cluster.wait_same_state()
                check(self, lagging, written)

    def test_t35_instead_of_a_damaged_snapshot_the_one_before_it_is_taken(self):
        """The log on disk reaches back to it, and so does everything that was written since."""
        with Cluster(1, tls=False, options=SMALL) as cluster:
            cluster.start()
            data = cluster[1].data_dir
            for mark in "abcdef":
                written = fill(cluster[1], 700, mark=mark)
            wait_until("the first segment to go",
                       lambda: not os.path.exists(os.path.join(data, "wal-0000000000000001.log")))
            wait_until("no snapshot under way",
                       lambda: cluster[1].status()["snapshot_saving_index"] == 0)
            digest = str(cluster[1].call("RAFT", "DIGEST"))
            cluster[1].kill()
            paths = sorted(glob.glob(os.path.join(data, "snapshot-*.raftd")))
            self.assertEqual(len(paths), 2)
            os.truncate(paths[1], 1000)
            cluster[1].start().wait_ready()
            cluster[1].wait_log("trying the snapshot before it")
            cluster.wait_same_state()
            check(self, cluster[1], written)
            self.assertEqual(str(cluster[1].call("RAFT", "DIGEST")).split()[0], digest.split()[0])

    def test_t35_a_damaged_snapshot_and_a_short_log_are_refused_with_the_remedy(self):
        with Cluster(1, tls=False, options=dict(SMALL, **{"snapshot.keep": "1"})) as cluster:
            cluster.start()
            fill(cluster[1], 3000)
            data = cluster[1].data_dir
            wait_until("the first segment to go",
                       lambda: not os.path.exists(os.path.join(data, "wal-0000000000000001.log")))
            self.assertEqual(cluster[1].terminate()[0], 0)
            for path in glob.glob(os.path.join(data, "snapshot-*")):
                os.truncate(path, 0)
            cluster[1].start()
            self.assertNotEqual(cluster[1].wait_exit(), 0)
            self.assertIn("the log begins behind index", cluster[1].log())
            self.assertIn("rejoin", cluster[1].log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
