"""A Tryton of its own with the module installed: a fresh SQLite database, its server, its JSON-RPC and
its scheduler."""
import base64
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
PASSWORD = "correct horse 9 battery"
DATABASE = "crm"


class Fault(Exception):
    """What Tryton answered instead."""


def install_plugin(into):
    """As its README says: by pip, from a copy, since building writes beside the sources."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "tryton"
        shutil.copytree(PLUGIN, source, ignore=shutil.ignore_patterns("__pycache__"))
        done = subprocess.run(
            ["/usr/bin/python3", "-m", "pip", "install", "-q", "--root-user-action=ignore",
             "--no-index", "--no-deps", "--no-build-isolation", f"--target={into}", source],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr


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
        site = self.folder / "site"
        self._scripts = TRYTON / "usr" / "bin"
        self._config = self.folder / "trytond.conf"
        self._settings, self._log_path = dict(settings), self.folder / "log"
        # The client's package and google's are on the path of the tests.
        path = [site, TRYTON / "usr/lib/python3/dist-packages", os.environ["PYTHONPATH"]]
        self._environment = clean_environment(
            PYTHONPATH=os.pathsep.join(map(str, path)), TRYTONPASSFILE=str(self.folder / "password"),
            PYTHONUNBUFFERED="1", **environment)
        self.process, self.address = None, None
        self._sessions = {}
        install_plugin(site)
        (self.folder / "password").write_text(PASSWORD)
        (self.folder / f"{DATABASE}.sqlite").touch()
        self.configure()
        done = self._run("trytond-admin", "--all", "--activate-dependencies", "-u", "tiermark",
                         "--email=admin@example.com", "-p")
        assert done.returncode == 0, done.stdout + done.stderr

    def configure(self, **changes):
        """Read by what is started next."""
        self._settings.update(changes)
        settings = "\n".join(f"{name} = {value}" for name, value in self._settings.items())
        self._config.write_text(
            f"[database]\nuri = sqlite://\npath = {self.folder}\n"
            f"[web]\nlisten = 127.0.0.1:0\nroot = {TRYTON}/usr/share/tryton-sao/www\n"
            f"[tiermark]\n{settings}\n")

    def _command(self, script, *arguments):
        return ["/usr/bin/python3", str(self._scripts / script), "-c", str(self._config),
                "-d", DATABASE, *arguments]

    def _run(self, script, *arguments):
        return subprocess.run(self._command(script, *arguments), env=self._environment,
                              capture_output=True, text=True, timeout=120)

    def start(self):
        """Returns when it answers."""
        self._sessions.clear()
        with open(self._log_path, "ab") as log:
            # Verbose for the line with its port, and for what the jobs say.
            self.process = subprocess.Popen(self._command("trytond", "-v"), env=self._environment,
                                            stdout=log, stderr=subprocess.STDOUT)
            start = log.tell()
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
