# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The EKS domain: what the modules eks_cluster and eks_cluster_info run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...component.consent import consent_of
from ...component.domain import Checked, Domain, InvalidInput, Observation, Verdict
from ...component.lookup import read_outputs
from ...component.outputs import Attributes
from ...component.present_names import with_present_names
from ...component.run import run as run_component
from ...kinds.events_rule import EventsRule
from ...kinds.iam_role import IamRole
from ...kinds.instance_profile import IamInstanceProfile
from ...kinds.kms_key import KmsKey
from ...kinds.sqs_queue import SqsQueue
from ...kubernetes.clock import EventClock
from ...reconcile.model import Kind, Resource
from ...reconcile.planner import Plan
from .continuity import NAMES, place_notes, with_present_places
from .judge import AwsFacts, notes, objections
from .karpenter import described
from .kinds.all import eks_kinds
from .login import guard, looks_of
from .operations.upgrade.planned import planned
from .outputs import outputs
from .patching import release_notes, with_releases
from .plan_checks import pod_network_notes, refusals, renewal_notes
from .questions import questions
from .resources import build
from .settings.cluster import Cluster, read_network, with_public_cidrs
from .settings.karpenter import NODES
from .validate import validate

SERVICES = ("sts", "eks", "ec2", "iam", "kms", "logs", "autoscaling", "resourcegroupstaggingapi")
"""The services that every call contacts, even when it changes nothing."""


def kinds(names: Sequence[str] = (), queues: Sequence[str] = (), rules: Sequence[str] = ()) -> dict[str, Kind]:
    """The kinds of the domain. ``names``: the AWS names of the described clusters, which are then read without waiting for the list.

    ``queues`` and ``rules``: the names of those that are described.
    """
    others: tuple[Kind, ...] = (IamRole(), KmsKey(), IamInstanceProfile(NODES), SqsQueue(queues), EventsRule(rules))
    return {**{kind.name: kind for kind in others}, **eks_kinds(names)}


KINDS: dict[str, Kind] = kinds()


class EksDomain(Domain):
    """The clusters of a component. Without ``clusters`` (a look-up or a removal), nothing is desired and ``questions`` is empty."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.clusters: dict[str, Cluster] = {}
        self.consent = consent_of(params)
        self.now = datetime.now(UTC)
        if params.get("clusters") and params.get("state") != "absent":
            network, problems = read_network(params["network"], "network")
            clusters = with_public_cidrs(params["clusters"], params.get("public_cidrs") or [])
            self.clusters, more = validate(clusters, "clusters", params["environment"], params["component"], network)
            if problems + more:
                raise InvalidInput(problems + more)
        self.names = {name: cluster.aws_name for name, cluster in self.clusters.items()}
        queues, rules = described(self.clusters.values(), params["environment"], params["component"])
        self.kinds = kinds(list(self.names.values()), queues, rules)

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        return questions(self.clusters, self.now)

    def problems(self, observation: Observation) -> Sequence[str]:
        return objections(self.clusters, known(observation), self.may_recreate)

    def may_recreate(self, address: str) -> bool:
        kind = self.kinds[address.partition(".")[0]]
        return self.consent.allows("replace", kind, address) or self.consent.allows("delete", kind, address)

    def resources(self, observation: Observation) -> Sequence[Resource]:
        there = known(observation)
        clusters = {name: replace(cluster, vpc_id=there.vpc_of(cluster)) for name, cluster in self.clusters.items()}
        clusters = with_releases(with_present_places(clusters, there), there, self.now)
        built = build(clusters, observation.place, there.addons, there.installed())
        return with_present_names(built, observation.observed, NAMES)

    def notes(self, observation: Observation) -> Sequence[str]:
        there = known(observation)
        return [*notes(self.clusters, there), *place_notes(self.clusters, there), *release_notes(self.clusters, there, self.now)]

    def checks(self, plan: Plan, aws: Aws, region: str) -> Checked:
        refused, renewed = refusals(plan, aws, self.clusters), [*renewal_notes(plan), *pod_network_notes(plan)]
        if not any(planned(plan)):
            return Checked(refusals=refused, notes=renewed)
        from .operations.upgrade.check import upgrade_doubts

        return Checked(*upgrade_doubts(plan, aws, region), refusals=refused, notes=renewed)

    def guard(self, aws: Aws, observation: Observation, plan: Plan) -> Verdict:
        there = {seen.address: seen for seen in plan.observed}
        return guard(plan, there, looks_of(aws, observation.place.region), EventClock())

    def outputs(self, attributes: Attributes) -> dict[str, Any]:
        return outputs(attributes, self.names)


def known(observation: Observation) -> AwsFacts:
    return AwsFacts(**observation.answers, observed=tuple(observation.observed), caller=observation.place.caller)


def run(module: Any) -> NoReturn:
    """Bring the component's clusters to the described state, or plan the changes."""
    run_component(module, EksDomain)


def read(module: Any) -> NoReturn:
    """Return the outputs of the existing clusters."""
    read_outputs(module, EksDomain, described=module.params["clusters"] is not None)
