# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The observability domain: what the modules observability and observability_info run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...component.domain import Checked, Domain, InvalidInput, Observation, Verdict
from ...component.lookup import read_outputs
from ...component.outputs import Attributes
from ...component.run import run as run_component
from ...kinds.iam_role import IamRole
from ...kinds.kms_key import KmsKey
from ...reconcile.errors import Failure
from ...reconcile.model import Kind, Resource
from ...reconcile.planner import Plan
from .alarm_sets import Watched
from .confirmations import guard
from .described import CONFIRMATION_SECONDS, OPTIONS, Settings, read_settings
from .judge import key_problems, log_problems, secret_problems
from .kinds.alarm_rule import AlarmRule
from .kinds.alarm_topic import AlarmTopic
from .kinds.composite_alarm import CompositeAlarm
from .kinds.dashboard import Dashboard
from .kinds.events_destinations import ApiDestination, EventsConnection
from .kinds.hidden import stand_in
from .kinds.log_analysis import MetricFilter, SavedQuery
from .kinds.metric_alarm import MetricAlarm
from .kinds.mute_rule import MuteRule
from .kinds.watched_log_group import WatchedLogGroup
from .outputs import outputs
from .platform import GLOBAL_REGION
from .questions import questions
from .resources_alarms import Alarms
from .resources_backups import backup_resources, key_users
from .resources_content import dashboard_resources, log_resources, mute_resources
from .resources_delivery import Delivery, bearer, regions_of
from .settings.severities import SLACK_API
from .silent_alarms import silent, warning

SERVICES = ("sts", "cloudwatch", "sns", "kms", "iam", "events", "logs", "resourcegroupstaggingapi")
"""The services that every call contacts, even when it changes nothing."""

OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-")
"""Beginnings of regions whose partition has no us-east-1."""


def kinds(secrets: Mapping[str, str] | None = None, groups: Iterable[str] = ()) -> dict[str, Kind]:
    """The kinds of the domain. ``secrets``: what stands for a URL or a token -> it. ``groups``: the names of described log groups."""
    found: tuple[Kind, ...] = (
        KmsKey(),
        IamRole(),
        AlarmTopic(secrets),
        EventsConnection(secrets),
        ApiDestination(secrets),
        AlarmRule(),
        WatchedLogGroup(groups),
        MetricFilter(),
        SavedQuery(),
        MetricAlarm(),
        CompositeAlarm(),
        MuteRule(),
        Dashboard(),
    )
    return {kind.name: kind for kind in found}


KINDS: dict[str, Kind] = kinds()


class ObservabilityDomain(Domain):
    """What watches the platform. Without any option (a look-up or a removal), nothing is desired and ``questions`` is empty."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        absent = params.get("state") == "absent"
        self.described = not absent and any(params.get(name) is not None for name in OPTIONS)
        self.region = str(params.get("region") or "")
        settings, problems = read_settings(params)
        if problems and not absent:
            raise InvalidInput(problems)
        self.settings = settings if self.described else Settings(settings.environment, settings.region)
        self.seconds = float(params.get("confirmation_seconds") or CONFIRMATION_SECONDS)
        self.secrets: dict[str, str] = {}
        self.refusals: Sequence[Failure] = ()
        self._watched: tuple[Observation, Watched] | None = None
        self.kinds = kinds(self.secrets, [one.group for one in self.settings.log_groups.values()])

    def regions(self) -> Sequence[str]:
        """Always where global services publish their metrics: what a distribution had is found there after it is gone."""
        return () if self.region.startswith(OTHER_PARTITIONS) else (GLOBAL_REGION,)

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        return questions(self.settings)

    def problems(self, observation: Observation) -> Sequence[str]:
        place, answers = observation.place, observation.answers
        self.refusals = secret_problems(self.settings, answers)
        return [
            *key_problems(self.settings, answers, place.account_id),
            *self.watched(observation).problems(),
            *log_problems(self.settings),
        ]

    def watched(self, observation: Observation) -> Watched:
        if self._watched is None or self._watched[0] is not observation:
            self._watched = observation, Watched(self.settings, observation.place, observation.answers)
        return self._watched[1]

    def resources(self, observation: Observation) -> Sequence[Resource]:
        if not self.described:
            return ()
        place, values = observation.place, {name: str(value or "") for name, value in (observation.answers.get("secrets") or {}).items()}
        for text in [SLACK_API, *values.values(), *(bearer(value) for value in values.values())]:
            self.secrets[stand_in(text)] = text
        watched = self.watched(observation)
        alarms = watched.alarms
        regions, users = regions_of(place.region, alarms), key_users(watched.platform, place)
        delivery = Delivery(place, self.settings.severities, regions, self.settings.key_arns, values, users)
        return [
            *delivery.resources(),
            *backup_resources(watched.platform, place, delivery.key_arn(place.region)),
            *log_resources(self.settings, place, delivery.key_arn(place.region)),
            *Alarms(place, alarms).resources(),
            *mute_resources(self.settings, place, alarms),
            *dashboard_resources(self.settings, watched.platform, alarms, place),
        ]

    def checks(self, plan: Plan, aws: Aws, _region: str) -> Checked:
        names = silent(aws, [action.observed for action in plan.actions if action.observed and action.desired])
        return Checked(refusals=self.refusals, warnings=[warning(names)] if names else [])

    def guard(self, aws: Aws, _observation: Observation, _plan: Plan) -> Verdict:
        return guard(aws, self.seconds)

    def outputs(self, attributes: Attributes) -> dict[str, Any]:
        return outputs(attributes, self.region)


def run(module: Any) -> NoReturn:
    """Bring what watches the platform to the described state, or plan the changes."""
    run_component(module, ObservabilityDomain)


def read_found(module: Any) -> NoReturn:
    """Return the outputs of what exists."""
    read_outputs(module, ObservabilityDomain, described=any(module.params[name] is not None for name in OPTIONS))
