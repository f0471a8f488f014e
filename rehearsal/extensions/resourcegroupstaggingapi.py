"""The tagging API: what moto does not list of EC2 and EKS, types as AWS names them, pages of as many resources as were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rehearsal.registry import adjusts

MORE: dict[str, Callable[[Any], list[str]]] = {
    "launch-template": lambda backend: list(backend.launch_templates),
    "elastic-ip": lambda backend: [address.allocation_id for address in backend.addresses if address.allocation_id],
    "network-acl": lambda backend: list(backend.network_acls),
    "vpc-endpoint": lambda backend: list(backend.vpc_end_points),
}
"""Type in an ARN -> the ids of all resources of it."""

RENAMED = {"flow-logs": "vpc-flow-log", "managed-prefix-lists": "prefix-list"}
"""What moto calls a type in an ARN -> what AWS calls it."""

LARGEST_TAGS_PER_PAGE = 100 * 50


@adjusts("resourcegroupstaggingapi")
def list_all_of_ec2() -> None:
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


@adjusts("resourcegroupstaggingapi")
def list_all_of_eks() -> None:
    """moto's EKS takes no part in the tagging API."""
    from moto.eks.models import eks_backends
    from moto.resourcegroupstaggingapi import models

    original = models.iter_taggable_backends

    def iter_taggable_backends(account_id: str, region_name: str) -> Iterator[Any]:
        yield from original(account_id, region_name)
        if account_id in eks_backends and region_name in eks_backends[account_id]:
            yield _Eks(eks_backends[account_id][region_name])

    models.iter_taggable_backends = iter_taggable_backends


class _Eks:
    """EKS of a region, as far as the tagging API asks."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend

    def iter_tagged_resources(self) -> Iterator[Any]:
        from moto.core.resource_tagging import TaggedResource

        from rehearsal.extensions.eks_tags import tagged

        for arn, tags in tagged(self.backend):
            kind = arn.split(":", 5)[5].partition("/")[0]
            yield TaggedResource(arn=arn, tags=dict(tags), resource_type=f"eks:{kind}")

    def owns_arn(self, arn: str) -> bool:
        return arn.split(":")[2] == "eks"

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        self._tags(arn).update(tags)

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        tags = self._tags(arn)
        for key in tag_keys:
            tags.pop(key, None)

    def _tags(self, arn: str) -> dict[str, str]:
        from rehearsal.extensions.eks_tags import tags_of_arn

        found = tags_of_arn(self.backend, arn)
        return {} if found is None else found


@adjusts("resourcegroupstaggingapi")
def count_resources_and_not_tags() -> None:
    """A page holds so many resources; it is cut after so many tags only if that is asked for."""
    from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend as Backend
    from moto.resourcegroupstaggingapi.responses import ResourceGroupsTaggingAPIResponse as Response

    asked = Response.get_resources
    listed = Backend.get_resources

    def get_resources(self: Any) -> Any:
        self.backend.cut_by_tags = self._get_param("TagsPerPage") is not None
        return asked(self)

    def resources(self: Any, **options: Any) -> Any:
        if not getattr(self, "cut_by_tags", True):
            options["tags_per_page"] = LARGEST_TAGS_PER_PAGE
        return listed(self, **options)

    Response.get_resources = get_resources
    Backend.get_resources = resources
