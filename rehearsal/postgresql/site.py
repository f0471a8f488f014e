"""What the servers of one cloud share: their folder, see `server_site.py`, and PostgreSQL itself."""

from __future__ import annotations

from pathlib import Path

from rehearsal.postgresql import template
from rehearsal.postgresql.accounts import account
from rehearsal.postgresql.installation import Installation
from rehearsal.postgresql.server import Machine, Server
from rehearsal.server_kinds import DATABASES
from rehearsal.server_site import ServerSite


class Site(ServerSite):
    """The folder is open to the servers' user, which cannot enter every folder of this one."""

    def __init__(self, home: Path | None) -> None:
        super().__init__(home, DATABASES, mode=0o711 if account().switched else 0o700)
        self._machine: Machine | None = None
        self._template: Server | None = None

    @property
    def machine(self) -> Machine:
        with self._lock:
            if self._machine is None:
                self._machine = Machine(account(), Installation(self.folder / "postgresql"))
            return self._machine

    @property
    def template(self) -> Server:
        """What new instances are copies of."""
        with self._lock:
            if self._template is None:
                self._template = template.make(self.machine, self.new_folder("t", make=False))
            return self._template

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
