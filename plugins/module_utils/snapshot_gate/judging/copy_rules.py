# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules about copies in other regions and accounts: what must hold before a snapshot is taken, and of each copy afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from ...recovery.copies import Wanted, problems, sentences
from .facts import CopyFacts, Facts
from .findings import AFTER, BEFORE, FAILED, PASSED, Finding, Rule
from .policy import Policy


def _finding(wrong: Iterable[str], right: str, copies: Iterable[CopyFacts]) -> Finding:
    said = sentences(wrong)
    evidence = {
        "copies": [{"where": one.where, "key": one.key.arn if one.key else "", "arn": one.copy.arn if one.copy else ""} for one in copies]
    }
    return Finding(FAILED, said, evidence) if said else Finding(PASSED, right, evidence)


def keys(facts: Facts, policy: Policy) -> Finding | None:
    """Keys do not leave their region or account, so a copy elsewhere needs one of its own, which can be used there."""
    if not policy.copies or not facts.copies:
        return None
    return _finding(filter(None, (_key_problem(facts, one) for one in facts.copies)), "Each copy has a key that can be used", facts.copies)


def _key_problem(facts: Facts, one: CopyFacts) -> str:
    if one.key is None:
        return (
            f"{facts.database} is encrypted, so its copy in {one.where} needs a kms_key of that region and account"
            if facts.database.encrypted
            else ""
        )
    if one.key.problem:
        return f"the KMS key {one.key.arn} for the copy in {one.where} cannot be read: {one.key.problem}"
    return "" if one.key.state == "Enabled" else f"the KMS key {one.key.arn} for the copy in {one.where} is {one.key.state}"


def quota(facts: Facts, policy: Policy) -> Finding | None:
    """Copies are manual snapshots of their account and region."""
    if not policy.copies or not facts.copies:
        return None
    full = [one for one in facts.copies if one.copy is None and one.quota is not None and one.quota.used >= one.quota.limit]
    said = (
        f"the quota of manual snapshots is reached in {one.where}: {one.quota.used} of {one.quota.limit}"
        for one in full
        if one.quota is not None
    )
    return _finding(said, "There is room for each copy", facts.copies)


def copies(facts: Facts, policy: Policy) -> Finding | None:
    """A copy counts as its destination describes it; the reply of the call that begins it says nothing."""
    source = facts.snapshot
    if not policy.copies or facts.copies is None or source is None:
        return None
    wrong = []
    for one in facts.copies:
        key = one.key.arn if one.key is not None and (source.encrypted or one.to.kms_key) else ""
        wrong += problems(one.copy, Wanted(source, source.identifier, key), one.where)
    return _finding(wrong, f"{source.identifier} has a good copy in {', '.join(one.where for one in facts.copies)}", facts.copies)


RULES = (
    Rule(8, "copy_keys", (BEFORE,), keys),
    Rule(9, "copy_quota", (BEFORE,), quota),
    Rule(31, "copies", (AFTER,), copies),
)
