# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Launch templates."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.ec2_kind import Ec2Kind, ec2
from ....aws.tags import tag_list
from ....reconcile.model import Observed, fixed, given

REPORTED = ("State",)
"""What EC2 reports about a template but does not accept as input."""


def canonical_data(value: Any) -> Any:
    """The data of a template in canonical form: without unset values and output-only fields, with sorted tags."""
    if isinstance(value, Mapping):
        items = {name: canonical_data(item) for name, item in sorted(value.items()) if name not in REPORTED}
        return {name: item for name, item in items.items() if item not in (None, [], {})}
    if isinstance(value, list | tuple):
        found = [canonical_data(item) for item in value]
        tags = all(isinstance(item, Mapping) and set(item) == {"Key", "Value"} for item in found)
        return sorted(found, key=lambda tag: tag["Key"]) if tags else found
    return value


def unless_only_tags(desired: Mapping[str, Any], observed: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The observed data if only the tags of future instances differ: a new version would replace all nodes just for a tag.

    The tags follow with the next version that has another reason.
    """
    return observed if observed and _without_tags(desired) == _without_tags(observed) else desired


def _without_tags(data: Mapping[str, Any]) -> Any:
    return canonical_data({name: value for name, value in data.items() if name != "TagSpecifications"})


def encoded(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data as EC2 takes it: user data in Base64."""
    text = data.get("UserData")
    return {**data, "UserData": base64.b64encode(text.encode()).decode()} if text else dict(data)


def decoded(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with user data as text, so that a plan shows what differs. User data that is no text stays encoded."""
    try:
        return {**data, "UserData": base64.b64decode(data["UserData"], validate=True).decode()} if data.get("UserData") else dict(data)
    except (binascii.Error, UnicodeDecodeError):
        return dict(data)


class LaunchTemplate(Ec2Kind):
    """Its data is that of the latest version. A change creates another version, and each user of the template names the version it uses.

    In properties, user data is plain text.
    """

    name = "launch_template"
    calls = ec2("launch_template", token=True)
    operations = ("create_launch_template_version", "describe_launch_template_versions")
    id_prefix = "lt-"
    exclusive = True
    changing = {"latest_version": ("data",)}

    launch_template_name = fixed()
    data = given("LaunchTemplateData", canonical=canonical_data, effective=unless_only_tags)

    def observe_all(self, aws: Aws, raws: list[dict[str, Any]]) -> list[Observed]:
        """The list omits the data; each template takes its own call, made in parallel."""
        versions = aws.map(lambda raw: self._latest(aws, raw["LaunchTemplateId"]), raws)
        reported = [{**raw, "version": version} for raw, version in zip(raws, versions, strict=True) if version]
        return super().observe_all(aws, reported)

    @staticmethod
    def _latest(aws: Aws, identifier: str) -> dict[str, Any] | None:
        reply = aws.find("ec2", "describe_launch_template_versions", LaunchTemplateId=identifier, Versions=["$Latest"])
        return next(iter(reply["LaunchTemplateVersions"]), None) if reply else None

    def get_data(self, raw: Mapping[str, Any]) -> Any:
        return decoded(raw["version"]["LaunchTemplateData"])

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"latest_version": str(raw["version"]["VersionNumber"]), "name": raw["LaunchTemplateName"]}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        tags = tag_list({**properties.get("tags", {}), **aws.owner.tags(address)})
        reply = aws.change(
            "ec2",
            "create_launch_template",
            LaunchTemplateName=properties["launch_template_name"],
            LaunchTemplateData=encoded(properties["data"]),
            TagSpecifications=[{"ResourceType": self.calls.tag_type, "Tags": tags}],
            ClientToken=token,
        )["LaunchTemplate"]
        version = {"VersionNumber": reply["LatestVersionNumber"], "LaunchTemplateData": encoded(properties["data"])}
        return self.made(aws, {**reply, "Tags": tags, "version": version}, address)

    def set_data(self, aws: Aws, seen: Observed, value: Mapping[str, Any]) -> None:
        """Sent twice from the same version, this creates only one new version: the client token identifies the step between versions."""
        reported = json.dumps([seen.id, seen.attributes["latest_version"], value], sort_keys=True)
        token = hashlib.sha256(reported.encode()).hexdigest()[:32]
        aws.change("ec2", "create_launch_template_version", LaunchTemplateId=seen.id, LaunchTemplateData=encoded(value), ClientToken=token)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        name = properties.get("launch_template_name")
        reply = aws.find("ec2", "describe_launch_templates", LaunchTemplateNames=[name]) if name else None
        return self.observe_any_owner(aws, reply["LaunchTemplates"]) if reply else None
