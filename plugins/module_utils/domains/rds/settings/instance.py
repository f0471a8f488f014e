# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an instance is: the settings a user may give, their limits and their defaults.

``read`` turns the user's mapping into ``Instance`` values and collects all errors in it. The defaults describe a production database: TLS
only, encrypted with a key of its own, a password that RDS manages, backups, all logs, and storage that grows before it is full.
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
from .backups import Backups, Deletion, Maintenance, read_backups, read_deletion, read_maintenance
from .content import Content, read_content
from .master import Master, read_master
from .monitoring import Monitoring, read_monitoring
from .parameters import read_parameters
from .proxy import Proxy, read_proxy
from .replicas import Replica, Source, read_key, read_replicas, read_zone
from .storage import Storage, read_storage
from .versions import EXTENDED, LIFECYCLES, STANDARD, read_version

IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*")
LONGEST_IDENTIFIER = 63
CLASS = re.compile(r"db\.[a-z0-9-]+\.[a-z0-9]+")
PORTS = (1150, 65535)
"""CreateDBInstance."""


@dataclass(frozen=True)
class Instance:
    """One DB instance with everything that belongs to it. ``kms_key_arn`` is empty if it is encrypted with the component's key."""

    name: str
    path: str
    identifier: str
    version: str
    instance_class: str
    named: bool = False
    """Whether the user specified the identifier."""
    storage: Storage = field(default_factory=Storage)
    port: int = 5432
    multi_az: bool = False
    zone: str | None = None
    subnet_ids: tuple[str, ...] = ()
    subnet_zones: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    vpc_id: str = ""
    master: Master = field(default_factory=Master)
    kms_key_arn: str = ""
    lifecycle_support: str = STANDARD
    backups: Backups = field(default_factory=Backups)
    maintenance: Maintenance = field(default_factory=Maintenance)
    monitoring: Monitoring = field(default_factory=Monitoring)
    deletion: Deletion = field(default_factory=Deletion)
    parameters: Mapping[str, str] = field(default_factory=dict)
    iam_authentication: bool = True
    ca: str = ""
    replicas: Mapping[str, Replica] = field(default_factory=dict)
    proxy: Proxy | None = None
    content: Content = field(default_factory=Content)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def engine_lifecycle_support(self) -> str:
        return LIFECYCLES[self.lifecycle_support]


def read(instances: Any, path: str, environment: str, network: Network, problems: Problems, region: str = "") -> dict[str, Instance]:
    """The instances of a user's mapping (name -> settings). Errors are added to ``problems``."""
    entries = Reader(instances, path, problems).named("the name of an instance", 32)
    return {name: read_instance(name, reader, environment, network, region) for name, reader in entries}


def read_instance(name: str, reader: Reader, environment: str, network: Network, region: str = "") -> Instance:
    """One instance. Missing or invalid settings take their defaults, so that reading always returns a value."""
    own_subnets = reader.given.get("subnet_ids") is not None
    identifier = read_identifier(reader, f"{environment}-{name}".replace("_", "-"))
    instance_class = read_class(reader)
    storage = read_storage(reader.section("storage"))
    parameters = read_parameters(reader)
    source = Source(identifier, instance_class, storage.size, storage.autoscale_to, parameters)
    multi_az = reader.boolean("multi_az", environment in PRODUCTION)
    instance = Instance(
        name=name,
        path=reader.path,
        identifier=identifier,
        named=reader.given.get("identifier") is not None,
        version=read_version(reader),
        instance_class=instance_class,
        storage=storage,
        port=reader.integer("port", 5432, *PORTS),
        multi_az=multi_az,
        zone=read_zone(reader),
        subnet_ids=reader.ids("subnet_ids", network.subnet_ids, "subnet-"),
        subnet_zones=() if own_subnets else network.subnet_zones,
        vpc_id="" if own_subnets else network.vpc_id,
        security_group_ids=reader.ids("security_group_ids", network.security_group_ids, "sg-"),
        master=read_master(reader.section("master")),
        kms_key_arn=read_key(reader, region),
        lifecycle_support=reader.choice("lifecycle_support", (STANDARD, EXTENDED), STANDARD),
        backups=read_backups(reader.section("backups"), environment, region),
        maintenance=read_maintenance(reader.section("maintenance")),
        monitoring=read_monitoring(reader.section("monitoring")),
        deletion=read_deletion(reader.section("deletion"), environment),
        parameters=parameters,
        iam_authentication=reader.boolean("iam_authentication", True),
        ca=reader.text("ca", ""),
        replicas=read_replicas(reader, source),
        proxy=read_proxy(reader),
        content=read_content(reader),
        tags=reader.tags("tags"),
    )
    reader.finish()
    return instance


def read_identifier(reader: Reader, default: str) -> str:
    value = reader.text("identifier", default)
    if is_identifier(value):
        return value
    reader.problems.add(reader.at("identifier"), value, IDENTIFIER_REMEDY)
    return default


IDENTIFIER_REMEDY = (
    f"RDS accepts 1 to {LONGEST_IDENTIFIER} lower-case letters, digits and single hyphens, starting with a letter and not ending with a "
    "hyphen"
)


def is_identifier(value: str) -> bool:
    return bool(IDENTIFIER.fullmatch(value)) and len(value) <= LONGEST_IDENTIFIER


def read_class(reader: Reader) -> str:
    return reader.required_text("class", "give a DB instance class such as db.t4g.medium", CLASS)
