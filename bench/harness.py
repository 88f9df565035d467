"""What all rows need: the built programs, servers, and stores with accounts in them."""
import contextlib
import hashlib
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60

# What decides what a preloaded store looks like.
STORE_SOURCES = ["bench/portfolio.cc", "bench/preload.cc", "protos/tiermark/store/v1/records.proto",
                 "scoring/models/account-segmentation.textproto", "service/decisions.cc",
                 "storage/sqlite/migrations"]


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def fail(text):
    sys.exit(f"bench: {text}")


class Setup:
    """How this run measures, and where things are."""

    def __init__(self, given):
        self.quick = given.quick
        self.rounds = given.rounds or (1 if self.quick else 5)
        self.seconds = given.seconds or (0.3 if self.quick else 3)
        self.warm_up = 0.1 if self.quick else 1
        self.accounts = given.accounts or (2_000 if self.quick else 1_000_000)
        self.accounts_few = 500 if self.quick else 10_000
        # Accounts picked at random that have an open event.
        self.events = 120 if self.quick else 1_000
        self.update_instructions = given.update_instructions
        self.build = (given.build_dir or ROOT / "build/release").resolve()
        self.data = self.build / "bench-data"
        if not (self.build / "bench/bench_load").exists():
            fail(f"nothing is built in {self.build}: run ./dev bench")
        # Runs after each other must not repeat request ids, which would be answered from the store.
        self.next_seed = int(time.time()) * 1_000

    def program(self, name):
        folder = "service" if name == "tiermarkd" else "bench"
        return str(self.build / folder / name)

    def seed(self):
        self.next_seed += 1
        return self.next_seed

    def output(self, *command):
        """What a program prints as JSON."""
        done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True,
                              check=False)
        if done.returncode != 0:
            fail(f"{pathlib.Path(command[0]).name} failed")
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def server(self, name, *options):
        """Runs a server that prints a line when it is ready; gives its address and process id."""
        with self.serving(name, *options) as (addresses, pid):
            yield addresses["grpc"], pid

    @contextlib.contextmanager
    def serving(self, name, *options):
        """The same, with its addresses by protocol."""
        command = [self.program(name), *map(str, options)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, "TIERMARK_LOG_LEVEL": "warning"})
        try:
            ready, _, _ = select.select([process.stdout], [], [], READY_SECONDS_MAX)
            line = process.stdout.readline() if ready else ""
            if " ready grpc=" not in line:
                fail(f"{name} does not start")
            yield dict(word.split("=", 1) for word in line.split() if "=" in word), process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()

    def tiermarkd(self, store, *options):
        return self.server("tiermarkd", f"--store=sqlite:{store}", "--grpc-listen=127.0.0.1:0",
                           "--http-listen=off", *options)

    def preloaded(self, accounts):
        """The path of a store with so many evaluated accounts; made once and kept."""
        path = self.data / f"{accounts}-{sources_digest()}.db"
        if path.exists():
            return path
        self.data.mkdir(parents=True, exist_ok=True)
        for old in self.data.glob(f"{accounts}-*.db*"):
            old.unlink()
        say(f"storing {accounts} accounts once, in {path.name}")
        unfinished = path.with_suffix(".new.db")
        with self.tiermarkd(unfinished) as (target, _):
            done = subprocess.run([self.program("bench_preload"), f"--target={target}",
                                   f"--accounts={accounts}", f"--events={self.events}"],
                                  check=False)
            if done.returncode != 0:
                fail("bench_preload failed")
        unfinished.with_suffix(".db.lock").unlink(missing_ok=True)
        unfinished.rename(path)
        return path

    @contextlib.contextmanager
    def copy_of(self, store):
        """A copy to write to, gone afterwards, so that each run starts from the same state."""
        work = self.data / "work.db"
        remove_store(work)
        try:
            shutil.copyfile(store, work)
            # What is still on its way to the disk would be in the way of what is measured.
            os.sync()
            yield work
        finally:
            remove_store(work)


def remove_store(path):
    for suffix in ("", "-wal", "-shm", ".lock"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def sources_digest():
    digest = hashlib.sha256()
    for source in STORE_SOURCES:
        path = ROOT / source
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
