# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Web ACLs of WAF, with their logging configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, Read
from ....reconcile.model import Observed, fixed, given, later
from .waf_kind import WafKind, patiently


def rules_as_compared(rules: Any) -> list[Any]:
    """Rules by priority, without an order of overrides, and texts instead of the bytes that botocore returns."""
    return sorted((_plain(rule) for rule in rules or ()), key=lambda rule: int(rule["Priority"]))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in sorted(value.items()) if item is not None}
    if isinstance(value, list | tuple):
        items = [_plain(item) for item in value]
        named = items and all(isinstance(item, Mapping) and "Name" in item and "ActionToUse" in item for item in items)
        return sorted(items, key=lambda item: str(item["Name"])) if named else items
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def logging_as_compared(value: Any) -> Any:
    """``destination``: the ARN. ``redacted``: names of headers, and query_string, uri_path, or method. ``filter``: as WAF has it."""
    return {**value, "redacted": sorted(value.get("redacted") or ())}


class WafWebAcl(WafKind):
    name = "waf_web_acl"
    calls = NamedCalls(
        service="wafv2",
        list="list_web_acls",
        items="WebACLs",
        describe="get_web_acl",
        create="create_web_acl",
        item="WebACL",
        delete="delete_web_acl",
        name="ARN",
        id="ARN",
        arn="ARN",
    )
    reads = (Read("get_logging_configuration", optional=True),)
    operations = ("update_web_acl", "put_logging_configuration", "delete_logging_configuration")
    called = "web_acl_name"
    editable: Mapping[str, str] = {
        "default_action": "DefaultAction",
        "rules": "Rules",
        "visibility": "VisibilityConfig",
        "association": "AssociationConfig",
        "data_protection": "DataProtectionConfig",
    }

    web_acl_name = fixed("Name")
    default_action = given()
    rules = given(canonical=rules_as_compared)
    visibility = given("VisibilityConfig")
    association = given("AssociationConfig")
    data_protection = given("DataProtectionConfig")
    logging = later(canonical=logging_as_compared)

    def item_of(self, reply: Mapping[str, Any]) -> dict[str, Any]:
        return dict(reply.get("WebACL") or reply.get("Summary") or reply)

    def sent(self, _name: str, value: Any) -> Any:
        """WAF takes structures, not texts."""
        return value

    def _answer(self, aws: Aws, entry: Mapping[str, Any], read: Read) -> dict[str, Any] | None:
        if read.method == "get_logging_configuration":
            return aws.find("wafv2", read.method, ResourceArn=entry["ARN"])
        return super()._answer(aws, entry, read)

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "name": raw.get("Name"), "capacity": raw.get("Capacity")}

    def get_rules(self, raw: Mapping[str, Any]) -> list[Any]:
        return rules_as_compared(raw.get("Rules"))

    def get_logging(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        found = raw.get("LoggingConfiguration")
        if not found:
            return None
        redacted = [_redacted(one) for one in found.get("RedactedFields") or ()]
        return {"destination": found["LogDestinationConfigs"][0], "redacted": redacted, "filter": found.get("LoggingFilter")}

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        if raw.get("ManagedByFirewallManager"):
            return "Firewall Manager manages it, and may change it back"
        return ""

    def set_logging(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        if value is None:
            aws.remove("wafv2", "delete_logging_configuration", ResourceArn=seen.id)
            return
        wanted = {"ResourceArn": seen.id, "LogDestinationConfigs": [value["destination"]], "RedactedFields": _fields(value["redacted"])}
        if value.get("filter"):
            wanted["LoggingFilter"] = value["filter"]
        patiently(lambda: aws.change("wafv2", "put_logging_configuration", LoggingConfiguration=wanted))


FIELDS = {"query_string": "QueryString", "uri_path": "UriPath", "method": "Method"}
"""What can be redacted besides headers."""


def _redacted(field: Mapping[str, Any]) -> str:
    if "SingleHeader" in field:
        return str(field["SingleHeader"]["Name"]).lower()
    return next((name for name, member in FIELDS.items() if member in field), "")


def _fields(names: Any) -> list[dict[str, Any]]:
    return [{FIELDS[name]: {}} if name in FIELDS else {"SingleHeader": {"Name": name}} for name in sorted(names)]
