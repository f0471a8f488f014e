# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A module's options as Ansible echoes them, without the secrets in them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..reconcile.model import SENSITIVE
from ..sensitive.names import after_flags, hideable
from .hiding import Hiding
from .paths import Path, hidden, is_leaf, labels, shown, step, text

SHORTEST_SECRET = 6
"""Shorter texts are not masked in the output: they would match parts of unrelated words."""


class Echo:
    """The options without the secrets, which this class collects."""

    def __init__(self, hiding: Hiding) -> None:
        self.hiding = hiding
        self.secrets: list[str] = []

    def manifest(self, manifest: Mapping[str, Any]) -> Any:
        return self._without(str(manifest.get("kind")), manifest, ())

    def _without(self, kind: str, value: Any, path: Path) -> Any:
        if isinstance(value, Mapping):
            return {key: self._without(kind, item, (*path, step(kind, path, str(key), value))) for key, item in value.items()}
        if isinstance(value, list) and not is_leaf(value):
            names = zip(labels(value, path), value, strict=True)
            return [self._without(kind, item, (*path, name)) for name, item in names]
        sensitive = hidden(path) or (hideable(value) and self.hiding.is_sensitive(None, text(path)))
        items = value if isinstance(value, list) else [value]
        for flag, item in zip(after_flags(items), items, strict=True):
            if (flag or sensitive) and hideable(item):
                self.secrets += _spellings(str(item), encoded=path[:1] == ("data",) and kind == "Secret")
        return SENSITIVE if sensitive and hideable(value) else shown(path, value)


def _spellings(text: str, *, encoded: bool) -> list[str]:
    if not encoded:
        return [text, base64.b64encode(text.encode()).decode()]
    try:
        return [text, base64.b64decode(text).decode()]
    except ValueError:
        return [text]


def mask_in_output(module: Any, secrets: list[str]) -> None:
    """Have Ansible mask exactly these texts.

    Options with manifests are declared no_log, which makes Ansible mask every text in them wherever it occurs, even names of namespaces.
    This code knows better which of their values are secret.
    """
    module.no_log_values.clear()
    module.no_log_values.update(text for text in secrets if len(text) >= SHORTEST_SECRET)
