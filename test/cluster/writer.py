#!/usr/bin/env python3
"""Writes to a cluster one command after the other, whatever happens to its nodes, and knows
afterwards what was acknowledged.

    writer.py write  --ports 7380,7390,7400 --record FILE
        SETs a new key after each acknowledgement until SIGTERM (or for an hour at most). Where a
        node fails it goes on with the next one. A line "acknowledged N" tells how it goes. At the
        end FILE holds what is known: the acknowledged keys, those of unknown outcome and the
        longest time without an acknowledgement.
    writer.py verify --ports 7380,7390,7400 --record FILE
        Reads every acknowledged key through every node. Exit code 0: each is there.
"""
import argparse
import json
import signal
import sys
import time

from resp_client import Client, ReplyError

HOUR_SECONDS = 3600
# Errors that promise that the command was not applied, and will not be.
DEFINITE = ("LOADING", "TRYAGAIN", "CLUSTERDOWN")
PAUSE_SECONDS = 0.005
REPORT_SECONDS = 0.1
BATCH = 500


class Writer:
    def __init__(self, ports, prefix="writer"):
        self.ports = ports
        self.prefix = prefix
        self.turn = 0
        self.client = None
        self.number = 0
        self.acknowledged = []
        self.unknown = []
        self.gap_seconds = 0.0
        self.last_seconds = None

    def drop_client(self):
        if self.client is not None:
            self.client.close()
        self.client = None
        self.turn = (self.turn + 1) % len(self.ports)

    def connect(self):
        """True when there is a connection to some node."""
        if self.client is None:
            try:
                self.client = Client(self.ports[self.turn], timeout=10)
            except OSError:
                self.drop_client()
                time.sleep(PAUSE_SECONDS)
        return self.client is not None

    def acknowledge(self, key):
        now = time.monotonic()
        self.acknowledged.append(key)
        if self.last_seconds is not None:
            self.gap_seconds = max(self.gap_seconds, now - self.last_seconds)
        self.last_seconds = now

    def write_one(self):
        if not self.connect():
            return
        self.number += 1
        key = "%s:%d" % (self.prefix, self.number)
        try:
            self.client.call("SET", key, self.number)
            self.acknowledge(key)
        except ReplyError as error:
            if error.code not in DEFINITE:
                self.unknown.append(key)
            self.drop_client()
            time.sleep(PAUSE_SECONDS)
        except OSError:
            self.unknown.append(key)
            self.drop_client()

    def record(self):
        return {"acknowledged": self.acknowledged, "unknown": self.unknown,
                "gap_ms": round(self.gap_seconds * 1000)}


def write(options):
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    writer = Writer(options.ports)
    started = reported = time.monotonic()
    while not stopped and time.monotonic() - started < HOUR_SECONDS:
        writer.write_one()
        if time.monotonic() - reported > REPORT_SECONDS:
            reported = time.monotonic()
            print("acknowledged %d" % len(writer.acknowledged), flush=True)
    with open(options.record, "w", encoding="utf-8") as file:
        json.dump(writer.record(), file)
    return 0


def missing_on(port, keys):
    """The acknowledged keys that a node does not have, or has with another value."""
    missing = []
    with Client(port, timeout=30) as client:
        for start in range(0, len(keys), BATCH):
            batch = keys[start:start + BATCH]
            for key, value in zip(batch, client.pipeline([("GET", key) for key in batch])):
                if value != key.rsplit(":", 1)[1].encode():
                    missing.append((key, value))
    return missing


def verify(options):
    with open(options.record, encoding="utf-8") as file:
        keys = json.load(file)["acknowledged"]
    lost = 0
    for port in options.ports:
        missing = missing_on(port, keys)
        lost += len(missing)
        print("through port %d: %d of %d acknowledged writes are there" %
              (port, len(keys) - len(missing), len(keys)))
        for key, value in missing[:10]:
            print("    %s: found %r" % (key, value))
    return 0 if lost == 0 and keys else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["write", "verify"])
    parser.add_argument("--ports", required=True,
                        type=lambda text: [int(port) for port in text.split(",")])
    parser.add_argument("--record", required=True)
    options = parser.parse_args()
    return write(options) if options.verb == "write" else verify(options)


if __name__ == "__main__":
    sys.exit(main())
