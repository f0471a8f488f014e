# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Helm releases: the wanted ones, Helm's records in the cluster, and how to compare them. Pure functions.

Helm keeps each revision of a release in a Secret: base64 of gzip of JSON with the chart, the given values, and the rendered manifest
(helm.sh/helm, pkg/storage/driver/util.go). So a plan needs neither Helm nor permission to change anything.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

with contextlib.suppress(ImportError):  # the module reports missing libraries
    import yaml

from ....kubernetes.documents import load, load_all
from ....kubernetes.masking import mask
from ....reconcile.model import SENSITIVE
from ..objects.paths import ANOTHER, is_leaf, secret_looking

PENDING = ("pending-install", "pending-upgrade", "pending-rollback")
DEPLOYED = "deployed"
RELEASE_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?")
"""Helm's limit is 53 characters (pkg/chartutil/validate_name.go)."""


@dataclass(frozen=True)
class Chart:
    """The chart of a release: its name, version, and source, and the fingerprint of a chart that is given as files."""

    name: str
    version: str
    source: str = ""
    repository: str = ""
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    fingerprint: str = ""


@dataclass(frozen=True)
class WantedRelease:
    """One wanted release."""

    called: str
    name: str
    namespace: str
    chart: Chart
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    after: tuple[str, ...] = ()
    create_namespace: bool = False
    wait: bool = True
    timeout: float = 600.0


@dataclass(frozen=True, eq=False)
class Release:
    """Helm's record of the newest revision."""

    name: str
    namespace: str
    revision: int
    status: str
    chart: str
    version: str
    values: Mapping[str, Any] = field(repr=False)
    manifest: str = field(repr=False)
    fingerprint: str = ""
    changed: datetime | None = None
    secret: str = ""

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """The objects that the chart produced, except those of hooks."""
        return [one for one in load_all(self.manifest) if isinstance(one, dict) and one.get("kind")]


def decode(secret: Mapping[str, Any]) -> Release:
    """A release from its Secret. Raises ValueError for content that Helm cannot have written."""
    try:
        inner = base64.b64decode(base64.b64decode(secret["data"]["release"]))
        told = json.loads(gzip.decompress(inner) if inner[:2] == b"\x1f\x8b" else inner)
        chart, info = told["chart"]["metadata"], told["info"]
        return Release(
            name=str(told["name"]),
            namespace=str(told["namespace"]),
            revision=int(told["version"]),
            status=str(info["status"]),
            chart=str(chart["name"]),
            version=str(chart["version"]),
            values=told.get("config") or {},
            manifest=str(told.get("manifest") or ""),
            fingerprint=_written_fingerprint(told["chart"]),
            changed=_moment(info.get("last_deployed")),
            secret=str(secret["metadata"]["name"]),
        )
    except (KeyError, TypeError, ValueError, OSError, EOFError) as error:
        raise ValueError(f"Secret {secret['metadata'].get('name')} contains no readable release: {type(error).__name__}") from error


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def newest(releases: Sequence[Release]) -> dict[tuple[str, str], Release]:
    """The current revision of each release, by namespace and name."""
    found: dict[tuple[str, str], Release] = {}
    for one in sorted(releases, key=lambda release: release.revision):
        found[one.namespace, one.name] = one
    return found


def fingerprint(templates: Mapping[str, str], defaults: Any) -> str:
    """The fingerprint of a chart's templates and default values; it reveals a chart that changed without a new version."""
    digest = hashlib.sha256()
    for name, content in sorted(templates.items()):
        digest.update(f"{name}\0{content.strip()}\0".encode())
    digest.update(json.dumps(defaults or {}, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:12]


def _written_fingerprint(chart: Mapping[str, Any]) -> str:
    templates = {one["name"]: base64.b64decode(one.get("data") or "").decode(errors="replace") for one in chart.get("templates") or ()}
    return fingerprint(templates, chart.get("values"))


def chart_of_files(files: Mapping[str, str], where: str) -> Chart:
    """A chart from its files by path. Raises ValueError that says what is missing."""
    try:
        told = load(files["Chart.yaml"])
        name, version = str(told["name"]), str(told["version"])
    except (KeyError, TypeError, yaml.YAMLError) as error:
        raise ValueError(f"{where} has no Chart.yaml with name and version, so it is not a Helm chart") from error
    templates = {path: text for path, text in files.items() if path.startswith("templates/")}
    defaults = load(files.get("values.yaml") or "") or {}
    return Chart(name, version, files=dict(files), fingerprint=fingerprint(templates, defaults))


def shown_values(values: Any, path: str = "") -> dict[str, Any]:
    """Values by path. Those whose name suggests a secret are hidden."""
    if is_leaf(values):
        return {path: _shown(path, values)} if path else {}
    items = values.items() if isinstance(values, Mapping) else [(f"[{number}]", item) for number, item in enumerate(values)]
    found: dict[str, Any] = {}
    for key, item in items:
        place = f"{path}{key}" if str(key).startswith("[") else f"{path}.{key}" if path else str(key)
        found |= shown_values(item, place)
    return found


def found_values(wanted: Any, live: Any) -> dict[str, Any]:
    """The values of a release in the form in which ``shown_values`` shows the wanted ones: equal where the values are equal."""
    ours, theirs, real, there = shown_values(wanted), shown_values(live), _real(wanted), _real(live)
    return {
        place: ours[place] if _equal(real.get(place), there[place]) and place in ours else _other(value, ours.get(place))
        for place, value in theirs.items()
    }


def _other(value: Any, wanted: Any) -> Any:
    """A value that differs from the wanted one, shown so that the two remain distinguishable: hidden values, or 1 in place of true."""
    if value != wanted:
        return value
    return ANOTHER if isinstance(value, str) else str(value)


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other if isinstance(one, bool) or isinstance(other, bool) else bool(one == other)


def _real(value: Any, path: str = "") -> dict[str, Any]:
    if is_leaf(value):
        return {path: value}
    items = value.items() if isinstance(value, Mapping) else [(f"[{number}]", item) for number, item in enumerate(value)]
    found: dict[str, Any] = {}
    for key, item in items:
        found |= _real(item, f"{path}{key}" if str(key).startswith("[") else f"{path}.{key}" if path else str(key))
    return found


def _shown(path: str, value: Any) -> Any:
    name = path.rpartition(".")[2].partition("[")[0]
    if secret_looking(name) and not isinstance(value, bool) and value not in (None, "", {}, []):
        return SENSITIVE
    if isinstance(value, list):
        return [mask(item) if isinstance(item, str) else item for item in value]
    return mask(value) if isinstance(value, str) else value


def secrets_in(values: Any) -> list[str]:
    """The texts among the values that must never be shown."""
    hidden = {place for place, value in shown_values(values).items() if value == SENSITIVE}
    found: list[str] = []
    for place, value in _real(values).items():
        if place in hidden:
            found += [str(item) for item in (value if isinstance(value, list) else [value])]
    return found
