# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From the settings of an application to its objects, and every problem with the settings. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..inputs.problems import Problems
from .objects.access import access_objects
from .objects.common import Manifest
from .objects.configuration import config_maps, secret_objects
from .objects.ingress import ingress_object
from .objects.pods import Around
from .objects.workloads import workload_objects
from .settings.application import Application, read_application
from .settings.facts import Facts
from .settings.images import completed
from .settings.sources import Known

WATCHED = ("Deployment", "StatefulSet", "DaemonSet")
"""The kinds whose rollout is watched."""


@dataclass(frozen=True)
class Built:
    """What a release of an application consists of.

    ``images``: references with their registry, as given. ``notes``: what a user should know although nothing is wrong.
    """

    objects: tuple[Manifest, ...] = ()
    migration: Manifest | None = None
    images: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = field(default=())

    def answer(self) -> dict[str, Any]:
        return {
            "objects": list(self.objects),
            "migration": self.migration,
            "workloads": [_reference(one, "kind") for one in self.objects if one["kind"] in WATCHED],
            "services": [_reference(one) for one in self.objects if one["kind"] == "Service"],
            "images": list(self.images),
            "notes": list(self.notes),
            "sensitive": list(self.sensitive),
        }


def _reference(one: Manifest, *keys: str) -> dict[str, str]:
    metadata = one["metadata"]
    return {**{key: str(one[key]) for key in keys}, "name": metadata["name"], "namespace": metadata["namespace"]}


def built(given: Any, facts: Facts) -> tuple[Built, list[str]]:
    """The objects, and one sentence for each problem; the objects are worth nothing if there is any."""
    problems, notes = Problems(), []  # type: tuple[Problems, list[str]]
    if not isinstance(given, Mapping):
        problems.add(facts.prefix.rstrip("_.") or "settings", given, "it must be a mapping")
        return Built(), problems.messages
    application = read_application(given, facts, problems, notes)
    if problems.messages:
        return Built(notes=tuple(notes)), list(dict.fromkeys(problems.messages))
    return _of_settings(application, facts, notes), []


def problems_of(given: Any, facts: Facts) -> list[str]:
    """Every problem with the settings. Needs neither the cluster nor the digests of images."""
    return built(given, facts)[1]


def _of_settings(application: Application, facts: Facts, notes: Iterable[str]) -> Built:
    around = Around(facts, application.account, Known(application.configuration, application.secrets), application.logging)
    workloads = [*application.services, *application.workers]
    objects = [
        *access_objects(application, facts),
        *config_maps(application.configuration.values(), facts),
        *secret_objects(application.secrets.values(), facts, application.account),
        *(found for one in workloads for found in workload_objects(one, around, application.ingress)),
        *([ingress_object(application.ingress, facts)] if application.ingress else []),
    ]
    images = dict.fromkeys(completed(one.container.image, facts.registry) for one in workloads)
    return Built(objects=tuple(objects), images=tuple(images), notes=tuple(notes))
