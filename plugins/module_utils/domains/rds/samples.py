# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest resource of each kind of an instance, for tests that create, change and delete one of each kind.

An instance needs a network, so the samples include the smallest one as well.
"""

from __future__ import annotations

from dataclasses import replace

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.policies import key_policy
from ...aws.samples import Drift, Sample
from ...kinds.samples import NAME, ONE, TWO, VPC, key, log_group, plain_secret, role, role_resource, security_group, subnets
from ...reconcile.model import Resource, ref

FAMILY = "postgres17"
GROUP = Resource(
    "db_parameter_group",
    NAME,
    {
        "db_parameter_group_name": f"{NAME}-parameters",
        "db_parameter_group_family": FAMILY,
        "description": NAME,
        "parameters": {"work_mem": "8192"},
    },
)
INSTANCE_REF = ref(f"db_instance.{NAME}")


TAG_BY_HAND = Drift(
    Operation("rds", "add_tags_to_resource"),
    lambda one: {"ResourceName": one.attributes["arn"], "Tags": [{"Key": "team", "Value": "by hand"}]},
    "tags",
)


def samples(place: Place) -> tuple[Sample, ...]:
    return (
        data_key(place),
        role(place),
        security_group(),
        log_group(place, "db_log_group", "/aws/rds/instance/sample/"),
        plain_secret(place),
        subnet_group(place),
        parameter_group(),
        instance(place),
        replica(place),
        proxy(place),
        backup_replication(place),
    )


def data_key(place: Place) -> Sample:
    sample = key(place)
    return replace(sample, resource=replace(sample.resource, kind="database_key"))


def group_resource(place: Place) -> Resource:
    properties = {
        "db_subnet_group_name": f"{NAME}-subnets",
        "db_subnet_group_description": "one",
        "subnet_ids": [ref(subnet.address) for subnet in subnets(place)],
    }
    return Resource("db_subnet_group", NAME, properties)


def ground(place: Place) -> tuple[Resource, ...]:
    """The resources that an instance depends on."""
    return (VPC, *subnets(place), group_resource(place), GROUP)


def subnet_group(place: Place) -> Sample:
    return Sample(
        group_resource(place),
        needs=(VPC, *subnets(place)),
        change={"db_subnet_group_description": "two"},
        drift=Drift(
            Operation("rds", "modify_db_subnet_group"),
            lambda one: {
                "DBSubnetGroupName": one.id,
                "DBSubnetGroupDescription": "by hand",
                "SubnetIds": list(one.properties["subnet_ids"]),
            },
            "db_subnet_group_description",
        ),
    )


def parameter_group() -> Sample:
    return Sample(
        GROUP,
        change={"parameters": {"log_lock_waits": "1"}},
        drift=Drift(
            Operation("rds", "modify_db_parameter_group"),
            lambda one: {
                "DBParameterGroupName": one.id,
                "Parameters": [{"ParameterName": "work_mem", "ParameterValue": "9000", "ApplyMethod": "immediate"}],
            },
            "parameters",
        ),
    )


def instance_resource(place: Place) -> Resource:
    properties = {
        "db_instance_identifier": NAME,
        "engine": "postgres",
        "engine_version": "17",
        "db_instance_class": "db.t4g.medium",
        "allocated_storage": 20,
        "storage_type": "gp3",
        "master_username": "dbadmin",
        "master_credentials": {"iam": True},
        "enable_iam_database_authentication": True,
        "db_subnet_group_name": ref(group_resource(place).address),
        "db_parameter_group_name": ref(GROUP.address),
        "backup_retention_period": 1,
        "publicly_accessible": False,
    }
    return Resource("db_instance", NAME, properties, after=(GROUP.address,))


def instance(place: Place) -> Sample:
    return Sample(
        instance_resource(place),
        needs=ground(place),
        change={"backup_retention_period": 2},
        drift=Drift(
            Operation("rds", "modify_db_instance"),
            lambda one: {"DBInstanceIdentifier": one.id, "BackupRetentionPeriod": 3, "ApplyImmediately": True},
            "backup_retention_period",
        ),
    )


def replica(place: Place) -> Sample:
    properties = {
        "db_instance_identifier": f"{NAME}-replica",
        "source_db_instance_identifier": INSTANCE_REF,
        "db_instance_class": "db.t4g.medium",
        "max_allocated_storage": 40,
        "db_parameter_group_name": ref(GROUP.address),
    }
    return Sample(
        Resource("db_replica", NAME, properties),
        needs=(*ground(place), instance_resource(place)),
        change={"db_instance_class": "db.t4g.large"},
        drift=Drift(
            Operation("rds", "modify_db_instance"),
            lambda one: {"DBInstanceIdentifier": one.id, "DBInstanceClass": "db.t4g.small", "ApplyImmediately": True},
            "db_instance_class",
        ),
    )


def proxy(place: Place) -> Sample:
    login = role_resource(place, "rds.amazonaws.com", "proxy")
    properties = {
        "db_proxy_name": f"{NAME}-proxy",
        "engine_family": "POSTGRESQL",
        "default_auth_scheme": "IAM_AUTH",
        "auth": [],
        "role_arn": ref(login.address, "arn"),
        "vpc_subnet_ids": [ref(subnet.address) for subnet in subnets(place)],
        "require_tls": True,
        "idle_client_timeout": 1800,
        "db_instance_identifier": INSTANCE_REF,
        "tags": ONE,
    }
    return Sample(
        Resource("db_proxy", NAME, properties),
        needs=(*ground(place), instance_resource(place), login),
        change={"idle_client_timeout": 900, "tags": TWO},
        drift=Drift(
            Operation("rds", "modify_db_proxy"), lambda one: {"DBProxyName": one.id, "IdleClientTimeout": 600}, "idle_client_timeout"
        ),
    )


def destination(place: Place) -> Place:
    """Another region."""
    return place.in_region("eu-central-1" if place.region == "eu-west-1" else "eu-west-1")


def backup_replication(place: Place) -> Sample:
    there = destination(place)
    encrypting = Resource("database_key", "there", {"region": there.region, "policy": key_policy(there)})
    properties = {
        "region": there.region,
        "source_db_instance_arn": ref(INSTANCE_REF.address, "arn"),
        "backup_retention_period": 7,
        "kms_key_id": ref(encrypting.address, "arn"),
        "tags": ONE,
    }
    return Sample(
        Resource("backup_replication", NAME, properties),
        needs=(*ground(place), instance_resource(place), encrypting),
        change={"tags": TWO},
        drift=TAG_BY_HAND,
    )
