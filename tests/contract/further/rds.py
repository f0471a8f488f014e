"""What databases depend on: how it is counted, and cases that the smallest resource of a kind does not cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.backup_replication import BackupReplication
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance_options import Options
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.samples import FAMILY, backup_replication, parameter_group
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.samples import log_group
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.secret import Secret
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Resource
from rehearsal.testing import Cloud
from tests.contract.account import listed
from tests.contract.further.shared import ELSEWHERE, FEW, MANY, keys

WITH_COPIES = "copies-deleted"
"""The identifier of an instance whose replicated backups are deleted with their replication."""


def rotated_secret(place: Place) -> Sample:
    """Another value on request, other tags, one of them by hand."""
    properties = {
        "secret_name": f"{place.path}rotated",
        "content": {"username": "one"},
        "rotation": "1",
        "deletion_date": None,
        "tags": MANY,
    }
    return Sample(
        Resource("secret", "rotated", properties),
        change={"rotation": "2", "tags": FEW},
        drift=Drift(Operation("secretsmanager", "untag_resource"), lambda one: {"SecretId": one.id, "TagKeys": ["team"]}, "tags"),
    )


def group_elsewhere(_place: Place) -> Sample:
    """Its tags are changed, too."""
    small = parameter_group()
    properties = {**small.resource.properties, "db_parameter_group_name": "elsewhere", "region": ELSEWHERE, "tags": MANY}
    return replace(small, resource=Resource("db_parameter_group", "elsewhere", properties), change={"tags": FEW})


def logs_elsewhere(place: Place) -> Sample:
    """Its tags are changed, too."""
    small = log_group(place, "db_log_group", "/aws/rds/instance/elsewhere/")
    properties = {**small.resource.properties, "region": ELSEWHERE, "tags": MANY}
    return replace(small, resource=Resource("db_log_group", "elsewhere", properties), change={"tags": FEW})


def deleted_secret(place: Place) -> Sample:
    """Deleted by hand, which can be undone for some time."""
    properties = {"secret_name": f"{place.path}deleted", "content": {"username": "one"}, "description": "one", "deletion_date": None}
    return Sample(
        Resource("secret", "deleted", properties),
        change={"description": "two"},
        drift=Drift(Operation("secretsmanager", "delete_secret"), lambda one: {"SecretId": one.id}, "deletion_date"),
    )


def deleted_copies(place: Place) -> Sample:
    """What was replicated is deleted with the replication, as the options of its instance say."""
    small = backup_replication(place)
    needs = [
        replace(one, properties={**one.properties, "db_instance_identifier": WITH_COPIES}) if one.kind == "db_instance" else one
        for one in small.needs
    ]
    resource = Resource("backup_replication", "deleted", {**small.resource.properties, "tags": MANY})
    return replace(small, resource=resource, needs=tuple(needs), change={"tags": FEW})


def secrets_kind(desired: Sequence[Resource]) -> Kind:
    """A deleted secret whose name is desired is restored."""
    return Secret([str(one.properties["secret_name"]) for one in desired])


DYNAMIC = [
    "autovacuum_naptime",
    "checkpoint_timeout",
    "deadlock_timeout",
    "default_statistics_target",
    "effective_io_concurrency",
    "lock_timeout",
    "log_autovacuum_min_duration",
    "log_min_duration_sample",
    "log_min_duration_statement",
    "log_rotation_age",
    "log_temp_files",
    "logical_decoding_work_mem",
    "tcp_keepalives_interval",
    "max_wal_size",
    "min_wal_size",
    "statement_timeout",
    "tcp_keepalives_count",
    "tcp_keepalives_idle",
    "temp_buffers",
    "vacuum_cost_limit",
]
STATIC = ["max_connections", "max_prepared_transactions", "max_wal_senders", "wal_buffers"]


def many_parameters(_place: Place) -> Sample:
    """More parameters of both apply types than one call takes, other tags, and one parameter that is reset by hand."""
    parameters = dict.fromkeys(DYNAMIC, "1000") | dict.fromkeys(STATIC, "100")
    properties = {"db_parameter_group_name": "many", "db_parameter_group_family": FAMILY, "description": "many", "tags": MANY}
    reset = [{"ParameterName": "max_wal_senders", "ApplyMethod": "pending-reboot"}]
    return Sample(
        Resource("db_parameter_group", "many", {**properties, "parameters": parameters}),
        change={"parameters": {"work_mem": "8192"}, "tags": FEW},
        drift=Drift(
            Operation("rds", "reset_db_parameter_group"),
            lambda one: {"DBParameterGroupName": one.id, "ResetAllParameters": False, "Parameters": reset},
            "parameters",
        ),
    )


def own_groups(cloud: Cloud) -> Counter[str]:
    """Without AWS's default groups, which come with the first use of a family."""
    found = (cloud.client("rds", region=region).describe_db_parameter_groups() for region in (cloud.region, ELSEWHERE))
    names = [one["DBParameterGroupName"] for groups in found for one in groups["DBParameterGroups"]]
    return Counter(groups=sum(not name.startswith("default.") for name in names))


def log_groups(cloud: Cloud) -> Counter[str]:
    found = (cloud.client("logs", region=region).describe_log_groups()["logGroups"] for region in (cloud.region, ELSEWHERE))
    return Counter(groups=sum(map(len, found)))


def replications(cloud: Cloud) -> Counter[str]:
    """Of backups, in the other region. A deleted one is retained without an owner."""
    found = cloud.client("rds", region=ELSEWHERE).describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    return Counter(replications=sum(one["Status"] in ("pending", "replicating") for one in found))


COUNTS = {
    "backup_replication": replications,
    "database_key": keys,
    "db_log_group": log_groups,
    "db_parameter_group": own_groups,
    "db_proxy": listed("rds", "describe_db_proxies", "DBProxies"),
    "db_subnet_group": listed("rds", "describe_db_subnet_groups", "DBSubnetGroups"),
    "secret": listed("secretsmanager", "list_secrets", "SecretList"),
}
CONFIGURED = {"secret": secrets_kind}
KINDS = {"backup_replication": BackupReplication({WITH_COPIES: Options(delete_automated_backups=True)})}
FURTHER = {
    "rds": {
        "rotation": rotated_secret,
        "deleted by hand": deleted_secret,
        "many parameters": many_parameters,
        "parameters elsewhere": group_elsewhere,
        "logs elsewhere": logs_elsewhere,
        "deleted copies": deleted_copies,
    }
}
