"""What the HTTP port shows to everybody: health, and the descriptions made in the build."""
import json
import os
import pathlib
import unittest

from http_socket import Connection, ask, request
from server import Server, run

DOCUMENTS = pathlib.Path(os.environ.get("TIERMARK_OPENAPI", "build/dev/protos/openapi"))


class PagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        done = run("key", "create", f"--store=sqlite:{cls.server.store}", "--name=somebody")
        cls.secret = done.stdout.strip()
        cls.server.start()

    def get(self, path, **headers):
        return ask(self.server.http_address, request(path, method="GET", content_type=None,
                                                     content_length=None, **headers))

    def test_descriptions_are_those_of_the_build(self):
        for name in ("openapi.json", "swagger.json"):
            answer = self.get(f"/{name}")
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["content-type"], "application/json")
            self.assertEqual(answer.body, (DOCUMENTS / name).read_bytes())
            json.loads(answer.body)

    def test_health_needs_no_key(self):
        for path in ("/healthz", "/readyz", "/healthz?verbose=1"):
            self.assertEqual(self.get(path).status, 200)

    def test_head_has_no_body(self):
        data = request("/healthz", method="HEAD", content_type=None, content_length=None)
        with Connection(self.server.http_address) as connection:
            connection.send(data)
            answer = connection.answer(head_only=True)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["content-length"], "3")
            # What follows is the next answer, and not a body.
            connection.send(data)
            self.assertEqual(connection.answer(head_only=True).status, 200)

    def test_calls_need_the_key(self):
        path = "/tiermark.v1.AccountService/ListAccounts"
        address = self.server.http_address
        refused = ask(address, request(path, b"{}"))
        self.assertEqual(refused.status, 401)
        self.assertEqual(refused.headers["www-authenticate"], "Bearer")
        self.assertEqual(json.loads(refused.body)["code"], "unauthenticated")
        answer = ask(address, request(path, b"{}", authorization=f"Bearer {self.secret}"))
        self.assertEqual(answer.status, 200)

    def test_nothing_else_is_there(self):
        for path in ("/", "/index.html", "/.env", "/openapi.json/", "/healthz/..", "//healthz",
                     "/%68ealthz", "*", "http://127.0.0.1/healthz"):
            self.assertIn(self.get(path).status, (400, 404), path)


if __name__ == "__main__":
    unittest.main()
