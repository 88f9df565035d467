#!/usr/bin/python3
"""Writes the whole npm package, generated code and all, into a folder, and packs it there.

usage: generate.py OUT

Leaves OUT/tiermark-client-VERSION.tgz, which `npm install` takes.
Needs npm, buf on PATH or where ./dev puts it, and the packages that `npm ci` installs here or ./dev
installs elsewhere.
"""
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROTOS = HERE.parent.parent / "protos"
TOOLS = pathlib.Path(os.environ.get("TIERMARK_TOOLS", HERE.parent.parent / ".tools" / "bin"))


def main(out):
    # What an earlier proto left behind must not be packed.
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(HERE / "src", out / "src")
    for name in ("package.json", "tsconfig.json", "README.md"):
        shutil.copy(HERE / name, out)
    modules = HERE / "node_modules"
    if not modules.is_dir():
        modules = TOOLS.parent / "typescript" / "node_modules"
    # The compiler looks for packages beside what it compiles.
    (out / "node_modules").symlink_to(modules)
    path = os.pathsep.join([str(modules / ".bin"), str(TOOLS), os.environ["PATH"]])

    def run(*command):
        subprocess.run(command, check=True, cwd=out, env={**os.environ, "PATH": path})

    run("buf", "generate", PROTOS, "--template", HERE / "buf.gen.yaml", "--output", "src/gen",
        "--path", PROTOS / "tiermark" / "v1", "--path", PROTOS / "google")
    run("tsc", "--project", ".")
    run("npm", "pack", "--silent", "--no-update-notifier")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]).resolve())
