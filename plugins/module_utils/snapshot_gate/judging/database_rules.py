# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules about the database: what must hold before a snapshot is taken, and what going back would rely on."""

from __future__ import annotations

from ...recovery.databases import Key, account_in
from ...recovery.moments import iso
from ...recovery.progress import minutes
from ...recovery.states import NEVER, readiness, remedy
from ...recovery.tags import MANAGED_BY
from .facts import Facts
from .findings import AFTER, BEFORE, FAILED, PASSED, WARNING, Finding, Rule, decide
from .naming import MODULE
from .policy import REQUIRED, Policy


def state(facts: Facts, _policy: Policy) -> Finding:
    """A state that the database does not leave by itself ends the gate at once. The others are waited for."""
    database = facts.database
    return decide(
        readiness(database) != NEVER,
        f"{database} is {database.status}",
        f"{database} is {database.status}, and a snapshot cannot be taken of it. {remedy(database.status)}",
        status=database.status,
    )


def encrypted(facts: Facts, policy: Policy) -> Finding | None:
    """A snapshot of a database without encryption has none either, so there is no point in taking it."""
    if facts.database.encrypted or not policy.require_encryption:
        return None
    sentence = f"{facts.database} is not encrypted, so its snapshots are not. Encrypt it, or set require_encryption to false."
    return Finding(FAILED, sentence, {"encrypted": False})


def expected_key(facts: Facts, policy: Policy) -> Finding | None:
    """A snapshot has the key of its database."""
    key = facts.database.kms_key
    if not policy.kms_key or not facts.database.encrypted:
        return None
    return decide(
        key == policy.kms_key,
        f"{facts.database} has the key {key}",
        f"{facts.database} has the key {key}, not {policy.kms_key}, and so would its snapshot",
        key=key,
        expected=policy.kms_key,
    )


def key_usable(facts: Facts, _policy: Policy) -> Finding | None:
    """Snapshots have the key of the database, and cannot be restored without it."""
    if not facts.database.encrypted or facts.key is None:
        return None
    key = facts.key
    if key.problem:
        return Finding(FAILED, f"The KMS key {key.arn} of {facts.database} cannot be read: {key.problem}", {"key": key.arn})
    ending = " Cancel its deletion." if key.state == "PendingDeletion" else " Enable it."
    return decide(
        key.state == "Enabled",
        f"The KMS key {key.arn} is enabled",
        f"The KMS key {key.arn} of {facts.database} is {key.state}, so its snapshots could not be restored.{ending}",
        key=key.arn,
        state=key.state,
    )


def default_key(facts: Facts, policy: Policy) -> Finding | None:
    """AWS's own key cannot be used by other accounts, so snapshots under it can neither be shared nor copied to them."""
    own = account_in(facts.database.arn)
    others = sorted({*policy.shared_with, *(one.account for one in policy.copies if one.account not in ("", own))})
    if not others or facts.key is None or not facts.database.encrypted:
        return None
    return decide(
        not is_default(facts.key),
        "The key can be used by other accounts if its policy allows it",
        f"{facts.database} is encrypted with the default key aws/rds, so its snapshots cannot be shared with "
        f"{', '.join(others)}, nor copied to there. Move the database to a key of your own, or leave these out of shared_with and copies.",
        key=facts.key.arn,
    )


def is_default(key: Key) -> bool:
    return key.manager == "AWS"


def quota(facts: Facts, _policy: Policy) -> Finding | None:
    """Manual snapshots are limited for each account and region."""
    if facts.quota is None:
        return None
    used, limit = facts.quota.used, facts.quota.limit
    own = sum(one.tags.get(MANAGED_BY) == MODULE for one in facts.snapshots)
    return decide(
        used < limit,
        f"{used} of {limit} manual snapshots are used",
        f"The quota of manual snapshots is reached: {used} of {limit} in this account and region, {own} of them taken by the gate of "
        f"{facts.database}, and none of those may be deleted. Delete snapshots that you no longer need, keep fewer (keep), or request a "
        "higher quota.",
        used=used,
        limit=limit,
        own=own,
    )


def pitr_on(facts: Facts, policy: Policy) -> Finding:
    """Without automated backups there is no point-in-time recovery. AWS Backup may own the retention; what counts is the live value."""
    days = facts.database.retention_days
    owner = " (set by AWS Backup)" if facts.database.backup_owner else ""
    if days:
        return Finding(PASSED, f"Automated backups are kept for {days} days{owner}", {"retention_days": days})
    sentence = f"{facts.database} keeps no automated backups (retention 0), so it has no point-in-time recovery"
    if policy.pitr != REQUIRED:
        return Finding(WARNING, sentence, {"retention_days": 0})
    return Finding(
        FAILED, f"{sentence}. Set its backup retention to at least 1 day, or the gate's pitr to optional.", {"retention_days": 0}
    )


def pitr_lag(facts: Facts, policy: Policy) -> Finding | None:
    """How far behind point-in-time recovery is must not exceed the data that may be lost."""
    database = facts.database
    if not database.retention_days:
        return None
    bad = FAILED if policy.pitr == REQUIRED else WARNING
    latest = database.latest_restorable
    if latest is None:
        return Finding(
            bad, f"{database} has no latest restorable time yet: its first automated backup is not complete", {"rpo": policy.rpo}
        )
    lag = facts.now - latest
    evidence = {"latest_restorable": iso(latest), "lag": round(lag), "rpo": policy.rpo}
    if lag <= policy.rpo:
        return Finding(PASSED, f"Point-in-time recovery is {minutes(max(0.0, lag))} behind", evidence)
    return Finding(
        bad, f"Point-in-time recovery of {database} is {minutes(lag)} behind, more than the RPO of {minutes(policy.rpo)}", evidence
    )


def suspension(facts: Facts, _policy: Policy) -> Finding | None:
    """Without a standby, the instance itself is read, and its I/O pauses for seconds."""
    database = facts.database
    if database.is_cluster or database.multi_az:
        return None
    return Finding(WARNING, f"{database} has no standby: its I/O may pause for seconds while a snapshot begins", {"multi_az": False})


def replica(facts: Facts, policy: Policy) -> Finding | None:
    """The snapshot of a replica lacks what the replica had not yet received."""
    database, lag = facts.database, facts.replica_lag
    if not database.replica_of:
        return None
    said = f"{database} is a replica of {database.replica_of}"
    if lag is None:
        return Finding(
            FAILED, f"{said}, and its lag is not known, so neither is what its snapshot lacks. Name the source, {database.replica_of}."
        )
    evidence = {"replica_of": database.replica_of, "lag": lag, "rpo": policy.rpo}
    return decide(
        lag <= policy.rpo,
        f"{said} and {minutes(lag)} behind",
        f"{said} and {minutes(lag)} behind, more than the RPO of {minutes(policy.rpo)}. Name the source, {database.replica_of}.",
        **evidence,
    )


def cluster(facts: Facts, _policy: Policy) -> Finding | None:
    """Members of Aurora and Multi-AZ clusters have no snapshots of their own."""
    if not facts.database.is_cluster:
        return None
    return Finding(PASSED, f"Snapshots are those of the cluster {facts.database.identifier}", {"cluster": facts.database.identifier})


RULES = (
    Rule(1, "database_state", (BEFORE,), state),
    Rule(7, "database_encrypted", (BEFORE,), encrypted),
    Rule(7, "database_key", (BEFORE,), expected_key),
    Rule(8, "key_usable", (BEFORE, AFTER), key_usable),
    Rule(8, "default_key", (BEFORE,), default_key),
    Rule(9, "quota", (BEFORE,), quota),
    Rule(14, "cluster", (BEFORE, AFTER), cluster),
    Rule(15, "suspension", (BEFORE,), suspension),
    Rule(15, "replica", (BEFORE, AFTER), replica),
    Rule(16, "pitr_on", (BEFORE, AFTER), pitr_on),
    Rule(16, "pitr_lag", (BEFORE, AFTER), pitr_lag),
)
