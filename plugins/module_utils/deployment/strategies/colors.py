# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The two colors of an application: the objects of each, which one is active, and how long the other is kept. Pure functions.

Blue Deployments are named as in the settings, and green ones have a suffix and labels of their own. So an application that was rolled out
until now is blue already. Each color has a Service of its own, which the load balancer's target group follows. The Service that is named as
in the settings is for clients inside the cluster; it selects the active color, and no target group depends on it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...kubernetes.objects import moment
from . import routes, tracks
from .tracks import Manifest

BLUE, GREEN = "blue", "green"
COLORS = (BLUE, GREEN)
OWNED = ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy")
"""What each color has of its own, besides its Service."""

TIME = "%Y-%m-%dT%H:%M:%SZ"


def other(color: str) -> str:
    return GREEN if color == BLUE else BLUE


@dataclass(frozen=True)
class Colors:
    """The colors of one application. ``names``: its Deployments with two colors. ``base``: the objects as in the settings."""

    base: Sequence[Mapping[str, Any]]
    names: Sequence[str]

    @property
    def ingresses(self) -> dict[str, Mapping[str, Any]]:
        return tracks.named(self.base, "Ingress")

    @property
    def fronts(self) -> dict[str, str]:
        """The Service in front of each Deployment."""
        deployments, behind = tracks.named(self.base, "Deployment"), routes.services_of(self.ingresses.values())
        return {name: tracks.service_of(deployments[name], self.base, behind) for name in self.names}

    def deployment(self, name: str, color: str) -> str:
        return name if color == BLUE else tracks.called(name, color)

    def own(self, color: str) -> list[Manifest]:
        """The objects of one color: its Deployments, what goes with them, and its Services. Raises NoTrack."""
        deployments = tracks.named(self.base, "Deployment")
        twins = [one for name in self.names for one in tracks.twins(deployments[name], self.base, color)]
        unique = {(one["kind"], one["metadata"]["name"]): one for one in twins}
        if color == GREEN:
            return list(unique.values())
        keys = {(kind, name.removesuffix(f"-{BLUE}")) for kind, name in unique}
        blue = [copy.deepcopy(dict(one)) for one in self.base if _key(one) in keys and one["kind"] in OWNED]
        return [*blue, *(self._blue_service(name) for kind, name in keys if kind == "Service")]

    def _blue_service(self, name: str) -> Manifest:
        found = copy.deepcopy(dict(tracks.named(self.base, "Service")[name]))
        spec = {key: value for key, value in found["spec"].items() if key not in tracks.ASSIGNED}
        spec["ports"] = [{key: value for key, value in port.items() if key != "nodePort"} for port in spec.get("ports") or ()]
        found["metadata"] = {**found["metadata"], "name": tracks.called(name, BLUE)}
        return {**found, "spec": spec}

    def services(self, color: str, old: Mapping[str, str] | None = None) -> list[Manifest]:
        """The Services for clients inside the cluster, leading to one color.

        One that is still a target group of the old color, as after the first switch, leads to that one until the group is gone.
        """
        own = tracks.named(self.own(color), "Service")
        found = []
        for name, one in tracks.named(self.base, "Service").items():
            if old and name in old.values():
                found.append(copy.deepcopy(dict(one)))
                continue
            if (twin := own.get(f"{name}-{color}")) is not None:
                found.append({**copy.deepcopy(dict(one)), "spec": {**one["spec"], "selector": dict(twin["spec"]["selector"])}})
        return found

    def rest(self) -> list[Manifest]:
        """What has no color: workers, scheduled work, configuration."""
        owned = {_key(one) for color in COLORS for one in self.own(color)} | {_key(one) for one in self.services(BLUE)}
        return [dict(one) for one in self.base if _key(one) not in owned and one["kind"] != "Ingress"]

    def routing(self, color: str, old: Mapping[str, str] | None = None) -> list[Manifest]:
        """The Ingresses with all requests for one color. ``old``: backends that stay as target groups without requests, by Service."""
        weights = {
            front: {tracks.called(front, color): 100, **({old[front]: 0} if old and front in old else {})} for front in self.fronts.values()
        }
        return [routes.routed(one, weights) for one in self.ingresses.values()]

    def objects(self, color: str, old: Mapping[str, str] | None = None) -> list[Manifest]:
        """All objects of a release in one color."""
        return [*self.rest(), *self.own(color), *self.services(color, old), *self.routing(color, old)]


def _key(one: Mapping[str, Any]) -> tuple[str, str]:
    return str(one["kind"]), str(one["metadata"]["name"])


def color_of(objects: Iterable[Mapping[str, Any]], names: Iterable[str]) -> str:
    """The color that recorded objects have; empty if they have none of the Deployments."""
    there = tracks.named(objects, "Deployment")
    listed = list(names)
    if any(tracks.called(name, GREEN) in there for name in listed):
        return GREEN
    return BLUE if any(name in there for name in listed) else ""


def active_backends(live: Mapping[str, Mapping[str, int]], fronts: Iterable[str]) -> dict[str, str]:
    """The Service that gets most requests, by the Service of the rules, as the live Ingress has it."""
    return {front: max(live[front], key=lambda name: live[front][name]) for front in fronts if live.get(front)}


def active_color(backends: Mapping[str, str], recorded: str) -> str:
    """The color that gets the requests: what the live Ingress says counts, and the record only if it says nothing.

    A switch that was killed half-way, or made by hand, is in the Ingress alone. Nothing may ever be deployed onto what users reach.
    """
    if not backends:
        return recorded
    return GREEN if any(name == tracks.called(front, GREEN) for front, name in backends.items()) else BLUE


@dataclass(frozen=True)
class Choice:
    """What a run does. ``color``: of the release. ``old``: the backends that got the requests before, by Service; empty if none is there.

    ``switched``: the release has its color and all requests already.
    """

    colors: Colors
    color: str
    old: Mapping[str, str]
    switched: bool


def chosen(active: str, recorded: str, current: bool) -> str:
    """The color of a release. ``recorded``: what its own record says, if it has one. ``current``: it is the one that is deployed."""
    if recorded and (current or recorded != active):
        return recorded
    return recorded if recorded == active and recorded else (other(active) if active else BLUE)


def kept_until(switched: Any, seconds: float) -> datetime | None:
    """When the old color is no longer needed: cookies that lead to it have expired."""
    since = moment(switched)
    return since + timedelta(seconds=seconds) if since else None


def still_kept(switched: Any, seconds: float, now: datetime) -> bool:
    until = kept_until(switched, seconds)
    return until is not None and now < until
