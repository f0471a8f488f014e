"""Deliveries of logs: what CloudWatch Logs refuses and moto accepts, and the update of a delivery, which moto lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.accounts import backend_at, backends
from rehearsal.extensions.cloudfront_common import store_at
from rehearsal.registry import Call, answers, lists_tags, refuses
from rehearsal.replies import Refusal

HOME = "us-east-1"


@refuses("logs", "PutDeliverySource")
def source_of_a_distribution(call: Call) -> None:
    """CloudFront Developer Guide, "Configure standard logging (v2)": in us-east-1 only."""
    arn = str(call.get("resourceArn") or "")
    if ":cloudfront:" not in arn:
        return
    if call.region != HOME:
        raise Refusal("ValidationException", f"CloudFront log deliveries must be created in {HOME}, not in {call.region}.")
    if all(one.arn != arn for one in store_at(backend_at("cloudfront", arn)).distributions.values()):
        raise Refusal("ResourceNotFoundException", f"The resource {arn} does not exist.")


@refuses("logs", "PutDeliveryDestination")
def bucket_of_a_destination(call: Call) -> None:
    arn = str((call.get("deliveryDestinationConfiguration") or {}).get("destinationResourceArn") or "")
    if arn.startswith("arn:aws:s3:::") and not _bucket_exists(arn.removeprefix("arn:aws:s3:::").partition("/")[0]):
        raise Refusal("ResourceNotFoundException", f"The destination {arn} does not exist.")


def _bucket_exists(name: str) -> bool:
    return any(name in found.buckets for _place, found in backends("s3"))


@refuses("logs", "DeleteDeliverySource", "DeleteDeliveryDestination")
def has_a_delivery(call: Call) -> None:
    name = str(call.get("name"))
    for one in call.backend.deliveries.values():
        if name == one.delivery_source_name or str(one.delivery_destination_arn).endswith(f":delivery-destination:{name}"):
            raise Refusal("ConflictException", f"{name} has the delivery {one.id}; delete that first.")


@lists_tags("logs")
def groups_and_deliveries(backend: Any) -> Iterator[tuple[str, dict[str, str]]]:
    found = (*backend.groups.values(), *backend.delivery_sources.values(), *backend.delivery_destinations.values())
    for one in (*found, *backend.deliveries.values()):
        yield str(one.arn), backend.tagger.get_tag_dict_for_resource(one.arn)


@answers("logs", "UpdateDeliveryConfiguration")
def update(call: Call) -> Any:
    one = call.backend.deliveries.get(call.get("id"))
    if one is None:
        raise Refusal("ResourceNotFoundException", "Requested Delivery does not exist in this account.")
    if call.get("recordFields") is not None:
        one.record_fields = list(call.get("recordFields") or [])
    if call.get("fieldDelimiter") is not None:
        one.field_delimiter = call.get("fieldDelimiter")
    if call.get("s3DeliveryConfiguration") is not None:
        one.s3_delivery_configuration = dict(call.get("s3DeliveryConfiguration") or {})
    return {}
