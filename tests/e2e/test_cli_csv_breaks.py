"""Imports and exports that break off in the middle, and are taken up again."""
import collections
import json
import signal
import subprocess
import time
import unittest

from csv_support import (BINARY, CONFLICT, INVALID, OK, UNAVAILABLE, CliTest, table, tiermark)
from server import clean_environment


class BreakTest(CliTest):
    def begin(self, *arguments):
        process = subprocess.Popen(
            [BINARY, "--server", self.server.address, *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for_rows(self, state, process, rows):
        """Until the state tells of so many."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.assertIsNone(process.poll(), "it ended too soon")
            if state.exists():
                fields = dict(line.split(" ", 1) for line in state.read_text().splitlines()[1:])
                if int(fields.get("rows", fields.get("accounts", 0))) >= rows:
                    return
            time.sleep(0.005)
        self.fail("it did not come so far")

    def evaluations(self):
        """How often each account was evaluated, by the feed of changes."""
        counts, cursor = collections.Counter(), ""
        while True:
            page = self.client.list_account_changes(cursor=cursor, page_size=1000)
            for change in page.changes:
                if change.HasField("evaluated"):
                    counts[change.account_id] += 1
            cursor = page.next_cursor
            if page.at_end:
                return counts

    def test_a_killed_import_is_repeated_and_does_nothing_twice(self):
        rows = 20_000
        text = table(rows, "killed")
        path = self.file(text.replace("killed-5,", "bad,,").replace("killed-19999,", "bad,,"))
        state = self.folder / "accounts.csv.tiermark-import"
        errors = self.folder / "errors.csv"
        arguments = ("import", path, "--evaluate", "--errors", errors)
        for killed_at in (1, 5_000):
            process = self.begin(*arguments)
            self.wait_for_rows(state, process, killed_at)
            process.send_signal(signal.SIGKILL)
            process.wait()
        done = self.run_cli(*arguments, "--json", code=INVALID)
        summary = json.loads(done.stdout)
        self.assertEqual((summary["rows"], summary["failed"], summary["evaluated"]),
                         (rows, 2, rows - 2))
        # 1 header, and a line more for each tenth row.
        lines = [line for line, _, _, _ in self.faults(errors)]
        self.assertEqual(lines, [8, rows + 1 + rows // 10])
        self.assertFalse(state.exists())
        counts = {a: n for a, n in self.evaluations().items() if a.startswith("killed-")}
        self.assertEqual(len(counts), rows - 2)
        self.assertEqual(set(counts.values()), {1})
        # Once it has come to its end, a repetition is an import of its own.
        self.run_cli(*arguments, code=INVALID)
        self.assertEqual(self.evaluations()["killed-0"], 2)

    def test_an_import_outlives_a_restart_of_the_server(self):
        rows = 20_000
        path = self.file(table(rows, "restart"))
        process = self.begin("import", path, "--evaluate", "--json")
        self.wait_for_rows(self.folder / "accounts.csv.tiermark-import", process, 500)
        address = self.server.address
        self.server.kill()
        self.server.start(f"--grpc-listen={address}")
        type(self).connect()
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, OK, err.decode())
        self.assertEqual(json.loads(out)["evaluated"], rows)
        counts = {a: n for a, n in self.evaluations().items() if a.startswith("restart-")}
        self.assertEqual((len(counts), set(counts.values())), (rows, {1}))

    def test_what_changed_meanwhile_is_not_gone_on_with(self):
        path = self.file(table(20_000, "changed"))
        state = self.folder / "accounts.csv.tiermark-import"
        process = self.begin("import", path)
        self.wait_for_rows(state, process, 500)
        process.kill()
        process.wait()
        for arguments in (["--evaluate"], ["--decimal-comma"]):
            done = self.run_cli("import", path, *arguments, code=CONFLICT)
            self.assertIn(b"was told other options", done.stderr)
        path.write_text(path.read_text().replace("changed-3,", "other,"))
        done = self.run_cli("import", path, code=CONFLICT)
        self.assertIn(b"had other rows at the beginning", done.stderr)
        self.assertIn(str(state).encode(), done.stderr)
        state.unlink()
        self.run_cli("import", path)
        self.assertIsNotNone(self.known("other"))

    def test_a_killed_export_goes_on_in_its_file(self):
        self.run_cli("import", "-", given=table(20_000, "export").encode())
        whole = self.run_cli("export").stdout
        path = self.folder / "out.csv"
        state = self.folder / "out.csv.tiermark-export"
        process = self.begin("export", "-o", path)
        self.wait_for_rows(state, process, 500)
        process.kill()
        process.wait()
        self.assertLess(path.stat().st_size, len(whole))
        with open(path, "a", encoding="utf-8") as file:
            file.write("half a row")
        self.run_cli("export", "-o", path, "--country", "PE", code=CONFLICT)
        done = self.run_cli("export", "-o", path)
        self.assertIn(b"Going on behind", done.stderr)
        self.assertEqual(path.read_bytes(), whole)
        self.assertFalse(state.exists())

    def test_without_a_server_it_says_so_soon(self):
        begin = time.monotonic()
        for command in (["import", "-"], ["export"]):
            done = tiermark("--server", "127.0.0.1:1", *command, given=table(1).encode())
            self.assertEqual(done.returncode, UNAVAILABLE, done.stderr)
        self.assertLess(time.monotonic() - begin, 20)


if __name__ == "__main__":
    unittest.main()
