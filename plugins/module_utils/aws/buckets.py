# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Token buckets that keep calls within the rates that AWS publishes.

A bucket holds what may be asked at once and fills up steadily. AWS keeps one for each account, region and action. Ours are kept in files,
so that all processes of this user share them: ten components side by side are ten workers of Ansible's, and each run goes on from where
the last one left the buckets. What others take out of AWS's buckets is learnt from refusals, which empty ours; aws/calls.py tries again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
REHEARSAL_RATES = "MAINSTAY_REHEARSAL_RATE_LIMITS"
"""Set by a rehearsal that enforces AWS's rates; without it there is nothing to keep within there."""


@dataclass(frozen=True)
class Rate:
    """How many calls at once, and how many more each second."""

    burst: float
    per_second: float


SHARE = 0.95
"""The share of the published rate that is used: calls do not all take equally long to get there."""


ROUNDING = 1e-6
"""A pause for exactly the missing part must leave a token behind, whatever floating point makes of it."""


@dataclass(frozen=True)
class Level:
    """How full a bucket was, and when, in seconds of the system's monotonic clock."""

    tokens: float
    at: float


def filled(level: Level | None, rate: Rate, now: float) -> Level:
    """The level by now. One that nobody has used yet is full, and so is one from before the machine was started."""
    if level is None or level.at > now:
        return Level(rate.burst, now)
    return Level(min(rate.burst, level.tokens + (now - level.at) * rate.per_second * SHARE), now)


def take(level: Level | None, rate: Rate, now: float) -> tuple[Level, float]:
    """Take a token if there is one: (the new level, 0), else (the level, seconds until there is one)."""
    current = filled(level, rate, now)
    if current.tokens >= 1 - ROUNDING:
        return Level(current.tokens - 1, now), 0.0
    return current, (1 - current.tokens) / (rate.per_second * SHARE)


def emptied(level: Level | None, rate: Rate, now: float) -> Level:
    """The level after AWS had no token where we thought that there was one."""
    return Level(min(filled(level, rate, now).tokens, 0.0), now)


class Store(Protocol):
    """Where levels are kept by the name of their bucket."""

    def update(self, name: str, change: Callable[[Level | None], tuple[Level, float]]) -> float:
        """Change one level, alone at it; returns what ``change`` said."""


class Memory:
    """Levels of this process alone."""

    def __init__(self) -> None:
        self._levels: dict[str, Level] = {}
        self._lock = threading.Lock()

    def update(self, name: str, change: Callable[[Level | None], tuple[Level, float]]) -> float:
        with self._lock:
            self._levels[name], answer = change(self._levels.get(name))
            return answer


class Files:
    """Levels that all processes of this user share, one small file each. Falls back to memory where no file can be had."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._memory = Memory()

    def update(self, name: str, change: Callable[[Level | None], tuple[Level, float]]) -> float:
        try:
            descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            return self._memory.update(name, change)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            level, answer = change(_parsed(os.pread(descriptor, 100, 0)))
            os.pwrite(descriptor, f"{level.tokens:20.6f} {level.at:20.6f}\n".encode(), 0)
        finally:
            os.close(descriptor)
        return answer


def _parsed(text: bytes) -> Level | None:
    """What a file says; None for one that is new or that makes no sense."""
    with contextlib.suppress(ValueError):
        tokens, at = (float(part) for part in text.split())
        return Level(tokens, at)
    return None


def shared(scope: str) -> Store:
    """The levels for one account and region at one endpoint, of this user on this machine."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"mainstay-aws-{os.getuid()}"
    folder = base / hashlib.sha256(scope.encode()).hexdigest()[:16]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = base.lstat()
    except OSError:
        return Memory()
    private = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & 0o022
    return Files(folder) if private else Memory()


class Pace:
    """How fast one process may call. ``find`` gives the bucket of an operation and its rate."""

    def __init__(
        self,
        store: Store,
        find: Callable[[str, str, bool], tuple[str, Rate] | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._find = find
        self._clock = clock

    def wait(self, service: str, operation: str, mutating: bool) -> float:
        """Take a token, or say how many seconds it takes until there is one."""
        if (found := self._find(service, operation, mutating)) is None:
            return 0.0
        name, rate = found
        return self._store.update(name, lambda level: take(level, rate, self._clock()))

    def refused(self, service: str, operation: str, mutating: bool) -> None:
        """AWS has refused a call for its rate."""
        if found := self._find(service, operation, mutating):
            name, rate = found
            self._store.update(name, lambda level: (emptied(level, rate, self._clock()), 0.0))


def pace(endpoint: str | None, region: str, account: str, environment: Mapping[str, str]) -> Pace | None:
    """The pace for an account and region; None in a rehearsal that enforces no rates."""
    rehearsed = endpoint and (urlsplit(endpoint).hostname or "") in LOOPBACK
    if rehearsed and not environment.get(REHEARSAL_RATES):
        return None
    return Pace(shared(f"{endpoint or 'aws'}|{region}|{account}"), published)


EC2_READ = Rate(100, 20)
EC2_CHANGE = Rate(50, 5)
EC2: Mapping[str, Rate] = {
    "AssociateNatGatewayAddress": Rate(10, 1),
    "CreateNatGateway": Rate(10, 1),
    "CreateTags": Rate(100, 10),
    "CreateVpcEndpoint": Rate(4, 0.3),
    "DeleteNatGateway": Rate(10, 1),
    "DeleteTags": Rate(100, 10),
    "DeleteVpcEndpoints": Rate(4, 0.3),
    "DisassociateNatGatewayAddress": Rate(10, 1),
    "ModifyVpcEndpoint": Rate(4, 0.3),
}
"""EC2 has a bucket for each action. These have one of their own size, all others that of their category.

From "Request throttling for the Amazon EC2 API" in the EC2 developer guide.
"""

KMS_CHANGE = Rate(5, 5)
KMS: Mapping[str, Rate] = {
    "DescribeKey": Rate(100, 100),
    "GetKeyPolicy": Rate(30, 30),
    "GetKeyRotationStatus": Rate(30, 30),
    "ListAliases": Rate(100, 100),
    "ListResourceTags": Rate(100, 100),
}
"""Quotas by second and operation, from "Request quotas" in the KMS developer guide: the lower ones where editions differ."""

LOGS = Rate(10, 10)
"""CloudWatch Logs publishes from 5 to 25 a second for its operations; 10 for those that log groups need."""

SERVICE_QUOTAS_GET = Rate(10, 5)
SERVICE_QUOTAS_LIST = Rate(20, 10)
"""From "Service Quotas endpoints and quotas": so many a second, and as many again in one burst."""

STS = Rate(600, 600)
"""All operations together, from "IAM and STS quotas"."""


def published(service: str, operation: str, mutating: bool) -> tuple[str, Rate] | None:
    """(name of the bucket, its rate) of an operation; None where AWS publishes none, as for IAM."""
    name = f"{service}.{operation}"
    if service == "ec2":
        return name, EC2.get(operation, EC2_CHANGE if mutating else EC2_READ)
    if service == "kms":
        rate = KMS.get(operation, KMS_CHANGE if mutating else None)
        return (name, rate) if rate else None
    if service == "logs":
        return name, LOGS
    if service == "service-quotas":
        return name, SERVICE_QUOTAS_LIST if operation.startswith("List") else SERVICE_QUOTAS_GET
    return ("sts", STS) if service == "sts" else None
