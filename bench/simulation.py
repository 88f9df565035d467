"""Row 7: SimulateModel over the whole portfolio beside a bare loop over the same rows, and what
evaluations at half their peak notice of it."""
import statistics
import subprocess

from harness import fail, say
from report import Result

LOOP_GOAL = 1.5
P99_GOAL = 1.5
FIRST_SECONDS_GOAL = 1.0
# Of the peak.
LOAD_SHARE = 0.5


class Load:
    """Evaluations of random accounts."""

    def __init__(self, setup, target):
        self.setup = setup
        self.target = target

    def run(self, *options):
        return self.setup.output(
            self.setup.program("bench_load"), f"--target={self.target}", "--call=evaluate",
            f"--accounts={self.setup.accounts}", f"--seed={self.setup.seed()}", "--in-flight=64",
            f"--warm-up={self.setup.warm_up}", f"--seconds={self.setup.seconds}", *options)


def simulating(setup, target, seconds):
    return subprocess.Popen([setup.program("bench_simulation"), f"--target={target}",
                             f"--keep-on={seconds}"])


def beside_evaluations(setup, target):
    load = Load(setup, target)
    peak = load.run()["per_second"]
    rate = f"--rate={max(1, peak * LOAD_SHARE):.0f}"
    alone, beside = [], []
    for _ in range(setup.rounds):
        alone.append(load.run(rate))
        process = simulating(setup, target, setup.warm_up + setup.seconds + 0.5)
        beside.append(load.run(rate))
        if process.wait() != 0:
            fail("bench_simulation failed")
    return peak, alone, beside


def run(setup, _):
    say(f"row 7: SimulateModel, {setup.accounts} accounts")
    store = setup.preloaded(setup.accounts)
    with setup.copy_of(store) as work, setup.tiermarkd(work) as (target, _):
        figures = setup.output(setup.program("bench_simulation"), f"--target={target}",
                               f"--store={work}", f"--rounds={setup.rounds}")
        say("row 7: evaluations at half their peak, without and with it")
        peak, alone, beside = beside_evaluations(setup, target)
    middle = statistics.median
    return [
        Result("7a", f"SimulateModel, {setup.accounts} accounts",
               "a bare loop that reads, parses and scores the same rows",
               [a / b for a, b in zip(figures["simulate_s"], figures["loop_s"])], [LOOP_GOAL],
               at_most=True,
               details=[("seconds", f"{middle(figures['simulate_s']):.2f} (loop "
                                    f"{middle(figures['loop_s']):.2f})"),
                        ("accounts that move", str(figures["moved"]))]),
        Result("7b", "its first progress", "–", figures["first_s"], [FIRST_SECONDS_GOAL],
               at_most=True, unit=" s"),
        Result("7c", "p99 of evaluations at half their peak, while it runs", "without it",
               [a["p99_ms"] / b["p99_ms"] for a, b in zip(beside, alone)], [P99_GOAL],
               at_most=True,
               details=[("peak", f"{peak:.0f} calls/s"),
                        ("p99", f"{middle(r['p99_ms'] for r in beside):.2f} ms (without "
                                f"{middle(r['p99_ms'] for r in alone):.2f})"),
                        ("p50", f"{middle(r['p50_ms'] for r in beside):.2f} ms (without "
                                f"{middle(r['p50_ms'] for r in alone):.2f})"),
                        ("calls/s", f"{middle(r['per_second'] for r in beside):.0f} (without "
                                    f"{middle(r['per_second'] for r in alone):.0f})")]),
    ]
