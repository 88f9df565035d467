"""docs/api.md: made from the protos as they are now, and links that lead somewhere."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class ReferenceTest(unittest.TestCase):
    def setUp(self):
        self.page = (ROOT / "docs/api.md").read_text()

    def test_is_what_the_protos_say_now(self):
        with tempfile.TemporaryDirectory() as folder:
            protos = ROOT / "protos"
            subprocess.run(
                [os.environ["TIERMARK_PROTOC"], "-I.", f"--doc_out={folder}",
                 "--doc_opt=reference.md.tmpl,api.md",
                 *(str(path.relative_to(protos))
                   for path in sorted(protos.glob("tiermark/v1/*.proto")))],
                cwd=protos, check=True)
            made = pathlib.Path(folder, "api.md").read_text()
        self.assertTrue(made == self.page, "docs/api.md is behind the protos: ./dev docs writes it")

    def test_each_link_leads_to_a_heading(self):
        headings = [re.sub(r"[^a-z0-9 _-]", "", line.lstrip("# ").lower()).replace(" ", "-")
                    for line in self.page.splitlines() if line.startswith("#")]
        self.assertEqual(len(headings), len(set(headings)), "two headings have one anchor")
        links = set(re.findall(r"\]\(#([^)]+)\)", self.page))
        self.assertGreater(len(links), 100)
        self.assertEqual(links - set(headings), set())

    def test_every_rpc_says_what_it_does(self):
        rpcs = re.split(r"^### ", self.page.split("\n## Messages")[0], flags=re.M)[1:]
        self.assertGreater(len(rpcs), 50)
        for rpc in rpcs:
            name, _, text = rpc.partition("\n")
            self.assertGreater(len(text.split("\n\n", 1)[1]), 40, name)


if __name__ == "__main__":
    unittest.main()
