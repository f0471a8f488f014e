# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The records of an application's releases in the cluster: read, written, and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..kubernetes.objects import metadata
from ..kubernetes.problems import Conflict, NotFound
from .cluster import Cluster
from .record import RecordProblem, Release, decode, encode, name_of, selector, to_forget
from .registry import Registry, lifted


class History:
    """``releases``: the newest first. ``unreadable``: one sentence for each record that cannot be used. ``paths``: of all records."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.releases: list[Release] = []
        self.unreadable: list[str] = []
        self.paths: list[str] = []

    @property
    def _collection(self) -> str:
        return f"/api/v1/namespaces/{self.cluster.namespace}/secrets"

    def read(self) -> list[Release]:
        """All records, the newest first. A namespace that does not exist has none. Raises ApiProblem."""
        try:
            found = self.cluster.api.list(self._collection, labelSelector=selector(self.cluster.marks)).items
        except NotFound:
            found = []
        self.releases, self.unreadable = [], []
        self.paths = [f"{self._collection}/{metadata(secret)['name']}" for secret in found]
        for secret in found:
            try:
                release = decode(secret)
                if metadata(secret).get("name") != name_of(self.cluster.marks.component, release.number):
                    raise RecordProblem(f"Secret {self.cluster.namespace}/{metadata(secret).get('name')} is a copy of another record")
                self.releases.append(release)
            except RecordProblem as problem:
                self.unreadable.append(f"{problem}. It is ignored.")
        self.releases.sort(key=lambda one: one.number, reverse=True)
        return self.releases

    @property
    def newest(self) -> Release | None:
        return self.releases[0] if self.releases else None

    def next_number(self) -> int:
        return self.newest.number + 1 if self.newest else 1

    def write(self, release: Release) -> Release:
        """Create or replace the record of a release. Raises RecordProblem if it is too large, ApiProblem."""
        body = encode(release, self.cluster.marks, self.cluster.namespace)
        path = f"{self._collection}/{body['metadata']['name']}"
        changed: dict[str, Any] = {"metadata": {"labels": body["metadata"]["labels"]}, "data": body["data"]}
        known = any(one.number == release.number for one in self.releases)
        if not (known and self._patched(path, changed)):
            try:
                self.cluster.api.create(self._collection, body)
            except Conflict:
                self.cluster.api.patch(path, changed)
        self.releases = sorted(
            [release, *(one for one in self.releases if one.number != release.number)], key=lambda one: one.number, reverse=True
        )
        return release

    def _patched(self, path: str, changed: Mapping[str, Any]) -> bool:
        """Change a record; False if it has been deleted since it was read."""
        try:
            self.cluster.api.patch(path, changed)
        except NotFound:
            return False
        return True

    def mark(self, release: Release, **changes: Any) -> Release:
        """Write a record again with other values."""
        return self.write(replace(release, **changes))

    def forget(self, keep: int, registry: Registry) -> list[str]:
        """Delete the records beyond ``keep``, and lift the protection of images that only they have. Returns warnings."""
        gone: list[Release] = []
        self.cluster.fence()
        for release in to_forget(self.releases, keep):
            name = name_of(self.cluster.marks.component, release.number)
            self.cluster.api.delete(f"{self._collection}/{name}", {})
            gone.append(release)
            self.releases = [one for one in self.releases if one.number != release.number]
        there = {image for one in self.releases for image in one.runs}
        return lifted(registry, {image for one in gone for image in one.runs} - there)
