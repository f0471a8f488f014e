# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..aws.canonical import policy
from ..aws.connection import Aws
from ..aws.kind import AwsKind
from ..aws.tags import tag_changes, tag_dict, tag_list, visible
from ..reconcile.claims import is_ours, way_out, who_holds
from ..reconcile.errors import AlreadyThere, CallFailed, EngineError
from ..reconcile.model import Observed, given, later

PENDING_WINDOW_DAYS = 30
"""How long a deleted key can still be brought back: the longest that KMS offers, since what it encrypted is lost with it."""

TAG_KEYS = ("TagKey", "TagValue")


def _by_key(aliases: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The alias of each key. A key between two names has both, which equals neither: the one too many is drift."""
    found: dict[str, list[str]] = {}
    for alias in aliases:
        if alias.get("TargetKeyId"):
            found.setdefault(alias["TargetKeyId"], []).append(alias["AliasName"])
    return {key: ", ".join(sorted(names)) for key, names in found.items()}


def _names(seen: Observed) -> list[str]:
    return [name for name in seen.properties.get("alias", "").split(", ") if name]


class KmsKey(AwsKind):
    """Found by its alias and by its tags: a key whose creation was cut short has no alias yet, and the tag index lags behind."""

    name = "kms_key"
    repeatable = False
    holds_data = True

    description = given()
    policy = given(canonical=policy)
    enable_key_rotation = later()
    alias = later()

    def find(self, aws: Aws) -> list[Observed]:
        prefix = f"alias{aws.owner.path}"
        looks: list[Callable[[Aws], list[Any]]] = [self._aliases, self._tagged]
        listed, tagged = aws.map(lambda look: look(aws), looks)
        aliases = _by_key(alias for alias in listed if alias["AliasName"].startswith(prefix))
        return self._look(aws, sorted({*aliases, *tagged}), aliases)

    @staticmethod
    def _aliases(aws: Aws) -> list[dict[str, Any]]:
        return aws.list_all("kms", "list_aliases", "Aliases")

    @staticmethod
    def _tagged(aws: Aws) -> list[str]:
        filters = [{"Key": key, "Values": [value]} for key, value in aws.owner.scope().items()]
        found = aws.list_all(
            "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters, ResourceTypeFilters=["kms:key"]
        )
        return [entry["ResourceARN"].rsplit("/", 1)[-1] for entry in found]

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        """As ``find`` sees it: aliases that others gave it are theirs."""
        prefix = f"alias{aws.owner.path}"
        aliases = aws.list_all("kms", "list_aliases", "Aliases", KeyId=seen.id)
        ours = _by_key(alias for alias in aliases if alias["AliasName"].startswith(prefix))
        return next(iter(self._look(aws, [seen.id], ours)), None)

    def _look(self, aws: Aws, keys: list[str], aliases: Mapping[str, str]) -> list[Observed]:
        calls: list[tuple[str, dict[str, str]]] = [
            ("describe_key", {}),
            ("get_key_policy", {"PolicyName": "default"}),
            ("get_key_rotation_status", {}),
            ("list_resource_tags", {}),
        ]
        wanted = [(key, method, params) for key in keys for method, params in calls]
        replies = aws.map(lambda want: aws.find("kms", want[1], KeyId=want[0], **want[2]), wanted)
        found = []
        for index, key in enumerate(keys):
            described, document, rotation, tags = replies[index * len(calls) : (index + 1) * len(calls)]
            if described and document and rotation and tags:
                found.append(self._observed(aws, described["KeyMetadata"], document, rotation, tags, aliases.get(key)))
        return [seen for seen in found if seen]

    def _observed(
        self,
        aws: Aws,
        metadata: Mapping[str, Any],
        document: Mapping[str, Any],
        rotation: Mapping[str, Any],
        tags: Mapping[str, Any],
        alias: str | None,
    ) -> Observed | None:
        plain = tag_dict(tags.get("Tags"), *TAG_KEYS)
        address = aws.owner.address(plain)
        if address is None or metadata.get("KeyState") in ("PendingDeletion", "PendingReplicaDeletion"):
            return None
        values = {
            "description": metadata.get("Description") or "",
            "policy": document["Policy"],
            "enable_key_rotation": rotation["KeyRotationEnabled"],
            "tags": visible(plain),
        }
        return Observed(self.name, address, metadata["KeyId"], values | ({"alias": alias} if alias else {}), {"arn": metadata["Arn"]})

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        reply = aws.change(
            "kms",
            "create_key",
            Description=properties.get("description", ""),
            Policy=json.dumps(properties["policy"]),
            Tags=tag_list(tags, *TAG_KEYS),
        )["KeyMetadata"]
        return Observed(self.name, address, reply["KeyId"], {**properties, "enable_key_rotation": False}, {"arn": reply["Arn"]})

    def set_description(self, aws: Aws, seen: Observed, value: str | None) -> None:
        aws.change("kms", "update_key_description", KeyId=seen.id, Description=value or "")

    def set_policy(self, aws: Aws, seen: Observed, value: Mapping[str, Any]) -> None:
        aws.change("kms", "put_key_policy", KeyId=seen.id, PolicyName="default", Policy=json.dumps(value))

    def set_enable_key_rotation(self, aws: Aws, seen: Observed, value: bool) -> None:
        aws.change("kms", "enable_key_rotation" if value else "disable_key_rotation", KeyId=seen.id)

    def set_alias(self, aws: Aws, seen: Observed, value: str | None) -> None:
        """Point the new name here before the old ones go.

        Names below the component's path are its own: one that leads elsewhere is taken back, unless to a key with another owner's mark.
        """
        have = _names(seen)
        if value and value not in have:
            try:
                aws.change("kms", "create_alias", AliasName=value, TargetKeyId=seen.id)
            except AlreadyThere as error:
                holder = self.holder(aws, {"alias": value})
                if holder and holder.marked and not is_ours(holder):
                    raise CallFailed(f"{value}: {who_holds(holder)}", error.operation, error.code, way_out(seen.address, holder)) from error
                aws.change("kms", "update_alias", AliasName=value, TargetKeyId=seen.id)
        for name in have:
            if name != value:
                aws.remove("kms", "delete_alias", AliasName=name)

    def set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        if changed:
            aws.change("kms", "tag_resource", KeyId=seen.id, Tags=tag_list(changed, *TAG_KEYS))
        if dropped:
            aws.change("kms", "untag_resource", KeyId=seen.id, TagKeys=dropped)

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        aws.change("kms", "tag_resource", KeyId=seen.id, Tags=tag_list(aws.owner.tags(address), *TAG_KEYS))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        """By id or ARN."""
        key = (aws.find("kms", "describe_key", KeyId=identifier) or {}).get("KeyMetadata")
        if key and (key.get("KeyManager") != "CUSTOMER" or key.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT"):
            raise EngineError("it is one of AWS's own keys or not a symmetric one, and neither encrypts log groups under our policy")
        return self._strange(aws, key["KeyId"], address) if key else None

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """Whose living key has the alias."""
        name = properties.get("alias")
        held = [one for one in self._aliases(aws) if one["AliasName"] == name and one.get("TargetKeyId")] if name else []
        return self._strange(aws, held[0]["TargetKeyId"], "") if held else None

    def _strange(self, aws: Aws, key: str, address: str) -> Observed | None:
        other, marks = aws.taking_for(address)
        seen = self.read(other, Observed(self.name, address, key))
        return replace(seen, marked=marks[0]) if seen else None

    def delete(self, aws: Aws, seen: Observed) -> None:
        """The aliases go first: without them the key is still found by its tags, the other way round they would be left over."""
        for name in _names(seen):
            aws.remove("kms", "delete_alias", AliasName=name)
        try:
            aws.remove("kms", "schedule_key_deletion", KeyId=seen.id, PendingWindowInDays=PENDING_WINDOW_DAYS)
        except CallFailed as error:
            if error.code != "KMSInvalidStateException" or self.read(aws, seen) is not None:
                raise  # an earlier attempt whose answer was lost has scheduled it already
