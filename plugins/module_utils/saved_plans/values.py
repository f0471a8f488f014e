# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values of resources as JSON, without secrets, and how a planned value is compared with a current one. Pure functions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..reconcile.model import SENSITIVE, UNKNOWN, Property, Ref, is_unknown
from ..sensitive.texts import hidden_together

REFERENCE = "$ref"
"""The key that marks a reference. In other mappings, keys that begin with ``$`` get one more. A reference that is itself a key (in a trust
policy, for example) is written as JSON after this marker and a colon."""


def encode(value: Any) -> Any:
    """A value in a form that JSON can hold. A reference becomes its address and those of its fields that differ from the default."""
    if isinstance(value, Ref):
        usual = Ref(value.address)
        rest = {name: getattr(value, name) for name in ("attribute", "prefix", "suffix") if getattr(value, name) != getattr(usual, name)}
        return {REFERENCE: value.address, **rest}
    if isinstance(value, Mapping):
        return {_key(key): encode(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((encode(item) for item in value), key=canonical)
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _key(key: Any) -> str:
    if isinstance(key, Ref):
        return f"{REFERENCE}:{canonical(encode(key))}"
    return f"${key}" if str(key).startswith("$") else str(key)


def _decoded_key(key: str) -> Any:
    if key.startswith(f"{REFERENCE}:"):
        return decode(json.loads(key.removeprefix(f"{REFERENCE}:")))
    return key.removeprefix("$") if key.startswith("$$") else key


def decode(value: Any) -> Any:
    """Reverse ``encode``: turn encoded references back into references."""
    if isinstance(value, Mapping):
        if REFERENCE in value:
            return Ref(value[REFERENCE], **{name: item for name, item in value.items() if name != REFERENCE})
        return {_decoded_key(key): decode(item) for key, item in value.items()}
    return [decode(item) for item in value] if isinstance(value, list) else value


def masked(value: Any, secrets: Collection[str]) -> Any:
    """An encoded value with every occurrence of a secret replaced, including those in longer strings, keys and numbers.

    A secret leaves no trace, not even a hash: a short secret could be guessed from its hash.
    """
    if not secrets:
        return value
    pattern = re.compile("|".join(re.escape(secret) for secret in sorted(secrets, key=lambda one: (-len(one), one))))

    def mask(one: Any) -> Any:
        if isinstance(one, Mapping):
            return {pattern.sub(SENSITIVE, key): mask(item) for key, item in one.items()}
        if isinstance(one, list):
            return [mask(item) for item in one]
        if isinstance(one, str):
            return pattern.sub(SENSITIVE, one)
        return SENSITIVE if not isinstance(one, bool) and one is not None and str(one) in secrets else one

    return mask(value)


def masked_together(before: Any, after: Any, secrets: Collection[str]) -> tuple[Any, Any]:
    """Two encoded values of one property, with secrets replaced, along with whatever one value has in place of the other's secret."""
    return hidden_together(before, after, lambda value: masked(value, secrets)) if secrets else (before, after)


def canonical(value: Any) -> str:
    """The canonical text, identical for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode("utf-8", "backslashreplace")).hexdigest()


def normal(prop: Property | None, value: Any) -> Any:
    """An encoded value in the form that its kind compares; unchanged if the kind cannot interpret it (a masked value, for example)."""
    if prop is None or value is None:
        return value
    try:
        return encode(prop.normal(value))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return value


def agrees(planned: Any, now: Any) -> bool:
    """Whether a value matches the planned one. Where the planned value was unknown, any value matches."""
    if not is_unknown(planned):
        return bool(planned == now)
    if isinstance(planned, str):
        if planned == UNKNOWN:
            return True
        pattern = ".*".join(re.escape(part) for part in planned.split(UNKNOWN))
        return isinstance(now, str) and re.fullmatch(pattern, now, re.DOTALL) is not None
    if isinstance(planned, Mapping) and isinstance(now, Mapping):
        return len(planned) == len(now) and _entries(planned, now)
    return isinstance(planned, list) and isinstance(now, list) and len(planned) == len(now) and _pairs(planned, now)


def _entries(planned: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Match entries one to one by key. Keys may be unknown too: the name of an OIDC provider in a trust policy."""
    left = dict(now)
    for key, item in sorted(planned.items(), key=lambda entry: is_unknown(entry[0])):
        match = next((one for one in left if agrees(key, one) and agrees(item, left[one])), None)
        if match is None:
            return False
        del left[match]
    return True


def _pairs(planned: list[Any], now: list[Any]) -> bool:
    """Match items one to one, in any order: an unknown value was sorted by a different text. Exact matches are taken first."""
    left = list(now)
    vague = []
    for item in planned:
        if item in left:
            left.remove(item)
        else:
            vague.append(item)
    for item in vague:
        match = next((one for one in left if agrees(item, one)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def between(before: Any, now: Any, after: Any, leaving: Callable[[Any], bool] = lambda _item: False) -> bool:
    """Whether a value is a possible intermediate state of a change from ``before`` to ``after``, both ends included.

    A list or a mapping may change item by item: each item must come from one of the two, and items in both must be present. ``leaving``
    says which items of ``before`` may be missing anyway, because what they refer to is being deleted.
    """
    if now in (before, after):
        return True
    if now is None and not any(isinstance(one, list | Mapping) for one in (before, after)):
        return leaving(before)
    first, now, last = (_empty_like(one, (before, now, after)) if one is None else one for one in (before, now, after))
    if isinstance(now, Mapping) and isinstance(first, Mapping) and isinstance(last, Mapping):
        kept = {key for key in first if key in last and not leaving([key, first[key]])}
        return kept <= set(now) and all(item in [one[key] for one in (first, last) if key in one] for key, item in now.items())
    if isinstance(now, list) and isinstance(first, list) and isinstance(last, list):
        kept_items = [item for item in first if item in last and not leaving(item)]
        return all(item in now for item in kept_items) and all(item in first or item in last for item in now)
    return False


def _empty_like(one: Any, values: tuple[Any, ...]) -> Any:
    """The meaning of None next to lists or mappings."""
    return {} if any(isinstance(value, Mapping) for value in values) else []
