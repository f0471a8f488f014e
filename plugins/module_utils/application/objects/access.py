# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The namespace, the service account, and the network policies of an application. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...cluster_objects.isolation import Pods, namespace_manifest, policies
from ..settings.accounts import IRSA
from ..settings.application import Application
from ..settings.facts import Facts
from .common import OURS, Manifest, made, owner_labels

READINESS_GATES = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
"""Pods of the namespace count as ready only when the load balancer has found their target healthy."""

ROLE = "eks.amazonaws.com/role-arn"
REGIONAL_TOKENS = {"eks.amazonaws.com/sts-regional-endpoints": "true"}


def access_objects(application: Application, facts: Facts) -> Iterator[Manifest]:
    if application.create_namespace:
        yield namespace(facts, application.pod_security, application.namespace_labels)
    account = application.account
    if account.create:
        annotations = {ROLE: account.role, **REGIONAL_TOKENS} if account.identity == IRSA else {}
        yield made(facts, "v1", "ServiceAccount", account.name, "service-account", annotations, automountServiceAccountToken=False)
    if application.network.isolated:
        pods = Pods(facts.namespace, {f"{OURS}instance": facts.name}, facts.kubernetes_name)
        for policy in policies(pods, application.network, application.load_balancer_cidrs):
            name = str(policy["metadata"]["name"])
            yield made(facts, policy["apiVersion"], policy["kind"], name, "network-policy", spec=policy["spec"])


def namespace(facts: Facts, pod_security: str, labels: Mapping[str, str] | None = None) -> Manifest:
    found = namespace_manifest(facts.namespace, pod_security, {**(labels or {}), **READINESS_GATES})
    found["metadata"]["labels"] |= owner_labels(facts)
    return found
