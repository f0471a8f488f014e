# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Instances shared by several tests."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.facts import AwsFacts, Key, Subnet
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.settings.instance import Instance
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.settings.parameters import DEFAULTS, EXTENSIONS, PRELOAD
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.settings.versions import Support
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.networks import Network
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed

ACCOUNT = "123456789012"
REGION = "af-south-1"
PLACE = Place("prod", "database", REGION, ACCOUNT, tags={"owner": "platform"})
SUBNETS = ("subnet-0a000000", "subnet-0b000000")
ZONES = ("af-south-1a", "af-south-1b")
NETWORK = Network(SUBNETS, ("sg-0c000000",), ZONES, "vpc-0d000000")


def settings(**more: Any) -> dict[str, Any]:
    """The smallest instance, with other settings; None leaves one out."""
    given = {"version": "17", "class": "db.t4g.medium", "storage": {"size": 100}, **more}
    return {name: value for name, value in given.items() if value is not None}


def complaints(environment: str = "prod", network: Network = NETWORK, name: str = "main", **more: Any) -> list[str]:
    """Everything that is wrong with one instance."""
    return validate({name: settings(**more)}, "n", environment, "database", network, REGION)[1]


def instance(environment: str = "prod", **more: Any) -> Instance:
    found, problems = validate({"main": settings(**more)}, "n", environment, "database", NETWORK, REGION)
    assert problems == []
    return found["main"]


def entry(parameter: str, kind: str = "dynamic", allowed: str = "", data_type: str = "integer", modifiable: bool = True) -> dict[str, Any]:
    """What DescribeEngineDefaultParameters says about one parameter."""
    found = {"ParameterName": parameter, "ApplyType": kind, "DataType": data_type, "IsModifiable": modifiable}
    return {**found, **({"AllowedValues": allowed} if allowed else {})}


PARAMETERS = {
    **{name: entry(name) for name in DEFAULTS},
    PRELOAD: entry(PRELOAD, "static", "pg_cron,pg_stat_statements,pgaudit", "list"),
    "work_mem": entry("work_mem", allowed="64-2147483647"),
    "max_connections": entry("max_connections", "static", "6-8388607"),
    "wal_level": entry("wal_level", "static", modifiable=False),
    EXTENSIONS: entry(EXTENSIONS, "static", "pg_cron,pg_trgm,pgaudit", "string", modifiable=False),
}
OFFER = {
    "DBInstanceClass": "db.t4g.medium",
    "StorageType": "gp3",
    "AvailabilityZones": [{"Name": zone} for zone in ZONES],
    "MinStorageSize": 20,
    "MaxStorageSize": 16384,
    "MinIopsPerDbInstance": 12000,
    "MaxIopsPerDbInstance": 64000,
    "MaxIopsPerGib": 500.0,
    "MinStorageThroughputPerDbInstance": 500,
    "MaxStorageThroughputPerDbInstance": 4000,
    "MaxStorageThroughputPerIops": 0.25,
}
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def known(**more: Any) -> AwsFacts:
    """What AWS answers about the instances here."""
    given: dict[str, Any] = {
        "versions": {version: {} for version in ("15.8", "16.4", "17.4", "17.6")},
        "support": {"17": Support("17", "2030-02-28", "2033-02-28")},
        "options": {("17", "db.t4g.medium"): [OFFER]},
        "parameters": {"postgres17": PARAMETERS},
        "subnets": {name: Subnet(name, "vpc-0d000000", zone) for name, zone in zip(SUBNETS, ZONES, strict=True)},
        "keys": {KEY: Key(KEY, "Enabled", "SYMMETRIC_DEFAULT")},
    }
    return AwsFacts(**{**given, **more})


def seen(name: str = "main", **properties: Any) -> Observed:
    """An existing instance."""
    has = {"db_instance_identifier": f"prod-{name}", "engine_version": "17.4", "allocated_storage": 100, **properties}
    return Observed("db_instance", f"db_instance.{name}", f"prod-{name}", has)
