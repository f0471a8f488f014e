# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A database with a good snapshot, and changes to either."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.databases import Database, Key, Quota, Snapshot
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.facts import Facts
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.naming import DATABASE, DEPLOYMENT, MANAGED_BY, MODULE
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.policy import Policy
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.verdict import after, before

NOW = 1_800_000_000.0
KEY = "arn:aws:kms:eu-west-1:111122223333:key/one"
OTHER_KEY = "arn:aws:kms:eu-west-1:111122223333:key/other"

DATABASE_OF_TESTS = Database(
    identifier="main",
    resource_id="db-MAIN",
    engine_version="17.4",
    allocated=100,
    multi_az=True,
    kms_key=KEY,
    retention_days=7,
    latest_restorable=NOW - 200,
    tags={"team": "shop", "aws:cloudformation:stack-name": "x", "mainstay:environment": "prod"},
)


def database(**changes: Any) -> Database:
    return replace(DATABASE_OF_TESTS, **changes)


def snapshot(identifier: str = "main-r1", age: float = 60.0, deployment: str = "r1", **changes: Any) -> Snapshot:
    """A complete snapshot that the gate took of the database, so many seconds ago."""
    good = Snapshot(
        identifier=identifier,
        arn=f"arn:aws:rds:eu-west-1:111122223333:snapshot:{identifier}",
        resource_id="db-MAIN",
        source="main",
        engine_version="17.4",
        allocated=100,
        encryption_type="sse-kms",
        kms_key=KEY,
        created=NOW - age,
        original=NOW - age,
        database_time=NOW - age,
        tags={MANAGED_BY: MODULE, DATABASE: "db-MAIN", DEPLOYMENT: deployment},
    )
    return replace(good, **changes)


def facts(of: dict[str, Any] | None = None, snap: dict[str, Any] | None = None, others: tuple[Snapshot, ...] = (), **changes: Any) -> Facts:
    """Facts in which everything is good, with changes to the database, its snapshot, or the facts themselves."""
    one = snapshot(**(snap or {}))
    good = Facts(database(**(of or {})), NOW, (one, *others), one, shared_with=(), key=Key(KEY), quota=Quota(3, 100))
    return replace(good, **changes)


def results(found: Facts, policy: Policy | None = None) -> dict[str, str]:
    """The result of each rule that applies, by its name; of both stages, the worse one."""
    policy = policy or Policy()
    checks = [*before(found, policy), *(after(found, policy) if found.snapshot else ())]
    order = ("failed", "warning", "passed")
    merged: dict[str, str] = {}
    for check in checks:
        result = check.finding.result
        merged[check.name] = min(result, merged.get(check.name, result), key=order.index)
    return merged
