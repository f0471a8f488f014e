# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rules of a lifecycle policy as a user describes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ....images.protecting import PREFIX
from ....inputs.reader import Reader

PATTERN = re.compile(r"[A-Za-z0-9_.*-]{1,128}")
MOST_WILDCARDS = 4
MOST_RULES = 40
"""ECR accepts 50 rules; some are ours."""
MOST = 100_000
COUNTS = ("keep", "days", "unpulled_days")


@dataclass(frozen=True)
class Rule:
    """Expire images by one criterion.

    ``patterns``: an image is meant if each of them matches one of its tags; without any, every image is meant. ``count``: which of the
    criteria, ``number``: how many images to keep, or after how many days to expire them.
    """

    patterns: tuple[str, ...]
    count: str
    number: int


def read_rules(lifecycle: Reader) -> tuple[Rule, ...]:
    """The rules in order of priority. One without patterns means every image, so it comes last, and there is one of it."""
    given = lifecycle.take("rules")
    if given is None:
        return ()
    path, problems = lifecycle.at("rules"), lifecycle.problems
    if not isinstance(given, list | tuple) or len(given) > MOST_RULES:
        problems.add(path, given, f"it must be a list of at most {MOST_RULES} rules")
        return ()
    found = tuple(one for position, entry in enumerate(given) if (one := _rule(Reader(entry, f"{path}[{position}]", problems))))
    for why in _together(found):
        problems.messages.append(f"{path}: {why}")
    return found


def _rule(reader: Reader) -> Rule | None:
    patterns = reader.items("tags", (), _pattern, f"it must be a pattern of a tag, with at most {MOST_WILDCARDS} wildcards (*)")
    named = [key for key in COUNTS if reader.given.get(key) is not None]
    numbers = {key: reader.integer(key, 1, 1, MOST) for key in COUNTS}
    reader.finish()
    if any(one.partition("*")[0].startswith(PREFIX) for one in patterns):
        reader.problems.add(
            reader.at("tags"), list(patterns), f"images with tags that begin with {PREFIX} are deployed; no rule may expire them"
        )
    if len(named) != 1:
        reader.problems.messages.append(f"{reader.path} must have exactly one of {', '.join(COUNTS)}, but has {', '.join(named) or 'none'}")
        return None
    return Rule(tuple(sorted(patterns)), named[0], numbers[named[0]])


def _pattern(value: Any) -> str | None:
    return value if isinstance(value, str) and PATTERN.fullmatch(value) and value.count("*") <= MOST_WILDCARDS else None


def _together(rules: tuple[Rule, ...]) -> Iterator[str]:
    if any(not one.patterns for one in rules[:-1]):
        yield "a rule without tags means every image, so it must be the last one, and the only one"
    patterns = [one.patterns for one in rules if one.patterns]
    for one in sorted({one for one in patterns if patterns.count(one) > 1}):
        yield f"two rules have the tags {', '.join(one)}, but ECR accepts one; keep one of them"
