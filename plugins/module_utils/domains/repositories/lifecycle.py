# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The lifecycle policy of a repository. Pure.

The first rule selects the images that are deployed and expires none of them. That protects them from every later rule: "An image that
matches the tagging requirements of a rule cannot be expired or archived by a rule with a lower priority" (Amazon ECR User Guide, "Automate
the cleanup of images by using lifecycle policies"). The images of an index are not expired before the index (ibid.).
"""

from __future__ import annotations

from typing import Any

from ...images.protecting import PREFIX
from .settings.repositories import Repository
from .settings.rules import Rule

EXPIRES_NONE = 100_000
"""More images than a repository can have by default, so that the rule that protects never expires one itself."""

COUNT_TYPES = {"keep": "imageCountMoreThan", "days": "sinceImagePushed", "unpulled_days": "sinceImagePulled"}


def lifecycle_policy(repository: Repository) -> dict[str, Any]:
    """The policy document: deployed images first, then untagged ones, then the user's rules in their order."""
    rules = [_rule("Deployed images stay", {"tagStatus": "tagged", "tagPrefixList": [PREFIX]}, "keep", EXPIRES_NONE)]
    if repository.untagged_days:
        rules.append(_rule("Untagged images", {"tagStatus": "untagged"}, "days", repository.untagged_days))
    rules += [_rule(_description(one), _selection(one), one.count, one.number) for one in repository.rules]
    return {"rules": [{"rulePriority": number, **rule} for number, rule in enumerate(rules, 1)]}


def _rule(description: str, selection: dict[str, Any], count: str, number: int) -> dict[str, Any]:
    unit = {} if count == "keep" else {"countUnit": "days"}
    counted = {**selection, "countType": COUNT_TYPES[count], **unit, "countNumber": number}
    return {"description": description, "selection": counted, "action": {"type": "expire"}}


def _selection(rule: Rule) -> dict[str, Any]:
    return {"tagStatus": "tagged", "tagPatternList": list(rule.patterns)} if rule.patterns else {"tagStatus": "any"}


def _description(rule: Rule) -> str:
    which = f"Images tagged {' and '.join(rule.patterns)}"[:120] if rule.patterns else "All images"
    how = {"keep": f"the newest {rule.number} stay", "days": f"{rule.number} days after the push"}
    return f"{which}: {how.get(rule.count, f'{rule.number} days after the last pull')}"
