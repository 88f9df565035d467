"""`tiermarkd check`, `backup`, `restore` and `migrate`, on stores that are served and that are not."""
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import tempfile
import threading
import time
import unittest

import grpc

import server as server_module
from server import BINARY, Server, clean_environment, run
from support import DEADLINE_SECONDS, bank, fintech
from tiermark import Client, TiermarkError

DAMAGED, USAGE, UNAVAILABLE = 1, 64, 69
ROOT = pathlib.Path(__file__).resolve().parents[2]
MIGRATIONS = ROOT / "storage/sqlite/migrations"
OPERATIONS = ROOT / "docs/operations.md"
APPLICATION_ID = 0x54696572


def change(path, sql):
    """Changes a file behind everybody's back."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(sql)
    database.close()


class StoreCommandsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-store-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.backup = self.folder / "backup.db"

    def served(self, *arguments):
        """A server that serves, and a client of it."""
        server = Server(*arguments)
        self.addCleanup(server.close)
        server.start()
        return server, self.client(server)

    def client(self, server):
        channel = grpc.insecure_channel(server.address)
        self.addCleanup(channel.close)
        return Client(channel=channel, deadline=DEADLINE_SECONDS)

    def tell(self, code, store, *arguments):
        """What the command says: standard output, and standard error behind it."""
        ended = run(*arguments, f"--store=sqlite:{store}")
        self.assertEqual(ended.returncode, code, ended.stdout + ended.stderr)
        return ended.stdout + ended.stderr

    def stopped_store(self):
        """The file of a store that was served and holds an account."""
        server, client = self.served()
        client.evaluate_account(account_id="bank", facts=bank())
        self.assertEqual(server.stop(), 0)
        return server.store

    def names(self, store):
        return sorted(path.name for path in store.parent.iterdir())

    def test_check_of_a_sound_store(self):
        server, client = self.served()
        client.evaluate_account(account_id="bank", facts=bank())
        before = self.names(server.store)
        said = self.tell(0, server.store, "check")
        self.assertIn("is sound: 1 accounts, 1 entries of the log", said)
        self.assertIn("a copy that it made", said)
        # The copy is gone as soon as the server has seen that the command is.
        deadline = time.monotonic() + 10
        while self.names(server.store) != before and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.names(server.store), before)
        server.kill()
        self.assertIn("is sound: 1 accounts", self.tell(0, server.store, "check"))
        server.start()
        self.assertEqual(server.stop(), 0)
        left = self.names(server.store)
        said = self.tell(0, server.store, "check")
        self.assertIn("is sound: 1 accounts, 1 entries of the log", said)
        self.assertEqual(self.names(server.store), left, "it leaves nothing behind")

    def test_check_lists_what_is_damaged(self):
        store = self.stopped_store()
        change(store, "UPDATE account SET state = x'00'; DELETE FROM due;")
        said = self.tell(DAMAGED, store, "check")
        self.assertIn("account account_no 1: does not match its checksum", said)
        self.assertRegex(said, r"is damaged in \d+ places")
        self.assertNotIn("bank", said.replace(str(store), ""), "no account is named")
        # Nor is a backup made of it, or kept.
        said = self.tell(DAMAGED, store, "backup", f"--to={self.backup}")
        self.assertIn("was not kept", said)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_check_finds_damage_while_the_server_runs(self):
        store = self.stopped_store()
        change(store, "UPDATE log SET entry = x'00';")
        server = Server()
        self.addCleanup(server.close)
        shutil.copy(store, server.store)
        server.start()
        self.assertIn("log position 1: does not match",
                      self.tell(DAMAGED, server.store, "check"))

    def test_check_of_what_is_no_store(self):
        self.assertIn("No such file", self.tell(UNAVAILABLE, self.folder / "none.db", "check"))
        other = self.folder / "other.db"
        other.write_bytes(b"text " * 100)
        self.assertIn("file is not a database", self.tell(DAMAGED, other, "check"))
        self.assertEqual(run("check", "--store=none").returncode, USAGE)
        self.assertEqual(run("backup").returncode, USAGE)

    def test_backup_under_load_holds_what_was_acknowledged(self):
        server, client = self.served()
        stop, failures, acknowledged = threading.Event(), [], {}

        def write(worker):
            own = self.client(server)
            number = 0
            while not stop.is_set():
                number += 1
                request = f"{worker}-{number}"
                try:
                    answer = own.evaluate_account(
                        account_id=f"account-{worker}-{number % 40}", request_id=request,
                        facts=bank() if number % 2 else fintech())
                except TiermarkError as error:
                    failures.append(error)
                    return
                acknowledged[request] = answer.evaluation

        writers = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
        for writer in writers:
            writer.start()
        try:
            while len(acknowledged) < 600 and not failures:
                time.sleep(0.02)
            before = dict(acknowledged)
            said = self.tell(0, server.store, "backup", f"--to={self.backup}")
        finally:
            stop.set()
            for writer in writers:
                writer.join()
        self.assertEqual(failures, [])
        self.assertIn("is a backup: 120 accounts", said)
        self.assertEqual(stat.S_IMODE(self.backup.stat().st_mode), 0o600)
        self.assertEqual(list(self.folder.iterdir()), [self.backup])
        self.assertIn("is sound", self.tell(0, self.backup, "check"))

        restored = Server()
        self.addCleanup(restored.close)
        self.tell(0, restored.store, "restore", f"--from={self.backup}")
        restored.start()
        client = self.client(restored)
        for request, evaluation in before.items():
            kept = client.get_evaluation(evaluation_id=evaluation.evaluation_id).evaluation
            self.assertEqual((kept.account_id, kept.score, kept.evaluate_time),
                             (evaluation.account_id, evaluation.score, evaluation.evaluate_time))
        for evaluation in random.sample(sorted(before.values(), key=lambda e: e.evaluation_id), 20):
            replayed = client.replay_evaluation(evaluation_id=evaluation.evaluation_id)
            self.assertTrue(replayed.identical)
        # What was not acknowledged before is there as a whole, or not at all.
        for request in set(acknowledged) - set(before):
            wanted = acknowledged[request]
            try:
                kept = client.get_evaluation(evaluation_id=wanted.evaluation_id).evaluation
            except TiermarkError as error:
                self.assertEqual(error.code, grpc.StatusCode.NOT_FOUND)
                continue
            self.assertEqual(kept.account_id, wanted.account_id)
        # A request that is repeated gets its first answer.
        request, evaluation = list(before.items())[-1]
        again = client.evaluate_account(
            account_id=evaluation.account_id, request_id=request,
            facts=bank() if int(request.split("-")[1]) % 2 else fintech())
        self.assertIn(again.evaluation.evaluation_id,
                      (evaluation.evaluation_id,), "the same answer")

    def test_backup_of_a_stopped_store(self):
        store = self.stopped_store()
        said = self.tell(0, store, "backup", f"--to={self.backup}")
        self.assertIn("is a backup: 1 accounts, 1 entries of the log", said)
        self.assertEqual(stat.S_IMODE(self.backup.stat().st_mode), 0o600)

    def test_backup_onto_another_disk(self):
        if not os.access("/dev/shm", os.W_OK):
            self.skipTest("there is no other disk")
        server, client = self.served()
        client.evaluate_account(account_id="bank", facts=bank())
        with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
            if os.stat(other).st_dev == server.store.stat().st_dev:
                self.skipTest("it is the same disk")
            backup = pathlib.Path(other) / "backup.db"
            self.tell(0, server.store, "backup", f"--to={backup}")
            self.assertIn("is sound: 1 accounts", self.tell(0, backup, "check"))
            self.assertEqual(os.listdir(other), ["backup.db"])

    def test_backup_keeps_what_is_there(self):
        store = self.stopped_store()
        self.backup.write_text("precious")
        self.assertIn("is there already",
                      self.tell(UNAVAILABLE, store, "backup", f"--to={self.backup}"))
        self.assertEqual(self.backup.read_text(), "precious")
        self.backup.unlink()
        for suffix in ("-wal", "-journal"):
            left = pathlib.Path(f"{self.backup}{suffix}")
            left.write_text("of another")
            said = self.tell(UNAVAILABLE, store, "backup", f"--to={self.backup}")
            self.assertIn(f"{left} is there already", said)
            left.unlink()
        said = self.tell(UNAVAILABLE, store, "backup", f"--to={self.folder}/none/backup.db")
        self.assertIn("cannot be written", said)

    def test_paths_through_links(self):
        server, client = self.served()
        client.evaluate_account(account_id="bank", facts=bank())
        (self.folder / "link").symlink_to(server.store.parent)
        store = self.folder / "link" / server.store.name
        (self.folder / "kept").mkdir()
        (self.folder / "other").symlink_to("kept")
        backup = self.folder / "other" / "backup.db"
        self.assertIn("is sound: 1 accounts", self.tell(0, store, "check"))
        self.tell(0, store, "backup", f"--to={backup}")
        server.stop()
        self.assertIn("is sound: 1 accounts", self.tell(0, store, "check"))
        self.tell(0, store, "backup", f"--to={self.folder}/other/stopped.db")
        self.assertIn("is sound: 1 accounts", self.tell(0, backup, "check"))
        # At the front of a URI two of them would name a machine.
        self.assertIn("is sound: 1 accounts", self.tell(0, f"/{backup}", "check"))
        restored = self.folder / "other" / "restored.db"
        self.tell(0, restored, "restore", f"--from={backup}")
        self.assertIn("is sound: 1 accounts", self.tell(0, restored, "check"))

    def test_backup_killed_at_any_time_is_whole_or_absent(self):
        server, client = self.served()
        for number in range(200):
            client.evaluate_account(account_id=f"account-{number}", facts=bank())
        self.kill_at_any_time(
            ["backup", f"--to={self.backup}", f"--store=sqlite:{server.store}"],
            lambda: self.backup.unlink(missing_ok=True),
            lambda: self.assertTrue(not self.backup.exists() or
                                    "is sound: 200" in self.tell(0, self.backup, "check")))
        # The server goes on, and so do backups.
        self.backup.unlink(missing_ok=True)
        client.evaluate_account(account_id="later", facts=bank())
        self.assertIn("201 accounts", self.tell(0, server.store, "backup", f"--to={self.backup}"))

    def kill_at_any_time(self, arguments, begin, look, rounds=15, number=signal.SIGKILL):
        """Runs it again and again, killed a little later each time until it takes no more."""
        begin()
        started = time.monotonic()
        subprocess.run([BINARY, *arguments], check=True, capture_output=True,
                       env=clean_environment())
        whole = time.monotonic() - started
        for round_number in range(rounds):
            begin()
            process = subprocess.Popen([BINARY, *arguments], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=clean_environment())
            time.sleep(whole * 1.2 * round_number / rounds)
            process.send_signal(number)
            process.wait()
            look()

    def test_commands_that_are_told_to_end_leave_nothing_half_done(self):
        server, client = self.served()
        for number in range(200):
            client.evaluate_account(account_id=f"account-{number}", facts=bank())
        for path in (self.folder / "to", self.folder / "restored"):
            path.mkdir()
        backup = self.folder / "to" / "backup.db"
        self.kill_at_any_time(
            ["backup", f"--to={backup}", f"--store=sqlite:{server.store}"],
            lambda: backup.unlink(missing_ok=True),
            lambda: self.assertLessEqual(set(self.names(backup)), {backup.name}),
            number=signal.SIGTERM)
        backup.unlink(missing_ok=True)
        self.tell(0, server.store, "backup", f"--to={backup}")
        restored = self.folder / "restored" / "store.db"

        def begin():
            for path in restored.parent.iterdir():
                path.unlink()

        self.kill_at_any_time(
            ["restore", f"--from={backup}", f"--store=sqlite:{restored}"], begin,
            lambda: self.assertNotIn("store.db.restore-partial", self.names(restored)),
            number=signal.SIGINT)

    def test_restore_leaves_a_store_alone_unless_told(self):
        store = self.stopped_store()
        self.tell(0, store, "backup", f"--to={self.backup}")
        before = store.read_bytes()
        said = self.tell(UNAVAILABLE, store, "restore", f"--from={self.backup}")
        self.assertIn("--replace", said)
        self.assertEqual(store.read_bytes(), before)
        said = self.tell(0, store, "restore", f"--from={self.backup}", "--replace")
        aside = pathlib.Path(said.split(" is ")[1].split(" now")[0])
        self.assertEqual(aside.read_bytes(), before)
        self.assertEqual(aside.parent, store.parent)
        self.assertIn("is sound", self.tell(0, store, "check"))

    def test_restore_is_refused_while_a_server_has_the_store(self):
        server, client = self.served()
        client.evaluate_account(account_id="bank", facts=bank())
        self.tell(0, server.store, "backup", f"--to={self.backup}")
        said = self.tell(UNAVAILABLE, server.store, "restore", f"--from={self.backup}",
                         "--replace")
        self.assertIn(f"process {server.process.pid}", said)
        self.assertIn(f"process {server.process.pid}",
                      self.tell(UNAVAILABLE, server.store, "migrate"))
        self.assertEqual(client.get_account(account_id="bank").account.account_id, "bank")

    def test_restore_of_a_damaged_backup(self):
        store = self.stopped_store()
        self.tell(0, store, "backup", f"--to={self.backup}")
        before = store.read_bytes()
        change(self.backup, "UPDATE log SET entry = x'00';")
        said = self.tell(DAMAGED, store, "restore", f"--from={self.backup}", "--replace")
        self.assertIn("log position 1: does not match", said)
        self.assertEqual(store.read_bytes(), before)

    def test_restore_killed_at_any_time_is_done_or_not(self):
        server, client = self.served()
        client.evaluate_account(account_id="old", facts=bank())
        server.stop()
        other, client = self.served()
        for number in range(200):
            client.evaluate_account(account_id=f"new-{number}", facts=bank())
        other.stop()
        self.tell(0, other.store, "backup", f"--to={self.backup}")
        old = server.store.read_bytes()
        outcomes = set()

        def begin():
            for path in server.store.parent.iterdir():
                path.unlink()
            server.store.write_bytes(old)
            server.store.chmod(0o600)

        def look():
            server.start()
            found = self.client(server)
            counts = [len(list(found.iterate_accounts()))]
            self.assertIn(counts[0], (1, 200))
            outcomes.add(counts[0])
            server.stop()

        self.kill_at_any_time(["restore", f"--from={self.backup}", "--replace",
                               f"--store=sqlite:{server.store}"], begin, look)
        self.assertIn(1, outcomes, "some were killed before the end")

    def test_the_size_that_the_documentation_tells(self):
        server, _ = self.served("--demo")
        said = self.tell(0, server.store, "backup", f"--to={self.backup}")
        entries = int(re.search(r"(\d+) entries of the log", said)[1])
        documented = int(re.search(r"some (\d+) bytes for each evaluation",
                                   OPERATIONS.read_text())[1])
        self.assertAlmostEqual(self.backup.stat().st_size / entries, documented, delta=100)

    def test_migrate(self):
        store = self.folder / "older.db"
        first = next(MIGRATIONS.glob("0001_*.sql"))
        change(store, f"""
            PRAGMA application_id = {APPLICATION_ID};
            CREATE TABLE schema_migration (  number INTEGER PRIMARY KEY,  name TEXT NOT NULL,  sha256 TEXT NOT NULL,  applied_us INTEGER NOT NULL) STRICT;
            {first.read_text()}
            INSERT INTO schema_migration VALUES
                (1, '{first.stem}', '{hashlib.sha256(first.read_bytes()).hexdigest()}', 0);""")
        store.chmod(0o600)
        self.assertIn("would apply 0002_", self.tell(0, store, "migrate", "--dry-run"))
        self.assertIn("would apply 0002_", self.tell(0, store, "migrate", "--dry-run"))
        self.assertIn("applied 0002_", self.tell(0, store, "migrate"))
        self.assertIn("nothing is to do", self.tell(0, store, "migrate"))
        self.assertIn("schema step 2", self.tell(0, store, "check"))
        change(store, "INSERT INTO schema_migration VALUES (3, '0003_later', 'x', 0);")
        for command in (["migrate"], ["migrate", "--dry-run"], ["check"]):
            said = self.tell(UNAVAILABLE, store, *command)
            self.assertIn("0003_later", said)
            self.assertIn("start the version of tiermarkd that last wrote it", said)

    def test_help_tells_the_exit_codes(self):
        for command in ("check", "backup", "restore", "migrate"):
            said = run(command, "--help")
            self.assertEqual(said.returncode, 0)
            for code in ("0 done", "1 the store or the backup is damaged", "64 the command",
                         "69 it could not be done"):
                self.assertIn(code, said.stdout)
        self.assertIn("backup", server_module.run("--help").stdout)


if __name__ == "__main__":
    unittest.main()
