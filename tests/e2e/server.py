"""Starts the real tiermarkd on a store of its own, and stops it in the ways that it can stop."""
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading

BINARY = os.environ.get("TIERMARK_SERVER", "build/dev/service/tiermarkd")
START_SECONDS = 30
STOP_SECONDS = 20
_READY = re.compile(r"^tiermarkd ready grpc=(\S+) http=(\S+)$")


class StartError(Exception):
    """The server ended before it was ready; the text has its code and its log."""


def clean_environment(**more):
    """The caller's environment without settings of the server, which reads TIERMARK_ variables."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TIERMARK_")}
    return {**kept, **more}


def run(*arguments, **environment):
    """Runs tiermarkd to its end, for what is not serving."""
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True,
                          timeout=START_SECONDS, env=clean_environment(**environment))


class Server:
    """One store, served by one process at a time. Closing it removes the store."""

    def __init__(self, *arguments, **environment):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-e2e-"))
        self.store = self.folder / "store" / "tiermark.db"
        self.store.parent.mkdir(mode=0o700)
        self.address = None
        self.http_address = None
        self.process = None
        self._arguments, self._environment = arguments, environment
        self._log_path = self.folder / "log"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, *more):
        """Returns when it serves; the addresses differ each time, unless `more` says which."""
        with open(self._log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, f"--store=sqlite:{self.store}", "--grpc-listen=127.0.0.1:0",
                 "--http-listen=127.0.0.1:0",
                 *self._arguments, *more],
                stdout=subprocess.PIPE, stderr=log, text=True,
                env=clean_environment(**self._environment))
        lines = queue.Queue()
        # Also keeps the pipe from filling up and holding the server.
        threading.Thread(target=self._read, args=(self.process.stdout, lines), daemon=True).start()
        try:
            line = lines.get(timeout=START_SECONDS)
        except queue.Empty:
            line = ""
        ready = _READY.match(line)
        if ready is None:
            self.kill()
            raise StartError(f"exit code {self.process.returncode}, first line {line!r}, log:\n"
                             f"{self.log()}")
        self.address, self.http_address = ready.groups()
        return self.address

    @staticmethod
    def _read(pipe, lines):
        with pipe:
            for line in pipe:
                lines.put(line)
        lines.put("")

    def stop(self):
        """Asks it to end, and is its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def log(self):
        return self._log_path.read_text(errors="replace")

    def close(self):
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
