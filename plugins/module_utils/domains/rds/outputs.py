# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The outputs of a component's instances, computed from addresses and attributes alone; never a password.

The same function serves a run (whose attributes may still be unknown) and a look-up in AWS by tags, so the shape is always the same: keys
come from addresses, and only leaves can be unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ...component.outputs import Attributes, halves, split, value
from .names import KEY
from .settings.monitoring import LOGS

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


REHEARSAL = "MAINSTAY_REHEARSAL_RDS_CA"
"""The environment variable in which a rehearsal announces the file with its own certificates."""
EVERY_REGION = "global"


def ca_bundle_url(arns: Iterable[Any], environment: Mapping[str, str] = MappingProxyType({})) -> str | None:
    """Where the certificates for an instance and its replicas are: those of their region, those of all regions if they are in several, or
    those of the rehearsal that the environment announces. None if no ARN is known.
    """
    if announced := environment.get(REHEARSAL):
        return Path(announced).absolute().as_uri()
    known = [parts for parts in (str(arn or "").split(":") for arn in arns) if len(parts) > 3]
    template = TRUST_STORES.get(known[0][1]) if known else None
    regions = {parts[3] for parts in known}
    return template.format(region=regions.pop() if len(regions) == 1 else EVERY_REGION) if template else None


def outputs(
    attributes: Attributes,
    databases: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    environment: Mapping[str, str] = MappingProxyType({}),
    promoted: Collection[str] = (),
) -> dict[str, Any]:
    """The outputs of a component. ``databases``: those described inside each instance. ``environment``: the variables of this process.
    ``promoted``: addresses of replicas that the settings describe as databases of their own.

    {"databases": {name: {identifier, arn, resource_id, host, port, reader_hosts: {replica: host}, promoted_hosts: {replica: host},
    proxy_host, engine_version, parameter_group, master_username, master_secret_arn, user_secret_arns: {user: arn}, databases: [name],
    ca_bundle_url, kms_key_arn, log_group_names: {log: name}}}}; None if there is no such resource.
    """
    names = sorted(part for kind, part in map(split, attributes) if kind == "db_instance")
    found = {name: instance_outputs(name, attributes, databases.get(name, ()), promoted) for name in names}
    for name, one in found.items():
        replicas = (found["arn"] for address, found in attributes.items() if address.startswith(f"db_replica.{name}/") and "arn" in found)
        one["ca_bundle_url"] = ca_bundle_url([one["arn"], *replicas], environment)
    return {"databases": found}


def instance_outputs(name: str, attributes: Attributes, databases: tuple[str, ...], promoted: Collection[str]) -> dict[str, Any]:
    """Everything but the certificates, whose place depends on the environment as well."""
    address = f"db_instance.{name}"
    found: dict[str, Any] = {key: value(attributes, address, attribute) for key, attribute in INSTANCE.items()}
    found["master_secret_arn"] = value(attributes, f"secret.{name}/master", "arn") or value(attributes, address, "master_user_secret_arn")
    found["proxy_host"] = value(attributes, f"db_proxy.{name}", "endpoint")
    found["kms_key_arn"] = value(attributes, address, "kms_key_id") or value(attributes, KEY, "arn")
    found["databases"] = sorted(databases)
    found |= {"parameter_group": None, "reader_hosts": {}, "promoted_hosts": {}, "user_secret_arns": {}, "log_group_names": {}}
    for other in sorted(attributes):
        kind, full = split(other)
        instance, part = halves(full, "/")
        if instance != name or not part:
            continue
        if kind == "db_replica":
            own = other in promoted or value(attributes, other, "promoted") is True
            found["promoted_hosts" if own else "reader_hosts"][part] = value(attributes, other, "endpoint")
        elif kind == "secret" and part.startswith("user-"):
            found["user_secret_arns"][part.removeprefix("user-")] = value(attributes, other, "arn")
        elif kind == "db_parameter_group" and part.startswith("postgres"):
            found["parameter_group"] = value(attributes, other, "id")
        elif kind == "db_log_group" and part in LOGS:
            found["log_group_names"][part] = value(attributes, other, "id")
    return found
