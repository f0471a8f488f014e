# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The configurations of a bucket in the one form in which they are compared, and as S3 takes them. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Any

NEW_BLOCKED = ("SSE-C",)
"""What new buckets block: keys that customers send along cannot be audited or revoked."""
NEW_MINIMUM_SIZE = "all_storage_classes_128K"
"""S3's default for lifecycle configurations that do not name one (PutBucketLifecycleConfiguration)."""


def encryption(value: Mapping[str, Any]) -> dict[str, Any]:
    return {**value, "blocked": sorted(value.get("blocked") or ())}


def effective_encryption(desired: Mapping[str, Any] | None, observed: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a bucket blocks stays where nothing else is given: a put without it would lift it."""
    if desired is None or "blocked" in desired:
        return None if desired is None else dict(desired)
    return {**desired, "blocked": list(NEW_BLOCKED if observed is None else observed.get("blocked") or ())}


def encryption_read(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    rules = (raw.get("ServerSideEncryptionConfiguration") or {}).get("Rules")
    if not rules:
        return None
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
    key = default.get("KMSMasterKeyID")
    return {
        "algorithm": default.get("SSEAlgorithm"),
        "bucket_key": bool(rules[0].get("BucketKeyEnabled")),
        "blocked": list((rules[0].get("BlockedEncryptionTypes") or {}).get("EncryptionType") or ()),
        **({"key": key} if key else {}),
    }


def encryption_sent(value: Mapping[str, Any]) -> dict[str, Any]:
    key, blocked = value.get("key"), value.get("blocked")
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": value["algorithm"], **({"KMSMasterKeyID": key} if key else {})},
        "BucketKeyEnabled": bool(value.get("bucket_key")),
        **({"BlockedEncryptionTypes": {"EncryptionType": list(blocked)}} if blocked else {}),
    }
    return {"Rules": [rule]}


def lifecycle(value: Mapping[str, Any]) -> dict[str, Any]:
    return {**value, "rules": sorted((_plain(rule) for rule in value.get("rules") or ()), key=lambda rule: str(rule.get("ID")))}


def effective_lifecycle(desired: Mapping[str, Any] | None, observed: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The minimum size of objects that move stays where none is given: a put without it would flip it."""
    if desired is None or "minimum_size" in desired:
        return None if desired is None else dict(desired)
    return {**desired, "minimum_size": (observed or {}).get("minimum_size") or NEW_MINIMUM_SIZE}


def lifecycle_read(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    if not raw.get("Rules"):
        return None
    size = raw.get("TransitionDefaultMinimumObjectSize")
    return {"rules": raw["Rules"], **({"minimum_size": size} if size else {})}


def replication(value: Mapping[str, Any]) -> dict[str, Any]:
    return {**value, "rules": sorted((_plain(rule) for rule in value.get("rules") or ()), key=lambda rule: str(rule.get("ID")))}


def replication_read(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    found = raw.get("ReplicationConfiguration")
    return {"role": found.get("Role"), "rules": found.get("Rules") or []} if found else None


def cors(value: Any) -> list[dict[str, Any]]:
    """Rules in their order, which counts; the order within a rule does not. S3 returns empty lists for what is not set."""
    return [{name: sorted(item) if isinstance(item, list) else item for name, item in rule.items() if item} for rule in value]


def _plain(value: Any) -> Any:
    """Without empty members; tags and transitions in one order."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in sorted(value.items()) if item not in (None, [], {})}
    if isinstance(value, list | tuple):
        return sorted((_plain(item) for item in value), key=_order)
    return value


def _order(item: Any) -> tuple[int, str]:
    """Transitions by their days, everything else by its text."""
    days = (item.get("Days") or item.get("NoncurrentDays")) if isinstance(item, Mapping) else None
    return int(days or 0), json.dumps(item, sort_keys=True, default=str)


def kept(document: Mapping[str, Any], patterns: Collection[str]) -> list[dict[str, Any]]:
    """The statements of others that stay: those whose Sid matches a pattern."""
    return [dict(one) for one in statements(document) if any(fnmatchcase(str(one.get("Sid") or ""), pattern) for pattern in patterns)]


def without_kept(document: Mapping[str, Any], patterns: Collection[str]) -> dict[str, Any] | None:
    """The rest of the policy; None if nothing is left."""
    staying = kept(document, patterns)
    rest = [one for one in statements(document) if one not in staying]
    return {**document, "Statement": rest} if rest else None


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = document.get("Statement") or []
    return [dict(one) for one in ([found] if isinstance(found, Mapping) else found)]
