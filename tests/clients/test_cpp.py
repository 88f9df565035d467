"""The C++ client from outside the tree: its package in a project that knows nothing else of it."""
import os
import shutil
import unittest

from client_support import HERE, PYTHON, ClientsTest, readme_code, run, write_packages


class CppTest(ClientsTest):
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
        shutil.copy(HERE / "cases_cpp.cc", source)
        shutil.copy(os.environ["TIERMARK_RPCS"], source)
        run(["cmake", "-S", source, "-B", cls.build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
             "-DREADME_PROGRAM=readme.cc", "-DCASES_PROGRAM=cases_cpp.cc",
             "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", f"-DCMAKE_CXX_FLAGS={os.environ['TIERMARK_CXX_FLAGS']}"])
        run(["cmake", "--build", cls.build, "-j1"], timeout=280)

    def test_cases(self):
        self.assert_cases_pass("C++", [self.build / "cases"])

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
