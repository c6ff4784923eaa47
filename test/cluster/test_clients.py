#!/usr/bin/env python3
"""The clients that people have, unmodified and through their own interfaces, against three nodes of
which the leader is killed in the middle: what was acknowledged is there afterwards, and the client
goes on by its own means. A client that is not installed is left out, and said so.

redis-py: plain, as of a Redis cluster, through Sentinel, its Lock; redis-cli; hiredis (a program
of ours over it); raftctl; node-redis.
"""
import json
import os
import shutil
import subprocess
import sys
import threading
import unittest

from cluster import BUILD, Cluster, Failure, die_with_parent, raftctl, wait_until
from lock_scripts import FREE, LOCK, RENEW

HERE = os.path.dirname(os.path.abspath(__file__))
# Where Debian has its modules: another interpreter may be the first in the path.
sys.path.append("/usr/lib/python3/dist-packages")
try:
    import redis
    import redis.sentinel
    import redis.cluster
    import redis.lock
except ImportError:
    redis = None

COUNT = 200


def retried(what):
    """Until it is done: errors of redis-py that say "try again", and broken connections."""
    def attempt():
        try:
            return (what(),)
        except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError):
            return None
        except redis.ResponseError as error:
            if (str(error).split(" ")[0] not in ("TRYAGAIN", "CLUSTERDOWN", "LOADING", "TIMEOUT") and
                    type(error).__name__ not in ("TryAgainError", "ClusterDownError")):
                raise
            return None
    return wait_until("an answer", attempt)[0]


class ClientsTest(unittest.TestCase):
    OPTIONS = {}

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3, tls=False, options=cls.OPTIONS)
        cls.addClassCleanup(lambda: cls.cluster.close(keep=False))
        cls.cluster.start()

    def setUp(self):
        self.cluster.start()
        self.leader = self.cluster.wait_leader()
        self.follower = [node for node in self.cluster if node is not self.leader][0]

    def kill_leader(self):
        self.leader.kill()

    def count_up(self, increment, kill=None):
        """COUNT acknowledged increments with the kill in the middle; returns how many."""
        for i in range(COUNT):
            if i == COUNT // 2:
                (kill or self.kill_leader)()
            retried(increment)
        return COUNT

    def check_counter(self, key, acknowledged):
        """One that was not acknowledged may have been counted; none that was may be missing."""
        found = int(self.follower.call("GET", key))
        self.assertGreaterEqual(found, acknowledged)
        self.assertLess(found, acknowledged + 20)


@unittest.skipIf(redis is None, "redis-py (python3-redis) is not installed")
class RedisPyTest(ClientsTest):
    def client(self, node=None, **options):
        node = node or self.follower
        return redis.Redis("127.0.0.1", node.client_port, socket_timeout=20, **options)

    def test_plain(self):
        client = self.client()
        self.assertTrue(client.ping())
        acknowledged = self.count_up(lambda: client.incr("plain"))
        self.check_counter("plain", acknowledged)
        self.assertTrue(client.set("short", "x", px=100000, nx=True))
        self.assertGreater(client.pttl("short"), 0)
        self.assertEqual(client.getex("short", persist=True), b"x")
        self.assertEqual(client.ttl("short"), -1)
        self.assertEqual(client.lcs("short", "short") if hasattr(client, "lcs") else b"x", b"x")
        with self.assertRaises(redis.ResponseError) as caught:
            client.hset("hash", "field", "value")
        self.assertIn("not supported", str(caught.exception))

    def test_transactions(self):
        client = self.client()

        def transfer(pipe):
            value = int(pipe.get("moved") or 0)
            pipe.multi()
            pipe.set("moved", value + 1)
            pipe.incr("moved:times")
        acknowledged = self.count_up(lambda: client.transaction(transfer, "moved"))
        self.check_counter("moved", acknowledged)
        # Both or none, each time: whatever happened to the answers.
        self.assertEqual(client.get("moved"), client.get("moved:times"))
        with client.pipeline() as pipe:
            pipe.watch("moved")
            self.client(self.cluster.running()[0]).incr("moved")
            pipe.multi()
            pipe.get("moved")
            self.assertRaises(redis.WatchError, pipe.execute)

    def test_messages_reach_all_nodes_in_order(self):
        heard = {}
        threads = []
        for node in self.cluster:
            if node is self.leader:
                continue
            subscription = self.client(node).pubsub(ignore_subscribe_messages=True)
            subscription.subscribe("news")
            subscription.psubscribe("__keyevent@0__:*")
            heard[node.id] = messages = []

            def listen(subscription=subscription, messages=messages):
                for message in subscription.listen():
                    messages.append((message["channel"], message["data"]))
                    if message["data"] == b"end":
                        return
            subscription.get_message(timeout=5)
            subscription.get_message(timeout=5)
            threads.append(threading.Thread(target=listen, daemon=True))
            threads[-1].start()
        client = self.client()
        client.config_set("notify-keyspace-events", "KEA")
        for i in range(COUNT):
            if i == COUNT // 2:
                self.kill_leader()
            retried(lambda i=i: client.publish("news", i))
            retried(lambda i=i: client.set("key:%d" % i, i))
        retried(lambda: client.publish("news", "end"))
        for thread in threads:
            thread.join(60)
            self.assertFalse(thread.is_alive())
        one, other = heard.values()
        self.assertEqual(one, other)
        news = [data for channel, data in one if channel == b"news"]
        self.assertEqual(sorted(set(news[:-1]), key=int), [b"%d" % i for i in range(COUNT)])
        self.assertIn((b"__keyevent@0__:set", b"key:7"), one)

    def test_lock(self):
        client = self.client()
        lock = client.lock("lock", timeout=60)
        self.assertTrue(lock.acquire())
        self.assertFalse(client.lock("lock", timeout=60).acquire(blocking=False))
        self.kill_leader()
        self.assertTrue(retried(lambda: lock.extend(60)))
        self.assertGreater(client.ttl("lock"), 100)
        self.assertTrue(lock.reacquire())
        self.assertLessEqual(client.ttl("lock"), 60)
        self.assertTrue(lock.owned())
        lock.release()
        self.assertFalse(client.exists("lock"))
        self.assertRaises(redis.lock.LockError, lock.release)
        with client.lock("lock", timeout=60) as taken:
            client.set("lock", "stolen")
            self.assertRaises(redis.lock.LockNotOwnedError, taken.extend, 10)
            self.assertRaises(redis.lock.LockNotOwnedError, taken.reacquire)
            client.set("lock", taken.local.token)

    def test_reentrant_lock(self):
        """Several take turns in reading and writing a counter: it comes out right only if never two
        are at it, and if each release takes place once, however often it is asked for."""
        rounds = 30
        inside = []
        killed = threading.Event()
        failures = []

        def take_turns(me):
            client = self.client()
            lock, free, renew = (client.register_script(text) for text in (LOCK, FREE, RENEW))
            for turn in range(rounds):
                wait_until("the lock", lambda: retried(
                    lambda: lock(keys=["mutex"], args=[me, 600000])) is None)
                inside.append(me)
                if len(inside) != 1:
                    failures.append("%s are inside" % inside)
                value = retried(lambda: int(client.get("shared") or 0))
                if me == "0" and turn == rounds // 2:
                    self.kill_leader()
                    killed.set()
                if retried(lambda: renew(keys=["mutex", "other"], args=[600000, me, me])) != [1, 0]:
                    failures.append("%s lost the lock" % me)
                retried(lambda: client.set("shared", value + 1))
                # A doubtful lock() may have counted twice; a doubtful free() is asked again.
                for count in range(int(retried(lambda: client.hget("mutex", me))), 0, -1):
                    if count == 1:
                        inside.remove(me)
                    latch = "latch:%s:%d:%d" % (me, turn, count)
                    answer = retried(lambda: free(keys=["mutex", "mutex:free", latch],
                                                  args=[me, 600000]))
                    if answer != (count == 1):
                        failures.append("%s: %s at count %d" % (me, answer, count))

        threads = [threading.Thread(target=take_turns, args=(str(i),)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertTrue(killed.is_set())
        self.assertEqual(int(self.follower.call("GET", "shared")), 4 * rounds)
        self.assertFalse(self.follower.call("EXISTS", "mutex"))

    def test_sentinel(self):
        places = [("127.0.0.1", node.client_port) for node in self.cluster]
        sentinel = redis.sentinel.Sentinel(places, socket_timeout=20)
        self.assertEqual(sentinel.discover_master(self.cluster.name),
                         ("127.0.0.1", self.leader.client_port))
        wait_until("both replicas",
                   lambda: len(sentinel.discover_slaves(self.cluster.name)) == 2)
        master = sentinel.master_for(self.cluster.name)
        acknowledged = self.count_up(lambda: master.incr("sentinel"))
        self.check_counter("sentinel", acknowledged)
        new = self.cluster.wait_leader()
        self.assertEqual(sentinel.discover_master(self.cluster.name), ("127.0.0.1", new.client_port))

    def test_followers_of_the_leader_hear_of_a_new_one(self):
        subscription = self.client().pubsub(ignore_subscribe_messages=True)
        subscription.subscribe("+switch-master")
        subscription.get_message(timeout=5)
        self.kill_leader()
        message = wait_until("+switch-master", lambda: subscription.get_message(timeout=1))
        new = self.cluster.wait_leader()
        words = message["data"].decode().split(" ")
        self.assertEqual(words[:3], [self.cluster.name, "127.0.0.1", str(self.leader.client_port)])
        self.assertEqual(words[3:], ["127.0.0.1", str(new.client_port)])

    def test_levels_of_consistency(self):
        client = self.client(single_connection_client=True)
        client.set("level", "1")
        for level in (("linearizable",), ("lease",), ("stale", 60000), ("stale", 0)):
            self.assertEqual(client.execute_command("RAFT", "CONSISTENCY", *level), b"OK")
            self.assertEqual(client.get("level"), b"1")
        client.readonly()
        self.assertEqual(client.get("level"), b"1")
        client.readwrite()
        # With no quorum there is no truth to be had, but what this node has.
        for node in self.cluster:
            if node is not self.follower:
                node.kill()
        self.assertEqual(client.execute_command("RAFT", "CONSISTENCY", "stale", 0), b"OK")
        self.assertEqual(client.get("level"), b"1")
        self.assertEqual(client.execute_command("RAFT", "CONSISTENCY", "stale", 1), b"OK")
        with self.assertRaises(redis.RedisError):
            client.get("level")


@unittest.skipIf(redis is None, "redis-py (python3-redis) is not installed")
class RedisPyClusterTest(ClientsTest):
    OPTIONS = {"redis.redirect": "moved"}

    def connect(self):
        return redis.cluster.RedisCluster("127.0.0.1", self.follower.client_port,
                                          socket_timeout=20)

    def test_cluster(self):
        self.client = self.connect()
        self.assertEqual([node.port for node in self.client.get_primaries()],
                         [self.leader.client_port])

        def increment():
            try:
                return self.client.incr("cluster")
            except redis.exceptions.RedisClusterException as error:
                # redis-py 4.3, of Debian 12, copies what cannot be copied when a master is gone.
                if "cannot pickle" not in str(error):
                    raise
                self.client = self.connect()
                raise redis.ConnectionError("a new client") from error
        acknowledged = self.count_up(increment)
        self.check_counter_through(self.client, acknowledged)
        new = self.cluster.wait_leader()
        self.assertEqual([node.port for node in self.client.get_primaries()], [new.client_port])

    def check_counter_through(self, client, acknowledged):
        found = int(client.get("cluster"))
        self.assertGreaterEqual(found, acknowledged)
        self.assertLess(found, acknowledged + 20)

    @unittest.skipIf(shutil.which("redis-cli") is None, "redis-cli is not installed")
    def test_redis_cli_follows_redirections(self):
        def cli(*arguments):
            return subprocess.run(["redis-cli", "-p", str(self.follower.client_port), *arguments],
                                  check=True, text=True, timeout=60, stdout=subprocess.PIPE).stdout
        self.assertIn("MOVED", cli("SET", "cli", "1"))
        self.assertEqual(cli("-c", "SET", "cli", "1").strip(), "OK")
        self.assertEqual(cli("-c", "GET", "cli").strip(), "1")
        self.assertIn("cluster_state:ok", cli("CLUSTER", "INFO"))


class OthersTest(ClientsTest):
    @unittest.skipIf(shutil.which("redis-cli") is None, "redis-cli is not installed")
    def test_redis_cli(self):
        def cli(node, *arguments):
            return subprocess.run(["redis-cli", "-p", str(node.client_port), *arguments], check=True,
                                  text=True, timeout=60, stdout=subprocess.PIPE).stdout.strip()
        self.assertEqual(cli(self.follower, "SET", "cli", "1", "EX", "100"), "OK")
        self.assertEqual(cli(self.leader, "TTL", "cli"), "100")
        self.kill_leader()
        wait_until("a new leader", lambda: cli(self.follower, "INCR", "cli") == "2")
        self.assertEqual(cli(self.follower, "-3", "GET", "cli"), "2")
        self.assertIn("role:", cli(self.follower, "INFO", "replication"))

    def run_half_way(self, command, environment=None):
        """Starts a client, kills the leader when it says that it is half through, and returns the
        last line it prints."""
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   preexec_fn=die_with_parent, env=environment)
        timer = threading.Timer(120, process.kill)
        timer.start()
        try:
            if process.stdout.readline() != "half\n":
                raise Failure("%s did not get half-way" % command[0])
            self.kill_leader()
            rest, _ = process.communicate("go on\n")
        finally:
            timer.cancel()
        self.assertEqual(process.returncode, 0)
        return rest.strip().split("\n")[-1]

    def test_hiredis(self):
        program = os.path.join(BUILD, "test/cluster/client_hiredis")
        if not os.path.exists(program):
            self.skipTest("hiredis was not installed when this was configured")
        ports = [str(node.client_port) for node in self.cluster]
        said = self.run_half_way([program, str(COUNT), *ports])
        self.assertEqual(said, "%d in order" % COUNT)
        self.check_counter("hiredis", COUNT)

    def test_raftctl(self):
        nodes = self.cluster.endpoints()
        raftctl("--endpoints", nodes, "set", "ctl", "1")
        self.kill_leader()
        found = raftctl("--endpoints", nodes, "get", "ctl").stdout
        self.assertEqual(found.strip(), "1")

    def test_node_redis(self):
        environment = dict(os.environ)
        environment["NODE_PATH"] = "/usr/share/nodejs"
        if shutil.which("node") is None or subprocess.run(
                ["node", "-e", "require('redis')"], env=environment, check=False,
                stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("node-redis is not installed")
        said = json.loads(self.run_half_way(
            ["node", os.path.join(HERE, "client_node_redis.js"), str(self.follower.client_port),
             str(COUNT)], environment))
        self.assertEqual(said["acknowledged"], COUNT)
        self.assertGreaterEqual(said["plain"], COUNT)
        self.assertGreater(said["ttl"], 0)
        self.assertEqual(said["many"], [str(COUNT - 10), None])
        self.assertEqual(sorted(set(said["heard"]), key=int), [str(i) for i in range(0, COUNT, 10)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
