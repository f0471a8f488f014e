"""Changes of who may log in to a replication group, and of its encryption in transit: AUTH token, user group, and TLS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.extensions import elasticache_checks as checks
from rehearsal.extensions.elasticache_record import ReplicationGroup, Tokens
from rehearsal.extensions.elasticache_tokens import DELETE, ROTATE, STATUS, changed
from rehearsal.extensions.elasticache_versions import WITH_ENCRYPTION_CHANGES, Version
from rehearsal.query_api import contradictory, invalid
from rehearsal.registry import Call
from rehearsal.transitions import moment

PARAMETERS = frozenset(
    {
        *("AuthToken", "AuthTokenUpdateStrategy", "UserGroupIdsToAdd", "UserGroupIdsToRemove", "RemoveUserGroups"),
        *("TransitEncryptionEnabled", "TransitEncryptionMode"),
    }
)


@dataclass(frozen=True)
class Access:
    """What a group is to have, and the members of PendingModifiedValues until it does."""

    encryption: str | None
    tokens: Tokens
    user_group: str | None
    pending: Mapping[str, Any]


def access_change(call: Call, group: ReplicationGroup, given: Mapping[str, Any], version: Version) -> Access | None:
    """None if the call changes nothing of it. Raises AWS's error."""
    if not PARAMETERS & set(given):
        return None
    encryption = _encryption(group, given, version)
    user_group, users_pending = _user_group(call, group, given, version)
    tokens, token_pending = _tokens(group, given, user_group)
    pending = {**token_pending, **users_pending}
    if encryption != group.encryption:
        pending |= {"TransitEncryptionEnabled": encryption is not None} | ({"TransitEncryptionMode": encryption} if encryption else {})
    same = (encryption, tokens, user_group) == (group.encryption, group.tokens, group.user_group)
    return None if same else Access(encryption, tokens, user_group, pending)


def _encryption(group: ReplicationGroup, given: Mapping[str, Any], version: Version) -> str | None:
    """TLS is turned on, and off, through the mode `preferred`, in which clients may use it or not."""
    mode, enabled = given.get("TransitEncryptionMode"), given.get("TransitEncryptionEnabled", group.encryption is not None)
    checks.check_encryption_mode(version, mode)
    if not enabled:
        if mode:
            raise contradictory("TransitEncryptionMode requires TransitEncryptionEnabled.")
        if group.encryption == "required":
            raise contradictory("To disable encryption in transit, set TransitEncryptionMode to preferred first.")
        if group.encryption and (group.tokens.valid or group.user_group):
            raise contradictory("Encryption in transit cannot be disabled while an AUTH token or a user group is in use.")
        return None
    if group.encryption is None:
        if version.number < WITH_ENCRYPTION_CHANGES:
            raise contradictory(f"Enabling encryption in transit requires engine version 7.0.5 or later; this is {version.full}.")
        if mode != "preferred":
            raise contradictory("To enable encryption in transit, set TransitEncryptionMode to preferred first, and then to required.")
    return str(mode or group.encryption)


def _user_group(call: Call, group: ReplicationGroup, given: Mapping[str, Any], version: Version) -> tuple[str | None, dict[str, Any]]:
    """Encryption in transit must be there before the call: the same call cannot enable it."""
    joining, leaving = list(given.get("UserGroupIdsToAdd") or []), list(given.get("UserGroupIdsToRemove") or [])
    if given.get("RemoveUserGroups") and group.user_group:
        leaving = [group.user_group]
    if absent := [name for name in leaving if name != group.user_group]:
        raise invalid(f"The user group {absent[0]} is not associated with the replication group {group.id}.")
    kept = [] if leaving or not group.user_group else [group.user_group]
    if joining:
        wanted: str | None = checks.user_group_for(call, [*kept, *joining], version, group.encryption is not None).id
    else:
        wanted = kept[0] if kept else None
    names = {"UserGroupIdsToAdd": joining, "UserGroupIdsToRemove": leaving}
    change = {name: value for name, value in names.items() if value}
    return wanted, {"UserGroups": change} if change else {}


def _tokens(group: ReplicationGroup, given: Mapping[str, Any], user_group: str | None) -> tuple[Tokens, dict[str, Any]]:
    token, strategy = given.get("AuthToken"), given.get("AuthTokenUpdateStrategy")
    if strategy not in (None, *STATUS):
        raise invalid(f"Invalid AuthTokenUpdateStrategy: {strategy}. Valid values are {', '.join(STATUS)}.")
    if user_group and group.tokens.valid and strategy != DELETE:
        raise contradictory("User group can't be associated with auth token enabled. Pass AuthStrategy delete to proceed.")
    if strategy == DELETE and not (user_group and group.tokens.valid):
        raise contradictory("The AUTH token update strategy DELETE is allowed only when an AUTH token gives way to a user group.")
    if token is None and strategy is None:
        return group.tokens, {}
    if strategy != DELETE and user_group:
        raise contradictory("Auth tokens can't be enabled with a user group already associated. Pass RemoveUserGroups to proceed.")
    if group.encryption is None:
        raise contradictory("The AUTH token is only supported when encryption-in-transit is enabled.")
    if token is not None:
        checks.check_token(token)
    strategy = strategy or ROTATE
    leaves_users = group.user_group is not None and user_group is None
    tokens = changed(group.tokens, strategy, token, from_users=leaves_users, at=moment())
    return tokens, {"AuthTokenStatus": STATUS[strategy]}
