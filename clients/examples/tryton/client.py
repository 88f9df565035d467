"""The server and the key that Tryton's configuration names:

    [tiermark]
    target = 127.0.0.1:50051            # HOST:PORT of its gRPC endpoint
    key_file = /etc/tryton/tiermark.key  # or the environment's TIERMARK_KEY; neither on loopback
    ca_file =                            # PEM of the authority of its certificate: calls over TLS
    timeout = 3                          # seconds for one call with its repetitions
    prefix = party-                      # of account ids, where several databases share a tenant
    batch = 50                           # accounts that the nightly job claims at once, 1 to 500
"""
import functools
import os
import pathlib

import grpc
from trytond.config import config

from tiermark import Client


def setting(name, default=None):
    return config.get("tiermark", name, default=default) or default


def account_id(party_id):
    return f"{setting('prefix', 'party-')}{party_id}"


def party_id(account):
    """None when the account is not of this database."""
    prefix = setting("prefix", "party-")
    number = account[len(prefix):]
    return int(number) if account.startswith(prefix) and number.isdecimal() else None


class _Key(grpc.UnaryUnaryClientInterceptor):
    """Puts the key on every call, also without TLS, as a server on loopback takes it."""

    def __init__(self, key):
        self._metadata = ("authorization", f"Bearer {key}")

    def intercept_unary_unary(self, continuation, details, request):
        details = details._replace(metadata=[*(details.metadata or ()), self._metadata])
        return continuation(details, request)


def _key():
    path = setting("key_file")
    return pathlib.Path(path).read_text().strip() if path else os.environ.get("TIERMARK_KEY")


def client():
    # A process that was forked needs a channel of its own.
    return _client(os.getpid())


@functools.lru_cache(maxsize=1)
def _client(_):
    target, ca_file, key = setting("target", "127.0.0.1:50051"), setting("ca_file"), _key()
    options = (("grpc.initial_reconnect_backoff_ms", 100),)
    if ca_file:
        trusted = grpc.ssl_channel_credentials(pathlib.Path(ca_file).read_bytes())
        channel = grpc.secure_channel(target, trusted, options)
    else:
        channel = grpc.insecure_channel(target, options)
    if key:
        channel = grpc.intercept_channel(channel, _Key(key))
    return Client(channel=channel, deadline=float(setting("timeout", 3)))
