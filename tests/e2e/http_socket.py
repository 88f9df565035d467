"""HTTP by hand, for what no well-behaved client would send."""
import socket
import ssl


class Answer:
    """A status, headers with names in lower case, and a body; `closed` when the server ended."""

    def __init__(self, status, headers, body, closed):
        self.status, self.headers, self.body, self.closed = status, headers, body, closed


class Connection:
    """One connection to HOST:PORT."""

    def __init__(self, address, timeout=10, tls=None, name="localhost"):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=name)
        self._read = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        """False when the server takes no more."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionError, ssl.SSLError):
            return False
        return True

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            data = b""
        self._read += data
        return bool(data)

    def _until(self, mark):
        while mark not in self._read:
            if not self._more():
                return None
        found, self._read = self._read.split(mark, 1)
        return found

    def _take(self, size):
        while len(self._read) < size:
            if not self._more():
                break
        taken, self._read = self._read[:size], self._read[size:]
        return taken

    def _chunks(self):
        body = b""
        while (line := self._until(b"\r\n")) is not None:
            size = int(line, 16)
            body += self._take(size)
            self._take(2)
            if size == 0:
                break
        return body

    def answer(self, head_only=False):
        """The next answer; None when the connection ends before one."""
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        if status == 100:
            return Answer(status, headers, b"", False)
        if headers.get("transfer-encoding") == "chunked":
            body = self._chunks()
        else:
            size = 0 if head_only else int(headers.get("content-length", 0))
            body = self._take(size)
        return Answer(status, headers, body, headers.get("connection") == "close")

    def ended(self):
        """Whether the server has closed, waiting for it as long as the time-out."""
        try:
            return not self._more()
        except TimeoutError:
            return False


def request(path="/tiermark.v1.ScoringService/EvaluateAccount", body=b"", method="POST", **headers):
    """The bytes of a request. Header names have _ for -; None leaves one out."""
    given = {"host": "127.0.0.1", "content_type": "application/json",
             "content_length": str(len(body)), **headers}
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in given.items()
              if value is not None]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def ask(address, data, **options):
    """Sends bytes on a connection of their own, and reads one answer."""
    with Connection(address, **options) as connection:
        connection.send(data)
        return connection.answer()
