"""Each client goes through the same cases, from the package that people install."""
import os
import pathlib
import shutil
import subprocess
import unittest

from client_support import (HERE, ROOT, ClientsTest, outside_environment, readme_code, run,
                            write_packages)

PYTHON = "/usr/bin/python3"
TOOLS = pathlib.Path(os.environ["TIERMARK_TOOLS"])
README_ADDRESS = "127.0.0.1:50051"


class PythonTest(ClientsTest):
    """The wheel in an environment of its own, with the newest gRPC and protobuf."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_packages(cls.folder, "python")
        [wheel] = (cls.folder / "python").glob("*.whl")
        cls.python = cls.folder / "venv" / "bin" / "python"
        run([PYTHON, "-m", "venv", cls.folder / "venv"])
        run([cls.python, "-m", "pip", "install", "--quiet", "--no-index", "--find-links",
             TOOLS.parent / "python-wheels" / "wheels", wheel, "grpc-stubs", "types-protobuf"])
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

    def test_it_is_the_wheel_and_has_nothing_of_google(self):
        place = run([self.python, "-c", "import tiermark; print(tiermark.__file__)"])
        self.assertTrue(place.startswith(str(self.folder / "venv")), place)
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


class CppTest(ClientsTest):
    """The installed package in a project that knows nothing else of the tree."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_packages(cls.folder, "cpp")
        # Where it was written must not matter.
        prefix = (cls.folder / "cpp").rename(cls.folder / "moved")
        source, cls.build = cls.folder / "outside", cls.folder / "outside-build"
        shutil.copytree(HERE / "cpp_outside", source)
        [code] = readme_code("cpp", "cpp")
        (source / "readme.cc").write_text(code)
        run(["cmake", "-S", source, "-B", cls.build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
             "-DREADME_PROGRAM=readme.cc", f"-DCMAKE_CXX_FLAGS={os.environ['TIERMARK_CXX_FLAGS']}"])
        run(["cmake", "--build", cls.build, "-j1"], timeout=280)

    def test_cases(self):
        self.assert_cases_pass("C++", [os.environ["TIERMARK_CASES_CPP"]])

    def test_readme(self):
        printed = run([self.build / "readme", self.plain.address])
        self.assertIn("16 SEGMENT_SMB\n", printed)
        self.assertIn("INVALID_FIELDS\nfacts.past_due_cases: ", printed)

    @unittest.skipIf("-fsanitize" in os.environ["TIERMARK_CXX_FLAGS"],
                     "a host without the sanitizer cannot load what has it")
    def test_a_plugin_has_it_inside(self):
        # In a process of its own: this one has another gRPC.
        code = ("import ctypes, sys\nlibrary, *given = sys.argv[1:]\n"
                "count = ctypes.CDLL(library).tiermark_outside_count\n"
                "print(count(*(text.encode() for text in given)))")
        unauthenticated = -1 - 16
        for key, wanted in ((self.keys["viewer"], 0), ("tmk_wrong", unauthenticated)):
            printed = run([PYTHON, "-c", code, self.build / "libplugin.so", self.server.address,
                           key, self.ca_file])
            self.assertEqual(int(printed), wanted)


if __name__ == "__main__":
    unittest.main()
