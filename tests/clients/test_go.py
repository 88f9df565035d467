"""The Go client from outside the tree: from its module proxy and by a replace of its folder."""
import os
import pathlib
import shutil
import unittest

from client_support import (HERE, ClientsTest, install_as_readme_says, outside_environment,
                            readme_code, run)
from restart_support import outlives

TOOLS = pathlib.Path(os.environ["TIERMARK_TOOLS"]).parent / "go"
MODULE = "github.com/tiermark/tiermark-go"
BUILD_SECONDS = 280
CERTIFICATE = """package main

import (
	"context"
	"fmt"
	"os"

	"github.com/tiermark/tiermark-go"
	pb "github.com/tiermark/tiermark-go/tiermarkpb"
)

func main() {
	client, err := tiermark.New(tiermark.Options{Target: os.Args[1], CAFile: os.Args[2],
		CertificateFile: os.Args[3], CertificateKeyFile: os.Args[4]})
	if err != nil {
		panic(err)
	}
	answer, err := client.ListSegmentPlaybooks(context.Background(), &pb.ListSegmentPlaybooksRequest{})
	if err != nil {
		fmt.Println(tiermark.FromError(err).Reason)
		return
	}
	fmt.Println(len(answer.GetPlaybooks()))
}
"""


class GoTest(ClientsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls.folder / "my-program"
        cls.user.mkdir()
        cls.go(cls.user, "mod", "init", "example.test/user")
        fetched = TOOLS / "gopath" / "pkg" / "mod" / "cache" / "download"
        cls.as_user = {"GOPROXY": f"{fetched.as_uri()},off", "GOMODCACHE": str(cls.folder / "modules")}
        install_as_readme_says("go", cls.folder, **cls.environment_of_go(**cls.as_user))
        cls.package = cls.folder / "tiermark/build/clients/go/tiermark-go"
        # A folder named by a replace, as one works on it.
        cls.programs = cls.folder / "programs"
        for name in ("run_go", "outlive_go"):
            shutil.copytree(HERE / name, cls.programs / name)
        (cls.programs / "go.mod").write_text(
            f"module example.test/programs\n\ngo 1.25.0\n\nrequire {MODULE} v0.1.0\n\n"
            f"replace {MODULE} => {cls.package}\n")
        cls.go(cls.programs, "build", "-o", cls.folder, "./...")

    @staticmethod
    def environment_of_go(**more):
        """Of the go command: what ./dev fetched, and nothing of the network."""
        return {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod -trimpath -modcacherw",
                "CGO_ENABLED": "0", "GOENV": "off", "GOPROXY": "off", "GOSUMDB": "off",
                "GOCACHE": str(TOOLS / "gocache"),
                "GOMODCACHE": str(TOOLS / "gopath" / "pkg" / "mod"),
                "PATH": f"{TOOLS / 'bin'}{os.pathsep}{os.environ['PATH']}", **more}

    @classmethod
    def go(cls, folder, *command, **more):
        return run(["go", *command], cwd=folder, timeout=BUILD_SECONDS,
                   env=outside_environment(**cls.environment_of_go(**more)))

    def test_cases(self):
        self.assert_cases_pass("Go", [self.folder / "run_go"])

    def test_it_repeats_what_may_be_repeated(self):
        self.go(self.package, "vet", "./...")
        self.assertIn("ok", self.go(self.package, "test", "-count=1", "."))

    def test_it_outlives_its_server(self):
        self.assertEqual(outlives([self.folder / "outlive_go"]), "100\n")

    def test_a_certificate_stands_for_a_key(self):
        program = self.programs / "certificate_go"
        program.mkdir()
        (program / "main.go").write_text(CERTIFICATE)
        self.go(self.programs, "build", "-o", self.folder, "./certificate_go")
        command = [self.folder / "certificate_go", self.server.address, self.ca_file]
        shown = [self.certificate.certificate, self.certificate.key]
        self.assertEqual(run([*command, *shown]), "4\n")
        self.assertEqual(run([*command, "", ""]), "KEY_NOT_ACCEPTED\n")

    def test_readme_with_the_module_from_its_proxy(self):
        [code] = readme_code("go", "go")
        self.assertIn("127.0.0.1:50051", code)
        (self.user / "main.go").write_text(code.replace("127.0.0.1:50051", self.plain.address))
        self.go(self.user, "vet", ".", **self.as_user)
        printed = self.go(self.user, "run", ".", **self.as_user)
        self.assertIn("100 SEGMENT_STRATEGIC\n", printed)
        self.assertRegex(printed, r"\nevl-\w+ 100\n")
        self.assertIn("InvalidArgument INVALID_FIELDS\n  facts.past_due_cases ", printed)


if __name__ == "__main__":
    unittest.main()
