"""Lifecycle policies: what is valid, and which images a policy expires. Pure.

After "Lifecycle policy properties" and "Lifecycle policy evaluation rules" in the Amazon ECR User Guide. Archiving is not played.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rehearsal.extensions.ecr import matches

SHORTEST, LONGEST, MOST_RULES, MOST_WILDCARDS = 100, 30_720, 50, 4
BY_AGE = ("sinceImagePushed", "sinceImagePulled")
LISTS = ("tagPrefixList", "tagPatternList")


@dataclass(frozen=True)
class Candidate:
    """An image as a policy sees it. ``pulled``: when it was pulled last, or pushed if it never was."""

    digest: str
    tags: tuple[str, ...]
    pushed: datetime
    pulled: datetime
    referenced: bool = False


def problem(text: str) -> str:
    """Why AWS does not accept a policy; empty if it does."""
    if not SHORTEST <= len(text) <= LONGEST:
        return f"the text must have {SHORTEST} to {LONGEST} characters"
    try:
        rules = json.loads(text)["rules"]
    except (ValueError, KeyError, TypeError):
        return 'object has missing required properties (["rules"])'
    if not isinstance(rules, list) or not 1 <= len(rules) <= MOST_RULES or not all(isinstance(rule, dict) for rule in rules):
        return f"a policy must have 1 to {MOST_RULES} rules"
    return next((found for rule in rules for found in _of_rule(rule)), "") or next(_of_rules(rules), "")


def _of_rule(rule: Mapping[str, Any]) -> Iterator[str]:
    missing = sorted({"rulePriority", "selection", "action"} - set(rule))
    if missing or set(rule) - {"rulePriority", "selection", "action", "description"}:
        yield f"object has missing or unknown properties ({missing or sorted(rule)})"
        return
    if rule["action"] != {"type": "expire"}:
        yield f"the action {rule['action']} is not expire, the only one that the rehearsal plays"
    selection = rule["selection"]
    yield from _of_tags(selection)
    yield from _of_count(selection)
    if unknown := set(selection) - {"tagStatus", "countType", "countUnit", "countNumber", *LISTS}:
        yield f"object instance has properties which are not allowed by the schema: {sorted(unknown)}"


def _of_tags(selection: Mapping[str, Any]) -> Iterator[str]:
    status, lists = selection.get("tagStatus"), [selection[name] for name in LISTS if name in selection]
    if status not in ("tagged", "untagged", "any"):
        yield f"instance value ({status}) not found in enum"
    elif (status == "tagged") != (len(lists) == 1):
        yield "tagPrefixList or tagPatternList is required with tagStatus tagged, and only then"
    elif any(not entries or not all(entries) for entries in lists):
        yield "a list of tags must not be empty"
    if any(entry.count("*") > MOST_WILDCARDS for entry in selection.get("tagPatternList") or ()):
        yield f"a pattern can have at most {MOST_WILDCARDS} wildcards"


def _of_count(selection: Mapping[str, Any]) -> Iterator[str]:
    kind, number = selection.get("countType"), selection.get("countNumber")
    if kind not in ("imageCountMoreThan", *BY_AGE):
        yield f"instance value ({kind}) not found in enum"
    elif (kind in BY_AGE) != (selection.get("countUnit") == "days"):
        yield "countUnit days is required with an age, and only then"
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        yield "countNumber must be a positive integer"


def _of_rules(rules: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    ordered = sorted(rules, key=lambda rule: int(rule["rulePriority"]))
    statuses = [rule["selection"]["tagStatus"] for rule in ordered]
    if len({rule["rulePriority"] for rule in rules}) < len(rules):
        yield "rulePriority must be unique"
    if "any" in statuses[:-1]:
        yield "a rule with tagStatus any must have the highest rulePriority"
    if statuses.count("untagged") > 1:
        yield "only one rule can select untagged images"
    sets = [(name, frozenset(rule["selection"][name])) for rule in rules for name in LISTS if name in rule["selection"]]
    if len(set(sets)) < len(sets):
        yield "every rule must have other tag prefixes or patterns"


def expired(policy: str, images: Collection[Candidate], now: datetime) -> dict[str, int]:
    """digest -> priority of the rule that expires it.

    All rules are evaluated against all images, and then applied by priority. An image whose tags satisfy a rule cannot be expired by a
    rule of lower priority, whether or not the first one expires it. What an index references is not expired.
    """
    found: dict[str, int] = {}
    decided: set[str] = set()
    for rule in sorted(json.loads(policy)["rules"], key=lambda one: int(one["rulePriority"])):
        selected = [one for one in images if _selects(rule["selection"], one)]
        affected = {one.digest for one in _affected(rule["selection"], selected, now)} - decided
        found |= {one.digest: int(rule["rulePriority"]) for one in selected if one.digest in affected and not one.referenced}
        decided |= {one.digest for one in selected}
    return found


def _selects(selection: Mapping[str, Any], image: Candidate) -> bool:
    """Every prefix or pattern must be satisfied by one of the image's tags."""
    status = selection["tagStatus"]
    if status != "tagged":
        return status == "any" or not image.tags
    patterns = [*(f"{prefix}*" for prefix in selection.get("tagPrefixList", ())), *selection.get("tagPatternList", ())]
    return all(any(matches(pattern, tag) for tag in image.tags) for pattern in patterns)


def _affected(selection: Mapping[str, Any], images: Collection[Candidate], now: datetime) -> list[Candidate]:
    number = int(selection["countNumber"])
    if selection["countType"] == "imageCountMoreThan":
        return sorted(images, key=lambda one: one.pushed, reverse=True)[number:]
    since = "pushed" if selection["countType"] == "sinceImagePushed" else "pulled"
    return [one for one in images if getattr(one, since) < now - timedelta(days=number)]
