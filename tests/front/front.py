"""Starts Debian's haproxy with the configuration of deploy/haproxy before a server, and stops it."""
import os
import pathlib
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "deploy" / "haproxy" / "front.cfg"
HAPROXY = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")
START_SECONDS = 20
STOP_SECONDS = 10
# What a test adds: the log to a file of its own, and no more rights than Debian's unit leaves.
_OWN = "global\n    log stdout format raw local0\n"
_DROP_ROOT = "    user nobody\n    group nogroup\n"


def raise_descriptors():
    """Lifts the limit of open files as far as it goes, and is what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (65536, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            return wanted
        except (ValueError, OSError):
            continue
    return soft


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Certificates:
    """An authority, with a certificate for the server and one for a client, in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = folder / "authority.pem"
        key = folder / "authority.key"
        openssl("req", "-x509", *self._new_key(key), "-out", str(self.authority), "-days", "2",
                "-subj", "/CN=test authority")
        self.server = self._signed("server", "localhost", "DNS:localhost,IP:127.0.0.1")
        self.client = self._signed("client", "a client", "DNS:client")

    @staticmethod
    def _new_key(path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                str(path)]

    def _signed(self, name, subject, names):
        """The certificate and its key, in one file."""
        key, request, extensions, certificate = (
            self.folder / f"{name}.{suffix}" for suffix in ("key", "csr", "ext", "crt"))
        extensions.write_text(f"subjectAltName={names}\n")
        openssl("req", "-new", *self._new_key(key), "-out", str(request), "-subj", f"/CN={subject}")
        openssl("x509", "-req", "-in", str(request), "-CA", str(self.authority), "-CAkey",
                str(self.folder / "authority.key"), "-CAcreateserial", "-days", "2", "-extfile",
                str(extensions), "-out", str(certificate))
        both = self.folder / f"{name}.pem"
        both.write_text(certificate.read_text() + key.read_text())
        return both

    def context(self, alpn=("h2",), client=None):
        """What a client that trusts the authority connects with."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.set_alpn_protocols(list(alpn))
        if client is not None:
            context.load_cert_chain(client)
        return context


class Front:
    """haproxy on a free port of loopback. `settings` are the names of the configuration's variables
    behind TIERMARK_FRONT_, in lower case."""

    def __init__(self, grpc, http, asks_for_certificates=False, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-front-"))
        self.certificates = Certificates(self.folder)
        self.process = None
        # Handed down open, so that nobody takes the port meanwhile.
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._log_path = self.folder / "log"
        self._settings = dict(
            connections=(raise_descriptors() - 1000) // 2, grpc=grpc, http=http,
            certificate=self.certificates.server,
            client_ca=self.certificates.authority if asks_for_certificates else None, listen=f"fd@{self._listener.fileno()}",
            **settings)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        own = self.folder / "own.cfg"
        own.write_text(_OWN + (_DROP_ROOT if os.geteuid() == 0 else ""))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TIERMARK_")}
        for name, value in self._settings.items():
            if value is not None:
                environment[f"TIERMARK_FRONT_{name.upper()}"] = str(value)
        with open(self._log_path, "ab") as log:
            self.process = subprocess.Popen(
                [HAPROXY, "-db", "-f", str(own), "-f", str(CONFIGURATION)], stdout=log,
                stderr=subprocess.STDOUT, env=environment,
                pass_fds=[self._listener.fileno()])
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"haproxy does not serve, log:\n{self.log()}")
            time.sleep(0.05)

    def _answers(self):
        """The listener takes connections before haproxy does, so only a handshake tells."""
        host, port = self.address.split(":")
        try:
            with socket.create_connection((host, int(port)), timeout=1) as raw:
                with self.certificates.context(client=self.certificates.client).wrap_socket(
                        raw, server_hostname="localhost"):
                    return True
        except OSError:
            return False

    def log(self):
        return self._log_path.read_text(errors="replace")

    def stop_gently(self):
        """What systemd does to reload: no new connections, and those that are open end."""
        self.process.send_signal(signal.SIGUSR1)
        self._listener.close()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def memory_mib(process):
    """Anonymous memory that a process has in use."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no memory of {process.pid}")
