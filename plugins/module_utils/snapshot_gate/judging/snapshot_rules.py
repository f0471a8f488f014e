# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules about the snapshot: whether a deployment could go back to it."""

from __future__ import annotations

from ...recovery.databases import AWS_BACKUP, Snapshot
from ...recovery.moments import iso
from ...recovery.progress import minutes
from .facts import Facts
from .findings import AFTER, FAILED, PASSED, WARNING, Finding, Rule, decide
from .policy import Policy

SKEW = 5.0
"""Seconds by which a time of AWS may be ahead of its Date header: servers differ a little, and the header has whole seconds."""

PUBLIC = "all"


def snapshot_of(facts: Facts) -> Snapshot:
    """The snapshot that is judged; rules of this file are not called without one."""
    if facts.snapshot is None:
        raise ValueError("no snapshot to judge")
    return facts.snapshot


def complete(facts: Facts, _policy: Policy) -> Finding:
    """Existing is not enough: a snapshot may have failed, or still be in the making."""
    one = snapshot_of(facts)
    return decide(
        one.status == "available" and one.percent == 100,
        f"{one.identifier} is complete",
        f"{one.identifier} is {one.status} at {one.percent} %",
        status=one.status,
        percent=one.percent,
    )


def source(facts: Facts, _policy: Policy) -> Finding:
    """The resource ID is the database's identity. A recreated one, or the new side of a blue/green deployment, has the old identifier."""
    one, database = snapshot_of(facts), facts.database
    return decide(
        one.resource_id == database.resource_id,
        f"{one.identifier} is of {database}",
        f"{one.identifier} is of {one.source} with the resource ID {one.resource_id}; {database} now has {database.resource_id}: it was "
        "recreated, or switched in a blue/green deployment",
        resource_id=one.resource_id,
        expected=database.resource_id,
    )


def times(facts: Facts, _policy: Policy) -> Finding:
    """Ages are counted by AWS's clock, and a time ahead of it cannot be true."""
    one = snapshot_of(facts)
    evidence = {"started": iso(one.started), "database_time": iso(one.database_time), "now": iso(facts.now)}
    if one.started is None:
        return Finding(FAILED, f"{one.identifier} has no time yet", evidence)
    ahead = max(one.started, one.data_time or 0.0) - facts.now
    if ahead > SKEW:
        return Finding(FAILED, f"{one.identifier} has a time that is {minutes(ahead)} ahead of AWS's clock", evidence)
    return Finding(PASSED, f"{one.identifier} started at {iso(one.started)}", evidence)


def fresh(facts: Facts, policy: Policy) -> Finding | None:
    """Age counts from the start: what is written while a snapshot is made is not in it."""
    one = snapshot_of(facts)
    if one.started is None:
        return None
    age = facts.now - one.started
    return decide(
        age <= policy.max_age,
        f"{one.identifier} started {minutes(max(0.0, age))} ago",
        f"{one.identifier} started {minutes(age)} ago; it may be at most {minutes(policy.max_age)} old",
        age=round(age),
        max_age=policy.max_age,
    )


def recovery_point(facts: Facts, policy: Policy) -> Finding | None:
    """The last transaction in it, when the snapshot started, must be within the RPO: a replica may have been behind."""
    one = snapshot_of(facts)
    if one.started is None or one.data_time is None:
        return None
    behind = max(0.0, one.started - one.data_time) + (facts.replica_lag or 0.0)
    return decide(
        behind <= policy.rpo,
        f"{one.identifier} contains everything up to {minutes(behind)} before it started",
        f"{one.identifier} ends {minutes(behind)} before it started, more than the RPO of {minutes(policy.rpo)}",
        database_time=iso(one.data_time),
        behind=round(behind),
        rpo=policy.rpo,
    )


def encrypted(facts: Facts, policy: Policy) -> Finding:
    one = snapshot_of(facts)
    kind = one.encryption_type or ("sse-kms" if one.encrypted else "none")
    if one.encrypted:
        return Finding(PASSED, f"{one.identifier} is encrypted ({kind})", {"encryption": kind})
    sentence = f"{one.identifier} is not encrypted"
    if policy.require_encryption:
        return Finding(FAILED, f"{sentence}. Encrypt the database, or set require_encryption to false.", {"encryption": kind})
    return Finding(WARNING, sentence, {"encryption": kind})


def key(facts: Facts, policy: Policy) -> Finding | None:
    one = snapshot_of(facts)
    expected = policy.kms_key or facts.database.kms_key
    if not one.encrypted or not expected:
        return None
    return decide(
        one.kms_key == expected,
        f"{one.identifier} has the key {expected}",
        f"{one.identifier} has the key {one.kms_key}, not {expected}",
        key=one.kms_key,
        expected=expected,
    )


def version(facts: Facts, _policy: Policy) -> Finding:
    """A snapshot of another version would bring that version back."""
    one, database = snapshot_of(facts), facts.database
    return decide(
        (one.engine, one.engine_version) == (database.engine, database.engine_version),
        f"{one.identifier} has {one.engine} {one.engine_version}",
        f"{one.identifier} has {one.engine} {one.engine_version}, and {database} has {database.engine} {database.engine_version}",
        snapshot=f"{one.engine} {one.engine_version}",
        database=f"{database.engine} {database.engine_version}",
    )


def storage(facts: Facts, _policy: Policy) -> Finding | None:
    """A cluster's storage has no size of its own. An instance that has grown since needs the larger size again."""
    one, database = snapshot_of(facts), facts.database
    if database.is_cluster or not database.allocated:
        return None
    evidence = {"snapshot": one.allocated, "database": database.allocated}
    if one.allocated >= database.allocated:
        return Finding(PASSED, f"{one.identifier} has {one.allocated} GiB", evidence)
    if not one.allocated:
        return Finding(FAILED, f"{one.identifier} has no size", evidence)
    return Finding(WARNING, f"{one.identifier} has {one.allocated} GiB; {database} has grown to {database.allocated} GiB since", evidence)


def private(facts: Facts, _policy: Policy) -> Finding | None:
    if facts.shared_with is None:
        return None
    one = snapshot_of(facts)
    return decide(
        PUBLIC not in facts.shared_with,
        f"{one.identifier} is not public",
        f"{one.identifier} is public: everyone can restore it. Take the share back at once.",
        shared_with=list(facts.shared_with),
    )


def shared(facts: Facts, policy: Policy) -> Finding | None:
    if facts.shared_with is None:
        return None
    one = snapshot_of(facts)
    others = sorted(set(facts.shared_with) - set(policy.shared_with) - {PUBLIC})
    return decide(
        not others,
        f"{one.identifier} is shared with nobody else",
        f"{one.identifier} is shared with {', '.join(others)}, which shared_with does not allow",
        shared_with=list(facts.shared_with),
        allowed=list(policy.shared_with),
    )


def aws_backup(facts: Facts, policy: Policy) -> Finding | None:
    """Snapshots of AWS Backup expire by its plan, so they count only if the policy says so."""
    one = snapshot_of(facts)
    if one.kind != AWS_BACKUP:
        return None
    return decide(
        policy.count_aws_backup,
        f"{one.identifier} belongs to AWS Backup, which the policy accepts",
        f"{one.identifier} belongs to AWS Backup. Set count_aws_backup to accept such snapshots.",
        kind=one.kind,
    )


def quiesced(facts: Facts, policy: Policy) -> Finding | None:
    """What was written since the snapshot is lost by going back to it."""
    one = snapshot_of(facts)
    if one.data_time is None:
        return None
    seconds = max(0.0, facts.now - one.data_time)
    evidence = {"seconds": round(seconds), "connections": facts.connections}
    if not policy.require_quiesced:
        return Finding(PASSED, f"Going back to {one.identifier} loses what was written in the last {minutes(seconds)}", evidence)
    if facts.connections is None:
        return Finding(
            FAILED, f"Whether anything is connected to {facts.database} is not known: CloudWatch has no DatabaseConnections", evidence
        )
    return decide(
        facts.connections == 0,
        f"Nothing has been connected to {facts.database} since {one.identifier}",
        f"Up to {facts.connections:.0f} connections to {facts.database} since {one.identifier}: stop the applications first",
        **evidence,
    )


RULES = (
    Rule(2, "complete", (AFTER,), complete),
    Rule(4, "source", (AFTER,), source),
    Rule(5, "times", (AFTER,), times),
    Rule(5, "recovery_point", (AFTER,), recovery_point),
    Rule(6, "fresh", (AFTER,), fresh),
    Rule(7, "encrypted", (AFTER,), encrypted),
    Rule(7, "key", (AFTER,), key),
    Rule(7, "version", (AFTER,), version),
    Rule(7, "storage", (AFTER,), storage),
    Rule(7, "private", (AFTER,), private),
    Rule(7, "shared", (AFTER,), shared),
    Rule(21, "quiesced", (AFTER,), quiesced),
    Rule(24, "aws_backup", (AFTER,), aws_backup),
)
