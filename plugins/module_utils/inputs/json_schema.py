# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks a value against a JSON Schema, as far as services use it to describe their settings. Pure functions.

Keywords that are not known here are not checked: the service has the last word. A schema that is not understood refuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .problems import suggestion

Schema = Mapping[str, Any]

NAMES = {bool: "boolean", str: "string", int: "integer", float: "number", dict: "object", list: "array", type(None): "null"}
TYPE = "its type must be"
DEEPEST = 64
"""References that are followed one after the other; a schema that refers to itself without end is not followed further."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong at a path below the checked value (``.env.NAME``, ``[0]``). ``remedy`` completes "it is <value>, but ..."."""

    path: str
    value: Any
    remedy: str


def mistakes(value: Any, schema: Any) -> list[Mistake]:
    """Every violation of a schema, in the order of the value."""
    return list(_mistakes(value, schema, "", _Root(schema)))


@dataclass(frozen=True)
class _Root:
    document: Any
    depth: int = 0

    def resolve(self, reference: str) -> Any:
        """What a reference within the document points to; True, which accepts everything, if there is no such place."""
        found = self.document
        for part in reference.removeprefix("#").strip("/").split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if name:
                found = found.get(name, True) if isinstance(found, Mapping) else True
        return found if reference.startswith("#") else True


def _mistakes(value: Any, schema: Any, path: str, root: _Root) -> Iterator[Mistake]:
    if schema is False:
        yield Mistake(path, value, "nothing is allowed here; leave it out")
    if not isinstance(schema, Mapping):
        return
    if isinstance(schema.get("$ref"), str):
        if root.depth < DEEPEST:
            yield from _mistakes(value, root.resolve(schema["$ref"]), path, _Root(root.document, root.depth + 1))
        return
    if remedy := _wrong_type(value, schema) or _wrong_value(value, schema):
        yield Mistake(path, value, remedy)
        return
    for check in (_of_mapping, _of_list, _of_alternatives):
        yield from check(value, schema, path, root)


def _is(value: Any, kind: str) -> bool:
    """Whether a value has a type of JSON. A boolean is no number, and 1.0 is an integer."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "number":
        return isinstance(value, int | float)
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    types: Mapping[str, type | tuple[type, ...]] = {"string": str, "object": Mapping, "array": (list, tuple), "null": type(None)}
    return (kind not in types and kind != "boolean") or (kind in types and isinstance(value, types[kind]))


def _wrong_type(value: Any, schema: Schema) -> str:
    kinds = schema.get("type", [])
    wanted = [kinds] if isinstance(kinds, str) else [str(kind) for kind in kinds]
    if not wanted or any(_is(value, kind) for kind in wanted):
        return ""
    return f"{TYPE} {' or '.join(wanted)}{_as_text(value, wanted)}"


def _as_text(value: Any, wanted: list[str]) -> str:
    """How to write the value as a string, where YAML has read it as something else; or as what the string says."""
    if "string" in wanted and isinstance(value, bool):
        return f'; write "{str(value).lower()}" in quotes'
    if "string" in wanted and isinstance(value, int | float):
        return f'; write "{value}" in quotes'
    if isinstance(value, str) and ({"integer", "number", "boolean"} & set(wanted)):
        return "; write it without quotes"
    return ""


def _wrong_value(value: Any, schema: Schema) -> str:
    if isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        return f"it must be one of {', '.join(str(one) for one in schema['enum'])}"
    if "const" in schema and value != schema["const"]:
        return f"it must be {schema['const']}"
    if isinstance(value, str):
        return _wrong_text(value, schema)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return next((remedy.format(schema[key]) for key, (fails, remedy) in NUMBERS.items() if _fails(value, schema, key, fails)), "")
    return ""


NUMBERS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minimum": (lambda value, limit: value < limit, "it must be at least {}"),
    "maximum": (lambda value, limit: value > limit, "it must be at most {}"),
    "exclusiveMinimum": (lambda value, limit: value <= limit, "it must be more than {}"),
    "exclusiveMaximum": (lambda value, limit: value >= limit, "it must be less than {}"),
    "multipleOf": (lambda value, limit: bool(value % limit), "it must be a multiple of {}"),
}
LENGTHS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minLength": (lambda value, limit: len(value) < limit, "it must have at least {} characters"),
    "maxLength": (lambda value, limit: len(value) > limit, "it must have at most {} characters"),
}
SIZES: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minItems": (lambda value, limit: len(value) < limit, "it must have at least {} items"),
    "maxItems": (lambda value, limit: len(value) > limit, "it must have at most {} items"),
}


def _fails(value: Any, schema: Schema, key: str, fails: Callable[[Any, Any], bool]) -> bool:
    limit = schema.get(key)
    return isinstance(limit, int | float) and not isinstance(limit, bool) and bool(limit or key != "multipleOf") and fails(value, limit)


def _wrong_text(value: str, schema: Schema) -> str:
    for key, (fails, remedy) in LENGTHS.items():
        if _fails(value, schema, key, fails):
            return remedy.format(schema[key])
    if isinstance(schema.get("pattern"), str) and not _matches(schema["pattern"], value):
        return f"it must match {schema['pattern']}"
    return ""


def _matches(pattern: str, text: str) -> bool:
    """Patterns of JSON Schema match anywhere. A pattern that Python does not understand matches everything."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def _of_mapping(value: Any, schema: Schema, path: str, root: _Root) -> Iterator[Mistake]:
    if not isinstance(value, Mapping):
        return
    properties, patterns = _mapping(schema, "properties"), _mapping(schema, "patternProperties")
    others = schema.get("additionalProperties", True)
    for name in schema.get("required") or []:
        if name not in value:
            yield Mistake(path, dict(value), f"it needs {name}")
    for name, item in value.items():
        own = [properties[name]] if name in properties else []
        own += [some for pattern, some in patterns.items() if _matches(pattern, str(name))]
        if not own and others is False:
            yield Mistake(f"{path}.{name}", item, f"there is no such setting; {suggestion(str(name), list(properties) or ['none'])}")
            continue
        for one in own or [others]:
            yield from _mistakes(item, one, f"{path}.{name}", root)


def _mapping(schema: Schema, key: str) -> Mapping[str, Any]:
    found = schema.get(key)
    return found if isinstance(found, Mapping) else {}


def _of_list(value: Any, schema: Schema, path: str, root: _Root) -> Iterator[Mistake]:
    if not isinstance(value, list | tuple):
        return
    yield from (
        Mistake(path, value, remedy.format(schema[key])) for key, (fails, remedy) in SIZES.items() if _fails(value, schema, key, fails)
    )
    for position, item in enumerate(value):
        yield from _mistakes(item, schema.get("items", True), f"{path}[{position}]", root)


def _of_alternatives(value: Any, schema: Schema, path: str, root: _Root) -> Iterator[Mistake]:
    """All of ``allOf``; of ``anyOf`` and ``oneOf``, the mistakes of the alternative that fits best if none fits."""
    for one in schema.get("allOf") or []:
        yield from _mistakes(value, one, path, root)
    for key in ("anyOf", "oneOf"):
        found = [list(_mistakes(value, one, path, root)) for one in schema.get(key) or []]
        if found and all(found):
            yield from max(found, key=lambda some: _nearness(some, path))


def _nearness(found: list[Mistake], path: str) -> tuple[int, bool, int]:
    """How near a value is to an alternative: its mistakes are deep inside, its own type is right, and there are few of them."""
    deepest = max(len(one.path) for one in found)
    return deepest, not any(one.path == path and one.remedy.startswith(TYPE) for one in found), -len(found)
