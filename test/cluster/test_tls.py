#!/usr/bin/env python3
"""Peers that may not join: each is refused, harms nobody, and both it and the operator are told
why by a line in a log."""
import os
import re
import socket
import ssl
import unittest

from cluster import Authority, Cluster, raftctl, wait_until
from load import DEFINITE
from resp_client import Client, ReplyError


class Refusals(unittest.TestCase):
    """Nodes 1 and 2 are in order and serve; node 3 is wrong in one way after the other."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3)
        try:
            cls.cluster.start()  # founding needs all of them once
            cls.cluster[3].terminate()
        except BaseException:
            cls.cluster.close(keep=True)
            raise
        cls.right = dict(cls.cluster[3].options)
        cls.strangers = Authority(os.path.join(cls.cluster.directory, "strangers"), "strangers-ca")
        cls.failed = False

    @classmethod
    def tearDownClass(cls):
        cls.cluster.close(keep=cls.failed)

    def setUp(self):
        self.marks = {node.id: len(node.log()) for node in self.healthy()}

    def tearDown(self):
        node = self.cluster[3]
        if node.is_running():
            node.kill()
        node.options = dict(self.right)
        outcome = getattr(self, "_outcome", None)
        problems = getattr(outcome, "result", None)
        if problems is not None and (problems.failures or problems.errors):
            type(self).failed = True

    def healthy(self):
        return [self.cluster[1], self.cluster[2]]

    def news(self, node):
        """What a healthy node has logged since the test began."""
        return node.log()[self.marks[node.id]:]

    def is_refused(self, changes, *patterns):
        """Node 3 with these changes: every pattern shows up in the log of a healthy node or of
        node 3, and there is no link to it and no readiness in it."""
        node = self.cluster[3]
        node.options["node.data_dir"] = os.path.join(node.directory, self.id())
        node.options.update(changes)
        node.start()

        def all_said():
            texts = [self.news(each) for each in self.healthy()] + [node.log()]
            return all(any(re.search(pattern, text) for text in texts) for pattern in patterns)
        wait_until(lambda: "%s in a log; that of node 3 ends:\n%s\nthat of node 1:\n%s" %
                   (patterns, node.log_tail(), self.cluster[1].log_tail()), all_said)
        self.assertFalse(node.wait_answering()["ready"])
        for healthy in self.healthy():
            status = healthy.status()
            self.assertTrue(status["ready"])
            third = [member for member in status["members"] if member["id"] == 3][0]
            self.assertFalse(third["connected"])
            self.assertNotEqual(third["trouble"], "")
        self.assertEqual(self.cluster[1].call("SET", "key", "value"), "OK")

    def test_certificate_of_another_ca(self):
        certificate, key = self.strangers.node(3)
        self.is_refused({"tls.ca": self.strangers.ca, "tls.certificate": certificate,
                         "tls.key": key},
                        r"refused: .*(self-signed|unknown CA|does not know the CA)")

    def test_certificate_of_another_ca_that_trusts_ours(self):
        certificate, key = Authority(os.path.join(self.cluster.directory, "others"),
                                     "others-ca").node(3)
        self.is_refused({"tls.certificate": certificate, "tls.key": key},
                        r"refused: .*(self-signed|unknown CA|does not know the CA)")

    def test_certificate_of_another_node(self):
        self.is_refused({"tls.certificate": self.cluster[2].options["tls.certificate"],
                         "tls.key": self.cluster[2].options["tls.key"]},
                        r"refused: certificate names raftd://test/2, expected raftd://test/3")

    def test_expired_certificate(self):
        expired = Authority(os.path.join(self.cluster.directory, "expired"))
        # Signed by the CA that all trust, so that its age is all that is wrong.
        for name in ("ca.pem", "ca-key.pem"):
            os.unlink(os.path.join(expired.directory, name))
            os.link(os.path.join(self.cluster.authority.directory, name),
                    os.path.join(expired.directory, name))
        certificate, key = expired.node(3, "test", "--not-after", "2020-01-01T00:00:00Z")
        self.is_refused({"tls.certificate": certificate, "tls.key": key}, r"refused: .*expired")

    def test_wrong_cluster_name(self):
        self.is_refused({"cluster.name": "other"}, r"refused: cluster name differs")

    def test_wrong_cluster_name_on_the_certificate(self):
        other = Authority(os.path.join(self.cluster.directory, "other-cluster"))
        for name in ("ca.pem", "ca-key.pem"):
            os.unlink(os.path.join(other.directory, name))
            os.link(os.path.join(self.cluster.authority.directory, name),
                    os.path.join(other.directory, name))
        certificate, key = other.node(3, "other")
        self.is_refused({"tls.certificate": certificate, "tls.key": key},
                        r"refused: certificate names raftd://other/3, expected raftd://test/3")

    def test_plain_text_node(self):
        self.is_refused({"tls.peer": "off"}, r"refused: .*plain text")

    def test_zz_the_right_node_is_let_in(self):
        node = self.cluster[3].start()
        node.wait_ready()
        for healthy in self.healthy():
            wait_until("a link to node 3", lambda each=healthy: [
                member for member in each.status()["members"]
                if member["id"] == 3 and member["connected"] and member["trouble"] == ""])


class Strangers(unittest.TestCase):
    """Connections to the peer port that are no node's."""

    def setUp(self):
        self.cluster = Cluster(3)
        self.node = self.cluster[1].start()
        self.node.wait_answering()
        host, port = self.node.options["listen.peer"].rsplit(":", 1)
        self.address = (host, int(port))

    def tearDown(self):
        self.cluster.close(keep=False)

    def test_without_a_certificate(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.cluster.authority.ca)
        with socket.create_connection(self.address, 10) as raw:
            with context.wrap_socket(raw) as stream:
                # In TLS 1.3 the client is done before the server has seen that it has none.
                with self.assertRaises(OSError):
                    if stream.recv(1) == b"":
                        raise ConnectionError("closed")
        self.node.wait_log(r"refused: .*no certificate")

    def test_plain_text(self):
        with socket.create_connection(self.address, 10) as stream:
            stream.sendall(b"PING\r\nPING\r\nPING\r\n")
            try:
                while stream.recv(4096):
                    pass
            except ConnectionResetError:
                pass
        self.node.wait_log(r"refused: .*plain text")

    def test_older_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.cluster.authority.ca)
        context.load_cert_chain(self.cluster[2].options["tls.certificate"],
                                self.cluster[2].options["tls.key"])
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with socket.create_connection(self.address, 10) as raw:
            with self.assertRaises(OSError):
                context.wrap_socket(raw)
        self.node.wait_log(r"refused: .*TLS 1.3")

    def test_client_certificate(self):
        # Signed by the CA of the cluster, but for a client: it has no name of a node to give.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.cluster.authority.ca)
        context.load_cert_chain(*self.cluster.authority.client("eve"))
        with socket.create_connection(self.address, 10) as raw:
            with context.wrap_socket(raw) as stream:
                stream.sendall(b"\0" * 64)
                with self.assertRaises(OSError):
                    if stream.recv(1) == b"":
                        raise ConnectionError("closed")
        self.node.wait_log(r"refused: ")

    def test_says_nothing(self):
        # A stranger that only connects is thrown out after a while, and is in nobody's way.
        with socket.create_connection(self.address, 30) as stream:
            self.assertEqual(stream.recv(1), b"")
        self.node.wait_log(r"refused: ")


class ClientPort(unittest.TestCase):
    """[tls] client = required: redis clients have to bring a certificate of the CA."""

    @staticmethod
    def context(cluster, certificate=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cluster.authority.ca)
        if certificate is not None:
            context.load_cert_chain(*certificate)
        return context

    def start(self, cluster):
        """The one node, once it serves a client that is in order."""
        node = cluster[1].start()
        good = self.context(cluster, cluster.authority.client("ann"))

        def served():
            try:
                with Client(node.client_port, tls=good) as client:
                    return client.call("SET", "key", "value") == "OK"
            except OSError:
                return False
            except ReplyError as error:
                self.assertIn(error.code, DEFINITE)
                return False
        wait_until(lambda: "an answer over TLS; the log ends:\n%s" % node.log_tail(), served)
        return node

    def test_without_a_certificate(self):
        with Cluster(1, options={"tls.client": "required"}) as cluster:
            node = self.start(cluster)
            with self.assertRaises(OSError):
                with Client(node.client_port, tls=self.context(cluster)) as client:
                    client.call("GET", "key")
            node.wait_log(r"client .* refused: .*no certificate")

    def test_plain_text(self):
        with Cluster(1, options={"tls.client": "required"}) as cluster:
            node = self.start(cluster)
            with self.assertRaises(OSError):
                with Client(node.client_port) as client:
                    client.call("GET", "key")
            node.wait_log(r"client .* refused: .*plain text")

    def test_raftctl(self):
        with Cluster(1, options={"tls.client": "required"}) as cluster:
            node = self.start(cluster)
            certificate, key = cluster.authority.client("operator")
            tls = ["--endpoints", node.endpoint, "--tls-ca", cluster.authority.ca, "--tls-cert",
                   certificate, "--tls-key", key]
            self.assertEqual(raftctl(*tls, "get", "key").stdout, "value\n")
            self.assertIn("| leader", raftctl(*tls, "status").stdout)
            result = raftctl("--endpoints", node.endpoint, "status", check=False)
            self.assertEqual(result.returncode, 2)
            self.assertIn("does it want TLS?", result.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
