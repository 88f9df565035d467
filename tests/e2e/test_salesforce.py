"""The walk-through of clients/examples/salesforce, as far as it can be held without Salesforce: what it
names is in the served OpenAPI document, and its request works as it is written."""
import json
import pathlib
import re
import subprocess
import unittest
import urllib.error
import urllib.request

from auth_support import create_key
from cli_support import key_by
from server import Server

README = (pathlib.Path(__file__).resolve().parent.parent.parent / "clients" / "examples" /
          "salesforce" / "README.md")
TEXT = README.read_text()
# Salesforce's, of a registration.
DOCUMENT_CHARACTERS_MAX = 10_000_000


def table(head):
    """The rows of the table whose first column is called so, as lists of cells."""
    [rows] = re.findall(rf"^\| {head} \|.*\n\|[-|]+\|\n((?:\|.*\|\n)+)", TEXT, re.MULTILINE)
    return [[cell.strip() for cell in row.strip().strip("|").split("|")]
            for row in rows.splitlines()]


def block(language, index=0):
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)[index]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def contains(test, expected, actual, path="answer"):
    """Whether all that is expected is there; "..." stands for anything, at the end of a text too."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            test.assertIn(name, actual, path)
            contains(test, value, actual[name], f"{path}.{name}")
    elif isinstance(expected, list):
        test.assertEqual(len(expected), len(actual), path)
        for number, (value, other) in enumerate(zip(expected, actual)):
            contains(test, value, other, f"{path}[{number}]")
    elif isinstance(expected, str) and expected.endswith("..."):
        test.assertTrue(actual.startswith(expected[:-3]), f"{path}: {actual}")
    else:
        test.assertEqual(expected, actual, path)


class SalesforceTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        admin = create_key(cls.server)
        cls.server.start()
        cls.key = key_by(block("sh", 0), cls.server, admin)
        cls.url = f"http://{cls.server.http_address}"
        # Salesforce reads it with the named credential, and it is open to all.
        with urllib.request.urlopen(f"{cls.url}/openapi.json", timeout=20) as answer:
            cls.raw = answer.read().decode()
        cls.document = json.loads(cls.raw)
        cls.schemas = cls.document["components"]["schemas"]

    def resolved(self, schema):
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].removeprefix("#/components/schemas/")]
        return schema

    def at(self, schema, path):
        """What a path such as `facts.potentialMrr[].country` leads to."""
        schema = self.resolved(schema)
        for step in path.split("."):
            name = step.removesuffix("[]")
            self.assertIn(name, schema.get("properties", {}), path)
            schema = self.resolved(schema["properties"][name])
            if step.endswith("[]"):
                self.assertEqual(schema["type"], "array", path)
                schema = self.resolved(schema["items"])
        return schema

    def operation(self, name):
        [operation] = [item["post"] for item in self.document["paths"].values()
                       if item["post"]["operationId"] == name]
        return operation

    def request_schema(self):
        body = self.operation("EvaluateAccount")["requestBody"]["content"]
        return body["application/json"]["schema"]

    def response_schema(self, status="200"):
        answer = self.operation("EvaluateAccount")["responses"][status]["content"]
        return answer["application/json"]["schema"]

    def assert_values(self, schema, path, values):
        """Enum values that the walk-through names for a path are all that there are."""
        if "enum" in schema:
            self.assertEqual(sorted(values), sorted(v for v in schema["enum"]
                                                    if not v.endswith("_UNSPECIFIED")), path)

    def test_the_document_can_be_registered(self):
        self.assertLess(len(self.raw), DOCUMENT_CHARACTERS_MAX)
        self.assertRegex(self.document["openapi"], r"^3\.0\.")

    def test_each_operation_is_served(self):
        rows = table("operation")
        self.assertGreater(len(rows), 3)
        for name, path, _ in rows:
            [name], [path] = quoted(name), quoted(path)
            self.assertEqual(self.document["paths"][path]["post"]["operationId"], name)
        for name in re.findall(r"`([A-Z]\w+Accounts)`", TEXT):
            self.operation(name)

    def test_each_schema_is_there_and_is_what_it_is_said_to_be(self):
        named = [quoted(row[0])[0] for row in table("schema")]
        for name in named:
            self.assertIn(name, self.schemas)
        self.assertTrue(self.request_schema()["$ref"].endswith("/EvaluateAccountRequest"))
        self.assertTrue(self.response_schema()["$ref"].endswith("/EvaluateAccountResponse"))
        self.assertTrue(self.response_schema("default")["$ref"].endswith("/Error"))
        for schema, path, name in (("EvaluateAccountRequest", "facts", "AccountFacts"),
                                   ("AccountFacts", "potentialMrr[]", "PotentialMrr"),
                                   ("PotentialMrr", "amount", "GoogleTypeMoney"),
                                   ("EvaluateAccountResponse", "evaluation", "Evaluation"),
                                   ("EvaluateAccountResponse", "nextReevaluation",
                                    "NextReevaluation")):
            self.assertIs(self.at(self.schemas[schema], path), self.schemas[name])
            self.assertIn(name, named)

    def test_each_field_is_there_with_its_values(self):
        for _, path, remark in table("Account"):
            [path] = quoted(path)
            self.assert_values(self.at(self.request_schema(), path), path, quoted(remark))
        for path, _, remark in table("in the answer"):
            [path] = quoted(path)
            if path != "nextReevaluation.reason":
                self.assert_values(self.at(self.response_schema(), path), path, quoted(remark))
        self.assertEqual(self.at(self.request_schema(), "facts.potentialMrr[].amount.units")["type"],
                         "string", "a text, as the table says")
        # Named in the text alone.
        for path in set(re.findall(r"`(facts\.[\w.\[\]]+|updateMask)`", TEXT)):
            self.at(self.request_schema(), path)

    def test_the_request_works_as_it_is_written(self):
        command = block("sh", 1)
        self.assertIn("https://tiermark.example.com/", command)
        done = subprocess.run(
            ["bash", "-euc", command.replace("https://tiermark.example.com", self.url)],
            env={"PATH": "/usr/bin:/bin", "TIERMARK_KEY": self.key}, capture_output=True, text=True,
            timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        answer = json.loads(done.stdout)
        contains(self, json.loads(block("json")), answer)
        # Each field that the flow writes is in the answer.
        for path, _, _ in table("in the answer"):
            found = [answer]
            for step in quoted(path)[0].split("."):
                found = [item[step.removesuffix("[]")] for item in found]
                if step.endswith("[]"):
                    found = [entry for item in found for entry in item]
            self.assertTrue(found, path)

    def test_the_request_sends_each_field_of_the_table(self):
        [request] = re.findall(r"<<'JSON'\n(.*)JSON\n", block("sh", 1), re.DOTALL)
        request = json.loads(request)

        def paths(value, prefix=""):
            if isinstance(value, dict):
                return {p for name, v in value.items() for p in paths(v, f"{prefix}.{name}")}
            if isinstance(value, list) and value and isinstance(value[0], dict):
                return {p for v in value for p in paths(v, f"{prefix}[]")}
            return {prefix.lstrip(".")}

        named = {quoted(row[1])[0] for row in table("Account")}
        self.assertEqual(paths(request), named | {"facts.potentialMrr[].country"})

    def test_an_error_has_the_message_that_the_flow_keeps(self):
        request = urllib.request.Request(
            f"{self.url}/tiermark.v1.ScoringService/EvaluateAccount",
            data=b'{"accountId": "bare", "facts": {"displayName": "Bare"}}',
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"})
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=20)
        with caught.exception as error:
            self.assertEqual(error.code, 400)
            self.assertTrue(json.load(error)["message"])


if __name__ == "__main__":
    unittest.main()
