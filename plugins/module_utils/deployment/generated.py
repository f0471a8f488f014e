# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets whose values are generated: each key once, when it does not exist yet, and never changed afterwards."""

from __future__ import annotations

import base64
import json
import secrets
import string
from collections.abc import Mapping
from typing import Any

from ..cluster_objects.manifest import DOMAIN
from ..kubernetes.values import Obj

ANNOTATION = f"{DOMAIN}/generate"
"""Of a Secret: the lengths of the values to generate by key, as JSON."""

MANAGER = "mainstay-generate"
"""The field manager of generated values. Not that of applies: an apply of a manifest without these keys would remove them."""

LETTERS = string.ascii_letters + string.digits
LONGEST = 4096


def lengths(manifest: Mapping[str, Any]) -> dict[str, int]:
    """The lengths by key; empty for other objects. Raises ValueError for an annotation that is not such a mapping."""
    if manifest.get("kind") != "Secret":
        return {}
    text = ((manifest.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION)
    if text is None:
        return {}
    found = json.loads(text)
    if not isinstance(found, dict) or not all(isinstance(one, int) and 0 < one <= LONGEST for one in found.values()):
        raise ValueError(f"the annotation {ANNOTATION} must be a JSON mapping of keys to lengths from 1 to {LONGEST}")
    return found


def missing(manifest: Mapping[str, Any], live: Obj | None) -> dict[str, int]:
    """The lengths of the keys that do not exist yet."""
    there = (live or {}).get("data") or {}
    return {key: length for key, length in lengths(manifest).items() if not there.get(key)}


def values(wanted: Mapping[str, int]) -> dict[str, str]:
    """A random value for each key, encoded as in the data of a Secret."""
    made = {key: "".join(secrets.choice(LETTERS) for _each in range(length)) for key, length in wanted.items()}
    return {key: base64.b64encode(value.encode()).decode() for key, value in made.items()}
