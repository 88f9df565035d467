"""The unit of systemd: well formed, as closed as can be, and no tighter than what the server does."""
import configparser
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

import grpc

import server as server_module
from server import BINARY, clean_environment
from support import bank
from tiermark import Client

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "systemd/tiermarkd.service"
CONFIG = DEPLOY / "debian/tiermarkd.conf"
# From 0 to 100, where systemd calls 50 and above exposed.
EXPOSURE_MAX = 15


def settings():
    """The unit's [Service] section: name to list of values."""
    found = {}
    section = ""
    for line in UNIT.read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text)[1])


def allowed_calls():
    """The system calls that the unit's filter lets through, as systemd expands it."""
    sets, name = {}, ""
    listed = subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True,
                            check=True).stdout
    for line in listed.splitlines():
        if line.startswith("@"):
            name = line.strip()
            sets[name] = set()
        elif line.startswith("    ") and not line.strip().startswith("#"):
            sets[name].add(line.strip())

    def expand(names):
        calls = set()
        for one in names:
            calls |= expand(sets[one]) if one in sets else {one}
        return calls

    calls = expand(["@default"])
    for value in settings()["SystemCallFilter"]:
        if value.startswith("~"):
            calls -= expand(value[1:].split())
        else:
            calls |= expand(value.split())
    return calls


class SystemdUnitTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-unit-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        # As it would be installed, but that the server stands elsewhere.
        self.unit = self.folder / UNIT.name
        self.unit.write_text(UNIT.read_text().replace("/usr/bin/tiermarkd",
                                                      os.path.abspath(BINARY)))

    def analyze(self, *arguments):
        ended = subprocess.run(["systemd-analyze", *arguments, str(self.unit)],
                               capture_output=True, text=True)
        return ended.returncode, ended.stdout + ended.stderr

    def test_it_is_well_formed(self):
        code, said = self.analyze("verify", "--man=no")
        self.assertEqual((code, said.strip()), (0, ""))

    def test_it_exposes_little(self):
        code, said = self.analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}")
        self.assertEqual(code, 0, said)

    def test_stopping_has_the_time_that_draining_takes(self):
        drain = int(re.search(r"int drain_seconds = (\d+);",
                              (ROOT / "service/config.h").read_text())[1])
        self.assertGreaterEqual(seconds(settings()["TimeoutStopSec"][0]), drain + 60)

    def test_the_configuration_is_good_and_lets_nobody_in(self):
        checked = server_module.run("--check-config", f"--config={CONFIG}")
        self.assertEqual(checked.returncode, 0, checked.stderr)
        parser = configparser.ConfigParser()
        parser.read_string("[it]\n" + CONFIG.read_text())
        values = dict(parser["it"])
        self.assertEqual(values["require-keys"], "true")
        for listen in ("grpc-listen", "http-listen"):
            self.assertTrue(values[listen].startswith("127.0.0.1:"), listen)
        # Where the unit's server may write.
        self.assertEqual(values["store"], "sqlite:/var/lib/tiermark/tiermark.db")
        self.assertEqual(settings()["StateDirectory"], ["tiermark"])
        self.assertIn(f"--config=/etc/tiermark/{CONFIG.name}", settings()["ExecStart"][0])

    def test_the_server_calls_nothing_that_the_unit_forbids(self):
        store = self.folder / "store/tiermark.db"
        store.parent.mkdir(mode=0o700)
        trace = self.folder / "trace"
        command = ["strace", "-f", "-qq", "-o", str(trace), BINARY, f"--store=sqlite:{store}",
                   "--grpc-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0", "--demo"]
        as_user = {}
        if os.geteuid() == 0:
            # As root SQLite gives its files to the owner of the database.
            nobody = pwd.getpwnam("nobody")
            for path in (self.folder, store.parent):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
            as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   text=True, env=clean_environment(), **as_user)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        ready = process.stdout.readline()
        address = re.match(r"tiermarkd ready grpc=(\S+) http=\S+", ready)
        self.assertIsNotNone(address, "it is not ready")
        with grpc.insecure_channel(address[1]) as channel:
            client = Client(channel=channel, deadline=60)
            client.evaluate_account(account_id="bank", facts=bank())
            list(client.iterate_accounts())
        backup = self.folder / "backup.db"
        made = server_module.run("backup", f"--to={backup}", f"--store=sqlite:{store}")
        self.assertEqual(made.returncode, 0, made.stderr)
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        os.kill(int(children.split()[0]), signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)
        text = trace.read_text(errors="replace")
        calls = set(re.findall(r"^\d+ +([a-z_0-9]+)\(", text, re.MULTILINE))
        self.assertGreater(len(calls), 30)
        self.assertEqual(sorted(calls - allowed_calls()), [])
        families = set(re.findall(r"socket\((AF_\w+)", text))
        self.assertLessEqual(families, set(settings()["RestrictAddressFamilies"][0].split()))
        # ProtectSystem=strict: it writes nowhere but where its store is.
        written = set(re.findall(r'open(?:at)?\((?:\w+, )?"([^"]+)", [^)]*(?:O_WRONLY|O_RDWR)', text))
        self.assertIn(str(store), written)
        self.assertEqual([path for path in written if not path.startswith(f"{store.parent}/") and
                          path != "/dev/null"], [])
        # Memory that is written and run.
        self.assertNotRegex(text, r"mmap\([^\n]*PROT_WRITE\|PROT_EXEC")
        self.assertNotRegex(text, r"mprotect\([^\n]*PROT_EXEC")


if __name__ == "__main__":
    unittest.main()
