"""The Python client from outside the tree: its wheel in an environment of its own, with the newest
gRPC and protobuf."""
import os
import pathlib
import shutil
import subprocess
import unittest

from client_support import (HERE, PYTHON, ROOT, ClientsTest, install_as_readme_says,
                            outside_environment, readme_code, run)

TOOLS = pathlib.Path(os.environ["TIERMARK_TOOLS"])
README_ADDRESS = "127.0.0.1:50051"


class PythonTest(ClientsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        fetched = {"PIP_NO_INDEX": "1",
                   "PIP_FIND_LINKS": str(TOOLS.parent / "python-wheels" / "wheels")}
        install_as_readme_says("python", cls.folder, **fetched)
        cls.python = cls.folder / "scores" / "bin" / "python"
        run([cls.python, "-m", "pip", "install", "--quiet", "grpc-stubs", "types-protobuf"],
            env=outside_environment(**fetched))
        cls.runner = cls.folder / "run_python.py"
        shutil.copy(HERE / "run_python.py", cls.runner)

    def test_cases(self):
        self.assert_cases_pass("Python", [self.python, self.runner])

    def test_cases_with_the_libraries_of_debian(self):
        package = self.folder / "debian"
        run([ROOT / "clients" / "python" / "generate.py", package, self.folder / "google"])
        self.assert_cases_pass("Python with Debian's gRPC", [
            "env", f"PYTHONPATH={package}:{self.folder / 'google'}", PYTHON, self.runner])

    def test_readme(self):
        alone, with_key = readme_code("python", "python")
        self.assertIn(README_ADDRESS, alone)
        printed = run([self.python, "-c", alone.replace(README_ADDRESS, self.plain.address)])
        self.assertIn("100 SEGMENT_STRATEGIC\n", printed)
        self.assertIn("INVALID_ARGUMENT INVALID_FIELDS\n  facts.past_due_cases ", printed)
        environment = {**self.environment(), "SCORER_KEY": self.keys["scorer"]}
        run([self.python, "-c", "from tiermark import Client\n"
             f"Client({self.server.address!r}, ca_file={str(self.ca_file)!r})"
             ".upsert_account(account_id='readme', facts={})"], env=environment)
        shutil.copy(self.ca_file, self.folder / "roots.pem")
        printed = run([self.python, "-c", with_key.replace("tiermark.example:50051",
                                                           self.server.address)],
                      env=environment, cwd=self.folder)
        self.assertIn("readme never scored\n", printed)

    def test_ways_to_connect(self):
        pair = self.certificate
        files = (f"certificate_file={str(pair.certificate)!r}, "
                 f"certificate_key_file={str(pair.key)!r}")
        ca_file = f"ca_file={str(self.ca_file)!r}"
        keyless = outside_environment(GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=str(self.ca_file))
        viewer = {**keyless, "TIERMARK_KEY": self.keys["viewer"]}
        for given, environment, wanted in (
                (f"{ca_file}, {files}", keyless, "PERMISSION_DENIED"),
                (ca_file, keyless, "UNAUTHENTICATED"),
                (ca_file, viewer, "PERMISSION_DENIED"),
                ("tls=True", viewer, "PERMISSION_DENIED"),
                (f"{ca_file}, key='tmk_wrong'", viewer, "UNAUTHENTICATED"),
                (f"{ca_file}, key=''", viewer, "UNAUTHENTICATED"),
                # As it is read from a file.
                (f"{ca_file}, key={self.keys['administrator']!r} + chr(10)", keyless, "OK"),
                ("attempts_max=1", viewer, "UNAVAILABLE")):
            # What an administrator may and a viewer may not tells whose key it was.
            printed = run([self.python, "-c", "import tiermark\n"
                           f"client = tiermark.Client({self.server.address!r}, {given})\n"
                           "try: client.list_api_keys(); print('OK')\n"
                           "except tiermark.TiermarkError as e: print(e.code.name)"],
                          env=environment)
            self.assertEqual(printed.strip(), wanted, given)

    def test_it_is_the_wheel_and_has_nothing_of_google(self):
        place = run([self.python, "-c", "import tiermark; print(tiermark.__file__)"])
        self.assertTrue(place.startswith(str(self.folder / "scores")), place)
        files = run([self.python, "-m", "pip", "show", "--files", "tiermark"])
        self.assertIn("tiermark/py.typed", files)
        self.assertNotIn("google", files.split("Files:")[1])

    def check_types(self, code):
        """What a type checker says of code that uses the package."""
        file = self.folder / "typed.py"
        file.write_text(code)
        # google.type has no types, which is said elsewhere.
        done = subprocess.run(
            [TOOLS / "mypy", "--strict", "--disable-error-code=import-untyped",
             f"--python-executable={self.python}", f"--cache-dir={self.folder}/cache", file],
            cwd=self.folder, env=outside_environment(), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def test_types_are_known(self):
        for code in readme_code("python", "python"):
            self.assertEqual(self.check_types(code)[0], 0, self.check_types(code)[1])
        for wrong, why in (
                ("client.evaluate_account(account='a')", "call-arg"),
                ("client.evaluate_account(account_id=5)", "arg-type"),
                ("client.no_such_rpc()", "attr-defined"),
                ("client.get_account(account_id='a').account.no_such_field", "attr-defined"),
                ("for item in client.iterate_accounts(): item.no_such_field", "attr-defined"),
                ("client.export_accounts(deadline=1)", "call-arg"),
                ("Segment.SEGMENT_HUGE", "attr-defined")):
            code, said = self.check_types(
                "from tiermark import Client\nfrom tiermark.v1.segment_pb2 import Segment\n"
                f"client = Client()\n{wrong}\n")
            self.assertEqual((code, said.count("error:"), f"[{why}]" in said), (1, 1, True), said)


if __name__ == "__main__":
    unittest.main()
