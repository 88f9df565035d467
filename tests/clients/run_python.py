"""Runs clients/cases/cases.json through the Python client; its README says how."""
import json
import os
import re
import sys
import uuid

import grpc
from google.protobuf import json_format

from tiermark import Client, TiermarkError
from tiermark.v1 import (account_service_pb2, admin_service_pb2, model_service_pb2,
                         scoring_service_pb2)

DEADLINE_SECONDS = 20
MODULES = (scoring_service_pb2, account_service_pb2, admin_service_pb2, model_service_pb2)
METHODS = {f"{service.full_name}/{method.name}": method for module in MODULES
           for service in module.DESCRIPTOR.services_by_name.values()
           for method in service.methods}


class Wrong(Exception):
    """What differs from what is wanted."""


def replaced(value, names):
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda m: str(names.get(m[1], m[0])), value)
    if isinstance(value, list):
        return [replaced(element, names) for element in value]
    if isinstance(value, dict):
        return {replaced(key, names): replaced(item, names) for key, item in value.items()}
    return value


def compare(want, got, path):
    if isinstance(want, dict) and isinstance(got, dict):
        for key, value in want.items():
            compare(value, got.get(key), f"{path}.{key}")
    elif isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            raise Wrong(f"{path} has {len(got)} elements, not {len(want)}: {got}")
        for place, pair in enumerate(zip(want, got)):
            compare(*pair, f"{path}.{place}")
    elif type(want) is not type(got) or want != got:
        raise Wrong(f"{path} is {got!r}, not {want!r}")


def at(value, path):
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def as_json(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


class Runner:
    def __init__(self, environment):
        self.environment = environment
        self.run = uuid.uuid4().hex[:8]
        self.has = {"both_ways"} | ({"keys"} if environment.get("TIERMARK_KEY") else set())
        self.clients = {}

    def client(self, role):
        if role not in self.clients:
            more = {}
            if role == "wrong":
                more["key"] = "tmk_wrong"
            elif "keys" in self.has:
                more["key"] = self.environment[
                    f"TIERMARK_{role.upper()}_KEY" if role else "TIERMARK_KEY"]
            if self.environment.get("TIERMARK_CA_FILE"):
                more["ca_file"] = self.environment["TIERMARK_CA_FILE"]
            self.clients[role] = Client(self.environment["TIERMARK_ADDRESS"],
                                        deadline=DEADLINE_SECONDS, **more)
        return self.clients[role]

    def messages(self, step):
        """Yields what the call gives, as JSON."""
        client = self.client(step.get("as"))
        kind = next(k for k in ("rpc", "iterate", "stream") if k in step)
        method = METHODS[step[kind]]
        given = [json_format.ParseDict(request, method.input_type._concrete_class())
                 for request in step.get("requests", [step.get("request", {})])]
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
        deadline = step["deadline_ms"] / 1000 if "deadline_ms" in step else None
        if kind == "rpc":
            answers = [getattr(client, name)(given[0], deadline=deadline)]
        elif kind == "iterate":
            iterate = getattr(client, name.replace("list_", "iterate_", 1))
            answers = iterate(given[0], deadline=deadline)
        else:
            answers = getattr(client, name)(iter(given) if method.client_streaming else given[0],
                                            timeout=deadline or DEADLINE_SECONDS)
        for answer in answers:
            yield as_json(answer)

    def step(self, step, names):
        got, error = [], None
        try:
            for message in self.messages(step):
                got.append(message)
        except TiermarkError as failure:
            error = failure
        except grpc.RpcError as failure:
            error = TiermarkError.of(failure)
        self.check_error(step.get("error"), error)
        if "want" in step:
            compare(step["want"], got[0], "answer")
        if "want_items" in step:
            compare(step["want_items"], got, "items")
        if "want_last" in step:
            compare(step["want_last"], got[-1] if got else None, "last message")
        if len(got) != step.get("want_count", len(got)):
            raise Wrong(f"{len(got)} came, not {step['want_count']}")
        if len(got) < step.get("want_count_min", 0):
            raise Wrong(f"{len(got)} came, fewer than {step['want_count_min']}")
        for name, path in step.get("keep", {}).items():
            names[name] = at(got if "iterate" in step else got[-1], path)

    @staticmethod
    def check_error(want, error):
        if want is None and error is None:
            return
        if want is None:
            raise Wrong(f"failed: {error}")
        if error is None:
            raise Wrong(f"succeeded, but {want['code']} is wanted")
        got = {"code": error.code.name, "reason": error.reason,
               "fields": sorted(path for path, _ in error.field_violations)}
        compare({**want, **({"fields": sorted(want["fields"])} if "fields" in want else {})},
                got, "error")

    def case(self, case):
        """True: ran; False: was left out. Raises Wrong."""
        names = {"run": self.run}
        for number, step in enumerate(case["steps"], 1):
            try:
                self.step(replaced(step, names), names)
            except Wrong as wrong:
                rpc = step.get("rpc") or step.get("iterate") or step.get("stream")
                raise Wrong(f"step {number} ({rpc}): {wrong}") from None


def main():
    runner = Runner(os.environ)
    with open(os.environ["TIERMARK_CASES"], encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    ran = failed = 0
    for case in cases:
        missing = [need for need in case.get("needs", ()) if need not in runner.has]
        if missing:
            print(f"left out {case['name']}: needs {', '.join(missing)}")
            continue
        ran += 1
        try:
            runner.case(case)
            print(f"ok {case['name']}")
        except Wrong as wrong:
            failed += 1
            print(f"FAILED {case['name']}, {wrong}")
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
