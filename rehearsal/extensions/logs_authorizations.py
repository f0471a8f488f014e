"""Authorization checks for CloudWatch Logs calls: log groups."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask
from rehearsal.extensions.cloudfront_common import tags_of_arn
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes


@authorizes("logs")
def asked(call: Call) -> Iterator[Ask]:
    name, given = call.get("logGroupName"), call.get("resourceArn")
    request = call.get("tags") or {}
    if "Deliver" in call.operation:
        yield from _delivery(call, request)
        return
    if not (name or given):
        yield ask(call, "*")
        return
    group = str(given) if given else arn(call, "logs", f"log-group:{name}")
    there = call.backend.tagger.get_tag_dict_for_resource(group.removesuffix(":*"))
    yield ask(call, group, request=request, there=there)
    if call.operation == "CreateLogGroup" and request:
        yield ask(call, group, "logs:TagResource", request=request)


def _delivery(call: Call, request: dict[str, str]) -> Iterator[Ask]:
    """Sources and destinations by name, deliveries by ID; lists on everything."""
    kind = next(
        (kind for part, kind in (("Source", "delivery-source"), ("Destination", "delivery-destination")) if part in call.operation),
        "delivery",
    )
    named = call.get("id") if kind == "delivery" else call.get("name")
    resource = "*" if call.operation.startswith("Describe") else arn(call, "logs", f"{kind}:{named or '*'}")
    yield ask(call, resource, request=request, there=call.backend.tagger.get_tag_dict_for_resource(resource))
    if request:
        yield ask(call, resource, "logs:TagResource", request=request)
    if call.operation == "CreateDelivery":
        for one in (arn(call, "logs", f"delivery-source:{call.get('deliverySourceName')}"), str(call.get("deliveryDestinationArn"))):
            yield ask(call, one, request=request, there=call.backend.tagger.get_tag_dict_for_resource(one))
    if call.operation == "PutDeliverySource" and ":cloudfront:" in str(call.get("resourceArn")):
        distribution = str(call.get("resourceArn"))
        yield ask(call, distribution, "cloudfront:AllowVendedLogDeliveryForResource", there=tags_of_arn(distribution))
