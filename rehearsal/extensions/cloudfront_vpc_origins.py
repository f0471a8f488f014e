"""VPC origins: load balancers that distributions reach inside a VPC. One that a distribution uses is neither changed nor deleted."""

from __future__ import annotations

from rehearsal.extensions.cloudfront_common import (
    Document,
    VpcOrigin,
    check_quantities,
    check_version,
    found_in,
    invalid,
    items,
    new_id,
    page,
    remove,
    store,
    tidy,
)
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

GONE = "EntityNotFound"
URL = "https://cloudfront.amazonaws.com/2020-05-31/vpc-origin"
NEEDED = ("Name", "Arn", "HTTPPort", "HTTPSPort", "OriginProtocolPolicy")


def _checked(call: Call, own: VpcOrigin | None = None) -> Document:
    config = tidy(call.get("VpcOriginEndpointConfig") or {})
    check_quantities(config)
    if missing := [name for name in NEEDED if not config.get(name)]:
        raise invalid(f"The parameter {missing[0]} is required.")
    if ":elasticloadbalancing:" not in config["Arn"] and ":ec2:" not in config["Arn"]:
        raise invalid("The parameter Arn must be that of a load balancer or an instance.")
    if any(one is not own and one.config["Name"] == config["Name"] for one in store(call).vpc_origins.values()):
        raise Refusal("EntityAlreadyExists", "A VPC origin with this name already exists.", 409)
    return config


def _shown(call: Call, one: VpcOrigin) -> Document:
    dates = {"CreatedTime": one.created, "LastModifiedTime": one.modified}
    return {
        "Id": one.id,
        "Arn": one.arn,
        "AccountId": call.account_id,
        "Status": one.status,
        **dates,
        "VpcOriginEndpointConfig": one.config,
    }


@answers("cloudfront", "CreateVpcOrigin")
def create(call: Call) -> Document:
    identity = new_id("vo_", 22)
    tags = {one["Key"]: one.get("Value") or "" for one in items(call.get("Tags"))}
    made = VpcOrigin(identity, _checked(call), arn=f"arn:aws:cloudfront::{call.account_id}:vpcorigin/{identity}", tags=tags)
    store(call).vpc_origins[made.id] = made
    return {"VpcOrigin": _shown(call, made), "Location": f"{URL}/{made.id}", "ETag": made.etag}


@answers("cloudfront", "GetVpcOrigin")
def get(call: Call) -> Document:
    one = found_in(store(call).vpc_origins, call.get("Id"), GONE)
    return {"VpcOrigin": _shown(call, one), "ETag": one.etag}


@answers("cloudfront", "ListVpcOrigins")
def listed(call: Call) -> Document:
    found: list[tuple[str, Document]] = []
    for one in store(call).vpc_origins.values():
        shown = {name: value for name, value in _shown(call, one).items() if name != "VpcOriginEndpointConfig"}
        found.append((one.id, {**shown, "Name": one.config["Name"], "OriginEndpointArn": one.config["Arn"]}))
    return {"VpcOriginList": page(call, found)}


@answers("cloudfront", "UpdateVpcOrigin")
def update(call: Call) -> Document:
    one = found_in(store(call).vpc_origins, call.get("Id"), GONE)
    check_version(call, one.etag)
    if used(call, one.id):
        raise Refusal("CannotUpdateEntityWhileInUse", "The entity cannot be updated while it is in use.", 409)
    one.change(_checked(call, one))
    one.status = "Deployed"  # reached after the usual delay
    return {"VpcOrigin": _shown(call, one), "ETag": one.etag}


@answers("cloudfront", "DeleteVpcOrigin")
def delete(call: Call) -> Document:
    one = found_in(store(call).vpc_origins, call.get("Id"), GONE)
    check_version(call, one.etag)
    if used(call, one.id):
        raise Refusal("CannotDeleteEntityWhileInUse", "The entity cannot be deleted while it is in use.", 409)
    if one.status != "Deployed":
        raise Refusal("IllegalDelete", "The VPC origin cannot be deleted while it is being deployed.", 409)
    shown = _shown(call, one)
    remove(store(call).vpc_origins, one.id)
    return {"VpcOrigin": shown, "ETag": one.etag}


def used(call: Call, identity: str) -> bool:
    """Whether a distribution has it."""
    origins = [origin for one in store(call).distributions.values() for origin in items(one.config["Origins"])]
    return any((origin.get("VpcOriginConfig") or {}).get("VpcOriginId") == identity for origin in origins)
