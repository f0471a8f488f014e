# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The blue/green strategy: the new version in the color that users do not reach, verified there, and then given all requests at once.

The switch is one change of the load balancer's weights. The old color stays as it is, at its size, for as long as cookies lead to it, and
switching back is the same change the other way round. A later run removes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...cluster_objects.manifest import Wanted
from ...kubernetes.problems import ApiProblem
from ..applying import ApplyFailed
from ..holding import LeaseLost
from ..pruning import recorded
from ..record import last_verified
from ..target_groups import Expected
from ..transaction import Failed, Shaped, ShapingStrategy, Transaction
from ..verification import CannotVerify
from . import colors, rolling, routes, tracks
from .colors import TIME, Choice, Colors
from .settings import BlueGreen, with_header
from .steering import NotFollowed, Steering, wanted_of

SCALERS = "HorizontalPodAutoscaler"
SWITCHING, SWITCHED = "switching", "switched"


class BlueGreenStrategy(ShapingStrategy):
    def __init__(self, settings: BlueGreen) -> None:
        self.settings = settings

    def shape(self, tx: Transaction, asked: Sequence[Wanted]) -> Shaped:
        """The release in the color that users do not reach; in its own color if it is deployed already."""
        return _shaped(tx, asked, self.settings)

    def __call__(self, tx: Transaction) -> None:
        BlueGreenSwitch(tx, self.settings).run()


def _shaped(tx: Transaction, asked: Sequence[Wanted], settings: BlueGreen) -> Shaped:
    found = Colors([one.manifest for one in asked], settings.services)
    releases = tx.history.releases
    newest, verified = (releases[0] if releases else None), last_verified(releases)
    live = Steering(tx).weights(found.ingresses)
    backends = colors.active_backends(live, found.fronts.values())
    active = colors.active_color(backends, colors.color_of(verified.objects, settings.services) if verified else "")
    own = newest if newest is not None and newest.id == tx.wish.id and newest.status != "rolled_back" else None
    color = colors.chosen(active, str(own.progress.get("color") or "") if own else "", tx.is_current)
    switched = active == color
    since = verified.progress.get("switched") if verified else None
    now = tx.cluster.api.server_now()
    kept = colors.still_kept(since, settings.keep, now) if tx.is_current else settings.keep > 0
    old = _old_backends(live, found, color) if switched else backends
    routed = old if kept else {}
    objection = ""
    if active and not switched and settings.sticky and colors.still_kept(since, settings.keep, now):
        until = colors.kept_until(since, settings.keep)
        objection = (
            f"the {color} pods still serve users whose cookies lead to them, until {until:{TIME}}. Deploy again then, or lower "
            "blue_green.keep to replace them under those users"
        )
    return Shaped(
        wanted_of([*found.objects(color, routed)]),
        wanted_of(found.objects(color)),
        frozenset(_names_of(found, colors.other(color), old)) if kept and active else frozenset(),
        objection,
        Choice(found, color, old, switched),
    )


def _old_backends(live: Mapping[str, Mapping[str, int]], found: Colors, color: str) -> dict[str, str]:
    """The target groups without requests that a live Ingress still has, by Service."""
    rest = {front: [name for name in live.get(front, {}) if name != tracks.called(front, color)] for front in found.fronts.values()}
    return {front: names[0] for front, names in rest.items() if names}


def _names_of(found: Colors, color: str, old: Mapping[str, str]) -> set[tuple[str, str]]:
    return {(one["kind"], one["metadata"]["name"]) for one in found.own(color)} | {("Service", name) for name in old.values()}


class BlueGreenSwitch:
    def __init__(self, tx: Transaction, settings: BlueGreen) -> None:
        self.tx, self.settings, self.steering = tx, settings, Steering(tx)
        self.choice: Choice = tx.shaped.choice
        previous = tx.outcome.previous
        self.old = [one.manifest for one in recorded(previous) if one.namespace == tx.cluster.namespace] if previous else []
        self.names = [self.choice.colors.deployment(name, self.choice.color) for name in settings.services]
        self.backends = [tracks.called(front, self.choice.color) for front in self.choice.colors.fronts.values()]
        self.before = [self.choice.colors.deployment(name, colors.other(self.choice.color)) for name in settings.services]
        self.wait_seconds = float(tx.wish.verification.get("wait_timeout") or 600.0)

    def _keep(self, **progress: Any) -> None:
        release = self.tx.outcome.release
        self.tx.keep(progress={**(release.progress if release else {}), "color": self.choice.color, **progress})

    def run(self) -> None:
        """Raises Failed after the requests are back with the old color."""
        release = self.tx.outcome.release
        half_way = bool(release and release.progress.get("phase") == SWITCHING)
        self._keep()
        sizes = self.steering.sizes(self.before)
        if self.choice.switched or not self.choice.old or not sizes:
            rolling.roll_out(self.tx)
            if half_way:
                self._switched()
            return
        try:
            self._introduce(sizes)
            self._around()
            self._switch()
        except LeaseLost:
            raise
        except (Failed, CannotVerify, ApplyFailed, ApiProblem) as problem:
            self._return(str(problem), sizes)

    def _introduce(self, sizes: Mapping[str, int]) -> None:
        """The new color without requests: its target groups, then its pods at the size of the old ones, verified through the header."""
        found = self.choice.colors.own(self.choice.color)
        services = [one for one in found if one["kind"] == "Service"]
        wanted = dict(zip(self.names, (sizes.get(name, 1) for name in self.before)))
        self._frozen(sizes)
        self.steering.put(services)
        self.steering.route(self._transitional(), self._expected(0))
        self.steering.bound([one["metadata"]["name"] for one in services], self.settings.register)
        scaled = {one["spec"]["scaleTargetRef"]["name"] for one in found if one["kind"] == SCALERS}
        self.steering.put(tracks.sized(found, {name: size for name, size in wanted.items() if name in scaled}))
        least = {name: size for name, size in wanted.items() if name in scaled} or self.steering.sizes(self.names)
        if late := self.steering.wait(least, "waiting for the second color's pods", self.wait_seconds):
            self.steering.judge(self.names, {**self.settings.first, "probes": []}, "the second color's pods")
            raise Failed(f"Deployment {late[0]} did not reach {least[late[0]]} available pods within {self.wait_seconds:.0f} s")
        self.steering.registered(self.names, self.settings.register)
        self.steering.judge(self.names, with_header(self.settings.first, self.tx.wish.id), "the second color before the switch")

    def _frozen(self, sizes: Mapping[str, int]) -> None:
        """The old color's autoscalers must not shrink it when its requests are gone: it is what a switch back needs."""
        scalers = [one for one in self.old if one["kind"] == SCALERS and one["spec"]["scaleTargetRef"]["name"] in sizes]
        self.steering.put(tracks.sized(scalers, sizes))

    def _expected(self, percent: int) -> list[Expected]:
        """What the load balancer has to do when the new color has this share."""
        new = {front: tracks.called(front, self.choice.color) for front in self.choice.old}
        return [Expected(routes.shares(old, new[front], percent), preview=new[front]) for front, old in self.choice.old.items()]

    def _transitional(self) -> list[tracks.Manifest]:
        """The old release's Ingresses with both target groups."""
        new = {front: tracks.called(front, self.choice.color) for front in self.choice.old}
        weights = {front: routes.shares(backend, new[front], 0) for front, backend in self.choice.old.items()}
        preview = routes.Preview(new, self.tx.wish.id)
        return [routes.routed(routes.plain(one), weights, preview) for one in tracks.named(self.old, "Ingress").values()]

    def _around(self) -> None:
        """What has no color, such as workers, before the switch: its failure must not reach users."""
        rest = [one for one in self.choice.colors.rest() if one["metadata"].get("namespace") == self.tx.cluster.namespace]
        known = {(one.kind, one.called) for one in self.tx.rest}
        self.steering.put(one for one in rest if (one["kind"], one["metadata"]["name"]) in known)
        self.tx.verify(None, rolling.quiet(self.tx))

    def _switch(self) -> None:
        """All requests at once. Clients inside the cluster follow, unless the old target groups still are of their Service."""
        self._keep(phase=SWITCHING)
        self.steering.route(self.choice.colors.routing(self.choice.color, self.choice.old), self._expected(100))
        taken = set(self.choice.old.values())
        self.steering.put(one for one in self.choice.colors.services(self.choice.color) if one["metadata"]["name"] not in taken)
        self.steering.judge(self.names, self.settings.after, "the new color after the switch", self.backends)
        self.tx.apply_again(self.tx.rest)
        self.tx.verify()
        if not self.tx.shaped.kept:
            self.steering.pause(self.settings.register, "waiting for the old color's last requests")
        self._switched()

    def _switched(self) -> None:
        self._keep(phase=SWITCHED, switched=self.tx.cluster.api.server_now().strftime(TIME))

    def _return(self, why: str, sizes: Mapping[str, int]) -> None:
        """Give the requests back to the old color, which has been kept at its size, and remove the new one. Raises Failed."""
        self.tx.say(self.tx.cluster.marks.component, "switching back", 0.0)
        try:
            if self.steering.wait(sizes, "waiting for the old color before it gets all requests", self.wait_seconds):
                self.tx.outcome.warnings.append("the old color had fewer pods than before the switch when it got all requests back")
            there = tracks.named(self.old, "Service")
            back = [
                there[name] for name in (one["metadata"]["name"] for one in self.choice.colors.services(self.choice.color)) if name in there
            ]
            gone = [Expected({old: 1}, gone=[tracks.called(front, self.choice.color)]) for front, old in self.choice.old.items()]
            self.steering.route(tracks.named(self.old, "Ingress").values(), gone)
            self.steering.put(back)
            kept = {(one["kind"], one["metadata"]["name"]) for one in self.old}
            own = self.choice.colors.own(self.choice.color)
            self.steering.remove([one for one in own if (one["kind"], one["metadata"]["name"]) not in kept])
            self.tx.keep(progress={})
        except LeaseLost:
            raise
        except NotFollowed as problem:
            self.tx.done.added.clear()
            self.tx.keep(added=())  # so that going back does not delete what may still get requests
            raise Failed(f"{why.rstrip('.')}. The new color stays, because it may still get requests: {problem}") from problem
        except (Failed, ApplyFailed, ApiProblem) as problem:
            raise Failed(f"{why.rstrip('.')}. Switching back failed too: {problem}") from problem
        raise Failed(why)
