# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The test restore that proves a snapshot: what it asks for, when it is usable, and what is left to delete."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...aws.tags import tag_list
from ...postgresql.script.splitting import ScriptProblem, statements
from ...recovery.databases import Database, Snapshot
from ...recovery.states import HOPELESS
from ...recovery.tags import PROOF, Maker, temporary
from .naming import MODULE

READING = ("SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN")
"""What a smoke query may begin with. It also runs in a read-only transaction."""

FIRST_WORD = re.compile(rb"[\s(]*([A-Za-z_]+)")

STAGES = ("AWSCURRENT", "AWSPENDING")
"""The versions of a managed secret to log in with, in this order: during a rotation, the server already has the pending one."""

UNKNOWN_IF_EMPTY = ("DBInstanceClass", "AllocatedStorage", "DBSubnetGroupName", "VpcSecurityGroupIds", "DBParameterGroupName")

ANSWERING = frozenset({"available", "backing-up", "storage-optimization", "configuring-enhanced-monitoring", "configuring-log-exports"})


@dataclass(frozen=True)
class Proof:
    """query: the smoke query, which must return a row. ttl: seconds after which anyone may delete the restored instance.

    Empty values are the source's.
    """

    query: str
    database: str = "postgres"
    ca_cert: str = ""
    instance_class: str = ""
    subnet_group: str = ""
    security_groups: tuple[str, ...] = ()
    parameter_group: str = ""
    timeout: float = 3600.0
    query_timeout: float = 60.0
    ttl: float = 7200.0


def query_problem(query: str) -> str:
    """Why a query cannot be a smoke query; empty if it can: one statement that begins with a word that only reads, after any comments and
    parentheses.

    The server refuses what writes all the same, such as EXPLAIN ANALYZE DELETE: see session.py. Several statements could end its read-only
    transaction.
    """
    try:
        found = list(statements(query.encode().splitlines(keepends=True)))
    except ScriptProblem as error:
        return f"cannot be read: {error}"
    if len(found) != 1:
        return f"has {len(found)} statements; expected one"
    first = FIRST_WORD.match(found[0].text)
    if first is None or first[1].decode().upper() not in READING:
        return f"begins with none of {', '.join(READING)}; a smoke query only reads"
    return ""


def name_for(database: Database, deployment: str, now: float) -> str:
    """An identifier of its own for every attempt, of at most 63 characters: an earlier attempt may still be going away."""
    digest = hashlib.sha256(f"{database.resource_id} {deployment}".encode()).hexdigest()[:8]
    return f"proof-{database.identifier[:34].rstrip('-')}-{digest}-{int(now):x}"


def storage_for(database: Database, snapshot: Snapshot) -> int:
    """A restore takes at least the storage of the snapshot, and the database may have grown since."""
    return max(database.allocated, snapshot.allocated)


def maker(deployment: str) -> Maker:
    """Who makes test restores."""
    return Maker(MODULE, PROOF, deployment)


def request(
    source: Mapping[str, Any], database: Database, snapshot: Snapshot, proof: Proof, deployment: str, name: str, now: float
) -> dict[str, Any]:
    """The parameters of RestoreDBInstanceFromDBSnapshot. ``source`` is the DBInstance.

    Groups are named, because RDS would take the defaults of the VPC and the family. Nothing that costs or protects more than a test needs;
    no retention, or the restored instance would be backed up in full first. Its tags are its own, never the source's. RDS manages master
    passwords in this call for Oracle only: see password_change().
    """
    groups = proof.security_groups or tuple(one["VpcSecurityGroupId"] for one in source.get("VpcSecurityGroups") or ())
    parameters = proof.parameter_group or next((str(one["DBParameterGroupName"]) for one in source.get("DBParameterGroups") or ()), "")
    subnets = proof.subnet_group or str((source.get("DBSubnetGroup") or {}).get("DBSubnetGroupName") or "")
    tags = temporary(maker(deployment), database.resource_id, now, proof.ttl)
    found = {
        "DBInstanceIdentifier": name,
        "DBSnapshotIdentifier": snapshot.arn,
        "DBInstanceClass": proof.instance_class or str(source.get("DBInstanceClass") or ""),
        "AllocatedStorage": storage_for(database, snapshot),
        "DBSubnetGroupName": subnets,
        "VpcSecurityGroupIds": list(groups),
        "DBParameterGroupName": parameters,
        "MultiAZ": False,
        "PubliclyAccessible": False,
        "DeletionProtection": False,
        "AutoMinorVersionUpgrade": False,
        "CopyTagsToSnapshot": False,
        "BackupRetentionPeriod": 0,
        "Tags": tag_list(tags),
    }
    return {key: value for key, value in found.items() if value or key not in UNKNOWN_IF_EMPTY}


def password_change(name: str) -> dict[str, Any]:
    """The parameters of the ModifyDBInstance by which the restored instance gets a password of its own: it still has the old one."""
    return {"DBInstanceIdentifier": name, "ManageMasterUserPassword": True, "ApplyImmediately": True}


def usability(instance: Mapping[str, Any]) -> str:
    """Whether a restored instance answers: ready, wait or never. It does while it is still backed up, which can take hours."""
    status = str(instance.get("DBInstanceStatus") or "")
    if HOPELESS.fullmatch(status):
        return "never"
    has_address = bool((instance.get("Endpoint") or {}).get("Address"))
    return "ready" if status in ANSWERING and has_address else "wait"


def needs_reboot(instance: Mapping[str, Any]) -> bool:
    """Whether static parameters wait for a reboot: no window applies them, and the database would be tested with others."""
    return any(one.get("ParameterApplyStatus") == "pending-reboot" for one in instance.get("DBParameterGroups") or ())


def means_upgrade(code: str, message: str) -> bool:
    """Whether RDS refused a restore because the source's parameter group is of another family: it would come up with another major version,
    since the snapshot's is out of support.
    """
    return code == "InvalidParameterCombination" and "DBParameterGroupFamily" in message


def has_secret(instance: Mapping[str, Any]) -> bool:
    return (instance.get("MasterUserSecret") or {}).get("SecretStatus") == "active"
