#!/usr/bin/python3
"""Writes the whole Python package, generated modules and all, into a folder.

usage: generate.py OUT [GOOGLE_OUT]

OUT can be put on PYTHONPATH or given to pip. It needs google.rpc and google.type from the package
googleapis-common-protos; where that is not at hand (Debian has none), GOOGLE_OUT gets a private
copy of them, which is never part of the package.
Needs protoc and grpc_python_plugin: Debian's protobuf-compiler and protobuf-compiler-grpc.
"""
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True  # The source tree stays as it is.
import type_stubs

HERE = pathlib.Path(__file__).resolve().parent
PROTOS = HERE.parent.parent / "protos"


def protoc(*arguments):
    subprocess.run(["protoc", f"--proto_path={PROTOS}", *map(str, arguments)], check=True)


def protos(pattern):
    return sorted(path.relative_to(PROTOS) for path in PROTOS.glob(pattern))


def main(out, google_out=None):
    plugin = shutil.which("grpc_python_plugin")
    if plugin is None:
        sys.exit("generate.py: grpc_python_plugin is missing: install protobuf-compiler-grpc")
    out = pathlib.Path(out)
    # What an earlier proto left behind must not be found by an import.
    shutil.rmtree(out / "tiermark", ignore_errors=True)
    shutil.copytree(HERE / "tiermark", out / "tiermark",
                    ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(HERE / name, out / name)
    protoc(f"--python_out={out}", f"--pyi_out={out}", *protos("tiermark/v1/*.proto"))
    protoc(f"--plugin=protoc-gen-grpc_python={plugin}", f"--grpc_python_out={out}",
           *protos("tiermark/v1/*_service.proto"))
    (out / "tiermark" / "v1" / "__init__.py").touch()
    type_stubs.write(PROTOS, out / "tiermark")
    if google_out is not None:
        pathlib.Path(google_out).mkdir(parents=True, exist_ok=True)
        protoc(f"--python_out={google_out}", *protos("google/*/*.proto"))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
