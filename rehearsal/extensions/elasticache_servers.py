"""The Valkey servers behind replication groups, if the setting `caches` says so: where endpoints lead, and who may log in there.

Nothing is started here: see `rehearsal/valkey/fleet.py`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from rehearsal.extensions import elasticache_endpoints as endpoints
from rehearsal.extensions.elasticache_parameters import DEFAULT, default_values, values_of
from rehearsal.extensions.elasticache_record import DEFAULT_USER, ReplicationGroup, Store, store_of
from rehearsal.registry import Call, backend, one_at_a_time, settles

ALONE = "0001"
"""The name of the only shard of a group without cluster mode."""
NOT_FOR_CLIENTS = (
    *("-acl|setuser", "-acl|deluser", "-acl|load", "-acl|save", "-bgrewriteaof", "-bgsave", "-config", "-debug", "-failover", "-migrate"),
    *("-module", "-psync", "-replicaof", "-save", "-shutdown", "-slaveof", "-sync", "-cluster|addslots", "-cluster|addslotsrange"),
    *("-cluster|delslots", "-cluster|delslotsrange", "-cluster|failover", "-cluster|forget", "-cluster|meet", "-cluster|replicate"),
    *("-cluster|reset", "-cluster|setslot"),
)
"""Commands that ElastiCache does not offer."""
EVERYTHING = ("~*", "&*", "+@all", *NOT_FOR_CLIENTS)
PASSED = (
    *("databases", "maxmemory-policy", "timeout", "notify-keyspace-events", "slowlog-log-slower-than", "slowlog-max-len"),
    *("hash-max-listpack-entries", "hash-max-listpack-value", "set-max-intset-entries", "zset-max-listpack-entries"),
)
"""Parameters that reach the servers."""


def fleet() -> Any:
    """The cloud's servers; imported with the first endpoint."""
    return importlib.import_module("rehearsal.valkey.fleet").fleet


def address(group: ReplicationGroup, of: str) -> tuple[str, int] | None:
    """Where an endpoint leads; None for a group without servers."""
    if not group.server:
        return None
    found: tuple[str, int] = fleet().address(group.arn, of, group.port, lambda: wanted(group))
    return found


def save(group: ReplicationGroup, snapshot: str) -> Callable[[], bool]:
    """Copies the group's data for a snapshot; the function says whether that is complete."""
    copying = fleet().copy(group.arn, snapshot) if group.server else None
    return copying.done if copying else lambda: True


def save_again(source: str, snapshot: str) -> None:
    """The data of a snapshot's copy. Without servers there are none, and the fleet need not be imported."""
    if known := _loaded():
        known.copy_again(source, snapshot)


def forget(snapshot: str) -> None:
    if known := _loaded():
        known.drop_copy(snapshot)


def _loaded() -> Any:
    module = sys.modules.get("rehearsal.valkey.fleet")
    return getattr(module, "fleet", None)


def delete(group: ReplicationGroup) -> None:
    if group.server:
        fleet().delete(group.arn)


def wanted(group: ReplicationGroup) -> Any:
    """What the group's servers are to be now: a `Wanted` of the fleet."""
    module = importlib.import_module("rehearsal.valkey.fleet")
    with one_at_a_time:
        store = store_of(backend("elasticache", group.account_id, group.region))
        store.advance()
        nodes = {node.id: shard.id for shard in group.shards for node in shard.nodes}
        first = group.shards[0].id
        leads = {**nodes, endpoints.CONFIGURATION: first, endpoints.PRIMARY: first, endpoints.READER: first}
        return module.Wanted(
            users=users_of(store, group),
            opening=_opening(group),
            encryption=group.encryption,
            shards={shard.id: shard.slots for shard in group.shards},
            primaries={shard.id: shard.nodes[0].id for shard in group.shards},
            leads=leads,
            host_names={name: endpoints.host_name(group, name) for name in leads},
            parameters=_parameters(store, group),
            port=group.port,
            source=group.source,
            tokens=dict.fromkeys(_token_users(store, group), group.iam_password),
            resource=group.arn,
        )


def users_of(store: Store, group: ReplicationGroup) -> dict[str, tuple[str, ...]]:
    """The users of a group, with their rules: those of its user group, else `default` with the AUTH tokens, or without a password."""
    if group.user_group is None:
        tokens = tuple(f">{token}" for token in group.tokens.valid)
        return {DEFAULT_USER: ("on", *(tokens or ("nopass",)), *EVERYTHING)}
    found = {}
    for identity in store.user_groups[group.user_group].users:
        user = store.users[identity]
        known = [group.iam_password] if user.authentication == "iam" else user.passwords
        passwords = ("nopass",) if user.authentication == "no-password" else tuple(f">{password}" for password in known)
        found[user.name] = (*passwords, *user.access.split(), *NOT_FOR_CLIENTS)
    return found


def _token_users(store: Store, group: ReplicationGroup) -> list[str]:
    """The users who log in with IAM tokens; such a user's ID is its name."""
    members = store.user_groups[group.user_group].users if group.user_group else []
    return [name for name in members if store.users[name].authentication == "iam"]


def _opening(group: ReplicationGroup) -> str | None:
    """After the first rotation, clients without a token are still admitted; Valkey has no user with an optional password."""
    tokens = group.tokens
    return tokens.valid[-1] if tokens.valid and tokens.optional and group.user_group is None else None


def _parameters(store: Store, group: ReplicationGroup) -> dict[str, str]:
    name = group.parameter_group
    values = default_values(name) if name.startswith(DEFAULT) else values_of(store.parameter_groups[name])
    return {one: values[one] for one in PASSED if one in values}


@settles("elasticache")
def refresh(call: Call) -> None:
    """Servers that run follow what has changed. The fleet compares."""
    for group in store_of(call.backend).groups.values():
        if group.server:
            fleet().refresh(group.arn)
