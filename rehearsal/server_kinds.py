"""The kinds of real servers behind emulated services, and the files by which a cloud and its clients know them. Imports little: every cloud
reads it when it starts.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from rehearsal import guardian


@dataclass(frozen=True)
class ServerKind:
    """A kind of server: its short name, and the name of its certificate authority.

    record: the file in the cloud's folder that says where the servers' files are, for the next cloud of that name if this one and its
    guardian are killed. bundle: the file there with the authority of all endpoints, once there is one.
    """

    name: str
    authority: str

    @property
    def record(self) -> str:
        return f"{self.name}-servers.json"

    @property
    def bundle(self) -> str:
        return f"{self.name}-ca.pem"

    def forget(self, home: Path) -> None:
        """Removes what an earlier cloud of that name left behind."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            guardian.clean(Path(json.loads((home / self.record).read_text())["folder"]))
        for name in (self.record, self.bundle):
            (home / name).unlink(missing_ok=True)


DATABASES = ServerKind("rds", "Amazon RDS rehearsal root CA")
CACHES = ServerKind("cache", "Amazon ElastiCache rehearsal root CA")
BROKERS = ServerKind("broker", "Amazon MQ rehearsal root CA")
