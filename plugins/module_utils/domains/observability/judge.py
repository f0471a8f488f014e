# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wrong with the input, given AWS's answers: secrets that do not exist, keys that CloudWatch may not use. Pure functions."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ...inputs.problems import suggestion
from ...reconcile.errors import Failure
from .described import Settings
from .logs.queries import metric_filters, saved_queries
from .publishers import TO_PUBLISH
from .resources_delivery import ALARMS
from .sets.applications import LOG_NAMESPACE, metric_of
from .settings.logs import MetricFilter, SavedQuery
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


def log_problems(settings: Settings) -> list[str]:
    """Names that are both described and generated, and alarms on what nothing counts in a log."""
    filters = _twice("metric_filters", metric_filters(settings.platform), settings.metric_filters)
    return [*filters, *_twice("queries", saved_queries(settings.platform), settings.queries), *_uncounted(settings)]


def _twice(option: str, generated: Iterable[MetricFilter | SavedQuery], described: Container[str]) -> list[str]:
    return [f"{option}.{one.name} has the name of one that an application brings; rename it" for one in generated if one.name in described]


def _uncounted(settings: Settings) -> Iterator[str]:
    filters = (*metric_filters(settings.platform), *settings.metric_filters.values())
    counted = {str(one.metric["name"]) for one in filters}
    # An application whose cluster does not exist yet has no log group, and its filters come with a later run.
    counted |= {metric_of(app.name, one.name, settings.environment) for app in settings.platform.applications for one in app.metrics}
    for alarm in settings.alarms.own:
        for metric in (query.metric for query in alarm.metrics):
            if metric is not None and metric.namespace == LOG_NAMESPACE and metric.name not in counted:
                remedy = suggestion(metric.name, counted or ["none"])
                yield f"alarms.{alarm.name}.metric is {metric.name!r}, but nothing counts that in a log; {remedy}"
