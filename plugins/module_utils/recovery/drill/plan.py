# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What one call of the module is to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..access import Access
from ..fingerprint.model import Options
from .markers import Place
from .result import Goals

AUTO, POINT_IN_TIME, SNAPSHOT = "auto", "point_in_time", "snapshot"


@dataclass(frozen=True)
class Target:
    """Where to restore. kms_key: the key that the restored instance has to be under. identifier, instance_class: empty for the defaults."""

    subnet_group: str
    security_groups: tuple[str, ...]
    parameter_group: str
    kms_key: str
    identifier: str = ""
    instance_class: str = ""
    region: str = ""


@dataclass(frozen=True)
class Limits:
    """Seconds. backups: until they cover the first marker. restore: until the restored database answers. marker: between two markers.

    ttl: after which anyone may delete what the drill made.
    """

    backups: float = 1800.0
    restore: float = 18000.0
    poll: float = 15.0
    marker: float = 60.0
    ttl: float = 28800.0


@dataclass(frozen=True)
class Plan:
    """databases: those that are compared; empty for all. ignore: kinds of differences that do not count. report: its path, or empty."""

    database: str
    target: Target
    place: Place
    databases: tuple[str, ...]
    ca_cert: str
    method: str = AUTO
    access: Access = field(default_factory=Access)
    reading: Options = field(default_factory=Options)
    ignore: tuple[str, ...] = ()
    goals: Goals = field(default_factory=Goals)
    limits: Limits = field(default_factory=Limits)
    record: bool = True
    report: str = ""
    check_mode: bool = False
