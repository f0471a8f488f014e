# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module app_release_needs_info runs: finds the digests of a release's images, and whether its migration is still to run.

A cluster that does not exist yet has no nodes and no records. In check mode, images that cannot be resolved are findings: they may be
pushed before the run that applies. Otherwise, they are errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ...cluster_objects.echo import mask_in_output
from ...cluster_objects.link import Calls, as_call_failed, link_of
from ...cluster_objects.manifest import Marks
from ...cluster_objects.options import CONNECTION
from ...component.connect import check_options, connect, fail, identify, unidentified
from ...component.options import OWNER, shared
from ...deployment.calls.secrecy import secrets_of_chart
from ...deployment.cluster import Cluster
from ...deployment.history import History
from ...deployment.modes import settings as modes
from ...deployment.pending import migration_pending
from ...deployment.record import Release
from ...deployment.references import images_of, pod_spec
from ...images.platforms import unrunnable
from ...images.resolving import Resolution, resolve
from ...kubernetes.objects import containers_of, metadata
from ...kubernetes.problems import ApiProblem
from ...reconcile.errors import CallFailed, failure

SERVICES = ("sts", "eks", "ecr")
OS, ARCHITECTURE = "kubernetes.io/os", "kubernetes.io/arch"


def argument_spec() -> dict[str, Any]:
    """The options of app_release_needs_info. ``objects`` and ``migration`` are no_log because Ansible writes options to the system log."""
    return {
        **shared(*OWNER),
        **CONNECTION,
        "namespace": {"type": "str", "required": True},
        "objects": {"type": "list", "elements": "dict", "default": [], "no_log": True},
        "migration": {"type": "dict", "no_log": True},
        "databases": {"type": "list", "elements": "str", "default": []},
        "node_architectures": {"type": "list", "elements": "str", "default": []},
        "hold": {"type": "str", "default": ""},
        "version": {"type": "str", "default": ""},
        **{name: one for name, one in modes.options().items() if name != "helm_binary"},
    }


def run(module: Any) -> NoReturn:
    """Find what a release needs. Changes nothing."""
    check_options(module)
    params = module.params
    objects, migration = list(params["objects"]), params["migration"]
    other, wrong = modes.read(params)
    mask_in_output(module, secrets_of_chart(params))
    params["chart"] = sorted(params["chart"])
    if wrong:
        module.fail_json(msg="\n".join(wrong))
    params["objects"], params["migration"] = len(objects), bool(migration)  # Ansible echoes options
    aws, _endpoint, region = connect(module)
    marks = Marks(params["environment"], params["component"])
    try:
        identify(module, aws)
    except CallFailed as error:
        fail(module, [failure("", error)], unidentified(error, region))
    try:
        api = link_of(params, needed=False).reach(aws)
        manifests = [*objects, *([migration] if migration else [])]
        resolution = resolve(aws, images_of(manifests))
        problems = [*resolution.problems, *_unrunnable(manifests, resolution, [*params["node_architectures"], *_live(api)])]
        history = read_history(api, params["namespace"], marks)
    except CallFailed as error:
        fail(module, [failure("", error)], "What the release needs could not be read, so nothing was changed.")
    except ApiProblem as error:
        fail(module, [failure("", as_call_failed(error))], "What the release needs could not be read, so nothing was changed.")
    if problems and not module.check_mode:
        module.fail_json(msg="\n".join(["The release was refused before anything was changed.", *(f"- {one}." for one in problems)]))
    for one in problems:
        warn(f"{one}. An apply would refuse the release.")
    images = {text: one.pinned for text, one in resolution.images.items()}
    pinned = [with_images(one, images) for one in objects]
    migrating = with_images(migration, images) if migration else None
    release, pending = migration_pending(history, pinned, migrating, modes.identity_of(other))
    module.exit_json(
        changed=False,
        images=images,
        release=release,
        deployment=f"{marks.component}-{release}",
        migration_pending=pending,
        databases=params["databases"],
        held=bool(params["hold"]),
        cluster_exists=api is not None,
        problems=problems,
    )
    raise AssertionError("exit_json does not return")


def with_images(manifest: Mapping[str, Any], images: Mapping[str, str]) -> dict[str, Any]:
    """The manifest with the images of its containers replaced. ``images``: what runs, by reference."""
    return {key: _replaced(value, images) for key, value in manifest.items()}


def _replaced(value: Any, images: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _container(one, images) if key in CONTAINERS else _replaced(one, images) for key, one in value.items()}
    return [_replaced(one, images) for one in value] if isinstance(value, list) else value


CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def _container(value: Any, images: Mapping[str, str]) -> Any:
    listed = value if isinstance(value, list) else []
    return [
        {**one, "image": images.get(one["image"], one["image"])} if isinstance(one, Mapping) and "image" in one else one for one in listed
    ]


def _live(api: Calls | None) -> list[str]:
    """The architectures of the cluster's nodes."""
    if api is None:
        return []
    labels = [metadata(node).get("labels") or {} for node in api.list("/api/v1/nodes").items]
    return [one[ARCHITECTURE] for one in labels if one.get(ARCHITECTURE) and one.get(OS, "linux") == "linux"]


def _unrunnable(manifests: Iterable[Mapping[str, Any]], resolution: Resolution, nodes: Iterable[str]) -> list[str]:
    """One sentence for each image that some node lacks. A pod that selects an architecture needs only that one."""
    needed: dict[str, set[str]] = {}
    everywhere = {f"linux/{one}" for one in nodes}
    for manifest in manifests:
        spec = pod_spec(manifest) or {}
        chosen = (spec.get("nodeSelector") or {}).get(ARCHITECTURE)
        for container in containers_of(spec) if spec else ():
            needed.setdefault(str(container.get("image")), set()).update({f"linux/{chosen}"} if chosen else everywhere)
    offered = {text: one.platforms for text, one in resolution.images.items()}
    return [sentence for text, platforms in offered.items() for sentence in unrunnable({text: platforms}, needed.get(text, ()))]


def read_history(api: Calls | None, namespace: str, marks: Marks) -> list[Release]:
    """The records of the application's releases. A record that cannot be read proves nothing, and app_release says so."""
    return History(Cluster(api, marks, namespace)).read() if api is not None else []
