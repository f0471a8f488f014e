"""The tagging API: services that moto's does not cover, and pages of the requested number of resources.

A service takes part with a function that lists its resources and their tags (`@lists_tags`), kept with its other extensions. If moto lists
the service too, the function replaces moto's listing. A service that moto lists correctly needs no function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rehearsal import declarations
from rehearsal.registry import Tagger, adjusts, taggers

LARGEST_TAGS_PER_PAGE = 100 * 50


@adjusts("resourcegroupstaggingapi")
def list_what_services_register() -> None:
    from moto.resourcegroupstaggingapi import models

    original = models.iter_taggable_backends

    def iter_taggable_backends(account_id: str, region_name: str) -> Iterator[Any]:
        ours = list(_registered(account_id, region_name))
        yield from (each for each in original(account_id, region_name) if not any(each is one.backend for one in ours))
        yield from ours

    models.iter_taggable_backends = iter_taggable_backends


def _registered(account_id: str, region: str) -> Iterator[_Tagged]:
    """Our services that hold resources. A service that was never called has registered nothing and holds nothing."""
    from moto.backends import get_backend
    from moto.utilities.utils import get_partition

    for service, tagger in taggers().items():
        of_service = get_backend(service)
        if account_id in of_service:
            of_account = of_service[account_id]
            place = region if region in of_account else get_partition(region)
            if place in of_account:
                yield _Tagged(of_account[place], declarations.service(service).prefix, tagger)


class _Tagged:
    """A service in a region, with the members that the tagging API needs."""

    def __init__(self, backend: Any, prefix: str, tagger: Tagger) -> None:
        self.backend = backend
        self.prefix = prefix
        self.tagger = tagger

    def iter_tagged_resources(self) -> Iterator[Any]:
        from moto.core.resource_tagging import TaggedResource

        for arn, tags in self.tagger(self.backend):
            yield TaggedResource(arn=arn, tags=dict(tags), resource_type=f"{self.prefix}{type_in(arn)}")

    def owns_arn(self, arn: str) -> bool:
        return arn.split(":")[2] == self.prefix

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        self._tags(arn).update(tags)

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        tags = self._tags(arn)
        for key in tag_keys:
            tags.pop(key, None)

    def _tags(self, arn: str) -> dict[str, str]:
        return next((tags for each, tags in self.tagger(self.backend) if each == arn), {})


def type_in(arn: str) -> str:
    """ ":cluster" of .../cluster/main or ...:cluster:main; "" for an ARN that ends with a bare name, such as a queue's."""
    parts = re.split("[/:]", arn.split(":", 5)[5], maxsplit=1)
    return f":{parts[0]}" if len(parts) == 2 else ""


@adjusts("resourcegroupstaggingapi")
def count_resources_and_not_tags() -> None:
    """The page size counts resources; a page is limited by its number of tags only on request."""
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
