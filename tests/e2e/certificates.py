"""Certificates for tests, made by the openssl command."""
import dataclasses
import pathlib
import subprocess

# Nothing of the machine's own configuration.
_CONFIGURATION = "[req]\ndistinguished_name = name\n[name]\n"


@dataclasses.dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM files."""
    certificate: pathlib.Path
    key: pathlib.Path

    @property
    def bytes(self):
        return self.certificate.read_bytes(), self.key.read_bytes()


class Authority:
    """Issues certificates, which are kept with its own in `folder`."""

    def __init__(self, folder, name="authority"):
        self._folder, self._name = pathlib.Path(folder), name
        self._configuration = self._folder / "openssl.cnf"
        self._configuration.write_text(_CONFIGURATION)
        self.pair = self._make(name, ["basicConstraints=critical,CA:TRUE",
                                      "keyUsage=critical,keyCertSign"])

    @property
    def root(self):
        """The file of its own certificate."""
        return self.pair.certificate

    def issue(self, file_name, names=(), common_name=None):
        """`names` as openssl writes them, such as "DNS:crm.example"; none leaves them out."""
        extensions = ["basicConstraints=critical,CA:FALSE"]
        if names:
            extensions.append(f"subjectAltName={','.join(names)}")
        return self._make(file_name, extensions, common_name,
                          ["-CA", str(self.pair.certificate), "-CAkey", str(self.pair.key)])

    def _make(self, file_name, extensions, common_name=None, by=()):
        pair = Pair(self._folder / f"{file_name}.pem", self._folder / f"{file_name}.key")
        command = ["openssl", "req", "-x509", "-config", str(self._configuration), "-newkey", "ec",
                   "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                   "-subj", f"/CN={common_name or file_name}", "-keyout", str(pair.key),
                   "-out", str(pair.certificate), *by]
        for extension in extensions:
            command += ["-addext", extension]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise AssertionError(f"openssl: {done.stderr}")
        pair.key.chmod(0o600)
        return pair
