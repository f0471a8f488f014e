"""What the cloud's process knows of its cache servers before there is one. The fleet is imported with the first endpoint."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.server_kinds import CACHES

if TYPE_CHECKING:
    from rehearsal.connect_tokens import Question
    from rehearsal.valkey.fleet import Fleet


@dataclass
class Cloud:
    """`home` is the cloud's folder; None: a temporary one. `check_token` returns why an IAM token is not valid, None if it is."""

    home: Path | None = None
    check_token: Callable[[Question], str | None] = lambda question: "no IAM token is valid here"


current = Cloud()


def open_(home: Path, check_token: Callable[[Question], str | None]) -> None:
    """Removes what an earlier cloud of that name left behind."""
    current.home, current.check_token = home, check_token
    CACHES.forget(home)


def reset() -> None:
    """Removes all servers and endpoints."""
    if fleet := _loaded():
        fleet.reset()


def close() -> None:
    """Ends all servers and removes their files."""
    if fleet := _loaded():
        fleet.close()


def described() -> dict[str, Any]:
    """For the administrative API: {"ca_bundle": path, "groups": {ARN: {"running", "endpoints": {name: "address:port"}}}}."""
    fleet = _loaded()
    authority = current.home / CACHES.bundle if current.home else None
    return {"ca_bundle": str(authority) if authority else None, "groups": fleet.described() if fleet else {}}


def _loaded() -> Fleet | None:
    module = sys.modules.get("rehearsal.valkey.fleet")
    return getattr(module, "fleet", None)
