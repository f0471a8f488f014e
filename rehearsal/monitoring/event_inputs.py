"""What a rule gives to its targets, after "Amazon EventBridge input transformation" in the EventBridge User Guide. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]")
_PLACE = re.compile(r"<([\w.-]+)>")


class InputError(ValueError):
    """An input that EventBridge would not deliver."""


def found(event: Any, path: str) -> Any:
    """What a JSON path such as $.detail.state.value or $.resources[0] leads to; None if to nothing."""
    position, rest = event, path.removeprefix("$")
    while rest:
        match = _STEP.match(rest)
        if match is None:
            raise InputError(f"the path {path} cannot be read")
        step: Any = int(match[2]) if match[2] else match[1] or match[3]
        try:
            position = position[step]
        except (KeyError, IndexError, TypeError):
            return None
        rest = rest[match.end() :]
    return position


def target_input(target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, str]) -> str:
    """The text that a target gets: its constant, a part of the event, what its template makes of the event, or the event.

    ``rule``: name and arn. Raises InputError.
    """
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(found(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    values = {name: found(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    predefined = {
        "aws.events.rule-arn": rule["arn"],
        "aws.events.rule-name": rule["name"],
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event.get("time"),
    }
    return filled(str(transformer["InputTemplate"]), {**values, **predefined})


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with its places filled: within quotes by text, elsewhere by JSON. Raises InputError if the result is not JSON."""
    parts, position, quoted = [], 0, False
    for match in _PLACE.finditer(template):
        between = template[position : match.start()]
        quoted ^= len(re.findall(r'(?<!\\)"', between)) % 2 == 1
        parts.append(between)
        parts.append(_placed(values.get(match[1]), quoted=quoted) if match[1] in values else match[0])
        position = match.end()
    return _as_json("".join([*parts, template[position:]]))


def _as_json(text: str) -> str:
    """The text itself if it is JSON. Several lines of texts in quotes are one text of several lines."""
    try:
        json.loads(text, strict=False)
    except ValueError as error:
        try:
            lines = [json.loads(line, strict=False) for line in text.splitlines() if line.strip()]
        except ValueError:
            lines = []
        if not lines or not all(isinstance(line, str) for line in lines):
            raise InputError(f"the filled template is not JSON: {error}") from None
        return json.dumps("\n".join(lines))
    return text


def _placed(value: Any, *, quoted: bool) -> str:
    if value is None:
        return ""
    if not quoted:
        return json.dumps(value)
    return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]
