"""Instances and proxies: how they are counted, and what the smallest of them do not call."""

from __future__ import annotations

from collections import Counter

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance import DbInstance
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance_options import Options
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_proxy import FRESH_POOL
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.samples import FAMILY, ground, instance_resource, proxy, replica
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.samples import ONE
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from rehearsal.testing import Cloud
from tests.contract.further.shared import FEW, MANY

CLASS_BY_HAND = Drift(
    Operation("rds", "modify_db_instance"),
    lambda one: {"DBInstanceIdentifier": one.id, "DBInstanceClass": "db.t4g.small", "ApplyImmediately": True},
    "db_instance_class",
)
STATIC = Resource(
    "db_parameter_group",
    "static",
    {
        "db_parameter_group_name": "static",
        "db_parameter_group_family": FAMILY,
        "description": "x",
        "parameters": {"max_connections": "200"},
    },
)


def rebooted(place: Place) -> Sample:
    """Another parameter group with a static parameter, and consent to the reboot that it needs."""
    small = instance_resource(place)
    resource = Resource(
        "db_instance", "rebooted", {**small.properties, "db_instance_identifier": "rebooted", "static_parameters": "one", "tags": ONE}
    )
    change = {"db_parameter_group_name": ref(STATIC.address), "static_parameters": "two"}
    return Sample(resource, needs=(*ground(place), STATIC), change=change, drift=CLASS_BY_HAND)


def managed(place: Place) -> Sample:
    """A master password that RDS manages, and another rotation schedule."""
    small = instance_resource(place)
    own = {"db_instance_identifier": "managed", "master_credentials": {"managed": {}}, "master_secret_rotation_days": 7}
    resource = Resource("db_instance", "managed", {**small.properties, **own, "tags": ONE})
    return Sample(resource, needs=ground(place), change={"master_secret_rotation_days": 9}, drift=CLASS_BY_HAND)


def promoted(place: Place) -> Sample:
    """A replica that becomes an instance of its own."""
    small = replica(place)
    resource = Resource("db_replica", "promoted", {**small.resource.properties, "db_instance_identifier": "promoted", "promoted": False})
    return Sample(resource, needs=small.needs, change={"promoted": True}, drift=CLASS_BY_HAND)


def upgraded(place: Place) -> Sample:
    """A major upgrade, which a snapshot precedes."""
    small = {name: value for name, value in instance_resource(place).properties.items() if name != "db_parameter_group_name"}
    resource = Resource("db_instance", "upgraded", {**small, "db_instance_identifier": "upgraded", "engine_version": "16"})
    return Sample(resource, needs=ground(place), change={"engine_version": "17"}, drift=CLASS_BY_HAND)


def pooled_proxy(place: Place) -> Sample:
    """Its target, its pool, which is changed by hand, its tags, and, in the same run, a setting that makes RDS refuse other changes."""
    small = proxy(place)
    pool = {**FRESH_POOL, "max_connections_percent": 90}
    own = {"db_proxy_name": "pooled", "pool": pool, "tags": MANY}
    return Sample(
        Resource("db_proxy", "pooled", {**small.resource.properties, **own}),
        needs=small.needs,
        change={
            "idle_client_timeout": 900,
            "db_instance_identifier": None,
            "pool": {**pool, "max_idle_connections_percent": 20},
            "tags": FEW,
        },
        drift=Drift(
            Operation("rds", "modify_db_proxy_target_group"),
            lambda one: {"DBProxyName": one.id, "TargetGroupName": "default", "ConnectionPoolConfig": {"MaxConnectionsPercent": 80}},
            "pool",
        ),
    )


def instances(cloud: Cloud) -> Counter[str]:
    """Instances, and snapshots that still have an owner: a final one must lose it."""
    rds = cloud.client("rds")
    snapshots = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    owned = [one for one in snapshots if any(tag["Key"] == "mainstay:address" for tag in one["TagList"])]
    return Counter(instances=len(rds.describe_db_instances()["DBInstances"]), owned=len(owned))


COUNTS = {"db_instance": instances, "db_replica": instances}
KINDS = {"db_instance": DbInstance(default=Options(allow_major_upgrade=True))}
FURTHER = {
    "rds": {
        "reboot": rebooted,
        "managed password": managed,
        "major upgrade": upgraded,
        "promotion": promoted,
        "pool and target": pooled_proxy,
    }
}
ONE_WAY = ("major upgrade", "promotion")
