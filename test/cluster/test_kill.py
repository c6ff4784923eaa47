#!/usr/bin/env python3
"""SIGKILL on one node after the other, then on all at once, while clients write through all of
them: no acknowledged write is lost, nothing refused shows up, no INCR counts twice, and the
replicas end up equal."""
import time
import unittest

from cluster import Cluster, rounds
from load import Load, narrate, pick_victim, seeded

KILLS = rounds(30)


class Kill(unittest.TestCase):
    def test_kills_under_load(self):
        generator = seeded()
        options = {"storage.segment_bytes": 4 << 20, "limits.max_request_bytes": 1 << 20}
        with Cluster(3, options=options) as cluster:
            cluster.start()
            with Load(cluster) as load:
                load.wait_progress(20)
                for number in range(KILLS):
                    self.kill_one(cluster, load, generator, number)
                self.kill_all(cluster, load)
            narrate("%d writes were acknowledged", load.count())
            digest = cluster.wait_same_state()
            narrate("all have the digest %r", digest)
            for node in cluster:
                load.verify(node)

    @staticmethod
    def kill_one(cluster, load, generator, number):
        victim = pick_victim(cluster, generator)
        leader = cluster.leader()
        # Every third time the others die first: what the victim promises alone would die with it.
        others = [node for node in cluster if node is not victim] if number % 3 == 1 else []
        for node in others:
            node.kill()
        if others:
            time.sleep(generator.uniform(0, 0.3))  # how long it is alone is up to chance
        victim.kill()
        narrate("round %d of %d: killed node %d%s%s; %d acknowledged", number + 1, KILLS, victim.id,
                " (leader)" if victim is leader else "", " after all others" if others else "",
                load.count())
        for node in others:
            node.start()
        # Two of three carry on; then the third comes back while they do.
        load.wait_progress(3)
        victim.start().wait_ready()
        if generator.random() < 0.5:
            cluster.wait_leader()
            load.wait_progress(3)

    @staticmethod
    def kill_all(cluster, load):
        for node in cluster:
            node.kill()
        narrate("killed all")
        cluster.start()
        cluster.wait_leader()
        load.wait_progress(10)


if __name__ == "__main__":
    unittest.main(verbosity=2)
