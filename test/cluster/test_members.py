#!/usr/bin/env python3
"""Members come and go: a cluster grows from one node to five and shrinks again while clients
write through it and nodes are killed; newcomers join by themselves, restart, are removed and say
so; a dead machine is replaced; a read replica serves reads."""
import os
import time
import unittest

from cluster import Cluster, Failure, ctl_json, raftctl, rounds, wait_until
from load import Load, narrate, seeded
from resp_client import ReplyError

REMOVED_EXIT = 8
# An orderly stop takes less than a second; a sanitizer makes everything slower.
STOP_SECONDS = 5 if os.environ.get("SANITIZER_CFLAGS") else 1.5
ROUNDS = rounds(10)


def roles(node):
    """{id: role} of the members as a node sees them; None if it does not answer."""
    status = node.status()
    if status is None or status["joint"]:
        return None
    return {member["id"]: "voter" if member["voter"] else
            "joining" if member["joining"] else "learner" for member in status["members"]}


def wait_roles(node, wanted):
    return wait_until(lambda: "node %d to see %r; it sees %r, its log ends:\n%s" %
                      (node.id, wanted, roles(node), node.log_tail()),
                      lambda: roles(node) == wanted)


def voters(*ids):
    return {node_id: "voter" for node_id in ids}


def member(cluster, *words):
    """raftctl member, again as long as the cluster says that it cannot be now. After an unknown
    outcome (the node that was asked died or was the one removed) a second try that finds the
    change done is the answer to the first."""
    done = {"add": "belongs to a member", "promote": "is a voter already", "remove": "was removed"}
    doubtful = False

    def answered():
        nonlocal doubtful
        result = raftctl("--endpoints", cluster.endpoints(), "member", *words, check=False)
        if result.returncode == 0 or (doubtful and done.get(words[0], "-") in result.stderr):
            return "done"
        if "TIMEOUT" in result.stderr:
            doubtful = True
            return None
        if result.returncode in (2, 3) and ("CONFLICT" in result.stderr or
                                            "TRYAGAIN" in result.stderr or
                                            "CLUSTERDOWN" in result.stderr):
            return None
        raise Failure(result.stderr)
    wait_until("raftctl member " + " ".join(map(str, words)), answered)


class Members(unittest.TestCase):
    def test_a_node_joins_restarts_and_is_removed(self):
        with Cluster(1) as cluster:
            cluster.start()
            first = cluster[1]
            first.call("SET", "before", "1")
            second = cluster.add_node(2, join=first).start()
            second.wait_ready()
            self.assertEqual(second.call("GET", "before"), b"1")
            wait_roles(second, voters(1, 2))

            # T58: it goes on as what it is, with or without being told to join.
            second.kill()
            del second.options["node.join"]
            second.start().wait_ready()
            wait_roles(second, voters(1, 2))

            # A third one asks a member that does not lead.
            follower = second if cluster.wait_leader() is first else first
            third = cluster.add_node(3, join=follower).start()
            third.wait_ready()
            wait_roles(first, voters(1, 2, 3))
            self.assertEqual(third.call("SET", "after", "2"), "OK")

            member(cluster, "remove", 3)
            self.assertEqual(third.wait_exit(), REMOVED_EXIT)
            third.wait_log("removed from cluster")
            wait_roles(first, voters(1, 2))
            # Started again it says so again, and disturbs nobody.
            term = cluster.wait_leader([first, second]).status()["term"]
            third.start()
            self.assertEqual(third.wait_exit(), REMOVED_EXIT)
            self.assertEqual(cluster.wait_leader([first, second]).status()["term"], term)
            with self.assertRaises(Failure) as refused:
                member(cluster, "add", 3, third.options["listen.peer"])
            self.assertIn("never used again", str(refused.exception))

    def test_t29_an_address_is_used_again(self):
        """The log that a newcomer replays begins with members that it must not believe: one at
        its own address, and none of those that it learns from."""
        options = {"limits.max_request_bytes": "4K", "raft.max_batch_bytes": "4K"}
        with Cluster(1, options=options) as cluster:
            first = cluster[1]
            cluster.start()
            for number in range(50):  # so that the past comes in pieces
                first.call("SET", "key-%d" % number, "x" * 1000)
            second = cluster.add_node(2, join=first).start()
            second.wait_ready()
            wait_roles(second, voters(1, 2))
            member(cluster, "remove", 1)
            self.assertEqual(first.wait_exit(), REMOVED_EXIT)
            del cluster.nodes[1]
            third = cluster.add_node(3, join=second, options={
                "listen.peer": first.options["listen.peer"]}).start()
            third.wait_ready()
            wait_roles(third, voters(2, 3))
            self.assertNotRegex(third.log(), r"node 2 at .* is no member")
            self.assertEqual(third.call("SET", "key", "1"), "OK")
            # And again from its own log.
            for node in cluster:
                node.kill()
            cluster.start()
            wait_roles(third, voters(2, 3))
            self.assertEqual(third.call("GET", "key"), b"1")

    def test_t57_a_node_that_joins_stops_at_once(self):
        with Cluster(1) as cluster:
            def stop_newcomer(node_id):
                newcomer = cluster.add_node(node_id, join=cluster[1]).start()
                newcomer.wait_log("looking for cluster")
                self.assertEqual(newcomer.wait_answering()["phase"], "joining")
                code, seconds = newcomer.terminate()
                self.assertEqual(code, 0)
                self.assertLess(seconds, STOP_SECONDS)

            stop_newcomer(2)  # nobody there
            cluster[1].start().wait_ready()
            cluster[1].pause()
            stop_newcomer(3)  # somebody who does not answer

    def test_a_node_that_was_away_when_it_was_removed(self):
        # The lowest id dials, the highest is only dialled: both have to find out.
        for victim_id in (1, 4):
            with Cluster(4) as cluster:
                cluster.start()
                victim = cluster[victim_id]
                victim.kill()
                others = [node for node in cluster if node is not victim]
                cluster.wait_leader(others)
                member(cluster, "remove", victim_id)
                victim.start()
                self.assertEqual(victim.wait_exit(), REMOVED_EXIT)

    def test_a_wiped_node_is_not_let_in(self):
        """T33: it has forgotten its votes and what it acknowledged."""
        with Cluster(3) as cluster:
            cluster.start()
            wiped = cluster[3]
            wiped.kill()
            wiped.options["node.data_dir"] += "-new"
            wiped.options["node.join"] = cluster[1].options["listen.peer"]
            for peer in (1, 2, 3):
                del wiped.options["peers.%d" % peer]
            wiped.start()
            self.assertNotEqual(wiped.wait_exit(), 0)
            self.assertIn("come back under a new id", wiped.log())
            self.assertEqual(roles(cluster.wait_leader([cluster[1], cluster[2]])), voters(1, 2, 3))

    def test_strangers_are_refused(self):
        with Cluster(1) as cluster, Cluster(1) as other:
            cluster.start()
            # A certificate of another authority.
            stranger = other.add_node(2, join=cluster[1])
            stranger.start()
            cluster[1].wait_log("peer connection from .* refused")
            self.assertEqual(roles(cluster[1]), voters(1))
            # A certificate of another node.
            impostor = cluster.add_node(3, join=cluster[1])
            certificate, key = cluster.authority.node(4, "test")
            impostor.options.update({"tls.certificate": certificate, "tls.key": key})
            impostor.start()
            cluster[1].wait_log("peer 3 .* refused")
            self.assertEqual(roles(cluster[1]), voters(1))

    def test_a_read_replica(self):
        with Cluster(1) as cluster:
            cluster.start()
            cluster[1].call("SET", "key", "1")
            replica = cluster.add_node(2, join=cluster[1],
                                       options={"node.auto_promote": "no"}).start()
            replica.wait_ready()
            wait_roles(replica, {1: "voter", 2: "learner"})
            cluster[1].call("SET", "key", "2")
            self.assertEqual(replica.call("GET", "key"), b"2")  # linearizable
            with replica.client() as client:
                client.call("RAFT", "CONSISTENCY", "STALE")
                wait_until("the replica to catch up", lambda: client.call("GET", "key") == b"2")
            # It counts for nothing: the one voter serves without it, not it without the voter.
            replica.pause()
            self.assertEqual(cluster[1].call("SET", "key", "3"), "OK")
            replica.resume()
            member(cluster, "promote", 2)
            wait_roles(cluster[1], voters(1, 2))

    def test_the_leader_is_removed(self):
        with Cluster(3) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            with Load([node for node in cluster if node is not leader]) as load:
                load.wait_progress(5)
                member(cluster, "remove", leader.id)
                self.assertEqual(leader.wait_exit(), REMOVED_EXIT)
                load.wait_progress(5)
            rest = [node for node in cluster if node is not leader]
            for node in rest:
                load.verify(node)
                wait_roles(node, voters(*(other.id for other in rest)))

    def test_a_dead_machine_is_replaced(self):
        with Cluster(3) as cluster:
            cluster.start()
            with Load([cluster[1], cluster[2]]) as load:
                load.wait_progress(5)
                cluster[3].kill()
                newcomer = cluster.add_node(4, join=cluster[1])
                member(cluster, "replace", 3, 4, newcomer.options["listen.peer"])
                newcomer.start().wait_ready()
                wait_roles(newcomer, voters(1, 2, 4))
                load.wait_progress(5)
            del cluster.nodes[3]
            cluster.wait_same_state()
            load.verify(newcomer)

    def test_all_addresses_change(self):
        with Cluster(3) as cluster:
            cluster.start()
            for number in range(50):
                self.assertEqual(cluster[1].call("SET", "key-%d" % number, number), "OK")
            for node in cluster:
                node.terminate()
            moved = {node.id: cluster.peer_address(node.id) for node in cluster}
            for node in cluster:
                node.options["listen.peer"] = moved[node.id]
                node.options.update({"peers.%d" % peer: moved[peer] for peer in moved})
            cluster.start()
            self.assertEqual(cluster[2].call("DBSIZE"), 50)
            cluster[3].wait_log(r"\[peers\] 1 = %s differs from the log.*member move 1 %s" %
                                (moved[1], moved[1]))
            # The log follows by the command that the warning names; then a newcomer finds all.
            for peer, address in moved.items():
                member(cluster, "move", peer, address)
            wait_until("all to know the new addresses",
                       lambda: all({each["id"]: each["address"] for each in
                                    node.status()["members"]} == moved for node in cluster))
            newcomer = cluster.add_node(4, join=cluster[1]).start()
            newcomer.wait_ready()
            wait_roles(newcomer, voters(1, 2, 3, 4))
            for node in cluster:
                node.terminate()
            cluster.start()
            self.assertNotIn("differs from the log", cluster[1].log())
            self.assertEqual(cluster[4].call("DBSIZE"), 50)

    def test_handover(self):
        with Cluster(3) as cluster:
            cluster.start()
            leader = cluster.wait_leader()
            target = next(node for node in cluster if node is not leader)
            with Load(cluster) as load:
                load.wait_progress(5)
                answer = ctl_json("--endpoints", cluster.endpoints(), "handover", target.id)
                self.assertEqual(answer["leader"], target.id)
                load.wait_progress(5)
            self.assertIs(cluster.wait_leader(), target)
            for node in cluster:
                load.verify(node)
            for word in ("handover", "transfer"):  # transfer is the older name
                refused = raftctl("--endpoints", cluster.endpoints(), word, 9, check=False)
                self.assertEqual(refused.returncode, 3)
                self.assertIn("CONFLICT", refused.stderr)
                self.assertIn("no member with this id", refused.stderr)

    def test_leadership_drifts_to_the_highest_priority(self):
        with Cluster(3) as cluster:
            cluster[2].options["raft.priority"] = 5
            cluster[3].options["raft.priority"] = 9
            cluster.start()
            wait_until("node 3 to lead", lambda: cluster.leader() is cluster[3])
            cluster[3].kill()
            rest = [cluster[1], cluster[2]]
            wait_until("node 2 to lead", lambda: cluster.leader(rest) is cluster[2])
            cluster[3].start().wait_ready()
            wait_until("node 3 to lead again", lambda: cluster.leader() is cluster[3])

    def test_sigterm_hands_over(self):
        """No command has an unknown outcome because a leader was asked to stop."""
        with Cluster(3, options={"raft.election_timeout_ms": 3000}) as cluster:
            cluster.start()
            for number in range(3):
                leader = cluster.wait_leader()
                with Load(cluster) as load:
                    load.wait_progress(10)
                    code, _ = leader.terminate()
                    self.assertEqual(code, 0)
                    # Well before an election would have found out.
                    started = time.monotonic()
                    successor = wait_until("a successor", cluster.leader)
                    narrate("round %d: node %d leads %.0f ms after the end of node %d", number,
                            successor.id, 1000 * (time.monotonic() - started), leader.id)
                    load.wait_progress(5)
                    unknown = sum(len(client.unknown) for client in load.clients)
                self.assertIn("stopping", leader.log())
                # A connection that breaks while its command is under way leaves no answer; the
                # node answers all that it has taken before it closes.
                self.assertEqual(unknown, 0)
                leader.start().wait_ready()

    def test_grow_and_shrink_under_load_with_kills(self):
        generator = seeded()
        options = {"storage.segment_bytes": 4 << 20, "limits.max_request_bytes": 1 << 20}
        with Cluster(1, options=options) as cluster:
            cluster.start()
            next_id = 2
            for number in range(ROUNDS):
                next(iter(cluster)).call("FLUSHALL")
                with Load(cluster, clients_per_node=1) as load:
                    load.wait_progress(5)
                    while len(cluster.nodes) < 5:
                        self.grow(cluster, next_id, generator)
                        next_id += 1
                        load.wait_progress(2)
                    while len(cluster.nodes) > 3:
                        self.shrink(cluster, generator, load)
                narrate("round %d of %d: %d writes acknowledged", number + 1, ROUNDS, load.count())
                cluster.wait_same_state()
                for node in cluster:
                    load.verify(node)
                # Each round begins with another one of three, or with one.
                while number + 1 < ROUNDS and number % 2 == 0 and len(cluster.nodes) > 1:
                    self.shrink(cluster, generator, None)

    @staticmethod
    def grow(cluster, node_id, generator):
        contact = generator.choice(list(cluster))
        before = list(cluster)
        newcomer = cluster.add_node(node_id, join=contact).start()
        if generator.random() < 0.5:
            newcomer.wait_log("joining|catching up|learner", 30)
            newcomer.kill()
            newcomer.start()
        newcomer.wait_ready()
        victim = generator.choice(before)
        if len(before) >= 3 and generator.random() < 0.5:
            victim.kill()
            victim.start().wait_ready()
        wait_roles(newcomer, voters(*cluster.nodes))

    @staticmethod
    def shrink(cluster, generator, load):
        victim = generator.choice(list(cluster))
        member(cluster, "remove", victim.id)
        if victim.wait_exit() != REMOVED_EXIT:
            raise Failure("node %d ended with %d" % (victim.id, victim.process.returncode))
        del cluster.nodes[victim.id]
        survivor = generator.choice(list(cluster))
        if load is not None and generator.random() < 0.5:
            survivor.kill()
            survivor.start()
        for node in cluster:
            node.wait_ready()
            wait_roles(node, voters(*cluster.nodes))


if __name__ == "__main__":
    unittest.main(verbosity=2)
