"""A slow network between nodes, without root: a forwarder of TCP connections that stands in front of a
node's peer port and lets so many bytes a second through.

    with SlowCluster(3) as cluster:
        cluster.start()
        cluster.links[3].set_rate(8)        # Mbit/s, in each direction; None: as fast as it goes

The node with the lower id makes the connection, so the link of node N carries what node N exchanges
with the nodes of lower ids: node 3 of three is slow with links[3], all three with links[2] and
links[3]. All connections of one link share its rate, and a connection gets its part at once,
however much waits in the others. What waits is bounded: a router in reality drops what its queue
does not hold, here the sender's socket is full.
"""
import collections
import contextlib
import socket
import threading
import time

from cluster import Cluster

QUEUE_BYTES = 32 * 1024
SEGMENT_BYTES = 1448    # as on Ethernet; the loopback's 65483 do not fit into the queue
CHUNK_BYTES = 2 * SEGMENT_BYTES, 64 * 1024  # least and most that is carried in one piece
CHUNK_SECONDS = 0.002   # how long a piece takes on the line, where these limits allow
BURST_SECONDS = 0.02    # how late a piece may be and still be made up for


class Line:
    """One direction of a link: sends one chunk after the other, in the order of the requests."""

    def __init__(self):
        self.lock = threading.Lock()
        self.bytes_per_second = None
        self.delay_seconds = 0.0
        self.idle_at = 0.0  # when all that was let through so far has been sent
        self.sent_bytes = 0

    def chunk_bytes(self):
        least, most = CHUNK_BYTES
        if self.bytes_per_second is None:
            return most
        return min(max(least, int(CHUNK_SECONDS * self.bytes_per_second)), most)

    def send(self, size):
        """Returns when a chunk of this size has been sent."""
        with self.lock:
            self.sent_bytes += size
            if self.bytes_per_second is None:
                return
            start = max(self.idle_at, time.monotonic() - BURST_SECONDS)
            self.idle_at = start + size / self.bytes_per_second
            end = self.idle_at
        time.sleep(max(0, end - time.monotonic()))


class Pump:
    """Carries the bytes of one direction of one connection, with two threads: the one sends over the
    line, the other one delivers what has been under way for long enough."""

    def __init__(self, line, source, target, at_end):
        self.line = line
        self.source = source
        self.target = target
        self.at_end = at_end
        self.under_way = collections.deque()  # (when it arrives, bytes); b"": the end
        self.changed = threading.Condition()
        for work in (self.send, self.deliver):
            threading.Thread(target=work, daemon=True).start()

    def send(self):
        data = True
        while data:
            try:
                data = self.source.recv(self.line.chunk_bytes())
            except OSError:
                data = b""
            self.line.send(len(data))
            with self.changed:
                self.under_way.append((time.monotonic() + self.line.delay_seconds, data))
                self.changed.notify()

    def deliver(self):
        data = True
        while data:
            with self.changed:
                self.changed.wait_for(lambda: self.under_way)
                arrival, data = self.under_way.popleft()
            time.sleep(max(0, arrival - time.monotonic()))
            try:
                if data:
                    self.target.sendall(data)
            except OSError:
                break
        self.at_end()


class SlowLink:
    """Listens on one port and connects to another one for each connection."""

    def __init__(self, port, target_port):
        self.target_port = target_port
        self.lines = [Line(), Line()]   # to the target, and from it
        self.sockets = set()
        self.is_cut = False
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tune(self.listener)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    @staticmethod
    def tune(one):
        """The queue of a link is the receive buffer; the kernel doubles the number it is given."""
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE_BYTES // 2)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def set_rate(self, megabits):
        for line in self.lines:
            line.bytes_per_second = None if megabits is None else megabits * 1e6 / 8

    def set_delay(self, milliseconds):
        """In each direction; a round trip takes twice as long."""
        for line in self.lines:
            line.delay_seconds = milliseconds / 1000

    def cut(self):
        """Ends all connections and takes no new ones."""
        self.is_cut = True
        for one in list(self.sockets):
            self.end(one)

    def mend(self):
        self.is_cut = False

    def close(self):
        self.cut()
        self.end(self.listener)

    def end(self, one):
        self.sockets.discard(one)
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

    def accept(self):
        while True:
            try:
                source, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.add(source)
            if self.is_cut or not self.forward(source):
                self.end(source)

    def forward(self, source):
        target = socket.socket()
        self.tune(target)
        try:
            target.connect(("127.0.0.1", self.target_port))
        except OSError:
            target.close()
            return False
        self.sockets.add(target)

        def at_end():
            self.end(source)
            self.end(target)
        Pump(self.lines[0], source, target, at_end)
        Pump(self.lines[1], target, source, at_end)
        return True


class SlowCluster(Cluster):
    """A cluster whose nodes reach each other through links; links[N] stands in front of node N."""

    def __init__(self, *arguments, **options):
        self.links = {}
        super().__init__(*arguments, **options)

    def node_options(self, node_id, address):
        mine = super().node_options(node_id, address)
        port = self.ports.take()
        self.links[node_id] = SlowLink(int(address.rsplit(":", 1)[1]), port)
        mine["listen.peer"] = "127.0.0.1:%d" % port
        mine["advertise.peer"] = address
        return mine

    def set_rates(self, megabits):
        for link in self.links.values():
            link.set_rate(megabits)

    def close(self, keep):
        for link in self.links.values():
            link.close()
        super().close(keep)
