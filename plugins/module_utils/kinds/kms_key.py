# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""KMS keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..aws.canonical import policy
from ..aws.connection import Aws
from ..aws.marked import marked_arns
from ..aws.named_kind import NamedCalls, NamedKind, Read, Tagging
from ..reconcile.claims import describe_holder, is_ours, remedy_for_conflict
from ..reconcile.errors import AlreadyThere, CallFailed, EngineError
from ..reconcile.model import Observed, given, later

PENDING_WINDOW_DAYS = 30
"""How long a deleted key can be restored: the longest period that KMS offers, since whatever it encrypted is lost with it."""


def _by_key(aliases: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The alias of each key. A key that is being renamed has both names, which equal neither: the surplus one is drift."""
    found: dict[str, list[str]] = {}
    for alias in aliases:
        if alias.get("TargetKeyId"):
            found.setdefault(alias["TargetKeyId"], []).append(alias["AliasName"])
    return {key: ", ".join(sorted(names)) for key, names in found.items()}


def _names(seen: Observed) -> list[str]:
    return [name for name in seen.properties.get("alias", "").split(", ") if name]


class KmsKey(NamedKind):
    """Found by its alias and by its tags: a key whose creation was interrupted has no alias yet, and the tag index lags behind."""

    name = "kms_key"
    calls = NamedCalls(
        service="kms",
        describe="describe_key",
        item="KeyMetadata",
        create="create_key",
        delete="schedule_key_deletion",
        name="KeyId",
        id="KeyId",
        arn="Arn",
    )
    tagging = Tagging(tag="tag_resource", untag="untag_resource", key="KeyId", members=("TagKey", "TagValue"), read="list_resource_tags")
    reads = (Read("get_key_policy", {"PolicyName": "default"}), Read("get_key_rotation_status"))
    operations: tuple[str, ...] = (
        "create_alias",
        "delete_alias",
        "disable_key_rotation",
        "enable_key_rotation",
        "list_aliases",
        "put_key_policy",
        "resourcegroupstaggingapi.get_resources",
        "update_alias",
        "update_key_description",
    )
    named = False
    repeatable = False
    holds_data = True
    elsewhere = True

    description = given()
    policy = given(canonical=policy, document=True)
    enable_key_rotation = later()
    alias = later()

    def find(self, aws: Aws) -> list[Observed]:
        prefix = f"alias{aws.owner.path}"
        looks: list[Callable[[Aws], list[Any]]] = [self._aliases, self._tagged]
        listed, tagged = aws.map(lambda look: look(aws), looks)
        aliases = _by_key(alias for alias in listed if alias["AliasName"].startswith(prefix))
        keys = [{"KeyId": key, "Alias": aliases.get(key)} for key in sorted({*aliases, *tagged})]
        return self.observe_all(aws, self.described(aws, keys))

    def observe(self, aws: Aws, raw: Mapping[str, Any], address: str | None = None) -> Observed | None:
        """Keys of one component may be of several kinds: the address in the owner tags says of which. An empty one is a key's holder."""
        own = address or aws.owner.address(self.tags_of(raw))
        return super().observe(aws, raw, address) if own is not None and own.partition(".")[0] in ("", self.name) else None

    @staticmethod
    def _aliases(aws: Aws) -> list[dict[str, Any]]:
        return aws.list_all("kms", "list_aliases", "Aliases")

    @staticmethod
    def _tagged(aws: Aws) -> list[str]:
        return [arn.rsplit("/", 1)[-1] for arn in marked_arns(aws, "kms")]

    def entries_at(self, aws: Aws, where: Mapping[str, str]) -> list[dict[str, Any]]:
        """As ``find`` observes it: aliases that others gave the key are ignored."""
        prefix = f"alias{aws.owner.path}"
        aliases = aws.list_all("kms", "list_aliases", "Aliases", **where)
        ours = _by_key(alias for alias in aliases if alias["AliasName"].startswith(prefix))
        return [{**where, "Alias": ours.get(where["KeyId"])}]

    def get_description(self, raw: Mapping[str, Any]) -> str:
        return raw.get("Description") or ""

    def get_enable_key_rotation(self, raw: Mapping[str, Any]) -> bool:
        return bool(raw.get("KeyRotationEnabled"))

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        state = raw.get("KeyState")
        if state in (None, "Enabled", "Creating"):
            return ""
        enable = f" Enable it: aws kms enable-key --key-id {raw['KeyId']}." if state == "Disabled" else ""
        return f"the key is {state}: whatever is encrypted with it cannot be read or written.{enable}"

    def is_gone(self, raw: Mapping[str, Any]) -> bool:
        return raw.get("KeyState") in ("PendingDeletion", "PendingReplicaDeletion")

    def set_description(self, aws: Aws, seen: Observed, value: str | None) -> None:
        aws.change("kms", "update_key_description", KeyId=seen.id, Description=value or "")

    def set_policy(self, aws: Aws, seen: Observed, value: Mapping[str, Any]) -> None:
        aws.change("kms", "put_key_policy", KeyId=seen.id, PolicyName="default", Policy=json.dumps(value))

    def set_enable_key_rotation(self, aws: Aws, seen: Observed, value: bool) -> None:
        aws.change("kms", "enable_key_rotation" if value else "disable_key_rotation", KeyId=seen.id)

    def set_alias(self, aws: Aws, seen: Observed, value: str | None) -> None:
        """Point the new alias here before removing the old ones.

        Aliases below the component's path belong to the component: one that points elsewhere is taken back, unless to a key with another
        owner's mark.
        """
        have = _names(seen)
        if value and value not in have:
            try:
                aws.change("kms", "create_alias", AliasName=value, TargetKeyId=seen.id)
            except AlreadyThere as error:
                holder = self.holder(aws, {"alias": value})
                if holder and holder.marked and not is_ours(holder):
                    raise CallFailed(
                        f"{value}: {describe_holder(holder)}", error.operation, error.code, remedy_for_conflict(seen.address, holder)
                    ) from error
                aws.change("kms", "update_alias", AliasName=value, TargetKeyId=seen.id)
        for name in have:
            if name != value:
                aws.remove("kms", "delete_alias", AliasName=name)

    def known(self, aws: Aws, identifier: str) -> str:
        """Look up by id or ARN."""
        key = self.describe(aws, {"KeyId": identifier})
        if key and (key.get("KeyManager") != "CUSTOMER" or key.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT"):
            raise EngineError(
                "it is an AWS managed key or not a symmetric one, and neither can encrypt log groups under this component's key policy"
            )
        return key["KeyId"] if key else ""

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """The key that has the alias, unless that key is pending deletion."""
        name = properties.get("alias")
        held = [one for one in self._aliases(aws) if one["AliasName"] == name and one.get("TargetKeyId")] if name else []
        return self.look_up_any_owner(aws, {"KeyId": held[0]["TargetKeyId"]}) if held else None

    def look_up_any_owner(self, aws: Aws, where: Mapping[str, str], address: str = "") -> Observed | None:
        """The key exists, as an alias or a description has shown, so all reads are made at once."""
        return self.observe_any_owner(aws, self.described(aws, self.entries_at(aws, where)), address)

    def delete(self, aws: Aws, seen: Observed) -> None:
        """The aliases go first: without them the key is still found by its tags; in the reverse order, the aliases would be left over."""
        for name in _names(seen):
            aws.remove("kms", "delete_alias", AliasName=name)
        try:
            aws.remove("kms", "schedule_key_deletion", KeyId=seen.id, PendingWindowInDays=PENDING_WINDOW_DAYS)
        except CallFailed as error:
            if error.code != "KMSInvalidStateException" or self.read(aws, seen) is not None:
                raise  # otherwise an earlier attempt, whose reply was lost, has already scheduled it
