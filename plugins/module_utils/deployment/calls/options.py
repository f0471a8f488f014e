# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules that deploy applications, and one sentence for each problem with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...cluster_objects.manifest import Wanted, read
from ...cluster_objects.options import CONNECTION
from ...component.options import OWNER, shared
from ...inputs.values import NAMESPACE
from ...sensitive.names import is_secret
from ..generated import ANNOTATION, lengths
from ..modes import settings as modes
from ..record import APPLY
from ..strategies.settings import ROLLING, TRACKED
from ..wish import REFUSE, WARN

REQUIRED_IF = [("state", "present", ("objects",))]
STRATEGIES = (ROLLING, *TRACKED)
COMMON: dict[str, Any] = {
    **shared(*OWNER, "poll_interval", "lock_wait", "sensitive_values"),
    **CONNECTION,
    "namespace": {"type": "str", "required": True},
    "verification": {"type": "dict", "default": {}, "no_log": True},
    **modes.options(),
    "keep": {"type": "int", "default": 10},
}


CREDENTIALS = ("authorization", "proxy-authorization", "cookie", "token")
"""Names of headers and options whose values prove who asks, in lower case."""


def secrets_of_probes(params: Mapping[str, Any]) -> list[str]:
    """The secret texts in the options that say how to verify: tokens of metrics, and headers of probes."""
    return sorted({text for name in ("verification", *TRACKED) for text in _credentials(params.get(name) or {})})


def _credentials(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, str) and (str(key).lower() in CREDENTIALS or is_secret(str(key), value)):
                yield inner
                yield inner.rpartition(" ")[2]  # without the scheme
            else:
                yield from _credentials(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _credentials(inner)


def release_spec() -> dict[str, Any]:
    """The options of app_release. Some are no_log because Ansible writes module options to the system log."""
    return {
        **COMMON,
        **shared("allow_replace", "fail_on"),
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "removal_timeout": {"type": "float", "default": 600.0},
        "objects": {"type": "list", "elements": "dict", "no_log": True},
        "migration": {"type": "dict", "no_log": True},
        "version": {"type": "str", "default": ""},
        "commit": {"type": "str", "default": ""},
        "images": {"type": "dict", "default": {}},
        "strategy": {"type": "str", "choices": list(STRATEGIES), "default": "rolling"},
        "canary": {"type": "dict", "default": {}, "no_log": True},
        "blue_green": {"type": "dict", "default": {}, "no_log": True},
        "gate": {"type": "dict", "no_log": False},
        "gate_options": {"type": "dict", "default": {}},
        "gate_required": {"type": "bool", "default": False},
        "way_back": {"type": "str", "choices": [WARN, REFUSE], "default": WARN},
        "secrets_timeout": {"type": "float", "default": 120.0, "no_log": False},
        "take_over": {"type": "list", "elements": "str", "default": []},
        "sensitive": {"type": "list", "elements": "str", "default": []},
        "recorded": {"type": "dict", "default": {}},
        "hold": {"type": "str", "default": ""},
        "notes": {"type": "list", "elements": "str", "default": []},
    }


def rollback_spec() -> dict[str, Any]:
    """The options of app_rollback."""
    return {**COMMON, **shared("fail_on"), "to": {"type": "str", "default": "previous"}, "reason": {"type": "str", "default": ""}}


def info_spec() -> dict[str, Any]:
    """The options of app_release_info."""
    return {**shared(*OWNER), **CONNECTION, "namespace": {"type": "str", "required": True}}


def problems_of(params: Mapping[str, Any]) -> list[str]:
    """Problems with the options that all of the modules have."""
    found = []
    if not NAMESPACE.fullmatch(params["namespace"]):
        found.append(f"namespace is {params['namespace']!r}; it must be lower-case letters, digits and '-', such as shop")
    if params.get("keep") is not None and params["keep"] < 2:
        found.append(f"keep is {params['keep']}; it must be at least 2: the current release, and the one to go back to")
    return found


def objects_of(params: Mapping[str, Any]) -> tuple[list[Wanted], list[str]]:
    """The objects of a release, and one sentence for each problem with them."""
    objects, problems = read(params["objects"], "")
    if not objects and not problems and params["mode"] == APPLY:
        problems.append("objects is empty: a release has at least one object")
    problems += [
        f"objects has a Job {one.called}: a Job runs once and cannot be changed. Give a migration as migration, and repeated work as a "
        "CronJob"
        for one in objects
        if one.kind == "Job"
    ]
    for one in objects:
        try:
            lengths(one.manifest)
        except ValueError:
            problems.append(f"Secret {one.namespace}/{one.called}: {ANNOTATION} must be a JSON mapping of keys to lengths, each at least 1")
    return objects, problems + migration_problems(params)


def migration_problems(params: Mapping[str, Any]) -> list[str]:
    """Problems with the Job of the migration."""
    job = params.get("migration")
    if job is None:
        return []
    metadata = job.get("metadata")
    if job.get("kind") != "Job" or not isinstance(metadata, Mapping) or not metadata.get("name"):
        return ["migration must be the manifest of a Job with metadata.name"]
    if metadata.get("namespace") != params["namespace"]:
        return [f"migration is in namespace {metadata.get('namespace')!r}; it must be in that of the application, {params['namespace']!r}"]
    template = (job.get("spec") or {}).get("template")
    if not isinstance(template, Mapping) or not (template.get("spec") or {}).get("containers"):
        return ["migration.spec.template.spec.containers is missing: it says what runs"]
    return []
