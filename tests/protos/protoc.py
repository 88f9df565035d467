"""Runs protoc on protos of the contract or of the tests."""
import os
import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool

HERE = pathlib.Path(__file__).resolve().parent
PROTOS = HERE.parent.parent / "protos"
SAMPLES = HERE / "samples"


def protoc(*arguments):
    return subprocess.run(
        [os.environ["TIERMARK_PROTOC"], f"--proto_path={PROTOS}", f"--proto_path={SAMPLES}",
         *arguments], capture_output=True, text=True, check=False)


def file_set(files):
    """The descriptors of files and of what they import, with their comments."""
    with tempfile.NamedTemporaryFile() as out:
        run = protoc("--include_imports", "--include_source_info",
                     f"--descriptor_set_out={out.name}", *files)
        if run.returncode != 0:
            raise RuntimeError(run.stderr)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read())


def pool_of(files):
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


def describe(directory, *files):
    """Runs our plugin, which writes openapi.json and swagger.json into the directory."""
    plugin = os.environ["TIERMARK_OPENAPI_PLUGIN"]
    return protoc(f"--plugin=protoc-gen-openapi={plugin}", "--openapi_opt=version=1.2.3",
                  f"--openapi_out={directory}", *files)
