"""A thin wrapper of the generated stubs: deadlines, retries, paging, and errors that say why.

Every unary RPC is a method in lower_snake_case that takes the request, or its fields by name:
`client.get_account(account_id="a-1")`. Every list is also an iterator over all its items:
`client.iterate_accounts(filter=...)`. The protos decide, so new RPCs need no code.
"""
import ipaddress
import os
import pathlib
import random
import re
import time
import uuid

import grpc

from tiermark.errors import TiermarkError
from tiermark.v1 import account_service_pb2, account_service_pb2_grpc
from tiermark.v1 import admin_service_pb2, admin_service_pb2_grpc
from tiermark.v1 import model_service_pb2, model_service_pb2_grpc
from tiermark.v1 import scoring_service_pb2, scoring_service_pb2_grpc

_SERVICES = (
    (scoring_service_pb2, scoring_service_pb2_grpc, "ScoringService"),
    (account_service_pb2, account_service_pb2_grpc, "AccountService"),
    (admin_service_pb2, admin_service_pb2_grpc, "AdminService"),
    (model_service_pb2, model_service_pb2_grpc, "ModelService"),
)
_BACKOFF_SECONDS = 0.1  # Doubled with each attempt; RetryInfo of the server goes before it.


def _may_help(error, request):
    """Whether the same call can succeed later. What a lost commit answer hides, a request id
    finds out; a claim has none, and would claim others."""
    if request.DESCRIPTOR.name == "ClaimReevaluationsRequest" and (
            error.reason in ("", "COMMIT_UNKNOWN")):
        return False
    return (error.code == grpc.StatusCode.UNAVAILABLE or error.reason == "COMMIT_UNKNOWN"
            or error.code == grpc.StatusCode.RESOURCE_EXHAUSTED and error.retry_delay is not None)


def _is_on_this_machine(target):
    host = target.rpartition(":")[0].strip("[]")
    try:
        return target.startswith("unix:") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Client:
    """Calls one server. May be shared by threads.

    `deadline` bounds each call together with its repetitions, in seconds. Reads are repeated, and
    so are writes: one that can carry a `request_id` gets a random one when it has none.
    `key` is an API key; absent, it is TIERMARK_KEY of the environment, if that is set. With `tls`,
    or one of the PEM files, the connection is TLS, and so it is to any other machine unless `tls`
    is False: `ca_file` has roots to trust instead of the usual ones, `certificate_file` and
    `certificate_key_file` show who calls.
    """

    def __init__(self, target="127.0.0.1:50051", deadline=10.0, attempts_max=5, channel=None, *,
                 key=None, tls=None, ca_file=None, certificate_file=None,
                 certificate_key_file=None):
        key = (os.environ.get("TIERMARK_KEY", "") if key is None else key).strip()
        self._metadata = (("authorization", f"Bearer {key}"),) if key else ()
        files = (ca_file, certificate_key_file, certificate_file)
        tls = tls or any(files) or tls is None and not _is_on_this_machine(target)
        options = (("grpc.initial_reconnect_backoff_ms", 100),)
        if channel is not None:
            self._channel = channel
        elif tls:
            pem = (pathlib.Path(file).read_bytes() if file else None for file in files)
            self._channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(*pem), options)
        else:
            self._channel = grpc.insecure_channel(target, options)
        self._deadline, self._attempts_max = deadline, attempts_max
        for module, stubs, name in _SERVICES:
            stub = getattr(stubs, name + "Stub")(self._channel)
            for method in module.DESCRIPTOR.services_by_name[name].methods:
                self._add(method, getattr(stub, method.name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._channel.close()

    def _add(self, method, call):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
        request_type = method.input_type._concrete_class

        # Never repeated: who streams knows what was answered.
        def stream(request=None, *, timeout=None, metadata=(), **fields):
            if not method.client_streaming:
                request = self._prepared(request_type, request, fields)
            return call(request, timeout=timeout, metadata=(*self._metadata, *metadata))

        if method.client_streaming or method.server_streaming:
            setattr(self, name, stream)
            return

        def unary(request=None, *, deadline=None, **fields):
            return self._call(call, self._prepared(request_type, request, fields), deadline)

        def iterate(request=None, *, deadline=None, **fields):
            request = self._prepared(request_type, request, fields)
            while True:
                page = self._call(call, request, deadline)
                yield from getattr(page, items)
                if not page.next_page_token:
                    return
                request.page_token = page.next_page_token

        setattr(self, name, unary)
        if "page_token" in method.input_type.fields_by_name:
            items = method.output_type.fields[0].name
            setattr(self, name.replace("list_", "iterate_", 1), iterate)

    @staticmethod
    def _prepared(request_type, request, fields):
        prepared = request_type(**fields)
        if request is not None:
            prepared.MergeFrom(request)
        # The items of a batch carry their own.
        for write in [prepared, *getattr(prepared, "requests", ())]:
            if "request_id" in write.DESCRIPTOR.fields_by_name and not write.request_id:
                write.request_id = str(uuid.uuid4())
        return prepared

    def _call(self, call, request, deadline):
        end = time.monotonic() + (self._deadline if deadline is None else deadline)
        for attempt in range(self._attempts_max):
            try:
                return call(request, timeout=end - time.monotonic(),
                            metadata=self._metadata)
            except grpc.RpcError as failure:
                error = TiermarkError.of(failure)
            pause = error.retry_delay or _BACKOFF_SECONDS * 2**attempt * random.uniform(0.5, 1)
            last = attempt + 1 == self._attempts_max or time.monotonic() + pause >= end
            if last or not _may_help(error, request):
                raise error
            # A channel connects again only while somebody watches it.
            watch = grpc.channel_ready_future(self._channel)
            time.sleep(pause)
            watch.cancel()
