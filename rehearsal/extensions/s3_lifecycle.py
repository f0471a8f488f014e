"""What S3 refuses in a lifecycle configuration (PutBucketLifecycleConfiguration, "Transitioning objects using Amazon S3 Lifecycle").

The tests try what the collection refuses beforehand: both must agree on the exact number of days.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from rehearsal.extensions.s3_common import invalid

LATEST_FIRST = ("DEEP_ARCHIVE", "GLACIER", "GLACIER_IR", "ONEZONE_IA", "INTELLIGENT_TIERING", "STANDARD_IA")
INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")


def check_lifecycle(rules: list[dict[str, Any]]) -> None:
    if not rules:
        raise invalid("The XML you provided was not well-formed or did not validate against our published schema", "MalformedXML")
    names = [rule.get("ID") for rule in rules]
    if len(set(names)) != len(names):
        raise invalid("Rule ID must be unique. Found same ID for more than one rule", "InvalidArgument")
    for rule in rules:
        transitions = [(one["StorageClass"], int(one["Days"])) for one in rule.get("Transitions") or () if "Days" in one]
        _check_order(transitions)
        expiry = (rule.get("Expiration") or {}).get("Days")
        for name, days in transitions:
            if expiry is not None and int(expiry) <= days:
                text = f"'Days' in the Expiration action must be greater than 'Days' in the Transition action for StorageClass '{name}'"
                raise invalid(text, "InvalidArgument")
        _check_noncurrent(rule)


def _check_order(transitions: list[tuple[str, int]]) -> None:
    for name, days in transitions:
        if name in INFREQUENT and days < 30:
            text = f"'Days' in Transition action must be greater than or equal to 30 for storageClass '{name}'"
            raise invalid(text, "InvalidArgument")
    ordered = sorted(transitions, key=lambda one: -LATEST_FIRST.index(one[0]))
    for (before, earlier), (after, later) in pairwise(ordered):
        least = earlier + (30 if before in INFREQUENT else 1)
        if later < least:
            text = f"'Days' for StorageClass '{after}' must be at least {least - earlier} days more than for '{before}'"
            raise invalid(text, "InvalidArgument")


def _check_noncurrent(rule: dict[str, Any]) -> None:
    end = (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays")
    for one in rule.get("NoncurrentVersionTransitions") or ():
        if end is not None and int(one["NoncurrentDays"]) >= int(end):
            text = "'NoncurrentDays' in NoncurrentVersionExpiration must be greater than in NoncurrentVersionTransition"
            raise invalid(text, "InvalidArgument")
