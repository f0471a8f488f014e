# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One-line facts for the structured values that people read most: firewall rules, network ACL entries, routes, policy statements.

A fact is a sentence and a separate remark (a rule's description, a statement's Sid). Facts of one list are matched by ``identity``: two
items with the same identity are one item that changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .text import safe

SOURCES = ("cidr_ipv4", "cidr_ipv6", "group_id", "prefix_list_id")
_NAMES = ("name", "id", "key", "sid", "Sid", "Name", "Id", "Key")


@dataclass(frozen=True)
class Fact:
    """What one item of a list says. ``identity`` is comparable text; if it is empty, only equality identifies the item."""

    text: str
    remark: str = ""
    identity: str = ""


def scalar(value: Any) -> str:
    """A scalar as a person would write it; strings are quoted only where they could be misread."""
    if value is None:
        return "(not set)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        ambiguous = value != value.strip() or value in ("", "true", "false", "null", "none")
        return json.dumps(value) if ambiguous else safe(value)
    if isinstance(value, (Mapping, list, tuple)):
        return inline(value)
    return safe(str(value))


def inline(value: Any) -> str:
    """Any value on one line: ``a, b`` for lists, ``key=value key=value`` for mappings."""
    if isinstance(value, Mapping):
        return " ".join(f"{safe(str(key))}={_nested(item)}" for key, item in value.items()) or "{}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_nested(item) for item in value) or "[]"
    return scalar(value)


def _nested(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + inline(value) + "}" if value else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + inline(value) + "]"
    return scalar(value)


def fact(property_name: str, item: Any) -> Fact:
    """The fact that an item of the list ``property_name`` states."""
    if not isinstance(item, Mapping):
        return Fact(scalar(item))
    if "protocol" in item and any(source in item for source in SOURCES):
        return _rule(property_name, item)
    if "rule_number" in item:
        return _acl_entry(property_name, item)
    if "Effect" in item:
        return statement(item)
    identity = next((f"{name}={item[name]}" for name in _NAMES if isinstance(item.get(name), (str, int))), "")
    return Fact(inline(item), identity=identity)


def ports(item: Mapping[str, Any]) -> str:
    """Protocol and ports of a firewall rule or ACL entry: ``tcp 5432``, ``udp 1024-65535``, ``tcp, all ports``, ``all traffic``."""
    protocol = str(item.get("protocol", "-1"))
    first, last = item.get("from_port"), item.get("to_port")
    if protocol in ("-1", "all"):
        return "all traffic"
    if first is None or (protocol.startswith("icmp") and first == -1):
        return protocol
    if (first, last) == (0, 65535):
        return f"{protocol}, all ports"
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"


def _rule(property_name: str, item: Mapping[str, Any]) -> Fact:
    other = next(scalar(item[source]) for source in SOURCES if source in item)
    text = f"{ports(item)} {'to' if property_name == 'egress' else 'from'} {other}"
    return Fact(text, safe(str(item.get("description") or "")), text)


def _acl_entry(property_name: str, item: Mapping[str, Any]) -> Fact:
    number, network = item["rule_number"], item.get("cidr_block") or item.get("ipv6_cidr_block") or "anywhere"
    way = "to" if property_name == "egress" else "from"
    return Fact(safe(f"{number} {item.get('action', '')} {ports(item)} {way} {network}"), identity=f"rule {number}")


def statement(item: Mapping[str, Any]) -> Fact:
    """An IAM policy statement as a sentence: ``Allow s3:GetObject on arn:... by Service x.amazonaws.com if StringEquals key=value``."""
    parts = [scalar(item.get("Effect")), _all_but(item, "Action")]
    if "Resource" in item or "NotResource" in item:
        parts.append(f"on {_all_but(item, 'Resource')}")
    words = {"Principal": "by", "NotPrincipal": "by all but"}
    parts += [f"{word} {_principal(item[name])}" for name, word in words.items() if name in item]
    if isinstance(item.get("Condition"), Mapping):
        tests = (f"{operator} {inline(test)}" for operator, test in item["Condition"].items())
        parts.append(f"if {' and '.join(tests)}")
    sid = safe(str(item.get("Sid") or ""))
    return Fact(" ".join(parts), sid, f"Sid {sid}" if sid else "")


def _all_but(item: Mapping[str, Any], name: str) -> str:
    if name in item:
        return _words(item[name])
    return f"all but {_words(item.get('Not' + name))}"


def _words(value: Any) -> str:
    return ", ".join(scalar(one) for one in value) if isinstance(value, (list, tuple)) else scalar(value)


def _principal(value: Any) -> str:
    if isinstance(value, Mapping):
        return " and ".join(f"{safe(str(kind))} {_words(names)}" for kind, names in value.items())
    return "anyone" if value == "*" else _words(value)


def statements(document: Any) -> Sequence[Mapping[str, Any]] | None:
    """The statements if the value is an IAM policy document, else None."""
    if not isinstance(document, Mapping) or "Statement" not in document:
        return None
    found = document["Statement"]
    found = [found] if isinstance(found, Mapping) else found
    return found if isinstance(found, (list, tuple)) and all(isinstance(one, Mapping) for one in found) else None
