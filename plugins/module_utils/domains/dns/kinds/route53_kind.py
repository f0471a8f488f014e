# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What zones and health checks share: their create calls take no tags, so the caller reference says who owns them until they are tagged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedKind, Tagging
from ....aws.tags import tag_changes, tag_dict, tag_list, with_foreign
from ....reconcile.model import Observed, later
from . import reads


def tagging_of(resource_type: str) -> Tagging:
    """How resources of a type, such as ``hostedzone``, are tagged."""
    return Tagging(
        tag="change_tags_for_resource",
        untag="change_tags_for_resource",
        key="ResourceId",
        tags="AddTags",
        keys="RemoveTagKeys",
        read="list_tags_for_resources",
        also={"ResourceType": resource_type},
    )


class Route53Kind(NamedKind):
    """The owner's tags and others follow the create call as properties."""

    owner_tags = later()
    tags = later(effective=with_foreign)

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        found = self.observe_all(aws, self.entries_at(aws, self.where(seen)))
        return found[0] if found else None

    def look_up_any_owner(self, aws: Aws, where: Mapping[str, str], address: str = "") -> Observed | None:
        return self.observe_any_owner(aws, self.entries_at(aws, where), address)

    def why_not_adoptable(self, _aws: Aws, raw: Mapping[str, Any]) -> str:
        service = (raw.get("LinkedService") or {}).get("ServicePrincipal")
        return f"{service} manages it" if service else ""

    def get_owner_tags(self, raw: Mapping[str, Any]) -> bool:
        """Whether the tags name the same owner as the resource's mark does."""
        tags, marks = tag_dict(raw.get("Tags")), self.tags_of(raw)
        return bool(tags) and all(tags.get(name) == value for name, value in marks.items())

    def set_owner_tags(self, aws: Aws, seen: Observed, _value: bool) -> None:
        self.claim(aws, seen, seen.address)

    def set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        for start in range(0, max(len(changed), len(dropped)), reads.TAGS_IN_ONE_CALL):
            part = dict(list(changed.items())[start : start + reads.TAGS_IN_ONE_CALL])
            gone = list(dropped)[start : start + reads.TAGS_IN_ONE_CALL]
            both = {**({"AddTags": tag_list(part)} if part else {}), **({"RemoveTagKeys": gone} if gone else {})}
            aws.change("route53", self.tagging.tag, **self.tagging.also, ResourceId=seen.id, **both)
