"""docs/domain-coverage.md names tests and table lines that are there."""
import pathlib
import re
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
PAGE = TESTS.parent / "docs" / "domain-coverage.md"
CPP_TEST = re.compile(r"^(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)", re.MULTILINE)
PYTHON_TEST = re.compile(r"^    def (test_\w+)", re.MULTILINE)
NAMED = re.compile(r"`(\w+\.\w+|test_\w+)`")
LINES = re.compile(r"lines? ((?:`[^`]+`(?:, )?)+) of data/([\w-]+\.table)")


def tests_in(path):
    text = path.read_text()
    if path.suffix == ".py":
        return set(PYTHON_TEST.findall(text))
    return {".".join(name) for name in CPP_TEST.findall(text)}


def rows():
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 4 and cells[1] not in ("rule", "---"):
            yield cells[1], cells[2]


class DomainCoverageTest(unittest.TestCase):
    def test_every_rule_names_a_test_or_is_not_built_yet(self):
        self.assertGreater(len(list(rows())), 100)
        for rule, held_by in rows():
            with self.subTest(rule=rule):
                self.assertTrue(held_by.startswith("not yet") or NAMED.search(held_by)
                                or LINES.search(held_by) or "the same table" in held_by)

    def test_what_is_named_is_there(self):
        for rule, held_by in rows():
            files = re.findall(r" in ([\w/]+\.(?:cc|py))", held_by)
            there = set().union(*(tests_in(TESTS / file) for file in files))
            for name in NAMED.findall(held_by):
                with self.subTest(rule=rule, test=name):
                    self.assertIn(name, there)

    def test_lines_of_tables_are_there(self):
        for rule, held_by in rows():
            for names, table in LINES.findall(held_by):
                text = (TESTS / "data" / table).read_text()
                for name in re.findall(r"`([^`…]+)…?`", names):
                    with self.subTest(rule=rule, line=name):
                        self.assertRegex(text, re.compile("^" + re.escape(name), re.MULTILINE))


if __name__ == "__main__":
    unittest.main()
