# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of k8s_objects and of the releases among them: their structure, and one sentence for each problem."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...cluster_objects.options import CONNECTION
from ...component.options import CHANGE, OWNER, PATIENCE, shared
from .releases.release import RELEASE_NAME, Chart, WantedRelease, chart_of_files

RELEASE: dict[str, Any] = {
    "namespace": {"type": "str", "required": True},
    "chart": {"type": "str"},
    "chart_files": {"type": "dict"},
    "repository": {"type": "str"},
    "version": {"type": "str"},
    "values": {"type": "dict"},
    "after": {"type": "list"},
    "create_namespace": {"type": "bool"},
    "wait": {"type": "bool"},
}


def argument_spec() -> dict[str, Any]:
    """The options of k8s_objects. ``objects`` and ``releases`` are no_log because Ansible writes module options to the system log."""
    return {
        **shared(*OWNER, *CHANGE, *PATIENCE),
        **CONNECTION,
        "name": {"type": "str"},
        "objects": {"type": "list", "elements": "dict", "default": [], "no_log": True},
        "patches": {"type": "list", "elements": "dict", "default": [], "no_log": True},
        "releases": {"type": "dict", "default": {}, "no_log": True},
        "sensitive": {"type": "list", "elements": "str", "default": []},
        "helm_binary": {"type": "str", "default": "helm"},
    }


def releases_of(given: Mapping[str, Any], within: str) -> tuple[list[WantedRelease], list[str]]:
    """The releases, and one sentence for each problem with them. ``within`` is the prefix of resource names."""
    found: list[WantedRelease] = []
    problems: list[str] = []
    for name, settings in given.items():
        if settings is None:
            continue
        one, wrong = release_of(name, settings, f"releases.{name}", within)
        problems += wrong
        found += [one] if one is not None else []
    return found, problems


def release_of(name: str, settings: Any, where: str, within: str) -> tuple[WantedRelease | None, list[str]]:
    """One release, and one sentence for each problem with it. ``where``: the option that describes it."""
    wrong = _shape(name, settings, where)
    chart = None if wrong else _chart(settings, where, wrong)
    if chart is None:
        return None, wrong
    found = WantedRelease(
        called=name,
        name=f"{within}/{name}",
        namespace=settings["namespace"],
        chart=chart,
        values=settings.get("values") or {},
        after=tuple(map(str, settings.get("after") or ())),
        create_namespace=settings.get("create_namespace", False),
        wait=settings.get("wait", True),
    )
    return found, wrong


TYPES: Mapping[str, tuple[type, str]] = {
    "str": (str, "a string"),
    "dict": (Mapping, "a mapping"),
    "list": (list, "a list"),
    "bool": (bool, "true or false"),
}


def _shape(name: str, settings: Any, where: str) -> list[str]:
    if not RELEASE_NAME.fullmatch(name):
        return [f"{where}: {name!r} is not a release name: use at most 53 lower-case letters, digits and '-', with no '-' at either end"]
    if not isinstance(settings, Mapping):
        return [f"{where} is a {type(settings).__name__}; it must be a mapping with at least namespace and chart"]
    wrong = [f"{where} has no setting {one}; valid names are {', '.join(sorted(RELEASE))}" for one in settings if one not in RELEASE]
    for setting, option in RELEASE.items():
        value = settings.get(setting)
        expected, called = TYPES[option["type"]]
        if value is None:
            if option.get("required"):
                wrong.append(f"{where} has no {setting}; it must be {called}")
        elif not isinstance(value, expected):
            shown = "" if setting == "values" else f" {value!r}"
            wrong.append(f"{where}.{setting} is{shown or ' something else'}; it must be {called}")
    return wrong


def _chart(settings: Mapping[str, Any], where: str, problems: list[str]) -> Chart | None:
    files, source, version = settings.get("chart_files"), settings.get("chart"), settings.get("version")
    if bool(files) is bool(source):
        problems.append(f"{where} must have either chart (a folder, oci://..., or a name in repository) or chart_files")
        return None
    try:
        if files:
            chart = chart_of_files(files, f"{where}.chart_files")
        elif source and (Path(source) / "Chart.yaml").is_file():
            chart = _in_folder(Path(source))
        else:
            return _elsewhere(settings, where, problems)
    except ValueError as error:
        problems.append(str(error))
        return None
    if version and version != chart.version:
        problems.append(f"{where}.version is {version!r}, but the chart in the folder is {chart.name} {chart.version}; leave it out")
    return chart


def _in_folder(folder: Path) -> Chart:
    names = [folder / "Chart.yaml", folder / "values.yaml", *sorted((folder / "templates").rglob("*"))]
    files = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in names if path.is_file()}
    chart = chart_of_files(files, str(folder))
    return Chart(chart.name, chart.version, str(folder), fingerprint=chart.fingerprint)


def _elsewhere(settings: Mapping[str, Any], where: str, problems: list[str]) -> Chart | None:
    """A chart in a repository. Its version must be exact, because a plan does not query the repository."""
    source, repository, version = settings["chart"], settings.get("repository") or "", settings.get("version") or ""
    if not repository and not source.startswith("oci://"):
        problems.append(
            f"{where}.chart is {source!r}, which is not a folder with a Chart.yaml on this host; also set repository, or use oci://..."
        )
    elif not re.fullmatch(r"v?\d+\.\d+\.\d+\S*", version):
        problems.append(f"{where}.version is {version!r}; a chart from a repository needs an exact version such as 1.13.0")
    else:
        return Chart(source.rpartition("/")[2], version, source, repository)
    return None
