#!/usr/bin/env python3
"""The daemon's --check-config against a table of mistakes: each is told with file, line, value
found and value wanted, all of them at once, and nothing is started. What single functions say is
tested in test/unit/conf; this is the program as an operator meets it."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD = os.environ.get("top_builddir") or os.environ.get("builddir") or "."
RAFTD = os.path.abspath(os.environ.get("RAFTD", os.path.join(BUILD, "raftd")))
TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                                    "..", "..")

THREE_PEERS = "[peers]\n1 = 127.0.0.1:7381\n2 = 127.0.0.1:7382\n3 = [::1]:7383\n"
PLAIN = "[tls]\npeer = off\n"

# name, file, then what each line of the answer has to be, FILE standing for the path.
MISTAKES = [
    ("unknown section", "[nodes]\nid = 1\n",
     [r'FILE:1: found the unknown section "nodes", expected one of node, cluster, .*']),
    ("unknown key", "[node]\nidentity = 1\n",
     [r'FILE:2: \[node\] found the unknown key "identity", expected one of id, data_dir, .*']),
    ("key of another section", "[node]\nname = x\n",
     [r'FILE:2: \[node\] found the unknown key "name", expected one of id, data_dir, .*']),
    ("key before any section", "id = 1\n",
     [r'FILE:1: found the key "id" before the first section, expected a \[SECTION\] before it']),
    ("key behind its section", "[node] id = 1\n",
     [r'FILE:1: found "id = 1" after a section, expected it on a line of its own']),
    ("section without an end", "[node\nid = 1\n",
     [r'FILE:1: found "\[node", expected \] after the name of the section']),
    ("no equals sign", "[node]\nid 1\n",
     [r'FILE:2: found "id 1", expected KEY = VALUE, \[SECTION\] or a comment']),
    ("duplicate key", "[node]\nid = 1\nid = 1\n",
     [r"FILE:3: \[node\] id: found a second time, expected once; the first time is in line 2"]),
    ("duplicate key in a section continued", "[node]\nid = 1\n[log]\nlevel = info\n[node]\nid = 2\n",
     [r"FILE:6: \[node\] id: found a second time, expected once; the first time is in line 2"]),
    ("number too small", "[node]\nid = 0\n",
     [r'FILE:2: \[node\] id: found "0", expected a number from 1 to 65535']),
    ("number too large", "[node]\nid = 70000\n",
     [r'FILE:2: \[node\] id: found "70000", expected a number from 1 to 65535']),
    ("number beyond 64 bits", "[node]\nid = 18446744073709551617\n",
     [r'FILE:2: \[node\] id: found "18446744073709551617", expected a number from 1 to 65535']),
    ("size beyond 64 bits", "[storage]\nsegment_bytes = 17179869184G\n",
     [r'FILE:2: \[storage\] segment_bytes: found "17179869184G", expected a size from .*']),
    ("size that wraps around to a good one", "[raft]\nmax_batch_bytes = 17592186044424M\n",
     [r'FILE:2: \[raft\] max_batch_bytes: found "17592186044424M", expected a size from .*']),
    ("trailing garbage", "[limits]\nmax_clients = 10x\n",
     [r'FILE:2: \[limits\] max_clients: found "10x", expected a number from 1 to 1000000']),
    ("trailing garbage after a unit", "[raft]\nmax_batch_bytes = 1MB\n",
     [r'FILE:2: \[raft\] max_batch_bytes: found "1MB", expected a size from 4K to 64M']),
    ("negative", "[raft]\nheartbeat_ms = -5\n",
     [r'FILE:2: \[raft\] heartbeat_ms: found "-5", expected a number from 1 to 60000']),
    ("empty", "[raft]\nheartbeat_ms =\n",
     [r'FILE:2: \[raft\] heartbeat_ms: found "", expected a number from 1 to 60000']),
    ("neither yes nor no", "[tls]\nallow_plaintext_peers = true\n",
     [r'FILE:2: \[tls\] allow_plaintext_peers: found "true", expected yes or no']),
    ("no such choice", "[log]\nlevel = loud\n",
     [r'FILE:2: \[log\] level: found "loud", expected error, warning, info or debug']),
    ("cluster name", "[cluster]\nname = my cluster\n",
     [r'FILE:2: \[cluster\] name: found "my cluster", expected 1 to 63 letters, digits, .*']),
    ("quoted path", '[node]\ndata_dir = "/var/lib/raftd"\n',
     [r'FILE:2: \[node\] data_dir: found ""/var/lib/raftd"", expected a path without quotes .*']),
    ("byte order mark", "\ufeff[node]\nid = 1\n",
     [r"FILE:1: found a byte order mark at the start of the file, expected none: .*"]),
    ("carriage returns", "[node]\r\nid = 1\r\n",
     [r"FILE:1: found a line that ends in CR LF, expected LF alone: .*"]),
    ("over-long line", "[node]\ndata_dir = /" + "d" * 2000 + "\n",
     [r"FILE:2: found a line of 2012 bytes, expected at most 2000"]),
    ("over-long comment", ";" * 3000 + "\n",
     [r"FILE:1: found a line of 3000 bytes, expected at most 2000"]),
    ("over-long value", "[node]\ndata_dir = /" + "d" * 1500 + "\n",
     [r'FILE:2: \[node\] data_dir: found "/d+\.\.\.", expected at most 1023 bytes']),
    ("NUL byte", "[node]\nid = 1\0\n",
     [r"FILE:2: found the control character 0x00 in column 7, expected text .*"]),
    ("escape sequence", "[node]\ndata_dir = \x1b[2J\n",
     [r"FILE:2: found the control character 0x1b in column 12, expected text"]),
    ("too large a file", "\n" * (1 << 20) + "\n",
     [r"FILE: found more than 1048576 bytes, expected at most that many: is this the right "
      r"file\?"]),
    ("address without port", "[listen]\nclient = 127.0.0.1\n",
     [r'FILE:2: \[listen\] client: found "127.0.0.1", expected an address HOST:PORT \(.*port.*\)']),
    ("IPv6 without brackets", "[listen]\nclient = ::1:7380\n",
     [r'FILE:2: \[listen\] client: found "::1:7380", expected .* \(.*brackets.*\)']),
    ("port too large", "[listen]\nclient = 127.0.0.1:65536\n",
     [r'FILE:2: \[listen\] client: found "127.0.0.1:65536", expected .*']),
    ("IPv4 out of range", "[listen]\nclient = 127.0.0.256:7380\n",
     [r'FILE:2: \[listen\] client: found "127.0.0.256:7380", expected .*']),
    ("peer id 0", "[peers]\n0 = 127.0.0.1:7381\n",
     [r'FILE:2: \[peers\] found the key "0", expected a node id from 1 to 65535']),
    ("peer id 70000", "[peers]\n70000 = 127.0.0.1:7381\n",
     [r'FILE:2: \[peers\] found the key "70000", expected a node id from 1 to 65535']),
    ("duplicate peer id", PLAIN + THREE_PEERS + "1 = 127.0.0.1:7384\n",
     [r"FILE:7: \[peers\] 1: found a second time, expected once; the first time is in line 4"]),
    ("duplicate peer address", PLAIN + THREE_PEERS + "4 = [0:0::1]:7383\n",
     [r'FILE:7: \[peers\] 4: found "\[0:0::1\]:7383", expected an address that no other node has: '
      r"node 3 .*"]),
    ("too many peers", PLAIN + "[peers]\n" +
     "".join("%d = 127.0.0.1:%d\n" % (n, 7380 + n) for n in range(1, 34)),
     [r'FILE:36: \[peers\] 33: found "127.0.0.1:7413", expected no more than 32 peers']),
    ("own id not among the peers", PLAIN + THREE_PEERS + "[node]\nid = 4\n",
     [r'FILE:8: \[node\] id: found "4", expected an id that is listed in \[peers\]: 1, 2 or 3']),
    ("own id missing", PLAIN + "[peers]\n2 = 127.0.0.1:7381\n3 = 127.0.0.1:7382\n",
     [r"FILE: \[node\] id: not set, so its value is the default 1; expected an id that is listed in "
      r"\[peers\]: 2 or 3"]),
    ("heartbeat against election timeout", "[raft]\nheartbeat_ms = 500\n",
     [r'FILE:2: \[raft\] heartbeat_ms: found "500", expected less than half of \[raft\] '
      r"election_timeout_ms, which is 1000"]),
    ("election timeout against heartbeat", "[raft]\nelection_timeout_ms = 150\n",
     [r'FILE:2: \[raft\] election_timeout_ms: found "150", expected more than twice \[raft\] '
      r"heartbeat_ms, which is 100"]),
    ("request larger than half a segment", "[limits]\nmax_request_bytes = 33M\n",
     [r'FILE:2: \[limits\] max_request_bytes: found "33M", expected at most half of \[storage\] '
      r"segment_bytes, which is 64M"]),
    ("listening elsewhere than dialled", PLAIN + THREE_PEERS + "[listen]\npeer = 127.0.0.1:9999\n",
     [r'FILE:8: \[listen\] peer: found "127.0.0.1:9999", expected "127.0.0.1:7381", to which .*']),
    ("advertising elsewhere than dialled", PLAIN + THREE_PEERS +
     "[advertise]\npeer = 127.0.0.1:9999\n",
     [r'FILE:8: \[advertise\] peer: found "127.0.0.1:9999", expected "127.0.0.1:7381", the .*']),
    ("one port for two", PLAIN + THREE_PEERS + "[listen]\nclient = 127.0.0.1:7381\n",
     [r'FILE:8: \[listen\] client: found "127.0.0.1:7381", expected another port .*']),
    ("plain text to another machine", PLAIN + "[peers]\n1 = 127.0.0.1:7381\n2 = 10.0.0.2:7381\n",
     [r'FILE:2: \[tls\] peer: found "off" while node 2 is at "10.0.0.2:7381", expected .*'
      r"allow_plaintext_peers = yes"]),
    ("plain text listening to other machines", PLAIN + THREE_PEERS +
     "[listen]\npeer = 0.0.0.0:7381\n",
     [r'FILE:2: \[tls\] peer: found "off" while \[listen\] peer is "0.0.0.0:7381", expected .*']),
    ("TLS without files", THREE_PEERS,
     [r"FILE: \[tls\] %s: not set, expected a PEM file because \[tls\] peer is required .*" % key
      for key in ("ca", "certificate", "key")]),
    ("TLS files that are not there", "[tls]\nca = /nonexistent/ca.pem\n",
     [r'FILE:2: \[tls\] ca: found "/nonexistent/ca.pem" \(No such file or directory\), '
      r"expected .*"]),
    ("clients from everywhere", "[listen]\nclient = 0.0.0.0:7380\n",
     [r'FILE:2: \[listen\] client: found "0.0.0.0:7380", .*allow_unauthenticated_clients = yes']),
    ("several at once", "[node]\nid = 0\n[raft]\nheartbeat_ms = fast\nwhat\n[nowhere]\na = b\n"
     "[listen]\nclient = 10.0.0.1:7380\n",
     [r"FILE:2: \[node\] id: .*", r"FILE:4: \[raft\] heartbeat_ms: .*",
      r'FILE:5: found "what", .*', r'FILE:6: found the unknown section "nowhere", .*',
      r"FILE:9: \[listen\] client: .*"]),
]

VALID = [
    ("empty", ""),
    ("comments", "; one\n# two\n\n   \n"),
    ("every form of address", "[tls]\npeer = off\nallow_plaintext_peers = yes\n[peers]\n"
     "1 = 127.0.0.1:7381\n2 = [::1]:7381\n3 = node-3.example:7381\n4 = 10.0.0.4:7381\n"),
    ("loopback and more", PLAIN + "allow_plaintext_peers = yes\n"
     "[peers]\n1 = 127.0.0.1:7381\n2 = 10.0.0.2:7381\n"),
    ("indented", "  [node]\n\tid = 7 ; seven\n"),
    ("sections continued", "[node]\nid = 7\n[log]\nlevel = debug\n[node]\ndata_dir = x\n"),
    ("open to clients", "[listen]\nclient = 0.0.0.0:7380\nallow_unauthenticated_clients = yes\n"),
]


class CheckConfig(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="raftd-test-")
        self.path = os.path.join(self.directory, "raftd.conf")

    def tearDown(self):
        shutil.rmtree(self.directory)

    def write(self, text, path=None):
        with open(path or self.path, "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def run_raftd(self, *arguments):
        """Exit code, standard output, lines on standard error."""
        result = subprocess.run([RAFTD, *arguments], cwd=self.directory, text=True, timeout=60,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, check=False)
        # No mistake is told by a crash, a sanitizer's report or a started node.
        self.assertIn(result.returncode, (0, 1, 2), result.stderr)
        self.assertEqual(os.listdir(self.directory).count("raftd-data"), 0)
        return result.returncode, result.stdout, result.stderr.splitlines()

    def expect_mistakes(self, patterns, *arguments):
        code, output, lines = self.run_raftd(*arguments)
        self.assertEqual(code, 1, lines)
        self.assertEqual(output, "")
        self.assertEqual(len(lines), len(patterns) + 1, lines)
        for pattern, line in zip(patterns, lines):
            pattern = pattern.replace("FILE", re.escape(self.path))
            self.assertTrue(re.fullmatch(pattern, line), "%r is not %r" % (line, pattern))
        count = len(patterns)
        self.assertEqual(lines[-1], "raftd: %d mistake%s in the configuration; see raftd.conf(5)"
                         % (count, "" if count == 1 else "s"))

    def test_every_mistake_of_the_table(self):
        for name, text, patterns in MISTAKES:
            with self.subTest(name):
                self.write(text)
                self.expect_mistakes(patterns, "--config", self.path, "--check-config")

    def test_the_daemon_does_not_start_with_any_of_them(self):
        # Told in the same words; a few are enough, it is the same function.
        for name, text, patterns in MISTAKES[::10]:
            with self.subTest(name):
                self.write(text)
                self.expect_mistakes(patterns, "--config", self.path)

    def test_valid_files(self):
        for name, text in VALID:
            with self.subTest(name):
                self.write(text)
                code, output, lines = self.run_raftd("--config", self.path, "--check-config")
                self.assertEqual((code, lines), (0, []))
                self.assertEqual(output, "%s: the configuration is valid\n" % self.path)

    def test_no_file_at_all_is_valid(self):
        self.assertEqual(self.run_raftd("--check-config"),
                         (0, "raftd: the configuration is valid\n", []))

    def test_missing_file(self):
        self.expect_mistakes([r"FILE: cannot be read: No such file or directory"],
                             "--config", self.path, "--check-config")

    def test_directory_in_place_of_a_file(self):
        os.mkdir(self.path)
        self.expect_mistakes([r"FILE: cannot be read: it is a directory, expected a file"],
                             "--config", self.path, "--check-config")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_file_that_may_not_be_read(self):
        self.write("")
        os.chmod(self.path, 0)
        self.expect_mistakes([r"FILE: cannot be read: Permission denied"],
                             "--config", self.path, "--check-config")

    def test_key_readable_by_others(self):
        for name in ("ca.pem", "node.pem", "node.key"):
            self.write("content\n", os.path.join(self.directory, name))
        self.write(THREE_PEERS + "[tls]\nca = ca.pem\ncertificate = node.pem\nkey = node.key\n")
        for mode in (0o644, 0o640, 0o604, 0o660):
            os.chmod(os.path.join(self.directory, "node.key"), mode)
            self.expect_mistakes([r'FILE:8: \[tls\] key: found "node.key" with mode %04o, expected '
                                  r"0600: only its owner may have access \(run chmod 600\)" % mode],
                                 "--config", self.path, "--check-config")
        for mode in (0o600, 0o400):
            os.chmod(os.path.join(self.directory, "node.key"), mode)
            self.assertEqual(self.run_raftd("--config", self.path, "--check-config")[0], 0)

    def test_settings_of_the_command_line(self):
        self.write("[raft]\nheartbeat_ms = 600\n")
        code, _, lines = self.run_raftd("--config", self.path, "--check-config",
                                        "--set", "raft.election_timeout_ms=2000")
        self.assertEqual((code, lines), (0, []))
        self.expect_mistakes([r'--set: \[node\] id: found "x", expected a number from 1 to 65535',
                              r'--set: found "nonsense", expected SECTION.KEY=VALUE .*',
                              r"FILE:2: \[raft\] heartbeat_ms: .*"],
                             "--config", self.path, "--check-config", "--set", "node.id=x",
                             "--set", "nonsense")

    def test_a_file_of_nothing_but_mistakes(self):
        self.write("mistake\n" * 5000)
        code, _, lines = self.run_raftd("--config", self.path, "--check-config")
        self.assertEqual(code, 1)
        self.assertEqual(len(lines), 102)
        self.assertIn("there are more mistakes", lines[100])

    def test_sample(self):
        sample = os.path.join(TOP, "conf", "raftd.conf.sample")
        self.assertEqual(self.run_raftd("--config", sample, "--check-config")[0], 0)
        # Each option that stands in it with its default, made a line that counts, changes nothing.
        with open(sample, encoding="utf-8") as file:
            text = file.read()
        options = re.findall(r"^;(\w+) = (\S+)$", text, re.MULTILINE)
        self.assertGreater(len(options), 25)
        without = re.sub(r"^;(join|ca|certificate|key|\d+) = .*\n", "", text, flags=re.MULTILINE)
        self.write(re.sub(r"^;(\w+ = )", r"\1", without, flags=re.MULTILINE))
        code, _, lines = self.run_raftd("--config", self.path, "--check-config")
        self.assertEqual((code, lines), (0, []))


class Unit(unittest.TestCase):
    """The unit for systemd gives a node the time that an orderly stop can take."""
    def number(self, path, pattern):
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
        self.assertIsNotNone(found, f"{path} has no {pattern}")
        return int(found[1])

    def test_the_unit_lets_a_stop_mend_the_log(self):
        stop_s = self.number("conf/raftd.service.in", r"^TimeoutStopSec=(\d+)$")
        mend_ms = self.number("src/node/draining.c", r"\bMEND_MS = (\d+)")
        self.assertGreater(stop_s * 1000, mend_ms + 5000)


class CommandLine(unittest.TestCase):
    def run_raftd(self, *arguments):
        return subprocess.run([RAFTD, *arguments], text=True, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)

    def test_usage(self):
        for arguments, words in ((["--frobnicate"], "frobnicate"), (["extra"], "extra"),
                                 (["--config"], "config"), (["--set"], "set"),
                                 (["--config", "a", "--config", "b"], "twice"),
                                 (["--check-config=yes"], "check-config"), (["-x"], "x")):
            result = self.run_raftd(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(result.stdout, "")
            self.assertIn(words, result.stderr)
            self.assertIn("raftd --help", result.stderr)

    def test_version_and_help(self):
        result = self.run_raftd("--version")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"^raftd \d+\.\d+\.\d+\n$")
        result = self.run_raftd("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("raftd.conf(5)", result.stdout)

    def test_output_that_cannot_be_written_is_no_success(self):
        if os.path.exists("/dev/full"):
            with open("/dev/full", "w", encoding="utf-8") as full:
                code = subprocess.call([RAFTD, "--version"], stdout=full)
            self.assertNotEqual(code, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
