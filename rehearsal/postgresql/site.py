"""What the servers of one cloud share: their folder and its guardian, PostgreSQL itself, certificates, and the relays' thread."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from itertools import count
from pathlib import Path

from rehearsal.kubernetes.certificates import Authority
from rehearsal.postgresql import guardian, template
from rehearsal.postgresql.accounts import account
from rehearsal.postgresql.cloud import BUNDLE, RECORD
from rehearsal.postgresql.installation import Installation
from rehearsal.postgresql.relay import HOST, Encryption, Loop
from rehearsal.postgresql.server import Machine, Server

LOCAL = (HOST, "localhost")
PLACE = Path("/var/tmp")  # noqa: S108  mkdtemp creates the folder; unlike /tmp, this is seldom in memory
CLOSE_SECONDS = 30.0


class Site:
    """`home` is the cloud's folder; None: everything is in a temporary folder. Nothing is created before it is needed."""

    def __init__(self, home: Path | None) -> None:
        self.home = home
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._folder: Path | None = None
        self._guardian: subprocess.Popen[bytes] | None = None
        self._machine: Machine | None = None
        self._loop: Loop | None = None
        self._authority: Authority | None = None
        self._template: Server | None = None

    @property
    def folder(self) -> Path:
        """Where all files of the servers are: short, because the path of a socket may have 107 characters, and open to the servers' user,
        which cannot enter every folder of this one.
        """
        with self._lock:
            if self._folder is None:
                made = Path(tempfile.mkdtemp(prefix=guardian.PREFIX, dir=PLACE if PLACE.is_dir() else None))
                made.chmod(0o711 if account().switched else 0o700)
                self._guardian = subprocess.Popen(
                    [sys.executable, "-I", "-S", guardian.__file__, str(made)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
                if self.home:
                    (self.home / RECORD).write_text(json.dumps({"folder": str(made)}) + "\n")
                self._folder = made
            return self._folder

    @property
    def machine(self) -> Machine:
        with self._lock:
            if self._machine is None:
                self._machine = Machine(account(), Installation(self.folder / "postgresql"))
            return self._machine

    @property
    def loop(self) -> Loop:
        with self._lock:
            self._loop = self._loop or Loop()
            return self._loop

    @property
    def template(self) -> Server:
        """What new instances are copies of."""
        with self._lock:
            if self._template is None:
                self._template = template.make(self.machine, self.new_folder("t", make=False))
            return self._template

    @property
    def ca_bundle(self) -> Path:
        """The certificate authority of all endpoints, in PEM."""
        certificate = self._ca.certificate
        return self.home / BUNDLE if self.home else certificate

    @property
    def _ca(self) -> Authority:
        with self._lock:
            if self._authority is None:
                self._authority = Authority((self.home or self.folder) / "rds-ca", "Amazon RDS rehearsal root CA")
                if self.home:
                    (self.home / BUNDLE).write_bytes(self._authority.pem)
            return self._authority

    def encryption(self, file: str, name: str | None) -> Encryption:
        """A certificate for this machine and a host name."""
        with self._lock:
            pair = self._ca.server(file, [*LOCAL, *([name] if name and name not in LOCAL else [])])
            return Encryption.load(pair.certificate, pair.key)

    def new_folder(self, kind: str, *, make: bool = True) -> Path:
        """`kind` is one letter: i for instances, b for copies, h for what restores to a time need, t for the template."""
        with self._lock:
            parent = self.folder / kind
            if not parent.is_dir():
                parent.mkdir()
                parent.chmod(0o711)
            folder = parent / str(next(self._numbers))
            if make:
                self.machine.make_folder(folder)
            return folder

    def close(self) -> None:
        """The guardian ends what runs and removes the files, as it does when this process is killed."""
        if self._guardian and self._guardian.stdin:
            self._guardian.stdin.close()
            self._guardian.wait(CLOSE_SECONDS)
        if self._loop:
            self._loop.close()
        if self.home:
            (self.home / RECORD).unlink(missing_ok=True)
