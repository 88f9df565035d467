"""Row 8: scoring in one thread, and the instructions that it takes."""
import os
import re
import shutil
import subprocess
import tempfile

from report import Result
from harness import ROOT, fail, say

REFERENCE = ROOT / "bench/instructions.txt"
GOALS = {"score": 20.0, "explain": 2.0}  # Millions a second.
WHAT = {"score": "scoring, explanation off", "explain": "scoring, explanation on"}


def options_of(kind):
    return ["--explain"] if kind == "explain" else []


def instructions(setup, kind, evaluations):
    """Instructions of one evaluation: what twice as many take more, so that starting falls out."""
    def total(count):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
                 setup.program("bench_scoring"), f"--evaluations={count}", *options_of(kind)],
                capture_output=True, text=True, check=False,
                # Without random addresses hash tables come out the same each time.
                env={**os.environ, "LC_ALL": "C"})
        found = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not found:
            fail("valgrind failed")
        return int(found.group(1))
    return (total(2 * evaluations) - total(evaluations)) / evaluations


def reference():
    if not REFERENCE.exists():
        return {}
    lines = [line.split() for line in REFERENCE.read_text().splitlines() if line[:1].isalpha()]
    return {name: float(number) for name, number in lines}


def run(setup, _):
    results = []
    counted = {}
    for row, kind in (("8a", "score"), ("8b", "explain")):
        say(f"row {row}: {WHAT[kind]}")
        speed = setup.output(setup.program("bench_scoring"), *options_of(kind),
                             f"--rounds={setup.rounds}", f"--seconds={min(setup.seconds, 1)}")
        million = [speed[name] / 1e6
                   for name in ("per_second_min", "per_second", "per_second_max")]
        results.append(Result(row, f"{WHAT[kind]}, one thread", "itself", million, [GOALS[kind]],
                              unit=" M/s"))
        if not shutil.which("valgrind"):
            say("valgrind is not installed: instructions are not counted")
            continue
        # Multiples of the number of accounts that it goes round in.
        counted[kind] = instructions(setup, kind, 512 if setup.quick else 5_120)
        known = reference().get(kind)
        results.append(Result(
            row + "i", f"instructions of one evaluation, {WHAT[kind]}", "bench/instructions.txt",
            [counted[kind] / known if known else 1.0], [1.05], at_most=True,
            details=[("instructions", f"{counted[kind]:.0f} (reference {known or 0:.0f})")]))
    if setup.update_instructions and counted:
        REFERENCE.write_text(
            "# Instructions of one evaluation, counted by valgrind; the reference of row 8.\n"
            "# Renewed by ./dev bench --update-instructions 8 when a change is meant to cost.\n" +
            "".join(f"{kind} {number:.0f}\n" for kind, number in counted.items()))
    return results
