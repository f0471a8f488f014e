# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wrong with the input, given AWS's answers: secrets that do not exist, keys that CloudWatch may not use. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ...reconcile.errors import Failure
from .described import Settings
from .publishers import TO_PUBLISH
from .resources_delivery import ALARMS
from .settings.severities import names_of, value_problem

SECRET = "UnusableSecret"  # noqa: S105
"""The code of a refusal: a secret that does not exist, or holds nothing to send to."""


def secret_problems(settings: Settings, answers: Mapping[str, Any]) -> list[Failure]:
    """Why an apply must not begin; a plan is complete without the secrets."""
    return [Failure("", "GetSecretValue", SECRET, text) for text in _secrets(settings, answers.get("secrets") or {})]


def _secrets(settings: Settings, values: Mapping[str, str | None]) -> Iterator[str]:
    for place, secret in names_of(settings.severities):
        if secret in values and (problem := value_problem(place, values[secret])):
            remedy = f"Store it: aws secretsmanager create-secret --name {secret} --secret-string file:///dev/stdin."
            yield f"{place} is {secret!r}, but that secret {problem}. {remedy if values[secret] is None else 'Store another value.'}"


def key_problems(settings: Settings, answers: Mapping[str, Any], account_id: str) -> Iterator[str]:
    for region, document in (answers.get("keys") or {}).items():
        path, arn = f"key_arns.{region}", settings.key_arns[region]
        if document is None:
            yield f"{path} is {arn!r}, but there is no such key"
        elif lacking := [action for action in TO_PUBLISH if not may_use(document, ALARMS, action, account_id)]:
            yield (
                f"{path} is {arn!r}, but its policy does not let {ALARMS} {' and '.join(lacking)}: alarms would change their state, and "
                "nothing would arrive. Add a statement that allows both for this service, on condition that aws:SourceAccount is "
                f"{account_id}."
            )


def may_use(document: Mapping[str, Any], service: str, action: str, account_id: str) -> bool:
    """Whether a key policy lets a service make a call for alarms of the account. Conditions other than on the account are not judged."""
    statements = document.get("Statement") or []
    entries = statements if isinstance(statements, list) else [statements]
    matching = [one for one in entries if _names(one, service) and _covers(one, action) and _for_account(one, account_id)]
    effects = {one.get("Effect") for one in matching}
    return "Allow" in effects and "Deny" not in effects


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _names(statement: Mapping[str, Any], service: str) -> bool:
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return service in _listed(principal.get("Service")) or "*" in _listed(principal.get("Service"))
    return principal == "*"


def _covers(statement: Mapping[str, Any], action: str) -> bool:
    """``action`` may end in a star; an allowed pattern must cover all of it, or the part that CloudWatch uses."""
    concrete = action.rstrip("*").lower()
    return any(fnmatchcase(concrete, str(one).lower()) for one in _listed(statement.get("Action")))


def _for_account(statement: Mapping[str, Any], account_id: str) -> bool:
    wanted = [
        str(item)
        for tests in (statement.get("Condition") or {}).values()
        for key, value in tests.items()
        if str(key).lower() == "aws:sourceaccount"
        for item in _listed(value)
    ]
    return not wanted or account_id in wanted
