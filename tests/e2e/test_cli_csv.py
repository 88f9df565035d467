"""`tiermark import` and `tiermark export` against the real server."""
import json
import os
import pathlib
import re
import subprocess
import time
import unittest

from google.protobuf.json_format import MessageToDict

from csv_support import (BINARY, BROKEN, FAILED, HEADER, INVALID, OK, USAGE, CliTest, row,
                         table)
from server import Server, clean_environment
from support import bank, date, facts, fintech, mrr, usd
from tiermark import Client
from tiermark.v1.segment_pb2 import Segment

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class LargeFileTest(CliTest):
    ROWS = 100_000

    def test_bad_rows_are_named_and_the_good_ones_imported(self):
        rows, expected, good, line = [HEADER.encode()], [], set(), 2
        for i in range(self.ROWS):
            content = row(i).encode()
            k, rest = divmod(i - 37, 997)
            if rest == 0 and k in range(5 * len(BROKEN)):
                content, column, reason = BROKEN[k % len(BROKEN)]
                content = content.replace(b"{id}", b"bad-%d" % k)
                expected.append((line, column, reason))
            else:
                good.add(f"acc-{i}")
            rows.append(content)
            line += 1 + content.count(b"\n")
        self.assertEqual(len(expected), 100)
        path = self.file(b"\n".join(rows) + b"\n")
        errors = self.folder / "errors.csv"
        begin = time.monotonic()
        done = self.run_cli("import", path, "--errors", errors, "--json", code=INVALID)
        self.assertLess(time.monotonic() - begin, 60)
        self.assertEqual(done.stderr, b"")
        summary = json.loads(done.stdout)
        self.assertEqual(
            (summary["rows"], summary["imported"], summary["created"], summary["failed"]),
            (self.ROWS, self.ROWS - len(expected), self.ROWS - len(expected), len(expected)))
        faults = self.faults(errors)
        self.assertEqual([(line, column) for line, column, _, _ in faults],
                         [(line, column) for line, column, _ in expected])
        for (line, _, _, told), (_, _, reason) in zip(faults, expected):
            self.assertIn(reason, told, line)
        ids = [account["account_id"] for account in self.exported("--columns", "account_id")]
        self.assertEqual((len(ids), set(ids)), (len(good), good))
        printed, shown = self.shown_on_a_terminal("export", "--output", str(self.folder / "all.csv"),
                                                  code=OK)
        self.assertEqual(printed, b"")
        self.assertRegex(shown, rb"\r\x1b\[K\[#+\.*\] \d+ %, [\d,]+ rows, [\d,]+/s, .* left")
        self.assertRegex(shown.rsplit(b"\x1b[K", 1)[1], rb"^[\d,]+ accounts\r\n$")
        # As it was written, quotes, line breaks and all.
        kept = self.get("acc-30").facts
        self.assertEqual((kept.display_name, kept.immediate_needs),
                         ('Compañía "30", S.A.', 'One,\n"two"'))


    def test_memory_does_not_grow_with_the_file(self):
        # Half of the rows are bad, and none of their quotes is closed.
        bad = "\n".join(f'bad-{i},"{"x" * 900}' for i in range(30_000))
        small = self.peak_memory("import", self.file(table(2_000, "small"), "small.csv"))
        large = self.file(table(30_000, "large") + bad, "large.csv")
        errors = self.folder / "errors.csv"
        grown = self.peak_memory("import", large, "--errors", errors, code=INVALID) - small
        self.assertLess(grown, 16 << 20)
        self.assertEqual(len(self.faults(errors)), 30_000)
        exported = self.peak_memory("export", "-o", self.folder / "out.csv")
        self.assertLess(exported, small + (16 << 20))


class ImportTest(CliTest):
    def test_a_file_of_a_spreadsheet_in_another_country(self):
        text = ("Kundennummer;Name;Land;Potential MRR;Angelegt;Notiz\r\n"
                f'{self.account()};"Größe ""AG""";DE;1234,50;15.01.2020;egal\r\n')
        arguments = ["--map", "Kundennummer=account_id", "--map", "Name=display_name",
                     "--map", "Land=country", "--map", "Angelegt=created_date",
                     "--currency", "EUR", "--decimal-comma", "--date-order", "dmy",
                     "--ignore-unknown"]
        wanted = facts(display_name='Größe "AG"', country="DE",
                       potential_mrr=[mrr("DE", 1234, "EUR", 500_000_000)],
                       created_date=date(2020, 1, 15))
        for encoding, more in (("utf-8-sig", []), ("utf-16", []), ("utf-8", []),
                               ("cp1252", ["--encoding", "windows-1252"])):
            path = self.file(text.encode(encoding))
            self.run_cli("import", path, *arguments, *more)
            self.assertEqual(self.get(self.account()).facts, wanted, encoding)
            self.client.delete_account(account_id=self.account())
        # The wrong encoding is told by line, and imports nothing.
        done = self.run_cli("import", self.file(text.encode("cp1252")), *arguments, code=INVALID)
        self.assertRegex(done.stderr.decode(), r"accounts\.csv:2: Name: .*--encoding")
        self.assertIsNone(self.known(self.account()))

    def test_unknown_columns_are_listed(self):
        path = self.file("account_id,contry,Notiz\na,CO,x\n")
        done = self.run_cli("import", path, code=INVALID)
        self.assertIn(b'column 2, "contry": is unknown; did you mean country?', done.stderr)
        self.assertIn(b'column 3, "Notiz": is unknown\n', done.stderr)
        self.assertIsNone(self.known("a"))
        self.assertEqual(list(self.folder.iterdir()), [path])

    def test_files_that_cannot_be_imported_say_why(self):
        for content, reason in ((b"", b"is empty"), (b"account_id,a;b\n", b"say which one"),
                                (b'"account_id\n', b"never closed"),
                                ("account_id\n".encode("utf-16-le"), b"--encoding")):
            done = self.run_cli("import", self.file(content), code=INVALID)
            self.assertIn(reason, done.stderr, content)
        self.run_cli("import", self.folder / "none.csv", code=INVALID)
        self.run_cli("import", self.folder, code=INVALID)
        path = self.file(HEADER)
        self.run_cli("import", path, "--errors", path, code=USAGE)
        self.assertEqual(path.read_text(), HEADER)
        self.assertEqual(list(self.folder.iterdir()), [path])
        self.run_cli("import", self.file(HEADER), "--map", "x=nothing", code=USAGE)
        self.run_cli("import", self.file(HEADER), "--currency", "dollars", code=USAGE)

    def test_a_dry_run_finds_the_same_faults_and_writes_nothing(self):
        lines = [row(i, "dry").encode() for i in range(300)]
        for k, (content, _, _) in enumerate(BROKEN):
            lines[3 + 7 * k] = content.replace(b"{id}", b"bad-%d" % k)
        path = self.file(HEADER.encode() + b"\n" + b"\n".join(lines) + b"\n")
        for more in ([], ["--evaluate"]):
            done = self.run_cli("import", path, "--dry-run", *more, "--errors",
                                self.folder / "dry.csv", code=INVALID)
            self.assertIn(b"280 good, 20 failed; nothing was written", done.stdout)
            self.assertIsNone(self.known("dry-0"))
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["accounts.csv", "dry.csv"])
        self.run_cli("import", path, "--errors", self.folder / "errors.csv", code=INVALID)
        self.assertEqual(self.faults(self.folder / "dry.csv"),
                         self.faults(self.folder / "errors.csv"))

    def test_what_scoring_needs_counts_where_it_is_asked_for(self):
        path = self.file(f"account_id,country\n{self.account()},CO\n")
        self.run_cli("import", path, "--dry-run")
        done = self.run_cli("import", path, "--dry-run", "--evaluate", code=INVALID)
        self.assertIn(b"potential_mrr", done.stderr)
        done = self.run_cli("import", path, "--evaluate", code=INVALID)
        self.assertIn(b"potential_mrr", done.stderr)
        self.assertIsNone(self.known(self.account()))
        self.run_cli("import", path)
        self.assertEqual(self.get(self.account()).facts, facts(country="CO"))

    def test_bad_rows_are_told_to_people_and_to_programs(self):
        path = self.file("account_id,country,past_due_cases\n"
                         f"{self.account()},CO,x\n{self.account()},Narnia,-1\n")
        done = self.run_cli("import", path, code=INVALID)
        told = done.stderr.decode().splitlines()
        self.assertEqual(len(told), 3, told)
        self.assertRegex(told[0], rf"^{path}:2: past_due_cases: must be a whole number.* \(x\)$")
        self.assertRegex(told[1], rf"^{path}:3: country: .* \(Narnia\)$")
        self.assertRegex(told[2], rf"^{path}:3: past_due_cases: must be 0 to .* \(-1\)$")
        self.assertEqual(done.stdout, b"0 imported (0 new, 0 changed), 2 failed\n")
        done = self.run_cli("import", path, "--json", code=INVALID)
        told = [json.loads(line) for line in done.stderr.splitlines()]
        self.assertEqual([(t["line"], t["column"], t["value"]) for t in told],
                         [(2, "past_due_cases", "x"), (3, "country", "Narnia"),
                          (3, "past_due_cases", "-1")])

    def test_empty_cells_clear_where_that_is_asked_for(self):
        self.upsert(self.account(), bank(display_name="Bank", owner_id="o"))
        path = self.file(f"account_id,country,owner_id\n{self.account()},PE,\n")
        self.run_cli("import", path)
        self.assertEqual(self.get(self.account()).facts.owner_id, "o")
        self.run_cli("import", path, "--empty-clears")
        kept = self.get(self.account()).facts
        self.assertFalse(kept.HasField("owner_id"))
        self.assertEqual((kept.country, kept.display_name), ("PE", "Bank"))

    def test_a_place_that_cannot_be_written_stops_it_before_it_begins(self):
        path = self.file(f"{HEADER}\n{row(1)}\n")
        done = self.run_cli("import", path, "--resume-file", "/nowhere/state", code=FAILED)
        self.assertIn(b"--no-resume", done.stderr)
        self.run_cli("import", path, "--no-resume")

    def test_a_terminal_shows_a_bar_and_is_left_clean(self):
        path = self.file(table(5_000) + "bad")
        printed, shown = self.shown_on_a_terminal("import", str(path), code=INVALID)
        self.assertIn(b"5,000 imported", printed)
        self.assertRegex(shown, rb"\r\x1b\[K\[#*\.+\] \d+ %, [\d,]+ rows")
        self.assertRegex(shown, rb"\r\x1b\[K[^\r]*accounts\.csv:5502: the row has 1 cells.*\r\n")
        self.assertNotRegex(shown.rsplit(b"\x1b[K", 1)[1], rb"%")


def full_facts():
    """A value of every fact, with what CSV and lists have a meaning for in the texts."""
    full = bank(display_name='Größe, "S.A."', owner_id="o;1", parent_id="p|1")
    full.potential_mrr.append(mrr("PE", 5, "PEN", 250_000_000))
    for field in full.DESCRIPTOR.fields:
        name, value = field.name, getattr(full, field.name)
        if field.label == field.LABEL_REPEATED:
            if name == "custom":
                full.custom["text"].text = 'a "b", {c}'
                full.custom["number"].int64 = -2**60
                full.custom["decimal"].decimal = "-12.5"
                full.custom["truth"].bool = False
                full.custom["day"].date.CopyFrom(date(2026, 2, 28))
                full.custom["amount"].money.CopyFrom(usd(-5, -500_000_000, "EUR"))
            elif name == "product_line_revenue":
                full.product_line_revenue.add(product_line="a=b|c", amount=usd(3, 1))
            elif field.enum_type:
                value.extend(v.number for v in field.enum_type.values[1:])
            elif not value and name.endswith("countries"):
                value.extend(["US", "MX"])
            elif not value and field.cpp_type == field.CPPTYPE_STRING:
                value.extend([r"back\slash", "a|b;c", "plain"])
        elif full.HasField(name):
            continue
        elif field.cpp_type == field.CPPTYPE_MESSAGE:
            value.CopyFrom(usd(0, 1, "CLP") if field.message_type.name == "Money"
                           else date(2025, 12, 31))
        elif field.cpp_type == field.CPPTYPE_ENUM:
            setattr(full, name, field.enum_type.values[-1].number)
        elif field.cpp_type == field.CPPTYPE_BOOL:
            setattr(full, name, False)
        elif field.cpp_type == field.CPPTYPE_STRING:
            setattr(full, name, "a 'b'; c|d")
        else:
            setattr(full, name, 0)
    return full


class ExportTest(CliTest):
    def test_what_is_exported_is_imported_the_same(self):
        self.upsert("round-full", full_facts())
        self.upsert("round-bank", bank())
        self.evaluate("round-fintech", fintech())
        self.upsert("round-empty", facts())
        # Every fact is there, so that one that no column carries would be missed.
        stored = self.get("round-full").facts
        for field in stored.DESCRIPTOR.fields:
            value = getattr(stored, field.name)
            self.assertTrue(len(value) if field.label == field.LABEL_REPEATED
                            else stored.HasField(field.name), field.name)
        for more in ([], ["--delimiter", ";"], ["--delimiter", "tab"], ["--byte-order-mark"],
                     ["--answers"]):
            out = self.folder / "out.csv"
            self.run_cli("export", "-o", out, *more)
            with Server() as other:
                self.run_cli("import", out, server=other)
                with Client(other.address) as client:
                    for account in self.client.iterate_accounts():
                        self.assertEqual(
                            client.get_account(account_id=account.account_id).account.facts,
                            account.facts, (more, account.account_id))

    def test_filters_columns_and_answers(self):
        self.evaluate("filter-bank", bank(country="BR", operating_countries=["BR"],
                                          potential_mrr=[mrr("BR", 60_000)]))
        self.upsert("filter-new", bank(country="BR", potential_mrr=[mrr("PE", 7)]))
        score = self.get("filter-bank").scores[0]
        segment = Segment.Name(score.segment).split("_")[1].lower()
        self.assertEqual(
            self.exported("--country", "BR", "--columns",
                          "account_id,segment,score,potential_mrr,potential_mrr_PE"),
            [dict(account_id="filter-bank", segment=segment, score=str(score.score),
                  potential_mrr="60000", potential_mrr_PE=""),
             dict(account_id="filter-new", segment="", score="", potential_mrr="",
                  potential_mrr_PE="7")])
        self.run_cli("export", "--columns", "nothing", code=USAGE)
        # Nobody found is a header alone; what is refused leaves what is there.
        path = self.folder / "out.csv"
        self.run_cli("export", "--country", "AQ", "--columns", "account_id", "-o", path)
        self.assertEqual(path.read_text(), "account_id\n")
        done = self.run_cli("export", "--country", "ZZ", "-o", path, code=INVALID)
        self.assertEqual((path.read_text(), done.stdout), ("account_id\n", b""))
        self.assertEqual([p.name for p in self.folder.iterdir()], ["out.csv"])

    def test_json_is_an_account_a_line(self):
        self.upsert("json-1", full_facts())
        self.run_cli("export", "--json", "--answers", code=USAGE)
        done = self.run_cli("export", "--json")
        told = {a["accountId"]: a for a in map(json.loads, done.stdout.splitlines())}
        self.assertEqual(told["json-1"]["facts"], MessageToDict(self.get("json-1").facts))

    def test_what_could_not_be_written_is_not_told_as_written(self):
        self.upsert(self.account(), bank())
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BINARY, "--server", self.server.address, "export"], stdout=full,
                                  stderr=subprocess.PIPE, env=clean_environment(), timeout=60)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn(b"the output cannot be written", done.stderr)
        self.assertNotIn(b"--resume-token", done.stderr)

    def test_an_export_from_one_server_goes_straight_into_another(self):
        self.upsert("pipe-1", full_facts())
        with Server() as other:
            source = subprocess.Popen([BINARY, "--server", self.server.address, "export"],
                                      stdout=subprocess.PIPE, env=clean_environment())
            done = subprocess.run([BINARY, "--server", other.address, "import", "-"],
                                  stdin=source.stdout, capture_output=True, timeout=60,
                                  env=clean_environment())
            source.stdout.close()
            self.assertEqual((source.wait(), done.returncode), (OK, OK), done.stderr)
            with Client(other.address) as client:
                self.assertEqual(client.get_account(account_id="pipe-1").account.facts,
                                 self.get("pipe-1").facts)


class ReadmeTest(CliTest):
    """What clients/cli/README.md says of columns is what there is."""

    def test_columns(self):
        text = (ROOT / "clients" / "cli" / "README.md").read_text(encoding="utf-8")
        section = text.split("\n### Columns\n", 1)[1].split("\n### ", 1)[0]
        rows = [line.split("|")[1] for line in section.replace("\\|", "").splitlines()
                if line.startswith("| `")]
        told = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
        told += re.findall(r"`(\w+_currency)`", section)
        told = set(told) - {"custom.KEY", "custom.KEY:TYPE"}
        written = set(self.run_cli("export", "--answers").stdout.decode().strip().split(","))
        self.assertEqual(told - {"potential_mrr_PE", "potential_mrr_PE_currency"}, written)
        # Each is known by its name.
        self.run_cli("export", "--columns", ",".join(told))
        self.run_cli("export", "--columns", "custom.plan,custom.seats:int64,custom.fee:money")


if __name__ == "__main__":
    unittest.main()
