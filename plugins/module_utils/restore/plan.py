# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What one call of the module is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..recovery.access import Access
from ..recovery.fingerprint.model import Fingerprint, Options
from ..snapshot_gate.judging.policy import Policy

NEWEST, LATEST = "newest", "latest"
SOURCE, FINGERPRINT, NOTHING = "source", "fingerprint", "nothing"
FAIL, REPORT = "fail", "report"


@dataclass(frozen=True)
class Gate:
    """The verdict of the gate whose snapshot is restored."""

    deployment: str
    token: str
    policy: Policy


@dataclass(frozen=True)
class Overrides:
    """Settings of the new instance that are not the source's. None: as the source."""

    instance_class: str | None = None
    allocated_storage: int | None = None
    multi_az: bool | None = None
    subnet_group: str | None = None
    security_groups: tuple[str, ...] | None = None
    parameter_group: str | None = None
    backup_retention: int | None = None
    deletion_protection: bool | None = None
    managed_password: bool | None = None


@dataclass(frozen=True)
class Verification:
    """against: source, fingerprint (``expected``, by database), or nothing: it only has to be readable. databases: empty for all.
    differences: fail or report.
    """

    ca_cert: str
    against: str = SOURCE
    expected: Mapping[str, Fingerprint] = field(default_factory=dict)
    databases: tuple[str, ...] = ()
    differences: str = FAIL
    ignore: tuple[str, ...] = ()
    access: Access = field(default_factory=Access)
    reading: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Limits:
    """Seconds. answer: until the new instance answers. finish: for which its first backup may delay what is changed afterwards. login: for
    which the source may refuse to let us in.
    """

    answer: float = 7200.0
    finish: float = 14400.0
    poll: float = 10.0
    login: float = 20.0


@dataclass(frozen=True)
class Plan:
    """source: the identifier or the resource ID of an instance. snapshot: an identifier, an ARN, or newest. moment: seconds since 1970.

    Exactly one of snapshot, moment (or latest), and gate is set. settings_from: the instance whose settings the new one gets; empty for the
    source.
    """

    source: str
    target: str
    snapshot: str = ""
    moment: float | None = None
    latest: bool = False
    gate: Gate | None = None
    settings_from: str = ""
    overrides: Overrides = field(default_factory=Overrides)
    kms_key: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    copy_tags: bool = True
    verification: Verification | None = None
    limits: Limits = field(default_factory=Limits)
    check_mode: bool = False
