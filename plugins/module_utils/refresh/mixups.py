# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What must not be mixed up: production is only read, and only the environment's own database is replaced. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..aws.owner import TAG_PREFIX
from ..component.names import PRODUCTION
from ..recovery.databases import tags_of

ENVIRONMENT, COMPONENT = f"{TAG_PREFIX}environment", f"{TAG_PREFIX}component"


@dataclass(frozen=True)
class Side:
    """One of the two databases. ``claimed``: the environment that the options say it belongs to."""

    claimed: str
    account: str
    region: str
    identifier: str
    status: str = "available"
    engine_version: str = ""
    master: str = ""
    allocated: int = 0
    protected: bool = False
    replicas: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.identifier} in {self.region} of account {self.account}"

    @property
    def marked(self) -> str:
        """The environment that its tags name; empty if it has none."""
        return self.tags.get(ENVIRONMENT, "")


def side_of(reply: Mapping[str, Any], claimed: str, account: str, region: str) -> Side:
    """A DBInstance of DescribeDBInstances."""
    return Side(
        claimed=claimed,
        account=account,
        region=region,
        identifier=str(reply["DBInstanceIdentifier"]),
        status=str(reply.get("DBInstanceStatus") or ""),
        engine_version=str(reply.get("EngineVersion") or ""),
        master=str(reply.get("MasterUsername") or ""),
        allocated=int(reply.get("AllocatedStorage") or 0),
        protected=bool(reply.get("DeletionProtection")),
        replicas=tuple(reply.get("ReadReplicaDBInstanceIdentifiers") or ()),
        tags=tags_of(reply),
    )


def mixups(source: Side, target: Side, component: str) -> list[str]:
    """Why the target must not be refreshed from the source, one sentence each. Empty: it may be."""
    found = [*_source_wrong(source), *_target_wrong(target, component)]
    if (source.account, source.region, source.identifier) == (target.account, target.region, target.identifier):
        found.append(f"source and target are the same database, {source}")
    if source.claimed == target.claimed:
        found.append(f"source and target both belong to environment {target.claimed}")
    return found or _unequal(source, target)


def _source_wrong(source: Side) -> list[str]:
    found = []
    if source.claimed not in PRODUCTION:
        found.append(f"source.environment is {source.claimed}; data is taken from {' or '.join(PRODUCTION)} only")
    if source.marked != source.claimed:
        found.append(f"the source {source} {_belongs(source)}, not to {source.claimed}: check source.identifier and the account")
    return found


def _target_wrong(target: Side, component: str) -> list[str]:
    found = []
    if target.claimed in PRODUCTION:
        found.append(f"the target {target} is in environment {target.claimed}, and production is never refreshed")
    if (target.marked, target.tags.get(COMPONENT)) != (target.claimed, component):
        found.append(f"the target {target} {_belongs(target)}, not to {target.claimed}/{component}: check the inventory and the account")
    if target.protected:
        found.append(
            f"the target {target} is protected against deletion: set deletion.protection to false in its inventory and "
            "apply that, if it is meant to be replaced"
        )
    if target.replicas:
        found.append(f"the target {target} has the read replicas {', '.join(target.replicas)}, which would stay behind: remove them first")
    if target.status not in ("available", "storage-optimization"):
        found.append(f"the target {target} is {target.status}; wait until it is available")
    return found


def _belongs(side: Side) -> str:
    if not side.marked:
        return "has no tags of an owner"
    return f"belongs to {side.marked}/{side.tags.get(COMPONENT, '')} by its tags"


def _unequal(source: Side, target: Side) -> list[str]:
    """Differences that a restore cannot correct, so that the role would replace the refreshed instance."""
    found = []
    if source.master != target.master:
        found.append(
            f"the master user is {source.master} in the source and {target.master} in the target, and a restore keeps that of the source: "
            "give both the same master.username"
        )
    if _major(source.engine_version) > _major(target.engine_version):
        found.append(f"the source has PostgreSQL {source.engine_version} and the target {target.engine_version}: upgrade the target first")
    if source.allocated > target.allocated:
        found.append(
            f"the source has {source.allocated} GiB and the target {target.allocated} GiB: storage cannot shrink, so raise storage.size of "
            "the target first"
        )
    return found


def _major(version: str) -> int:
    first = version.split(".", maxsplit=1)[0]
    return int(first) if first.isdigit() else 0
