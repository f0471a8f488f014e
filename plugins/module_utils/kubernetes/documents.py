# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""YAML documents, parsed by libyaml where PyYAML has it: the parser in pure Python takes ten times as long."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

with contextlib.suppress(ImportError):  # the module says what is missing
    import yaml

    LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """The one document of a text. Raises yaml.YAMLError."""
    return yaml.load(text, LOADER)  # noqa: S506 - both loaders are safe ones


def load_all(text: str) -> Iterator[Any]:
    """Every document of a text. Raises yaml.YAMLError."""
    return iter(yaml.load_all(text, LOADER))
