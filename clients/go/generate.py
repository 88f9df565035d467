#!/usr/bin/python3
"""Writes the whole Go module, generated code and all, into a folder.

usage: generate.py OUT [PROXY]

OUT can be named by a `replace` of a go.mod. PROXY gets the same as a module proxy, which the go
command takes as it is: GOPROXY=file://PROXY.
Needs buf, protoc-gen-go and protoc-gen-go-grpc, on PATH or where ./dev puts them.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MODULE, VERSION = "github.com/tiermark/tiermark-go", "v0.1.0"


def generate(out):
    # What an earlier proto left behind must not be compiled.
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for file in [*HERE.glob("*.go"), HERE / "go.mod", HERE / "go.sum", HERE / "README.md"]:
        shutil.copy(file, out)
    protos = ROOT / "protos"
    tools = os.environ.get("TIERMARK_TOOLS", str(ROOT / ".tools" / "bin"))
    subprocess.run(
        ["buf", "generate", protos, "--template", HERE / "buf.gen.yaml", "--output", out,
         "--path", protos / "tiermark" / "v1"],
        check=True, env={**os.environ, "PATH": tools + os.pathsep + os.environ["PATH"]})


def write_proxy(module, proxy):
    """As `go help goproxy` has it."""
    versions = proxy / MODULE / "@v"
    versions.mkdir(parents=True, exist_ok=True)
    (versions / "list").write_text(VERSION + "\n")
    (versions / f"{VERSION}.info").write_text(json.dumps({"Version": VERSION}))
    shutil.copy(module / "go.mod", versions / f"{VERSION}.mod")
    with zipfile.ZipFile(versions / f"{VERSION}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in module.rglob("*") if path.is_file()):
            # A date of its own would change the module's checksum with each build.
            entry = zipfile.ZipInfo(f"{MODULE}@{VERSION}/{file.relative_to(module)}")
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    generate(pathlib.Path(sys.argv[1]))
    if len(sys.argv) == 3:
        write_proxy(*map(pathlib.Path, sys.argv[1:]))
