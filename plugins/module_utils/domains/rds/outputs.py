# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The outputs of a component's instances, computed from addresses and attributes alone; never a password.

The same function serves a run (whose attributes may still be unknown) and a look-up in AWS by tags, so the shape is always the same: keys
come from addresses, and only leaves can be unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ...component.outputs import Attributes, halves, split, value
from .names import KEY

INSTANCE: Mapping[str, str] = {
    "identifier": "id",
    "arn": "arn",
    "resource_id": "resource_id",
    "host": "endpoint",
    "port": "port",
    "engine_version": "engine_version",
    "master_username": "master_username",
}
"""output of an instance -> attribute of db_instance."""

TRUST_STORES: Mapping[str, str] = {
    "aws": "https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem",
    "aws-cn": "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/{region}/{region}-bundle.pem",
    "aws-us-gov": "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/{region}/{region}-bundle.pem",
}
"""Partition -> where the certificates are with which clients verify RDS (RDS User Guide, "Using SSL/TLS")."""


def ca_bundle_url(arn: Any) -> str | None:
    """The URL for the region of an instance; None if its ARN is not known."""
    parts = str(arn or "").split(":")
    template = TRUST_STORES.get(parts[1]) if len(parts) > 3 else None
    return template.format(region=parts[3]) if template else None


def outputs(attributes: Attributes, databases: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> dict[str, Any]:
    """The outputs of a component. ``databases``: those described inside each instance.

    {"databases": {name: {identifier, arn, resource_id, host, port, reader_hosts: {replica: host}, proxy_host, engine_version,
    parameter_group, master_username, master_secret_arn, user_secret_arns: {user: arn}, databases: [name], ca_bundle_url, kms_key_arn,
    log_group_names: {log: name}}}}; None if there is no such resource.
    """
    names = sorted(part for kind, part in map(split, attributes) if kind == "db_instance")
    return {"databases": {name: instance_outputs(name, attributes, databases.get(name, ())) for name in names}}


def instance_outputs(name: str, attributes: Attributes, databases: tuple[str, ...]) -> dict[str, Any]:
    address = f"db_instance.{name}"
    found: dict[str, Any] = {key: value(attributes, address, attribute) for key, attribute in INSTANCE.items()}
    found["master_secret_arn"] = value(attributes, f"secret.{name}/master", "arn") or value(attributes, address, "master_user_secret_arn")
    found["proxy_host"] = value(attributes, f"db_proxy.{name}", "endpoint")
    found["kms_key_arn"] = value(attributes, address, "kms_key_id") or value(attributes, KEY, "arn")
    found["ca_bundle_url"] = ca_bundle_url(found["arn"])
    found["databases"] = sorted(databases)
    found |= {"parameter_group": None, "reader_hosts": {}, "user_secret_arns": {}, "log_group_names": {}}
    for other in sorted(attributes):
        kind, full = split(other)
        instance, part = halves(full, "/")
        if instance != name or not part:
            continue
        if kind == "db_replica":
            found["reader_hosts"][part] = value(attributes, other, "endpoint")
        elif kind == "secret" and part.startswith("user-"):
            found["user_secret_arns"][part.removeprefix("user-")] = value(attributes, other, "arn")
        elif kind == "db_parameter_group" and part.startswith("postgres"):
            found["parameter_group"] = value(attributes, other, "id")
        elif kind == "db_log_group" and f"db_replica.{name}/{part.partition('-')[0]}" not in attributes:
            found["log_group_names"][part] = value(attributes, other, "id")
    return found
