"""What the tests of keys share: keys of tenants, every RPC by its descriptor, and callers that make
any call over gRPC, or over HTTP with either kind of message."""
import base64
import dataclasses
import http.client
import json
import struct

import grpc
from google.protobuf import json_format
from google.rpc import status_pb2

import server as server_module
from support import DEADLINE_SECONDS
from tiermark import TiermarkError
from tiermark.v1 import (account_service_pb2, admin_service_pb2, model_service_pb2,
                         scoring_service_pb2)

OK = grpc.StatusCode.OK
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
DENIED = grpc.StatusCode.PERMISSION_DENIED
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE

_END_OF_STREAM = 2
_FILES = (scoring_service_pb2, account_service_pb2, model_service_pb2, admin_service_pb2)


def create_key(server, role="administrator", tenant="default", name="test", **flags):
    """The secret of a new key; the server must not be serving."""
    more = [f"--{flag.replace('_', '-')}={value}" for flag, value in flags.items()]
    done = server_module.run(f"--store=sqlite:{server.store}", "key", "create",
                             f"--tenant={tenant}", f"--role={role}", f"--name={name}", *more)
    if done.returncode != 0:
        raise AssertionError(f"no key was created: {done.returncode} {done.stderr}")
    return done.stdout.strip()


def id_of(secret):
    """The id of the key that a secret belongs to."""
    return secret.split("_")[1]


def bearer(secret):
    return f"Bearer {secret}"


@dataclasses.dataclass(frozen=True)
class Rpc:
    """`name` is "tiermark.v1.ScoringService/EvaluateAccount"; the others are message classes."""
    name: str
    request: type
    response: type
    client_streaming: bool
    server_streaming: bool

    @property
    def short_name(self):
        return self.name.rpartition("/")[2]

    @property
    def path(self):
        return f"/{self.name}"


def _all_rpcs():
    for module in _FILES:
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield Rpc(f"{service.full_name}/{method.name}",
                          method.input_type._concrete_class, method.output_type._concrete_class,
                          method.client_streaming, method.server_streaming)


# Of the descriptors, so that a new one is among them by itself.
RPCS = {rpc.short_name: rpc for rpc in _all_rpcs()}


@dataclasses.dataclass
class Outcome:
    """How a call ended: its messages, or its error. Of a stream that is all that came until there
    were enough."""
    messages: list
    code: grpc.StatusCode = OK
    reason: str = ""
    message: str = ""
    field_violations: tuple = ()
    retry_delay: float = None
    # As it was sent, for looking into.
    raw_error: str = ""
    # Of HTTP only.
    http_status: int = None
    headers: dict = dataclasses.field(default_factory=dict)

    @property
    def ok(self):
        return self.code == OK

    @property
    def error(self):
        """What a caller can act on."""
        return (self.code, self.reason, self.message, tuple(self.field_violations))

    @property
    def answer(self):
        if not self.ok:
            raise AssertionError(f"{self.code} {self.reason} {self.message} "
                                 f"{self.field_violations}")
        [only] = self.messages
        return only

    @classmethod
    def of(cls, failed, messages, raw_error, **more):
        return cls(messages, failed.code, failed.reason, failed.message,
                   tuple(failed.field_violations), failed.retry_delay, raw_error, **more)


class GrpcCaller:
    """Makes calls over gRPC, the messages as bytes as any client could send them."""

    label = "grpc"

    def __init__(self, address, credentials=None):
        # Channels of one process otherwise share connections, also those of other credentials.
        options = [("grpc.use_local_subchannel_pool", 1)]
        self.channel = (grpc.insecure_channel(address, options) if credentials is None
                        else grpc.secure_channel(address, credentials, options))
        self._calls = {}

    def close(self):
        self.channel.close()

    @staticmethod
    def can_call(_rpc):
        return True

    def call(self, rpc, request=None, authorization=None, enough=1, metadata=()):
        """Sends `request`, or an empty one; of a stream takes up to `enough` messages."""
        request = rpc.request() if request is None else request
        metadata = list(metadata)
        if authorization is not None:
            metadata.append(("authorization", authorization))
        messages = []
        given = iter([request]) if rpc.client_streaming else request
        try:
            running = self._call(rpc)(given, timeout=DEADLINE_SECONDS, metadata=metadata)
            if not rpc.server_streaming:
                return Outcome([running])
            for message in running:
                messages.append(message)
                if len(messages) == enough:
                    break
            running.cancel()
            return Outcome(messages)
        except grpc.RpcError as failure:
            return self._failed(failure, messages)

    def _call(self, rpc):
        if rpc.name not in self._calls:
            kind = (f"{'stream' if rpc.client_streaming else 'unary'}_"
                    f"{'stream' if rpc.server_streaming else 'unary'}")
            self._calls[rpc.name] = getattr(self.channel, kind)(
                rpc.path, rpc.request.SerializeToString, rpc.response.FromString)
        return self._calls[rpc.name]

    @staticmethod
    def _failed(failure, messages):
        trailers = dict(failure.trailing_metadata() or ())
        return Outcome.of(TiermarkError.of(failure), messages,
                          f"{failure.details()} {trailers}")


class HttpCaller:
    """Makes calls over HTTP by the Connect protocol, with JSON or protobuf's binary form."""

    def __init__(self, address, json_form=True, context=None):
        self.label = "http-json" if json_form else "http-proto"
        self._address, self._json, self._context = address, json_form, context
        self._connection = None

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @staticmethod
    def can_call(rpc):
        return not rpc.client_streaming

    def open(self):
        """A connection of its own."""
        if self._context is None:
            return http.client.HTTPConnection(self._address, timeout=DEADLINE_SECONDS)
        return http.client.HTTPSConnection(self._address, timeout=DEADLINE_SECONDS,
                                           context=self._context)

    def call(self, rpc, request=None, authorization=None, enough=1, metadata=()):
        """As GrpcCaller.call."""
        request = rpc.request() if request is None else request
        form = "json" if self._json else "proto"
        headers = {"content-type": f"application/{form}", **dict(metadata)}
        if authorization is not None:
            headers["authorization"] = authorization
        body = self._write(request)
        if not rpc.server_streaming:
            return self._call_once(rpc, body, headers)
        headers["content-type"] = f"application/connect+{form}"
        connection = self.open()
        try:
            connection.request("POST", rpc.path, struct.pack(">BI", 0, len(body)) + body, headers)
            return self._read_stream(rpc, connection.getresponse(), enough)
        finally:
            connection.close()

    def post(self, path, body, headers):
        """(status, headers, body), over a connection that is kept."""
        if self._connection is None:
            self._connection = self.open()
        try:
            self._connection.request("POST", path, body, headers)
            response = self._connection.getresponse()
            answer = response.read()
        except Exception:
            self.close()
            raise
        if response.will_close:
            self.close()
        return response.status, dict(response.getheaders()), answer

    def _call_once(self, rpc, body, headers):
        status, got, answer = self.post(rpc.path, body, headers)
        if status == 200:
            return Outcome([self._read(rpc, answer)], http_status=status, headers=got)
        return self._failed(json.loads(answer), [], http_status=status, headers=got)

    def _read_stream(self, rpc, response, enough):
        messages = []
        about = dict(http_status=response.status, headers=dict(response.getheaders()))
        if response.status != 200:
            return self._failed(json.loads(response.read()), messages, **about)
        while True:
            flags, size = struct.unpack(">BI", response.read(5))
            body = response.read(size)
            if flags & _END_OF_STREAM:
                end = json.loads(body)
                if "error" in end:
                    return self._failed(end["error"], messages, **about)
                return Outcome(messages, **about)
            messages.append(self._read(rpc, body))
            if len(messages) == enough:
                return Outcome(messages, **about)

    def _write(self, message):
        if self._json:
            return json_format.MessageToJson(message).encode()
        return message.SerializeToString()

    def _read(self, rpc, body):
        if self._json:
            return json_format.Parse(body, rpc.response())
        return rpc.response.FromString(body)

    @staticmethod
    def _failed(error, messages, **about):
        details = status_pb2.Status()
        for detail in error.get("details", ()):
            # Padding is left out by the protocol.
            value = detail["value"] + "=" * (-len(detail["value"]) % 4)
            details.details.add(type_url=f"type.googleapis.com/{detail['type']}",
                                value=base64.b64decode(value))
        code = {"CANCELED": "CANCELLED"}.get(error["code"].upper(), error["code"].upper())
        failed = TiermarkError(grpc.StatusCode[code], error.get("message", ""),
                               details.SerializeToString())
        return Outcome.of(failed, messages, json.dumps(error), **about)


def all_callers(server):
    """One of each kind."""
    return [GrpcCaller(server.address), HttpCaller(server.http_address),
            HttpCaller(server.http_address, json_form=False)]
