# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads plain manifests from files on the controller: the only part of the application's settings that is not in the settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...cluster_objects.isolation import ITS_NAMESPACE
from ...inputs.reader import Reader
from ...inputs.values import as_namespace, as_text
from ...kubernetes.documents import load_all
from .images import problem

SUFFIXES = (".yaml", ".yml", ".json")
OTHER_TOOLS = {
    "kustomization.yaml": "render it with kustomize and name the result",
    "kustomization.yml": "render it with kustomize and name the result",
    "Chart.yaml": "it is a Helm chart, so use chart instead of manifests",
}


@dataclass(frozen=True)
class File:
    """One file and its documents. ``name``: as messages show it."""

    name: str
    documents: tuple[Any, ...]


@dataclass(frozen=True)
class Limits:
    """Where an application's manifests may reach, and which images they get instead of their own, by repository."""

    other_namespaces: tuple[str, ...] = ()
    cluster_scoped: bool = False
    images: Mapping[str, str] = field(default_factory=dict)


def read_limits(reader: Reader) -> Limits:
    images = reader.string_map("manifest_images")
    wrong = {name: remedy for name, reference in images.items() if (remedy := problem(reference))}
    reader.problems.messages += [f"{reader.at(f'manifest_images.{name}')}: {remedy}" for name, remedy in wrong.items()]
    return Limits(
        reader.items("other_namespaces", (), as_namespace, ITS_NAMESPACE),
        reader.boolean("cluster_scoped", False),
        {name: reference for name, reference in images.items() if name not in wrong},
    )


def read_files(reader: Reader) -> list[File]:
    """The files of ``manifests``: a folder or file, or a list of them. A folder's own files in order of their names, as kubectl does it."""
    given = reader.take("manifests")
    paths = [given] if isinstance(given, str) else list(reader.items("manifests", (), as_text, "it must be the path of a folder or file"))
    found = [file for path in paths for file in _of(path, reader)]
    if not found and not any(one.startswith(reader.at("manifests")) for one in reader.problems.messages):
        reader.problems.add(reader.at("manifests"), given, f"it has no files that end in {', '.join(SUFFIXES)}")
    return found


def _of(given: str, reader: Reader) -> Iterator[File]:
    path = Path(given).expanduser()
    if path.is_file():
        yield from _parsed([path], path.parent, reader)
    elif path.is_dir():
        for name, remedy in OTHER_TOOLS.items():
            if (path / name).exists():
                reader.problems.add(reader.at("manifests"), given, f"it contains {name}; {remedy}")
                return
        yield from _parsed(sorted(one for one in path.iterdir() if one.suffix in SUFFIXES and one.is_file()), path, reader)
    else:
        reader.problems.add(reader.at("manifests"), given, "there is no such folder or file on this host; use an absolute path")


def _parsed(paths: Iterable[Path], folder: Path, reader: Reader) -> Iterator[File]:
    import yaml

    for path in paths:
        name = f"{folder.name}/{path.name}"
        try:
            yield File(name, tuple(one for one in load_all(path.read_text(encoding="utf-8")) if one is not None))
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            # The error's own text may quote the file, which may hold a secret.
            mark = getattr(error, "problem_mark", None)
            where = f" at line {mark.line + 1}" if mark else ""
            hint = "; render templates first" if mark and "{{" in path.read_text(encoding="utf-8", errors="replace") else ""
            reader.problems.messages.append(f"{reader.at('manifests')}: {name} is not valid YAML{where}{hint}")
