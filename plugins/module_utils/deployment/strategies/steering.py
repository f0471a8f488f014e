# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What strategies with two tracks do on the cluster: apply variants, wait for pods and targets, judge one track, remove it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ...cluster_objects.manifest import Wanted, read
from ...kubernetes.objects import count, generation, spec, status, wanted_replicas
from ...kubernetes.problems import ApiProblem
from ...kubernetes.values import Obj
from ...reconcile.errors import CallFailed
from .. import target_groups, verification
from ..target_groups import Expected
from ..transaction import Failed, Transaction
from . import routes

FOLLOW_SECONDS = 300.0
"""The controller needs seconds; throttled by AWS, minutes (argo-rollouts#3333)."""

GATE = "target-health.elbv2.k8s.aws/"
"""The prefix of the readiness gates that the load balancer controller adds: such a pod is ready only once its target is healthy."""

BINDINGS = "/apis/elbv2.k8s.aws/v1beta1/namespaces/{}/targetgroupbindings"


class NotFollowed(Failed):
    """The load balancer still divides requests as before."""


def wanted_of(manifests: Iterable[Mapping[str, Any]]) -> list[Wanted]:
    """Manifests that are made from those of a release, which have been checked."""
    found, problems = read([dict(one) for one in manifests], "")
    if problems:
        raise Failed("; ".join(problems))
    return found


def available(live: Obj | None, size: int) -> bool:
    """Whether a Deployment has at least this many available pods, as its controller has seen it. It may want more by now."""
    if live is None or int(status(live).get("observedGeneration") or 0) < generation(live):
        return False
    return count(live, "availableReplicas") >= size


class Steering:
    def __init__(self, tx: Transaction) -> None:
        self.tx, self.cluster = tx, tx.cluster
        self.clock = tx.cluster.api.clock

    def put(self, manifests: Iterable[Mapping[str, Any]]) -> None:
        """Apply variants of the release's objects; those that are as wanted are left alone. Raises Failed, ApplyFailed."""
        self.tx.apply_again(wanted_of(manifests))

    def route(self, ingresses: Iterable[Mapping[str, Any]], expected: Sequence[Expected]) -> None:
        """Apply Ingresses, and wait until the load balancer's rules follow. Raises Failed if they do not within FOLLOW_SECONDS.

        Nothing may be concluded, and no pod may be deleted, before that.
        """
        self.put(ingresses)
        find = self.tx.verifier.targets
        if find is None:
            return
        began, services = self.clock.now(), {service for one in expected for service in one.services}
        while True:
            try:
                rules = find.rules(self._place, services)
            except CallFailed as problem:
                warning = f"whether the load balancer follows the weights could not be read: {problem}"
                if warning not in self.tx.outcome.warnings:
                    self.tx.outcome.warnings.append(warning)
                return
            if all(target_groups.follows(rules, one) for one in expected):
                return
            waited = self.clock.now() - began
            if waited >= FOLLOW_SECONDS:
                names = ", ".join(self._place.ingresses)
                raise NotFollowed(
                    f"the load balancer has not followed the weights of Ingress {self.cluster.namespace}/{names} for {waited:.0f} s: "
                    f"kubectl -n {self.cluster.namespace} describe ingress shows why"
                )
            self.tx.say(self.cluster.marks.component, "waiting for the load balancer to follow the weights", waited)
            self.cluster.pause()

    @property
    def _place(self) -> target_groups.Place:
        return target_groups.Place(self.cluster.namespace, [one.called for one in self.tx.wish.objects if one.kind == "Ingress"])

    def live(self, kind: str, name: str) -> Obj | None:
        """A Deployment or an Ingress of the application's namespace as it is; None if it does not exist."""
        group = {"Deployment": "apis/apps/v1", "Ingress": "apis/networking.k8s.io/v1"}[kind]
        return self.cluster.get(f"/{group}/namespaces/{self.cluster.namespace}/{kind.lower()}{'es' if kind == 'Ingress' else 's'}/{name}")

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """The wanted number of pods of the Deployments that exist."""
        found = {name: self.live("Deployment", name) for name in names}
        return {name: wanted_replicas(live) for name, live in found.items() if live is not None}

    def wait(self, sizes: Mapping[str, int], what: str, seconds: float) -> list[str]:
        """Wait until Deployments have so many available pods; returns those that do not in time. Raises Stopped."""
        began = self.clock.now()
        while True:
            late = [name for name, size in sizes.items() if not available(self.live("Deployment", name), size)]
            waited = self.clock.now() - began
            if not late or waited >= seconds:
                return late
            self.tx.say(late[0], what, waited)
            self.cluster.pause()

    def pause(self, seconds: float, what: str) -> None:
        began = self.clock.now()
        while (waited := self.clock.now() - began) < seconds:
            self.tx.say(self.cluster.marks.component, what, waited)
            self.cluster.pause(seconds - waited)

    def bound(self, services: Collection[str], seconds: float) -> None:
        """Wait until the load balancer controller has target groups for Services: only pods made after that get readiness gates.

        A cluster that does not show its target group bindings is given the time instead.
        """
        began = self.clock.now()
        while True:
            there = self._bound()
            waited = self.clock.now() - began
            if (there is not None and set(services) <= there) or waited >= seconds:
                return
            self.tx.say(self.cluster.marks.component, "waiting for the target groups of the second track", waited)
            self.cluster.pause(seconds - waited)

    def _bound(self) -> set[str] | None:
        try:
            found = self.cluster.api.list(BINDINGS.format(self.cluster.namespace)).items
        except ApiProblem:
            return None
        return {str((spec(one).get("serviceRef") or {}).get("name")) for one in found}

    def registered(self, names: Iterable[str], seconds: float) -> None:
        """Wait until the pods of Deployments are targets. Those with a gate of the controller are ready only then; others get time."""
        if all(self._gated(name) for name in names):
            return
        self.pause(seconds, "waiting until the load balancer has checked the second track's targets")

    def _gated(self, name: str) -> bool:
        live = self.live("Deployment", name)
        labels = ",".join(f"{key}={value}" for key, value in ((spec(live or {}).get("selector") or {}).get("matchLabels") or {}).items())
        pods = self.cluster.api.list(f"/api/v1/namespaces/{self.cluster.namespace}/pods", labelSelector=labels).items
        gates = [[str(gate.get("conditionType")) for gate in spec(pod).get("readinessGates") or ()] for pod in pods]
        return bool(gates) and all(any(name.startswith(GATE) for name in one) for one in gates)

    def judge(self, names: Iterable[str], options: Mapping[str, Any], what: str, services: Collection[str] = ()) -> None:
        """Judge Deployments by the verifier. ``services``: whose target groups metrics are about. Raises Failed if they are not good."""
        options = {**options, "metrics": self._of_targets(options.get("metrics") or (), services)}
        self.tx.say(self.cluster.marks.component, what, 0.0)
        found = {name: self.live("Deployment", name) for name in names}
        if missing := [name for name, live in found.items() if live is None]:
            raise Failed(f"Deployment {missing[0]} has been deleted meanwhile")
        entries = verification.result_entries({name: live for name, live in found.items() if live is not None}, set(found))
        verdict = self.tx.judge(entries, options)
        if verdict is not None and verdict.state != "success":
            raise Failed(f"{what}: {verification.why(verdict)}")

    def _of_targets(self, metrics: Iterable[Mapping[str, Any]], services: Collection[str]) -> list[dict[str, Any]]:
        listed = [dict(one) for one in metrics]
        find = self.tx.verifier.targets
        if find is None or not target_groups.uses_placeholders(listed):
            return listed
        try:
            return target_groups.for_each(listed, find.names(self._place, services))
        except (target_groups.NoTargetGroup, CallFailed) as problem:
            raise Failed(f"{problem}.") from None

    def remove(self, manifests: Sequence[Mapping[str, Any]]) -> None:
        """Delete the objects of a track."""
        self.tx.remove(wanted_of(manifests))

    def weights(self, ingresses: Iterable[str]) -> dict[str, dict[str, int]]:
        """The weights that the live Ingresses give, by Service."""
        return {service: found for name in ingresses for service, found in routes.live_weights(self.live("Ingress", name)).items()}


__all__ = ["Steering", "available", "wanted_of"]
