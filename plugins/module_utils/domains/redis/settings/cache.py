# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a cache is: the settings a user may give, their limits and their defaults.

``read`` turns the user's mapping into ``Cache`` values and collects all errors in it. The defaults are those of a production cache: TLS
only, encrypted with a key of its own, a login that clients must have, and logs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....component.names import PRODUCTION
from ....inputs.networks import Network
from ....inputs.problems import Problems
from ....inputs.reader import Reader
from ....inputs.values import ARN
from .access import Access, read_access
from .topology import Topology, read_topology
from .upkeep import (
    Deletion,
    Logs,
    Maintenance,
    Snapshots,
    read_deletion,
    read_logs,
    read_maintenance,
    read_restore,
    read_snapshots,
)
from .versions import VALKEY, read_engine

IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*")
LONGEST_IDENTIFIER = 40
NODE_TYPE = re.compile(r"cache\.[a-z0-9-]+\.[a-z0-9]+")
REQUIRED, PREFERRED, OFF = "required", "preferred", "off"
TLS = (REQUIRED, PREFERRED, OFF)
OWN_KEY, AWS_KEY, UNENCRYPTED = "key", "aws", "none"
AT_REST = (OWN_KEY, AWS_KEY, UNENCRYPTED)
"""What encrypts the data at rest. An existing cache cannot change it, so one that is taken over may have to describe the other two."""
PARAMETER = re.compile(r"[a-z][a-z0-9-]*")

SERVERLESS = "serverless caches are not supported; remove it and describe a replication group with node_type"
AZ_MODE = (
    "it belongs to CreateCacheCluster, whose AZ modes are for Memcached alone, and a single node cannot be in two zones; set multi_az: "
    "true and replicas: 1, and cluster_mode: enabled if clients use it"
)
NODES = "a replication group is described by shards and replicas: one node is replicas: 0, and each replica of a shard is another node"
ELSEWHERE: Mapping[str, str] = {"serverless": SERVERLESS, "az_mode": AZ_MODE, "num_cache_nodes": NODES}
"""Settings of other calls of ElastiCache, with what to do instead."""


@dataclass(frozen=True)
class Cache:
    """One replication group with everything that belongs to it. ``kms_key_arn`` is empty if the component's key encrypts it."""

    name: str
    path: str
    identifier: str
    node_type: str
    engine: str = VALKEY
    version: str = "8"
    topology: Topology = field(default_factory=Topology)
    multi_az: bool = False
    port: int = 6379
    tls: str = REQUIRED
    at_rest: str = OWN_KEY
    kms_key_arn: str = ""
    access: Access = field(default_factory=Access)
    subnet_ids: tuple[str, ...] = ()
    subnet_zones: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    snapshots: Snapshots = field(default_factory=Snapshots)
    maintenance: Maintenance = field(default_factory=Maintenance)
    logs: Logs = field(default_factory=Logs)
    deletion: Deletion = field(default_factory=Deletion)
    restore_from: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def read(caches: Any, path: str, environment: str, network: Network, problems: Problems) -> dict[str, Cache]:
    """The caches of a user's mapping (name -> settings). Errors are added to ``problems``."""
    entries = Reader(caches, path, problems).named("the name of a cache", 24)
    return {name: read_cache(name, reader, environment, network) for name, reader in entries}


def read_cache(name: str, reader: Reader, environment: str, network: Network) -> Cache:
    """One cache. Missing or invalid settings take their defaults, so that reading always returns a value."""
    production = environment in PRODUCTION
    for key, remedy in ELSEWHERE.items():
        if reader.take(key) not in (None, False):
            reader.problems.add(reader.at(key), reader.given[key], remedy)
    engine, version = read_engine(reader)
    own_subnets = reader.given.get("subnet_ids") is not None
    cache = Cache(
        name=name,
        path=reader.path,
        identifier=read_identifier(reader, f"{environment}-{name}".replace("_", "-")),
        node_type=reader.required_text("node_type", "give a node type such as cache.t4g.small", NODE_TYPE),
        engine=engine,
        version=version,
        topology=read_topology(reader, 1 if production else 0),
        multi_az=reader.boolean("multi_az", production),
        port=reader.integer("port", 6379, 1150, 65535),
        tls=read_tls(reader),
        at_rest=reader.choice("at_rest", AT_REST, OWN_KEY),
        kms_key_arn=read_key(reader),
        access=read_access(reader),
        subnet_ids=reader.ids("subnet_ids", network.subnet_ids, "subnet-"),
        subnet_zones=() if own_subnets else network.subnet_zones,
        security_group_ids=reader.ids("security_group_ids", network.security_group_ids, "sg-"),
        parameters=read_parameters(reader),
        snapshots=read_snapshots(reader.section("snapshots"), environment),
        maintenance=read_maintenance(reader.section("maintenance")),
        logs=read_logs(reader.section("logs")),
        deletion=read_deletion(reader.section("deletion")),
        restore_from=read_restore(reader),
        tags=reader.tags("tags"),
    )
    reader.finish()
    return cache


IDENTIFIER_REMEDY = (
    f"ElastiCache accepts 1 to {LONGEST_IDENTIFIER} lower-case letters, digits and single hyphens, starting with a letter and not ending "
    "with a hyphen"
)


def is_identifier(value: str) -> bool:
    return bool(IDENTIFIER.fullmatch(value)) and len(value) <= LONGEST_IDENTIFIER


def read_identifier(reader: Reader, default: str) -> str:
    value = reader.text("identifier", default)
    if is_identifier(value):
        return value
    reader.problems.add(reader.at("identifier"), value, IDENTIFIER_REMEDY)
    return default


def read_tls(reader: Reader) -> str:
    """YAML reads an unquoted off as false."""
    value = reader.given.get("tls")
    if isinstance(value, bool):
        reader.take("tls")
        return REQUIRED if value else OFF
    return reader.choice("tls", TLS, REQUIRED)


def read_key(reader: Reader) -> str:
    value = reader.text("kms_key_arn", "")
    if value and (not ARN.fullmatch(value) or ":kms:" not in value):
        reader.problems.add(reader.at("kms_key_arn"), value, "it must be the ARN of a KMS key of the component's region")
        return ""
    return value


def read_parameters(reader: Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in reader.mapping("parameters").items():
        path = f"{reader.at('parameters')}.{name}"
        if not PARAMETER.fullmatch(name):
            reader.problems.add(reader.at("parameters"), name, "it must be the name of a parameter such as maxmemory-policy")
        elif name == "cluster-enabled":
            reader.problems.add(path, value, "cluster_mode decides it; remove it")
        elif isinstance(value, bool):
            found[name] = "yes" if value else "no"
        elif not isinstance(value, str | int | float):
            reader.problems.add(path, value, "it must be a string, a number, or true or false")
        else:
            found[name] = str(value)
    return found
