"""Row 15: ImportAccounts over one stream, beside the store alone, and the memory it takes."""
import statistics

from harness import remove_store, say
from report import Result

MEMORY_GOAL_MB = 200
KINDS = [("15a", [], "not evaluated"), ("15b", ["--evaluate"], "evaluated")]


def measure(setup, options):
    """What bench_import tells, of stores that are new and gone afterwards."""
    setup.data.mkdir(parents=True, exist_ok=True)
    stores = [setup.data / "import.db", setup.data / "import-limit.db"]
    for store in stores:
        remove_store(store)
    try:
        with setup.tiermarkd(stores[0]) as (target, pid):
            return setup.output(
                setup.program("bench_import"), f"--target={target}", f"--server-pid={pid}",
                f"--limit={stores[1]}", f"--accounts={setup.accounts}", f"--rounds={setup.rounds}",
                *options)
    finally:
        for store in stores:
            remove_store(store)


def run(setup, _):
    results = []
    for row, options, name in KINDS:
        what = f"ImportAccounts, {setup.accounts} accounts, {name}"
        say(f"row {row}: {what}")
        figures = measure(setup, options)
        rates, limits = figures["per_second"], figures["limit_per_second"]
        results.append(Result(
            row, what, "the store alone, same change sets",
            [rate / limit for rate, limit in zip(rates, limits)], [],
            details=[("items/s", f"{statistics.median(rates):.0f} (store alone "
                                 f"{statistics.median(limits):.0f})"),
                     ("server CPU", f"{figures['server_us']:.1f} µs an item (store alone "
                                    f"{figures['limit_us']:.1f})")]))
        results.append(Result(
            row + "m", f"peak resident memory of the server, {name}", "–",
            [figures["resident_peak"] / 1e6], [MEMORY_GOAL_MB], at_most=True, unit=" MB",
            details=[("anonymous", f"{figures['anonymous_peak'] / 1e6:.0f} MB at its peak, "
                                   f"{figures['anonymous_before'] / 1e6:.0f} MB before")]))
    return results
