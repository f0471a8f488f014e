"""What the cloud's process knows of its database servers before there is one. The fleet and its packages are imported with the first."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.postgresql import guardian

if TYPE_CHECKING:
    from rehearsal.postgresql.access import Question
    from rehearsal.postgresql.fleet import Fleet

RECORD = "databases.json"
"""In the cloud's folder: where its servers' files are, for the next cloud of that name if this one and its guardian are killed."""
BUNDLE = "rds-ca.pem"
"""In the cloud's folder: the certificate authority of all endpoints, once there is one."""


@dataclass
class Cloud:
    """`home` is the cloud's folder; None: a temporary one. `check_token` returns why an IAM token is not valid, None if it is."""

    home: Path | None = None
    check_token: Callable[[Question], str | None] = lambda question: "no IAM token is valid here"


current = Cloud()


def open_(home: Path, check_token: Callable[[Question], str | None]) -> None:
    """Removes what an earlier cloud of that name left behind."""
    current.home, current.check_token = home, check_token
    with contextlib.suppress(OSError, ValueError, KeyError):
        guardian.clean(Path(json.loads((home / RECORD).read_text())["folder"]))
    for name in (RECORD, BUNDLE):
        (home / name).unlink(missing_ok=True)


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
    return current.home / BUNDLE if current.home else None


def described() -> dict[str, Any]:
    """The servers, for the administrative API: {"ca_bundle": path, "instances": {resource ID: {"host", "port", "user", "running"}}}."""
    fleet = _loaded()
    authority = bundle()
    return {"ca_bundle": str(authority) if authority else None, "instances": fleet.described() if fleet else {}}


def _loaded() -> Fleet | None:
    module = sys.modules.get("rehearsal.postgresql.fleet")
    return getattr(module, "fleet", None)
