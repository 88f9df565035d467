"""What type checkers read. For messages protoc writes it; for Client, whose methods are made at run
time, it is made here from that and from the protos. For generate.py."""
import re

_HEAD = '''import grpc
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, Self

from tiermark.errors import TiermarkError as TiermarkError
'''

_CLIENT = '''
class Client:
    def __init__(
        self, target: str = ..., deadline: float = ..., attempts_max: int = ...,
        channel: grpc.Channel | None = ..., *, key: str | None = ..., tls: bool = ...,
        ca_file: str | PathLike[str] | None = ...,
        certificate_file: str | PathLike[str] | None = ...,
        certificate_key_file: str | PathLike[str] | None = ...,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None: ...
    def close(self) -> None: ...
'''

_ERRORS = '''import grpc
from typing import Self

class TiermarkError(Exception):
    code: grpc.StatusCode
    message: str
    reason: str
    field_violations: list[tuple[str, str]]
    retry_delay: float | None
    def __init__(self, code: grpc.StatusCode, message: str, details: bytes = ...) -> None: ...
    @classmethod
    def of(cls, error: grpc.RpcError) -> Self: ...
'''

_RPC = re.compile(r"^  rpc (\w+)\((stream )?(\w+)\)\s+returns \((stream )?(\w+)\);", re.MULTILINE)


def _parameters(stubs, message):
    """Those of a message's constructor, as protoc wrote them."""
    found = re.search(rf"^class {message}\(.*?^    def __init__\(self(.*?)\) -> None: \.\.\.$",
                      stubs, re.MULTILINE | re.DOTALL)
    return found[1]


def _items(stubs, message):
    """The type of what a list's answer lists: its first field."""
    return re.search(rf"^class {message}\(.*?RepeatedCompositeFieldContainer\[(.*?)\]", stubs,
                     re.MULTILINE | re.DOTALL)[1]


def _methods(proto, stubs):
    for name, sends, request, streams, response in _RPC.findall(proto):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        more = ("timeout: float | None = ..., metadata: Sequence[tuple[str, str | bytes]] = ..."
                if sends or streams else "deadline: float | None = ...")
        given = (f"request: Iterable[{request}], *, {more}" if sends else
                 f"request: {request} | None = ..., *, {more}{_parameters(stubs, request)}")
        answer = f"Iterator[{response}]" if streams else response
        yield f"    def {name}(self, {given}) -> {answer}: ..."
        if "page_token:" in given:
            yield (f"    def {name.replace('list_', 'iterate_', 1)}(self, {given}) -> "
                   f"Iterator[{_items(stubs, response)}]: ...")


def _with_values(stubs):
    """Tells the values of enums as members too (`Segment.SEGMENT_SMB`), as later protocs do."""
    def members(found):
        enum = found[2]
        values = re.findall(rf"^ *(\w+): (?:\w+\.)*{enum}$", stubs, re.MULTILINE)
        return found[0] + "".join(f"\n{found[1]}    {v}: {enum}" for v in values if v.isupper())

    return re.sub(r"^( *)class (\w+)\(int, metaclass=.*\n.*__slots__ = \[\]", members, stubs,
                  flags=re.MULTILINE)


def write(protos, folder):
    """`protos`: the folder above tiermark/v1; `folder`: the package, with its messages' stubs."""
    text = {path.stem: _with_values(path.read_text())
            for path in sorted(folder.glob("v1/*_pb2.pyi"))}
    for name, stub in text.items():
        (folder / "v1" / f"{name}.pyi").write_text(stub)
    stubs = "\n".join(text.values())
    # The names of messages are one name space in the protos, so they are one here; what protoc
    # imported under names of its own is imported likewise.
    imports = sorted(set(re.findall(r"^(?:from|import) .* as _\w+$", stubs, re.MULTILINE)))
    everything = [f"from tiermark.v1.{name} import *" for name in text]
    methods = [line for path in sorted(protos.glob("tiermark/v1/*_service.proto"))
               for line in _methods(path.read_text(), stubs)]
    (folder / "client.pyi").write_text(
        "\n".join([_HEAD, *imports, *everything]) + "\n" + _CLIENT + "\n".join(methods) + "\n")
    (folder / "errors.pyi").write_text(_ERRORS)
