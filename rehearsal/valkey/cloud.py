"""What the cloud's process knows of its cache servers before there is one. The fleet is imported with the first endpoint."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.server_kinds import CACHES

if TYPE_CHECKING:
    from rehearsal.valkey.fleet import Fleet


class Cloud:
    """`home` is the cloud's folder; None: a temporary one."""

    home: Path | None = None


current = Cloud()


def open_(home: Path) -> None:
    """Removes what an earlier cloud of that name left behind."""
    current.home = home
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
