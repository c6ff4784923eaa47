#!/usr/bin/env python3
"""Backups: made from a running node, checked, read by people, restored as a new cluster."""
import glob
import json
import os
import pty
import re
import subprocess
import unittest

from cluster import RAFTCTL, Cluster, raftctl, wait_until

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")


def backup(node, path):
    return raftctl("backup", path, "--endpoints", node.endpoint)


def on_terminal(command):
    """What a person at a terminal sees of a command."""
    screen, terminal = pty.openpty()
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    seen = b""
    try:
        while piece := os.read(screen, 65536):
            seen += piece
    except OSError:
        pass  # how Linux says that the terminal's other end is closed
    os.close(screen)
    if process.wait() != 0:
        raise AssertionError(seen)
    return seen.decode()


class Backup(unittest.TestCase):
    def test_a_link_in_the_place_of_the_temporary_file_is_not_followed(self):
        with Cluster(1, tls=False) as cluster:
            cluster.start()
            cluster.wait_leader().call("SET", "secret", "x")
            path = os.path.join(cluster.directory, "backup")
            victim = os.path.join(cluster.directory, "victim")
            with open(victim, "w", encoding="utf-8") as file:
                file.write("untouched")
            os.symlink(victim, path + ".tmp")
            os.symlink(victim, path)
            self.assertIn("every checksum is right", backup(cluster[1], path).stdout)
            with open(victim, encoding="utf-8") as file:
                self.assertEqual(file.read(), "untouched")
            self.assertFalse(os.path.islink(path))
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_a_backup_of_any_node_becomes_a_new_cluster(self):
        with Cluster(3, tls=False) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            follower = next(node for node in cluster if node is not leader)
            for number in range(500):
                leader.call("SET", "key-%d" % number, "value-%d" % number)
            cluster.wait_same_state()
            path = os.path.join(cluster.directory, "the backup")
            self.assertIn("every checksum is right", backup(follower, path).stdout)
            self.assertIn("every checksum is right", raftctl("backup", "verify", path).stdout)
            about = json.loads(raftctl("backup", "verify", path, "-w", "json").stdout)
            self.assertEqual([member["id"] for member in about["members"]], [1, 2, 3])
            self.assertEqual([name for name in os.listdir(cluster.directory)
                              if name.endswith(".tmp")], [])
            # What is written later is not in it.
            leader.call("SET", "later", "yes")
            old_index = leader.status()["last_index"]
            old_cluster = leader.status()["cluster_id"]
            for node in cluster:
                node.kill()
            members = ["--member=%d=%s" % (node.id, node.options["listen.peer"])
                       for node in cluster]
            for node in cluster:
                node.options["node.data_dir"] += "-restored"
                shown = raftctl("restore", path, "--data-dir", node.data_dir, "--id", node.id,
                                "--cluster", "test", *members).stdout
                if node is cluster[1]:
                    new_id = re.search("Restore the other members with --cluster-id ([0-9a-f]{16})",
                                       shown).group(1)
                    members.append("--cluster-id=" + new_id)
                else:
                    self.assertNotIn("Restore the other members", shown)
            cluster.start()
            leader = cluster.wait_leader()
            cluster.wait_same_state()
            self.assertEqual(leader.call("GET", "key-77"), b"value-77")
            self.assertIsNone(leader.call("GET", "later"))
            self.assertEqual(leader.call("DBSIZE"), 500)
            # A revision never comes twice, and the dead of the old cluster stay dead.
            self.assertGreater(leader.status()["last_index"], old_index)
            self.assertEqual(leader.status()["cluster_id"], new_id)
            self.assertNotEqual(new_id, old_cluster)
            # T62: another restore of the same backup is another cluster.
            shown = raftctl("restore", path, "--data-dir", path + "-again", "--id", 1, "--cluster",
                            "test", *members[:-1]).stdout
            self.assertNotIn(new_id, shown)
            refused = raftctl("restore", path, "--data-dir", path + "-old", "--id", 1, "--cluster",
                              "test", *members[:-1], "--cluster-id", old_cluster, check=False)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("the id of the cluster that the backup is from", refused.stderr)
            leader.call("SET", "key-77", "new")
            for node in cluster:
                self.assertEqual(node.terminate()[0], 0)
            cluster.start()
            self.assertEqual(cluster[2].call("GET", "key-77"), b"new")

    def test_restore_into_the_root_of_a_volume(self):
        with Cluster(1) as cluster:
            cluster.start()
            self.assertEqual(cluster[1].call("SET", "key", "value"), "OK")
            path = os.path.join(cluster.directory, "backup")
            backup(cluster[1], path)
            cluster[1].kill()
            for name in ("lost+found", ".snapshot"):
                cluster[1].options["node.data_dir"] = path + "-" + name
                os.makedirs(os.path.join(cluster[1].data_dir, name))
                raftctl("restore", path, "--data-dir", cluster[1].data_dir, "--id", 1,
                        "--cluster", "test", "--member",
                        "1=" + cluster[1].options["listen.peer"])
                cluster[1].start().wait_ready()
                self.assertEqual(cluster[1].call("GET", "key"), b"value")
                cluster[1].kill()

    def test_a_node_that_is_cut_off_does_not_pretend(self):
        with Cluster(3, tls=False) as cluster:
            cluster.start()
            lone = cluster[3]
            self.assertEqual(cluster[1].call("SET", "key", "old"), "OK")
            wait_until("node 3 to have it", lambda: lone.call("GET", "key") == b"old")
            lone.kill()
            self.assertEqual(cluster[1].call("SET", "key", "new"), "OK")
            path = os.path.join(cluster.directory, "backup")
            lone.start().wait_answering()
            lone.wait_ready()
            for node in (cluster[1], cluster[2]):
                node.pause()
            wait_until("node 3 to notice", lambda: not lone.is_ready())
            # By default it is asked for everything that was acknowledged, and cannot know that.
            refused = raftctl("backup", path, "--endpoints", lone.endpoint, check=False)
            self.assertEqual(refused.returncode, 3)
            self.assertIn("CLUSTERDOWN", refused.stderr)
            self.assertIn("--stale", refused.stderr)
            self.assertFalse(os.path.exists(path))
            # What it has is to be had too, and says what it is.
            taken = raftctl("backup", path, "--stale", "--endpoints", lone.endpoint)
            self.assertIn("not confirmed", taken.stdout)
            self.assertIn("may lack acknowledged writes", taken.stderr)
            self.assertRegex(taken.stdout, r"newest entry of 20\d\d-\d\d-\d\dT.*\nindex \d+")
            # The next endpoint is asked if the first one cannot be.
            for node in (cluster[1], cluster[2]):
                node.resume()
            cluster[1].wait_ready()
            lone.kill()
            taken = raftctl("backup", path, "--endpoints",
                            "%s,%s" % (lone.endpoint, cluster[1].endpoint))
            self.assertIn("confirmed: holds every write", taken.stdout)
            self.assertIn('"key" "new"', raftctl("dump", path).stdout)

    def test_files_of_every_format_are_read(self):
        """test/data/backup-format-N: made by the first raftd of that format, kept for ever."""
        samples = sorted(glob.glob(os.path.join(DATA, "backup-format-*")))
        self.assertTrue(samples)
        for path in samples:
            self.assertIn("every checksum is right", raftctl("backup", "verify", path).stdout)
            items = json.loads(raftctl("dump", path, "-w", "json").stdout)
            found = {item["key"]: item for item in items}
            self.assertEqual(len(found), 42)
            self.assertEqual(found["key-39"]["value"], "value-39")
            self.assertEqual(found["large"]["value"], "y" * 5000)
            self.assertEqual(found["binary"]["value_base64"], "AP8K")
            self.assertIn("deadline_ms", found["with-time-to-live"])
            self.assertNotIn("key-3", found)

    def test_files_of_every_format_are_restored(self):
        for path in sorted(glob.glob(os.path.join(DATA, "backup-format-*"))):
            with Cluster(1, tls=False) as cluster:
                node = cluster[1]
                raftctl("restore", path, "--data-dir", node.data_dir, "--id", 1, "--cluster", "test",
                        "--member", "1=" + node.options["listen.peer"])
                for _ in range(2):  # from what restore made, and from what the node made of it
                    node.start().wait_ready()
                    cluster.wait_leader()
                    self.assertEqual(node.call("GET", "key-39"), b"value-39")
                    self.assertEqual(node.call("STRLEN", "large"), 5000)
                    self.assertEqual(node.call("GET", "binary"), b"\x00\xff\n")
                    self.assertIsNone(node.call("GET", "key-3"))
                    self.assertIn("OK", node.call("SET", "key-3", "new"))
                    self.assertEqual(node.call("DEL", "key-3"), 1)
                    node.call("RAFT", "SNAPSHOT")
                    node.kill()

    def test_progress_is_seen_on_a_terminal_only(self):
        with Cluster(1, tls=False, options={"snapshot.compress": "no"}) as cluster:
            cluster.start()
            for number in range(40):
                cluster[1].call("SET", "key-%d" % number, "x" * 500000)
            path = os.path.join(cluster.directory, "backup")
            seen = on_terminal([RAFTCTL, "backup", path, "--endpoints", cluster[1].endpoint])
            self.assertRegex(seen, r"saving: ")
            self.assertRegex(seen, r"copying: \[#{20,}\.+\] .* of 19 MiB")
            self.assertRegex(seen, r"copying: \[#{40}\] 19 of 19 MiB, 100 %")
            self.assertEqual(backup(cluster[1], path).stderr, "")

    def test_damage_is_found(self):
        with Cluster(1, tls=False) as cluster:
            cluster.start()
            cluster[1].call("SET", "key", "value")
            path = os.path.join(cluster.directory, "backup")
            backup(cluster[1], path)
            with open(path, "rb") as file:
                content = bytearray(file.read())
            content[len(content) // 2] ^= 1
            with open(path, "wb") as file:
                file.write(content)
            for command in (["backup", "verify", path], ["dump", path],
                            ["restore", path, "--data-dir", path + "-data", "--id", 1,
                             "--cluster", "test", "--member", "1=127.0.0.1:7381"]):
                result = raftctl(*command, check=False)
                self.assertEqual(result.returncode, 1, command)
                self.assertIn("is not a valid snapshot", result.stderr)

    def test_a_file_that_is_not_there_is_not_damaged(self):
        for command in (["backup", "verify", "/nonexistent"], ["dump", "/nonexistent"],
                        ["restore", "/nonexistent", "--data-dir", "/nonexistent-data", "--id", 1,
                         "--cluster", "test", "--member", "1=127.0.0.1:7381"]):
            result = raftctl(*command, check=False)
            self.assertEqual(result.returncode, 5, command)
            self.assertIn("cannot open", result.stderr)

    def test_restore_refuses_a_directory_that_holds_something(self):
        with Cluster(1, tls=False) as cluster:
            cluster.start()
            path = os.path.join(cluster.directory, "backup")
            backup(cluster[1], path)
            result = raftctl("restore", path, "--data-dir", cluster[1].data_dir, "--id", 1,
                             "--cluster", "test", "--member", "1=127.0.0.1:7381", check=False)
            self.assertEqual(result.returncode, 5)
            self.assertIn("is not empty", result.stderr)

    def test_dump_and_wal_are_for_people(self):
        with Cluster(1, tls=False) as cluster:
            cluster.start()
            cluster[1].call("SET", "a key", "with\nlines\x00")
            cluster[1].call("SET", b"\xff", b"\xfe")
            path = os.path.join(cluster.directory, "backup")
            backup(cluster[1], path)
            self.assertIn(r'"a key" "with\nlines\x00" revision ', raftctl("dump", path).stdout)
            items = json.loads(raftctl("dump", path, "-w", "json").stdout)
            found = {item.get("key", item.get("key_base64")): item for item in items}
            self.assertEqual(found["a key"]["value"], "with\nlines\x00")
            self.assertEqual(found["/w=="]["value_base64"], "/g==")
            # And of a running node.
            node = ["--endpoints", cluster[1].endpoint]
            cluster[1].call("SET", "later", "1")
            online = raftctl("dump", *node, env={"TMPDIR": cluster.directory})
            self.assertEqual(len(online.stdout.splitlines()), 3)
            self.assertIn('"later" "1" revision ', online.stdout)
            self.assertEqual(len(json.loads(raftctl("dump", *node, "-w", "json").stdout)), 3)
            self.assertEqual(glob.glob(os.path.join(cluster.directory, "raftctl-*")), [])
            segment = sorted(glob.glob(os.path.join(cluster[1].data_dir, "wal-*.log")))[0]
            shown = raftctl("wal", segment).stdout
            self.assertIn("segment 1, format version 1, node 1", shown)
            self.assertIn("continues after index 0 of term 0", shown)
            self.assertIn("command", shown)
            self.assertIn("zeros to the end of the file", shown)

    def test_snapshot_waits_until_it_is_there(self):
        with Cluster(1, tls=False) as cluster:
            cluster.start()
            cluster[1].call("SET", "key", "value")
            index = cluster[1].status()["applied_index"]
            self.assertIn("has a snapshot of index",
                          raftctl("snapshot", "--endpoints", cluster[1].endpoint).stdout)
            wait_until("the snapshot", lambda: cluster[1].status()["snapshot_index"] >= index)


if __name__ == "__main__":
    unittest.main(verbosity=2)
