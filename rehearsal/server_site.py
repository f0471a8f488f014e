"""Where the servers of one kind in a cloud are: their folder and its guardian, the authority of their certificates, the relays' thread."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from itertools import count
from pathlib import Path

from rehearsal import guardian
from rehearsal.kubernetes.certificates import Authority
from rehearsal.relays import HOST, Encryption, Loop
from rehearsal.server_kinds import ServerKind

LOCAL = (HOST, "localhost")
PLACE = Path("/var/tmp")  # noqa: S108  mkdtemp creates the folder; unlike /tmp, this is seldom in memory
CLOSE_SECONDS = 30.0


class ServerSite:
    """`home` is the cloud's folder; None: everything is in a temporary folder. Nothing is created before it is needed.

    `mode`: the permissions of the folder.
    """

    def __init__(self, home: Path | None, kind: ServerKind, mode: int = 0o700) -> None:
        self.home = home
        self.kind = kind
        self._mode = mode
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._folder: Path | None = None
        self._guardian: subprocess.Popen[bytes] | None = None
        self._loop: Loop | None = None
        self._authority: Authority | None = None

    @property
    def folder(self) -> Path:
        """Where all files of the servers are: short, because the path of a socket may have 107 characters."""
        with self._lock:
            if self._folder is None:
                made = Path(tempfile.mkdtemp(prefix=f"{guardian.PREFIX}{self.kind.name}-", dir=PLACE if PLACE.is_dir() else None))
                made.chmod(self._mode)
                self._guardian = subprocess.Popen(
                    [sys.executable, "-I", "-S", guardian.__file__, str(made)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
                if self.home:
                    (self.home / self.kind.record).write_text(json.dumps({"folder": str(made)}) + "\n")
                self._folder = made
            return self._folder

    @property
    def loop(self) -> Loop:
        with self._lock:
            self._loop = self._loop or Loop(f"{self.kind.name} relays")
            return self._loop

    @property
    def ca_bundle(self) -> Path:
        """The certificate authority of all endpoints, in PEM."""
        certificate = self._ca.certificate
        return self.home / self.kind.bundle if self.home else certificate

    @property
    def _ca(self) -> Authority:
        with self._lock:
            if self._authority is None:
                self._authority = Authority((self.home or self.folder) / f"{self.kind.name}-ca", self.kind.authority)
                if self.home:
                    (self.home / self.kind.bundle).write_bytes(self._authority.pem)
            return self._authority

    def encryption(self, file: str, names: list[str]) -> Encryption:
        """A certificate for this machine and further names and addresses."""
        with self._lock:
            pair = self._ca.server(file, [*LOCAL, *(name for name in names if name not in LOCAL)])
            return Encryption.load(pair.certificate, pair.key)

    def close(self) -> None:
        """The guardian ends what runs and removes the files, as it does when this process is killed."""
        if self._guardian and self._guardian.stdin:
            self._guardian.stdin.close()
            self._guardian.wait(CLOSE_SECONDS)
        if self._loop:
            self._loop.close()
        if self.home:
            (self.home / self.kind.record).unlink(missing_ok=True)
