"""Clients that take up connections and next to nothing else, as a program of its own:

    slow.py KIND HOST:PORT [--connections N] [--sources N] [--seconds N]

Opens all connections, from so many addresses of loopback, and has each send a byte a second until
it is cut. The last line of standard output is what became of them, in JSON. For servers of your own
only.
"""
import argparse
import itertools
import json
import selectors
import socket
import ssl
import time

from hyperframe.frame import DataFrame

import attacks
from front import raise_descriptors

HTTP_1 = b"POST /tiermark.v1.AccountService/GetAccount HTTP/1.1\r\nhost: localhost\r\n"


def handshake():
    """TLS, a byte at a time."""
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    yield from itertools.repeat(b"y")


def headers():
    yield HTTP_1 + b"x-a: "
    yield from itertools.repeat(b"y")


def body():
    yield HTTP_1 + b"content-type: application/json\r\ncontent-length: 4000\r\n\r\n"
    yield from itertools.repeat(b" ")


def grpc_body():
    """A call whose message never ends."""
    yield (attacks.preface() + attacks.headers_frame(1, attacks.call_headers(), "END_HEADERS") +
           DataFrame(1, data=b"\x00\x00\x00\x0f\xa0").serialize())
    yield from itertools.repeat(DataFrame(1, data=b"y").serialize())


def idle():
    """After the handshake, nothing."""
    yield from itertools.repeat(b"")


# With what ALPN says; None is without TLS.
KINDS = {"handshake": (handshake, None), "headers": (headers, "http/1.1"), "body": (body, "http/1.1"),
         "grpc_body": (grpc_body, "h2"), "idle": (idle, "h2"), "idle_before_tls": (idle, None)}


class Crowd:
    def __init__(self, kind, address, connections, sources, tls=True):
        self._address, self._tls = address, tls
        self._bytes, self._alpn = KINDS[kind]
        self._selector = selectors.DefaultSelector()
        self._open = {}
        self.refused = self.cut = 0
        self.opened_at = time.monotonic()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols([self._alpn or "h2"])
        self._context = context
        for i in range(connections):
            self._connect(f"127.0.{2 + i % sources // 200}.{1 + i % sources % 200}")
            if i % 50 == 0:
                self.notice(0)

    def _connect(self, source):
        host, port = self._address.rsplit(":", 1)
        try:
            raw = socket.create_connection((host, int(port)), timeout=attacks.CONNECT_SECONDS,
                                           source_address=(source, 0))
            if self._alpn and self._tls:
                raw = self._context.wrap_socket(raw)
        except OSError:
            self.refused += 1
            return
        raw.setblocking(False)
        self._open[raw] = self._bytes()
        self._selector.register(raw, selectors.EVENT_READ)

    def trickle(self):
        for connection, chunks in list(self._open.items()):
            try:
                if data := next(chunks):
                    connection.send(data)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            except OSError:
                self._drop(connection)

    def notice(self, seconds):
        """Takes what comes for so long, and who is cut off."""
        end = time.monotonic() + seconds
        while True:
            for key, _ in self._selector.select(max(0, end - time.monotonic())):
                try:
                    if not key.fileobj.recv(65536):
                        self._drop(key.fileobj)
                except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass
                except OSError:
                    self._drop(key.fileobj)
            if time.monotonic() >= end:
                return

    def _drop(self, connection):
        self.cut += 1
        self._selector.unregister(connection)
        del self._open[connection]
        connection.close()

    @property
    def alive(self):
        return len(self._open)


def hold(kind, address, connections, sources, seconds, tls=True):
    raise_descriptors()
    crowd = Crowd(kind, address, connections, sources, tls)
    opened_seconds = time.monotonic() - crowd.opened_at
    end = time.monotonic() + seconds
    while crowd.alive and time.monotonic() < end:
        crowd.trickle()
        crowd.notice(1)
    return {"kind": kind, "asked": connections, "refused": crowd.refused, "cut": crowd.cut,
            "alive": crowd.alive, "opened_seconds": round(opened_seconds, 1),
            "seconds": round(time.monotonic() - crowd.opened_at, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("address")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--connections", type=int, default=300)
    parser.add_argument("--sources", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    print(json.dumps(hold(given.kind, given.address, given.connections, given.sources,
                          given.seconds, not given.plain)))


if __name__ == "__main__":
    main()
