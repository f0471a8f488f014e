# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of one component's secret headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....inputs.problems import Problems
from ....inputs.reader import Reader

MARKER = re.compile(r"[A-Za-z0-9_.:-]{0,64}")
LONGEST_NAME = 30
PREFIX = "origin-"
"""What the names of secrets begin with, below the path of their component."""


@dataclass(frozen=True)
class SecretHeader:
    """``rotation``: a marker; another one generates another value. ``in_use``: the rotation whose value the distribution sends."""

    name: str
    path: str
    rotation: str = ""
    in_use: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def promoted(self) -> bool:
        return self.in_use == self.rotation


SecretHeaders = Mapping[str, SecretHeader]


def read_origin_secrets(given: Any, path: str, problems: Problems) -> SecretHeaders:
    reader = Reader(given, path, problems)
    return {name: _secret(name, one) for name, one in reader.named("the name of a secret header", LONGEST_NAME)}


def _secret(name: str, reader: Reader) -> SecretHeader:
    markers = {key: _marker(reader, key) for key in ("rotation", "in_use")}
    found = SecretHeader(name, reader.path, **markers, tags=tuple(reader.tags("tags").items()))
    reader.finish()
    return found


def _marker(reader: Reader, key: str) -> str:
    """Quoted, since YAML reads 2026-12-01 as a date."""
    value = reader.take(key)
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or not MARKER.fullmatch(value):
        reader.problems.add(reader.at(key), value, 'it must be a quoted text of letters, digits, and _.:-, such as "2026-12"')
        return ""
    return value
