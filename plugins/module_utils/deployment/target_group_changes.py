# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Changes of a load balancer that replace its target groups, in the same release as the pods behind it. Pure functions.

A new pod gets readiness gates for the target groups that exist when it is created. If the controller then replaces them, the pod waits for
a target group that is gone, and the rollout never ends (aws-load-balancer-controller#1764, #2393).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..application.objects.access import READINESS_GATES
from ..application.settings.load_balancers import ANNOTATIONS
from ..kubernetes.objects import metadata, spec, template_of
from ..kubernetes.values import Obj
from .look import Look
from .origin_secret import services_of

DEFAULTS: Mapping[str, str] = {"target-type": "instance", "backend-protocol": "HTTP", "backend-protocol-version": "HTTP1", "group.name": ""}
"""The annotations that are part of a target group's identity, and their values if they are absent."""


def objections(looks: Sequence[Look], namespaces: Mapping[str, Obj | None]) -> Iterator[tuple[str, str]]:
    """(address, sentence) of each change that would hold up pods of the same release. ``namespaces``: the live ones by name."""
    changed = [look for look in looks if look.one.kind in ("Deployment", "StatefulSet") and _replaces_pods(look)]
    pods = [look for look in changed if _has_gates(look.one.namespace, looks, namespaces)]
    services = {(look.one.namespace, look.one.called): look for look in looks if look.one.kind == "Service"}
    for ingress in (look for look in looks if look.one.kind == "Ingress"):
        behind = {
            name: services[place] for name in services_of(ingress.one.manifest) if (place := (ingress.one.namespace, name)) in services
        }
        for look, named in ((ingress, behind), *((service, {name: service}) for name, service in behind.items())):
            held = [each.one.name for each in pods if any(_selects(service, each) for service in named.values())]
            if held and (what := _replaced_by(look)):
                yield look.address, sentence(what, held)


def sentence(what: Sequence[str], held: Sequence[str]) -> str:
    return (
        f"it changes {' and '.join(what)}, for which the load balancer controller replaces target groups, together with the pods of "
        f"{', '.join(held)}: these would wait for target groups that are gone. Deploy the change of the load balancer first, with the "
        "images that run now, and then the rest"
    )


def _replaced_by(look: Look) -> list[str]:
    """What an Ingress or a Service changes of the identity of target groups."""
    if look.live is None or look.result is None:
        return []
    before, after = (metadata(one).get("annotations") or {} for one in (look.live, look.result))
    keys = [
        f"{ANNOTATIONS}{key}"
        for key, usual in DEFAULTS.items()
        if before.get(f"{ANNOTATIONS}{key}", usual) != after.get(f"{ANNOTATIONS}{key}", usual)
    ]
    ports = look.one.kind == "Service" and _numbers(look.live) != _numbers(look.result)
    return [*keys, *(["targetPort"] if ports else [])]


def _numbers(service: Mapping[str, Any]) -> dict[Any, Any]:
    """The target ports by port. A name is not part of a target group's identity, whatever number it stands for."""
    ports = spec(service).get("ports") or ()
    return {one.get("port"): one.get("targetPort") if isinstance(one.get("targetPort"), int) else None for one in ports}


def _replaces_pods(look: Look) -> bool:
    return look.live is not None and look.result is not None and template_of(look.live) != template_of(look.result)


def _has_gates(namespace: str, looks: Sequence[Look], namespaces: Mapping[str, Obj | None]) -> bool:
    wanted = next((look.result for look in looks if (look.one.kind, look.one.called) == ("Namespace", namespace)), None)
    labels = metadata(wanted or namespaces.get(namespace) or {}).get("labels") or {}
    return READINESS_GATES.items() <= labels.items()


def _selects(service: Look, workload: Look) -> bool:
    selector = spec(service.one.manifest).get("selector") or {}
    labels = (template_of(workload.one.manifest).get("metadata") or {}).get("labels") or {}
    return bool(selector) and selector.items() <= labels.items()
