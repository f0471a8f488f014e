# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The EKS domain put together: what the modules eks_cluster and eks_cluster_info run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ansible_collections.mainstay.aws.plugins.module_utils.aws import component
from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.eks.judge import Known, notes, objections
from ansible_collections.mainstay.aws.plugins.module_utils.eks.login import guard, looks_of
from ansible_collections.mainstay.aws.plugins.module_utils.eks.outputs import outputs
from ansible_collections.mainstay.aws.plugins.module_utils.eks.questions import questions
from ansible_collections.mainstay.aws.plugins.module_utils.eks.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.eks.settings import Cluster, read_network
from ansible_collections.mainstay.aws.plugins.module_utils.eks.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.eks_operations.upgrade import upgrade_doubts
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.eks_all import eks_kinds
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.iam import IamRole
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.kms import KmsKey
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.clock import Bell
from ansible_collections.mainstay.aws.plugins.module_utils.network.resources import Facts
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import Failure
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, Plan

SERVICES = ("sts", "eks", "ec2", "iam", "kms", "logs", "autoscaling", "resourcegroupstaggingapi")
"""What a call talks to even when it changes nothing."""


def kinds(names: Sequence[str] = ()) -> dict[str, Kind]:
    """The kinds of the domain. ``names``: the AWS names of the clusters that are described, which are then looked into at once."""
    others: tuple[Kind, ...] = (IamRole(), KmsKey())
    return {**{kind.name: kind for kind in others}, **eks_kinds(names)}


KINDS: dict[str, Kind] = kinds()


def run(module: Any) -> NoReturn:
    """Bring the component's clusters about, or plan them."""
    component.run(module, _domain(module, _validated(module)))


def read(module: Any) -> NoReturn:
    """Answer with the outputs of the clusters that are there."""
    component.read_outputs(module, _domain(module, {}))


def _validated(module: Any) -> dict[str, Cluster]:
    params = module.params
    if params.get("state") == "absent":
        return {}
    network, problems = read_network(params["network"], "network")
    clusters, more = validate(params["clusters"], "clusters", params["environment"], params["component"], network)
    if problems + more:
        module.fail_json(msg="\n".join(problems + more))
    return clusters


def _domain(module: Any, clusters: Mapping[str, Cluster]) -> component.Domain:
    params = module.params

    def known(place: component.Place) -> Known:
        return Known(**place.known, observed=tuple(place.observed), caller=place.caller)

    def problems(place: component.Place) -> list[str]:
        consent = Consent(tuple(params["allow_replace"]), tuple(params["purge"]))
        return objections(clusters, known(place), lambda address: any(consent.allows(verb, address) for verb in ("replace", "delete")))

    def desired(place: component.Place) -> list[Resource]:
        facts = Facts(
            environment=params["environment"],
            component=params["component"],
            region=place.region,
            account_id=place.account_id,
            partition=place.partition,
            tags=params.get("tags") or {},
            permissions_boundary=params.get("permissions_boundary"),
        )
        there = known(place)
        return build(clusters, facts, there.addons, there.installed())

    def watch(aws: Aws, place: component.Place, plan: Plan) -> Callable[[Result], Sequence[Failure]]:
        there = {seen.address: seen for seen in plan.observed}
        return guard(plan, there, looks_of(aws, place.region), Bell())

    names = {name: cluster.aws_name for name, cluster in clusters.items()}
    return component.Domain(
        kinds(list(names.values())),
        desired,
        lambda attributes: outputs(attributes, names),
        problems,
        questions(clusters),
        lambda place: notes(clusters, known(place)),
        watch,
        upgrade_doubts,
    )
