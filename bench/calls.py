"""Rows 1 to 3: unary calls beside an echo of the same messages."""
import contextlib
import dataclasses
import statistics

from report import Result
from harness import fail, say


@dataclasses.dataclass
class Case:
    row: str
    what: str
    kind: str  # As bench_load's --call.
    in_flight: int
    goals: list


# Those that leave the facts as they are come first: they all expect the preloaded ones.
CASES = [
    Case("3a", "EvaluateAccount, validate_only, 64 in flight", "validate", 64, [0.85]),
    Case("3b", "GetAccount, 64 in flight", "account", 64, [0.80]),
    Case("3c", "GetSegmentPlaybook by segment, 64 in flight", "playbook", 64, [0.90]),
    Case("1a", "durable EvaluateAccount, same score, 64 in flight", "evaluate", 64,
         [0.45, 0.60]),
    Case("2a", "durable EvaluateAccount, same score, 256 in flight", "evaluate", 256,
         [0.50, 0.65]),
    Case("1b", "durable EvaluateAccount, score moves, 64 in flight", "move", 64,
         [0.45, 0.60]),
    Case("2b", "durable EvaluateAccount, score moves, 256 in flight", "move", 256,
         [0.50, 0.65]),
]


class Bench:
    def __init__(self, setup, target, pid):
        self.setup = setup
        self.target = target
        self.pid = pid

    def load(self, kind, target, pid, in_flight, *more, seconds=None):
        setup = self.setup
        return setup.output(
            setup.program("bench_load"), f"--target={target}", f"--call={kind}",
            f"--accounts={setup.accounts}", f"--seed={setup.seed()}", f"--in-flight={in_flight}",
            f"--server-pid={pid}", f"--warm-up={setup.warm_up}",
            f"--seconds={seconds or setup.seconds}", *more)

    def record(self, kind):
        path = self.setup.data / f"answer-{kind}"
        # Long enough to warm up what both sides keep in memory.
        self.load(kind, self.target, self.pid, 64, f"--record={path}")
        return path

    def compare(self, case, answers):
        say(f"row {case.row}: {case.what}")
        evaluate = answers["evaluate" if case.kind == "move" else case.kind]
        options = [f"--evaluate={evaluate}"]
        if case.kind in ("account", "playbook"):
            options = [f"--{case.kind}={answers[case.kind]}"]
        rounds = []
        with self.setup.server("bench_echo", *options) as typed, \
                self.setup.server("bench_echo", *options, "--raw") as raw:
            for _ in range(self.setup.rounds):
                rounds.append([
                    self.load(case.kind, target, pid, case.in_flight)
                    for target, pid in (typed, raw, (self.target, self.pid))])
        return result_of(case, rounds)


def result_of(case, rounds):
    def middle(part, name):
        return statistics.median(parts[part][name] for parts in rounds)

    typed, raw, real = range(3)
    ratio_raw = statistics.median(
        parts[real]["per_second"] / parts[raw]["per_second"] for parts in rounds)
    ratio_processor = statistics.median(
        (parts[typed]["server_us"] + parts[typed]["client_us"]) /
        (parts[real]["server_us"] + parts[real]["client_us"]) for parts in rounds)
    details = [
        ("ratio by processor time of server and client", f"{ratio_processor:.2f}"),
        ("calls/s", f"{middle(real, 'per_second'):.0f} (echo {middle(typed, 'per_second'):.0f}, "
                    f"raw echo {middle(raw, 'per_second'):.0f}, ratio to that {ratio_raw:.2f})"),
        ("server CPU", f"{middle(real, 'server_us'):.1f} µs a call (echo "
                       f"{middle(typed, 'server_us'):.1f}, raw echo {middle(raw, 'server_us'):.1f})"),
        ("client CPU", f"{middle(real, 'client_us'):.1f} µs"),
        ("p50", f"{middle(real, 'p50_ms'):.2f} ms (echo {middle(typed, 'p50_ms'):.2f})"),
        ("p99", f"{middle(real, 'p99_ms'):.2f} ms (echo {middle(typed, 'p99_ms'):.2f})"),
        ("p99.9", f"{middle(real, 'p999_ms'):.2f} ms (echo {middle(typed, 'p999_ms'):.2f})"),
        ("max", f"{max(parts[real]['max_ms'] for parts in rounds):.0f} ms"),
    ]
    ratios = [parts[real]["per_second"] / parts[typed]["per_second"] for parts in rounds]
    return Result(case.row, case.what, "gRPC echo of the same messages", ratios, case.goals,
                  details=details)


def run(setup, rows):
    cases = [case for case in CASES if int(case.row[0]) in rows]
    store = setup.preloaded(setup.accounts)
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(setup.copy_of(store))
        target, pid = stack.enter_context(setup.tiermarkd(work))
        bench = Bench(setup, target, pid)
        say("recording answers for the echo")
        answers = {kind: bench.record(kind)
                   for kind in ("validate", "evaluate", "account", "playbook")}
        if not all(path.stat().st_size for path in answers.values()):
            fail("no answer was recorded")
        return [bench.compare(case, answers) for case in cases]
