"""A small client for the Redis protocol (RESP2 and RESP3), Python's standard library only.

    client = Client(7380)
    client.call("SET", "key", "value")        -> "OK"   (raises ReplyError for an error reply)
    client.pipeline([("GET", "a"), ("GET", "b")])       (error replies are elements)
    client.send("GET", "a"); client.receive()

Bulk strings are bytes, simple strings are str, nil is None, maps are dict, sets are set.
A broken connection raises OSError (ConnectionError, socket.timeout), never a ReplyError.
"""
import socket


class ReplyError(Exception):
    """An error reply: text is the whole of it, code its first word."""

    def __init__(self, text):
        super().__init__(text)
        self.text = text
        self.code = text.split(" ", 1)[0]

    def __eq__(self, other):
        return isinstance(other, ReplyError) and other.text == self.text

    def __hash__(self):
        return hash(self.text)


class Push(list):
    """An out-of-band message of RESP3."""


def to_bytes(argument):
    if isinstance(argument, bytes):
        return argument
    return str(argument).encode()


def encode(*arguments):
    """One command as bytes."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = to_bytes(argument)
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


class Client:
    """One connection. One thread."""

    def __init__(self, port, host="127.0.0.1", timeout=15, tls=None, server_hostname=None):
        """tls: an ssl.SSLContext, or None for plain text."""
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=server_hostname or host)
        self.input = self.socket.makefile("rb", buffering=65536)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.input.close()
        self.socket.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    def send(self, *arguments):
        self.socket.sendall(encode(*arguments))

    def call(self, *arguments):
        self.send(*arguments)
        reply = self.receive()
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def pipeline(self, commands):
        self.socket.sendall(b"".join(encode(*command) for command in commands))
        return [self.receive() for _ in commands]

    def receive_line(self):
        line = self.input.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
        return line[:-2]

    def receive_bulk(self, size):
        data = self.input.read(size + 2)
        if len(data) != size + 2:
            raise ConnectionError("the server closed the connection")
        if data[size:] != b"\r\n":
            raise ValueError("a bulk string does not end in CRLF")
        return data[:size]

    def receive_many(self, count):
        return [self.receive() for _ in range(count)]

    def receive(self):
        """The next reply; an error reply is returned, not raised."""
        line = self.receive_line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return ReplyError(rest.decode(errors="backslashreplace"))
        if kind in b":(":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.receive_bulk(int(rest))
        if kind == b"*":
            return None if rest == b"-1" else self.receive_many(int(rest))
        if kind == b"_":
            return None
        if kind == b"#":
            return {b"t": True, b"f": False}[rest]
        if kind == b",":
            return float(rest)
        if kind == b"=":
            return self.receive_bulk(int(rest))[4:]
        if kind == b"!":
            return ReplyError(self.receive_bulk(int(rest)).decode(errors="backslashreplace"))
        if kind == b"%":
            pairs = self.receive_many(2 * int(rest))
            return dict(zip(pairs[::2], pairs[1::2]))
        if kind == b"~":
            return set(self.receive_many(int(rest)))
        if kind == b">":
            return Push(self.receive_many(int(rest)))
        raise ValueError("no RESP reply starts with %r" % line[:32])
