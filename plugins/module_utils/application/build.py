# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From the settings of an application to its objects, and every problem with the settings. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..cluster_objects.isolation import Network
from ..inputs.problems import Problems
from .objects.access import access_objects, namespace
from .objects.common import Manifest
from .objects.configuration import config_maps, secret_objects
from .objects.ingress import ingress_object
from .objects.jobs import cron_job, migration_job
from .objects.pods import Around
from .objects.workloads import workload_objects
from .plain import checks, completing
from .plain.completing import Plain
from .plain.edge import with_edge
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
    plain = _plain(application, facts, problems, notes)
    if problems.messages:
        return Built(notes=tuple(notes)), list(dict.fromkeys(problems.messages))
    return (_of_settings(application, facts, notes) if application.described else _around_others(application, plain, facts, notes)), []


def _plain(application: Application, facts: Facts, problems: Problems, notes: list[str]) -> list[Plain]:
    """The objects of plain manifests, checked as far as their files are valid."""
    limits = application.limits
    objects = completing.objects_of(application.files, facts, limits, problems)
    objects = completing.with_images(objects, limits.images, f"{facts.prefix}manifest_images", problems)
    if application.around_manifests:
        objects = with_edge(objects, application.around_manifests, problems)
    completing.check_images(objects, problems)
    problems.messages += checks.problems_of(objects, application.pod_security, facts.cluster.fargate)
    notes += checks.notes_of(objects)
    return objects


def _around_others(application: Application, plain: Sequence[Plain], facts: Facts, notes: Iterable[str]) -> Built:
    """Plain manifests, or nothing for a chart, and around them what pods use of the settings. The service account and the network
    policies are for the migration's pods, unless the settings describe the account: other pods have their own.
    """
    migration = application.migration
    around = _around(application, facts)
    manifests = [dict(completing.finished(one, facts).manifest) for one in plain]
    own = _namespace_of_manifests(manifests, application, facts)
    network = application.network if migration else Network(isolated=False)
    account = replace(application.account, create=application.account.create and (application.account.given or migration is not None))
    objects = [
        *access_objects(replace(application, create_namespace=False, account=account, network=network), facts),
        *config_maps(application.configuration.values(), facts),
        *secret_objects(application.secrets.values(), facts, application.account),
        *own,
    ]
    return Built(
        objects=tuple(objects),
        migration=migration_job(migration, around) if migration else None,
        images=tuple(dict.fromkeys([*completing.images_of(plain, facts), *_images(application, facts)])),
        notes=tuple(notes),
    )


def _namespace_of_manifests(manifests: list[Manifest], application: Application, facts: Facts) -> list[Manifest]:
    """The manifests, with the application's namespace; one that they contain keeps what it says, and gets the labels that it lacks."""
    ours = namespace(facts, application.pod_security, application.namespace_labels)
    if not application.create_namespace:
        return [one for one in manifests if one["kind"] != "Namespace" or one["metadata"]["name"] != facts.namespace]
    for one in manifests:
        if one["kind"] == "Namespace" and one["metadata"]["name"] == facts.namespace:
            one["metadata"]["labels"] = {**ours["metadata"]["labels"], **one["metadata"]["labels"]}
            return manifests
    return [ours, *manifests]


def _around(application: Application, facts: Facts) -> Around:
    return Around(facts, application.account, Known(application.configuration, application.secrets), application.logging)


def _of_settings(application: Application, facts: Facts, notes: Iterable[str]) -> Built:
    around = _around(application, facts)
    workloads = [*application.services, *application.workers]
    objects = [
        *access_objects(application, facts),
        *config_maps(application.configuration.values(), facts),
        *secret_objects(application.secrets.values(), facts, application.account),
        *(found for one in workloads for found in workload_objects(one, around, application.ingress)),
        *(cron_job(one, around) for one in application.cron_jobs),
        *([ingress_object(application.ingress, facts)] if application.ingress else []),
    ]
    migration = migration_job(application.migration, around) if application.migration else None
    return Built(objects=tuple(objects), migration=migration, images=_images(application, facts), notes=tuple(notes))


def _images(application: Application, facts: Facts) -> tuple[str, ...]:
    """The references of all containers, each once."""
    containers = [one.container for one in (*application.services, *application.workers)]
    containers += [one.container for one in application.cron_jobs]
    containers += [application.migration.container] if application.migration else []
    return tuple(dict.fromkeys(completed(one.image, facts.registry) for one in containers))
