# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The wanted Helm releases, and how their values compare with those in Helm's records. Pure functions."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

with contextlib.suppress(ImportError):  # the module reports missing libraries
    import yaml

from ....kubernetes.documents import load
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


def fingerprint(templates: Mapping[str, str], defaults: Any) -> str:
    """The fingerprint of a chart's templates and default values; it reveals a chart that changed without a new version."""
    digest = hashlib.sha256()
    for name, content in sorted(templates.items()):
        digest.update(f"{name}\0{content.strip()}\0".encode())
    digest.update(json.dumps(defaults or {}, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:12]


def chart_of_files(files: Mapping[str, str], where: str) -> Chart:
    """A chart from its files by path. Raises ValueError that says what is missing."""
    try:
        told = load(files["Chart.yaml"])
        name, version = str(told["name"]), str(told["version"])
    except (KeyError, TypeError, yaml.YAMLError) as error:
        raise ValueError(f"{where} has no Chart.yaml with name and version, so it is no Helm chart") from error
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
