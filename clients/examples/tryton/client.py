"""The server and the key that Tryton's configuration names in its section [tiermark]; the README has
the settings."""
import functools
import os
import pathlib

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


def client():
    path = setting("key_file")
    # A process that was forked needs a channel of its own, and a key that was exchanged counts.
    return _client(os.getpid(), pathlib.Path(path).read_text() if path else None)


@functools.lru_cache(maxsize=1)
def _client(_, key):
    return Client(setting("target", "127.0.0.1:50051"), deadline=float(setting("timeout", 3)),
                  key=key, tls=config.getboolean("tiermark", "tls") if setting("tls") else None,
                  ca_file=setting("ca_file"))
