# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The outputs of a component's caches, computed from addresses and attributes alone; never a token or a password.

The same function serves a run (whose attributes may still be unknown) and a look-up in AWS by tags, so the shape is always the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...component.outputs import Attributes, halves, split, value
from .names import KEY
from .settings.upkeep import LOGS

GROUP: Mapping[str, str] = {
    "identifier": "id",
    "arn": "arn",
    "port": "port",
    "engine": "engine",
    "engine_version": "engine_version",
    "configuration_endpoint": "configuration_endpoint",
    "primary_endpoint": "primary_endpoint",
    "reader_endpoint": "reader_endpoint",
}
"""output of a cache -> attribute of replication_group."""


def outputs(attributes: Attributes, clustered: Mapping[str, bool]) -> dict[str, Any]:
    """The outputs of a component. ``clustered``: cache -> whether its clients find nodes by the cluster protocol, as described.

    {"caches": {name: {identifier, arn, host, port, reader_host, configuration_endpoint, primary_endpoint, reader_endpoint, engine,
    engine_version, token_secret_arn, user_secret_arns: {user: arn}, user_names: {user: name}, parameter_group, kms_key_arn,
    log_group_names: {log: name}}}}; None if there is no such thing.
    """
    names = sorted(part for kind, part in map(split, attributes) if kind == "replication_group")
    return {"caches": {name: cache_outputs(name, attributes, clustered.get(name)) for name in names}}


def cache_outputs(name: str, attributes: Attributes, described: bool | None) -> dict[str, Any]:
    address = f"replication_group.{name}"
    found: dict[str, Any] = {key: value(attributes, address, attribute) for key, attribute in GROUP.items()}
    clustered = value(attributes, address, "clustered") if described is None else described
    without = "primary_endpoint" if clustered is True else "configuration_endpoint"
    found[without] = None
    if clustered is True:
        found["reader_endpoint"] = None
    found["host"] = found["configuration_endpoint"] if clustered is True else found["primary_endpoint"]
    found["reader_host"] = found["reader_endpoint"]
    found["token_secret_arn"] = value(attributes, f"secret.{name}/token", "arn") or value(attributes, address, "token_secret_arn")
    found["kms_key_arn"] = value(attributes, address, "kms_key_id") or value(attributes, KEY, "arn")
    found |= {"parameter_group": None, "user_secret_arns": {}, "user_names": {}, "log_group_names": {}}
    for other in sorted(attributes):
        kind, full = split(other)
        cache, part = halves(full, "/")
        if cache == name and part:
            add(found, attributes, other, kind, part)
    return found


def add(found: dict[str, Any], attributes: Attributes, address: str, kind: str, part: str) -> None:
    """Add one part of a cache."""
    if kind == "secret" and part.startswith("user-"):
        found["user_secret_arns"][part.removeprefix("user-")] = value(attributes, address, "arn")
    elif kind == "cache_user" and part != "default":
        found["user_names"][part] = value(attributes, address, "id")
    elif kind == "cache_parameter_group":
        found["parameter_group"] = value(attributes, address, "id")
    elif kind == "cache_log_group" and part in LOGS:
        found["log_group_names"][part] = value(attributes, address, "id")
