"""What restoring an instance to a point in time needs: a copy from the beginning, and the archive of everything written since."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rehearsal.postgresql import PostgresError
from rehearsal.postgresql.server import Server

ARCHIVE_SECONDS = 30.0


@dataclass
class History:
    """`base` is the copy, `own` the folder that belongs to this history only; `since` the earliest time that can be restored, `ended` the
    latest one of a server that no longer runs.
    """

    base: Path
    wal: Path
    since: datetime
    own: Path | None = None
    ended: datetime | None = None
    user: str = ""

    def complete(self, server: Server) -> None:
        """Makes the archive contain all that has been committed until now, and one transaction after it: recovery ends at the first
        transaction past its target, and fails if there is none.
        """
        server.value("SELECT pg_current_xact_id()::text")
        segment = str(server.value("SELECT pg_walfile_name(pg_switch_wal())"))
        deadline = time.monotonic() + ARCHIVE_SECONDS
        while not (self.wal / segment).exists():
            if time.monotonic() > deadline:
                raise PostgresError(f"the write-ahead log {segment} was not archived within {ARCHIVE_SECONDS:.0f} s")
            time.sleep(0.01)

    def recovery(self, when: datetime | None) -> dict[str, str]:
        """The settings with which a server starts from `base` and ends at a time. There is no target at or after the end of a server
        that no longer runs: everything is restored.
        """
        settings = {"restore_command": f"cp {self.wal}/%f %p", "recovery_target_action": "promote"}
        # As a hot standby, it would not start with a lower max_connections than its source had.
        settings["hot_standby"] = "off"
        if when is not None and not (self.ended and when >= self.ended):
            settings["recovery_target_time"] = when.isoformat(sep=" ", timespec="microseconds")
        return settings

    def keep(self, folder: Path) -> None:
        """Moves the archive out of the folder of a server that is about to be removed."""
        kept = folder / "wal"
        self.wal.rename(kept)
        self.wal = kept

    def remove(self) -> None:
        for folder in (self.own, self.wal):
            if folder:
                shutil.rmtree(folder, ignore_errors=True)
