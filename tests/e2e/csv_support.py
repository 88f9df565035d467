"""Runs `tiermark import` and `tiermark export`, and makes the files that they take."""
import csv
import io
import os
import pathlib
import re
import subprocess
import tempfile
import time

from server import clean_environment
from support import ServerTest

BINARY = os.environ.get("TIERMARK_CLI", "build/dev/clients/cli/tiermark")
OK, FAILED, USAGE, NOT_FOUND, INVALID, UNAVAILABLE, CONFLICT = 0, 1, 2, 3, 4, 6, 7
HEADER = ("account_id,display_name,country,potential_mrr,potential_mrr_currency,past_due_cases,"
          "industry_reference,operating_countries,created_date,immediate_needs")


def row(number, prefix="acc"):
    """A good row, with all that a CSV row can have in it; every tenth goes over two lines."""
    reference = ("none", "emerging", "Recognized", "Market leader")[number % 4]
    needs = '"One,\n""two"""' if number % 10 == 0 else ""
    return (f'{prefix}-{number},"Compañía ""{number}"", S.A.",CO,{1000 + number % 60000},USD,'
            f'{number % 500000},{reference},CO|PE,2020-01-15,{needs}')


def table(rows, prefix="acc"):
    return "\n".join([HEADER, *(row(i, prefix) for i in range(rows))]) + "\n"


# Kinds of broken rows, each with the column and a part of the reason that are to be told.
BROKEN = [
    (b'{id},Too few cells,CO', "", "has 3 cells where the header has 10"),
    (b'{id},,,,,,,,,,,', "", "has 12 cells where the header has 10"),
    (b'{id},"never closed,CO,1,USD,1,none,CO,,', "display_name", "quote"),
    (b'{id},a "stray" quote,CO,1,USD,1,none,CO,,', "display_name", "does not begin with one"),
    (b'{id},"behind" it,CO,1,USD,1,none,CO,,', "display_name", "behind its closing quote"),
    (b'{id},a\xf1o,CO,1,USD,1,none,CO,,', "display_name", "--encoding"),
    (b'{id},a\x00b,CO,1,USD,1,none,CO,,', "display_name", "control characters"),
    (b'{id},' + b"x" * 257 + b',CO,1,USD,1,none,CO,,', "display_name", "256 bytes"),
    (b',No id,CO,1,USD,1,none,CO,,', "account_id", "empty"),
    (b'" {id}",Space,CO,1,USD,1,none,CO,,', "account_id", "space"),
    (b'{id},Country,Narnia,1,USD,1,none,CO,,', "country", "ISO 3166"),
    (b'{id},Amount,CO,"1,000.50",USD,1,none,CO,,', "potential_mrr", "thousands"),
    (b'{id},Amount,CO,-5,USD,1,none,CO,,', "potential_mrr", "0"),
    (b'{id},Currency,CO,1,,1,none,CO,,', "potential_mrr", "no currency"),
    (b'{id},Currency,CO,1,XXL,1,none,CO,,', "potential_mrr_currency", "ISO 4217"),
    (b'{id},Cases,CO,1,USD,many,none,CO,,', "past_due_cases", "whole number"),
    (b'{id},Cases,CO,1,USD,-1,none,CO,,', "past_due_cases", "must be 0 to"),
    (b'{id},Reference,CO,1,USD,1,leader,CO,,', "industry_reference", "market-leader"),
    (b'{id},Twice,CO,1,USD,1,none,CO|CO,,', "operating_countries", "twice"),
    (b'{id},Day,CO,1,USD,1,none,CO,30.2.2020,', "created_date", "must be a day"),
]


def tiermark(*arguments, given=None, timeout=120):
    """Runs the command line to its end."""
    return subprocess.run([BINARY, *arguments], input=given, capture_output=True,
                          timeout=timeout, env=clean_environment())


class CliTest(ServerTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tiermark-csv-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, content, name="accounts.csv"):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def shown_on_a_terminal(self, *arguments, code):
        """What it printed, and what was drawn on the terminal meanwhile."""
        main, terminal = os.openpty()
        process = subprocess.Popen([BINARY, "--server", self.server.address, *arguments],
                                   stderr=terminal, stdout=subprocess.PIPE,
                                   env=clean_environment(TERM="xterm"))
        os.close(terminal)
        shown = b""
        while True:
            try:
                part = os.read(main, 1 << 16)
            except OSError:
                break
            if not part:
                break
            shown += part
        os.close(main)
        with process.stdout:
            printed = process.stdout.read()
        self.assertEqual(process.wait(), code)
        return printed, shown

    def run_cli(self, *arguments, code=OK, server=None, **options):
        arguments = [str(argument) for argument in arguments]
        done = tiermark("--server", (server or self.server).address, *arguments, **options)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout.decode()[-2000:]}\n"
                                                f"{done.stderr.decode()[-2000:]}")
        return done

    def peak_memory(self, *arguments, code=OK):
        """What a run came to at most, in bytes."""
        process = subprocess.Popen(
            [BINARY, "--server", self.server.address, *map(str, arguments)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment())
        peak = 0
        # Its rusage would have the size of this process in it, from before it was another program.
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            except OSError:
                continue
            for kilobytes in re.findall(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE):
                peak = max(peak, int(kilobytes) * 1024)
            time.sleep(0.002)
        self.assertEqual(process.returncode, code)
        return peak

    def faults(self, path):
        with open(path, newline="", encoding="utf-8") as file:
            return [(int(r["line"]), r["column"], r["value"], r["reason"])
                    for r in csv.DictReader(file)]

    def exported(self, *arguments, **options):
        text = self.run_cli("export", *arguments, **options).stdout.decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))
