"""Instances: what the smallest instance and the smallest replica do not call."""

from __future__ import annotations

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.samples import FAMILY, ground, instance_resource, replica
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.samples import ONE
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref

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


FURTHER = {"rds": {"reboot": rebooted, "managed password": managed, "promotion": promoted}}
ONE_WAY = ("promotion",)
