"""A server that dies in the middle of a call and comes back where it was."""
import os
import signal
import subprocess
import time

from client_support import RUN_SECONDS, outside_environment
from server import Server


def outlives(command, cwd="/", **environment):
    """What the program prints that makes a call, waits for a line, and makes the call that its server
    does not answer before it dies."""
    with Server() as server:
        addresses = server.address, server.http_address
        with subprocess.Popen(
                [str(part) for part in command], cwd=cwd, text=True, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=outside_environment(
                    TIERMARK_ADDRESS=addresses[0], TIERMARK_HTTP_ADDRESS=addresses[1],
                    **environment)) as program:
            try:
                line = program.stdout.readline()
                if line != "ready\n":
                    raise AssertionError(line + program.stdout.read())
                os.kill(server.process.pid, signal.SIGSTOP)
                program.stdin.write("\n")
                program.stdin.flush()
                time.sleep(1)  # The call is on its way.
                server.kill()
                time.sleep(0.3)  # Nobody listens.
                server.start(f"--grpc-listen={addresses[0]}", f"--http-listen={addresses[1]}")
                printed, _ = program.communicate(timeout=RUN_SECONDS)
            finally:
                program.kill()
        if program.returncode != 0:
            raise AssertionError(printed)
        return printed
