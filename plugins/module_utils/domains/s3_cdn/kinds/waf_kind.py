# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What web ACLs and IP sets share: their scope, how they are found, and changes with a lock token.

What is for CloudFront is in us-east-1, with the scope CLOUDFRONT. The identifier is the ARN, which says scope, region, name, and id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedKind, Tagging
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, fixed

CLOUDFRONT, REGIONAL = "CLOUDFRONT", "REGIONAL"
GLOBAL_REGION = "us-east-1"
PAGE = 100
TRIES = 3
"""How often a change is sent whose lock token is outdated each time, although nothing that it changes was changed."""

TAGGING = Tagging(
    tag="tag_resource",
    untag="untag_resource",
    key="ResourceARN",
    of="arn",
    create_tags="TagInfoForResource.TagList",
    read="list_tags_for_resource",
)


def parts_of(arn: str) -> dict[str, str]:
    """The parameters by which WAF's calls name what has an ARN: name, scope, and id."""
    place, _part, name, identity = arn.split(":", 5)[5].split("/", 3)
    return {"Name": name, "Scope": CLOUDFRONT if place == "global" else REGIONAL, "Id": identity}


def patiently(call: Callable[[], Any]) -> Any:
    """Make a call. What was created a moment ago may be unknown to it for a few minutes (API reference, WAFUnavailableEntityException)."""
    try:
        return call()
    except CallFailed as error:
        if error.code != "WAFUnavailableEntityException":
            raise
        raise NotYet(error.message, error.operation, error.code, dependency=True) from error


class WafKind(NamedKind):
    """``names``: those of the described resources, in WAF. ``list_member``, ``item_member``: of the replies to list and get calls."""

    tagging = TAGGING
    named = False
    elsewhere = True
    exclusive = True
    editable: Mapping[str, str] = {}
    """property -> member of the update call, for what one update call sets."""

    scope = fixed()

    def __init__(self, names: Collection[str] = ()) -> None:
        super().__init__()
        self.names = frozenset(names)

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Those that can be ours by their name. Reading the tags of all would take a call for each in the account."""
        prefix = f"{aws.owner.environment}-{aws.owner.component}-"
        return [one for one in self._everything(aws) if one["Name"] in self.names or str(one["Name"]).startswith(prefix)]

    def _everything(self, aws: Aws) -> list[dict[str, Any]]:
        scopes = (CLOUDFRONT, REGIONAL) if aws.region == GLOBAL_REGION else (REGIONAL,)
        return [{**one, "Scope": scope} for scope in scopes for one in self._of_scope(aws, scope)]

    def _of_scope(self, aws: Aws, scope: str) -> list[dict[str, Any]]:
        """WAF's list calls have pages, but botocore does not know that."""
        found: list[dict[str, Any]] = []
        marker: dict[str, str] = {}
        while True:
            reply = aws.read("wafv2", self.calls.list, Scope=scope, Limit=PAGE, **marker)
            found += reply[self.calls.items]
            if not reply.get("NextMarker") or len(reply[self.calls.items]) < PAGE:
                return found
            marker = {"NextMarker": reply["NextMarker"]}

    def at(self, entry: Mapping[str, Any]) -> dict[str, str]:
        return parts_of(entry["ARN"])

    def where(self, seen: Observed) -> dict[str, str]:
        return {"ARN": seen.id}

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """``lock_token``: as it was listed; a change reads its own."""
        return {**super().attributes(raw), "lock_token": raw.get("LockToken")}

    def get_scope(self, raw: Mapping[str, Any]) -> str:
        return parts_of(raw["ARN"])["Scope"]

    def known(self, aws: Aws, identifier: str) -> str:
        """By ARN, or by name."""
        if identifier.startswith("arn:"):
            return identifier
        return next((str(one["ARN"]) for one in self._everything(aws) if one["Name"] == identifier), "")

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """Names are unique within a scope."""
        name, scope = properties[self.called], properties["scope"]
        arn = next((str(one["ARN"]) for one in self._of_scope(aws, scope) if one["Name"] == name), "")
        return self.look_up_any_owner(aws, {"ARN": arn}) if arn else None

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        made: Observed = patiently(lambda: super(WafKind, self).create(aws, address, properties, token))
        return made

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """One update call, whatever differs, and others for what has calls of its own."""
        edited = {name: value for name, value in properties.items() if name in self.editable}
        if edited:
            patiently(lambda: self._edit(aws, seen, edited))
        super().update(aws, seen, {name: value for name, value in properties.items() if name not in edited})

    def _edit(self, aws: Aws, seen: Observed, edited: Mapping[str, Any]) -> None:
        """An update replaces everything, so it starts from the live document, and carries the lock token that was read with it.

        If somebody else was faster, it starts again, unless they changed the same property: then a new plan has to say what happens.
        """
        for last in (*[False] * (TRIES - 1), True):
            reply = aws.read("wafv2", self.calls.describe, **self.at({"ARN": seen.id}))
            live = self.item_of(reply)
            self._refuse_other_changes({**live, "ARN": seen.id}, seen, edited)
            document = {member: live[member] for member in self._members(aws) if member in live}
            document |= {self.editable[name]: self.sent(name, value) for name, value in edited.items() if value is not None}
            for name in (name for name, value in edited.items() if value is None):
                document.pop(self.editable[name], None)
            try:
                aws.change("wafv2", self.updates, **{**document, **parts_of(seen.id), "LockToken": reply["LockToken"]})
                return
            except CallFailed as error:
                if error.code != "WAFOptimisticLockException" or last:
                    raise

    @property
    def updates(self) -> str:
        """The update call."""
        return self.calls.create.replace("create_", "update_")

    def _members(self, aws: Aws) -> Collection[str]:
        """What the update call accepts, according to botocore."""
        model = aws.client("wafv2").meta
        operation = model.service_model.operation_model(model.method_to_api_mapping[self.updates])
        return tuple(operation.input_shape.members)

    def _refuse_other_changes(self, live: Mapping[str, Any], seen: Observed, edited: Mapping[str, Any]) -> None:
        """Raises CallFailed if what is to be edited is no longer what was planned from."""
        for name in edited:
            declared, now, planned = self.properties[name], self.value(live, name), seen.properties.get(name)
            if declared.normal(now) not in (declared.normal(planned), declared.normal(edited[name])):
                raise CallFailed(
                    f"{name} was changed by somebody else since it was planned", f"wafv2:{self.updates}", "ChangedMeanwhile", "Run again."
                )

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Raises NotYet while something uses it."""
        reply = aws.find("wafv2", self.calls.describe, **self.at({"ARN": seen.id}))
        if reply is not None:
            aws.remove("wafv2", self.calls.delete, **parts_of(seen.id), LockToken=reply["LockToken"])
