"""A Tryton of its own with the module installed: a fresh SQLite database, its server, its JSON-RPC and
its scheduler."""
import base64
import configparser
import contextlib
import copy
import datetime
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
from decimal import Decimal

from server import START_SECONDS, STOP_SECONDS, clean_environment

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLUGIN = ROOT / "clients" / "examples" / "tryton"
# As ./dev unpacks it from Debian's packages.
TRYTON = pathlib.Path(os.environ.get("TIERMARK_TOOLS", ROOT / ".tools/bin")).parent / "tryton"
PASSWORD = "Zxy8-mbQ2/kwf5"
DATABASE = "crm"


class Fault(Exception):
    """What Tryton answered instead."""


def readme_blocks(language):
    """The commands of the module's README, a block each."""
    text = (PLUGIN / "README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def replaced(text, places):
    """`text` with the README's places exchanged for others; each of them has to be in it."""
    for place, other in places.items():
        assert place in text, f"{place} is not in:\n{text}"
        text = text.replace(place, str(other))
    return text


def _encoded(value):
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime.date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(value)


def _decoded(value):
    kind = value.get("__class__")
    if kind == "Decimal":
        return Decimal(value["decimal"])
    if kind == "date":
        return datetime.date(value["year"], value["month"], value["day"])
    if kind == "datetime":
        return datetime.datetime(*(value[name] for name in (
            "year", "month", "day", "hour", "minute", "second")))
    return value


class Tryton:
    """Closing it removes the database."""

    def __init__(self, settings, **environment):
        """`settings` of the section [tiermark]; TIERMARK_KEY may be in the environment."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-tryton-"))
        self._site = self.folder / "site"
        self._scripts = TRYTON / "usr" / "bin"
        self._config = self.folder / "trytond.conf"
        self._settings, self._log_path = dict(settings), self.folder / "log"
        path = f"{self._site}:{TRYTON}/usr/lib/python3/dist-packages"
        self.environment = {
            **clean_environment(), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1",
            "PATH": f"{self._scripts}:/usr/local/bin:/usr/bin:/bin",
            "TRYTONPASSFILE": str(self.folder / "password"), **environment}
        self.process, self.address = None, None
        self._sessions = {}
        (self.folder / "password").write_text(PASSWORD)
        self.database = self.folder / f"{DATABASE}.sqlite"
        self.database.touch()
        self.configure()
        self._install()

    def twin(self, **changes):
        """Another database with the same companies, by a server of its own; to be started."""
        other = copy.copy(self)
        other.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-tryton-"))
        other._config, other._log_path = other.folder / "trytond.conf", other.folder / "log"
        other._settings, other._sessions, other.process = dict(self._settings), {}, None
        other.database = pathlib.Path(shutil.copy(self.database, other.folder))
        other.configure(**changes)
        return other

    def _install(self):
        """As the README says, in a copy: building writes beside the sources. An empty database
        gets its own tables by the same command."""
        clone = self.folder / "clone"
        for part in ("clients/python", "clients/examples/tryton", "protos"):
            shutil.copytree(ROOT / part, clone / part, ignore=shutil.ignore_patterns("__pycache__"))
        install, _, activate = readme_blocks("sh")
        # Where they are here; /opt/tiermark of the last one is on the path already.
        install = replaced(install, {"/opt/tiermark": self._site,
                                     "/tmp/tiermark-python": self.folder / "client",
                                     "python3 ": "/usr/bin/python3 "})
        activate = replaced(activate, {"PYTHONPATH=/opt/tiermark ": "",
                                       "trytond-admin": f"/usr/bin/python3 {self._scripts}/trytond-admin",
                                       "/etc/tryton/trytond.conf": self._config})
        for commands in (install, activate):
            done = subprocess.run(["bash", "-euc", commands], cwd=clone, env=self.environment,
                                  input="admin@example.com\n", capture_output=True, text=True,
                                  timeout=120)
            assert done.returncode == 0, done.stdout + done.stderr
        shutil.rmtree(clone)

    def configure(self, **changes):
        """Read by what is started next. Begins with the README's, whose values are exchanged."""
        self._settings.update(changes)
        readme = configparser.ConfigParser()
        readme.read_string(readme_blocks("ini")[0])
        assert set(readme["tiermark"]) == {"target", "key_file"}
        settings = {**readme["tiermark"], **self._settings}
        settings = "\n".join(f"{name} = {value}" for name, value in settings.items())
        self._config.write_text(
            f"[database]\nuri = sqlite://\npath = {self.folder}\n"
            f"[web]\nlisten = 127.0.0.1:0\nroot = {TRYTON}/usr/share/tryton-sao/www\n"
            f"[tiermark]\n{settings}\n")

    def _command(self, script, *arguments):
        return ["/usr/bin/python3", str(self._scripts / script), "-c", str(self._config),
                "-d", DATABASE, *arguments]

    def _run(self, script, *arguments):
        return subprocess.run(self._command(script, *arguments), env=self.environment,
                              capture_output=True, text=True, timeout=120)

    def start(self):
        """Returns when it answers."""
        with open(self._log_path, "ab") as log:
            # Verbose for the line with its port, and for what the jobs say.
            start = log.tell()
            self.process = subprocess.Popen(self._command("trytond", "-vv"), env=self.environment,
                                            stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_SECONDS
        while True:
            ready = re.search(r"Running on http://(127\.0\.0\.1:\d+)", self.log()[start:])
            if ready:
                self.address = ready[1]
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"trytond does not serve:\n{self.log()}")
            time.sleep(0.05)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)

    def restart(self, **changes):
        self.stop()
        self.configure(**changes)
        self.start()

    @contextlib.contextmanager
    def amended(self, module, code):
        """With `code` at the end of the installed module's file, as somebody may change it."""
        path = self._site / "trytond" / "modules" / "tiermark" / module
        before = path.read_text()
        path.write_text(f"{before}\n\n{code}")
        self.restart()
        try:
            yield
        finally:
            path.write_text(before)
            self.restart()

    def run_scheduler(self):
        """One round of Tryton's own, in a process of its own as in production."""
        done = self._run("trytond-cron", "--once", "-v")
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def log(self):
        return self._log_path.read_text(errors="replace")

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def login(self, user="admin", password=PASSWORD):
        number, session = self._post("common.db.login", [user, {"password": password}])
        token = base64.b64encode(f"{user}:{number}:{session}".encode()).decode()
        self._sessions[user] = f"Session {token}"

    def call(self, model, method, *arguments, user="admin", context=None):
        """`method` of `model`, as a client of Tryton calls it."""
        if user not in self._sessions:
            self.login(user)
        return self._post(f"model.{model}.{method}", [*arguments, context or {}],
                          self._sessions[user])

    def _post(self, method, parameters, authorization=None):
        body = json.dumps({"id": 1, "method": method, "params": parameters}, default=_encoded)
        headers = {"Content-Type": "application/json"}
        if authorization:
            headers["Authorization"] = authorization
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request("POST", f"/{DATABASE}/", body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise Fault(f"{method}: {response.status} {text}")
        answer = json.loads(text, object_hook=_decoded)
        if "error" in answer:
            raise Fault(f"{method}: {answer['error']}")
        return answer["result"]
