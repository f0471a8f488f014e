# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The wanted Helm releases, and how their values compare with those in Helm's records. Pure functions."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

with contextlib.suppress(ImportError):  # the module reports missing libraries
    import yaml

from ....cluster_objects.paths import Veiled, is_leaf, shown
from ....kubernetes.documents import load
from ....sensitive.names import after_flags, hideable, is_secret
from ....sensitive.texts import ANOTHER

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
        reported = load(files["Chart.yaml"])
        name, version = str(reported["name"]), str(reported["version"])
    except (KeyError, TypeError, yaml.YAMLError) as error:
        raise ValueError(f"{where} has no Chart.yaml with name and version, so it is not a Helm chart") from error
    templates = {path: text for path, text in files.items() if path.startswith("templates/")}
    defaults = load(files.get("values.yaml") or "") or {}
    return Chart(name, version, files=dict(files), fingerprint=fingerprint(templates, defaults))


def shown_values(values: Any) -> dict[str, Any]:
    """Values by path. Values that are secret because of their own name or a parent's name are hidden."""
    return {place: _shown(value, secret) for place, value, secret in _leaves(values)}


def _leaves(value: Any, place: str = "", secret: bool = False) -> Iterator[tuple[str, Any, bool]]:
    """Every single value: its path, the value, and whether it is secret."""
    if is_leaf(value):
        if place:
            yield place, value, secret
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{place}.{key}" if place else str(key), secret or is_secret(str(key), value))
    else:
        for number, item in enumerate(value):
            yield from _leaves(item, f"{place}[{number}]", secret)


def found_values(wanted: Any, live: Any) -> dict[str, Any]:
    """The values of a release in the form in which ``shown_values`` shows the wanted ones: equal where the values are equal."""
    ours, theirs = shown_values(wanted), shown_values(live)
    real, there = ({place: value for place, value, _secret in _leaves(values)} for values in (wanted, live))
    return {
        place: ours[place] if _equal(real.get(place), there[place]) and place in ours else _other(value, ours.get(place))
        for place, value in theirs.items()
    }


def _other(value: Any, wanted: Any) -> Any:
    """A value that differs from the wanted one, shown so that the two remain distinguishable: hidden values, or 1 in place of true."""
    if value != wanted:
        return value
    return ANOTHER if isinstance(value, str | list) else str(value)


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other if isinstance(one, bool) or isinstance(other, bool) else bool(one == other)


def _shown(value: Any, secret: bool) -> Any:
    return shown((Veiled(),) if secret else (), value)


def secrets_in(values: Any, sensitive: Collection[str] = ()) -> list[str]:
    """The strings among the values that must never be shown: secrets, and values at ``sensitive`` paths."""
    found: list[str] = []
    for place, value, secret in _leaves(values):
        if secret or place in sensitive:
            found += [str(item) for item in (value if isinstance(value, list) else [value]) if hideable(item)]
        elif isinstance(value, list):
            found += [str(item) for flag, item in zip(after_flags(value), value, strict=True) if flag]
    return found
