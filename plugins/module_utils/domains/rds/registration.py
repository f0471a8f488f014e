# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Registers the RDS domain with the code that handles all domains."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.operations import operations
    from ...kinds.permissions import UNUSED
    from .domain import KINDS, SERVICES
    from .names import names
    from .permissions import PERMISSIONS
    from .roles import MONITORING_POLICY
    from .samples import samples

    return Details(
        kinds=KINDS,
        services=SERVICES,
        permissions=PERMISSIONS,
        reads={
            "versions and classes": operations(
                "rds", "describe_db_engine_versions describe_db_major_engine_versions describe_orderable_db_instance_options"
            ),
            "parameters": operations("rds", "describe_engine_default_parameters"),
            "subnets": operations("ec2", "describe_subnets"),
            "keys": operations("kms", "describe_key"),
            "replication": operations("rds", "describe_source_regions"),
            "what needs a key": operations("rds", "describe_db_instance_automated_backups describe_db_snapshots"),
        },
        reads_elsewhere=operations("rds", "describe_source_regions"),
        unused={"iam:UpdateRole": "the roles of an instance have no description", **UNUSED},
        attachable=(f"arn:aws:iam::aws:policy/{MONITORING_POLICY}",),
        names=names,
        samples=samples,
    )


REGISTRATION = Registration(
    name="rds",
    role="rds",
    variable="rds_databases",
    order=(
        "database_key",
        "secret",
        "db_subnet_group",
        "db_parameter_group",
        "db_log_group",
        "db_instance",
        "db_replica",
        "security_group",
        "db_proxy",
        "backup_replication",
    ),
    load=load,
)
