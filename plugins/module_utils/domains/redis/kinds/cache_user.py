# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Users of caches."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind
from ....kinds.arn_tags import READ_TAGS
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, State, fixed, given
from ..settings.access import ACCEPT
from .cache_credentials import MARK, kept, mark_of, marked
from .secret_values import previous_value, promote, value_of

ALL_AWS_USERS = "default"
"""The ID of the user that AWS makes in every region, who may do everything without a password. It is never ours."""
UNUSED_BYTES = 32

STATES: Mapping[str, State] = {"creating": "pending", "modifying": "pending", "deleting": "deleting"}


def rules(value: str) -> str:
    """Access rules as they are compared: AWS adds the rules that it spells out (``&*`` for channels, ``-@all`` in front)."""
    words = [word for word in str(value).split() if word not in ("&*", "-@all", "sanitize-payload", "resetchannels")]
    state = [word for word in words if word in ("on", "off")][-1:]
    return " ".join([*state, *(word for word in words if word not in ("on", "off"))])


class CacheUser(NamedKind):
    """``login``: a password from a secret, ``{"iam": True}``, or ``{"disabled": True}`` for one with a password that nothing keeps."""

    name = "cache_user"
    calls = NamedCalls(
        service="elasticache",
        list="describe_users",
        items="Users",
        create="create_user",
        delete="delete_user",
        name="UserId",
        id="UserId",
        arn="ARN",
    )
    tagging = READ_TAGS
    operations = ("modify_user", "secretsmanager.describe_secret", "secretsmanager.get_secret_value")
    status_member = "Status"
    states = STATES
    settles = ("update", "delete")
    exclusive = True

    user_id = fixed()
    user_name = fixed()
    engine = fixed()
    access_string = given(canonical=rules)
    login = given(effective=kept)

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        return [one for one in super().listed(aws) if one["UserId"] != ALL_AWS_USERS and one.get("ARN")]

    def get_login(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        if (raw.get("Authentication") or {}).get("Type") == "iam":
            return {"iam": True}
        mark = self.tags_of(raw).get(MARK, "")
        if mark == "disabled":
            return {"disabled": True}
        return marked(str(raw.get("ARN")), "elasticache", mark)

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "user_name": raw.get("UserName"), "groups": list(raw.get("UserGroupIds") or [])}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """The mark is among the tags, so that it cannot be lost."""
        login = properties["login"]
        tags = {**properties.get("tags", {}), **aws.owner.tags(address), **self.mark(login)}
        request = {
            "UserId": properties["user_id"],
            "UserName": properties["user_name"],
            "Engine": properties["engine"],
            "AccessString": properties["access_string"],
            "AuthenticationMode": self.mode(aws, login),
        }
        reply = aws.change("elasticache", "create_user", **request, **self.tagging.sent(tags, creating=True))
        made = self.made(aws, {**reply, "TagList": [{"Key": key, "Value": text} for key, text in tags.items()]}, address)
        sent = {name: value for name, value in properties.items() if value is not None}
        return replace(made.changed(sent), state="pending" if reply.get("Status") != "active" else made.state)

    @staticmethod
    def mark(login: Mapping[str, Any]) -> dict[str, str]:
        if login.get("iam"):
            return {}
        return {MARK: "disabled" if login.get("disabled") else mark_of(login)}

    @staticmethod
    def mode(aws: Aws, login: Mapping[str, Any]) -> dict[str, Any]:
        """The authentication mode, with one password, or with two while the one before is still accepted."""
        if login.get("iam"):
            return {"Type": "iam"}
        if login.get("disabled"):
            return {"Type": "password", "Passwords": [secrets.token_hex(UNUSED_BYTES)]}
        passwords = [value_of(aws, login)]
        before = previous_value(aws, login) if login.get("previous") == ACCEPT else ""
        return {"Type": "password", "Passwords": [*passwords, *([before] if before and before not in passwords else [])]}

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """The mark follows the password, so that an interruption in between leaves drift and not a wrong mark."""
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])
        params: dict[str, Any] = {}
        if "access_string" in properties:
            params["AccessString"] = properties["access_string"]
        login = properties.get("login")
        if login:
            params["AuthenticationMode"] = self.mode(aws, login)
        if params:
            self.modify(aws, seen, params)
        if login and "secret_arn" in login:
            promote(aws, login)
        if login and (mark := self.mark(login)):
            aws.change("elasticache", self.tagging.tag, **self._tag_key(seen), **self.tagging.sent(mark))

    @staticmethod
    def modify(aws: Aws, seen: Observed, params: Mapping[str, Any]) -> None:
        try:
            aws.change("elasticache", "modify_user", UserId=seen.id, **params)
        except CallFailed as error:
            raise busy(error) from error

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Its group lets a user go first; both pass through ``modifying`` meanwhile."""
        raws = self.entries_at(aws, self.where(seen))
        if not raws or raws[0].get("Status") == "deleting":
            return
        if groups := raws[0].get("UserGroupIds"):
            raise NotYet(
                f"it is still in the user group {', '.join(groups)}", "elasticache:DeleteUser", "InvalidUserState", dependency=True
            )
        try:
            aws.remove("elasticache", "delete_user", UserId=seen.id)
        except CallFailed as error:
            raise busy(error) from error


def busy(error: CallFailed) -> CallFailed:
    """A refusal because of a state that passes."""
    if error.code in ("InvalidUserState", "InvalidUserGroupState", "InvalidUserStateFault", "InvalidUserGroupStateFault"):
        return NotYet(error.message, error.operation, error.code, dependency=True)
    return error
