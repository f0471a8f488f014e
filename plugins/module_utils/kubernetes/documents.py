# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parse YAML with libyaml where PyYAML includes it: the pure-Python parser takes ten times as long."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

with contextlib.suppress(ImportError):  # the module reports missing packages
    import yaml

    LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """Parse the single document in a text. Raises yaml.YAMLError."""
    return yaml.load(text, LOADER)  # noqa: S506 - both loaders are safe ones


def load_all(text: str) -> Iterator[Any]:
    """Parse every document in a text. Raises yaml.YAMLError."""
    return iter(yaml.load_all(text, LOADER))


def merged_aliases(text: str) -> int:
    """The number of aliases in a text that also has merge keys (``<<``); 0 without merge keys. Raises yaml.YAMLError."""
    aliases = merges = 0
    for event in yaml.parse(text, LOADER):
        aliases += isinstance(event, yaml.AliasEvent)
        merges += isinstance(event, yaml.ScalarEvent) and event.value == "<<"
    return aliases if merges else 0
