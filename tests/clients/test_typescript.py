"""The TypeScript client from outside the tree: its package installed by npm, in Node and in a page."""
import functools
import http.server
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import tarfile
import threading
import unittest

from auth_support import create_key
from client_support import (HERE, ClientsTest, install_as_readme_says, outside_environment,
                            readme_code, run)
from restart_support import outlives
from server import Server

TOOLS = pathlib.Path(os.environ["TIERMARK_TOOLS"])
PAGE_SECONDS = 60
# Node 18, which Debian has, wants to be asked for it.
NODE = {"NODE_OPTIONS": "--experimental-global-webcrypto"}
TYPESCRIPT = {"target": "es2022", "module": "nodenext", "strict": True, "types": [],
              "noUncheckedIndexedAccess": True, "exactOptionalPropertyTypes": True}

BANK = """
import { overGrpc } from "@tiermark/client/node";
await overGrpc({ target: process.env.TIERMARK_ADDRESS }).evaluateAccount({
  accountId: "readme-bank",
  facts: { displayName: "Banco del Ejemplo", country: "CO", pastDueCases: 500_000,
    potentialMrr: [{ country: "CO", amount: { currencyCode: "USD", units: 60_000n } }],
    industryReference: 1, operatingCountries: ["CO", "PE", "EC", "CL", "MX"] } });
"""
# The README's code stands between, in a module.
PAGE = """<!doctype html><title>Score</title>
<script type="importmap">{imports}</script>
<script type="module">
const tell = (text) => fetch("/", {{ method: "POST", body: text }});
addEventListener("error", (event) => tell(event.error?.stack ?? event.message));
addEventListener("unhandledrejection", (event) => tell(event.reason.stack));
</script>
<script type="module">
const viewerKey = {key};
{code}
await fetch("/", {{ method: "POST", body: document.title }});
</script>
"""


class Pages(http.server.SimpleHTTPRequestHandler):
    """The page, the modules that it imports, and what it tells."""

    def do_GET(self):
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.page.encode())

    def do_POST(self):
        told = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(204)
        self.end_headers()
        self.server.told.put(told)

    def log_message(self, *_):
        pass


def import_map(modules):
    """What a bundler would do: the places of the packages' modules."""
    places = {}
    for package in ("@tiermark/client", "@bufbuild/protobuf", "@connectrpc/connect",
                    "@connectrpc/connect-web"):
        about = json.loads((modules / package / "package.json").read_text())
        for name, place in about["exports"].items():
            while isinstance(place, dict):
                place = place.get("import") or place["default"]
            if "*" not in name and place.endswith(".js"):
                places[package + name[1:]] = f"/node_modules/{package}{place[1:]}"
    return {"imports": places}


class TypeScriptTest(ClientsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls.folder / "my-page"
        cls.user.mkdir()
        (cls.user / "package.json").write_text('{"private": true, "type": "module"}')
        install_as_readme_says(
            "typescript", cls.folder, npm_config_offline="true", npm_config_audit="false",
            npm_config_update_notifier="false",
            npm_config_cache=str(TOOLS.parent / "typescript" / "cache"))
        [cls.package] = (cls.folder / "tiermark/build/clients/typescript").glob("*.tgz")
        for file in HERE.glob("*.mjs"):
            shutil.copy(file, cls.user)

    def compiled(self, name, code, *options):
        """What the compiler says of a program; the empty text if nothing is wrong."""
        (self.user / f"{name}.ts").write_text(code)
        (self.user / "tsconfig.json").write_text(
            json.dumps({"compilerOptions": TYPESCRIPT, "files": [f"{name}.ts"]}))
        done = subprocess.run([TOOLS / "tsc", "--project", ".", *options], cwd=self.user,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode == 0, done.stdout == "")
        return done.stdout

    def test_cases(self):
        runner = self.user / "run_node.mjs"
        for over, lacks in (("grpc", []), ("http", ["both_ways"])):
            environment = [f"{key}={value}" for key, value in NODE.items()]
            self.assert_cases_pass(
                f"TypeScript over {over}",
                ["env", f"TIERMARK_OVER={over}", *environment, "node", runner], lacks)

    def test_it_repeats_what_may_be_repeated(self):
        printed = run(["node", "--test-reporter=tap", "--test", "repeat_node.test.mjs"],
                      cwd=self.user, env=outside_environment(**NODE))
        # None is left out unseen.
        self.assertRegex(printed, r"(?m)^# pass [1-9]\d")

    def test_it_outlives_its_server(self):
        for over in ("grpc", "http"):
            self.assertEqual(outlives(["node", "outlive_node.mjs"], self.user, TIERMARK_OVER=over,
                                      **NODE), "100\n", over)

    def test_a_certificate_stands_for_a_key(self):
        code = """
            import * as over from "@tiermark/client/node";
            const [how, target, caFile, certificateFile, certificateKeyFile] = process.argv.slice(1);
            const client = over[how]({ target, caFile, certificateFile, certificateKeyFile });
            await client.listSegmentPlaybooks({}).then(
              ({ playbooks }) => console.log(playbooks.length), ({ reason }) => console.log(reason));
            """
        for how, address in (("overGrpc", self.server.address),
                             ("overHttp", self.server.http_address)):
            command = ["node", "--input-type=module", "--eval", code, how, address, self.ca_file]
            shown = [self.certificate.certificate, self.certificate.key]
            for more, told in ((shown, "4\n"), ([], "KEY_NOT_ACCEPTED\n")):
                self.assertEqual(run([*command, *more], cwd=self.user,
                                     env=outside_environment(**NODE)), told)

    def test_readme(self):
        [code] = readme_code("typescript", "ts")
        self.assertIn("127.0.0.1:50051", code)
        said = self.compiled("readme", code.replace("127.0.0.1:50051", self.plain.address))
        self.assertEqual(said, "")
        printed = run(["node", "readme.js"], cwd=self.user, env=outside_environment(**NODE))
        self.assertIn("100 STRATEGIC\n", printed)
        self.assertRegex(printed, r"\nevl-\w+ 100\n")
        self.assertRegex(printed, r"\n[1-9]\d* accounts at once\n")
        self.assertIn("InvalidArgument INVALID_FIELDS\n  facts.past_due_cases ", printed)

    def test_types_are_known(self):
        start = ('import { overGrpc } from "@tiermark/client/node";\n'
                 'import { Segment } from "@tiermark/client/v1/segment";\n'
                 'import type { Money } from "@tiermark/client/google/type/money";\n'
                 "export const client = overGrpc(), money: Money[] = [], { STRATEGIC } = Segment;\n")
        self.assertEqual(self.compiled("typed", start + (
            'for await (const { score } of client.iterateEvaluations({ accountId: "a" }))\n'
            "  console.log(score?.toFixed());\n"
            'for await (const { cursor } of client.watchAccounts({})) cursor.at(0);\n'),
            "--noEmit"), "")
        wrong = {
            "client.evaluateAccount({ noSuchField: 1 })": 2353,
            "client.evaluateAccount({ accountId: 5 })": 2322,
            "client.noSuchRpc({})": 2339,
            "client.iterateSegmentPlaybooks({})": 2551,
            '(await client.getAccount({ accountId: "a" })).account?.noSuchField': 2339,
            "for await (const item of client.iterateAccounts({})) item.noSuchField": 2339,
            "overGrpc({ caFile: 5 })": 2322,
            "Segment.HUGE": 2339}
        said = self.compiled("wrong", start + ";\n".join(wrong), "--noEmit")
        self.assertEqual(re.findall(r"(?m)^wrong\.ts\((\d+),\d+\): error TS(\d+)", said),
                         [(str(line), str(code)) for line, code in enumerate(wrong.values(), 5)])

    def test_package_is_complete_and_has_nothing_twice(self):
        with tarfile.open(self.package) as package:
            names = {name.removeprefix("package/") for name in package.getnames()}
        code = {name.removesuffix(".js") for name in names if name.endswith(".js")}
        self.assertEqual(names, {f"{name}{end}" for name in code for end in (".js", ".d.ts")} |
                         {"package.json", "README.md"})
        self.assertLessEqual({f"dist/gen/google/{name}_pb" for name in (
            "rpc/status", "rpc/error_details", "type/date", "type/money")} |
            {"dist/gen/tiermark/v1/facts_pb", "dist/client", "dist/node", "dist/web"}, code)
        self.assertFalse([name for name in code if "google/protobuf" in name])
        installed = json.loads((self.user / "node_modules/.package-lock.json").read_text())
        self.assertEqual(len([name for name in installed["packages"] if "/connect" in name]), 3)

    def test_page(self):
        pages = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Pages, directory=self.user))
        pages.told = queue.Queue()
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        self.addCleanup(pages.server_close)
        self.addCleanup(pages.shutdown)
        origin = f"http://127.0.0.1:{pages.server_address[1]}"
        for origins, told in ((f"--cors-origins={origin}", "Banco del Ejemplo: 100"),
                              ("--cors-origins=http://other.example", "TiermarkError: Unavailable")):
            server = Server(origins)
            self.addCleanup(server.close)
            scorer, viewer = create_key(server, "scorer"), create_key(server, "viewer")
            server.start()
            run(["node", "--input-type=module", "--eval", BANK], cwd=self.user,
                env=outside_environment(TIERMARK_ADDRESS=server.address, TIERMARK_KEY=scorer, **NODE))
            [code] = readme_code("typescript", "js")
            self.assertIn("127.0.0.1:8080", code)
            pages.page = PAGE.format(
                imports=json.dumps(import_map(self.user / "node_modules")), key=json.dumps(viewer),
                code=code.replace("127.0.0.1:8080", server.http_address))
            self.assertIn(told, self.told_by_browser(pages, origin))

    def told_by_browser(self, pages, address):
        browser = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             f"--user-data-dir={self.folder}/browser", "--remote-debugging-port=0", address],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            env=outside_environment(HOME=str(self.folder)))
        try:
            return pages.told.get(timeout=PAGE_SECONDS)
        except queue.Empty:
            os.killpg(browser.pid, signal.SIGKILL)
            raise AssertionError(browser.stdout.read().decode(errors="replace")) from None
        finally:
            if browser.poll() is None:
                os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()
            browser.stdout.close()


if __name__ == "__main__":
    unittest.main()
