"""What the cloud's process knows of its database servers before there is one. The fleet and its packages are imported with the first."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.server_kinds import DATABASES

if TYPE_CHECKING:
    from rehearsal.connect_tokens import Question
    from rehearsal.postgresql.fleet import Fleet


@dataclass
class Cloud:
    """`home` is the cloud's folder; None: a temporary one. `check_token` returns why an IAM token is not valid, None if it is."""

    home: Path | None = None
    check_token: Callable[[Question], str | None] = lambda question: "no IAM token is valid here"


current = Cloud()


def open_(home: Path, check_token: Callable[[Question], str | None]) -> None:
    """Removes what an earlier cloud of that name left behind."""
    current.home, current.check_token = home, check_token
    DATABASES.forget(home)


def reset() -> None:
    """Removes all servers and their copies."""
    if fleet := _loaded():
        fleet.reset()


def close() -> None:
    """Ends all servers and removes their files."""
    if fleet := _loaded():
        fleet.close()


def bundle() -> Path | None:
    """The file with the certificate authority of all endpoints; it exists once there is one."""
    return current.home / DATABASES.bundle if current.home else None


def described() -> dict[str, Any]:
    """The servers, for the administrative API: {"ca_bundle": path, "instances": {resource ID: {"host", "port", "user", "running"}}}."""
    fleet = _loaded()
    authority = bundle()
    return {"ca_bundle": str(authority) if authority else None, "instances": fleet.described() if fleet else {}}


def _loaded() -> Fleet | None:
    module = sys.modules.get("rehearsal.postgresql.fleet")
    return getattr(module, "fleet", None)
