# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudFront Functions. Creating one makes its code known; finishing it publishes the code, and only published code runs.

An update changes the stage DEVELOPMENT and is published in the same step: what runs is what is described, at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Tagging
from ....reconcile.model import Observed, fixed, given, later
from .cloudfront import changed, listed, removed

RUNTIME = "cloudfront-js-2.0"


def digest(code: str) -> str:
    """How code is shown and compared."""
    return f"sha256:{hashlib.sha256(code.encode()).hexdigest()[:16]}"


class CloudFrontFunction(NamedKind):
    """``published`` is the digest of the code that runs."""

    name = "cloudfront_function"
    calls = NamedCalls(
        service="cloudfront",
        list="list_functions",
        items="FunctionList",
        describe="describe_function",
        create="create_function",
        item="FunctionSummary",
        delete="delete_function",
        name="Name",
        id="Name",
    )
    tagging = Tagging(
        tag="tag_resource",
        untag="untag_resource",
        key="Resource",
        of="arn",
        tags="Tags.Items",
        keys="TagKeys.Items",
        read="list_tags_for_resource",
    )
    operations = ("get_function", "publish_function", "update_function")
    exclusive = True

    resource_name = fixed("Name")
    comment = given()
    code = given(canonical=str)
    published = later()
    called = "resource_name"

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Those whose names can be ours: the tags of others are not read."""
        prefix = f"{aws.owner.environment}-{aws.owner.component}-"
        found = listed(aws, self.calls.list, self.calls.items, Stage="DEVELOPMENT")
        return [{**one, "ARN": one["FunctionMetadata"]["FunctionARN"]} for one in found if one["Name"].startswith(prefix)]

    def describe(self, aws: Aws, entry: Mapping[str, Any]) -> dict[str, Any] | None:
        """With the code of both stages."""
        name = entry["Name"]
        found = aws.find("cloudfront", "describe_function", Name=name, Stage="DEVELOPMENT")
        if found is None:
            return None
        stages = {stage: self._code(aws, name, stage) for stage in ("DEVELOPMENT", "LIVE")}
        summary = found["FunctionSummary"]
        return {**summary, "ARN": summary["FunctionMetadata"]["FunctionARN"], "Code": stages["DEVELOPMENT"], "Live": stages["LIVE"]}

    @staticmethod
    def _code(aws: Aws, name: str, stage: str) -> str:
        reply = aws.find("cloudfront", "get_function", Name=name, Stage=stage)
        return reply["FunctionCode"].read().decode("utf-8", "replace") if reply else ""

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"arn": raw.get("ARN") or (raw.get("FunctionMetadata") or {}).get("FunctionARN")}

    def get_comment(self, raw: Mapping[str, Any]) -> str:
        return str((raw.get("FunctionConfig") or {}).get("Comment") or "")

    def get_code(self, raw: Mapping[str, Any]) -> str | None:
        return raw.get("Code")

    def get_published(self, raw: Mapping[str, Any]) -> str | None:
        return digest(raw["Live"]) if raw.get("Live") else None

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        config = {"Comment": properties.get("comment") or "", "Runtime": RUNTIME}
        return {"Name": properties["resource_name"], "FunctionConfig": config, "FunctionCode": properties["code"].encode()}

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        whole = {**seen.properties, **properties}
        if "code" in properties or "comment" in properties:
            request = {name: value for name, value in self.request({**whole, "resource_name": seen.id}).items() if name != "Name"}
            self._write(aws, seen, lambda etag: aws.change("cloudfront", "update_function", Name=seen.id, IfMatch=etag, **request))
        if "published" in properties or "code" in properties:
            self._write(aws, seen, lambda etag: aws.change("cloudfront", "publish_function", Name=seen.id, IfMatch=etag))
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])

    @staticmethod
    def _write(aws: Aws, seen: Observed, write: Any) -> None:
        changed(
            lambda: aws.read("cloudfront", "describe_function", Name=seen.id, Stage="DEVELOPMENT"),
            lambda there: write(there["ETag"]),
            lambda _there: True,
        )

    def delete(self, aws: Aws, seen: Observed) -> None:
        there = aws.find("cloudfront", "describe_function", Name=seen.id, Stage="DEVELOPMENT")
        if there is not None:
            removed(lambda: aws.remove("cloudfront", "delete_function", Name=seen.id, IfMatch=there["ETag"]))
