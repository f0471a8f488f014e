"""EC2 in the tagging API: includes what moto does not list, and uses AWS's type names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rehearsal.extensions.ec2_security_group_rules import all_rules
from rehearsal.registry import adjusts

MORE: dict[str, Callable[[Any], list[str]]] = {
    "launch-template": lambda backend: list(backend.launch_templates),
    "egress-only-internet-gateway": lambda backend: list(backend.egress_only_internet_gateways),
    "elastic-ip": lambda backend: [address.allocation_id for address in backend.addresses if address.allocation_id],
    "network-acl": lambda backend: list(backend.network_acls),
    "security-group-rule": lambda backend: [rule.id for rule in all_rules(backend) if backend.tags.get(rule.id)],
    "vpc-endpoint": lambda backend: list(backend.vpc_end_points),
}
"""Type in an ARN -> the IDs of all resources of that type."""

RENAMED = {"flow-logs": "vpc-flow-log", "managed-prefix-lists": "prefix-list"}
"""moto's name for a type in an ARN -> AWS's name."""


@adjusts("ec2")
def list_everything() -> None:
    from moto.core.resource_tagging import TaggedResource
    from moto.ec2.models import EC2Backend

    original = EC2Backend.iter_tagged_resources

    def resource(backend: Any, kind: str, identity: str) -> Any:
        arn = f"arn:{backend.partition}:ec2:{backend.region_name}:{backend.account_id}:{kind}/{identity}"
        return TaggedResource(arn=arn, tags=dict(backend.tags.get(identity, {})), resource_type=f"ec2:{kind}")

    def iter_tagged_resources(self: Any) -> Iterator[Any]:
        for one in original(self):
            kind, _slash, identity = one.arn.rpartition(":")[2].partition("/")
            yield resource(self, RENAMED[kind], identity) if kind in RENAMED else one
        for kind, identities in MORE.items():
            for identity in identities(self):
                yield resource(self, kind, identity)

    EC2Backend.iter_tagged_resources = iter_tagged_resources
