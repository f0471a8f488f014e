# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The canary strategy: the new version beside the stable one, with a growing share of the requests, judged by itself at each step.

The stable track keeps its version and its size until the last step is good. Only then is the release rolled out to it, while the canary
still takes its share. So whatever goes wrong before, going back is a matter of the load balancer's weights.

The record says how far a run has come: one that was killed goes on with the step that it was in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...kubernetes.problems import ApiProblem
from ..applying import ApplyFailed
from ..holding import LeaseLost
from ..pruning import recorded
from ..target_groups import Expected
from ..transaction import Failed, Strategy, Transaction
from ..verification import CannotVerify
from . import rolling, routes, tracks
from .settings import Canary, Step, with_header
from .steering import NotFollowed, Steering

TRACK = "canary"
STEPS, PROMOTING, ENDING, DONE = "steps", "promoting", "ending", "done"
SCALERS = "HorizontalPodAutoscaler"


def strategy(settings: Canary) -> Strategy:
    """The strategy with these settings, as a Transaction calls it."""

    def roll_out(tx: Transaction) -> None:
        CanaryRollout(tx, settings).run()

    return roll_out


def reference(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest without content: what the record needs to find the object again."""
    place = {name: manifest["metadata"][name] for name in ("name", "namespace") if name in manifest["metadata"]}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": place}


class CanaryRollout:
    """``new``: the objects of this release; ``old``: those of the last verified one, which the stable track runs.

    ``names``: the Deployments with a canary; ``fronts``: the Service in front of each.
    """

    def __init__(self, tx: Transaction, settings: Canary) -> None:
        self.tx, self.settings, self.steering = tx, settings, Steering(tx)
        namespace = tx.cluster.namespace
        previous = tx.outcome.previous
        self.new = [one.manifest for one in tx.wish.objects]
        self.old = [one.manifest for one in recorded(previous) if one.namespace == namespace] if previous else []
        self.ingresses = tracks.named(self.old, "Ingress")
        self.deployments, before = tracks.named(self.new, "Deployment"), tracks.named(self.old, "Deployment")
        self.names = [name for name in settings.services if name in self.deployments and name in before]
        behind = routes.services_of(self.ingresses.values())
        self.fronts = {name: tracks.service_of(before[name], self.old, behind) for name in self.names}
        if settings.by_weight:
            self.names = [name for name in self.names if self.fronts[name] in behind]
        self.track = self._track()
        self.wait_seconds = float(tx.wish.verification.get("wait_timeout") or 600.0)

    def _track(self) -> list[tracks.Manifest]:
        """The objects of the canary, without their sizes. With replicas, they are Deployments alone."""
        try:
            if self.settings.by_weight:
                found = [twin for name in self.names for twin in tracks.twins(self.deployments[name], self.new, TRACK)]
                return list({(one["kind"], one["metadata"]["name"]): one for one in found}.values())
            return [tracks.sharing(self.deployments[name], TRACK, 1) for name in self.names]
        except tracks.NoTrack as problem:
            raise Failed(f"{problem}.") from None

    # --- the record --------------------------------------------------------------------------------------------------

    @property
    def progress(self) -> Mapping[str, Any]:
        release = self.tx.outcome.release
        return release.progress if release else {}

    def _keep(self, **progress: Any) -> None:
        self.tx.keep(progress={**self.progress, **progress}, beside=tuple(reference(one) for one in self.track))

    @property
    def sizes(self) -> dict[str, int]:
        """The size of the stable track, as it was when the canary began."""
        return {name: int(size) for name, size in (self.progress.get("sizes") or {}).items()}

    # --- the sequence ------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Raises Failed after the requests are back with the stable track and the canary is gone."""
        if self.tx.is_current or self.progress.get("phase") == DONE or not self._has_stable():
            rolling.roll_out(self.tx)
            return
        if not self.progress.get("phase"):
            self._check_stable()
        try:
            self._begin()
            if self.progress["phase"] == STEPS:
                self._steps()
            self._promote()
        except LeaseLost:
            raise
        except (Failed, CannotVerify, ApplyFailed, ApiProblem) as problem:
            self._abort(str(problem))
        self._end()

    def _has_stable(self) -> bool:
        if self.names and self.steering.sizes(self.names):
            return True
        self.tx.outcome.notes.append(
            "there is no stable version of a service to compare a canary with, so the release is rolled out at once"
        )
        return False

    def _check_stable(self) -> None:
        """A stable track that does not run is no measure for a canary, and cannot take its requests back (argo-rollouts#1774)."""
        sizes = self.steering.sizes(self.names)
        grace = float(self.tx.wish.verification.get("grace") or 0.0)
        if late := self.steering.wait(sizes, "waiting for the stable track", grace):
            raise Failed(
                f"the stable version of {late[0]} has fewer than its {sizes[late[0]]} available pods, so nothing could be concluded from a "
                "canary; deploy this release with strategy rolling"
            )

    def _begin(self) -> None:
        """Note the stable track's size. What a killed run of another release left is taken out of use first."""
        going_on = bool(self.progress.get("phase"))
        sizes = self.sizes if going_on else self.steering.sizes(self.names)
        self.names = [name for name in self.names if name in sizes]
        self.track = self._track()
        if going_on:
            return
        if self.steering.sizes(tracks.called(name, TRACK) for name in self.names):
            self._requests_to_stable(sizes)
            self.steering.remove(self.track)
        self._keep(phase=STEPS, step=0, sizes=sizes)

    def _steps(self) -> None:
        first = int(self.progress["step"])
        self._frozen()
        steps = self.settings.steps
        self._introduced(steps[first])
        for number in range(first, len(steps)):
            self._keep(step=number)
            self._step(steps[number], f"step {number + 1} of {len(steps)}, {steps[number].called}")
        self._keep(phase=PROMOTING)

    def _frozen(self) -> None:
        """Keep the stable track's autoscalers from shrinking it while requests move away."""
        scalers = [one for one in self.old if one["kind"] == SCALERS and one["spec"]["scaleTargetRef"]["name"] in self.names]
        self.steering.put(tracks.sized(scalers, self.sizes))

    def _introduced(self, step: Step) -> None:
        """The canary without a share of the requests: its target groups, then its pods, verified through the header."""
        if not self.settings.by_weight:
            return
        services = [one for one in self.track if one["kind"] != "Deployment" and one["kind"] != SCALERS]
        if not self.steering.sizes(tracks.called(name, TRACK) for name in self.names):
            self.steering.put(services)
            self._weights(0)
            self.steering.bound([one["metadata"]["name"] for one in services if one["kind"] == "Service"], self.settings.register)
        self._sized(step)
        self.steering.registered([tracks.called(name, TRACK) for name in self.names], self.settings.register)
        self._judge(self.settings.first, "the canary before it gets requests")

    def _step(self, step: Step, what: str) -> None:
        self._sized(step)
        if step.weight is not None:
            self._weights(step.weight)
        self._judge(step.options, what)
        if late := self.steering.wait(self.sizes, "waiting for the stable track", float(self.tx.wish.verification.get("grace") or 0.0)):
            raise Failed(f"{what}: the stable track of {late[0]} has lost pods meanwhile, so nothing can be concluded from the canary")

    def _sized(self, step: Step) -> None:
        wanted = {name: step.size(self.sizes[name]) for name in self.names}
        self.steering.put(tracks.least(self.track, TRACK, wanted))
        there = {tracks.called(name, TRACK): size for name, size in wanted.items()}
        if late := self.steering.wait(there, "waiting for the canary's pods", self.wait_seconds):
            # the verifier knows why
            self._judge({**self.settings.first, "probes": []}, "the canary's pods")
            raise Failed(f"the canary {late[0]} did not reach {there[late[0]]} available pods within {self.wait_seconds:.0f} s")

    def _weights(self, percent: int) -> None:
        """Give the canary its share at the load balancer."""
        services = {self.fronts[name]: tracks.called(self.fronts[name], TRACK) for name in self.names}
        preview = routes.Preview(services, self.tx.wish.id)
        weights = {old: routes.shares(old, new, percent) for old, new in services.items()}
        expected = [Expected(weights[old], preview=new) for old, new in services.items()]
        self.steering.route([routes.routed(one, weights, preview) for one in self.ingresses.values()], expected)

    def _all_stable(self) -> list[Expected]:
        """The stable track has all requests, and no rule names the canary."""
        if not self.settings.by_weight:
            return []
        return [Expected({self.fronts[name]: 1}, gone=[tracks.called(self.fronts[name], TRACK)]) for name in self.names]

    def _judge(self, options: Mapping[str, Any], what: str) -> None:
        asked = with_header(options, self.tx.wish.id) if self.settings.by_weight else options
        services = [tracks.called(self.fronts[name], TRACK) for name in self.names] if self.settings.by_weight else []
        self.steering.judge([tracks.called(name, TRACK) for name in self.names], asked, what, services)

    def _promote(self) -> None:
        """Roll the release out to the stable track, which keeps its size, and then give it all requests."""
        if self.progress["phase"] != PROMOTING:
            return
        routing = [one for one in self.new if one["kind"] == "Ingress"]
        rest = [one.manifest for one in self.tx.rest if one.kind != "Ingress"]
        self.steering.put(tracks.sized(rest, self._least_sizes(rest)))
        self._verify(rolling.quiet(self.tx))
        if late := self.steering.wait(self._now_sizes(), "waiting for the stable track", self.wait_seconds):
            raise Failed(f"the stable track of {late[0]} did not reach its size again within {self.wait_seconds:.0f} s")
        self.steering.route(routing, self._all_stable())
        self._verify(self.tx.wish.verification)
        self._keep(phase=ENDING)

    def _least_sizes(self, objects: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """The sizes below which no autoscaler may bring the stable track now. Replicas that the release gives are as it says."""
        scaled = {one["spec"]["scaleTargetRef"]["name"] for one in objects if one["kind"] == SCALERS}
        return {name: size for name, size in self.sizes.items() if name in scaled}

    def _now_sizes(self) -> dict[str, int]:
        return self.steering.sizes(self.names)

    def _verify(self, options: Mapping[str, Any]) -> None:
        """Verify the release itself, without the canary."""
        canary = {address for address in self.tx.done.live if self._is_canary(address)}
        self.tx.verify({address: live for address, live in self.tx.done.live.items() if address not in canary}, options)

    def _is_canary(self, address: str) -> bool:
        return any(address.endswith(f".{one['kind']}/{self.tx.cluster.namespace}/{one['metadata']['name']}") for one in self.track)

    def _end(self) -> None:
        """All requests are with the stable track: remove the canary once no request can be under way to it, and unfreeze the sizes."""
        self.steering.pause(self.settings.drain, "waiting for the canary's last requests")
        self.steering.remove(self.track)
        self.tx.apply_again([one for one in self.tx.rest if one.kind == SCALERS])
        self.tx.keep(progress={"phase": DONE}, beside=())

    # --- back --------------------------------------------------------------------------------------------------------

    def _abort(self, why: str) -> None:
        """Give all requests back to the stable track, once it is there to take them, and remove the canary. Raises Failed."""
        self.tx.say(self.tx.cluster.marks.component, "aborting the canary", 0.0)
        try:
            if self.progress.get("phase") == PROMOTING:
                self._restored()
            self._requests_to_stable(self.sizes)
            self.steering.pause(self.settings.drain, "waiting for the canary's last requests")
            self.steering.remove(self.track)
            self.tx.keep(progress={}, beside=())
        except LeaseLost:
            raise
        except NotFollowed as problem:
            raise Failed(f"{why.rstrip('.')}. The canary stays, because it may still get requests: {problem}") from problem
        except (Failed, ApplyFailed, ApiProblem) as problem:
            raise Failed(f"{why.rstrip('.')}. Aborting the canary failed too: {problem}") from problem
        raise Failed(why)

    def _restored(self) -> None:
        """The stable Deployments as they were before the release was rolled out to them; how many pods run stays."""
        before = [one for one in self.old if one["kind"] == "Deployment" and one["metadata"]["name"] in self.names]
        scaled = [one for one in self.old if one["kind"] == SCALERS and one["spec"]["scaleTargetRef"]["name"] in self.names]
        self.steering.put(tracks.sized([*before, *scaled], self.sizes))

    def _requests_to_stable(self, sizes: Mapping[str, int]) -> None:
        """A stable track that lacks pods would be overloaded by all requests at once (argo-rollouts#3372), so it is waited for."""
        late = self.steering.wait(sizes, "waiting for the stable track before it gets all requests", self.wait_seconds)
        if late:
            self.tx.outcome.warnings.append(f"Deployment {late[0]} had fewer pods than before the canary when it got all requests back")
        # without the canary's target group in the rule, cookies that name it are void; with weight 0 they would still lead there
        self.steering.route(self.ingresses.values(), self._all_stable())
