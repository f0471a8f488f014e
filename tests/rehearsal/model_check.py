"""Compares responses on the wire with botocore's model of the operation: no unknown members, correct types."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

_TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$|^\d+(\.\d+)?$")
_NOT_MODELED = {"RequestId", "requestId", "ResponseMetadata", "RequestID"}


def problems(operation_model: Any, body: bytes) -> list[str]:
    """Mismatches between a successful response and the model; empty if there are none, or if it is malformed: botocore reports that."""
    shape = operation_model.output_shape
    if shape is None or not body or shape.serialization.get("payload"):
        return []
    protocol = operation_model.service_model.resolved_protocol
    if protocol in ("json", "rest-json"):
        return _json(json.loads(body), shape, operation_model.name)
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return []
    wrapper = shape.serialization.get("resultWrapper")
    if wrapper:
        root = next((child for child in root if _local(child) == wrapper), ElementTree.Element("none"))
    return _xml_structure(root, shape, operation_model.name)


def _json(value: Any, shape: Any, path: str) -> list[str]:
    if value is None:
        return []
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            return [f"{path} is no object: {value!r}"]
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        unknown = [f"{path}.{name} is unknown" for name in value if name not in members]
        return unknown + [problem for name in value if name in members for problem in _json(value[name], members[name], f"{path}.{name}")]
    if shape.type_name == "list":
        if not isinstance(value, list):
            return [f"{path} is no list: {value!r}"]
        return [problem for item in value for problem in _json(item, shape.member, f"{path}[]")]
    if shape.type_name == "map":
        return [problem for key, item in value.items() for problem in _json(item, shape.value, f"{path}[{key}]")]
    expected: Any = {"string": str, "boolean": bool, "integer": int, "long": int}.get(shape.type_name)
    return [] if expected is None or isinstance(value, expected) else [f"{path} is no {shape.type_name}: {value!r}"]


def _xml_structure(node: ElementTree.Element, shape: Any, path: str) -> list[str]:
    members = {_xml_name(name, member): (name, member) for name, member in shape.members.items()}
    found = []
    for child in node:
        if _local(child) in _NOT_MODELED and _local(child) not in members:
            continue
        if _local(child) not in members:
            found.append(f"{path}.{_local(child)} is unknown")
            continue
        name, member = members[_local(child)]
        found += _xml(child, member, f"{path}.{name}")
    return found


def _xml(node: ElementTree.Element, shape: Any, path: str) -> list[str]:
    if shape.type_name == "structure":
        return _xml_structure(node, shape, path)
    if shape.type_name == "list":
        if shape.serialization.get("flattened"):
            return _xml(node, shape.member, path)
        return [problem for child in node for problem in _xml(child, shape.member, f"{path}[]")]
    text = node.text or ""
    patterns = {"boolean": r"true|false", "integer": r"-?\d+", "long": r"-?\d+", "timestamp": _TIMESTAMP.pattern}
    pattern = patterns.get(shape.type_name)
    return [f"{path} is no {shape.type_name}: {text!r}"] if pattern and text and not re.fullmatch(pattern, text) else []


def _xml_name(name: str, member: Any) -> str:
    if member.type_name == "list" and member.serialization.get("flattened"):
        return str(member.member.serialization.get("name", member.serialization.get("name", name)))
    return str(member.serialization.get("name", name))


def _local(node: ElementTree.Element) -> str:
    return node.tag.rsplit("}", 1)[-1]
