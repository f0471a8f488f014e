# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Deliveries of a distribution's access logs: where they come from, where they go, and the delivery between the two.

CloudWatch Logs delivers them, and everything about it is in us-east-1, wherever the bucket is (CloudFront Developer Guide, "Configure
standard logging (v2)"). The index of tags there shows what is ours, so that a component without distributions asks nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Tagging
from ....reconcile.errors import AlreadyThere, CallFailed
from ....reconcile.model import Observed, fixed, given
from .cloudfront import at_home, marked_at_home

CONFLICT = "ConflictException"
TAGGING = Tagging(
    tag="tag_resource",
    untag="untag_resource",
    key="resourceArn",
    of="arn",
    tags="tags",
    keys="tagKeys",
    members=None,
    read="list_tags_for_resource",
)


class OfDelivery(NamedKind):
    """``sort``: the part of its ARNs before the name or ID."""

    tagging = TAGGING
    operations: tuple[str, ...] = ("resourcegroupstaggingapi.get_resources",)
    sort = ""

    def find(self, aws: Aws) -> list[Observed]:
        return super().find(at_home(aws))

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        begin = f":{self.sort}:"
        return [{self.calls.name: arn.partition(begin)[2], "arn": arn} for arn in marked_at_home(aws) if begin in arn]

    def item_of(self, reply: Mapping[str, Any]) -> dict[str, Any]:
        """Without the tags with which it was created, which a description repeats."""
        return {name: value for name, value in super().item_of(reply).items() if name != "tags"}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        try:
            return super().create(at_home(aws), address, properties, token)
        except CallFailed as error:
            if error.code == CONFLICT:
                raise AlreadyThere(error.message, error.operation, error.code, error.hint) from error
            raise

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        super().update(at_home(aws), seen, properties)

    def delete(self, aws: Aws, seen: Observed) -> None:
        super().delete(at_home(aws), seen)

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        return super().read(at_home(aws), seen)

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        super().claim(at_home(aws), seen, address)

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        return super().look_up(at_home(aws), identifier, address)

    def known(self, _aws: Aws, identifier: str) -> str:
        return identifier.partition(f":{self.sort}:")[2] if identifier.startswith("arn:") else identifier

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        return super().holder(at_home(aws), properties)


class DeliverySource(OfDelivery):
    """The logs of one distribution."""

    name = "delivery_source"
    sort = "delivery-source"
    calls = NamedCalls(
        service="logs",
        describe="get_delivery_source",
        create="put_delivery_source",
        item="deliverySource",
        delete="delete_delivery_source",
        name="name",
        id="name",
        arn="arn",
    )
    exclusive = True

    source_name = fixed("name")
    resource_arn = fixed("resourceArn")
    log_type = fixed("logType")

    def get_resource_arn(self, raw: Mapping[str, Any]) -> str | None:
        return next(iter(raw.get("resourceArns") or ()), None)


class DeliveryDestination(OfDelivery):
    """A bucket, and the format of what it gets."""

    name = "delivery_destination"
    sort = "delivery-destination"
    calls = NamedCalls(
        service="logs",
        describe="get_delivery_destination",
        create="put_delivery_destination",
        item="deliveryDestination",
        delete="delete_delivery_destination",
        name="name",
        id="name",
        arn="arn",
    )
    exclusive = True

    destination_name = fixed("name")
    output_format = fixed("outputFormat")
    bucket_arn = fixed("destinationResourceArn")

    def get_bucket_arn(self, raw: Mapping[str, Any]) -> str | None:
        return (raw.get("deliveryDestinationConfiguration") or {}).get("destinationResourceArn")

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        found = super().request(properties)
        configuration = {"destinationResourceArn": found.pop("destinationResourceArn")}
        return {**found, "deliveryDestinationConfiguration": configuration}


class Delivery(OfDelivery):
    """``path``: the rest of the objects' names, with {DistributionId}, {yyyy}, {MM}, {dd}, and {HH}."""

    name = "delivery"
    sort = "delivery"
    calls = NamedCalls(
        service="logs",
        describe="get_delivery",
        create="create_delivery",
        item="delivery",
        delete="delete_delivery",
        name="id",
        id="id",
        arn="arn",
    )
    operations = ("update_delivery_configuration",)
    named = False

    source = fixed("deliverySourceName")
    destination_arn = fixed("deliveryDestinationArn")
    path = given("suffixPath")

    def get_path(self, raw: Mapping[str, Any]) -> str | None:
        return (raw.get("s3DeliveryConfiguration") or {}).get("suffixPath")

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        found = super().request(properties)
        configuration = {"suffixPath": found.pop("suffixPath"), "enableHiveCompatiblePath": False}
        return {**found, "s3DeliveryConfiguration": configuration}

    def set_path(self, aws: Aws, seen: Observed, value: str) -> None:
        configuration = {"suffixPath": value, "enableHiveCompatiblePath": False}
        aws.change("logs", "update_delivery_configuration", id=seen.id, s3DeliveryConfiguration=configuration)

    def holder(self, _aws: Aws, _properties: Mapping[str, Any]) -> None:
        """Deliveries have no names."""
