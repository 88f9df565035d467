"""The HTTP endpoint over TLS, and that an early answer reaches clients that are still sending."""
import json
import socket
import ssl
import subprocess
import time
import unittest

from server import Server
from test_tools import BANK

MIB = 1 << 20


class HttpTlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.certificate, key = cls.server.folder / "cert.pem", cls.server.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-out", cls.certificate,
             "-keyout", key], check=True, capture_output=True, timeout=60)
        cls.server.start(f"--tls-certificate={cls.certificate}", f"--tls-key={key}")

    def connect(self, tls):
        host, port = self.server.http_address.split(":")
        connection = socket.create_connection((host, int(port)), timeout=10)
        if tls:
            context = ssl.create_default_context(cafile=self.certificate)
            connection = context.wrap_socket(connection, server_hostname=host)
        self.addCleanup(connection.close)
        return connection

    def test_evaluates(self):
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--cacert", self.certificate, "--json",
             json.dumps(BANK), f"https://{self.server.http_address}/"
             "tiermark.v1.ScoringService/EvaluateAccount"],
            capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["evaluation"]["score"], 100)

    def test_an_early_answer_reaches_who_still_sends(self):
        connection = self.connect(tls=True)
        connection.sendall(
            b"POST /tiermark.v1.ScoringService/EvaluateAccount HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            b"content-type: application/json\r\ncontent-length: 100000000\r\n\r\n")
        for _ in range(4):
            time.sleep(0.1)
            connection.sendall(bytes(MIB // 4))
        answer = b""
        while more := connection.recv(1 << 16):
            answer += more
        self.assertIn(b"413", answer.split(b"\r\n")[0])
        self.assertTrue(answer.endswith(b"}"), answer)

    def test_plaintext_gets_no_answer(self):
        connection = self.connect(tls=False)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        try:
            self.assertNotIn(b"HTTP", connection.recv(1 << 16))
        except ConnectionResetError:
            pass


if __name__ == "__main__":
    unittest.main()
