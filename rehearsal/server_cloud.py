"""What the cloud's process knows of its real servers of one kind before there is one. Their fleet is imported with the first."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.server_kinds import ServerKind

if TYPE_CHECKING:
    from rehearsal.connect_tokens import Question


@dataclass
class ServerCloud:
    """`fleet_module`: the module whose `fleet` starts and ends the servers. `described_as`: what the administrative API calls them.

    `home` is the cloud's folder; None: a temporary one. `check_token` returns why an IAM token is not valid, None if it is.
    """

    kind: ServerKind
    fleet_module: str
    described_as: str
    home: Path | None = None
    check_token: Callable[[Question], str | None] = lambda question: "no IAM token is valid here"

    def open_(self, home: Path, check_token: Callable[[Question], str | None]) -> None:
        """Removes what an earlier cloud of that name left behind."""
        self.home, self.check_token = home, check_token
        self.kind.forget(home)

    def reset(self) -> None:
        """Removes all servers, their copies, and their endpoints."""
        if fleet := self._loaded():
            fleet.reset()

    def close(self) -> None:
        """Ends all servers and removes their files."""
        if fleet := self._loaded():
            fleet.close()

    def bundle(self) -> Path | None:
        """The file with the certificate authority of all endpoints; it exists once there is one."""
        return self.home / self.kind.bundle if self.home else None

    def described(self) -> dict[str, Any]:
        """For the administrative API: {"ca_bundle": path, and the servers as the fleet describes them}."""
        fleet, authority = self._loaded(), self.bundle()
        return {"ca_bundle": str(authority) if authority else None, self.described_as: fleet.described() if fleet else {}}

    def _loaded(self) -> Any:
        return getattr(sys.modules.get(self.fleet_module), "fleet", None)
