# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The test restore that proves a snapshot: what it asks for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...aws.tags import tag_list
from ...postgresql.script.splitting import ScriptProblem, statements
from ...recovery.databases import Database, Snapshot
from ...recovery.tags import PROOF, Maker, temporary
from ...recovery.usability import SHORT_LIVED
from .naming import MODULE

READING = ("SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN")
"""What a smoke query may begin with. It also runs in a read-only transaction."""

FIRST_WORD = re.compile(rb"[\s(]*([A-Za-z_]+)")

UNKNOWN_IF_EMPTY = ("DBInstanceClass", "AllocatedStorage", "DBSubnetGroupName", "VpcSecurityGroupIds", "DBParameterGroupName")


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

    Groups are named, because RDS would take the defaults of the VPC and the family. Its tags are its own, never the source's. RDS manages
    master passwords in this call for Oracle only.
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
        **SHORT_LIVED,
        "Tags": tag_list(tags),
    }
    return {key: value for key, value in found.items() if value or key not in UNKNOWN_IF_EMPTY}
