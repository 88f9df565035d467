"""The calls of a backend in Node, over both endpoints: runs the tests under node/, with stubs that
are generated for them."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from server import Server, clean_environment, run

HERE = pathlib.Path(__file__).resolve().parent
PROTOS = HERE.parent.parent / "protos"
PACKAGES = pathlib.Path(os.environ.get("TIERMARK_TOOLS", HERE.parent.parent / ".tools/bin")
                        ).parent / "connect-node" / "node_modules"


def key_of(server, role):
    """The secret of a new key. The server must not be running."""
    made = run(f"--store=sqlite:{server.store}", "key", "create", "--name=node",
               f"--role={role}")
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


class NodeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not PACKAGES.is_dir():
            raise AssertionError("the packages of Node are missing: ./dev test fetches them")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-node-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        # Node looks for packages above the file that imports them.
        for file in ("package.json", "service.test.js"):
            shutil.copy(HERE / "node" / file, cls.folder)
        (cls.folder / "node_modules").symlink_to(PACKAGES)
        (cls.folder / "gen").mkdir()
        protos = [p for part in ("google", "tiermark/v1") for p in (PROTOS / part).rglob("*.proto")]
        subprocess.run(
            ["protoc", f"--proto_path={PROTOS}",
             f"--plugin=protoc-gen-es={PACKAGES}/.bin/protoc-gen-es",
             f"--es_out={cls.folder}/gen", "--es_opt=target=js,import_extension=js", *protos],
            check=True, timeout=120)

    def test_service(self):
        with Server() as server, Server() as closed:
            closed.stop()
            key = key_of(closed, "scorer")
            closed.start()
            done = subprocess.run(
                ["node", "--test-reporter=tap", "--test", "service.test.js"], cwd=self.folder,
                capture_output=True, text=True, timeout=120, env=clean_environment(
                    TIERMARK_OPEN_GRPC=server.address, TIERMARK_OPEN_HTTP=server.http_address,
                    TIERMARK_CLOSED_GRPC=closed.address, TIERMARK_CLOSED_HTTP=closed.http_address,
                    TIERMARK_KEY=key))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        # None is left out unseen.
        self.assertRegex(done.stdout, r"(?m)^# pass [1-9]\d")


if __name__ == "__main__":
    unittest.main()
