# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is inside a cluster as a domain of the engine: what the module k8s_objects runs."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ansible_collections.mainstay.aws.plugins.module_utils.aws import component
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.helm_release import HelmRelease
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.kubernetes_object import KubernetesNamespace, KubernetesObject
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.kubernetes_patch import KubernetesPatch
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import SENSITIVE, Kind, Resource

from .objects_link import Inside, Way
from .objects_manifest import Marks, Wanted, read
from .objects_order import address_of, orders
from .objects_paths import hidden
from .objects_release import WantedRelease, secrets_in, shown_values
from .objects_spec import WITHIN, releases_of

SERVICES = ("sts", "eks")
SHORTEST_SECRET = 6
"""Shorter texts are not looked for in everything that is printed: they would be found in words that mean something else."""


@dataclass(frozen=True)
class Contents:
    """What is wanted inside one cluster. ``within``: what names of resources begin with, which is how the cluster is called."""

    within: str
    objects: Sequence[Wanted]
    patches: Sequence[Wanted]
    releases: Sequence[WantedRelease]
    after: Mapping[str, tuple[str, ...]]


def run(module: Any) -> NoReturn:
    """Bring objects and releases about, or plan them."""
    contents, problems = contents_of(module.params)
    hide(module)
    if problems:
        module.fail_json(msg="\n".join(problems))
    module.params["check_quotas"] = False  # of AWS's quotas nothing is used up
    component.run(module, domain(module, contents))


def contents_of(params: Mapping[str, Any]) -> tuple[Contents, list[str]]:
    """What is wanted, and one sentence for everything that is wrong with it."""
    within = params["name"] or params["cluster"] or "cluster"
    if params["state"] == "absent":
        return Contents(within, (), (), (), {}), []
    misnamed = []
    if params["name"] and not WITHIN.fullmatch(params["name"]):
        misnamed = [f"name is {params['name']!r}; it must be lower-case letters, digits and '-', such as main"]
    objects, problems = read(params["objects"], within)
    patches, faulty = read(params["patches"], within, "patches")
    releases, wrong = releases_of(params["releases"], within)
    after, missing = orders(objects, releases, within)
    return Contents(within, objects, patches, releases, after), [*misnamed, *problems, *faulty, *wrong, *missing]


def domain(module: Any, contents: Contents) -> component.Domain:
    """The kinds hold the manifests and values; what the engine is given has no secrets in it."""
    params = module.params
    options = {"kubeconfig": params["kubeconfig"], "context": params["context"]}
    inside = Inside(Way(params["cluster"], options, dict(os.environ)), needed=not module.check_mode and params["state"] == "present")
    marks = Marks(params["environment"], params["component"])
    objects = KubernetesObject(inside, marks, contents.objects)
    namespaces = KubernetesNamespace(inside, marks, contents.objects)
    patches = KubernetesPatch(inside, marks, contents.patches)
    releases = HelmRelease(inside, marks, contents.releases, params["helm_binary"], contents.within)
    kinds: dict[str, Kind] = {kind.name: kind for kind in (objects, namespaces, patches, releases)}

    def desired(_place: component.Place) -> list[Resource]:
        kept = [(namespaces if one.kind == "Namespace" else objects, one) for one in contents.objects]
        found = [Resource(kind.name, one.name, kind.desired(one), contents.after[address_of(one)]) for kind, one in kept]
        found += [Resource(patches.name, one.name, patches.desired(one)) for one in contents.patches]
        for one in contents.releases:
            address = f"{releases.name}.{one.name}"
            found += [Resource(releases.name, one.name, releases.desired(one), contents.after[address])]
        return found

    def outputs(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "objects": sorted(one.name for one in contents.objects),
            "releases": {
                one.called: {"namespace": one.namespace, **{name: attributes[f"helm_release.{one.name}"][name] for name in TOLD}}
                for one in contents.releases
                if f"helm_release.{one.name}" in attributes
            },
        }

    return component.Domain(kinds, desired, outputs)


TOLD = ("version", "revision", "status")


def hide(module: Any) -> None:
    """See that nothing that is secret gets out with the module's own options, or in somebody's message.

    The options were declared as not for logs, which makes Ansible mask every text in them wherever it stands, names of namespaces
    included. What is secret in them is known better here.
    """
    params = module.params
    manifests = [*params["objects"], *params["patches"]]
    secret = [text for manifest in manifests for text in _secrets_of(manifest)] + secrets_in(params["releases"])
    module.no_log_values.clear()
    module.no_log_values.update(text for text in secret if len(text) >= SHORTEST_SECRET)
    for option in ("objects", "patches"):
        params[option] = [_masked(str(manifest.get("kind")), manifest, ()) for manifest in params[option]]
    params["releases"] = {
        name: {**settings, "values": shown_values(settings.get("values") or {})} if isinstance(settings, Mapping) else settings
        for name, settings in params["releases"].items()
    }


def _masked(kind: str, value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        return {key: _masked(kind, item, (*path, str(key))) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(kind, item, (*path, f"[{_name(item)}]")) for item in value]
    return SENSITIVE if path and hidden(kind, path) else value


def _name(item: Any) -> str:
    return str(item.get("name", "")) if isinstance(item, Mapping) else ""


def _secrets_of(manifest: Mapping[str, Any]) -> list[str]:
    """The texts of a manifest that must not be shown, as they stand there and, for a Secret, as they mean."""
    found: list[str] = []

    def look(value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, Mapping):
            for key, item in value.items():
                look(item, (*path, str(key)))
        elif isinstance(value, list):
            for item in value:
                look(item, (*path, f"[{_name(item)}]"))
        elif path and hidden(str(manifest.get("kind")), path):
            found.extend(_spellings(str(value), encoded=path[0] == "data" and manifest.get("kind") == "Secret"))

    look(manifest, ())
    return found


def _spellings(text: str, *, encoded: bool) -> list[str]:
    if not encoded:
        return [text, base64.b64encode(text.encode()).decode()]
    try:
        return [text, base64.b64decode(text).decode()]
    except ValueError:
        return [text]
