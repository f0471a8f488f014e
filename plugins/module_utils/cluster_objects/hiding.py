# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Hides more than values with the name of a secret: values at paths that the caller declares sensitive, and values from Vault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..reconcile.model import SENSITIVE
from ..sensitive.names import hideable
from ..sensitive.texts import ANOTHER, Texts


@dataclass(frozen=True)
class Hiding:
    """What is sensitive in one call.

    ``paths``: patterns with ``*`` and ``?`` of paths as plans show them, such as ``data.license`` or ``spec.settings.*``. With an address
    and a colon before it, a pattern applies only to that object or release. Everything below a path is included.
    """

    paths: Iterable[str] = ()
    texts: Texts = field(default_factory=Texts)

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str] | None, re.Pattern[str]]]:
        return [_parsed(path) for path in self.paths]

    def is_sensitive(self, address: str | None, path: str) -> bool:
        """Whether the caller declared a path sensitive. None as the address means in any object or release."""
        return any(
            (whose is None or address is None or whose.fullmatch(address)) and where.fullmatch(path) for whose, where in self._patterns
        )

    def wanted(self, address: str | None, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Wanted values by path, as plans show them."""
        return {path: SENSITIVE if self._hides(address, path, value) else value for path, value in fields.items()}

    def live(self, address: str, fields: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Live values by path, equal to ``self.wanted`` where they match. ``wanted``: the wanted values before hiding."""
        found = {}
        for path, value in fields.items():
            if self._hides(address, path, value) or (path in wanted and self._hides(address, path, wanted[path])):
                found[path] = SENSITIVE if value == wanted.get(path) else ANOTHER
            else:
                found[path] = value
        return found

    def _hides(self, address: str | None, path: str, value: Any) -> bool:
        return hideable(value) and (self.is_sensitive(address, path) or self.texts.found_in(value))


def _parsed(pattern: str) -> tuple[re.Pattern[str] | None, re.Pattern[str]]:
    address, colon, path = pattern.partition(":")
    if not colon or not re.match(r"[a-z*?_]+\.", address):
        address, path = "", pattern
    return (re.compile(_regular(address)) if address else None), re.compile(rf"{_regular(path)}([.\[].*)?", re.DOTALL)


def _regular(pattern: str) -> str:
    """Brackets are part of paths (``containers[app]``), so only ``*`` and ``?`` are wildcards."""
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
