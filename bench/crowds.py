"""Row 16: what calls over HTTP notice of crowds that are in the way."""
import contextlib
import statistics
import subprocess
import time

from harness import fail, say
from report import Result

P99_GOAL = 1.2
# About a tenth of what the server answers: its callers wait for nobody but the crowd.
CALLS_PER_SECOND = 1000
# The server cuts who has not asked within ten seconds: from then on a crowd comes again all the time.
GATHER_SECONDS = 12

CASES = [("16a", "1 000 clients that send a byte a second",
          ["--connections=1000", "--bytes-per-second=1"]),
         ("16b", "15 000 connections that say nothing",
          ["--connections=15000"])]


class Load:
    def __init__(self, setup, port):
        self.setup = setup
        self.port = port

    def run(self):
        return self.setup.output(
            self.setup.program("bench_http_load"), f"--port={self.port}", "--call=validate",
            f"--accounts={self.setup.accounts}", f"--seed={self.setup.seed()}", "--in-flight=8",
            f"--warm-up={self.setup.warm_up}", f"--seconds={self.setup.seconds}",
            f"--rate={CALLS_PER_SECOND}")


@contextlib.contextmanager
def crowd(setup, port, seconds, options):
    process = subprocess.Popen([setup.program("bench_crowd"), f"--port={port}",
                                f"--seconds={seconds}", *options], stdout=subprocess.PIPE)
    try:
        yield
    finally:
        process.communicate()
        if process.returncode != 0:
            fail("bench_crowd failed")


def compare(setup, load, case):
    row, what, options = case
    say(f"row {row}: {what}")
    gather = 0.5 if setup.quick else GATHER_SECONDS
    rounds = []
    for _ in range(setup.rounds):
        alone = load.run()
        with crowd(setup, load.port, gather + setup.warm_up + setup.seconds + 1, options):
            time.sleep(gather)
            beside = load.run()
        rounds.append((alone, beside))

    def both(name):
        without, within = (statistics.median(pair[side][name] for pair in rounds)
                           for side in (0, 1))
        return f"{within:.2f} ms (without {without:.2f})"

    return Result(row, f"p99 of calls over HTTP beside {what}", "without them",
                  [beside["p99_ms"] / alone["p99_ms"] for alone, beside in rounds], [P99_GOAL],
                  at_most=True, details=[(name, both(f"{name}_ms")) for name in ("p50", "p99", "p999")])


def run(setup, _rows):
    store = setup.preloaded(setup.accounts)
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(setup.copy_of(store))
        addresses, _ = stack.enter_context(setup.serving(
            "tiermarkd", f"--store=sqlite:{work}", "--grpc-listen=127.0.0.1:0",
            "--http-listen=127.0.0.1:0"))
        load = Load(setup, addresses["http"].rsplit(":", 1)[1])
        return [compare(setup, load, case) for case in CASES]
