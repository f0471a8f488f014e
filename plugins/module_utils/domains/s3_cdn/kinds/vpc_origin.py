# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""VPC origins of CloudFront: the way from a distribution to a load balancer that the internet does not reach.

CloudFront changes and deletes none that a distribution uses (CannotUpdateEntityWhileInUse). So another load balancer gets another VPC
origin, the distribution moves to it, and the old one is deleted last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Tagging
from ....reconcile.model import Observed, fixed
from .cloudfront import counted, items, listed, removed

PATIENCE = 45 * 60.0
"""Seconds until its network interfaces are there, or gone: up to 15 minutes (CloudFront Developer Guide, "Restrict access with VPC
origins")."""

MEMBERS: Mapping[str, str] = {
    "name": "Name",
    "load_balancer_arn": "Arn",
    "protocol": "OriginProtocolPolicy",
    "http_port": "HTTPPort",
    "https_port": "HTTPSPort",
}
"""member of ``endpoint`` -> member of VpcOriginEndpointConfig."""


class VpcOrigin(NamedKind):
    """``endpoint``: {name, load_balancer_arn, protocol, http_port, https_port, tls}, as CloudFront has it."""

    name = "vpc_origin"
    calls = NamedCalls(
        service="cloudfront",
        list="list_vpc_origins",
        items="VpcOriginList",
        describe="get_vpc_origin",
        create="create_vpc_origin",
        item="VpcOrigin",
        delete="delete_vpc_origin",
        name="Id",
        id="Id",
        arn="Arn",
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
    named = False
    create_first = True
    status_member = "Status"
    states = {"deploying": "pending", "failed": "failed"}
    timeout = PATIENCE

    endpoint = fixed()

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Those whose names can be ours: the tags of others are not read."""
        prefix = f"{aws.owner.environment}-{aws.owner.component}-"
        return [one for one in listed(aws, self.calls.list, self.calls.items) if one["Name"].startswith(prefix)]

    def get_endpoint(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        config = raw.get("VpcOriginEndpointConfig")
        if config is None:
            return None
        tls = sorted(items(config.get("OriginSslProtocols")))
        return {**{name: config.get(member) for name, member in MEMBERS.items()}, "tls": tls}

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        endpoint = properties["endpoint"]
        config = {member: endpoint[name] for name, member in MEMBERS.items()}
        return {"VpcOriginEndpointConfig": {**config, "OriginSslProtocols": counted(endpoint["tls"])}}

    def delete(self, aws: Aws, seen: Observed) -> None:
        there = aws.find("cloudfront", "get_vpc_origin", Id=seen.id)
        if there is not None:
            removed(lambda: aws.remove("cloudfront", "delete_vpc_origin", Id=seen.id, IfMatch=there["ETag"]))
