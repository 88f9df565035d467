"""Row 9: a page of the due list against many and against few accounts."""
from report import Result
from harness import say

LISTS = [("9a", "--list=quarterly", "by quarter"), ("9b", "--list=events", "by event")]


def run(setup, _):
    results = []
    stores = [setup.preloaded(count) for count in (setup.accounts, setup.accounts_few)]
    for row, which, name in LISTS:
        say(f"row {row}: ListReevaluationDue {name}")
        many, few = [setup.output(setup.program("bench_due"), f"--store={store}", which)
                     for store in stores]
        details = [(f"{label} accounts", f"{counts['pages']} pages, {counts['warm_us']:.0f} µs warm, "
                                         f"{counts['cold_us']:.0f} µs cold")
                   for label, counts in ((setup.accounts, many), (setup.accounts_few, few))]
        results.append(Result(
            row, f"ListReevaluationDue {name}, page of 100, {setup.accounts} accounts",
            f"itself with {setup.accounts_few}: B-tree pages touched",
            [many["pages"] / few["pages"]], [1.5], at_most=True, details=details))
    return results
