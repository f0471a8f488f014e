# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether a bucket policy would keep its own author out. Pure.

A Deny that covers the administration of the bucket, and applies to the caller, cannot be undone by any identity but the account's root user
(Amazon S3 User Guide, "Bucket policy examples"). What cannot be proven not to apply counts as applying.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ...reconcile.model import Ref

NEEDED = (
    *("s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:ListBucket", "s3:ListBucketVersions", "s3:DeleteBucket"),
    *("s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:PutBucketVersioning", "s3:GetLifecycleConfiguration"),
    *("s3:PutLifecycleConfiguration", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration"),
)
"""What this role itself calls on every bucket."""

REMEDY = (
    "Limit its Action to objects (s3:GetObject, s3:PutObject, ...), or except the identity that runs Ansible, with "
    "{{ArnNotLike: {{aws:PrincipalArn: {caller}}}}}"
)


def lock_outs(statements: Sequence[Mapping[str, Any]], path: str, arn: str, caller: str) -> Iterator[str]:
    """One sentence for each statement that would lock the caller out. ``arn``: the bucket's; ``caller``: the ARN that STS shows."""
    for position, statement in enumerate(statements):
        denied = _denied(statement)
        if statement.get("Effect") == "Deny" and denied and _on_bucket(statement, arn) and _concerns(statement, caller):
            remedy = REMEDY.format(caller=principal_arn(caller))
            yield f"{path}[{position}] denies {denied} to {caller}, so nobody but the root user could change the bucket any more. {remedy}"


def principal_arn(caller: str) -> str:
    """``aws:PrincipalArn`` of a caller: for a session that of its role, whose path STS does not show."""
    parts = caller.split(":", 5)
    if len(parts) == 6 and parts[5].startswith("assumed-role/"):
        return f"{':'.join((*parts[:2], 'iam', '', parts[4]))}:role/*{parts[5].split('/')[1]}"
    return caller


def _denied(statement: Mapping[str, Any]) -> str:
    """The first action that the caller needs among those that a statement covers; empty if there is none."""
    listed, named = "Action" in statement, _texts(statement.get("Action", statement.get("NotAction", [])))
    return next((action for action in NEEDED if any(fnmatchcase(action.lower(), one.lower()) for one in named) == listed), "")


def _on_bucket(statement: Mapping[str, Any], arn: str) -> bool:
    if "Resource" in statement:
        return any(fnmatchcase(arn, one) for one in _texts(statement["Resource"]))
    return not any(fnmatchcase(arn, one) for one in _texts(statement.get("NotResource", [])))


def _concerns(statement: Mapping[str, Any], caller: str) -> bool:
    return _names(statement, caller) and all(
        _may_hold(operator, key, _texts(values), caller)
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, values in keys.items()
    )


def _names(statement: Mapping[str, Any], caller: str) -> bool:
    if "NotPrincipal" in statement:
        return not _is_named(statement["NotPrincipal"], caller)
    return _is_named(statement.get("Principal"), caller)


def _is_named(principal: Any, caller: str) -> bool:
    if principal == "*":
        return True
    named = _texts(principal.get("AWS", [])) if isinstance(principal, Mapping) else []
    account, own = caller.split(":")[4], principal_arn(caller)
    return any(one in ("*", account, caller) or one.endswith(f":{account}:root") or _same(one, own) for one in named)


def _may_hold(operator: str, key: str, values: Sequence[str], caller: str) -> bool:
    """Whether one key of a condition may hold for the caller's calls, which are made over TLS. Unknown keys may."""
    lower, negated = key.lower(), "Not" in operator
    if lower == "aws:securetransport":
        return "true" in [value.lower() for value in values]
    if lower == "aws:principalaccount":
        return (caller.split(":")[4] in values) != negated
    if lower == "aws:principalarn":
        return any(_same(value, principal_arn(caller)) for value in values) != negated
    if lower == "s3:tlsversion":
        return not operator.startswith("NumericLessThan") or any(float(value) > 1.2 for value in values)
    if lower == "aws:principalisawsservice":
        return ("false" in [value.lower() for value in values]) != negated
    return True


def _same(pattern: str, own: str) -> bool:
    """Whether a pattern covers the caller's ARN. A role's may have a path, which the caller's own pattern leaves open."""
    if fnmatchcase(own, pattern):
        return True
    return "*" in own and fnmatchcase(pattern, own)


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list | tuple) else [value]
    return [
        str(one).lower() if isinstance(one, bool) else f"{one.prefix}*{one.suffix}" if isinstance(one, Ref) else str(one) for one in items
    ]
