"""What the tests of the clients share: a server with TLS and keys of every role, the runs of the
cases, and the code of READMEs."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from auth_support import create_key
from certificates import Authority
from server import Server, clean_environment

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CASES = ROOT / "clients" / "cases" / "cases.json"
PYTHON = "/usr/bin/python3"
RUN_SECONDS = 120
INSTALL_SECONDS = 280
WORKER = "worker.crm.example"


def readme_code(client, language):
    """The blocks of code in the README of a client."""
    text = (ROOT / "clients" / client / "README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def run(command, **more):
    """What a command that succeeds printed; nothing of the tree is in its environment."""
    more = {"cwd": "/", "env": outside_environment(), "timeout": RUN_SECONDS, **more}
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}")
    return done.stdout


def outside_environment(**more):
    kept = clean_environment(**more)
    return {k: v for k, v in kept.items() if k == "PYTHONDONTWRITEBYTECODE" or "PYTHON" not in k}


class ClientsTest(unittest.TestCase):
    """Two servers: one with TLS, which asks for keys, and one with neither."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-clients-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        authority = Authority(cls.folder)
        pair = authority.issue("server", ["DNS:localhost", "IP:127.0.0.1"])
        cls.ca_file = authority.root
        cls.certificate = authority.issue("worker", [f"DNS:{WORKER}"])
        cls.server = Server(f"--tls-certificate={pair.certificate}", f"--tls-key={pair.key}",
                            f"--tls-client-ca={authority.root}")
        cls.addClassCleanup(cls.server.close)
        cls.keys = {role: create_key(cls.server, role)
                    for role in ("administrator", "scorer", "viewer")}
        # A certificate of this name stands for a viewer's key.
        create_key(cls.server, "viewer", certificate_name=WORKER)
        cls.server.start()
        cls.plain = Server()
        cls.addClassCleanup(cls.plain.close)
        cls.plain.start()

    def environment(self, plain=False):
        """What a runner is told, as the README of the cases says."""
        server = self.plain if plain else self.server
        told = {"TIERMARK_CASES": str(CASES), "TIERMARK_ADDRESS": server.address,
                "TIERMARK_HTTP_ADDRESS": server.http_address}
        if not plain:
            told |= {"TIERMARK_CA_FILE": str(self.ca_file),
                     "TIERMARK_KEY": self.keys["administrator"],
                     "TIERMARK_SCORER_KEY": self.keys["scorer"],
                     "TIERMARK_VIEWER_KEY": self.keys["viewer"]}
        return outside_environment(**told)

    def assert_cases_pass(self, client, command, lacks=()):
        """Runs them against both servers. `lacks`: the needs that this client cannot meet."""
        for plain in (False, True):
            done = subprocess.run([str(part) for part in command], cwd="/", text=True,
                                  env=self.environment(plain), timeout=RUN_SECONDS,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            lines = done.stdout.splitlines()
            where = f"{client}, {'without' if plain else 'with'} TLS and keys"
            failed = [line for line in lines if line.startswith("FAILED ")]
            self.assertEqual((failed, done.returncode), ([], 0), f"{where}:\n{done.stdout}")
            missing = {*lacks, *(["keys"] if plain else [])}
            wanted = [case["name"] for case in json.loads(CASES.read_text())["cases"]
                      if missing.isdisjoint(case.get("needs", ()))]
            self.assertEqual([line[3:] for line in lines if line.startswith("ok ")], wanted, where)


def write_packages(out, *languages):
    """Writes packages of clients with the command that everybody uses, C++ from this build."""
    run([ROOT / "dev", "clients", f"--out={out}", f"--from={os.environ['TIERMARK_BUILD']}",
         *languages], env={**outside_environment(), "TIERMARK_NO_INSTALL": "1"})


def install_as_readme_says(client, home, **more):
    """Runs the commands of a client's README in a home directory whose ~/tiermark is as a clone in
    which nothing but clients was built."""
    [commands] = readme_code(client, "sh")
    clone = home / "tiermark"
    clone.mkdir(parents=True)
    build = f"{ROOT}/dev clients --out={clone}/build/clients"
    run(["bash", "-euc", commands.replace("./dev clients", build)], cwd=clone,
        timeout=INSTALL_SECONDS,
        env=outside_environment(**{"HOME": str(home), "TIERMARK_NO_INSTALL": "1", **more}))
