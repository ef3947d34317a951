"""A certificate authority of the test's own, by openssl."""

import pathlib
import subprocess
import tempfile


class Authority:
    """Signs certificates for 127.0.0.1. Files live as long as the object."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-days", "30", "-subj", "/CN=strobe test authority", "-keyout", self.path("ca.key"),
                      "-out", self.path("ca.pem"))

    def close(self):
        self._folder.cleanup()

    def path(self, name):
        return self.folder / name

    def read(self, name):
        return self.path(name).read_bytes()

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def issue(self, name, alternative="IP:127.0.0.1", days=10):
        """Writes NAME.pem and NAME.key; the paths."""
        key, request, certificate = (self.path(f"{name}.{suffix}") for suffix in ("key", "csr", "pem"))
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                      f"/CN={name}", "-keyout", key, "-out", request)
        extensions = self.path("extensions")
        extensions.write_text(f"subjectAltName={alternative}\n")
        self._openssl("x509", "-req", "-in", request, "-CA", self.path("ca.pem"), "-CAkey",
                      self.path("ca.key"), "-CAcreateserial", "-days", days, "-extfile", extensions,
                      "-out", certificate)
        return certificate, key
