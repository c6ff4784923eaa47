"""What clients did to registers and when, and whether one atomic register explains it.

Every write of a register writes a value that no other write of it writes. Then the rule of
Gibbons and Korach ("Testing shared memories", 1997) decides in n log n: all operations on one
value are a cluster; its zone runs from the first end of an operation to the last start of one.
Is the end before the start, the value was certainly the register's throughout the zone (a
forward zone); otherwise there is one moment inside it that suits all of its operations (a
backward zone). The history is linearizable if and only if no read ends before its write starts,
no two forward zones overlap, and no backward zone lies inside a forward one.
"""
import threading
import time

INFINITE = float("inf")
INITIAL = object()  # what a register holds before the first write


class Operation:
    def __init__(self, client, kind, value):
        self.client = client
        self.kind = kind  # "read" or "write"
        self.value = value
        self.start = time.monotonic()
        self.end = INFINITE  # as long as the outcome is unknown

    def __repr__(self):
        return "%s %s %r from %.6f to %.6f" % (self.client, self.kind, self.value, self.start,
                                              self.end)


class History:
    """Operations on one register. Threads add theirs at the same time."""

    def __init__(self):
        self.lock = threading.Lock()
        self.operations = []

    def begin(self, client, kind, value=None):
        return Operation(client, kind, value)

    def done(self, operation, value=None):
        """It was acknowledged; value: what a read read."""
        operation.end = time.monotonic()
        if operation.kind == "read":
            operation.value = INITIAL if value is None else value
        self.keep(operation)

    def unknown(self, operation):
        """A write that may have been or may yet be applied; an unanswered read says nothing."""
        if operation.kind == "write":
            self.keep(operation)

    def keep(self, operation):
        with self.lock:
            self.operations.append(operation)

    def problem(self):
        """None, or a text that says why no atomic register behaves like this."""
        return check(self.operations)


class Zone:
    def __init__(self, value, operations):
        self.value = value
        self.operations = operations
        self.first_end = min(operation.end for operation in operations)
        self.last_start = max(operation.start for operation in operations)
        self.forward = self.first_end < self.last_start
        self.low = min(self.first_end, self.last_start)
        self.high = max(self.first_end, self.last_start)

    def __repr__(self):
        return "value %r: %s" % (self.value, "; ".join(map(repr, self.operations[:6])))


def clusters_of(operations):
    """(value -> its operations, a problem or None)."""
    clusters = {INITIAL: [initial_write()]}
    writes = {INITIAL: clusters[INITIAL][0]}
    for operation in operations:
        if operation.kind == "write":
            if operation.value in writes:
                return None, "written twice: %r" % operation
            writes[operation.value] = operation
            clusters.setdefault(operation.value, []).insert(0, operation)
        else:
            clusters.setdefault(operation.value, []).append(operation)
    for value, cluster in clusters.items():
        if value not in writes:
            return None, "read but never written: %r" % cluster[0]
        for operation in cluster:
            if operation.end < writes[value].start:
                return None, "read before it was written: %r" % operation
    return clusters, None


def initial_write():
    operation = Operation("nobody", "write", INITIAL)
    operation.start = operation.end = -INFINITE
    return operation


def check(operations):
    clusters, problem = clusters_of(operations)
    if problem is not None:
        return problem
    # A write of unknown outcome that nobody has read may as well never have happened.
    zones = [Zone(value, cluster) for value, cluster in clusters.items()
             if any(operation.end < INFINITE for operation in cluster)]
    forward = sorted((zone for zone in zones if zone.forward), key=lambda zone: zone.low)
    for earlier, later in zip(forward, forward[1:]):
        if later.low < earlier.high:
            return "one value came back after another was seen:\n  %r\n  %r" % (earlier, later)
    backward = sorted((zone for zone in zones if not zone.forward), key=lambda zone: zone.low)
    position = 0
    for zone in backward:
        while position < len(forward) and forward[position].high <= zone.low:
            position += 1
        if position < len(forward):
            around = forward[position]
            if around.low < zone.low and zone.high < around.high:
                return "a value inside the life of another:\n  %r\n  %r" % (around, zone)
    return None
