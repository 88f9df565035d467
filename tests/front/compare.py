"""Attacks tiermarkd by itself and behind the front, and prints what each did as a table. Run by hand
from this folder with the environment of the tests; takes a few minutes and what the machine has."""
import json
import subprocess
import sys
import time

import grpc

import attacks
import slow
from front import memory_mib
from front_support import FrontTest, Healthy

SECONDS = 6
CROWDS = {"idle": 3_000, "idle_before_tls": 3_000, "grpc_body": 300}


class Naked(FrontTest):
    @classmethod
    def channel(cls, client=None):
        return grpc.insecure_channel(cls.server.address, [("grpc.use_local_subchannel_pool", 1)])

    @classmethod
    def target(cls):
        return cls.server.address, ["--plain"]


class Fronted(FrontTest):
    settings = {"source_connections_10s": 100_000}

    @classmethod
    def target(cls):
        return cls.front.address, []


def command(kind, target):
    address, plain = target
    if kind in attacks.KINDS:
        return [attacks.__file__, kind, address, f"--seconds={SECONDS}", "--source=127.0.9.9", *plain]
    return [slow.__file__, kind, address, f"--connections={CROWDS[kind]}",
            f"--sources={CROWDS[kind] // 90 + 1}", f"--seconds={SECONDS}", *plain]


def cpu_seconds(process):
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def row(kind, case):
    case.setUpClass()
    try:
        test = case()
        test.runTest = lambda: None
        with Healthy(test) as quiet:
            time.sleep(2)
        memory, cpu = memory_mib(case.server.process), cpu_seconds(case.server.process)
        highest = memory
        start = time.monotonic()
        with Healthy(test) as meanwhile:
            attack = subprocess.Popen([sys.executable, *command(kind, case.target())],
                                      stdout=subprocess.PIPE, text=True)
            while attack.poll() is None and case.server.process.poll() is None:
                highest = max(highest, memory_mib(case.server.process))
                time.sleep(0.1)
            attack_seconds = time.monotonic() - start
            cpu = cpu_seconds(case.server.process) - cpu
        text = attack.communicate()[0].strip().splitlines()
        result = json.loads(text[-1]) if text else {}
        p99 = meanwhile.percentile(99) * 1000 if meanwhile.seconds else -1
        return (f"| {kind} | {case.__name__} | {quiet.percentile(99) * 1000:.1f} -> {p99:.1f} | "
                f"{len(meanwhile.failures)} of {len(meanwhile.failures) + len(meanwhile.seconds)} | "
                f"{cpu / attack_seconds:.2f} | +{highest - memory:.0f} | {result}")
    finally:
        case.doClassCleanups()


def main():
    print("| attack | server | p99 ms | failed | cpu of tiermarkd | MiB of tiermarkd | attacker |")
    for kind in sys.argv[1:] or [*attacks.KINDS, *CROWDS]:
        for case in (Naked, Fronted):
            print(row(kind, case), flush=True)


if __name__ == "__main__":
    main()
