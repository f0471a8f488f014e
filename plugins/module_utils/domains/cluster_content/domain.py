# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The content of a cluster as a domain of the engine: the implementation of the module k8s_objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...cluster_objects.echo import Echo, mask_in_output
from ...cluster_objects.hiding import Hiding
from ...cluster_objects.link import link_of
from ...cluster_objects.manifest import Marks, Wanted, read
from ...component.consent import WILD, consent_of
from ...component.domain import Checked, Domain, Observation
from ...component.outputs import Attributes
from ...component.run import run as run_component
from ...inputs.values import NAMESPACE
from ...reconcile.errors import Failure
from ...reconcile.model import SENSITIVE, Kind, Resource
from ...reconcile.planner import Plan
from ...sensitive.texts import unpacked
from .kinds.helm_release import HelmRelease, way_out
from .kinds.kubernetes_object import KubernetesNamespace, KubernetesObject
from .kinds.kubernetes_patch import KubernetesPatch
from .order import address_of, orders
from .releases.release import WantedRelease, secrets_in, shown_values
from .spec import releases_of

SERVICES = ("sts", "eks")


@dataclass(frozen=True)
class Contents:
    """The wanted content of one cluster. ``within``: the prefix of resource names, which identifies the cluster."""

    within: str
    objects: Sequence[Wanted]
    patches: Sequence[Wanted]
    releases: Sequence[WantedRelease]
    after: Mapping[str, tuple[str, ...]]


def run(module: Any) -> NoReturn:
    """Bring objects and releases to the described state, or plan the changes."""
    contents, problems = contents_of(module.params)
    hide(module)
    if problems:
        module.fail_json(msg="\n".join(problems))
    module.params["check_quotas"] = False  # nothing here consumes AWS quotas
    run_component(module, lambda params: ContentDomain(params, contents, module.check_mode))


def contents_of(params: Mapping[str, Any]) -> tuple[Contents, list[str]]:
    """The wanted content, and one sentence for each problem with it."""
    within = params["name"] or params["cluster"] or "cluster"
    if params["state"] == "absent":
        return Contents(within, (), (), (), {}), []
    misnamed = []
    if params["name"] and not NAMESPACE.fullmatch(params["name"]):
        misnamed = [f"name is {params['name']!r}; it must be lower-case letters, digits and '-', such as main"]
    objects, problems = read(params["objects"], within)
    patches, faulty = read(params["patches"], within, "patches")
    releases, wrong = releases_of(params["releases"], within)
    after, missing = orders(objects, releases, within)
    return Contents(within, objects, patches, releases, after), [*misnamed, *problems, *faulty, *wrong, *missing]


class ContentDomain(Domain):
    """The content of one cluster. The kinds hold the manifests and values; the properties that the engine receives contain no secrets."""

    def __init__(self, params: Mapping[str, Any], contents: Contents, check_mode: bool) -> None:
        inside = link_of(params, needed=not check_mode and params["state"] == "present")
        marks = Marks(params["environment"], params["component"])
        self.contents = contents
        hiding = Hiding(params["sensitive"], unpacked(params["sensitive_values"]))
        self.objects = KubernetesObject(inside, marks, contents.objects, hiding)
        self.namespaces = KubernetesNamespace(inside, marks, contents.objects, hiding)
        self.patches = KubernetesPatch(inside, marks, contents.patches, hiding)
        self.releases = HelmRelease(inside, marks, contents.releases, params["helm_binary"], contents.within, hiding, exactly_named(params))
        kinds: tuple[Kind, ...] = (self.objects, self.namespaces, self.patches, self.releases)
        self.kinds = {kind.name: kind for kind in kinds}

    def resources(self, _observation: Observation) -> Sequence[Resource]:
        after = self.contents.after
        kept = [(self.namespaces if one.kind == "Namespace" else self.objects, one) for one in self.contents.objects]
        found = [Resource(kind.name, one.name, kind.desired(one), after[address_of(one)]) for kind, one in kept]
        found += [Resource(self.patches.name, one.name, self.patches.desired(one)) for one in self.contents.patches]
        releases = self.releases
        found += [
            Resource(releases.name, one.name, releases.desired(one), after[f"{releases.name}.{one.name}"]) for one in self.contents.releases
        ]
        return found

    def checks(self, plan: Plan, _aws: Aws, _region: str) -> Checked:
        """Releases that an apply would skip although they need a change, and records that cannot be used."""
        releases = self.releases
        looks = {one.address: releases.guarded[one.address] for one in plan.permitted if one.address in releases.guarded}
        problems = [
            Failure(address, "", "NotItsObjects", look.guard, f"Helm is not run for it. {way_out(address, look)}")
            for address, look in looks.items()
            if address not in releases.named
        ]
        return Checked(problems, releases.unreadable)

    def outputs(self, attributes: Attributes) -> dict[str, Any]:
        return {
            "objects": sorted(one.name for one in self.contents.objects),
            "releases": {
                one.called: {"namespace": one.namespace, **{name: attributes[f"helm_release.{one.name}"][name] for name in RELEASE_OUTPUTS}}
                for one in self.contents.releases
                if f"helm_release.{one.name}" in attributes
            },
        }


def exactly_named(params: Mapping[str, Any]) -> frozenset[str]:
    """The addresses named without wildcards in the caller's consent."""
    consent = consent_of(params)
    return frozenset(one for one in (*consent.purge, *consent.replace) if not WILD.search(one))


RELEASE_OUTPUTS = ("version", "revision", "status")


def hide(module: Any) -> None:
    """Keep secrets out of the module's echoed options and out of all messages."""
    params = module.params
    hiding = Hiding(params["sensitive"])
    found = ContentEcho(hiding)
    for option in ("objects", "patches"):
        params[option] = [found.manifest(manifest) for manifest in params[option]]
    params["releases"] = {name: found.release(name, settings) for name, settings in params["releases"].items()}
    mask_in_output(module, found.secrets)


class ContentEcho(Echo):
    """The options of k8s_objects, which describe releases too."""

    def release(self, name: str, settings: Any) -> Any:
        if not isinstance(settings, Mapping):
            return settings
        values = settings.get("values") or {}
        echoed = self.hiding.wanted(None, shown_values(values))
        self.secrets += secrets_in(values, [path for path, value in echoed.items() if value == SENSITIVE])
        return {**settings, "values": echoed}
