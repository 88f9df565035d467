"""Row 10: the same calls over HTTP with JSON beside gRPC."""
import contextlib
import statistics

from harness import say
from report import Result

CASES = [("10a", "durable EvaluateAccount over HTTP with JSON, 64 in flight", "evaluate", False),
         ("10b", "the same, score moves", "move", False),
         ("10c", "EvaluateAccount, validate_only, HTTP with JSON, 64 in flight", "validate", False),
         ("10d", "durable EvaluateAccount over HTTP in binary, 64 in flight", "evaluate", True)]
GOALS = {"10a": [0.5]}


def options(setup, kind, pid):
    return [f"--call={kind}", f"--accounts={setup.accounts}", f"--seed={setup.seed()}",
            "--in-flight=64", f"--server-pid={pid}", f"--warm-up={setup.warm_up}",
            f"--seconds={setup.seconds}"]


def compare(setup, case, grpc, http, pid):
    row, what, kind, binary = case
    say(f"row {row}: {what}")
    port = http.rsplit(":", 1)[1]
    rounds = []
    for _ in range(setup.rounds):
        over_grpc = setup.output(setup.program("bench_load"), f"--target={grpc}",
                                 *options(setup, kind, pid))
        over_http = setup.output(setup.program("bench_http_load"), f"--port={port}",
                                 *(["--binary"] if binary else []), *options(setup, kind, pid))
        rounds.append((over_grpc, over_http))

    def both(name, form):
        of_grpc, of_http = (statistics.median(pair[side][name] for pair in rounds)
                            for side in (0, 1))
        return f"{of_http:{form}} (gRPC {of_grpc:{form}})"

    details = [("calls/s", both("per_second", ".0f")),
               ("server CPU", both("server_us", ".1f") + " µs a call"),
               ("client CPU", both("client_us", ".1f") + " µs"),
               ("p50", both("p50_ms", ".2f") + " ms"), ("p99", both("p99_ms", ".2f") + " ms")]
    ratios = [pair[1]["per_second"] / pair[0]["per_second"] for pair in rounds]
    return Result(row, what, "the same call over gRPC", ratios, GOALS.get(row, []),
                  details=details)


def run(setup, _rows):
    store = setup.preloaded(setup.accounts)
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(setup.copy_of(store))
        addresses, pid = stack.enter_context(setup.serving(
            "tiermarkd", f"--store=sqlite:{work}", "--grpc-listen=127.0.0.1:0",
            "--http-listen=127.0.0.1:0"))
        return [compare(setup, case, addresses["grpc"], addresses["http"], pid) for case in CASES]
