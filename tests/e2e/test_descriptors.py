"""More connections than the server has descriptors for."""
import json
import resource
import socket
import time
import unittest

import grpc

from server import Server
from support import bank, evaluate_request
from tiermark.v1.scoring_service_pb2_grpc import ScoringServiceStub

LIMIT = 256
KEPT = LIMIT // 4
CONNECTIONS = 400


def idle_connection(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=5)


def closed_by_server(connection):
    connection.setblocking(False)
    try:
        while connection.recv(4096):
            pass
        return True
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


class DescriptorsTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.server.start()
        resource.prlimit(self.server.process.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        self.callers = self.connect()

    def connect(self):
        """A stub with a connection of its own."""
        channel = grpc.insecure_channel(self.server.address,
                                        options=[("grpc.use_local_subchannel_pool", 1)])
        self.addCleanup(channel.close)
        return ScoringServiceStub(channel)

    @staticmethod
    def evaluate(stub, account_id, seconds=20):
        return stub.EvaluateAccount(evaluate_request(account_id, bank()), timeout=seconds)

    def test_those_beyond_are_closed_and_everybody_else_is_served(self):
        self.evaluate(self.callers, "before")
        idle = []
        for _ in range(2):
            idle += [idle_connection(self.server.address) for _ in range(CONNECTIONS)]
            time.sleep(0.2)
            closed = sum(map(closed_by_server, idle))
            self.assertGreaterEqual(closed, len(idle) - (LIMIT - KEPT))
            self.assertLess(closed, CONNECTIONS, "a connection that was taken stays")
            # The store writes on, and a connection that stands is served.
            self.evaluate(self.callers, "meanwhile")
            with self.assertRaises(grpc.RpcError) as refused:
                self.evaluate(self.connect(), "newcomer", seconds=2)
            self.assertEqual(refused.exception.code(), grpc.StatusCode.UNAVAILABLE)
            for connection in idle:
                connection.close()
            idle.clear()
            start = time.monotonic()
            while True:
                try:
                    self.evaluate(self.connect(), "after", seconds=1)
                    break
                except grpc.RpcError:
                    self.assertLess(time.monotonic() - start, 1)
            self.assertLess(time.monotonic() - start, 1)
        self.assertEqual(self.server.stop(), 0)
        lines = [json.loads(line) for line in self.server.log().splitlines()]
        refusals = [line for line in lines if "connections are refused" in line["message"]]
        self.assertGreaterEqual(sum(line["refused"] for line in refusals), CONNECTIONS - LIMIT)
        self.assertLess(len(refusals), 5, "refusals are logged together")


if __name__ == "__main__":
    unittest.main()
