"""What the tests share: tiermarkd behind the front, and a client that calls through it."""
import http.client
import json
import subprocess
import sys
import threading
import time
import unittest

import grpc

import attacks
import slow
from front import Front
from server import Server
from support import fintech
from tiermark import Client
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1.account_service_pb2_grpc import AccountServiceStub

DEADLINE_SECONDS = 10


class FrontTest(unittest.TestCase):
    """Each class has a server, an account in it and a front before it."""

    settings = {}
    asks_for_certificates = False
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.front = Front(cls.server.address, cls.server.http_address, cls.asks_for_certificates,
                          **cls.settings)
        cls.addClassCleanup(cls.front.close)
        cls.front.start()
        cls.await_backend()
        with cls.channel(cls.front.certificates.client) as channel:
            Client(channel=channel, deadline=DEADLINE_SECONDS).upsert_account(
                account_id="known", facts=fintech())

    @classmethod
    def channel(cls, client=None):
        """Connects of its own, for channels of one process otherwise share connections."""
        pair = ()
        if client is not None:
            text = client.read_bytes()
            pair = (text, text)
        credentials = grpc.ssl_channel_credentials(
            cls.front.certificates.authority.read_bytes(), *reversed(pair))
        return grpc.secure_channel(cls.front.address, credentials,
                                   [("grpc.use_local_subchannel_pool", 1)])

    @classmethod
    def await_backend(cls):
        with cls.channel(cls.front.certificates.client) as channel:
            deadline = time.monotonic() + DEADLINE_SECONDS
            while True:
                try:
                    return health(channel)
                except grpc.RpcError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)

    def get(self, channel, **options):
        return AccountServiceStub(channel).GetAccount(
            accounts_pb.GetAccountRequest(account_id="known"),
            **{"timeout": DEADLINE_SECONDS, **options}).account

    def code_of(self, call):
        try:
            call()
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    def https(self, method, path, body=None, headers=()):
        """An HTTP/1.1 request through the front: the status and the text."""
        connection = self.https_connection()
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def https_connection(self):
        host, port = self.front.address.split(":")
        return http.client.HTTPSConnection(
            host, int(port), timeout=DEADLINE_SECONDS,
            context=self.front.certificates.context(alpn=("http/1.1",)))

    def post(self, path, body=None, **headers):
        given = {"content-type": "application/json",
                 **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.https("POST", path, json.dumps(body or {}), given.items())


def health(channel):
    """SERVING is 1."""
    call = channel.unary_unary("/grpc.health.v1.Health/Check")
    return call(b"", timeout=DEADLINE_SECONDS)


class Healthy:
    """A client that goes on calling, at a pace, and knows how it fared."""

    PAUSE_SECONDS = 0.005

    def __init__(self, test):
        self._test = test
        self._channel = test.channel()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.seconds, self.failures = [], []

    def __enter__(self):
        self._test.get(self._channel)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self._channel.close()

    def _run(self):
        while not self._stop.wait(self.PAUSE_SECONDS):
            start = time.monotonic()
            try:
                self._test.get(self._channel)
                self.seconds.append(time.monotonic() - start)
            except grpc.RpcError as error:
                self.failures.append((error.code(), error.details()))

    def percentile(self, percent):
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def start_attack(kind, address, seconds, source, mib_per_second):
    command = [sys.executable, attacks.__file__, kind, address, f"--seconds={seconds}",
               f"--source={source}", f"--mib-per-second={mib_per_second}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def start_slow(kind, address, connections, sources, seconds):
    command = [sys.executable, slow.__file__, kind, address, f"--connections={connections}",
               f"--sources={sources}", f"--seconds={seconds}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def outcome(attack):
    text, _ = attack.communicate(timeout=300)
    return json.loads(text.splitlines()[-1])
